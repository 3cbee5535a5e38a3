"""The translation models on this machine: list, install, add, remove, path. Called by the command line.

`install` is the only thing in the program that uses the network. It reads an index of Argos packages (an address, or a
folder), downloads, goes on where it stopped, checks, and unpacks into Argos's own folder, so that every program that
uses Argos finds the package.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlparse
from urllib.request import Request, urlopen

from ..errors import InputError, NoRouteError, OutputError, UsageError
from ..store import cache_folder, output_error
from .archive import remove_folder, unpack
from .argos_packages import Package, bundled_folder, codes, find_route, packages, read_package, scan, setting, user_folder, version_key
from .routing import same_language

Advance = Callable[[int, int], None]
TIMEOUT_SECONDS = 30
LARGEST_INDEX = 50_000_000


@dataclass(frozen=True, slots=True)
class Offer:
    """A package that an index offers. `size_bytes` 0, `sha256` and `licence` "": the index does not say."""

    source: str
    target: str
    version: str
    link: str
    size_bytes: int = 0
    sha256: str = ""
    licence: str = ""

    @property
    def name(self) -> str:
        return f"translate-{self.source}_{self.target}-{self.version}"


def path() -> Path:
    """Where packages are installed."""
    return user_folder()


def rows() -> list[dict[str, Any]]:
    """One a package, the user's first: engine, source, target, name, version, origin, size_bytes, licence, path, problem ("" when sound)."""
    result = []
    for folder, origin in ((user_folder(), "installed"), (bundled_folder(), "bundled")):
        for found in scan(folder):
            if isinstance(found, InputError):
                result.append(_row("", "", Path(found.place).name, "", origin, Path(found.place), found.message))
            else:
                result.append(_row(found.source, found.target, found.name, found.version, origin, found.path, ""))
    return result


def _row(source: str, target: str, name: str, version: str, origin: str, place: Path, problem: str) -> dict[str, Any]:
    files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
    return {
        "engine": "argos",
        "source": source,
        "target": target,
        "name": name,
        "version": version,
        "origin": origin,
        "size_bytes": sum(file.stat().st_size for file in files),
        "licence": "MPL-2.0" if origin == "bundled" else licence(place),
        "path": str(place),
        "problem": problem,
    }


def licence(place: Path) -> str:
    """What a package says of its licence: the field of its metadata, else the first line of its README that speaks of one."""
    with suppress(OSError, ValueError, AttributeError):
        metadata = json.loads((place / "metadata.json").read_text(encoding="utf-8"))
        if found := metadata.get("license") or metadata.get("licence"):
            return str(found)
    with suppress(OSError):
        for line in (place / "README.md").read_text(encoding="utf-8", errors="replace").splitlines():
            if re.search(r"licen[cs]e|MPL|CC[- ]BY|public domain", line, re.IGNORECASE):
                return line.strip(" #*-")[:200]
    return ""


def default_index() -> str:
    """The address of Argos's own index: as its settings say, else what Argos was published with."""
    if chosen := setting("ARGOS_PACKAGE_INDEX", ""):
        return chosen
    # Imported only here: it creates Argos's folders, which an installation fills anyway.
    from argostranslate import settings

    return str(settings.remote_package_index)


def read_index(address: str = "") -> tuple[Offer, ...]:
    """What an index offers: the address of an `index.json` or of the folder above it, or a folder on this machine.

    A folder without an `index.json` offers the `.argosmodel` files in it. Entries may carry `sha256`, `size` and
    `license` besides what Argos writes. Raises InputError for an index that cannot be read.
    """
    address = address or default_index()
    if _is_remote(address):
        address = address if address.endswith(".json") else urljoin(address.rstrip("/") + "/", "index.json")
        with _request(address) as response:
            data = response.read(LARGEST_INDEX)
        base = address
    else:
        folder = Path(address.removeprefix("file://")).expanduser()
        file = folder if folder.suffix == ".json" else folder / "index.json"
        if not file.is_file() and folder.is_dir():
            return tuple(_offer_of(archive) for archive in sorted(folder.glob("*.argosmodel")))
        try:
            data = file.read_bytes()
        except OSError as error:
            raise InputError(f"no index of packages ({error.strerror})", place=str(file), hint="name a folder, a file or an address with --index") from error
        base = str(file.resolve())
    try:
        entries = json.loads(data)
        return tuple(offer for entry in entries if (offer := _offer(entry, base)))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise InputError(f"not an index of Argos packages ({error})", place=address, hint="it is a JSON list of packages") from error


