"""The memories of a run: NAME.tmx with all languages or outlets, NAME.A_B.tmx for the base with each other one.

In go documents, beads and divergence rows; out come files in the `tmx` folder. Stage `write` calls this.

What becomes a unit: in NAME.tmx a bead with two languages or more; in a pair file the base's side with the
other's. Where a bead has several members of one language (a repeat), the first in document order stands for
it, joined with those that follow it directly; in a pair file each other repeat makes a unit of its own, as it
is another translation of the same text. Gaps are no units, and what a reviewer rejected is in none; what no unit holds
is listed in NAME.unaligned.tsv. Of units that are the same to the letter the best one is kept, and among those with the same
source the best stands last, which is the one that OmegaT's tm/auto takes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..corpus import Bead, Divergence, Document, Member
from ..errors import ConfigurationError
from .escaping import attribute, escape, replace_forbidden
from .judged import Judged, Side, between
from .languages import canonical, private_tags, well_formed
from .model import Header, Pairs, Unit, Variant, content_id
from .split import best_last, by_score, keep_best
from .unaligned import write_unaligned
from .writer import TOOL, tmx_date, write_tmx


@dataclass(frozen=True, slots=True)
class _Corpus:
    """What every unit needs to know: documents by id, the tag of each, the tag of the base, rows by bead."""

    documents: dict[str, Document]
    tags: dict[str, str]
    base: str
    rows: dict[str, list[Divergence]]
    context: dict[tuple[str, int], str]


def export(
    folder: Path,
    name: str,
    documents: Sequence[Document],
    rows: Sequence[Divergence],
    beads: Sequence[Bead],
    *,
    mode: str,
    base: str = "",
    date: str = "",
    by_score: bool = False,
    tally: Counter[str] | None = None,
) -> list[Path]:
    """Write the memories of a run and give their paths, NAME.tmx first.

    `mode` is "bitext" or "renditions"; `base` names an outlet (or a document, or a language), "" the first
    document; `date` goes into the header. With `by_score`, each pair is also laid out in folders as OmegaT
    knows them (`NAME.A_B/auto`, `NAME.A_B/penalty-015` ...). Memories of a former run of the same name that have no
    units any more are removed; `tally` counts what the writer left out or changed. Raises ConfigurationError when
    nothing is called `base`, OutputError when a file
    cannot be written.
    """
    if not documents:
        return []
    corpus = _corpus(documents, rows, beads, mode, base)
    if tally is not None and (count := sum(replace_forbidden(member.text)[1] for bead in beads for member in bead.members)):
        tally["forbidden character"] += count
    whole, pairs, used = _units(corpus, beads)
    header = Header(corpus.base, attributes=(("creationdate", tmx_date(date)),) if tmx_date(date) else (), properties=(("x-memory", name),))
    written: list[Path] = []
    for path, units in [(folder / f"{name}.tmx", whole), *((folder / f"{name}.{corpus.base}_{tag}.tmx", units) for tag, units in pairs.items())]:
        units = keep_best(units)
        if units and write_tmx(path, best_last(units), corpus.base, header=header, tally=tally):
            written.append(path)
            if by_score and path.name != f"{name}.tmx":
                written += _lay_out(path, units, corpus.base, header)
    _remove_former(folder, name, written)
    unaligned = write_unaligned(folder / f"{name}.unaligned.tsv", documents, corpus.tags, beads, used)
    return [*written, *unaligned]


def pair_units(
    documents: Sequence[Document], rows: Sequence[Divergence], beads: Sequence[Bead], *, mode: str, base: str = ""
) -> dict[tuple[str, str], list[Unit]]:
    """The units that a run of these documents would write into its pair files, by (tag of the base, tag of the other), duplicates and all."""
    corpus = _corpus(documents, rows, beads, mode, base)
    return {(corpus.base, tag): units for tag, units in _units(corpus, beads)[1].items()}


def _units(corpus: _Corpus, beads: Sequence[Bead]) -> tuple[list[Unit], dict[str, list[Unit]], set[tuple[str, int]]]:
    """Units of all languages, those of the base with each other tag, and the segments that they hold."""
    whole: list[Unit] = []
    pairs: dict[str, list[Unit]] = {tag: [] for tag in dict.fromkeys(corpus.tags.values()) if tag != corpus.base}
    used: set[tuple[str, int]] = set()
    for bead in beads:
        sides = _sides(bead, corpus)
        judged = Judged(bead, corpus.rows.get(bead.id, ()))
        found = [("", group) for group in judged.together([group[0] for group in sides.values()])]
        for tag, group in sides.items():
            if tag != corpus.base and corpus.base in sides:
                sources = sides[corpus.base]
                couples = [[sources[0], target] for target in group] + [[source, group[0]] for source in sources[1:]]
                found += [(tag, couple) for couple in couples if not judged.rejected(*couple)]
        for tag, held in found:
            (pairs[tag] if tag else whole).append(_unit(bead, held, corpus, judged.accepted(held)))
        everything = [side for group in sides.values() for side in group] if found and not judged.any_rejected else []
        for side in everything or (side for _, held in found for side in held):
            used.update((member.document, index) for member in side.members for index in member.segments)
    return whole, pairs, used


def _lay_out(path: Path, units: Iterable[Unit], source_language: str, header: Header) -> list[Path]:
    written = []
    for name, part in by_score(units).items():
        target = path.parent / path.stem / name / path.name
        if write_tmx(target, part, source_language, header=header):
            written.append(target)
    return written


def tags_of(documents: Sequence[Document], mode: str, base: Document) -> dict[str, str]:
    """A language tag for each document, by its id.

    Bitext: the documents' own tags; where two of one group share a language, all but the base get their
    outlet as private use. Renditions: the base has its language plain; another outlet of that language is
    `en-x-outlet`; a language with a single outlet stays plain, one with several has each marked.
    """
    own = {document.id: canonical(document.language) for document in documents}
    outlets: dict[str, list[str]] = defaultdict(list)
    for document in documents:
        if document.outlet not in outlets[own[document.id]]:
            outlets[own[document.id]].append(document.outlet)
    crowded: set[str] = set()
    if mode == "bitext":
        per_group = Counter((document.group, own[document.id]) for document in documents)
        crowded = {language for (_, language), count in per_group.items() if count > 1}
    else:
        crowded = {language for language, names in outlets.items() if len(names) > 1}
    tags: dict[str, str] = {}
    for language in dict.fromkeys(own.values()):
        here = [document for document in documents if own[document.id] == language]
        if language not in crowded:
            tags.update({document.id: language for document in here})
            continue
        named = len(outlets[language]) > 1
        label = {document.id: (document.outlet or document.id) if named else document.id for document in here}
        plain = label.get(base.id) if language == own[base.id] else None
        marked = private_tags(language, [name for name in dict.fromkeys(label.values()) if name != plain], [*own.values(), *tags.values()])
        tags.update({document.id: language if label[document.id] == plain else marked[label[document.id]] for document in here})
    return {document.id: tags[document.id] for document in documents}


def _base(documents: Sequence[Document], base: str) -> Document:
    if not base:
        return documents[0]
    for field in ("outlet", "id", "stem", "language"):
        for document in documents:
            if str(getattr(document, field)).casefold() == base.casefold():
                return document
    known = ", ".join(dict.fromkeys(document.outlet or document.id for document in documents))
    raise ConfigurationError("align.toml", [f"export -> base: no outlet, document or language is called {base!r}"], hint=f"known: {known}")


def _corpus(documents: Sequence[Document], rows: Sequence[Divergence], beads: Sequence[Bead], mode: str, base: str) -> _Corpus:
    first = _base(documents, base)
    tags = tags_of(documents, mode, first)
    by_bead: dict[str, list[Divergence]] = defaultdict(list)
    for row in rows:
        by_bead[row.pair.bead].append(row)
    context: dict[tuple[str, int], str] = {}
    for bead in beads:
        for member in bead.members:
            if tags[member.document] == tags[first.id]:
                text = " ".join(replace_forbidden(member.text)[0].split())
                for edge in {member.segments[0], member.segments[-1]} if member.segments else ():
                    context.setdefault((member.document, edge), text)
    return _Corpus({document.id: document for document in documents}, tags, tags[first.id], by_bead, context)


def _sides(bead: Bead, corpus: _Corpus) -> dict[str, list[Side]]:
    """The bead's members by tag, the base first, then in the order of the documents; parts that adjoin are one side."""
    order = {document: number for number, document in enumerate(corpus.documents)}
    found: dict[str, list[Side]] = defaultdict(list)
    for member in sorted(bead.members, key=lambda member: (order[member.document], member.start, member.end)):
        if not replace_forbidden(member.text)[0].strip():
            continue
        tag = corpus.tags[member.document]
        group = found[tag]
        if group and _adjoins(group[-1].members[-1], member, corpus.documents[member.document]):
            group[-1] = Side(tag, (*group[-1].members, member))
        else:
            group.append(Side(tag, (member,)))
    ranked = sorted(found, key=lambda tag: (tag != corpus.base, min(order[side.members[0].document] for side in found[tag]), tag))
    return {tag: found[tag] for tag in ranked}


