"""Rows of the divergence table for beads that a reviewer changes, scored as the pipeline would score them; called by `session`.

What was scored once stays known, so that taking a decision back costs nothing. Encoder and translator are loaded when a new text first
needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import backtranslate, diverge, pairs, scorers, tables
from ..config import Configuration
from ..corpus import Bead, Document, Pair, Score, Verdict
from ..decide import BeadReview, Decided
from ..pipeline import Parts
from ..store import Cache
from ..write import rows_of

Key = tuple[object, ...]


class Comparison:
    """Pairs with their back-translations, scores and verdicts, by what they hold against each other."""

    def __init__(self, configuration: Configuration, parts: Parts) -> None:
        self._configuration, self._vectors = configuration, parts.vectors
        self._mode = parts.linked().mode
        self._documents = parts.reading().documents
        self._by_id: dict[str, Document] = {document.id: document for document in self._documents}
        self._known: dict[Key, tuple[Pair, tuple[Score, ...], Verdict]] = {}
        self._cache = Cache("translations")
        self._keep(parts.translated().pairs, parts.scores(), parts.verdicts())

    def _keep(self, found: Iterable[Pair], scores: Iterable[tuple[Score, ...]], verdicts: Iterable[Verdict]) -> None:
        for pair, values, verdict in zip(found, scores, verdicts, strict=True):
            self._known[_key(pair)] = (pair, values, verdict)

    def rows(self, beads: Iterable[Bead], reviews: Mapping[str, BeadReview]) -> dict[str, list[dict[str, Any]]]:
        """The flat rows of each bead by its id, none for a gap; what was not scored before is scored now, all at once."""
        of = {bead.id: pairs.pairs([bead], self._documents, self._mode, self._configuration.base) for bead in beads}
        self._score({_key(pair): pair for own in of.values() for pair in own if _key(pair) not in self._known})
        by_id = {bead.id: bead for bead in beads}
        return {name: self._flat(by_id[name], own, reviews) for name, own in of.items()}

    def _score(self, new: Mapping[Key, Pair]) -> None:
        if not new:
            return
        settings = self._configuration.backtranslate
        translated = backtranslate.backtranslate(list(new.values()), self._configuration.original_language, settings, self._cache).pairs
        scores = scorers.score(translated, self._vectors)
        self._keep(translated, scores, diverge.diverge(translated, scores, self._vectors))

    def _flat(self, bead: Bead, own: list[Pair], reviews: Mapping[str, BeadReview]) -> list[dict[str, Any]]:
        if not own:
            return []
        known = [self._known[_key(pair)] for pair in own]
        named = [_of(bead.id, pair, found[0]) for pair, found in zip(own, known, strict=True)]
        said = {bead.id: reviews[bead.id]} if bead.id in reviews else {}
        rows = rows_of(named, [found[1] for found in known], [found[2] for found in known], Decided((bead,), said, ()))
        return [tables.flatten(row, self._by_id) for row in rows]


def _key(pair: Pair) -> Key:
    a, b = pair.member_a, pair.member_b
    return (a.document, a.start, a.end, a.text, pair.language_a, b.document, b.start, b.end, b.text, pair.language_b)


def _of(bead: str, pair: Pair, known: Pair) -> Pair:
    return Pair(bead, pair.member_a, pair.member_b, pair.language_a, pair.language_b, known.backtranslation_a, known.backtranslation_b)
