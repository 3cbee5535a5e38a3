"""The data that flows through the pipeline: frozen, plain, and nothing else.

Offsets are always character offsets into `Document.text`, end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Origin = Literal["auto", "gold", "human"]
Speech = Literal["", "direct", "reported", "mixed"]

KINDS = (
    "omission",
    "addition",
    "mistranslation",
    "modality/strength",
    "negation",
    "number/date",
    "named-entity/attribution",
    "tense/aspect",
    "agent/voice",
    "register",
    "paraphrase-to-indirect",
    "order",
)


@dataclass(frozen=True, slots=True)
class Document:
    """One rendition: a file, or a part of one, in one language.

    `text` is the whole file as read; `start` and `end` bound the part that belongs to this document, so
    that offsets stay those of the file. `stem` names the file in everything that is written. Documents of
    one `group` are translations of each other (bitext mode); "" is a group like any other.
    """

    id: str
    outlet: str
    language: str
    text: str
    path: str
    stem: str
    start: int
    end: int
    date: str = ""
    url: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """One sentence of a document; `text == document.text[start:end]`, `index` counts from 0 within it."""

    document: str
    index: int
    paragraph: int
    start: int
    end: int
    text: str

    @property
    def id(self) -> str:
        return f"{self.document}:{self.index}"


@dataclass(frozen=True, slots=True)
class Member:
    """A span of one document that takes part in a bead; `segments` are the indices that it touches.

    `score` is the confidence that it belongs there, 0 to 1; None where it is that of the bead.
    """

    document: str
    start: int
    end: int
    text: str
    segments: tuple[int, ...]
    speaker: str = ""
    speech: Speech = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Bead:
    """Spans that render the same text. `score` is the confidence, 0 to 1.

    Two documents or more; two members of one document are a repeat; a gap is a bead of a single member.
    `moved` marks a bead that stands in another order than its neighbours.
    """

    id: str
    members: tuple[Member, ...]
    score: float
    origin: Origin = "auto"
    moved: bool = False

    @property
    def is_gap(self) -> bool:
        return len({member.document for member in self.members}) < 2 and len(self.members) < 2


@dataclass(frozen=True, slots=True)
class Score:
    """A number that says how it was made."""

    name: str
    value: float
    signature: str


@dataclass(frozen=True, slots=True)
class BackTranslation:
    """What an engine makes of a text: `text` in the language it is compared in, `pivot_text` on the way there.

    `engine` names engine, model and settings; `doubt` is empty, or says why the result is not to be scored
    (empty, looping, untranslated ...).
    """

    text: str
    pivot: str
    pivot_text: str
    engine: str
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two members of one bead, as the scorers see them.

    When the languages differ, `backtranslation_a` is A translated into B's language and the other way
    round; when they are the same, each is its own side's round trip through a pivot language.
    """

    bead: str
    member_a: Member
    member_b: Member
    language_a: str
    language_b: str
    backtranslation_a: BackTranslation | None = None
    backtranslation_b: BackTranslation | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a kind was set: offsets into the two texts of the pair (empty span: start == end) and the values.

    `basis`: `rule` (words that differ), `hint` (from the encoder's vectors) or `backtranslation`; `severity`, 0 to 1: how likely this
    alone makes the pair divergent; `version`: of the channel.
    """

    kind: str
    channel: str
    span_a: tuple[int, int]
    span_b: tuple[int, int]
    value_a: str
    value_b: str
    artefact: bool = False
    basis: Literal["rule", "hint", "backtranslation"] = "rule"
    severity: float = 0.0
    version: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `diverge` decides about a pair: `divergence` 0 to 1, `grade` 0 to 3, `percentile` 0 to 100."""

    divergence: float
    grade: int
    percentile: float | None
    kinds: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    signature: str


@dataclass(frozen=True, slots=True)
class Divergence:
    """One row of the divergence table.

    `verdict` is the program's own. What a reviewer said stands beside it: `status` ("" where nobody decided), `comment`,
    `reviewed_grade` and `reviewed_kinds` (None: the program's hold), and whose the last word was.
    """

    pair: Pair
    scores: tuple[Score, ...]
    verdict: Verdict
    alignment_score: float
    odd_one_out: str = ""
    status: str = ""
    comment: str = ""
    reviewed_grade: int | None = None
    reviewed_kinds: tuple[str, ...] | None = None
    reviewer: str = ""

    @property
    def grade(self) -> int:
        """The grade that holds: the reviewer's, else the program's."""
        return self.verdict.grade if self.reviewed_grade is None else self.reviewed_grade

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that hold: the reviewer's, else the program's."""
        return self.verdict.kinds if self.reviewed_kinds is None else self.reviewed_kinds


@dataclass(frozen=True, slots=True)
class Span:
    """What a decision points at: a stretch of one document, with the hash of its text.

    `text` is for people, and for finding the span again where offsets shifted; it does not tell two spans apart.
    """

    document: str
    start: int
    end: int
    text_hash: str
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of `decisions.jsonl`. `(time, reviewer)` names it."""

    time: str
    reviewer: str
    action: str
    target: tuple[Span, ...]
    payload: dict[str, Any]
