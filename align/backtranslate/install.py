"""What installing a model of any engine takes: reading an index, downloading, going on where it stopped, a place that is filled whole or not at all.

In: addresses (of a server, or folders on this machine). Out: bytes of an index, downloaded files, a folder under its name.
Called by `argos_index` and `bergamot_index`. The only module of the program that uses the network.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlparse
from urllib.request import Request, urlopen

from ..errors import InputError, OutputError
from ..store import cache_folder, output_error

Advance = Callable[[int, int], None]
TIMEOUT_SECONDS = 30
LARGEST_INDEX = 50_000_000
AGAIN = "the same command goes on from there; what came is kept"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a model and its name here. `sha256` and `size_bytes` are those of the download, `unpacked_...` those of the file;
    0 and "": the index does not say."""

    name: str
    link: str
    size_bytes: int = 0
    sha256: str = ""
    unpacked_bytes: int = 0
    unpacked_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that an index offers: one file (`link`), or several `parts`. `size_bytes` 0, `sha256` and `licence` "": the index does not say."""

    source: str
    target: str
    version: str
    link: str
    size_bytes: int = 0
    sha256: str = ""
    licence: str = ""
    engine: str = "argos"
    parts: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        if self.engine == "bergamot":
            return f"{self.source}-{self.target}"
        return f"translate-{self.source}_{self.target}-{self.version}"


def is_remote(address: str) -> bool:
    return urlparse(address).scheme in ("http", "https")


def local_path(address: str) -> Path:
    return Path(address.removeprefix("file://")).expanduser()


def beside(link: str, base: str) -> str:
    """A link of an index, which may be relative to it. An index on this machine may name files on servers, never the other way round."""
    if is_remote(base):
        found = urljoin(base, link)
        if not is_remote(found):
            raise ValueError(f"{link!r} is no address on a server")
        return found
    return link if is_remote(link) else str(Path(base).parent / link)


def read_index_file(address: str, name: str, kind: str) -> tuple[bytes, str]:
    """The bytes of an index and where it was: `address` is the file, or the folder (or the address above) that holds `name`.

    Raises InputError when it is not there.
    """
    if is_remote(address):
        address = address if address.endswith((".json", "/records")) else urljoin(address.rstrip("/") + "/", name)
        with request(address) as response:
            return response.read(LARGEST_INDEX), address
    folder = local_path(address)
    file = folder if folder.suffix == ".json" else folder / name
    try:
        return file.read_bytes(), str(file.resolve())
    except OSError as error:
        raise InputError(f"no index of {kind} ({error.strerror})", place=str(file), hint="name a folder, a file or an address with --index") from error


@contextmanager
def request(address: str, method: str = "GET", headers: dict[str, str] | None = None) -> Iterator[Any]:
    """An open answer of a server. Raises InputError when it refuses or cannot be reached, also while it is being read."""
    try:
        with urlopen(Request(address, method=method, headers={"User-Agent": "align", **(headers or {})}), timeout=TIMEOUT_SECONDS) as response:
            yield response
    except HTTPError as error:
        raise InputError(f"the server answers {error.code} ({error.reason})", place=address, hint="mind the address; --index names another index") from error
    except (URLError, TimeoutError, ConnectionError, ValueError, http.client.InvalidURL) as error:
        reason = getattr(error, "reason", error)
        hint = "mind the connection, then run the same command again; offline: --index FOLDER takes what was brought on a disk"
        raise InputError(f"the server cannot be reached ({reason})", place=address, hint=hint) from error
    except http.client.HTTPException as error:
        raise InputError(f"the download broke off ({type(error).__name__})", place=address, hint=AGAIN) from error


def size(offer: Offer) -> int:
    """Bytes to download, as the index or the server says; 0 when neither does."""
    return sum(map(_size, offer.parts)) if offer.parts else _size(Part("", offer.link, offer.size_bytes))


def _size(part: Part) -> int:
    if part.size_bytes:
        return part.size_bytes
    if not is_remote(part.link):
        with suppress(OSError):
            return Path(part.link).stat().st_size
    else:
        with suppress(InputError), request(part.link, method="HEAD") as response:
            return int(response.headers.get("Content-Length") or part.unpacked_bytes)
    return part.unpacked_bytes


def discard(downloaded: Path) -> None:
    """Away with what `download` brought: it is installed, or is not what it should be."""
    for path in (downloaded, downloaded.with_suffix(".mark")):
        with suppress(OSError):
            path.unlink()


def download(link: str, advance: Advance) -> Path:
    """The file behind a link, in the cache folder, until it is discarded. What is there already of the same file is not got again."""
    folder = cache_folder() / "downloads"
    part = folder / f"{hashlib.sha256(link.encode()).hexdigest()[:24]}.part"  # nothing that an index says becomes a path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            _lock(file, part)
            _fill(file, part, link, advance)
    except InputError:
        if part.is_file() and not part.stat().st_size:
            discard(part)
        raise
    except OSError as error:
        raise output_error(part, error) from error
    return part


def _fill(file: IO[bytes], part: Path, link: str, advance: Advance) -> None:
    mark = part.with_suffix(".mark")
    have = part.stat().st_size
    headers = {}
    if have and mark.is_file() and (seen := mark.read_text(encoding="utf-8")):
        headers = {"Range": f"bytes={have}-", "If-Range": seen}
    try:
        with request(link, headers=headers) as response:
            if response.status != 206:
                file.truncate(0)
                have = 0
                mark.write_text(response.headers.get("ETag") or response.headers.get("Last-Modified") or "", encoding="utf-8")
            total = have + int(response.headers.get("Content-Length") or 0)
            if shutil.disk_usage(part.parent).free < total - have:
                raise OutputError(
                    f"not enough room: {total:,} bytes are needed", place=str(part.parent), hint="free space, or set ALIGN_CACHE to another folder"
                )
            advance(have, total)
            while block := response.read(1 << 18):
                file.write(block)
                have += len(block)
                advance(have, max(total, have))
    except InputError as error:
        if headers and isinstance(error.__cause__, HTTPError) and error.__cause__.code == 416:
            return  # nothing is left of it to get: the file was all here
        raise
    if have < total:
        raise InputError(f"the download broke off after {have:,} of {total:,} bytes", place=link, hint=AGAIN)


def _lock(file: IO[bytes], part: Path) -> None:
    """Two installations of one model at once would write into each other's file."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise OutputError("another installation of this model is under way", place=str(part), hint="wait for it") from error


@contextmanager
def whole_or_not_at_all(folder: Path, size_bytes: int) -> Iterator[tuple[Path, Callable[[Path, str], Path]]]:
    """A place to build a model in, and what moves it to its name inside `folder`, where it takes the place of an older one; the rest goes away.

    Raises OutputError where there is no room, or nothing can be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < size_bytes:
            raise OutputError(f"not enough room: {size_bytes:,} bytes are needed", place=str(folder), hint="free space; nothing was changed")
        parent = folder.parent
        # On the same disk, and beside the target where that can be: Argos takes every folder in its own for a package.
        outside = os.access(parent, os.W_OK) and parent.stat().st_dev == folder.stat().st_dev
        staging = Path(tempfile.mkdtemp(prefix=".align-install-", dir=parent if outside else folder))
    except OSError as error:
        raise output_error(folder, error) from error

    def place(new: Path, name: str) -> Path:
        _take_place(new, folder / name, staging)
        return folder / name

    try:
        yield staging, place
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _take_place(new: Path, target: Path, staging: Path) -> None:
    """Two renames: between them, and if the second fails, the old folder is still there to be put back."""
    old = staging / "replaced"
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists():
            with suppress(OSError):
                old.rename(target)
        raise
