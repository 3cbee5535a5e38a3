"""Firefox Translations models from an index or a folder into our own folder.

In: an address. Out: offers, and the model installed. Called by `models`. Three kinds of index are understood: Mozilla's
model registry (`models.json`: files packed with gzip, for each pair several architectures), the records of Firefox's Remote
Settings (`translations-models-v2`: files packed with zstd; the older `translations-models`: plain), and a folder that holds
a folder a pair, as fxtranslate's own cache does. Nothing that an index says becomes a path here.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urljoin

from ..errors import InputError
from ..store import output_error, write_text
from .archive import HINT, checksum
from .argos_packages import Package, codes, version_key
from .bergamot import SUMS, Model, folders, pair_of
from .install import Advance, Offer, Part, beside, discard, download, is_remote, local_path, read_index_file, request, size, whole_or_not_at_all

REGISTRY = "https://storage.googleapis.com/moz-fx-translations-data--303e-prod-translations-data/db/models.json"
LICENCE = "MPL-2.0"  # under which Mozilla publishes all of them; the index does not say it
BETTER = ("base-memory", "base", "tiny")  # architectures, best translations first
LARGEST_FILE = 1_000_000_000
MOST_GROWTH = 30  # bytes unpacked for a byte packed, where the index does not give the size; real files grow by less than 4
KINDS = {"lexicalShortlist": "lex", "srcVocab": "srcvocab", "trgVocab": "trgvocab"}  # the registry's words for them
ENDINGS = {"model": "bin", "lex": "bin", "vocab": "spm", "srcvocab": "spm", "trgvocab": "spm"}


def default_index() -> str:
    """`ALIGN_BERGAMOT_INDEX`, else Mozilla's registry."""
    return os.environ.get("ALIGN_BERGAMOT_INDEX") or REGISTRY


def read_index(address: str = "") -> tuple[Offer, ...]:
    """What an index offers: one model a pair, the best released one. `address`: of the file, of the folder above it, or a folder on this machine.

    Raises InputError for an index that cannot be read.
    """
    address = address or default_index()
    if not is_remote(address):
        folder = local_path(address)
        if folder.is_dir() and not (folder / "models.json").is_file():
            return tuple(_offers_of(folder))
    data, base = read_index_file(address, "models.json", "models")
    try:
        index = json.loads(data)
        found = list(_registry(index, base) if "models" in index else _records(index["data"], base))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else error
        hint = "it is Mozilla's models.json, or the records of Remote Settings"
        raise InputError(f"not an index of Firefox Translations models ({reason})", place=address, hint=hint) from error
    best: dict[tuple[str, str], Offer] = {}
    for _, offer in sorted(found, key=lambda item: item[0], reverse=True):
        best[offer.source, offer.target] = offer
    return tuple(best[pair] for pair in sorted(best))


def _offers_of(folder: Path) -> Iterator[Offer]:
    for path in sorted(folder.iterdir()):
        if (pair := pair_of(path)) and path.is_dir():
            parts = []
            for kind, ending in ENDINGS.items():
                parts += [_part(kind, pair, str(file), size_bytes=file.stat().st_size) for file in sorted(path.glob(f"{kind}.*.{ending}"))[:1]]
            if _complete(part.name.split(".")[0] for part in parts):
                yield Offer(*pair, "", str(path), engine="bergamot", parts=tuple(parts))


def _complete(kinds: Iterable[str]) -> bool:
    there = set(kinds)
    return "model" in there and ("vocab" in there or {"srcvocab", "trgvocab"} <= there)


def _part(kind: str, pair: tuple[str, str], link: str, **known: Any) -> Part:
    return Part(f"{kind}.{''.join(pair)}.{ENDINGS[kind]}", link, **known)


def _languages(source: Any, target: Any) -> tuple[str, str] | None:
    """A pair of languages in the words of this program: `zh_hant` is `zt`. None for what is no language: nothing odd becomes a path."""
    if not all(re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}", str(tag)) for tag in (source, target)):
        return None
    return codes(str(source))[0], codes(str(target))[0]


def _rank(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)


