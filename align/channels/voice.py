"""Who does it and when: times that verbs tell (six languages, also across), tense of matched verbs and auxiliaries (English), gender of pronouns."""

from __future__ import annotations

from functools import cache
from itertools import product

from ..corpus import Evidence
from .cues import matches, nowhere
from .reading import SIX, Reading, Word, stem
from .tagger import tags, times

VERSION = "3"
LANGUAGES = SIX
PRESENT = frozenset(["is", "are", "am", "has", "have", "do", "does", "'s", "'re", "'ve", "isn't", "aren't", "hasn't", "haven't", "doesn't", "don't"])
PAST = frozenset(["was", "were", "had", "did", "wasn't", "weren't", "hadn't", "didn't"])
FUTURE = frozenset(["will", "shall", "won't", "'ll"])
# Base, past, participle: the common irregular verbs.
_IRREGULAR = """say said said|make made made|go went gone|take took taken|come came come|see saw seen|know knew known|get got got|give gave given
find found found|think thought thought|tell told told|become became become|leave left left|feel felt felt|bring brought brought|begin began begun
keep kept kept|hold held held|write wrote written|stand stood stood|hear heard heard|mean meant meant|meet met met|run ran run|pay paid paid
sit sat sat|speak spoke spoken|lead led led|grow grew grown|lose lost lost|fall fell fallen|send sent sent|build built built|understand understood understood
draw drew drawn|break broke broken|spend spent spent|rise rose risen|drive drove driven|buy bought bought|wear wore worn|choose chose chosen
fight fought fought|win won won|teach taught taught|catch caught caught|sell sold sold|seek sought sought|throw threw thrown|fly flew flown
show showed shown|deal dealt dealt|shoot shot shot|die died died|lie lay lain|strike struck struck|forget forgot forgotten|eat ate eaten|sing sang sung"""
IRREGULAR_PAST = {past: base for line in _IRREGULAR.replace("\n", "|").split("|") for base, past, _ in [line.split()] if past != base}


@cache
def tense(low: str) -> str:
    """What the ending of an English word says: past, present (third person), gerund, or "" ."""
    if low in IRREGULAR_PAST or (low.endswith("ed") and len(low) > 4):
        return "past"
    if low.endswith("ing") and len(low) > 5:
        return "gerund"
    return "present" if low.endswith("s") and not low.endswith("ss") and len(low) > 3 else "base"


def base(low: str) -> str:
    return stem(IRREGULAR_PAST.get(low, low), "en")


def find(a: Reading, b: Reading) -> list[Evidence]:
    evidence = _gender(a, b)
    if a.language == b.language == "en":
        evidence += _auxiliaries(a, b) + _verbs(a, b)
    return evidence if any(item.kind == "tense/aspect" for item in evidence) else evidence + _times(a, b)


def _times(a: Reading, b: Reading) -> list[Evidence]:
    """One more verb of one time here, one more of another there (`firmó | will sign`), as the tagger reads them: the last of each."""
    told_a, told_b = times(a), times(b)
    surplus = {time: told_a.count(time) - told_b.count(time) for time in ("past", "pres", "fut")}
    more_a, more_b = max(surplus, key=lambda time: surplus[time]), min(surplus, key=lambda time: surplus[time])
    if not told_a or not told_b or surplus[more_a] < 1 or surplus[more_b] > -1:
        return []
    one = next(word for word, time in zip(reversed(a.words), reversed(told_a), strict=True) if time == more_a)
    other = next(word for word, time in zip(reversed(b.words), reversed(told_b), strict=True) if time == more_b)
    return [_evidence(one, other, "voice:times")]


def _gender(a: Reading, b: Reading) -> list[Evidence]:
    """He against she, where neither side has both."""
    he_a, she_a, he_b, she_b = matches(a, "he"), matches(a, "she"), matches(b, "he"), matches(b, "she")
    for one, other, absent in ((he_a, she_b, she_a + he_b), (she_a, he_b, he_a + she_b)):
        if one and other and not absent:
            pair = one[0], other[0]
            return [Evidence("agent/voice", "voice:gender", (pair[0].start, pair[0].end), (pair[1].start, pair[1].end), pair[0].text, pair[1].text)]
    return []


