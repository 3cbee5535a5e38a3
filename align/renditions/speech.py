"""Who is being quoted, and how: quotation spans, turns of a transcript, reporting verbs, and what is no utterance at all.

In: the segments of one document. Out: one `Utterance` a segment, in order. Called by `renditions`. It works on
punctuation and on short lists of reporting words; where a document has neither, everything is plain text and nothing
is thrown away on its account.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby, pairwise
from typing import Any

from ..corpus import Segment, Speech

PAIRS = {"“": "”", "«": "»", "„": "“”", "「": "」", "『": "』"}
ANY = '”»」』"'
MARKS = frozenset("".join(PAIRS) + "".join(PAIRS.values()) + '"')

_words: dict[str, Any] = json.loads(files("align").joinpath("data/speech.json").read_text("utf8"))
REPORTING: dict[str, list[str]] = _words["reporting"]
BEFORE_NAME, BETWEEN, OFFICES, OPENERS, PRONOUNS, QUESTION = (
    frozenset(_words[name]) for name in ("before_name", "between", "offices", "openers", "pronouns", "question")
)
PRONOUN = "?"
LABEL_WORDS = 5  # beside a quotation that say no more than whose it is
HEADING_MARKS = '‘“”«»"'
FURNITURE = re.compile(
    r"^\W*$|©|^[(\[]?\s*(?:source|photo|image|file photo|see also|read more|related|context|click here|subscribe|sign in|log in|advert|share|comment)\b"
    r"|\b(?:click here|log in or register|read more)\b|\bfile photo\b|/\s?(?:reuters|ap|afp|tass)\b"
    r"|^\(\s*,|\bad-free\b|\bnewsletter\b|^\s*(?:©|•|×)|\b(?:getty images|reuters|sputnik international)\s*$|\((?:[LRC]|left|right)\)",
    re.IGNORECASE,
)
TURN = re.compile(r"^[\W_]*((?:[^\W\d_][\w.’'-]*\s+){0,4}[^\W\d_][\w.’'-]*)\s?:\s*(?=\S)")
NAME = re.compile(r"(?<![\w.])[^\W\d_a-zа-яё][\w’'-]*\.?(?:\s+[^\W\d_a-zа-яё][\w’'-]*)*")
INTRODUCED = re.compile(r"^((?:[^\W\d_a-zа-яё][\w.’'-]*\s+){1,3}[^\W\d_a-zа-яё][\w.’'-]*),\s[^:“”\"]{3,90}:\s*(?=[“«„\"])")
PARTICIPLE = re.compile(r"[A-Z][a-z]+ing\s+([^\W\d_][\w’'-]*)[^,]*,\s")  # "Answering a question, Name said"
POSSESSIVE = re.compile(r"[’']s?$")
LETTER = re.compile(r"[^\W\d_]")
THAT = re.compile(r"(?<!\w)(?:that|what|how|why|whether|что|dass|que|che)(?!\w)|[:“«„]")


Quotes = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a segment is: `role` utterance, question, heading, title, narration or furniture.

    A heading speaks (it has a speaker, a quotation or a reporting verb), a title does not. `quotes` are spans in the
    document's text. `named`: the sentence itself, or the turn that it stands in, says who speaks; otherwise
    `speaker` is whoever spoke last, or "".
    """

    role: str
    speech: Speech
    speaker: str
    quotes: tuple[tuple[int, int], ...]
    named: bool = False


def recognise(segments: Sequence[Segment], language: str) -> list[Utterance]:
    """Give one `Utterance` for each segment of one document, in order."""
    verbs = reporting(language)
    repeated = Counter(segment.text for segment in segments)
    found: list[Utterance] = []
    turn = last = ""
    open_turn = False
    for _, group in groupby(segments, key=lambda segment: segment.paragraph):
        paragraph = list(group)
        label = label_of(paragraph[0].text)
        heading = _is_heading(paragraph)
        if label:
            turn = _unverbed(label, verbs)
        elif not open_turn or heading or FURNITURE.search(paragraph[0].text):
            turn = ""
        spans, still_open = _quotes(paragraph, bool(turn) and not label)
        inside = [tuple((max(a, part.start), min(b, part.end)) for a, b in spans if a < part.end and b > part.start) for part in paragraph]
        names = ["" if heading else _speaker(part, quotes, verbs) for part, quotes in zip(paragraph, inside, strict=True)]
        roles = [
            _role(part, quotes, name, verbs, turn=turn, label=label, heading=heading, repeated=repeated[part.text])
            for part, quotes, name in zip(paragraph, inside, names, strict=True)
        ]
        for place, part in enumerate(paragraph[1:], 1):
            if names[place] and not inside[place] and _only_names(part.text, verbs) and paragraph[place - 1].text.rstrip()[-1:] in MARKS:
                roles[place] = ("furniture", "")
        for place, (quotes, name, (role, speech)) in enumerate(zip(inside, names, roles, strict=True)):
            if role in ("narration", "furniture", "title"):
                found.append(Utterance(role, "", "", quotes))
                continue
            if turn:
                speaker, named = turn, True
            elif name:
                speaker, named = (name, True) if name != PRONOUN else (last, False)
            else:
                around = [other for other in [*names[place + 1 :], *reversed(names[:place])] if other]
                speaker, named = (around[0] if around and around[0] != PRONOUN else last), False
            if speaker and named and role == "utterance":
                last = speaker
            found.append(Utterance(role, speech, speaker, quotes, named))
        open_turn = bool(turn) and not heading and (still_open or not spans)
    return found


