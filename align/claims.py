"""Which findings are claimed as kinds: those of channels that proved right more often than not on pairs as close, or as free, as this one.

Evidence with its weights in, kinds out; the rest stays in the evidence to be looked at. Called by `diverge`. The figures behind each line:
`benchmarks/divergence/kinds.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .corpus import KINDS, Evidence

# Claimed wherever they fire, whatever their weight.
PLAIN = frozenset({"speech", "stance", "stance:missing", "numbers", "dates", "names", "antonyms", "antonyms:alike"})
# Only in close renditions, or across languages: of two free renditions in one language they are wrong more often than right.
CLOSE = frozenset({"names", "stance:question"})
# Only in free renditions of one language: between close ones a word of modality or of saying more is a matter of wording.
FREE = frozenset({"stance:missing", "speech"})
UNCLAIMED = frozenset({"omission:word", "addition:word", "negation:soft", "negation:count", "names:missing", "dates:missing"})
UNCLAIMED |= {"voice:aspect", "voice:auxiliary", "voice:times", "stance:future"}
# In free renditions negations, names and tenses differ for many reasons: there a channel needs more weight than a hint can have.
LEAST, LEAST_FREE = 0.06, 0.13
# By how many content words the side with an uncovered passage must say more than the other: a passage that answers another is neither
# omitted nor added. Across languages an added passage must be longer too: Russian and German spell out what English leaves to syntax.
SURPLUS, SURPLUS_ADDED_ACROSS = 1.5, 3.0
PASSAGES = {"phrase": 2, "clause": 4}


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close two texts are: nearly the same, in two languages, and by how many uncovered content words A says more than B (less: negative)."""

    near: bool
    across: bool
    surplus: float


def kinds_of(evidence: Sequence[Evidence], weights: Mapping[str, float], pair: Closeness) -> tuple[str, ...]:
    """The kinds that are claimed, in the order of `KINDS`. `weights`: the weight of each channel among pairs as close as this one."""
    claimed = {item.kind for item in evidence if not item.artefact and _claimed(item, weights, pair)}
    return tuple(kind for kind in KINDS if kind in claimed)


def doubtful(item: Evidence, pair: Closeness) -> bool:
    """Does a rule show something that is wrong more often than right between pairs as free as this?"""
    return item.channel in CLOSE and not pair.near and not pair.across


def _claimed(item: Evidence, weights: Mapping[str, float], pair: Closeness) -> bool:
    if item.channel in UNCLAIMED or doubtful(item, pair) or (item.channel in FREE and pair.near):
        return False
    channel, _, length = item.channel.partition(":")
    if channel in ("omission", "addition") and length in PASSAGES:
        return _passage(channel, pair)
    if item.channel == "stance:missing" and pair.across:
        return False
    least = LEAST if pair.near else LEAST_FREE
    return item.channel in PLAIN or weights.get("alone" if length == "alone" else item.channel, 0.0) >= least


def _passage(channel: str, pair: Closeness) -> bool:
    """Annotators of free renditions call a passage that only one side has omitted, in whichever text it stands: there no addition is claimed."""
    if channel == "omission":
        return pair.surplus >= SURPLUS or not (pair.near or pair.across)
    if pair.across:
        return -pair.surplus >= SURPLUS_ADDED_ACROSS
    return pair.near and -pair.surplus >= SURPLUS