def _offer_of(archive: Path) -> Offer:
    package = read_package(archive)
    if package is None:
        raise InputError("not a translation package", place=str(archive))
    return Offer(package.source, package.target, package.version, str(archive), archive.stat().st_size)


def _offer(entry: dict[str, Any], base: str) -> Offer | None:
    links = [str(link) for link in entry.get("links") or ()]
    if entry.get("type", "translate") != "translate" or not links:
        return None
    link = next((link for link in links if urlparse(link).scheme in ("http", "https", "")), "")
    if not link:
        return None
    link = urljoin(base, link) if _is_remote(base) else link if _is_remote(link) else str(Path(base).parent / link)
    return Offer(
        str(entry["from_code"]),
        str(entry["to_code"]),
        str(entry.get("package_version", "")),
        link,
        int(entry.get("size") or 0),
        str(entry.get("sha256") or ""),
        str(entry.get("license") or entry.get("licence") or ""),
    )


def _is_remote(address: str) -> bool:
    return urlparse(address).scheme in ("http", "https")


def wanted(source: str, target: str, offers: Sequence[Offer], found: Sequence[Package] | None = None) -> tuple[Offer, ...]:
    """What to install so that texts go from one language to another: the newest package, else a chain of them.

    Empty when that is installed already. Raises NoRouteError when the index has no such packages.
    """
    known = [package for package in (packages() if found is None else found) if not package.bundled]
    newest: dict[tuple[str, str], Offer] = {}
    for offer in sorted(offers, key=lambda offer: (version_key(offer.version), offer.link)):
        newest[offer.source, offer.target] = offer
    there = {(package.source, package.target): package for package in known}
    for a in codes(source):
        for b in codes(target):
            if best := newest.get((a, b)):
                installed = there.get((a, b))
                return () if installed and version_key(installed.version) >= version_key(best.version) else (best,)
    candidates = [*known, *(Package(a, b, offer.version, Path(offer.link), False) for (a, b), offer in newest.items() if (a, b) not in there)]
    chain = find_route(source, target, candidates)
    if not chain:
        names = ", ".join(sorted({f"{a} to {b}" for a, b in newest})[:40]) or "nothing"
        raise NoRouteError(f"the index has no packages that lead from {source} to {target}", hint=f"it offers: {names}")
    return tuple(newest[step.source, step.target] for step in chain if (step.source, step.target) not in there)


def needs(languages: Iterable[str], original_language: str) -> tuple[tuple[str, str], ...]:
    """The directions that a corpus would be translated in: between its languages, and from each to the original language and back."""
    tags = sorted(set(languages) | ({original_language} if original_language else set()))
    return tuple((a, b) for a in tags for b in tags if not same_language(a, b))


def size(offer: Offer) -> int:
    """Bytes to download, as the index or the server says; 0 when neither does."""
    if offer.size_bytes or not _is_remote(offer.link):
        return offer.size_bytes
    with suppress(InputError), _request(offer.link, method="HEAD") as response:
        return int(response.headers.get("Content-Length") or 0)
    return 0


def install(offer: Offer, sha256: str = "", advance: Advance = lambda done, total: None) -> Package:
    """Download an offer, check it and unpack it. `advance` hears (bytes, bytes in all) of the download.

    Raises InputError when the download breaks off (what came is kept: the next call goes on from there), when the
    checksum (of the index, or `sha256`) or the archive is wrong; OutputError when it cannot be written.
    """
    if not _is_remote(offer.link):
        return add(Path(offer.link), sha256 or offer.sha256, offer)
    archive = _download(offer, advance)
    try:
        return add(archive, sha256 or offer.sha256, offer)
    finally:
        # Sound or not, it is not wanted any more: a wrong one would be wrong again.
        with suppress(OSError):
            archive.unlink()