def _adjoins(first: Member, second: Member, document: Document) -> bool:
    """Does nothing but white space stand between the two, in the same document?"""
    return first.document == second.document and first.end <= second.start and not document.text[first.end : second.start].strip()


def _unit(bead: Bead, sides: Sequence[Side], corpus: _Corpus, accepted: bool) -> Unit:
    variants = []
    for side in sides:
        document = corpus.documents[side.members[0].document]
        date = tmx_date(document.date)
        context = _context(side, corpus) if side.tag == corpus.base else ()
        variants.append(Variant(side.tag, side.text, properties=context, attributes=(*((("creationdate", date),) if date else ()), ("creationid", TOOL))))
    named = tuple(variants)
    source = "" if sides[0].tag == corpus.base else sides[0].tag
    return Unit(content_id(named), named, _properties(bead, sides, corpus, accepted), attributes=(("srclang", source),) if source else ())


def _context(side: Side, corpus: _Corpus) -> Pairs:
    """The segments before and after, under the names by which memoQ knows them (on the source's variant, as escaped XML)."""
    first, last = side.members[0], side.members[-1]
    if not first.segments or not last.segments:
        return ()
    before = corpus.context.get((first.document, first.segments[0] - 1), "")
    after = corpus.context.get((last.document, last.segments[-1] + 1), "")
    return tuple((f"x-context-{name}", f"<seg>{escape(text)}</seg>") for name, text in (("pre", before), ("post", after)) if text)


