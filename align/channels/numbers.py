"""Numbers and quantities: digits, number words, scales (million, млн), ordinals; separators read either way.

Number words by text2num (English, French, German, Spanish, Portuguese, Italian, Dutch), Russian ones by a table.
A number that stands in one text alone is weak evidence (it may be said in another way); two different numbers are strong.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from importlib import import_module

from ..corpus import Evidence
from .cues import nowhere
from .reading import Reading, Word

VERSION = "3"
LANGUAGES: frozenset[str] = frozenset()
# Numbers up to this are often written in words.
IN_WORDS = 100
WORDED = frozenset({"en", "fr", "de", "es", "pt", "it", "nl"})
KIND = "number/date"
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "hundred": 1e2}
SCALES |= {"тысяч": 1e3, "тысячи": 1e3, "тысяча": 1e3, "тысячу": 1e3, "тыс": 1e3, "млн": 1e6, "млрд": 1e9, "трлн": 1e12}
SCALES |= {f"миллион{ending}": 1e6 for ending in ("", "а", "ов", "у", "е", "ы", "ами", "ам")}
SCALES |= {f"миллиард{ending}": 1e9 for ending in ("", "а", "ов", "у", "е", "ы", "ами", "ам")}
SCALES |= {f"триллион{ending}": 1e12 for ending in ("", "а", "ов", "у", "е")}
SCALES |= {"mille": 1e3, "millions": 1e6, "milliard": 1e9, "milliards": 1e9, "mn": 1e6, "mln": 1e6, "bn": 1e9, "k": 1e3}
SCALES |= {"tausend": 1e3, "millionen": 1e6, "mio": 1e6, "milliarde": 1e9, "milliarden": 1e9, "mrd": 1e9}
SCALES |= {"mil": 1e3, "millón": 1e6, "millones": 1e6, "milhão": 1e6, "milhões": 1e6, "bilhão": 1e9, "bilhões": 1e9}
# The long scale: a million millions. `trilhões` is Brazilian, `biliões` European Portuguese.
SCALES |= {"billón": 1e12, "billones": 1e12, "bilião": 1e12, "biliões": 1e12, "trilhão": 1e12, "trilhões": 1e12, "trillions": 1e12}
LONG_SCALE = {"fr": {"billion": 1e12, "billions": 1e12, "trillion": 1e18, "trillions": 1e18}, "de": {"billion": 1e12, "billionen": 1e12, "trillionen": 1e18}}
# Words that scale a number in their own language only.
OWN_SCALES: dict[str, dict[str, float]] = {
    "zh": {"百": 1e2, "千": 1e3, "万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8, "兆": 1e12},
    "ja": {"百": 1e2, "千": 1e3, "万": 1e4, "億": 1e8, "兆": 1e12},
    "tr": {"bin": 1e3, "milyon": 1e6, "milyar": 1e9, "trilyon": 1e12},
    "ar": {"ألف": 1e3, "آلاف": 1e3, "ألفا": 1e3, "مليون": 1e6, "مليونا": 1e6, "ملايين": 1e6, "مليار": 1e9, "مليارات": 1e9, "تريليون": 1e12},
    "uk": {"тисяча": 1e3, "тисячі": 1e3, "тисяч": 1e3, "мільйон": 1e6, "мільйона": 1e6, "мільйони": 1e6, "мільйонів": 1e6}
    | {"мільярд": 1e9, "мільярда": 1e9, "мільярди": 1e9, "мільярдів": 1e9},
    "it": {"mila": 1e3, "milione": 1e6, "milioni": 1e6, "miliardo": 1e9, "miliardi": 1e9},
    "nl": {"duizend": 1e3, "miljoen": 1e6, "miljard": 1e9, "biljoen": 1e12},
    "pl": {"tysiąc": 1e3, "tysiące": 1e3, "tysięcy": 1e3, "milion": 1e6, "miliony": 1e6, "milionów": 1e6, "miliard": 1e9, "miliardy": 1e9, "miliardów": 1e9},
}


# Signs between hours and minutes.
MONTH = "月"
HOURS = frozenset({"時", "时", "点", "點", "시"})
CENTURIES = frozenset(["century", "jahrhundert", "jahrhunderts", "siècle", "siglo", "século", "век", "века", "веке", "веков"])


def scale_of(low: str, language: str) -> float | None:
    """What a word multiplies a number by, as its language counts: `billion` is a thousand million in English, a million million in French."""
    return LONG_SCALE.get(language, {}).get(low) or OWN_SCALES.get(language, {}).get(low) or SCALES.get(low)


_RU_ROOTS = {
    "ноль нуля": 0, "два две двух двум двумя": 2, "три трех трем тремя": 3, "четыре четырех четырем": 4, "пять пяти пятью": 5, "шесть шести шестью": 6,
    "семь семи семью": 7, "восемь восьми": 8, "девять девяти": 9, "десять десяти": 10, "одиннадцать одиннадцати": 11, "двенадцать двенадцати": 12,
    "тринадцать тринадцати": 13, "четырнадцать четырнадцати": 14, "пятнадцать пятнадцати": 15, "шестнадцать шестнадцати": 16, "семнадцать семнадцати": 17,
    "восемнадцать восемнадцати": 18, "девятнадцать девятнадцати": 19, "двадцать двадцати": 20, "тридцать тридцати": 30, "сорок сорока": 40,
    "пятьдесят пятидесяти": 50, "шестьдесят шестидесяти": 60, "семьдесят семидесяти": 70, "восемьдесят восьмидесяти": 80, "девяносто девяноста": 90,
    "сто ста": 100, "двести двухсот": 200, "триста трехсот": 300, "четыреста четырехсот": 400, "пятьсот пятисот": 500, "шестьсот шестисот": 600,
    "семьсот семисот": 700, "восемьсот восьмисот": 800, "девятьсот девятисот": 900, "тысяча тысячи тысяч тысячу": 1000, "миллион миллиона миллионов": 10**6,
    "полтора полторы": 1.5,
}  # fmt: skip
RUSSIAN = {word: float(value) for words, value in _RU_ROOTS.items() for word in words.split()}
ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


# What stands after a number, or after a sign that follows it, and says how it counts.
CLOCK = {"p.m": 12, "pm": 12, "a.m": 0, "am": 0}
DECADES = frozenset(["decades", "decade", "десятилетий", "десятилетия", "jahrzehnte", "jahrzehnten", "décennies", "décadas"])
OF_A_DECADE = frozenset(["s", "'s", "х", "е", "er", "ern"])
# A scale alone is no number: `hundreds of people`, `тысячи`.
VAGUE = frozenset(["hundred", "hundreds", "thousands", "millions", "billions", "trillions", "тысяч", "тысячи", "миллионов", "миллионы", "миллионами"])
VAGUE |= {"millionen", "milliarden", "milliers", "milliards", "miles", "millones", "milhares", "milhões"}
# Whose numbers write a blank between thousands.
BLANKS = frozenset({"ru", "fr", "de", "es", "pt", "uk", "bg", "pl", "cs", "sv", "da", "fi", "no", "hu"})
IMPERIAL = frozenset(["mile", "miles", "mph", "inch", "inches", "foot", "feet", "ft", "yard", "yards", "pound", "pounds", "lb", "lbs", "acre", "acres"])
IMPERIAL |= {"fahrenheit", "degrees", "°", "ounces", "gallon", "gallons"}
METRIC = frozenset(["km", "km/h", "cm", "mm", "kg", "м", "км", "см", "мм", "кг", "га", "л", "celsius", "цельсия", "градус", "градуса", "градусов", "grad"])
METRIC |= frozenset(["kilometer", "kilometern", "kilometers", "kilometres", "meter", "metern", "zentimeter", "mètres", "kilomètres", "centimètres", "hektar"])
METRIC |= frozenset(["metros", "kilómetros", "quilómetros", "quilômetros", "centímetros", "hectares", "километров", "километра", "метров", "метра", "гектаров"])


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with every value that it may have (`1,500` is 1500 or 1.5).

    `firm`: written in digits, but for those of a name (`COVID-19`), or a word of more than 12.
    """

    start: int
    end: int
    values: frozenset[float]
    firm: bool


