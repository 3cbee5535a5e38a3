"""Stage `backtranslate`: routes, round trips and translations, cache, guard, noise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from align import registry
from align.backtranslate import Settings, backtranslate, choose_pivot, round_trips, routing, signature
from align.backtranslate.argos_packages import Package, packages
from align.backtranslate.guard import clean, doubt, pieces
from align.backtranslate.roundtrip import noise
from align.backtranslate.translators import DictionaryTranslator
from align.cli import backtranslate as command
from align.corpus import Member, Pair
from align.errors import InputError, NoRouteError, UsageError
from align.store import Cache


def member(text: str) -> Member:
    return Member("d", 0, len(text), text, (0,))


def pair(a: str, b: str, languages: tuple[str, str] = ("en", "en"), bead: str = "b1") -> Pair:
    return Pair(bead, member(a), member(b), *languages)


def package(source: str, target: str, bundled: bool = False) -> Package:
    return Package(source, target, "1.0", Path("/nowhere"), bundled)


def both(source: str, target: str, bundled: bool = False) -> list[Package]:
    return [package(source, target, bundled), package(target, source, bundled)]


BUNDLED = both("en", "pt", bundled=True)


class Recorder:
    """A fake engine: turns words around, and remembers what it was asked."""

    asked: list[list[str]]

    def __init__(self, source: str, target: str, **settings: object) -> None:
        self.signature = f"recorder:{source}_{target}"
        self.target = target

    def translate(self, texts: Sequence[str]) -> list[str]:
        Recorder.asked.append(list(texts))
        return [" ".join(word[::-1].capitalize() for word in text.split()) for text in texts]


class Stumbling(Recorder):
    """Gives nothing at the first try, and for some at the second."""

    def translate(self, texts: Sequence[str]) -> list[str]:
        return ["" for _ in texts]

    def translate_again(self, texts: Sequence[str]) -> list[str]:
        return ["" if "bad" in text else "Z" + text for text in texts]


@pytest.fixture(autouse=True)
def engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARGOS_PACKAGES_DIR", str(tmp_path / "packages"))
    known = {"recorder": Recorder, "stumbling": Stumbling}
    real = registry.load
    monkeypatch.setattr("align.backtranslate.load", lambda group, name: known[name] if name in known else real(group, name))
    Recorder.asked = []


CHOICES = [
    ("en", "ru", BUNDLED + both("en", "ru"), "", "ru", "the corpus's original language"),
    ("en", "ru", [*BUNDLED, package("en", "ru")], "", "pt", "there is no route through the original language (ru); the bundled packages"),
    ("en", "ru", BUNDLED + both("en", "de"), "", "de", "there is no route through the original language (ru); an installed route"),
    ("en", "ru", BUNDLED + both("en", "de") + both("de", "ru"), "", "ru", "the corpus's original language"),
    ("en", "", BUNDLED, "", "pt", "the bundled packages"),
    ("en-US", "en", BUNDLED, "", "pt", "the bundled packages"),
    ("en", "ru", BUNDLED + both("en", "ru") + both("en", "fr"), "fr", "fr", "configured"),
    ("pt-BR", "en", BUNDLED, "", "en", "the corpus's original language"),
]


@pytest.mark.parametrize(("language", "original", "found", "wanted", "pivot", "reason"), CHOICES)
def test_pivot(language: str, original: str, found: list[Package], wanted: str, pivot: str, reason: str) -> None:
    choice = choose_pivot(language, original, Settings(pivot=wanted), found)
    assert (choice.pivot, choice.engine, choice.reason) == (pivot, "argos", reason)


@pytest.mark.parametrize(
    ("language", "original", "pivot", "command"),
    [("en", "ru", "fr", "align models install en fr"), ("de", "ru", "", "align models install de en` and `align models install en ru")],
)
def test_no_pivot_says_what_to_install(language: str, original: str, pivot: str, command: str) -> None:
    with pytest.raises(NoRouteError) as caught:
        choose_pivot(language, original, Settings(pivot=pivot), BUNDLED)
    assert command in caught.value.hint


def test_the_real_round_trip_and_its_summary(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    pairs = [pair("He did not agree. We are ready to work with them.", "He refused.", ("en", "en-US")), pair("* * *", "", ("en", "en"))]
    made = backtranslate(pairs, "ru", Settings(threads=1), Cache("translations", tmp_path), lambda done, total: heard.append((done, total)))
    first = made.pairs[0].backtranslation_a
    assert first and (first.text, first.pivot, first.pivot_text) == (
        "He did not agree. We're ready to work with them.",
        "pt",
        "Ele não concordou. Estamos prontos para trabalhar com eles.",
    )
    assert "translate-en_pt-0.1" in first.engine and "translate-pt_en-0.1" in first.engine
    assert [getattr(made.pairs[1], f"backtranslation_{side}").text for side in "ab"] == ["* * *", ""]
    (route,) = made.summary["routes"]
    assert (route["pivot"], route["texts"], [leg["sentences"] for leg in route["legs"]]) == ("pt", 4, [4, 4])
    assert route["noise"]["texts"] == 2 and route["noise"]["chrf_mean"] > 50
    assert heard[-1] == (8, 8)
    assert len(made.warnings) == 1 and "align models install en ru" in made.warnings[0]
    again = backtranslate(pairs, "ru", Settings(threads=1), Cache("translations", tmp_path))
    assert again.pairs == made.pairs and again.summary["cached"] == again.summary["sentences"] == 8


def test_different_languages_are_translated_into_each_other() -> None:
    made = backtranslate([pair("He said no.", "Ele disse que não.", ("en", "pt-BR")), pair("Yes.", "Да.", ("en", "ru"))], "pt", Settings(threads=1))
    one, other = made.pairs
    assert one.backtranslation_a and one.backtranslation_a.text == "Ele disse que não."
    assert one.backtranslation_b and one.backtranslation_b.text == "He said no."
    assert (other.backtranslation_a, other.backtranslation_b) == (None, None)
    assert made.summary["without_route"] == 2
    (warning,) = made.warnings
    assert "no model leads: en to ru, ru to en" in warning
    assert "`align models install en ru` and `align models install ru en`" in warning
    assert [(row["languages"], row["noise"]["texts"]) for row in made.summary["routes"]] == [(["en", "pt-BR"], 1), (["pt-BR", "en"], 1)]


def test_none_translates_nothing() -> None:
    pairs = [pair("a", "b")]
    made = backtranslate(pairs, "ru", Settings(engine="none"))
    assert made.pairs == tuple(pairs) and made.warnings == () and made.summary["routes"] == []


def test_each_sentence_once_longest_first_in_batches_and_kept(tmp_path: Path) -> None:
    texts = [f"Word number {'x' * n}." for n in range(1, 8)]
    pairs = [pair(a, b) for a in texts for b in (texts[0], f"{a} {texts[1]}")]
    cache = Cache("translations", tmp_path)

    class Killed(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done >= 4:
            raise Killed

    settings = Settings(engine="recorder", batch_size=2)
    with pytest.raises(Killed):
        backtranslate(pairs, "ru", settings, cache, stop)
    assert Recorder.asked == [texts[:2:-1]]
    Recorder.asked = []
    whole = backtranslate(pairs, "ru", settings, cache)
    assert Recorder.asked[0] == texts[2::-1]
    assert sum(len(block) for block in Recorder.asked) == 3 + 7
    assert whole.pairs == backtranslate(pairs, "ru", settings, None).pairs
    assert whole.pairs[1].backtranslation_b and whole.pairs[1].backtranslation_b.text == "Word Number X. Word Number Xx."


def test_what_is_no_translation_is_tried_again_then_marked() -> None:
    made = backtranslate([pair("A good sentence.", "A bad sentence.")], "fr", Settings(engine="stumbling"))
    good, bad = made.pairs[0].backtranslation_a, made.pairs[0].backtranslation_b
    assert good and bad and (good.doubt, bad.doubt) == ("", "empty (into fr)")
    assert made.summary["retried"] >= 2 and made.summary["doubtful"] == 1


def test_round_trips_in_order() -> None:
    results, row = round_trips(["He said no.", "She said yes.", "He said no."], "en", Settings(threads=1))
    assert [result.text for result in results] == ["He said no.", "She said yes.", "He said no."]
    assert row["pivot"] == "pt" and row["engine"] == "argos"


def test_a_text_in_another_language_than_declared_is_noticed() -> None:
    texts = [
        "Ele disse que a reunião foi muito útil para todos.",
        "Não podemos aceitar as novas condições.",
        "O ministro não respondeu à pergunta sobre a Síria.",
    ]
    made = backtranslate([pair(text, "He said no.", ("en", "pt")) for text in texts], "en", Settings(threads=1))
    assert any("declared right" in warning for warning in made.warnings)


def test_the_dictionary_translator_maps_words_and_leaves_the_rest() -> None:
    translator = DictionaryTranslator("en", "pt", words={"no": "não", "he": "ele"}, beam_size=4)
    assert translator.translate(["He said no, 12!"]) == ["Ele said não, 12!"]
    assert translator.signature != DictionaryTranslator("en", "pt").signature


def test_the_signature_changes_with_settings_and_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    here = signature(Settings())
    assert here == signature(Settings(threads=2)) != signature(Settings(beam_size=1))
    monkeypatch.setattr(routing, "packages", lambda: (*packages(), package("en", "ru")))
    assert signature(Settings()) != here


def test_argos_settings_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOS_COMPUTE_TYPE", "int8")
    monkeypatch.setenv("ARGOS_BEAM_SIZE", "2")
    assert (Settings().compute_type, Settings().beam_size, Settings(compute_type="float32").compute_type) == ("int8", 2, "float32")


LONG = "The minister said that the talks on the future of the region would go on next week."
DOUBTS = [
    ("", "", "en", "pt", ""),
    ("* * *", "* * *", "en", "pt", ""),
    (LONG, "O ministro disse que as conversações sobre o futuro da região continuariam na próxima semana.", "en", "pt", ""),
    (LONG, "", "en", "pt", "empty"),
    (LONG, " . ", "en", "pt", "empty"),
    (LONG, "Sim.", "en", "pt", "far too short"),
    (LONG, "Oi", "en", "pt", "far too short"),
    ("Yes.", "Sim, " + ", e depois de tudo o que aconteceu aqui ontem" * 2, "en", "pt", "far too long"),
    (LONG, "O ministro disse que a a a a a a região.", "en", "pt", "loops"),
    (LONG, "O ministro disse que as conversas, que as conversas, que as conversas, que as conversas.", "en", "pt", "loops"),
    (LONG, "O ministro disse hahahahahahahahahaha.", "en", "pt", "loops"),
    ("No, no, no, no, no!", "Não, não, não, não, não!", "en", "pt", ""),
    (LONG, LONG, "en", "pt", "left in the source language"),
    (LONG, LONG, "en", "en", ""),
    ("Sergey Lavrov, Rex Tillerson", "Sergey Lavrov, Rex Tillerson", "en", "pt", ""),
    ("Министр сказал, что переговоры продолжатся.", "Министр сказал, что переговоры будут.", "ru", "en", "left in the source language"),
    ("Министр сказал, что переговоры продолжатся.", "The minister said that the talks would go on.", "ru", "en", ""),
    ("Министр сказал, что переговоры продолжатся.", "部长说会谈将继续。", "ru", "zh", ""),
]


@pytest.mark.parametrize(("source", "result", "start", "goal", "want"), DOUBTS)
def test_doubt(source: str, result: str, start: str, goal: str, want: str) -> None:
    assert doubt(source, result, start, goal) == want


@pytest.mark.parametrize(
    ("text", "want"), [("a\x00b", "a b"), (" a\r\n b\t", "a b"), ("\ufeffa\u00adb\u200b", "ab"), ("a\ud800", "a"), ("می\u200cخواهم", "می\u200cخواهم")]
)
def test_clean(text: str, want: str) -> None:
    assert clean(text) == want


def test_pieces_fit_and_hold_everything() -> None:
    text = "One, two; three. " * 30 + "x" * 200
    cut = pieces(text, lambda piece: len(piece) <= 40)
    assert max(map(len, cut)) <= 40
    assert "".join("".join(cut).split()) == "".join(text.split())


def test_noise() -> None:
    assert noise({"The same.": "The same.", "12": "13"}) == {"texts": 1, "chrf_mean": 100.0, "chrf_tenth": 100.0, "unchanged": 1.0}
    assert noise({})["texts"] == 0


def test_plugins_of_others_are_loaded_by_name() -> None:
    assert isinstance(registry.available("translators")["dictionary"], EntryPoint)
    made = backtranslate([pair("He said no to all of them.", "x")], "ru", Settings(engine="dictionary"))
    assert made.pairs[0].backtranslation_a and "left in the source language" in made.pairs[0].backtranslation_a.doubt


def test_command(tmp_path: Path) -> None:
    file, out = tmp_path / "segments.txt", tmp_path / "out.jsonl"
    file.write_bytes("\ufeffHe said no.\r\n\nThe minister\tspoke.\n".encode())
    app = typer.Typer()
    command.add_to(app)
    ran = CliRunner().invoke(app, [str(file), "--language", "en"])
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    assert lines[0] == ["text", "pivot_text", "backtranslation", "engine"]
    assert [line[:3] for line in lines[1:]] == [
        ["He said no.", "Ele disse que não.", "He said no."],
        ["", "", ""],
        ["The minister\\tspoke.", "O ministro falou.", "The minister spoke."],
    ]
    assert "argos through pt" in ran.stderr
    assert CliRunner().invoke(app, [str(file), "--language", "en", "--out", str(out)]).stdout == ""
    assert json.loads(out.read_text().splitlines()[0])["pivot_text"] == "Ele disse que não."
    for wrong, error in ((["--language", "en", "--pivot", "ru"], NoRouteError), (["--language", "English!"], UsageError)):
        assert isinstance(CliRunner().invoke(app, [str(file), *wrong]).exception, error)
    assert isinstance(CliRunner().invoke(app, [str(tmp_path / "none.txt"), "--language", "en"]).exception, InputError)