def _registry(index: Any, base: str) -> Iterator[tuple[tuple[Any, ...], Offer]]:
    """The models of Mozilla's registry, each with its rank, the least being the best."""
    root = beside(str(index.get("baseUrl") or "."), base)
    licence = str(index.get("license") or (LICENCE if base == REGISTRY else ""))
    for name, models in index["models"].items():
        for number, model in enumerate(models):
            pair = _languages(model.get("sourceLanguage") or name.split("-")[0], model.get("targetLanguage") or name.split("-")[-1])
            if pair is None:
                continue
            files = {KINDS.get(kind, kind): entry for kind, entry in model["files"].items()}
            parts = tuple(
                _part(
                    kind,
                    pair,
                    _file(str(entry["path"]), root, base),
                    unpacked_bytes=int(entry.get("uncompressedSize") or 0),
                    unpacked_sha256=str(entry.get("uncompressedHash") or ""),
                )
                for kind, entry in sorted(files.items())
                if kind in ENDINGS
            )
            if _complete(files):
                status, architecture = str(model.get("releaseStatus") or "Release"), str(model.get("architecture") or "")
                released = 0 if status in ("Release", "Release Desktop") else 1 if status.startswith("Release") else 2
                version = architecture if released < 2 else f"{architecture} ({status})"
                rank = (released, _rank(architecture, BETTER), number)
                yield rank, Offer(*pair, version, root, licence=licence, engine="bergamot", parts=parts)


def _file(path: str, root: str, base: str) -> str:
    """Where a file of the registry is: beside a registry that was brought here with its files, else under its `baseUrl`."""
    if not is_remote(base) and (Path(base).parent / path).is_file():
        return str(Path(base).parent / path)
    return beside(path, root.rstrip("/") + "/") if is_remote(root) else str(Path(root) / path)


def _records(records: Iterable[Mapping[str, Any]], base: str) -> Iterator[tuple[tuple[Any, ...], Offer]]:
    """The models of Remote Settings, a record a file, with their ranks. Those for one channel or system only are left out."""
    root = _attachments(base)
    groups: dict[tuple[str, str, str, str], dict[str, Part]] = {}
    for record in records:
        kind = str(record.get("fileType"))
        if kind not in ENDINGS or record.get("filter_expression"):
            continue
        pair = _languages(record.get("sourceLanguage") or record["fromLang"], record.get("targetLanguage") or record["toLang"])
        if pair is None:
            continue
        file, architecture = record["attachment"], str(record.get("architecture") or record.get("variant") or "")
        part = _part(
            kind,
            pair,
            beside(str(file["location"]), root),
            size_bytes=int(file.get("size") or 0),
            sha256=str(file.get("hash") or ""),
            unpacked_bytes=int(record.get("decompressedSize") or 0),
            unpacked_sha256=str(record.get("decompressedHash") or ""),
        )
        groups.setdefault((*pair, str(record["version"]), architecture), {})[kind] = part
    for (source, target, version, architecture), parts in sorted(groups.items()):
        if _complete(parts):
            rank = (tuple(-number for number in version_key(version)), _rank(architecture, BETTER), 0)
            chosen = tuple(parts[kind] for kind in sorted(parts))
            yield rank, Offer(source, target, f"{version} {architecture}".strip(), root, licence=LICENCE, engine="bergamot", parts=chosen)


def _attachments(base: str) -> str:
    """Where the files of Remote Settings are: as its server says; for a copy, beside the copy."""
    server, found, _ = base.partition("/buckets/")
    if not (is_remote(base) and found):
        return base
    with request(server + "/") as response:
        return urljoin(server + "/", str(json.loads(response.read(1_000_000))["capabilities"]["attachments"]["base_url"]).rstrip("/") + "/")


def is_current(package: Package, offer: Offer) -> bool:
    """Whether what is installed is what the index offers, by the checksum of the model; yes where the index gives none."""
    wanted = next((part.unpacked_sha256 or ("" if part.unpacked_bytes else part.sha256) for part in offer.parts if part.name.startswith("model.")), "")
    return not wanted or any(checksum(file) == wanted.lower() for file in package.path.glob("model.*.bin"))