class _Token:
    """What text2num asks of a token; signs end a number, a hyphen does not."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def text(self) -> str:
        return self._text

    def nt_separated(self, previous: _Token) -> bool:
        del previous
        return False

    def not_a_number_part(self) -> bool:
        return False


def digits(low: str) -> frozenset[float]:
    """The values that a numeral may have: separators as thousands or as a decimal mark, a clock time as both its parts and with a point (5.30)."""
    low = low.replace("：", ":")
    low = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in low if not sign.isspace() and sign not in "\u00a0\u202f'’")
    values = set()
    plain = low.replace(",", "").replace(".", "")
    for thousands, decimal in ((",", "."), (".", ",")):
        try:
            values.add(float(low.replace(thousands, "").replace(decimal, ".")))
        except ValueError:
            continue
    if ":" in low or "/" in low:
        parts = [part for part in low.replace("/", ":").split(":") if part.isascii() and part.isdigit()]
        values.update(map(float, parts))
        if len(parts) == 2 and ":" in low:
            values.add(float(".".join(parts)))
    if not values and plain.isascii() and plain.isdigit():
        values.add(float(plain))
    return frozenset(values)


def roman(text: str) -> float | None:
    """The value of a Roman numeral in capitals, two letters at least."""
    if len(text) < 2 or not text.isupper() or not text.isascii() or not set(text.lower()) <= set(ROMAN):
        return None
    signs = [ROMAN[sign] for sign in text.lower()]
    return float(sum(-value if index + 1 < len(signs) and value < signs[index + 1] else value for index, value in enumerate(signs)))


def quantities(reading: Reading) -> list[Quantity]:
    """The numbers of a text, in order."""
    words = reading.words
    worded = _worded(reading)
    found: list[Quantity] = []
    index = 0
    while index < len(words):
        word = words[index]
        if word.low[0].isnumeric():
            end = _blank_thousands(reading, index)
            values = digits("".join(other.low for other in words[index:end]))
            values = values.union(*(digits(other.low) for other in words[index:end]))  # a telephone number
            if values and end < len(words) and words[end].low in HOURS:
                values, end = _clock(words, values, end)
            # More than one scale may follow: `100 mil milhões` is a hundred thousand million.
            while values and end < len(words) and (scale := scale_of(words[end].low, reading.language)):
                values = frozenset(value * scale for value in values)
                end += 1
            if end < len(words) and words[end].low == MONTH:
                # `9月` is a name: September (`dates`).
                index = end + 1
                continue
            if values:
                # `1800s` and `19th century` are one.
                tied = index > 1 and words[index - 1].low == "-" and words[index - 2].capital and words[index - 1].end == word.start
                found.append(Quantity(word.start, words[end - 1].end, values | _said_as(reading, end, word.low, values), not tied))
            index = end
        elif index in worded:
            end, value = worded[index]
            while end < len(words) and (scale := scale_of(words[end].low, reading.language)) and value < scale:
                value *= scale
                end += 1
            if end > index + 1 or word.low not in VAGUE or (index and words[index - 1].low in ("a", "one")):
                found.append(Quantity(word.start, words[end - 1].end, frozenset({value}) | _said_as(reading, end, word.low, {value}), value > 12))
            index = end
        else:
            index += 1
    return found


def _clock(words: tuple[Word, ...], values: frozenset[float], end: int) -> tuple[frozenset[float], int]:
    """`7時55分` and `7点半`: the hour, and with its minutes as a figure with a point (7.55)."""
    following = words[end + 1] if end + 1 < len(words) else None
    if following is not None and following.low == "半":
        return values | {value + 0.3 for value in values}, end + 2
    if following is not None and following.low.isdecimal() and len(following.low) <= 2:
        return values | {round(value + int(following.low) / 100, 2) for value in values}, end + 2
    return values, end


def _blank_thousands(reading: Reading, index: int) -> int:
    """The index after a numeral, and after the groups of three digits that a blank parts from it (`26 500`)."""
    words, end = reading.words, index + 1
    if reading.language in BLANKS and words[index].low.isdecimal() and len(words[index].low) <= 3 and words[index].low[0] != "0":
        while end < len(words) and len(words[end].low) == 3 and words[end].low.isdecimal() and words[end].start == words[end - 1].end + 1:
            end += 1
    return end


def _said_as(reading: Reading, end: int, low: str, values: Set[float]) -> frozenset[float]:
    """Further values of a number, by what follows it: centuries, decades, a clock of twelve hours. `0200` is also an hour."""
    following = [other.low for other in reading.words[end : end + 2]]
    near = [word for word in following if word.isalpha() or "." in word or "'" in word]
    found: set[float] = set()
    if CENTURIES & set(following):
        found |= {(value - 1) * 100 for value in values}  # `1800s` and `19th century` are one
    if near and near[0] in DECADES:
        found |= {value * 10 for value in values}
    if near and near[0] in OF_A_DECADE:
        found |= {1900 + value for value in values if 10 <= value < 100}
    hour = low.replace(".", ":").split(":")[0]
    if following and following[0] in CLOCK and hour.isdecimal():
        found |= {float(hour), float(int(hour) % 12 + CLOCK[following[0]])}
    if len(low) == 4 and low[0] == "0" and low.isdecimal():
        found.add(float(low[:2]))
    return frozenset(found)


def _converted(a: Reading, b: Reading, one: Quantity, other: Quantity) -> bool:
    """Does one text measure in miles, feet or degrees of Fahrenheit where the other, of another language, has metres or degrees of Celsius?"""
    sides = [{word.low for word in [word for word in side.words if word.start >= found.end][:4]} for side, found in ((a, one), (b, other))]
    return a.language != b.language and any(near & IMPERIAL and far & METRIC for near, far in (sides, sides[::-1]))


def _worded(reading: Reading) -> dict[int, tuple[int, float]]:
    """Number words: index of the first word to (index after the last, value)."""
    if reading.language == "ru":
        return _russian(reading.words)
    if reading.language not in WORDED:
        return {}
    # Numerals are ours; text2num would read `1.5` as two numbers.
    texts = [_Token("." if word.low[0].isnumeric() else word.low) for word in reading.words]
    return {found.start: (found.end, float(found.value)) for found in import_module("text_to_num").find_numbers(texts, reading.language, 0.0)}


def _russian(words: tuple[Word, ...]) -> dict[int, tuple[int, float]]:
    found: dict[int, tuple[int, float]] = {}
    index = 0
    while index < len(words):
        start, total, current = index, 0.0, 0.0
        last = float("inf")
        while index < len(words) and (value := RUSSIAN.get(words[index].low)) is not None:
            if value >= 1000:
                total += (current or 1.0) * value
                current, last = 0.0, float("inf")
            elif value < last:
                current += value
                last = 10.0 ** (len(str(int(value))) - 1) if value >= 20 or value < 1 else 0.0
            else:
                break
            index += 1
        if index > start:
            found[start] = (index, total + current)
        else:
            index += 1
    return found


def find(a: Reading, b: Reading) -> list[Evidence]:
    """Numbers without an equal on the other side, paired in order where both sides have one left over."""
    left_a, left_b = quantities(a), quantities(b)
    romans_a, romans_b = _romans(a), _romans(b)
    for one in list(left_a):
        twin = next((other for other in left_b if one.values & other.values), None)
        if twin is not None:
            left_a.remove(one)
            left_b.remove(twin)
    left_a = [one for one in left_a if not one.values & romans_b and not _repeated(one, b) and _counts(one)]
    left_b = [one for one in left_b if not one.values & romans_a and not _repeated(one, a) and _counts(one)]
    firm_a, firm_b = [one for one in left_a if one.firm], [one for one in left_b if one.firm]
    both = list(zip(firm_a, firm_b, strict=False)) or list(zip(left_a, left_b, strict=False))
    evidence = [_evidence(a, b, one, other, "numbers") for one, other in both if not _converted(a, b, one, other)]
    used = {one for pair in both for one in pair}
    evidence += [_evidence(a, b, one, None, "numbers:missing") for one in left_a if one.firm and one not in used and _would_show(one, b)]
    evidence += [_evidence(a, b, None, one, "numbers:missing") for one in left_b if one.firm and one not in used and _would_show(one, a)]
    return evidence


def _would_show(one: Quantity, other: Reading) -> bool:
    """Would this number be seen in the other text? Where number words are not known small ones may be said in words (`три роки`)."""
    return other.language == "ru" or other.language in WORDED or min(one.values) > IN_WORDS


def _counts(one: Quantity) -> bool:
    """Zero and one in words are rarely numbers (`one another`, `no`)."""
    return one.firm or not one.values & {0.0, 1.0}


def _repeated(one: Quantity, other: Reading) -> bool:
    """The same number said again on the other side, or inside a longer name (`G20`)."""
    return any(one.values & twin.values for twin in quantities(other)) if one.firm else False


def _romans(reading: Reading) -> set[float]:
    return {value for word in reading.words if (value := roman(word.text)) is not None}


def _evidence(a: Reading, b: Reading, one: Quantity | None, other: Quantity | None, channel: str) -> Evidence:
    span_a = (one.start, one.end) if one else nowhere(a)
    span_b = (other.start, other.end) if other else nowhere(b)
    return Evidence(KIND, channel, span_a, span_b, a.text[slice(*span_a)] or "-", b.text[slice(*span_b)] or "-")
