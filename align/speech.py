"""Who is being quoted, and how: quotation spans, turns of a transcript, reporting verbs, and what is no utterance at all.

In: the segments of one document. Out: one `Utterance` a segment, in order. Called by `renditions`. It works on
punctuation and on short lists of reporting words; where a document has neither, everything is plain text and nothing
is thrown away on its account.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from .corpus import Segment, Speech

PAIRS = {"“": "”", "«": "»", "„": "“”", "「": "」", "『": "』"}
CLOSING = frozenset("”»」』")
QUESTION = frozenset(["question", "q", "вопрос", "frage", "pregunta", "pergunta", "domanda", "journalist", "reporter", "correspondent"])

# Reporting verbs and phrases by language: what stands beside a quotation or turns a sentence into reported speech.
REPORTING = {
    "en": "said says saying told tells stated states stating added adds noted notes noting stressed stresses emphasized emphasised emphasizing explained "
    "explains declared declares announced claimed claims believes argued argues warned warns recalled recalls confirmed confirms replied answered answering "
    "asked insisted admitted wrote writes tweeted expressed agreed reiterated repeated mentioned promised concluded commented remarked underlined urged "
    "urges assured assures hinted suggested denied accused acknowledged asserted voiced spoke quoted quoting according|to pointed|out in|his|words "
    "in|her|words words|of",
    "ru": "сказал сказала заявил заявила заявили отметил отметила добавил добавила подчеркнул подчеркнула сообщил сообщила сообщили пояснил пояснила объяснил "
    "рассказал рассказала считает напомнил ответил ответила спросил признал призвал написал написала утверждает утверждал выразил указал уточнил полагает "
    "говорит говорил по|словам по|его|словам по|ее|словам",
    "de": "sagte sagten sagt erklärte erklärt betonte teilte meinte berichtete schrieb ergänzte warnte kündigte behauptete zufolge laut",
    "fr": "dit déclaré affirmé ajouté souligné expliqué indiqué précisé estime écrit selon d'après",
    "es": "dijo declaró afirmó añadió señaló explicó aseguró indicó según",
    "pt": "disse afirmou declarou acrescentou ressaltou explicou destacou segundo",
    "it": "detto dichiarato affermato aggiunto sottolineato spiegato secondo",
}
FURNITURE = re.compile(
    r"^\W*$|©|^[(\[]?\s*(?:source|photo|image|file photo|see also|read more|related|context|click here|subscribe|sign in|log in|advert|share|comment)\b"
    r"|\b(?:click here|log in or register|read more)\b|\bfile photo\b|/\s?(?:reuters|ap|afp|tass)\b"
    r"|^\(\s*,|\bad-free\b|\bnewsletter\b|^\s*(?:©|•|×)|\b(?:getty images|reuters|sputnik international)\s*$|\((?:[LRC]|left|right)\)",
    re.IGNORECASE,
)
TURN = re.compile(r"^[\W_]*((?:[^\W\d_][\w.’'-]*\s+){0,4}[^\W\d_][\w.’'-]*)\s?:\s*(?=\S)")
LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a segment is: `role` utterance, question, heading, narration or furniture; `quotes` are spans in the document's text."""

    role: str
    speech: Speech
    speaker: str
    quotes: tuple[tuple[int, int], ...]


def recognise(segments: Sequence[Segment], language: str) -> list[Utterance]:
    """Give one `Utterance` for each segment of one document, in order."""
    verbs = _verbs(language)
    repeated = Counter(segment.text for segment in segments)
    found: list[Utterance] = []
    speaker = ""
    open_turn = False
    for _, group in groupby(segments, key=lambda segment: segment.paragraph):
        paragraph = list(group)
        turn = TURN.match(paragraph[0].text)
        label = turn.group(1) if turn and _is_label(turn.group(1)) else ""
        starts_quoted = paragraph[0].text.lstrip()[:1] in PAIRS
        heading = _is_heading(paragraph)
        if label:
            speaker, carried = label, True
        else:
            carried = open_turn and not heading and not FURNITURE.search(paragraph[0].text) and (starts_quoted or bool(speaker))
        spans, still_open = _quotes(paragraph, carried and not label)
        for segment in paragraph:
            inside = tuple((max(a, segment.start), min(b, segment.end)) for a, b in spans if a < segment.end and b > segment.start)
            share = sum(b - a for a, b in inside) / max(segment.end - segment.start, 1)
            reported = _reports(segment, inside, verbs)
            if FURNITURE.search(segment.text) or not LETTER.search(segment.text) or repeated[segment.text] > 2:
                found.append(Utterance("furniture", "", "", inside))
            elif label and label.casefold().split()[0] in QUESTION:
                found.append(Utterance("question", "direct", label, inside))
            elif heading:
                found.append(Utterance("heading", "direct" if share > 0.5 else "", label, inside))
            elif share > 0.8 or (label and (share > 0.5 or not inside)):
                found.append(Utterance("utterance", "direct", speaker if label or carried else "", inside))
            elif reported or share > 0.3:
                found.append(Utterance("utterance", "mixed" if share > 0.1 else "reported", "", inside))
            else:
                found.append(Utterance("narration", "", "", inside))
        open_turn = bool((label and not heading and (still_open or not spans)) or (carried and (still_open or not spans)) or (still_open and not label))
        if not open_turn:
            speaker = ""
    return found


def _verbs(language: str) -> re.Pattern[str]:
    known = REPORTING.get(language.split("-", maxsplit=1)[0].lower())
    entries = known.split() if known else [word for words in REPORTING.values() for word in words.split()]
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(entry).replace(r"\|", r"\s+") for entry in entries) + r")(?!\w)", re.IGNORECASE)


def _is_label(text: str) -> bool:
    tokens = text.split()
    return tokens[0].casefold() in QUESTION or (len(tokens) <= 5 and sum(token[0].isupper() for token in tokens) >= max(1, len(tokens) - 1))


def _is_heading(paragraph: Sequence[Segment]) -> bool:
    text = paragraph[-1].text.rstrip()
    return len(paragraph) == 1 and len(text) < 200 and (not text or text[-1] not in '.!?…:;”"»。！？') and not text.startswith(("“", '"', "«"))


def _reports(segment: Segment, quotes: Sequence[tuple[int, int]], verbs: re.Pattern[str]) -> bool:
    for match in verbs.finditer(segment.text):
        place = segment.start + match.start()
        if not any(a <= place < b for a, b in quotes):
            return True
    return False


def _quotes(paragraph: Sequence[Segment], already_open: bool) -> tuple[list[tuple[int, int]], bool]:
    """Quotation spans of a paragraph and whether the last one is left open; straight marks open after a blank or bracket."""
    spans: list[tuple[int, int]] = []
    begin: int | None = paragraph[0].start if already_open else None
    for segment in paragraph:
        for offset, mark in enumerate(segment.text):
            place = segment.start + offset
            if mark in PAIRS:
                if begin is None:
                    begin = place
            elif mark in CLOSING:
                if begin is not None:
                    spans.append((begin, place + 1))
                    begin = None
            elif mark == '"':
                before, after = segment.text[offset - 1 : offset], segment.text[offset + 1 : offset + 2]
                opens = (not before or before in " \t\u00a0([—-") and bool(after.strip())
                if begin is not None:
                    spans.append((begin, place if opens else place + 1))
                begin = place if opens or begin is None else None
    if begin is not None:
        spans.append((begin, paragraph[-1].end))
    return spans, begin is not None