def _properties(bead: Bead, sides: Sequence[Side], corpus: _Corpus, accepted: bool) -> Pairs:
    spans = [side.spans for side in sides]
    rows = [row for row in corpus.rows.get(bead.id, ()) if between(row, spans)]
    stems = [corpus.documents[side.members[0].document].stem for side in sides]
    speakers = dict.fromkeys(member.speaker for side in sides for member in side.members if member.speaker)
    numbers = "-".join(str(sum(max(1, len(member.segments)) for member in side.members)) for side in sides)
    found = [("x-score", f"{bead.score:.4f}")]
    if rows:
        found += [
            ("x-divergence", f"{max(row.verdict.divergence for row in rows):.4f}"),
            ("x-grade", str(max(row.grade for row in rows))),
            ("x-kinds", ", ".join(dict.fromkeys(kind for row in rows for kind in row.kinds))),
        ]
    found += [
        ("x-bead", numbers),
        ("x-source-document", stems[0]),
        ("x-target-document", ", ".join(dict.fromkeys(stems[1:]))),
        ("x-speaker", ", ".join(speakers)),
        ("x-Origin", "Alignment"),
        ("x-ConfirmationLevel", "Translated" if accepted else "Draft"),
    ]
    return tuple((name, value) for name, value in found if value)


def ours(path: Path, name: str) -> bool:
    """Did a run of this name write the file? Looks at its header only."""
    with path.open("rb") as file:
        start = file.read(4096).decode("utf-8", "replace")
    return f'<header creationtool="{attribute(TOOL)}"' in start and f'<prop type="x-memory">{escape(name)}</prop>' in start


def _remove_former(folder: Path, name: str, written: Sequence[Path]) -> None:
    """Remove the memories of a former run of this name that this one did not write, and only those."""
    kept = {path.resolve() for path in written}
    for path in sorted(folder.glob("*.tmx")) + sorted(folder.glob("*/*/*.tmx")):
        stem, relative = path.name[: -len(".tmx")], path.relative_to(folder).parts
        middle = stem[len(name) + 1 :] if stem.startswith(f"{name}.") else ""
        a, _, b = middle.partition("_")
        is_pair = well_formed(a) and well_formed(b)
        laid_out = len(relative) == 3 and relative[0] == stem and is_pair
        if path.resolve() not in kept and (laid_out or (len(relative) == 1 and (is_pair or stem == name))) and ours(path, name):
            path.unlink()
            for parent in (path.parent, path.parent.parent) if laid_out else ():
                if not any(parent.iterdir()):
                    parent.rmdir()
