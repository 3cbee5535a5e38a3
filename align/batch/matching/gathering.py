"""The archive as matching sees it: every document read once, its sentence vectors on a shelf, copies of one text told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from ...errors import InputError
from .profiles import Plan, Profile, Shelf, Unreadable, read_all
from .results import Entry, LeftOut


@dataclass(frozen=True, slots=True)
class Gathered:
    """Documents that can be matched, as profiles; `shelves` has the vectors of document k under k, a shelf an encoder."""

    entries: tuple[Entry, ...]
    profiles: tuple[Profile, ...]
    shelves: dict[str, Shelf]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, language: str) -> list[int]:
        return [number for number, entry in enumerate(self.entries) if entry.language == language]

    def close(self) -> None:
        for shelf in self.shelves.values():
            shelf.close()


def encoder_for(name: str, pair: Sequence[str]) -> str:
    """The encoder that both languages of a pair are compared with: vectors of two encoders do not compare."""
    from ...embed import choose_encoder

    return choose_encoder(name, pair)[0]


def plan_for(name: str, languages: Sequence[str], cached: bool = True) -> Plan:
    needed = {language: tuple(sorted({encoder_for(name, (language, other)) for other in languages if other != language})) for language in languages}
    return Plan(needed, cached)


def gather(
    entries: Sequence[Entry],
    plan: Plan,
    left_out: Sequence[LeftOut] = (),
    workers: int = 1,
    advance: Callable[[int], None] = lambda _: None,
) -> Gathered:
    """Read all documents. Two files with one text are one document: the first takes part, the other is left out and told.

    Raises InputError when there is nothing to match: no document could be read, or all are in one language.
    """
    shelves = {encoder: Shelf() for encoder in sorted({name for names in plan.encoders.values() for name in names})}
    kept: list[Entry] = []
    profiles: list[Profile] = []
    out, notes = list(left_out), []
    first: dict[tuple[str, str], Entry] = {}
    across: dict[str, Entry] = {}
    for entry, found in zip(entries, read_all(entries, plan, workers), strict=True):
        advance(1)
        if isinstance(found, Unreadable):
            out.append(LeftOut(entry, found.reason, failed=not found.foreign))
            continue
        profile, vectors = found
        entry = replace(entry, language=profile.language)
        twin = first.setdefault((profile.language, profile.digest), entry)
        if twin is not entry:
            out.append(LeftOut(entry, f"holds the same text as {twin.name}"))
            continue
        other = across.setdefault(profile.digest, entry)
        if other is not entry:
            notes.append(f"{other.name} and {entry.name} hold the same text, said to be {other.language} and {entry.language}: they are not paired")
        if profile.remark:
            notes.append(f"{entry.name}: {profile.remark}")
        for encoder, matrix in vectors.items():
            shelves[encoder].put(len(kept), matrix)
        kept.append(entry)
        profiles.append(profile)
    gathered = Gathered(tuple(kept), tuple(profiles), shelves, tuple(out), tuple(notes))
    _check(gathered, list(plan.encoders))
    return gathered


def _check(gathered: Gathered, languages: Sequence[str]) -> None:
    present = [language for language in languages if gathered.of(language)]
    if len(present) > 1:
        return
    gathered.close()
    reasons = [f"  {out.entry.name}: {out.reason}" for out in gathered.left_out[:5]]
    hint = "name the languages that the archive has with --languages; --pattern says how files are named"
    if not present:
        raise InputError("\n".join([f"no document in {', '.join(languages)} could be read", *reasons]), hint=hint)
    missing = ", ".join(language for language in languages if language not in present)
    message = f"all documents that could be read ({len(gathered.entries)}) are {present[0]}; there is none in {missing}"
    raise InputError("\n".join([message, *reasons]), hint=hint)


def language_pairs(gathered: Gathered, languages: Sequence[str]) -> list[tuple[str, str]]:
    return list(combinations([language for language in languages if gathered.of(language)], 2))
