"""A model archive onto the disk: checked before a byte is written, unpacked whole or not at all.

In: a zip file from anywhere. Out: its one folder, inside the folder that it belongs to. Called by `argos_index`. Nothing in
the archive is trusted: no path outside the target, no link, no more data than it declares or than is plausible.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ..errors import AlignError, InputError
from ..store import output_error
from .install import whole_or_not_at_all

MOST_FILES = 10_000
MOST_BYTES = 8_000_000_000
MOST_GROWTH = 100  # bytes unpacked for a byte in the archive; real models grow by less than 10
HINT = "get it again, from where it is published"


def checksum(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


def _flaw(entry: zipfile.ZipInfo) -> str:
    path = PurePosixPath(entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename or "\x00" in entry.orig_filename:
        return "leads outside its folder"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if entry.flag_bits & 1:
        return "is encrypted"
    return ""


def check(archive: zipfile.ZipFile, path: Path) -> str:
    """The name of the one folder that the archive holds. Raises InputError with the entry that is wrong."""

    def refuse(reason: str) -> InputError:
        return InputError(f"not a sound model archive: {reason}", place=str(path), hint=HINT)

    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise refuse(f"{len(entries)} entries")
    for entry in entries:
        if flaw := _flaw(entry):
            raise refuse(f"{entry.filename!r} {flaw}")
    names = [entry.filename.rstrip("/").casefold() for entry in entries]
    if len(names) != len(set(names)):
        raise refuse("a name occurs twice")
    size, packed, there = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries), path.stat().st_size
    if size > MOST_BYTES or size > MOST_GROWTH * there + 1_000_000:
        raise refuse(f"it would unpack to {size:,} bytes from {there:,}")
    if packed > there:
        raise refuse("its entries overlap")
    tops = {PurePosixPath(entry.filename).parts[0] for entry in entries if entry.filename}
    if len(tops) != 1 or not all("/" in entry.filename for entry in entries):
        raise refuse("it does not hold exactly one folder")
    (top,) = tops
    if not re.fullmatch(r"[A-Za-z0-9][\w.+-]*", top):
        raise refuse(f"its folder has the name {top!r}")
    return top


def unpack(path: Path, folder: Path, examine: Callable[[Path], None], sha256: str = "", advance: Callable[[int, int], None] = lambda done, total: None) -> Path:
    """Unpack into `folder` what `path` holds; gives the folder made, which takes the place of an older one of its name.

    `examine` looks at the unpacked folder before it gets its name and raises when it will not do. `advance` hears
    (bytes done, bytes in all). Raises InputError for an archive that is wrong, OutputError when it cannot be written.
    """
    try:
        if sha256 and checksum(path) != sha256.lower():
            raise InputError("the checksum is not the one given", place=str(path), hint=HINT)
        with zipfile.ZipFile(path) as archive:
            top = check(archive, path)
            total = sum(entry.file_size for entry in archive.infolist())
            with whole_or_not_at_all(folder, total) as (staging, place):
                _write(archive, staging, total, advance, path)
                examine(staging / top)
                place(staging / top, top)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, UnicodeError) as error:
        raise InputError(f"not a sound model archive ({error})", place=str(path), hint=HINT) from error
    except FileNotFoundError as error:
        if error.filename == str(path):
            raise InputError("there is no such file", place=str(path)) from error
        raise output_error(folder, error) from error
    except OSError as error:
        raise output_error(folder, error) from error
    return folder / top


def _write(archive: zipfile.ZipFile, staging: Path, total: int, advance: Callable[[int, int], None], place: Path) -> None:
    done = 0
    for entry in archive.infolist():
        target = staging / entry.filename
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        written = 0
        with archive.open(entry) as source, target.open("xb") as file:
            while block := source.read(1 << 20):
                written += len(block)
                if written > entry.file_size:
                    raise InputError(f"{entry.filename!r} holds more than it declares", place=str(place), hint=HINT)
                file.write(block)
                done += len(block)
                advance(done, total)
            file.flush()
            os.fsync(file.fileno())


def remove_folder(path: Path) -> None:
    """Remove a package: out of sight first, so that nobody meets half of it."""
    try:
        if path.is_symlink():
            path.unlink()
            return
        parent = path.parent.parent if os.access(path.parent.parent, os.W_OK) and path.parent.parent.stat().st_dev == path.stat().st_dev else path.parent
        away = Path(tempfile.mkdtemp(prefix=".align-remove-", dir=parent))
        path.rename(away / path.name)
        shutil.rmtree(away)
    except OSError as error:
        raise AlignError(f"cannot be removed ({error.strerror or error})", place=str(path), hint="mind who owns it") from error
