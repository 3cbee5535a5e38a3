"""Are two words one name, in whatever spelling or script: by their letters after romanisation, by their consonants, by rough sounds. Called by `names`."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import Indel, JaroWinkler

# Likeness of letters from which two words are one name; short ones need more.
LIKENESS, LIKENESS_SHORT = 0.86, 0.92
# Likeness of consonants from which two names that stand in the same place may be two spellings of one.
MAYBE = 0.6


@lru_cache(maxsize=65_536)
def skeleton(low: str) -> str:
    """Letters that survive a change of script: romanised, doubles and the usual spelling variants folded."""
    if not low.isascii():
        from anyascii import anyascii

        low = str(anyascii(low)).lower().replace("'", "")
    low = low.replace(".", "")
    for old, new in (
        ("dzh", "i"),
        ("x", "ks"),
        ("ck", "k"),
        ("ch", "h"),
        ("kh", "h"),
        ("tz", "ts"),
        ("sch", "sh"),
        ("ph", "f"),
        ("th", "t"),
        ("qu", "k"),
        ("c", "k"),
    ):
        low = low.replace(old, new)
    for old, new in (("w", "v"), ("y", "i"), ("j", "i"), ("gh", "g"), ("ii", "i"), ("z", "s"), ("ou", "u"), ("oo", "u"), ("ee", "i")):
        low = low.replace(old, new)
    return "".join(sign for index, sign in enumerate(low) if index == 0 or sign != low[index - 1])


@lru_cache(maxsize=65_536)
def consonants(letters: str) -> str:
    """A skeleton without its vowels, but for the first letter: what Trump and Трамп share."""
    return letters[:1] + "".join(sign for sign in letters[1:] if sign not in "aeiou")


def transliterated(own: str, other: str) -> bool:
    """The same consonants, a case ending aside."""
    one, two = consonants(own), consonants(other)
    return min(len(one), len(two)) >= 3 and abs(len(one) - len(two)) <= 1 and (one.startswith(two) or two.startswith(one))


# How Russian writes the sounds of other languages, and how those write their own: both sides come to the same rough sounds.
CYRILLIC: tuple[tuple[str, str], ...] = (
    ("дж", "j"),
    ("кс", "x"),
    ("кв", "k"),
    ("уо", "vo"),
    ("уэ", "ve"),
    ("уи", "vi"),
    ("уа", "va"),
    ("тц", "z"),
    ("ц", "z"),
    ("щ", "ш"),
    ("ж", "j"),
)
CYRILLIC += (("ч", "c"), ("ш", "s"), ("з", "s"), ("х", "h"), ("г", "g"), ("ю", "у"), ("я", "а"), ("й", "и"))
LATIN: tuple[tuple[str, str], ...] = (
    ("sch", "sh"),
    ("tsch", "ch"),
    ("tch", "ch"),
    ("ch", "C"),
    ("sh", "s"),
    ("ph", "f"),
    ("th", "t"),
    ("gh", "g"),
    ("ck", "k"),
    ("qu", "k"),
    ("x", "x"),
)
LATIN += (("ce", "se"), ("ci", "si"), ("cy", "si"), ("ge", "je"), ("gi", "ji"), ("c", "k"), ("w", "v"), ("z", "s"), ("C", "c"))


@lru_cache(maxsize=65_536)
def sounds(low: str) -> str:
    """A name as rough sounds: consonants as one writes them in either script, each run of vowels an `a`, no ending, no doubles, no h inside."""
    if any("а" <= sign <= "я" for sign in low):
        for old, new in CYRILLIC:
            low = low.replace(old, new)
        from anyascii import anyascii

        low = str(anyascii(low)).lower().replace("'", "")
        low = low[:-2] if len(low) > 5 and low.endswith(("om", "em", "oi", "ei", "ov")) else low
    else:
        for old, new in LATIN:
            low = low.replace(old, new)
    low = low[:1] + low[1:].replace("h", "")
    found = ""
    for sign in low:
        sign = "a" if sign in "aeiouyáéíóúäöüàèâêîôûãõ" else sign
        if not found.endswith(sign):
            found += sign
    return found.rstrip("a") if len(found) > 2 else found


def sounds_alike(own: str, other: str) -> bool:
    """Utah, Юта; Wallace, Уоллеса; Geoff, Джефф: the same rough sounds, a soft or hard g or c aside."""
    one, two = sounds(own), sounds(other)
    if len(one) < 2 or len(two) < 2:
        return False
    if one == two:
        return True
    soft = str.maketrans({"j": "g", "c": "k", "x": "k"})
    return len(one) > 3 and one.translate(soft) == two.translate(soft)


def alike(own: str, other: str) -> bool:
    """Nearly the same letters, of two skeletons."""
    return bool(JaroWinkler.normalized_similarity(own, other, score_cutoff=LIKENESS if len(own) > 4 else LIKENESS_SHORT))


# Consonants that one script or the other writes alike, folded, for names that stand in the same place: Rodgers, Роджерса; Hampshire, Гэмпшира.
_NEAR = str.maketrans({"j": "s", "g": "h", "k": "h", "x": "h", "c": "s", "z": "s", "w": "v", "f": "v"})


def may_be_one(own: str, other: str) -> bool:
    """Half guessed, for two names in the same place of two texts: most of their consonants are the same."""
    one, two = ("".join(sign for sign in sounds(low) if sign not in "ay'.-").translate(_NEAR) for low in (own, other))
    one, two = one[:1] + one[1:].replace("h", ""), two[:1] + two[1:].replace("h", "")
    return bool(one and two) and Indel.normalized_similarity(one, two) >= MAYBE
