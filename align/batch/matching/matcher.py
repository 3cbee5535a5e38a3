"""`match`: an archive in, a `Matching` out. The other modules in order; called by `align batch match` and by the benchmark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .archive import list_archive
from .duplicates import near_duplicates
from .evidence import Comparer, features, scale
from .gathering import Gathered, encoder_for, gather, language_pairs, plan_for
from .grouping import groups
from .neighbours import Space, candidates, slow
from .pairing import Candidate, chances, name_odds, probability, usual
from .results import Alone, Match, Matching

if TYPE_CHECKING:
    from numpy.typing import NDArray

Twins = Mapping[int, Mapping[int, float]]
Advance = Callable[[str, int, int], Any]  # stage, how many were just done, of how many
VERSION = "1"
PER_DOCUMENT = 5  # candidates
DOUBTFUL = 0.9
CLOSE = 0.2  # a rival with at least this chance is named


@dataclass(frozen=True, slots=True)
class Settings:
    """`min_confidence`: pairs below it are not made. `base`: only pairs with this language are given. `workers`: processes that read."""

    languages: tuple[str, ...]
    encoder: str = "auto"
    pattern: str = ""
    use_names: bool = False
    min_confidence: float = 0.5
    base: str = ""
    workers: int = 1
    cached: bool = True


def match(path: Path, settings: Settings, advance: Advance = lambda *_: None) -> Matching:
    """Find which documents of an archive (a folder, or a list of files) belong together.

    Raises InputError and UsageError for an archive that cannot be read, or that has documents of one language only.
    """
    entries, left_out = list_archive(path, settings.languages, settings.pattern)
    plan = plan_for(settings.encoder, settings.languages, settings.cached)
    gathered = gather(entries, plan, left_out, settings.workers, lambda count: advance("read", count, len(entries)))
    try:
        return pair_up(gathered, settings, advance)
    finally:
        gathered.close()


def pair_up(gathered: Gathered, settings: Settings, advance: Advance = lambda *_: None) -> Matching:
    """Match documents that have been read."""
    found, twins = weigh(gathered, settings, advance)
    joined, confidence = groups(found, {number: entry.language for number, entry in enumerate(gathered.entries)}, settings.min_confidence)
    rank = {language: place for place, language in enumerate(settings.languages)}
    partners: dict[tuple[int, str], int] = {}
    raw = []
    for number, group in enumerate(joined, 1):
        for pair in combinations(sorted(group, key=lambda document: rank[gathered.entries[document].language]), 2):
            raw.append((pair, confidence[min(pair), max(pair)], number))
            partners |= {(pair[0], gathered.entries[pair[1]].language): pair[1], (pair[1], gathered.entries[pair[0]].language): pair[0]}
    best = _best(found, gathered)
    wanted = [pair for pair in raw if settings.base in ("", *(gathered.entries[document].language for document in pair[0]))]
    matches = [Match(*pair, sure, number, _doubts(pair, sure, gathered, best, twins, settings)) for pair, sure, number in wanted]
    alone = [
        _alone(document, other, gathered, best, twins, partners, settings)
        for document, entry in enumerate(gathered.entries)
        for other in settings.languages
        if other != entry.language and (document, other) not in partners and settings.base in ("", other, entry.language)
    ]
    matches.sort(key=lambda each: (rank[gathered.entries[each.source].language], rank[gathered.entries[each.target].language], each.source))
    return Matching(gathered.entries, settings.languages, tuple(matches), tuple(alone), gathered.left_out, tuple(_notes(gathered, twins)), signature(settings))


def signature(settings: Settings) -> str:
    """How matches with these settings are made."""
    from ...embed import encoder_signature

    names = sorted({encoder_for(settings.encoder, pair) for pair in combinations(settings.languages, 2)})
    return f"match:{VERSION}|encoder:{'+'.join(encoder_signature(name) for name in names)}|names:{'yes' if settings.use_names else 'no'}"


def weigh(gathered: Gathered, settings: Settings, advance: Advance = lambda *_: None) -> tuple[list[Candidate], Twins]:
    """All candidates of all language pairs with their chances, and the near-duplicates within each language."""
    pairs = language_pairs(gathered, settings.languages)
    spaces: dict[tuple[str, str], Space] = {}

    def space(language: str, encoder: str) -> Space:
        return spaces.setdefault((language, encoder), spaces.get((language, encoder)) or Space(gathered, language, encoder))

    firsts = {language: encoder_for(settings.encoder, pair) for pair in reversed(pairs) for language in pair}
    twins = near_duplicates(gathered, [space(language, encoder) for language, encoder in sorted(firsts.items())])
    found: list[Candidate] = []
    for source, target in pairs:
        encoder = encoder_for(settings.encoder, (source, target))
        found += _language_pair(gathered, space(source, encoder), space(target, encoder), encoder, twins, settings, lambda c, n: advance("compare", c, n))
    return found, twins


def evidence_of(
    gathered: Gathered, source: Space, target: Space, encoder: str, extra: Sequence[tuple[int, int]] = (), advance: Callable[[int, int], Any] = lambda *_: None
) -> tuple[list[tuple[int, int]], NDArray[np.float64]]:
    """The candidates of two languages, as pairs of documents, and their features."""
    rows, mutual = candidates(source, target, PER_DOCUMENT)
    digests = [[gathered.profiles[number].digest for number in space.documents] for space in (source, target)]
    rows = [(row, place) for row, place in sorted({*rows, *extra}) if digests[0][row] != digests[1][place]]
    compare = Comparer(source, target, gathered.profiles)
    raws = {}
    for pair in rows:
        raws[pair] = compare(*pair)
        advance(1, len(rows))
    measures = scale([raws[pair] for pair in mutual if pair in raws], usual(encoder))
    return [(source.documents[row], target.documents[place]) for row, place in rows], features([raws[pair] for pair in rows], *measures)


def _language_pair(
    gathered: Gathered, source: Space, target: Space, encoder: str, twins: Twins, settings: Settings, advance: Callable[[int, int], Any]
) -> list[Candidate]:
    extra = _same_names(gathered, source, target) if settings.use_names else []
    pairs, rows = evidence_of(gathered, source, target, encoder, extra, advance)
    alone, odds = chances(pairs, rows, twins)
    whole = odds + name_odds(pairs, odds, gathered.entries) if settings.use_names else odds
    return [Candidate(*pair, float(one), round(probability(float(value)), 6)) for pair, one, value in zip(pairs, alone, whole, strict=True)]


def _same_names(gathered: Gathered, source: Space, target: Space) -> list[tuple[int, int]]:
    rows = {gathered.entries[number].id.casefold(): row for row, number in enumerate(source.documents)}
    named = [(rows.get(gathered.entries[number].id.casefold()), place) for place, number in enumerate(target.documents) if gathered.entries[number].id]
    return [(row, place) for row, place in named if row is not None]


Best = Mapping[tuple[int, str], Sequence[tuple[float, int]]]


def _best(found: Sequence[Candidate], gathered: Gathered) -> Best:
    """For each document and other language its candidates, the likeliest first."""
    best: dict[tuple[int, str], list[tuple[float, int]]] = {}
    for each in found:
        for one, other in ((each.source, each.target), (each.target, each.source)):
            best.setdefault((one, gathered.entries[other].language), []).append((each.chance, other))
    for rivals in best.values():
        rivals.sort(key=lambda rival: (-rival[0], rival[1]))
    return best


def _doubts(pair: tuple[int, int], sure: float, gathered: Gathered, best: Best, twins: Twins, settings: Settings) -> tuple[str, ...]:
    """What a reviewer should know about a pair, in words."""
    doubts = [f"confidence {sure:.2f}"] if sure < DOUBTFUL else []
    for document, partner in (pair, pair[::-1]):
        name = gathered.entries[document].name
        for twin, share in sorted(twins.get(document, {}).items()):
            doubts.append(f"{gathered.entries[twin].name} is nearly the same text as {name} ({share:.0%} of the sentences)")
        rivals = [other for chance, other in best.get((document, gathered.entries[partner].language), ()) if chance >= CLOSE and other != partner]
        doubts += [f"{gathered.entries[rival].name} may belong to {name} too" for rival in rivals[:1] if rival not in twins.get(partner, {})]
    one, other = (gathered.entries[document] for document in pair)
    common = np.isin(gathered.profiles[pair[0]].sentences, gathered.profiles[pair[1]].sentences).mean()
    if common >= 0.5:
        doubts.append(f"{common:.0%} of the sentences are the same on both sides: not a translation?")
    if settings.use_names and one.id.casefold() != other.id.casefold() and _named_alike(pair, gathered, best):
        doubts.append("by its name another document should be the partner")
    return tuple(doubts)


def _named_alike(pair: tuple[int, int], gathered: Gathered, best: Best) -> bool:
    """Whether one of the pair has a candidate of the same name."""
    return any(
        gathered.entries[other].id.casefold() == gathered.entries[document].id.casefold()
        for document, partner in (pair, pair[::-1])
        for _, other in best.get((document, gathered.entries[partner].language), ())
    )


def _alone(document: int, other: str, gathered: Gathered, best: Best, twins: Twins, partners: Mapping[tuple[int, str], int], settings: Settings) -> Alone:
    """Why a document has no partner in a language."""
    chance, nearest = next(iter(best.get((document, other), ())), (0.0, None))
    language = gathered.entries[document].language
    paired = [(twin, partners[twin, other]) for twin in sorted(twins.get(document, {})) if (twin, other) in partners]
    if not gathered.of(other):
        reason = f"no document in {other} could be read"
    elif paired:
        twin, partner = paired[0]
        names = gathered.entries[twin].name, gathered.entries[partner].name
        reason = f"nearly the same text as {names[0]} ({twins[document][twin]:.0%} of the sentences), which is paired with {names[1]}"
    elif nearest is not None and chance >= min(settings.min_confidence, DOUBTFUL):
        holder = partners.get((nearest, language))
        reason = f"the likeliest partner belongs to {gathered.entries[holder].name}" if holder is not None else "other languages of its group speak against it"
    elif nearest is not None and chance >= 0.05:
        reason = "too doubtful"
    else:
        nearest, reason = None, "nothing like it"
    return Alone(document, other, nearest, round(chance, 4), reason)


def _notes(gathered: Gathered, twins: Twins) -> list[str]:
    notes = list(gathered.notes)
    pairs = [(one, other, share) for one, others in sorted(twins.items()) for other, share in sorted(others.items()) if one < other]
    names = [f"{gathered.entries[one].name} and {gathered.entries[other].name} ({share:.0%} of the sentences)" for one, other, share in pairs]
    if names:
        notes.append(f"near-duplicates: {'; '.join(names[:5])}{f'; and {len(names) - 5} more' if len(names) > 5 else ''}")
    sizes = sorted(Counter(entry.language for entry in gathered.entries).values())
    if len(sizes) > 1 and slow(sizes[-1] * sizes[-2]):
        notes.append('documents were compared one by one, which takes long for so many; with faiss it is faster: pip install "align-renditions[batch]"')
    return notes
