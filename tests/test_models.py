"""Translation models: index, download, resume, archives that are not to be trusted, add and remove."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from serving import Server
from typer.testing import CliRunner

from align.backtranslate import argos_index, models
from align.backtranslate.argos import open_route
from align.backtranslate.argos_packages import Package, bundled_folder
from align.backtranslate.models import Offer
from align.cli import models as cli_models
from align.errors import AlignError, InputError, NoRouteError, OutputError, UsageError

SMALL = {"metadata.json": b'{"from_code": "en", "to_code": "ru", "package_version": "1.9"}', "sentencepiece.model": b"x" * 1000, "model/model.bin": b"y" * 5000}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("ARGOS_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    return tmp_path / ".local/share/argos-translate/packages"


def archive(path: Path, files: dict[str, bytes] | None = None, top: str = "translate-en_ru-1_9") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in (SMALL if files is None else files).items():
            out.writestr(f"{top}/{name}", data)
    return path


def metadata(source: str, target: str) -> bytes:
    return json.dumps({"from_code": source, "to_code": target, "package_version": "1.9"}).encode()


def publish(server: str, data: bytes, **fields: object) -> Offer:
    Server.files["/x.argosmodel"] = data
    entry = {"from_code": "en", "to_code": "ru", "package_version": "1.9", "links": [f"{server}/x.argosmodel"], **fields}
    other = {"from_code": "en", "to_code": "ru", "package_version": "1.0", "links": ["http://127.0.0.1:1/old"]}
    Server.files["/index.json"] = json.dumps([other, entry, {"type": "sbd", "links": ["x"]}]).encode()
    (offer,) = models.wanted("en", "ru", models.read_index(server))
    return offer


def test_a_real_package_from_a_server_is_installed_and_translates(server: str, folder: Path) -> None:
    data = (bundled_folder() / "translate-en_pt-0_1.argosmodel").read_bytes()
    Server.files["/m/en_pt.argosmodel"] = data
    sums = hashlib.sha256(data).hexdigest()
    Server.files["/m/index.json"] = json.dumps(
        [{"from_code": "en", "to_code": "pt", "package_version": "0.1", "links": ["en_pt.argosmodel"], "sha256": sums}]
    ).encode()
    (offer,) = models.wanted("en-US", "pt-BR", models.read_index(f"{server}/m/"))
    assert (offer.link, models.size(offer)) == (f"{server}/m/en_pt.argosmodel", len(data))
    heard: list[tuple[int, int]] = []
    package = models.install(offer, advance=lambda done, total: heard.append((done, total)))
    assert package.path == folder / "translate-en_pt-0_1" and heard[-1] == (len(data), len(data))
    route = open_route("en", "pt", threads=1)
    assert route.packages == (package,)
    assert route.translate(["He said no."]) == ["Ele disse que não."]
    assert models.wanted("en", "pt", models.read_index(f"{server}/m")) == ()
    assert next((row["origin"], row["name"], row["problem"]) for row in models.rows()) == ("installed", "translate-en_pt-0.1", "")
    assert "MPL-2.0" in models.rows()[0]["licence"]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["packages"]
    assert models.remove("en_pt") == ["translate-en_pt-0.1"]
    assert list(folder.iterdir()) == [] and len(models.rows()) == 2


def test_a_download_that_breaks_off_goes_on(server: str, tmp_path: Path, folder: Path) -> None:
    data = archive(tmp_path / "a.zip", {**SMALL, "model/model.bin": os.urandom(400_000)}).read_bytes()
    offer = publish(server, data)
    Server.cut = 300_000
    with pytest.raises(InputError, match="broke off after 300,000"):
        models.install(offer)
    assert not folder.exists()
    Server.cut = 0
    assert models.install(offer).name == "translate-en_ru-1.9"
    assert Server.asked[-1] == ("GET", "/x.argosmodel", "bytes=300000-")
    assert list((tmp_path / "cache/downloads").iterdir()) == []


def test_a_file_that_changed_meanwhile_is_got_from_the_start(server: str, tmp_path: Path) -> None:
    offer = publish(server, os.urandom(400_000))
    Server.cut = 300_000
    with pytest.raises(InputError):
        models.install(offer)
    Server.cut, Server.tag = 0, '"two"'
    Server.files["/x.argosmodel"] = archive(tmp_path / "a.zip").read_bytes()
    assert models.install(offer).name == "translate-en_ru-1.9"


def test_checksum_of_the_index_or_the_user(server: str, tmp_path: Path, folder: Path) -> None:
    data = archive(tmp_path / "a.zip").read_bytes()
    for offer, given in ((publish(server, data, sha256="0" * 64), ""), (publish(server, data), "1" * 64)):
        with pytest.raises(InputError, match="checksum"):
            models.install(offer, given)
    assert models.install(publish(server, data), hashlib.sha256(data).hexdigest().upper()).version == "1.9"


@pytest.mark.parametrize(("path", "match"), [("/nothing/", "404"), ("/bad/", "not an index"), ("/odd/", "not an index")])
def test_a_bad_index(server: str, path: str, match: str) -> None:
    Server.files["/bad/index.json"] = b"<html>"
    Server.files["/odd/index.json"] = b'[{"links": ["x"]}]'
    with pytest.raises(InputError, match=match):
        models.read_index(server + path)


def test_no_server_and_no_folder() -> None:
    with pytest.raises(InputError, match="cannot be reached"):
        models.read_index("http://127.0.0.1:9/")
    with pytest.raises(InputError, match="no index"):
        models.read_index("/nowhere/at/all")


def test_another_package_than_promised(server: str, tmp_path: Path, folder: Path) -> None:
    data = archive(tmp_path / "a.zip", {**SMALL, "metadata.json": metadata("en", "de")}).read_bytes()
    with pytest.raises(InputError, match="en to de, not en to ru"):
        models.install(publish(server, data))
    assert list(folder.iterdir()) == []


def test_a_local_folder_is_an_index_and_chains_are_found(tmp_path: Path) -> None:
    for source, target in (("de", "en"), ("en", "ru"), ("en", "fr")):
        archive(tmp_path / f"{source}_{target}.argosmodel", {**SMALL, "metadata.json": metadata(source, target)}, f"translate-{source}_{target}-1_9")
    offers = models.read_index(str(tmp_path))
    assert [offer.name for offer in models.wanted("de", "ru", offers)] == ["translate-de_en-1.9", "translate-en_ru-1.9"]
    have = [Package("de", "en", "1.9", tmp_path, False)]
    assert [offer.name for offer in models.wanted("de", "ru", offers, have)] == ["translate-en_ru-1.9"]
    assert [offer.name for offer in models.wanted("de", "en", offers, [Package("de", "en", "1.0", tmp_path, False)])] == ["translate-de_en-1.9"]
    assert models.install(models.wanted("de", "en", offers)[0]).source == "de"
    with pytest.raises(NoRouteError, match="ja"):
        models.wanted("ja", "ru", offers)


def test_what_a_corpus_needs() -> None:
    assert models.needs(["en", "en-US"], "ru") == (("en", "ru"), ("en-US", "ru"), ("ru", "en"), ("ru", "en-US"))
    assert models.needs(["en"], "en") == ()


def odd(name: str, mode: int = 0) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        archive(path)
        with zipfile.ZipFile(path, "a") as out:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            out.writestr(entry, b"/etc/passwd")
        return path

    return make


def bomb(path: Path) -> Path:
    return archive(path, {**SMALL, "model/model.bin": b"\0" * 50_000_000})


def lying(path: Path) -> Path:
    """Declares a tenth of what it holds, in the directory at its end and before the entry."""
    data = archive(path, {**SMALL, "model/model.bin": b"\0" * 100_000}).read_bytes()
    path.write_bytes(data.replace(struct.pack("<L", 100_000), struct.pack("<L", 10_000)))
    return path


def flipped(path: Path) -> Path:
    data = bytearray(archive(path, {**SMALL, "model/model.bin": os.urandom(5000)}).read_bytes())
    data[2000] ^= 255
    path.write_bytes(data)
    return path


def shortened(path: Path) -> Path:
    path.write_bytes(archive(path).read_bytes()[:-100])
    return path


def without(name: str) -> Callable[[Path], Path]:
    return lambda path: archive(path, {other: data for other, data in SMALL.items() if other != name})


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "upwards": (odd("translate-en_ru-1_9/../../evil"), "outside"),
    "absolute": (odd("/tmp/evil"), "outside"),
    "backslash": (odd("translate-en_ru-1_9\\..\\evil"), "outside"),
    "link": (odd("translate-en_ru-1_9/link", stat.S_IFLNK | 0o777), "link"),
    "two folders": (odd("other/file"), "exactly one folder"),
    "file at the top": (odd("file"), "exactly one folder"),
    "twice": (odd("translate-en_ru-1_9/METADATA.json"), "twice"),
    "odd name": (lambda path: archive(path, top=".hidden"), "name"),
    "bomb": (bomb, "unpack to"),
    "lying": (lying, "not a sound model archive"),
    "flipped": (flipped, "not a sound model archive"),
    "shortened": (shortened, "not a sound model archive"),
    "no zip": (lambda path: (path.write_bytes(b"hello"), path)[1], "not a sound model archive"),
    "missing": (lambda path: path, "no such file"),
    "no model": (without("model/model.bin"), "no model"),
    "no tokenizer": (without("sentencepiece.model"), "sentencepiece"),
    "no metadata": (without("metadata.json"), "not a sound Argos package"),
    "no languages": (lambda path: archive(path, {**SMALL, "metadata.json": b"{}"}), "languages"),
    "another type": (lambda path: archive(path, {**SMALL, "metadata.json": b'{"type": "sbd"}'}), "not a translation package"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_archive_that_is_wrong_changes_nothing(case: str, tmp_path: Path, folder: Path) -> None:
    models.add(archive(tmp_path / "good.argosmodel"))
    before = sorted((str(path), path.stat().st_size) for path in folder.rglob("*"))
    make, match = BAD[case]
    with pytest.raises(InputError, match=match) as caught:
        models.add(make(tmp_path / "bad.argosmodel"))
    assert caught.value.place == str(tmp_path / "bad.argosmodel")
    assert sorted((str(path), path.stat().st_size) for path in folder.rglob("*")) == before
    assert [path.name for path in folder.parent.iterdir()] == ["packages"]
    assert not (tmp_path / ".local/share/evil").exists() and not Path("/tmp/evil").exists()


def test_a_newer_archive_takes_the_place_of_the_older(tmp_path: Path, folder: Path) -> None:
    models.add(archive(tmp_path / "a.argosmodel", {**SMALL, "extra": b"1"}))
    models.add(archive(tmp_path / "a.argosmodel"))
    assert sorted(path.name for path in (folder / "translate-en_ru-1_9").iterdir()) == ["metadata.json", "model", "sentencepiece.model"]


def test_a_full_disk(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr("align.backtranslate.install.shutil.disk_usage", lambda path: usage(100, 99, 1))
    with pytest.raises(OutputError, match="room"):
        models.add(archive(tmp_path / "a.argosmodel"))
    assert list(folder.iterdir()) == []


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("align.backtranslate.archive.os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        models.add(archive(tmp_path / "a.argosmodel"))
    assert list(folder.iterdir()) == [] and [path.name for path in folder.parent.iterdir()] == ["packages"]


def test_remove_names_what_is_installed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no installed model"):
        models.remove("en_xx")
    with pytest.raises(UsageError, match="stays"):
        models.remove("en_pt")
    models.add(archive(tmp_path / "a.argosmodel"))
    assert models.remove("translate-en_ru-1.9") == ["translate-en_ru-1.9"]


def test_a_damaged_package_is_listed_and_can_be_removed(tmp_path: Path, folder: Path) -> None:
    models.add(archive(tmp_path / "a.argosmodel"))
    (folder / "translate-en_ru-1_9/model/model.bin").unlink()
    assert "no model/model.bin" in models.rows()[0]["problem"]
    assert models.remove("translate-en_ru-1_9") == ["translate-en_ru-1_9"]


def test_the_default_index_is_argos_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = "from align.backtranslate import argos_index; print(argos_index.default_index())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "HOME": str(tmp_path)})
    assert ran.stdout.startswith("https://") and ran.stdout.strip().endswith("/index.json")
    monkeypatch.setenv("ARGOS_PACKAGE_INDEX", "http://127.0.0.1:9/")
    assert argos_index.default_index() == "http://127.0.0.1:9/"


def test_errors_are_of_the_one_family() -> None:
    assert all(issubclass(kind, AlignError) for kind in (InputError, OutputError, NoRouteError, UsageError))
    with pytest.raises(InputError):
        models.add(Path(io.__file__))


def command(*arguments: str) -> tuple[int, str, str]:
    """The commands of `align models`, as typer runs them; an AlignError comes through."""
    app = typer.Typer()
    cli_models.add_to(app)
    ran = CliRunner().invoke(app, ["models", *arguments], catch_exceptions=True)
    if isinstance(ran.exception, AlignError):
        raise ran.exception
    return ran.exit_code, ran.stdout, ran.stderr


def test_commands(server: str, tmp_path: Path, folder: Path) -> None:
    data = archive(tmp_path / "a.argosmodel").read_bytes()
    publish(server, data, license="CC0")
    assert command("path") == (0, f"{folder}\n", "")
    code, out, err = command("install", "en", "ru", "--index", server, "--dry-run")
    assert (code, out) == (0, "") and "licence CC0" in err.replace("\n", " ") and not folder.exists()
    assert command("install", "en", "ru", "--index", server)[:2] == (0, f"translate-en_ru-1.9\t{folder / 'translate-en_ru-1_9'}\n")
    assert "nothing to install" in command("install", "en", "ru", "--index", server)[2]
    assert [row["source"] + row["target"] for row in json.loads(command("list", "--json")[1])] == ["enru", "enpt", "pten"]
    assert command("list")[1].count("\n") == 3 and command("list")[2] == ""
    assert command("remove", "en_ru")[1] == "translate-en_ru-1.9\n"
    assert command("add", str(tmp_path / "a.argosmodel"))[1].startswith("translate-en_ru-1.9\t")
    for wrong in (["ru"], ["ru", "en", "--for", "x"], ["ru", "en", "--engine", "x"], []):
        with pytest.raises(UsageError):
            command("install", *wrong)
    with pytest.raises(NoRouteError):
        command("install", "ja", "ru", "--index", server)


def test_install_for_a_corpus(server: str, tmp_path: Path) -> None:
    publish(server, archive(tmp_path / "a.argosmodel").read_bytes())
    (tmp_path / "a.txt").write_text("Hello.")
    (tmp_path / "align.toml").write_text('[corpus]\nname = "c"\noriginal_language = "ru"\n' + '[[documents]]\npath = "a.txt"\nlanguage = "en"\noutlet = "A"\n')
    code, out, err = command("install", "--for", str(tmp_path), "--index", server)
    assert code == 0 and out.startswith("translate-en_ru-1.9\t") and "no models that lead from ru to en" in err.replace("\n", " ")