def _auxiliaries(a: Reading, b: Reading) -> list[Evidence]:
    """More of one tense here and more of another there: `is` against `was`, `will` against none."""
    sides = [_by_time(reading) for reading in (a, b)]
    surplus = {name: len(sides[0][name]) - len(sides[1][name]) for name in TENSES}
    more_a = [name for name in TENSES if surplus[name] > 0]
    more_b = [name for name in TENSES if surplus[name] < 0]
    if more_a and more_b:
        same = next((pair for pair in product(sides[0][more_a[0]], sides[1][more_b[0]]) if _followed_alike(*pair, a, b)), None)
        if same:
            return [_evidence(*same, "voice:tense")]
        return [_evidence(sides[0][more_a[0]][-1], sides[1][more_b[0]][-1], "voice:auxiliary")]
    if surplus["future"] and not (sides[0]["future"] and sides[1]["future"]):
        words = sides[0]["future"] or sides[1]["future"]
        if any(word.low in WOULD for word in (b if sides[0]["future"] else a).words):
            return []  # a future seen from the past, or politely
        span = (words[0].start, words[0].end)
        if surplus["future"] > 0:
            return [Evidence("tense/aspect", "voice:future", span, nowhere(b), words[0].text, "-")]
        return [Evidence("tense/aspect", "voice:future", nowhere(a), span, "-", words[0].text)]
    return []


def _followed_alike(one: Word, other: Word, a: Reading, b: Reading) -> bool:
    """Is the next word, or the one after it, the same? (`are useful`, `were useful`)"""
    after = [[word.stem for word in reading.words if word.start >= found.end and word.is_word][:2] for found, reading in ((one, a), (other, b))]
    return bool(set(after[0]) & set(after[1]) - {"the", "a", "not", "to"})


TENSES = {"future": FUTURE, "past": PAST, "present": PRESENT}
WOULD = frozenset({"would", "'d", "going"})


def _by_time(reading: Reading) -> dict[str, list[Word]]:
    """The auxiliaries of each tense; one that makes a perfect (`have been resolved`) tells the past, as `did` does."""
    found: dict[str, list[Word]] = {name: [] for name in TENSES}
    for word, time in zip(reading.words, times(reading), strict=True):
        name = next((name for name, forms in TENSES.items() if word.low in forms), "")
        if name:
            found["past" if time == "past" else name].append(word)
    return found


def _verb_forms(reading: Reading) -> dict[str, Word]:
    """The verbs by their base, but for participles of a passive (`is led by`): those tell no tense."""
    found = {}
    for index, (word, tag) in enumerate(zip(reading.words, tags(reading), strict=True)):
        passive = tag == "V.part" and any(other.low in BE for other in reading.words[max(0, index - 3) : index])
        if word.content and word.is_word and not passive and not (word.capital and index and tag[0] not in "VA"):
            found[base(word.low)] = word
    return found


BE = frozenset({"is", "are", "am", "was", "were", "be", "been", "being", "'s", "'re"})


def _verbs(a: Reading, b: Reading) -> list[Evidence]:
    """A verb of the same base in another form on the other side: `says | said`."""
    forms_a, forms_b = _verb_forms(a), _verb_forms(b)
    same = {word.low for word in a.words} & {word.low for word in b.words}
    evidence = []
    for root, one in forms_a.items():
        other = forms_b.get(root)
        if other is None or one.low == other.low or one.low in same or other.low in same:
            continue
        pair = {tense(one.low), tense(other.low)}
        if "past" in pair and len(pair) == 2:
            evidence.append(_evidence(one, other, "voice:tense" if "gerund" not in pair else "voice:aspect"))
        elif "gerund" in pair and len(pair) == 2:
            evidence.append(_evidence(one, other, "voice:aspect"))
    return evidence[:2]


def _evidence(one: Word, other: Word, channel: str) -> Evidence:
    return Evidence("tense/aspect", channel, (one.start, one.end), (other.start, other.end), one.text, other.text)