def person(name: str) -> str:
    """What names of one speaker share: the last word that is no office, without accents and case; "" when there is none."""
    words = [word for word in re.findall(r"[^\W\d_][\w’'-]*", name) if word.casefold() not in OFFICES]
    if not words or name.casefold().split()[0] in QUESTION or (len(words) == 1 and words[0].casefold() in PRONOUNS | OPENERS):
        return ""
    plain = unicodedata.normalize("NFKD", words[-1].casefold())
    return re.sub(r"['’]s$", "", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def label_of(text: str) -> str:
    """Who a turn is given to at the head of a paragraph ("Name Surname: ..."), or ""."""
    match = TURN.match(text)
    if match and _is_label(match.group(1)):
        return match.group(1)
    match = INTRODUCED.match(text)
    return match.group(1) if match else ""


def _role(segment: Segment, quotes: Quotes, name: str, verbs: re.Pattern[str], *, turn: str, label: str, heading: bool, repeated: int) -> tuple[str, Speech]:
    share = sum(b - a for a, b in quotes) / max(segment.end - segment.start, 1)
    if FURNITURE.search(segment.text) or not LETTER.search(segment.text) or repeated > 2:
        return "furniture", ""
    if label and label.casefold().split()[0] in QUESTION:
        return "question", "direct"
    reported = bool(name) or any(_is_verb(match) and not _within(segment.start + match.start(), quotes) for match in verbs.finditer(segment.text))
    if heading:
        if label or reported or any(mark in segment.text for mark in HEADING_MARKS):
            return "heading", "direct" if share > 0.5 or label else "reported"
        return "title", ""
    outside = len(segment.text.split()) - sum(len(segment.text[a - segment.start : b - segment.start].split()) for a, b in quotes)
    if share > 0.8 or (turn and (share > 0.5 or not quotes)) or (share > 0.5 and outside <= LABEL_WORDS):
        return "utterance", "direct"
    if reported or share > 0.3:
        return "utterance", "mixed" if share > 0.1 else "reported"
    return "narration", ""


def _only_names(text: str, verbs: re.Pattern[str]) -> bool:
    """Whether a sentence after a quotation only says whose it was ("Lavrov said at a briefing.")."""
    match = verbs.search(text)
    return match is not None and len(text[: match.start()].split()) <= 4 and not THAT.search(text, match.end())


def _within(place: int, quotes: Quotes) -> bool:
    return any(a <= place < b for a, b in quotes)


def _speaker(segment: Segment, quotes: Quotes, verbs: re.Pattern[str]) -> str:
    """Who speaks by this sentence's own reporting verb: a name, PRONOUN for somebody named before, or ""."""
    text = segment.text
    names = [one for one in NAME.finditer(text) if not _within(segment.start + one.start(), quotes) and person(one.group())]
    opening = PARTICIPLE.match(text)
    participle = opening is not None and not verbs.match(text) and opening.group(1) not in BETWEEN and not verbs.fullmatch(opening.group(1))
    if participle and names and names[0].start() == 0:
        names = names[1:] if " " not in names[0].group() else names
    referred = ""
    for match in verbs.finditer(text):
        if _within(segment.start + match.start(), quotes) or not _is_verb(match):
            continue
        before = text[: match.start()].rstrip()
        after = [one for one in names if one.start() > match.start()]
        following = next(iter(after), None)
        inverted = match.group().casefold() in BEFORE_NAME or not before or before[-1] in ',"”»—–'
        if inverted and following and not text[match.end() : following.start()].strip():
            # "according to the president's spokesman, Name": not whose he is, but who he is
            return _short((after[1] if POSSESSIVE.search(following.group()) and len(after) > 1 else following).group())
        earlier = [one for one in names if one.end() <= match.start()]
        if earlier and text[: earlier[-1].start()].rstrip()[-1:] == ",":
            earlier = earlier[-1:]
        for one in earlier:
            between = text[one.end() : match.start()].strip()
            if all(word.casefold() in BETWEEN for word in between.split()) or (between[:1] == "," and between[-1:] == "," and len(between) < 120):
                return _short(one.group())
        words = [word for word in re.findall(r"[\w’']+", before[-60:].casefold()) if word not in BETWEEN]
        behind = re.findall(r"[\w’']+", text[match.end() : match.end() + 60].casefold()) if inverted else []
        if any(word in PRONOUNS or word in OFFICES for word in [*words[-1:], *behind[:3]]):
            referred = PRONOUN
    if referred or not names or not any(_is_verb(match) for match in verbs.finditer(text)):
        return referred
    first = names[0]
    if participle:
        return _subject(text, names, verbs)
    return _short(first.group()) if first.start() == 0 and re.match(r"\s+(?!and\b|or\b|of\b|и\b)[^\W\d_A-ZА-ЯЁ]", text[first.end() :]) else ""


def _subject(text: str, names: Sequence[re.Match[str]], verbs: re.Pattern[str]) -> str:
    """Who a sentence that opens with a participle is about: the name after its first comma, behind its office if any ("agency reporter Name")."""
    main = [one for one in names if 0 <= text.find(",") < one.start()]
    for one, other in pairwise([*main, None]):
        if one is None:
            break
        between = text[one.end() : other.start()].strip() if other else ""
        if other is None or not between.isalpha() or verbs.fullmatch(between):
            return _short(one.group())
    return ""


def _unverbed(label: str, verbs: re.Pattern[str]) -> str:
    """A label without a reporting verb at its end ("Name said:")."""
    words = label.split()
    while len(words) > 1 and verbs.fullmatch(words[-1]):
        words.pop()
    return " ".join(words)


def _is_verb(match: re.Match[str]) -> bool:
    """A capital inside a sentence is a name ("United States"), unless the whole sentence is written like a title."""
    word, text = match.group(), match.string
    return word[0].islower() or match.start() == 0 or sum(one[0].isupper() for one in text.split()) > 0.6 * len(text.split())


def _short(name: str) -> str:
    """A name without the office before it ("Foreign Minister Sergei Lavrov") and without the word that opens the sentence."""
    words = name.split()
    offices = [place for place, word in enumerate(words[:-1]) if word.casefold() in OFFICES]
    if offices:
        words = words[offices[-1] + 1 :]
    while len(words) > 1 and words[0].casefold() in OPENERS:
        words = words[1:]
    return POSSESSIVE.sub("", " ".join(words))


def reporting(language: str) -> re.Pattern[str]:
    """Reporting verbs and phrases of a language, or of all that are known."""
    known = REPORTING.get(language.split("-", maxsplit=1)[0].lower())
    entries = known or [entry for words in REPORTING.values() for entry in words]
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(entry).replace(r"\ ", r"\s+") for entry in entries) + r")(?!\w)", re.IGNORECASE)