def add(archive: Path, sha256: str = "", offer: Offer | None = None) -> Package:
    """Install the package in a file (`.argosmodel`), whole or not at all; an older one of its name makes room."""
    made: list[Package] = []

    def examine(folder: Path) -> None:
        package = read_package(folder)
        if package is None:
            raise InputError("not a translation package", place=str(archive))
        if offer and (package.source, package.target) != (offer.source, offer.target):
            raise InputError(f"it translates {package.source} to {package.target}, not {offer.source} to {offer.target}", place=offer.link)
        made.append(package)

    try:
        place = unpack(archive, user_folder(), examine, sha256)
    except InputError as error:
        # The archive, not the folder that it was being unpacked to, is what the user knows.
        raise InputError(
            error.message, place=offer.link if offer else str(archive), hint=error.hint if "align models remove" not in error.hint else ""
        ) from error
    (package,) = made
    return Package(package.source, package.target, package.version, place, False, package.target_prefix)


def remove(name: str) -> list[str]:
    """Remove the installed packages of this name (`translate-en_ru-1.9`, the folder's name) or pair (`en_ru`); gives the names.

    Raises UsageError when there is none, or only a bundled one.
    """
    known = rows()
    pair = name.replace("-", "_").replace(" ", "_")
    chosen = [row for row in known if name in (row["name"], Path(row["path"]).name) or (row["source"] and pair == f"{row['source']}_{row['target']}")]
    mine = [row for row in chosen if row["origin"] == "installed"]
    if not mine:
        names = ", ".join(row["name"] for row in known if row["origin"] == "installed") or "nothing"
        why = f"{name!r} comes with the program and stays" if chosen else f"there is no installed package {name!r}"
        raise UsageError(why, hint=f"installed: {names}")
    for row in mine:
        remove_folder(Path(row["path"]))
    return [row["name"] for row in mine]


@contextmanager
def _request(address: str, method: str = "GET", headers: dict[str, str] | None = None) -> Iterator[Any]:
    try:
        with urlopen(Request(address, method=method, headers={"User-Agent": "align", **(headers or {})}), timeout=TIMEOUT_SECONDS) as response:
            yield response
    except HTTPError as error:
        raise InputError(f"the server answers {error.code} ({error.reason})", place=address, hint="mind the address; --index names another index") from error
    except (URLError, TimeoutError, ConnectionError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise InputError(f"the server cannot be reached ({reason})", place=address, hint="mind the connection, then run the same command again") from error


def _download(offer: Offer, advance: Advance) -> Path:
    """The file behind a link, in the cache folder. A part that is there already is gone on with, if the file is still the same."""
    folder = cache_folder() / "downloads"
    part = folder / f"{hashlib.sha256(offer.link.encode()).hexdigest()[:24]}.argosmodel.part"  # nothing that the index says becomes a path
    mark = part.with_suffix(".mark")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            _lock(file, part)
            have = part.stat().st_size
            headers = {}
            if have and mark.is_file() and (seen := mark.read_text(encoding="utf-8")):
                headers = {"Range": f"bytes={have}-", "If-Range": seen}
            with _request(offer.link, headers=headers) as response:
                if response.status != 206:
                    file.truncate(0)
                    have = 0
                    mark.write_text(response.headers.get("ETag") or response.headers.get("Last-Modified") or "", encoding="utf-8")
                total = have + int(response.headers.get("Content-Length") or 0)
                if shutil.disk_usage(folder).free < total - have:
                    raise OutputError(
                        f"not enough room: {total:,} bytes are needed", place=str(folder), hint="free space, or set ALIGN_CACHE to another folder"
                    )
                advance(have, total)
                while block := response.read(1 << 18):
                    file.write(block)
                    have += len(block)
                    advance(have, max(total, have))
        if have < total:
            raise InputError(
                f"the download broke off after {have:,} of {total:,} bytes", place=offer.link, hint="the same command goes on from there; what came is kept"
            )
        done = part.with_suffix("")
        part.replace(done)
        mark.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(part, error) from error
    return done


def _lock(file: IO[bytes], part: Path) -> None:
    """Two installations of one package at once would write into each other's file."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise OutputError("another installation of this package is under way", place=str(part), hint="wait for it") from error
