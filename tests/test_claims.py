"""Which findings become kinds: close and free renditions, one language and two, passages that answer one another."""

from __future__ import annotations

import pytest

from align.claims import Closeness, doubtful, kinds_of
from align.corpus import Evidence

NEAR, FREE, ACROSS = Closeness(True, False, 0.0), Closeness(False, False, 0.0), Closeness(False, True, 0.0)


def finding(channel: str, kind: str = "negation", *, artefact: bool = False) -> Evidence:
    return Evidence(kind, channel, (0, 1), (0, 1), "a", "b", artefact=artefact)


@pytest.mark.parametrize(
    ("channel", "kind", "near", "free"),
    [
        ("names", "named-entity/attribution", True, False),
        ("speech", "paraphrase-to-indirect", False, True),
        ("stance:missing", "modality/strength", False, True),
        ("stance", "modality/strength", True, True),
        ("numbers", "number/date", True, True),
        ("names:missing", "named-entity/attribution", False, False),
        ("voice:auxiliary", "tense/aspect", False, False),
    ],
)
def test_what_is_claimed_of_close_and_of_free_renditions(channel: str, kind: str, near: bool, free: bool) -> None:
    assert kinds_of([finding(channel, kind)], {}, NEAR) == ((kind,) if near else ())
    assert kinds_of([finding(channel, kind)], {}, FREE) == ((kind,) if free else ())


def test_a_rule_that_errs_between_free_renditions_is_a_hint_there() -> None:
    assert doubtful(finding("names"), FREE)
    assert not doubtful(finding("names"), NEAR) and not doubtful(finding("names"), ACROSS)
    assert not doubtful(finding("names:alone"), FREE)


@pytest.mark.parametrize(
    ("channel", "pair", "claimed"),
    [
        ("omission:phrase", Closeness(True, False, 2.0), True),
        ("omission:phrase", Closeness(True, False, 0.5), False),
        ("omission:phrase", Closeness(False, False, -1.0), True),
        ("omission:phrase", Closeness(False, True, 0.5), False),
        ("addition:phrase", Closeness(True, False, -2.0), True),
        ("addition:phrase", Closeness(False, False, -4.0), False),
        ("addition:clause", Closeness(False, True, -4.0), True),
        ("addition:clause", Closeness(False, True, -2.0), False),
        ("omission:word", Closeness(True, False, 2.0), False),
    ],
)
def test_a_passage_is_left_out_only_where_its_side_says_more(channel: str, pair: Closeness, claimed: bool) -> None:
    kind = channel.split(":", maxsplit=1)[0]
    assert kinds_of([finding(channel, kind)], {}, pair) == ((kind,) if claimed else ())


def test_other_channels_are_claimed_by_their_weight() -> None:
    assert kinds_of([finding("negation")], {"negation": 0.1}, NEAR) == ("negation",)
    assert kinds_of([finding("negation")], {"negation": 0.1}, FREE) == ()
    assert kinds_of([finding("negation", artefact=True)], {"negation": 0.9}, NEAR) == ()
