"""Doubt about a language: does the text read like what the entry says it is?"""

from __future__ import annotations

LEAST_LETTERS = 200
SAMPLE_CHARS = 1500
SAMPLES = 3

# What a text may well be taken for: a doubt within a family is no doubt.
FAMILIES = (
    frozenset({"no", "nb", "nn", "da", "sv"}),
    frozenset({"hr", "sr", "bs", "sl", "mk", "bg"}),
    frozenset({"cs", "sk"}),
    frozenset({"id", "ms", "jv"}),
    frozenset({"gl", "pt", "es", "an", "ca"}),
    frozenset({"de", "lb", "nl", "af"}),
    frozenset({"zh", "yue", "wuu", "lzh"}),
    frozenset({"hi", "mr", "ne"}),
    frozenset({"fa", "ur", "ps", "ku"}),
    frozenset({"ru", "be"}),
    frozenset({"kk", "ky", "mn"}),
    frozenset({"is", "fo"}),
)
# Pairs of one family that are yet told apart with certainty on some hundred letters.
DISTINCT = (frozenset({"pt", "es", "ca"}), frozenset({"de", "nl"}), frozenset({"sv", "da"}), frozenset({"hr", "bg"}), frozenset({"sr", "bg"}))

CANDIDATES = frozenset(
  {
    "af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga", "gl", "gu", "he",
    "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "kn", "ko", "ky", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "nb", "ne", "nl", "nn", "no",
    "pa", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "uz", "vi", "zh",
  }
)  # fmt: skip


def doubt(text: str, language: str) -> str:
    """A sentence that doubts the language of a text, or "" where there is no reason to, or too little text to tell.

    Several samples of the text must all be taken (by py3langid) for one and the same other language.
    """
    said = language.partition("-")[0].lower()
    if sum(char.isalpha() for char in text[: 20 * LEAST_LETTERS]) < LEAST_LETTERS:
        return ""
    from py3langid import rank

    try:
        likely = {_likeliest(rank(sample), said) for sample in _samples(text)}
    except OSError:  # it unpacks its model to the temporary folder, which may be full: a text can be read without this check
        return ""
    if len(likely) != 1:
        return ""
    reads = likely.pop()
    if not reads or reads == said or _akin(reads, said):
        return ""
    return f"says it is {said} but reads like {reads}; if that is so, name {reads} as its language"


def _samples(text: str) -> list[str]:
    step = max(len(text) // SAMPLES, SAMPLE_CHARS)
    samples = [text[start : start + SAMPLE_CHARS] for start in range(0, max(len(text) - SAMPLE_CHARS // 2, 1), step)]
    return [sample for sample in samples[:SAMPLES] if sum(char.isalpha() for char in sample) >= LEAST_LETTERS // 2]


def _likeliest(ranked: list[tuple[str, float]], said: str) -> str:
    """The likeliest of the languages that are thinkable; "" where the one that is said is not known at all."""
    if all(name != said for name, _ in ranked):
        return ""
    return next((name for name, _ in ranked if name in CANDIDATES or name == said), "")


def _akin(one: str, other: str) -> bool:
    pair = {one, other}
    return any(pair <= family for family in FAMILIES) and not any(pair <= distinct for distinct in DISTINCT)
