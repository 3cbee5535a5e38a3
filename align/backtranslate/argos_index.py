"""Argos packages from an index, a folder or a file into Argos's own folder, so that every program that uses Argos finds them.

In: an address, or the path of an `.argosmodel`. Out: offers, and the package installed. Called by `models`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from ..errors import InputError
from .archive import unpack
from .argos_packages import Package, read_package, setting, user_folder
from .install import Advance, Offer, beside, discard, download, is_remote, local_path, read_index_file


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
    if not is_remote(address):
        folder = local_path(address)
        if folder.is_dir() and not (folder / "index.json").is_file():
            return tuple(_offer_of(archive) for archive in sorted(folder.glob("*.argosmodel")))
    data, base = read_index_file(address, "index.json", "packages")
    try:
        return tuple(offer for entry in json.loads(data) if (offer := _offer(entry, base)))
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
    return Offer(
        str(entry["from_code"]),
        str(entry["to_code"]),
        str(entry.get("package_version", "")),
        beside(link, base),
        int(entry.get("size") or 0),
        str(entry.get("sha256") or ""),
        str(entry.get("license") or entry.get("licence") or ""),
    )


def install(offer: Offer, sha256: str, advance: Advance) -> Package:
    """Download an offer, check it and unpack it."""
    if not is_remote(offer.link):
        return add(Path(offer.link), sha256 or offer.sha256, offer)
    archive = download(offer.link, advance)
    try:
        package = add(archive, sha256 or offer.sha256, offer)
    except InputError:
        discard(archive)  # a wrong one would be wrong again
        raise
    discard(archive)
    return package


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