def _is_label(text: str) -> bool:
    tokens = text.split()
    return tokens[0].casefold() in QUESTION or (len(tokens) <= 5 and sum(token[0].isupper() for token in tokens) >= max(1, len(tokens) - 1))


def _is_heading(paragraph: Sequence[Segment]) -> bool:
    text = paragraph[-1].text.rstrip()
    return len(paragraph) == 1 and len(text) < 200 and (not text or text[-1] not in '.!?…:;”"»。！？') and not text.startswith(("“", '"', "«"))


def _quotes(paragraph: Sequence[Segment], already_open: bool) -> tuple[list[tuple[int, int]], bool]:
    """Quotation spans of a paragraph and whether the last one is left open; straight marks open after a blank or bracket."""
    spans: list[tuple[int, int]] = []
    begin: int | None = paragraph[0].start if already_open else None
    closed_by = ANY if already_open else ""
    for segment in paragraph:
        for offset, mark in enumerate(segment.text):
            place = segment.start + offset
            if mark not in MARKS:
                continue
            before, after = segment.text[offset - 1 : offset], segment.text[offset + 1 : offset + 2]
            opens = mark in PAIRS or (mark == '"' and (not before or before in " \t\u00a0([—-") and bool(after.strip()))
            if begin is None:
                if mark in PAIRS or mark == '"':
                    begin, closed_by = place, PAIRS.get(mark, '"')
            elif opens and (closed_by == ANY or (mark == '"' and closed_by == '"')):
                if place > begin:
                    spans.append((begin, place))
                begin, closed_by = place, PAIRS.get(mark, '"')
            elif not opens and mark in closed_by:
                spans.append((begin, place + 1))
                begin = None
    if begin is not None:
        spans.append((begin, paragraph[-1].end))
    return spans, begin is not None