def install(offer: Offer, advance: Advance) -> Package:
    """Get the files of a model, check each, and install them together. `advance` hears (bytes, bytes in all) of all downloads."""
    got = _get(offer, advance)
    needed = sum(part.unpacked_bytes or 2 * path.stat().st_size for part, path in got)
    folder = folders()[0]
    try:
        with whole_or_not_at_all(folder, needed) as (staging, place):
            new = staging / offer.name
            new.mkdir()
            for part, path in got:
                _unpack(part, path, new / part.name)
            _write_down(offer, new)
            if find_spec("fxtranslate"):
                _try_out(offer, new)
            final = place(new, offer.name)
    except InputError:
        _discard(got)  # what is wrong now would be wrong again
        raise
    except OSError as error:
        raise output_error(folder, error) from error
    _discard(got)
    return Package(offer.source, offer.target, offer.version, final, False)


def _get(offer: Offer, advance: Advance) -> list[tuple[Part, Path]]:
    """Every file of an offer on this machine; those that are here already stay where they are."""
    total, before = size(offer), 0
    got = []
    for part in offer.parts:

        def hear(done: int, _: int, before: int = before) -> None:
            advance(before + done, max(total, before + done))

        path = download(part.link, hear) if is_remote(part.link) else Path(part.link)
        try:
            before += path.stat().st_size
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", place=part.link, hint=HINT) from error
        got.append((part, path))
    advance(before, before)
    return got


def _discard(got: Iterable[tuple[Part, Path]]) -> None:
    for part, path in got:
        if is_remote(part.link):
            discard(path)


def _write_down(offer: Offer, new: Path) -> None:
    """Checksums, and where the model is from."""
    sums = {path.name: checksum(path) for path in sorted(new.iterdir())}
    write_text(new / SUMS, "".join(f"{found}  {file}\n" for file, found in sums.items()))
    said: dict[str, Any] = {"schema": 1, "source": offer.source, "target": offer.target, "version": offer.version, "licence": offer.licence}
    said |= {"from": offer.link, "sha256": next(found for file, found in sums.items() if file.startswith("model."))}
    write_text(new / "provenance.json", json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def _try_out(offer: Offer, new: Path) -> None:
    try:
        Model(Package(offer.source, offer.target, offer.version, new, False)).open()
    except InputError as error:
        raise InputError(error.message, place=offer.link, hint=HINT) from error


def _unpack(part: Part, packed: Path, target: Path) -> None:
    """One file, checked as it came and as it is; no more of it is written than the index says or than is plausible.

    Raises InputError with what is wrong with it; OSError where it cannot be written.
    """

    def refuse(reason: str) -> InputError:
        return InputError(reason, place=part.link, hint=HINT)

    if part.sha256 and checksum(packed) != part.sha256.lower():
        raise refuse("the checksum is not the one that the index gives")
    most = part.unpacked_bytes or min(LARGEST_FILE, MOST_GROWTH * packed.stat().st_size + 1_000_000)
    hasher, written = hashlib.sha256(), 0
    try:
        with _opened(part, packed) as source, target.open("xb") as file:
            while block := source.read(1 << 20):
                written += len(block)
                if written > most:
                    raise refuse(f"it unpacks to more than {most:,} bytes")
                hasher.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise refuse(f"not a sound packed file ({error})") from error
    if part.unpacked_bytes and written != part.unpacked_bytes:
        raise refuse(f"it holds {written:,} bytes; the index says {part.unpacked_bytes:,}")
    if part.unpacked_sha256 and hasher.hexdigest() != part.unpacked_sha256.lower():
        raise refuse("the checksum of the unpacked file is not the one that the index gives")


def _opened(part: Part, packed: Path) -> IO[bytes]:
    """The bytes inside: gzip or zstd as its first bytes say, else as it is (some servers unpack what they send)."""
    with packed.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"\x1f\x8b":
        return cast(IO[bytes], gzip.open(packed))
    if start == b"\x28\xb5\x2f\xfd":
        if not part.sha256 or packed.stat().st_size > LARGEST_FILE:
            # It is unpacked in memory, at once: only what the index vouches for.
            raise InputError("packed with zstd, and the index gives no checksum of it", place=part.link, hint="take another index with --index")
        try:
            from fxtranslate import discovery

            return io.BytesIO(discovery.verify_and_decompress(packed.read_bytes()))
        except ImportError as error:
            hint = 'pip install "align-renditions[bergamot]"'
            raise InputError("packed with zstd, which the engine unpacks, and it is not installed", place=part.link, hint=hint) from error
        except ValueError as error:
            raise InputError(f"not a sound packed file ({error})", place=part.link, hint=HINT) from error
    return packed.open("rb")
