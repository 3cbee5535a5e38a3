"""The engine `argos` on the bundled packages: real models, no network, no folder made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import ctranslate2
import pytest

from align.backtranslate import argos, argos_packages
from align.backtranslate.argos import open_route, routes
from align.backtranslate.argos_packages import Package, find_route, missing_commands
from align.errors import InputError, NoRouteError

SENTENCES = [
    "He said that the meeting had been useful.",
    "Yes.",
    "The minister did not answer the question about Syria, but he promised to return to it before the end of the week.",
    "We are ready to work with the new administration.",
    "In 2016, 1,500 people signed the letter.",
    "“Did he really say that?” she asked.",
    "Moscow and Washington agreed on a ceasefire in the south-west of the country.",
]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("ARGOS_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def unpack(name: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(argos_packages.bundled_folder() / f"{name}.argosmodel") as archive:
        archive.extractall(folder)
    return folder / name


def package(source: str, target: str, version: str = "1.0", bundled: bool = False) -> Package:
    return Package(source, target, version, Path(f"/nowhere/{source}_{target}_{version}"), bundled)


def test_bundled_packages_are_there_and_translate_both_ways() -> None:
    assert [(found.source, found.target, found.bundled) for found in routes()] == [("en", "pt", True), ("pt", "en", True)]
    out, back = open_route("en-US", "pt-BR", threads=1), open_route("pt", "en", threads=1)
    assert out.translate(["We are ready to work with the new administration."]) == ["Estamos prontos para trabalhar com a nova administração."]
    assert back.translate(["Ele disse que não."]) == ["He said no."]
    assert out.signature.startswith("argos:translate-en_pt-0.1:") and "|compute:float32|beam:4|ctranslate2:" in out.signature


def test_float32_does_not_depend_on_batch_order_or_threads() -> None:
    want = open_route("en", "pt", threads=1, batch_size=1).translate(SENTENCES)
    assert open_route("en", "pt", threads=2, batch_size=32).translate(SENTENCES) == want
    assert open_route("en", "pt", threads=1, batch_size=3).translate(SENTENCES[::-1])[::-1] == want


SETTINGS = [
    ({"device": "cuda"}, 'device = "cuda"', "no GPU", 'device = "auto"'),
    ({"device": "tpu"}, 'device = "tpu"', "no such device", "auto, cpu or cuda"),
    ({"compute_type": "int3"}, 'compute_type = "int3"', "cannot compute so", "float32"),
    ({"beam_size": 0}, "beam_size = 0", "between 1 and 32", "4 is Argos's own"),
    ({"beam_size": 1000}, "beam_size = 1000", "between 1 and 32", "4 is Argos's own"),
]


@pytest.mark.parametrize(("settings", "place", "match", "hint"), SETTINGS)
def test_settings_that_cannot_be_are_named_and_no_package_is_blamed(settings: dict[str, Any], place: str, match: str, hint: str) -> None:
    if settings.get("device") == "cuda" and ctranslate2.get_cuda_device_count():
        pytest.skip("there is a GPU here")
    with pytest.raises(InputError, match=match) as caught:
        open_route("en", "pt", **settings)
    assert caught.value.place == place and hint in caught.value.hint


def test_auto_takes_the_processor_where_no_gpu_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    if not ctranslate2.get_cuda_device_count():
        assert open_route("en", "pt", threads=1).signature == open_route("en", "pt", threads=1, device="cpu").signature

    def broken(device: str) -> set[str]:
        raise RuntimeError("Library libcublas.so.12 is not found")

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    with monkeypatch.context() as patch:
        patch.setattr(ctranslate2, "get_supported_compute_types", lambda device: {"float32"})
        assert argos.find_device("auto") == "cuda"
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", broken)
    assert argos.find_device("auto") == "cpu"
    with pytest.raises(InputError, match="libcublas"):
        argos.find_device("cuda")


def test_nothing_is_created_in_the_home_folder(own_home: Path) -> None:
    code = "from align.backtranslate.argos import *; print(open_route('en', 'pt', threads=1).translate(['Thank you.']))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "HOME": str(own_home)})
    assert "brigad" in ran.stdout
    assert list(own_home.iterdir()) == []


def test_looking_for_routes_imports_no_engine() -> None:
    code = "import sys, align.backtranslate.argos, align.backtranslate as b; align.backtranslate.argos.routes(); b.choose_pivot('en', 'ru', b.Settings())\n"
    code += "print([n for n in ('ctranslate2', 'numpy', 'argostranslate', 'sentencepiece') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", ""),
        ("  ", ""),
        ("* * *", "* * *"),
        ("1,500", "1,500"),
        ("\x00\x1b", ""),
        ("Thank you.\ufeff\x00", None),
        ("Thank\nyou.", None),
        ("Thank \ud800you.", None),
    ],
)
def test_odd_text(text: str, want: str | None) -> None:
    engine = open_route("en", "pt", threads=1)
    if want is None:
        want = engine.translate(["Thank you."])[0]
    assert engine.translate([text]) == [want]


def test_a_segment_of_ten_thousand_characters_is_translated_to_its_end() -> None:
    text = " ".join(SENTENCES[i % 7] for i in range(210)) + " The last word is elephant."
    assert len(text) > 10_000
    (result,) = open_route("en", "pt", threads=2, beam_size=1).translate([text])
    assert result.rstrip(".").endswith("elefante")
    assert 0.7 < len(result) / len(text) < 1.5


ROUTES = [
    ("en", "ru", [package("en", "ru")], ["en_ru"]),
    ("de", "ru", [package("en", "ru"), package("de", "en")], ["de_en", "en_ru"]),
    ("de", "ru", [package("de", "fr"), package("fr", "ru"), package("en", "ru"), package("de", "en")], ["de_en", "en_ru"]),
    ("pt-BR", "en", [package("pt", "en"), package("pb", "en")], ["pb_en"]),
    ("pt-BR", "en", [package("pt", "en")], ["pt_en"]),
    ("zh-Hant", "en", [package("zh", "en"), package("zt", "en")], ["zt_en"]),
    ("en", "ru", [package("en", "de")], []),
    ("en", "en", [package("en", "de"), package("de", "en")], []),
]


@pytest.mark.parametrize(("source", "target", "found", "want"), ROUTES)
def test_route(source: str, target: str, found: list[Package], want: list[str]) -> None:
    assert [f"{step.source}_{step.target}" for step in find_route(source, target, found)] == want


def test_the_users_newest_package_wins() -> None:
    found = [package("en", "pt", "2.0", bundled=True), package("en", "pt", "1.9"), package("en", "pt", "1.10")]
    assert find_route("en", "pt", found)[0].version == "1.10"


@pytest.mark.parametrize(
    ("source", "target", "found", "want"),
    [
        ("en", "ru", [], ["align models install en ru"]),
        ("de", "ru", [], ["align models install de en", "align models install en ru"]),
        ("de", "ru", [package("de", "en")], ["align models install en ru"]),
        ("pt-BR", "de", [package("pt", "en")], ["align models install en de"]),
    ],
)
def test_missing_packages_are_named(source: str, target: str, found: list[Package], want: list[str]) -> None:
    assert list(missing_commands(source, target, found)) == want


def test_no_route_says_what_to_install() -> None:
    with pytest.raises(NoRouteError) as caught:
        open_route("en", "ru")
    assert "`align models install en ru`" in caught.value.hint and "en to pt" in caught.value.hint


def test_an_unpacked_package_in_argos_folder_and_a_chain(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_home / ".local/share/argos-translate/packages"
    there = unpack("translate-en_pt-0_1", folder)
    metadata = json.loads((there / "metadata.json").read_text())
    (there / "metadata.json").write_text(json.dumps({**metadata, "from_code": "xx"}))
    route = open_route("xx", "en", threads=1)
    assert [step.name for step in route.packages] == ["translate-xx_pt-0.1", "translate-pt_en-0.1"]
    assert "translate-xx_pt-0.1:" in route.signature and "+translate-pt_en-0.1:" in route.signature
    two_steps = open_route("pt", "en", threads=1).translate(open_route("en", "pt", threads=1).translate(SENTENCES[:2]))
    assert route.translate(SENTENCES[:2]) == two_steps
    shutil.move(folder, own_home / "elsewhere")
    assert not find_route("xx", "pt", routes())
    monkeypatch.setenv("ARGOS_PACKAGES_DIR", str(own_home / "elsewhere"))
    assert find_route("xx", "pt", routes())


def damage_model(path: Path) -> None:
    model = path / "model/model.bin"
    model.write_bytes(model.read_bytes()[:100_000])


def damage_tokenizer(path: Path) -> None:
    (path / "sentencepiece.model").write_bytes(b"nothing of the kind")


def damage_config(path: Path) -> None:
    (path / "model/shared_vocabulary.json").unlink()


@pytest.mark.parametrize("damage", [damage_model, damage_tokenizer, damage_config])
def test_a_damaged_package_is_named(own_home: Path, damage: object) -> None:
    there = unpack("translate-en_pt-0_1", own_home / ".local/share/argos-translate/packages")
    damage(there)  # type: ignore[operator]
    with pytest.raises(InputError) as caught:
        open_route("en", "pt", threads=1).translate(["Yes."])
    assert str(there) in caught.value.place and "align models remove" in caught.value.hint


def test_a_damaged_bundle_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "argos"
    shutil.copytree(argos_packages.bundled_folder(), folder, copy_function=shutil.copyfile)
    archive = folder / "translate-en_pt-0_1.argosmodel"
    data = bytearray(archive.read_bytes())
    data[9_000_000] ^= 1
    archive.write_bytes(data)
    for module in (argos, argos_packages):
        monkeypatch.setattr(module, "bundled_folder", lambda: folder)
    with pytest.raises(InputError, match="damaged"):
        open_route("en", "pt", threads=1).translate(["Yes."])


def test_argos_settings_are_read_as_argos_reads_them(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = own_home / ".config/argos-translate/settings.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"ARGOS_BEAM_SIZE": "2", "ARGOS_COMPUTE_TYPE": "int8"}')
    assert (argos_packages.number_setting("ARGOS_BEAM_SIZE", 4), argos_packages.setting("ARGOS_COMPUTE_TYPE", "float32")) == (2, "int8")
    monkeypatch.setenv("ARGOS_COMPUTE_TYPE", "int16")
    assert argos_packages.setting("ARGOS_COMPUTE_TYPE", "float32") == "int16"
    monkeypatch.setenv("ARGOS_BEAM_SIZE", "many")
    with pytest.raises(InputError, match="many"):
        argos_packages.number_setting("ARGOS_BEAM_SIZE", 4)
