"""The grammar of decisions: one JSON object a line to a `Decision` and back, checked in full; used by `log` and `review`.

| action | target | payload |
|---|---|---|
| accept, needs-review, reject | the two members of a row, or all members of a bead | |
| regrade | a row | `grade`, 0 to 3 |
| kinds | a row | `kinds`, names of `corpus.KINDS` |
| comment | a row or a bead | `text`; "" removes it |
| merge | the members of two beads or more | |
| split | all members of a bead | `parts`: lists of spans, each a bead to be |
| unlink | all members of a bead | `member`: the span that leaves |
| link | all members of a bead, or spans that stand alone | `member`: the span that joins |
| edit | all members of a bead | `from`, `to`: a member and the span that it becomes |
| realign | nothing | |
| undo, redo | nothing | `time`, `reviewer` of the decision taken or brought back |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..corpus import KINDS, Decision, Span

SCHEMA = 1
STATUS = {"accept": "accepted", "needs-review": "needs review", "reject": "rejected"}
STRUCTURAL = ("merge", "split", "unlink", "link", "edit", "realign")
ACTIONS = (*STATUS, "regrade", "kinds", "comment", *STRUCTURAL, "undo", "redo")
WITHOUT_TARGET = ("realign", "undo", "redo")
TIME = re.compile(r"\S{1,64}")
LONGEST_COMMENT, LONGEST_NAME, MOST_SPANS = 20_000, 200, 10_000


def parse(record: Any) -> Decision:
    """A decision from a JSON object.

    Raises ValueError with what is wrong in words.
    """
    if not isinstance(record, Mapping):
        raise ValueError("not an object")
    if record.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"schema {record['schema']!r} is not known here; this version writes and reads schema {SCHEMA}")
    action = record.get("action")
    if action not in ACTIONS:
        raise ValueError(f"unknown action {action!r}; known: {', '.join(ACTIONS)}")
    time, reviewer = _text(record, "time", 64), _text(record, "reviewer", LONGEST_NAME)
    target = _spans(record.get("target", []), "target")
    if bool(target) == (action in WITHOUT_TARGET):
        raise ValueError(f"{action} has no target" if target else f"{action} needs a target")
    payload = record.get("payload", {})
    if not isinstance(payload, Mapping):
        raise ValueError("payload is not an object")
    return Decision(time, reviewer, action, target, _payload(action, payload))


def record_of(decision: Decision) -> dict[str, Any]:
    """The JSON object of a decision, keys in a fixed order."""
    return {
        "schema": SCHEMA,
        "time": decision.time,
        "reviewer": decision.reviewer,
        "action": decision.action,
        "target": [span_record(span) for span in decision.target],
        "payload": _plain(decision.payload),
    }


def span_record(span: Span) -> dict[str, Any]:
    record: dict[str, Any] = {"document": span.document, "start": span.start, "end": span.end, "text_hash": span.text_hash}
    return record | ({"text": span.text} if span.text else {})


def _plain(value: Any) -> Any:
    if isinstance(value, Span):
        return span_record(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _payload(action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with its spans read; fields that the action does not know are kept as they are."""
    kept = dict(payload)
    if action == "regrade":
        if type(kept.get("grade")) is not int or not 0 <= kept["grade"] <= 3:
            raise ValueError(f"grade {kept.get('grade')!r} is not 0, 1, 2 or 3")
    elif action == "kinds":
        kinds = kept.get("kinds")
        if not isinstance(kinds, (list, tuple)):
            raise ValueError("kinds is not a list")
        if unknown := [kind for kind in kinds if kind not in KINDS]:
            raise ValueError(f"unknown kind {unknown[0]!r}; known: {', '.join(KINDS)}")
        kept["kinds"] = [kind for kind in KINDS if kind in kinds]
    elif action == "comment":
        if not isinstance(kept.get("text", ""), str):
            raise ValueError("the text of a comment is not a text")
        if len(kept.setdefault("text", "")) > LONGEST_COMMENT:
            raise ValueError(f"a comment has more than {LONGEST_COMMENT} characters")
    elif action == "split":
        parts = kept.get("parts")
        if not isinstance(parts, (list, tuple)) or len(parts) < 2:
            raise ValueError("parts must list two beads or more")
        kept["parts"] = [list(_spans(part, "parts")) for part in parts]
        if not all(kept["parts"]):
            raise ValueError("a part is empty")
    elif action in ("unlink", "link"):
        kept["member"] = _span(kept.get("member"), "member")
    elif action == "edit":
        kept["from"], kept["to"] = _span(kept.get("from"), "from"), _span(kept.get("to"), "to")
        if kept["from"].document != kept["to"].document:
            raise ValueError("an edited span stays in its document")
    elif action in ("undo", "redo"):
        _text(kept, "time", 64)
        if "reviewer" in kept:
            _text(kept, "reviewer", LONGEST_NAME)
    return kept


def _text(record: Mapping[str, Any], name: str, longest: int) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise ValueError(f"{name} is missing" if not value else f"{name} is not a text of 1 to {longest} characters")
    return value


def _spans(value: Any, name: str) -> tuple[Span, ...]:
    if not isinstance(value, (list, tuple)) or len(value) > MOST_SPANS:
        raise ValueError(f"{name} is not a list of spans")
    return tuple(_span(each, name) for each in value)


def _span(value: Any, name: str) -> Span:
    if isinstance(value, Span):
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is not a span (document, start, end, text_hash)")
    document, start, end, text_hash, text = (value.get(field) for field in ("document", "start", "end", "text_hash", "text"))
    if not isinstance(document, str) or not isinstance(text_hash, str) or not document or not text_hash:
        raise ValueError(f"{name}: a span needs document and text_hash")
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise ValueError(f"{name}: a span needs start and end, whole numbers, the start below the end")
    return Span(document, start, end, text_hash, text if isinstance(text, str) else "")
