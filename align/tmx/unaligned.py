"""What no unit of a run holds: a table beside its memories. The export of a run calls this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..corpus import Bead, Document
from ..store import replacing

HEADER = "document\toutlet\tlanguage\tstart\tend\ttext\n"


def write_unaligned(path: Path, documents: Sequence[Document], tags: Mapping[str, str], beads: Sequence[Bead], used: set[tuple[str, int]]) -> list[Path]:
    """The segments that no unit holds, as TSV in the order of the documents; nothing when there are none."""
    order = {document.id: number for number, document in enumerate(documents)}
    rest = {
        (order[member.document], member.start, member.end): member
        for bead in beads
        for member in bead.members
        if not any((member.document, index) in used for index in member.segments)
    }
    if not rest:
        if path.exists() and path.read_text(encoding="utf-8").startswith(HEADER):
            path.unlink()
        return []
    with replacing(path) as file:
        file.write(HEADER)
        for place in sorted(rest):
            member, document = rest[place], documents[place[0]]
            fields = (document.stem, document.outlet, tags[document.id], str(member.start), str(member.end), member.text)
            file.write("\t".join(field.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for field in fields) + "\n")
    return [path]
