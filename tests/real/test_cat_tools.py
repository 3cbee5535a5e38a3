"""Real clients load our memories: OmegaT without its window, and translate-toolkit where it is installed.

OmegaT: `apt-get install -y --no-install-recommends omegat` (or any `omegat` on the path). Without it these tests
are skipped, except where CI is set: there they fail.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from align.corpus import Bead, Document, Member
from align.tmx import Unit, Variant, write_tmx
from align.tmx.export import export
from align.tmx.split import split_by_score

pytestmark = pytest.mark.real
NOWHERE = "A sentence that no memory holds, 7319."
PROJECT = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<omegat><project version="1.0"><source_dir>__DEFAULT__</source_dir><target_dir>__DEFAULT__</target_dir><tm_dir>__DEFAULT__</tm_dir>
<glossary_dir>__DEFAULT__</glossary_dir><dictionary_dir>__DEFAULT__</dictionary_dir><source_lang>{source}</source_lang>
<target_lang>{target}</target_lang><sentence_seg>false</sentence_seg><support_default_translations>true</support_default_translations>
<remove_tags>false</remove_tags></project></omegat>
"""
# A template as docs/memories.md gives one for the match pane, with what can be filled in without a window.
TEMPLATE = "${targetText} <${adjustedScore}%> score @{x-score}, speaker @{x-speaker}, from @{x-source-document}"
# Asks OmegaT's own matcher what its match pane would show.
SCRIPT = """
import org.omegat.core.Core
import org.omegat.core.events.IStopped
import org.omegat.core.statistics.FindMatches
import org.omegat.gui.matches.MatchesVarExpansion
if (eventType.toString() == "LOAD") {{
  def out = new File("{out}")
  def project = Core.getProject()
  // Without a window the pane itself is not there; these two steps are what it shows, less its colours.
  def pane = new MatchesVarExpansion('{template}')
  project.getAllEntries().each {{ entry ->
    def finder = new FindMatches(project.getSourceTokenizer(), 5, true, false)
    finder.search(project, entry.getSrcText(), true, true, [isStopped: {{ -> false }}] as IStopped).each {{ match ->
      def shown = [source: entry.getSrcText(), target: match.translation, score: match.scores[0].adjustedScore, creator: match.creator,
                   pane: pane.expandProperties(pane.expandVariables(match), (match.props ?: []) as List),
                   properties: (match.props ?: []).collectEntries {{ [it.getType(), it.getValue()] }}]
      out.append(groovy.json.JsonOutput.toJson(shown) + "\\n", "UTF-8")
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def omegat() -> str:
    program = shutil.which("omegat")
    if program is None:
        reason = "OmegaT is not installed: apt-get install -y --no-install-recommends omegat"
        if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            pytest.fail(reason)
        pytest.skip(reason)
    return program


def escaped(text: str) -> str:
    """A value of a Java .properties file."""
    units = text.encode("utf-16-be")
    pairs = (units[index : index + 2] for index in range(0, len(units), 2))
    return "".join("\\\\" if pair == b"\0\\" else f"\\u{pair.hex()}" for pair in pairs)


def unescaped(text: str) -> str:
    return json.loads('"' + text.replace("\\ ", " ").replace("\\:", ":").replace("\\=", "=").replace("\\#", "#").replace("\\!", "!").replace('"', '\\"') + '"')


class Project:
    """An OmegaT project of one source file, a sentence a line."""

    def __init__(self, program: str, folder: Path, source: str, target: str, sentences: list[str]) -> None:
        self._program, self._folder, self._sentences = program, folder, sentences
        for name in ("source", "target", "tm/auto", "glossary", "dictionary", "omegat", "home", "config"):
            (folder / name).mkdir(parents=True)
        (folder / "omegat.project").write_text(PROJECT.format(source=source, target=target), encoding="utf-8")
        lines = [f"k{number}={escaped(sentence)}\n" for number, sentence in enumerate(sentences)]
        (folder / "source" / "text.properties").write_text("".join(lines), encoding="ascii")

    def add(self, memory: Path, place: str = "auto") -> None:
        (self._folder / "tm" / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(memory, self._folder / "tm" / place / memory.name)

    def run(self) -> tuple[list[str], list[dict[str, object]]]:
        """The sentences as OmegaT translates them, and what its match pane would show."""
        out, script, home = self._folder / "matches.jsonl", self._folder / "matches.groovy", self._folder / "home"
        out.write_text("")
        script.write_text(SCRIPT.format(out=out, template=TEMPLATE), encoding="utf-8")
        options = f"-Duser.home={home} -Djava.io.tmpdir={self._folder} -Djava.awt.headless=true -Xmx2g"
        command = [
            self._program, str(self._folder), "--mode=console-translate", f"--config-dir={self._folder / 'config'}", "--no-team",
            "--disable-project-locking", "--disable-location-save", f"--script={script}",
        ]  # fmt: skip
        result = subprocess.run(
            command, env={**os.environ, "HOME": str(home), "JAVA_TOOL_OPTIONS": options}, capture_output=True, text=True, timeout=400, check=False
        )
        log = result.stdout + result.stderr
        assert result.returncode == 0, log[-3000:]
        # OmegaT ends well even when it could not read a memory.
        for trouble in ("TMXR_FATAL", "TMXR_ERROR", "TMXR_WARNING", "Exception"):
            assert trouble not in log, log[-3000:]
        translated = {}
        (result_file,) = (self._folder / "target").glob("*.properties")
        for line in result_file.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition("=")
            translated[name] = unescaped(value)
        matches = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        return [translated[f"k{number}"] for number in range(len(self._sentences))], matches


def renditions(folder: Path) -> tuple[Path, list[tuple[str, str]]]:
    """The memory of a small corpus of two outlets in one language, and its pairs."""
    pairs = [("He said: <b>no</b> & left.", "He refused; then he left."), ("Ñandú — “quoted” text…", "An ostrich, quoted."), ("It was 10 %.", "Ten per cent.")]
    texts = [" ".join(pair[side] for pair in pairs) for side in (0, 1)]
    documents = [
        Document(name, outlet, "en", text, name, name, 0, len(text)) for name, outlet, text in zip("ab", ("MEMRI", "Moscow Times"), texts, strict=True)
    ]
    beads = []
    for number, pair in enumerate(pairs):
        members = []
        for document, text in zip(documents, pair, strict=True):
            start = document.text.index(text)
            members.append(Member(document.id, start, start + len(text), text, (number,), "Lavrov"))
        beads.append(Bead(str(number), tuple(members), 0.875))
    files = export(folder, "corpus", documents, (), beads, mode="renditions", base="MEMRI")
    return next(path for path in files if path.name == "corpus.en_en-x-moscow-times.tmx"), pairs


def test_omegat_inserts_renditions_and_shows_score_and_provenance(omegat: str, tmp_path: Path) -> None:
    memory, pairs = renditions(tmp_path)
    project = Project(omegat, tmp_path / "project", "en", "en-x-moscow-times", [*(source for source, _ in pairs), NOWHERE])
    project.add(memory)
    translated, matches = project.run()
    assert translated == [*(target for _, target in pairs), NOWHERE]
    shown = {match["source"]: match for match in matches if match["score"] == 100}
    for source, target in pairs:
        assert str(shown[source]["pane"]).strip() == f"{target} <100%> score 0.8750, speaker Lavrov, from a"
        assert shown[source]["target"] == target and shown[source]["creator"] == "align"
        properties = shown[source]["properties"]
        assert isinstance(properties, dict)
        assert properties["x-score"] == "0.8750" and properties["x-Origin"] == "Alignment" and properties["x-speaker"] == "Lavrov"
        assert properties["x-source-document"] == "a" and properties["x-target-document"] == "b"


def test_without_the_memory_omegat_translates_nothing(omegat: str, tmp_path: Path) -> None:
    _, pairs = renditions(tmp_path)
    translated, matches = Project(omegat, tmp_path / "project", "en", "en-x-moscow-times", [source for source, _ in pairs]).run()
    assert translated == [source for source, _ in pairs] and not matches


def test_omegat_takes_so_much_off_as_the_folder_says(omegat: str, tmp_path: Path) -> None:
    units = [
        Unit("", (Variant("en", "A good match."), Variant("de", "Ein guter Treffer.")), (("x-score", "0.9500"),)),
        Unit("", (Variant("en", "A doubtful match here."), Variant("de", "Zweifelhaft.")), (("x-score", "0.6000"),)),
    ]
    path = tmp_path / "m.tmx"
    write_tmx(path, units, "en")
    project = Project(omegat, tmp_path / "project", "en", "de", ["A good match.", "A doubtful match here."])
    for file in split_by_score(path, tmp_path / "split"):
        project.add(file, file.parent.name)
    translated, matches = project.run()
    assert translated == ["Ein guter Treffer.", "A doubtful match here."]
    assert {match["target"]: match["score"] for match in matches if match["target"] == "Zweifelhaft."} == {"Zweifelhaft.": 85}


def test_omegat_loads_a_large_memory_with_any_text(omegat: str, tmp_path: Path) -> None:
    odd = ["Süß & <b>", "日本語。", "שלום", "🙂 emoji", 'quote "x"', "back\\slash", "tab\tin", "a\x07b\ufffe c"]
    units = [
        Unit("", (Variant("pt-BR", f"{odd[number % len(odd)]} {number}"), Variant("zh-Hant", f"{number} {odd[-number % len(odd)]}")))
        for number in range(50_000)
    ]
    path = tmp_path / "large.tmx"
    assert write_tmx(path, units, "pt_br") == len(units)
    probed = [units[number] for number in range(0, 50_000, 1777) if "\x07" not in units[number].variants[0].text + units[number].variants[1].text]
    project = Project(omegat, tmp_path / "project", "pt-BR", "zh-Hant", [unit.variants[0].text for unit in probed])
    project.add(path)
    translated, _ = project.run()
    assert translated == [unit.variants[1].text for unit in probed]


def test_translate_toolkit_reads_the_same_pairs(tmp_path: Path) -> None:
    storage = pytest.importorskip("translate.storage.tmx", reason="translate-toolkit is not installed: pip install translate-toolkit")
    memory, pairs = renditions(tmp_path)
    store = storage.tmxfile.parsestring(memory.read_bytes())
    store.settargetlanguage("en-x-moscow-times")
    assert [(unit.source, unit.target) for unit in store.units] == pairs
