"""A reviewer at work in Chromium: on the served page with a real server behind it, and on the page from disk.

Needs what `browsers` names. The server is a process of its own, killed and started again where the test says so.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import ARGUMENTS, CHROMIUM, MARKS, MISSING, violations, watched

from align import decide, page
from align.review.server import application, listening
from align.review.session import Session

pytestmark = MARKS
ALPHA = """The minister arrived in Geneva on Wednesday. He met the ambassador of Norway for two hours.

"We agreed on a timetable for the bridge," the minister said. "The bridge will open in 2031 😀."

He thanked the city for its patience. The harbour will be closed on Friday.
"""
BETA = """On Wednesday the minister arrived in Geneva. There he met the ambassador of Norway for three hours.

"We agreed on a timetable for the bridge," the minister said. The bridge will not open before 2031, he added.

The minister thanked the city for its patience.
"""
GAMMA = """The minister arrived in Geneva on Thursday and met the ambassador of Norway.

The bridge will open in 2031, the minister said. The harbour will be closed on Friday.

Read more
"""
SETTINGS = """[corpus]
name = "tiny"
mode = "renditions"
[embed]
encoder = "hash"
[backtranslate]
engine = "none"
[export]
tmx = "tmx"
base = "Alpha"
"""
DOCUMENT = '[[documents]]\npath = "{name}.txt"\noutlet = "{outlet}"\nlanguage = "en"\ndate = 2026-01-02\nurl = "https://{name}.example/one"\n'


def align(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "align", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "tiny"
    folder.mkdir()
    for name, text in (("alpha", ALPHA), ("beta", BETA), ("gamma", GAMMA)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    documents = "".join(DOCUMENT.format(name=name, outlet=name.title()) for name in ("alpha", "beta", "gamma"))
    (folder / "align.toml").write_text(SETTINGS + documents, encoding="utf-8")
    align("run", folder)
    return folder


@pytest.fixture
def corpus(made: Path, tmp_path: Path) -> Path:
    import shutil

    shutil.copytree(made, tmp_path / "tiny")
    return tmp_path / "tiny"


class Server:
    """`align review` as a process of its own, to be killed and started again."""

    def __init__(self, corpus: Path, port: int = 0) -> None:
        self.corpus, self.port = corpus, port
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "align", "review", str(self.corpus), "--reviewer", "anna", "--port", str(self.port), "--no-browser"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in self.process.stdout or ():
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/\?token=\S+", line):
                self.address, self.port = found[0], int(found[1])
                return
        raise AssertionError("".join(said))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=60)[0]


@pytest.fixture
def process(corpus: Path) -> Iterator[Server]:
    server = Server(corpus)
    yield server
    if server.process.poll() is None:
        server.kill()


@pytest.fixture
def serve(corpus: Path) -> Iterator[Callable[..., str]]:
    """A function that serves a session from within the test and gives its address: what a process does, started faster."""
    import uvicorn

    running: list[tuple[Any, threading.Thread, socket.socket]] = []

    def serves(reviewer: str = "anna") -> str:
        session = Session.open(corpus, reviewer)
        listener = listening("127.0.0.1", 0)
        port = int(listener.getsockname()[1])
        token = f"token-of-{reviewer}"
        server = uvicorn.Server(uvicorn.Config(application(session, token, port), log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        running.append((server, thread, listener))
        return f"http://127.0.0.1:{port}/?token={token}"

    yield serves
    for server, thread, listener in running:
        server.should_exit = True
        thread.join(20)
        listener.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    assert not MISSING, f"cannot test the review: {' && '.join(MISSING)}"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    contexts: dict[str, Any] = {}
    troubles: list[str] = []

    def opens(address: str, profile: str = "one") -> Any:
        if profile not in contexts:
            contexts[profile] = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", accept_downloads=True)
        tab = watched(contexts[profile], troubles, ("file:", "http://127.0.0.1"))
        tab.goto(address)
        tab.wait_for_selector("html[data-ready]")
        return tab

    yield opens
    for context in contexts.values():
        context.close()
    assert troubles == []


def log(corpus: Path) -> list[dict[str, Any]]:
    path = corpus / "decisions.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def actions(corpus: Path) -> list[str]:
    return [each["action"] for each in log(corpus)]


def row(tab: Any, text: str) -> Any:
    return tab.locator("#table tr.item", has_text=text).first


def choose(tab: Any, text: str) -> Any:
    """Makes the first row with this text the current one, as a click does."""
    row(tab, text).locator(".outlet").first.click(position={"x": 200, "y": 5})
    return row(tab, text)


def until(tab: Any, condition: str) -> None:
    """Waits for a condition in the page; the page's own policy forbids the usual way, which evaluates text."""
    for _ in range(300):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f"still not: {condition}")


def saved(tab: Any) -> None:
    until(tab, "document.getElementById('decisions').textContent === 'Decisions: saved'")


def units(tab: Any) -> list[str]:
    found: list[str] = tab.eval_on_selector_all("#table tr.item .unit span:not(.chip, .hidden, .pips)", "all => all.map(each => each.textContent)")
    return found


def test_a_reviewer_decides_and_every_decision_is_in_the_log(serve: Callable[..., str], opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened(serve())
    assert "token" not in tab.url
    first = choose(tab, "ambassador")
    tab.keyboard.press("a")
    assert first.locator(".status").first.inner_text() == "✓ accepted"
    choose(tab, "he added")
    for key in "rx":
        tab.keyboard.press(key)
    tab.keyboard.press("c")
    tab.keyboard.type('jk <b>no</b> =1+1 "x"')
    tab.keyboard.press("Control+Enter")
    tab.keyboard.press("g")
    tab.keyboard.press("3")
    tab.keyboard.press("t")
    tab.keyboard.press("=")
    tab.keyboard.press("Enter")
    saved(tab)
    assert actions(corpus) == ["accept", "needs-review", "reject", "comment", "regrade", "kinds"]
    assert log(corpus)[3]["payload"]["text"] == 'jk <b>no</b> =1+1 "x"'
    assert {each["reviewer"] for each in log(corpus)} == {"anna"}
    assert re.match(r"2 of \d+ decided", tab.inner_text("#progress .decided"))
    tab.reload()
    tab.wait_for_selector("html[data-ready]")
    decided = row(tab, "he added")
    assert decided.locator(".status").first.inner_text() == "✕ rejected"
    assert decided.locator(".comment").inner_text() == 'jk <b>no</b> =1+1 "x"'
    assert decided.locator(".chip").first.inner_text().split() == ["grade", "3", "●●●"]
    assert "changed by a reviewer" in decided.inner_text()
    assert "order" in decided.locator(".kinds").inner_text()


def test_undo_and_redo_go_back_and_forth_without_limit(serve: Callable[..., str], opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened(serve())
    choose(tab, "ambassador")
    for key in "arx":
        tab.keyboard.press(key)
    saved(tab)
    status = lambda: row(tab, "ambassador").locator(".deciding [aria-pressed=true]").get_attribute("aria-label", timeout=500)  # noqa: E731
    tab.keyboard.press("z")
    saved(tab)
    assert status() == "Needs review"
    tab.reload()
    tab.wait_for_selector("html[data-ready]")
    tab.keyboard.press("z")
    tab.keyboard.press("z")
    saved(tab)
    until(tab, "!document.querySelector('.deciding [aria-pressed=true]')")
    tab.keyboard.press("z")
    assert "Nothing to undo" in tab.inner_text("#toast")
    for key in ("y", "Shift+Z"):
        tab.keyboard.press(key)
    saved(tab)
    until(tab, "document.querySelector('.deciding [aria-pressed=true]')?.ariaLabel === 'Needs review'")
    assert actions(corpus) == ["accept", "needs-review", "reject", "undo", "undo", "undo", "redo", "redo"]


def test_units_are_merged_split_linked_and_taken_apart(serve: Callable[..., str], opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened(serve())
    before = units(tab)
    choose(tab, "ambassador")
    tab.keyboard.press(" ")
    choose(tab, "arrived in Geneva on Wednesday")
    tab.keyboard.press(" ")
    assert tab.inner_text("#subject").startswith("2 picked")
    tab.keyboard.press("m")
    saved(tab)
    tab.wait_for_selector("text=by a reviewer")
    merged = row(tab, "ambassador")
    assert "arrived in Geneva on Wednesday. He met" in merged.inner_text()
    choose(tab, "ambassador")
    tab.keyboard.press("s")
    tab.locator("dialog .cuts button", has_text="“He met").click()
    tab.locator("dialog .cuts button", has_text="“There he met").click()
    assert tab.inner_text("#split-problem").startswith("2 units")
    tab.click("#sheet-do")
    saved(tab)
    until(tab, f"document.querySelectorAll('#table tr.item').length === {len(before)}")
    choose(tab, "harbour")
    tab.keyboard.press("l")
    tab.locator("#candidates li", has_text="The minister thanked the city").get_by_role("button").click()
    saved(tab)
    until(tab, f"document.querySelectorAll('#table tr.item').length > {len(before)}")
    choose(tab, "harbour")
    tab.keyboard.press("v")  # side by side, a decision is about the whole unit
    tab.keyboard.press("a")
    saved(tab)
    assert len(log(corpus)[-1]["target"]) == 3
    tab.keyboard.press("v")
    choose(tab, "harbour")
    tab.keyboard.press("l")
    tab.locator(".members li", has_text="thanked the city").get_by_role("button").click()
    saved(tab)
    assert actions(corpus) == ["merge", "split", "link", "accept", "unlink"]
    merge, split, _, _, unlink = log(corpus)
    assert len(merge["target"]) == 5
    assert sorted(len(part) for part in split["payload"]["parts"]) == [2, 3]
    assert unlink["payload"]["member"]["text"].startswith("The minister thanked")
    for record in log(corpus):
        for span in record["target"]:
            assert span["text_hash"] == decide.text_hash(span["text"])
    tab.keyboard.press("d")
    assert tab.locator("dialog .log li").count() == 5


def test_a_span_is_changed_by_keys_and_counted_as_python_counts(serve: Callable[..., str], opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened(serve())
    choose(tab, "thanked the city")
    tab.keyboard.press("e")
    tab.keyboard.press("Shift+ArrowRight")
    tab.keyboard.press("Control+ArrowRight")
    assert tab.inner_text("#edit-now").startswith("Alpha")
    tab.click("#sheet-do")
    saved(tab)
    record = log(corpus)[0]
    source = (corpus / "alpha.txt").read_text(encoding="utf-8")
    before, after = record["payload"]["from"], record["payload"]["to"]
    assert source[before["start"] : before["end"]] == before["text"] == "He thanked the city for its patience."
    assert source[after["start"] : after["end"]] == after["text"] == "thanked the city for its patience. The harbour will be closed on Friday."
    tab.wait_for_selector("text=by a reviewer")
    choose(tab, "thanked the city")
    tab.keyboard.press("e")
    # The mouse selects other text; the blanks around it do not count.
    tab.evaluate(
        """() => {
            const box = document.getElementById('edit-text');
            const text = document.createTreeWalker(box.querySelector('mark'), NodeFilter.SHOW_TEXT).nextNode();
            getSelection().setBaseAndExtent(text, 7, text, 17);
            box.dispatchEvent(new MouseEvent('mouseup', {bubbles: true}));
        }"""
    )
    tab.click("#sheet-do")
    saved(tab)
    assert log(corpus)[-1]["payload"]["to"]["text"] == "the city"


def test_a_sentence_is_linked_from_the_open_source(serve: Callable[..., str], opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened(serve())
    choose(tab, "thanked the city")
    tab.keyboard.press("o")
    source = tab.locator(".context .source").first
    source.locator(".sentence", has_text="The harbour will be closed").click()
    tab.locator(".linkhere:visible").click()
    saved(tab)
    (record,) = log(corpus)
    assert (record["action"], record["payload"]["member"]["text"]) == ("link", "The harbour will be closed on Friday.")
    tab.locator(".context .source").first.focus()
    tab.keyboard.press("ArrowLeft")
    assert tab.locator(".sentence.chosen").count() > 0


def test_the_server_is_killed_and_nothing_is_lost_or_doubled(process: Server, opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened(process.address)
    choose(tab, "ambassador")
    tab.keyboard.press("a")
    saved(tab)
    process.kill()
    tab.keyboard.press("c")
    tab.keyboard.type("while it was away")
    tab.keyboard.press("Control+Enter")
    tab.wait_for_selector("#away .notice")
    tab.keyboard.press("x")
    tab.keyboard.press("z")
    assert tab.inner_text("#decisions") == "Decisions: 3 not saved yet"
    assert "⧗ saving" in row(tab, "ambassador").inner_text()
    assert actions(corpus) == ["accept"]
    tab.close()
    process.start()
    again = opened(process.address)
    saved(again)
    assert actions(corpus) == ["accept", "comment", "reject", "undo"]
    shown = row(again, "ambassador")
    assert shown.locator(".comment").inner_text() == "while it was away"
    assert shown.locator(".status").first.inner_text() == "✓ accepted"


def test_what_was_written_but_not_acknowledged_is_not_written_again(process: Server, opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened(process.address)
    choose(tab, "ambassador")
    # The answer is lost on its way: the decision is on disk, the page does not know.
    tab.route("**/api/decisions", lambda route: (route.fetch(), route.abort("connectionrefused")))
    tab.keyboard.press("a")
    tab.wait_for_selector("#away .notice")
    process.kill()
    tab.unroute_all()
    process.start()
    saved(tab)
    assert actions(corpus) == ["accept"]


def test_other_tabs_and_other_reviewers_are_seen(serve: Callable[..., str], opened: Callable[..., Any], corpus: Path) -> None:
    address = serve()
    one, two = opened(address), opened(address)
    other = opened(serve("bert"), "two")
    choose(one, "ambassador")
    one.keyboard.press("a")
    for tab in (two, other):
        tab.wait_for_selector("#table .status.accepted")
    choose(other, "ambassador")
    other.keyboard.press("x")
    for tab in (one, two):
        tab.wait_for_selector("#table .status.rejected")
    assert "bert: Rejected" in one.inner_text("#toast")
    assert [(each["reviewer"], each["action"]) for each in log(corpus)] == [("anna", "accept"), ("bert", "reject")]
    assert row(one, "ambassador").locator(".status").first.get_attribute("title") == "by bert"
    # Each takes back only what is their own.
    one.keyboard.press("z")
    saved(one)
    assert [each["action"] for each in log(corpus)] == ["accept", "reject", "undo"]
    other.wait_for_timeout(1700)
    assert other.locator("#table .status.rejected").count() == 1


def test_what_is_no_longer_there_is_refused_and_set_aside(serve: Callable[..., str], opened: Callable[..., Any], corpus: Path) -> None:
    address = serve()
    one, two = opened(address), opened(address)
    two.route("**/api/changes*", lambda route: route.abort("connectionrefused"))  # this tab does not hear of it
    choose(one, "ambassador")
    one.keyboard.press("l")
    one.locator(".members li", has_text="three hours").get_by_role("button").click()
    saved(one)
    # It takes the server to be away; that it is back must not hide what it refuses.
    two.wait_for_selector("text=The server is away")
    choose(two, "ambassador")
    two.keyboard.press("e")
    two.keyboard.press("ArrowLeft")
    two.click("#sheet-do")
    two.wait_for_selector("text=Not taken")
    assert actions(corpus) == ["unlink"]
    two.keyboard.press("d")
    assert "was not taken by the server" in two.inner_text("#sheet")


def test_the_rest_is_aligned_again_around_what_was_accepted(serve: Callable[..., str], opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened(serve())
    choose(tab, "ambassador")
    tab.keyboard.press("a")
    saved(tab)
    tab.keyboard.press("d")
    tab.click("#realign")
    saved(tab)
    assert actions(corpus) == ["accept", "realign"]
    assert row(tab, "ambassador").locator(".status").first.inner_text() == "✓ accepted"
    tab.keyboard.press("z")
    saved(tab)
    assert actions(corpus)[-1] == "undo"


def test_a_sentence_of_the_source_finds_its_partner(serve: Callable[..., str], opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened(serve())
    choose(tab, "The harbour will be closed")
    tab.keyboard.press("l")
    tab.locator(".members li").first.get_by_role("button").click()
    saved(tab)
    choose(tab, "thanked the city")
    tab.keyboard.press("o")
    tab.locator(".context .sentence", has_text="The harbour will be closed").click()
    tab.locator(".partners:visible").click()
    tab.fill("#find", "harbour closed friday")
    tab.locator("#candidates li", has_text="Gamma").get_by_role("button").click()
    saved(tab)
    assert actions(corpus) == ["unlink", "link"]
    assert [span["document"] for span in log(corpus)[1]["target"]] == ["alpha"]
    row(tab, "The harbour will be closed").wait_for()


def test_a_page_from_disk_keeps_decisions_and_gives_them_as_a_file(opened: Callable[..., Any], corpus: Path, tmp_path: Path) -> None:
    tab = opened((corpus / "out" / "report.html").as_uri())
    choose(tab, "ambassador")
    tab.keyboard.press("a")
    choose(tab, "thanked the city")
    tab.keyboard.press("x")
    choose(tab, "arrived in Geneva on Wednesday")
    tab.keyboard.press(" ")
    choose(tab, "We agreed on a timetable")
    tab.keyboard.press(" ")
    tab.keyboard.press("m")
    assert "takes effect when the decisions are imported" in tab.inner_text("#toast")
    tab.wait_for_selector("text=merge: after import")
    choose(tab, "ambassador")
    tab.keyboard.press("c")
    tab.keyboard.type("from disk")
    tab.keyboard.press("Control+Enter")
    assert tab.inner_text("#decisions") == "Decisions: 4 to download"
    tab.reload()
    tab.wait_for_selector("html[data-ready]")
    assert row(tab, "ambassador").locator(".status").first.inner_text() == "✓ accepted"
    tab.keyboard.press("d")
    with tab.expect_download() as waiting:
        tab.click("#download")
    waiting.value.save_as(tmp_path / "decisions.jsonl")
    assert tab.inner_text("#decisions") == "Decisions: downloaded"
    lines = [json.loads(line) for line in (tmp_path / "decisions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [each["action"] for each in lines] == ["accept", "reject", "merge", "comment"]
    assert [each["time"] for each in lines] == sorted({each["time"] for each in lines})
    for _ in range(2):  # taken twice, it adds nothing
        align("review", corpus, "--import", tmp_path / "decisions.jsonl")
    assert actions(corpus) == ["accept", "reject", "merge", "comment"]
    table = [json.loads(line) for line in (corpus / "out" / "divergence.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {each["status"] for each in table if "ambassador" in each["text_a"]} == {"accepted"}
    memory = (corpus / "tmx" / "tiny.tmx").read_text(encoding="utf-8")
    assert "<seg>He thanked the city" not in memory
    assert "<seg>He met the ambassador" in memory
    assert "Translated" in memory


def test_a_colleague_goes_on_from_the_file(opened: Callable[..., Any], corpus: Path, tmp_path: Path) -> None:
    address = (corpus / "out" / "report.html").as_uri()
    tab = opened(address)
    choose(tab, "ambassador")
    tab.keyboard.press("a")
    tab.keyboard.press("z")
    tab.keyboard.press("y")
    tab.keyboard.press("d")
    with tab.expect_download() as waiting:
        tab.click("#download")
    waiting.value.save_as(tmp_path / "decisions.jsonl")
    other = opened(address, "two")
    assert other.locator("#table .status").count() == 0
    other.keyboard.press("d")
    other.set_input_files("#decisions-file", tmp_path / "decisions.jsonl")
    other.wait_for_selector("#table .status.accepted")
    assert "Took 3 decisions" in other.inner_text("#toast")


@pytest.mark.parametrize(
    ("format_", "parts"),
    [
        ("markdown", ["> He met the ambassador of Norway for two hours.", "— Alpha, 2026-01-02, <https://alpha.example/one>, characters 45–91"]),
        ("csv", ["unit,outlet,date,url,document,start,end,language,text", ",Alpha,2026-01-02,https://alpha.example/one,alpha,45,91,en,He met"]),
        ("bibtex", ["@misc{alpha2026:45,", "  author = {{Alpha}}", "  url = {https://alpha.example/one}", "characters 45--91"]),
    ],
)
def test_rows_leave_as_quotations(opened: Callable[..., Any], corpus: Path, format_: str, parts: list[str]) -> None:
    tab = opened((corpus / "out" / "report.html").as_uri())
    choose(tab, "ambassador")
    tab.keyboard.press("q")
    tab.check(f"input[value={format_}]")
    with tab.expect_download() as waiting:
        tab.click("#cite-download")
    text = waiting.value.path().read_text(encoding="utf-8")
    for part in parts:
        assert part in text


def test_the_page_hashes_texts_as_the_program_does(browser: Any) -> None:
    """A decision is known again by the hash of its text: any text that a file can hold must give the same."""
    texts = ["", "a", "  two  words\t\n", "Straße 😀 \u3000x\u200b\x1f\x85y", *("x" * size for size in (47, 48, 55, 56, 64)), "é" * 1000, "\x00", "\ufeffq"]
    code = (page.PARTS / "70_spans.js").read_text(encoding="utf-8")
    context = browser.new_context()
    found = context.new_page().evaluate(f"texts => {{ {code}; return texts.map(textHash); }}", texts)
    context.close()
    assert found == [decide.text_hash(each) for each in texts]


def test_keys_rest_while_typing_and_dialogs_give_the_focus_back(opened: Callable[..., Any], corpus: Path) -> None:
    tab = opened((corpus / "out" / "report.html").as_uri())
    choose(tab, "ambassador")
    key = tab.evaluate("document.activeElement.dataset.key")
    tab.keyboard.press("/")
    tab.keyboard.type("axr")
    tab.keyboard.press("Escape")
    tab.fill("#search", "")
    tab.wait_for_timeout(200)
    assert tab.locator("#table .status").count() == 0
    choose(tab, "ambassador")
    tab.keyboard.press("c")
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.activeElement.dataset.key") == key
    tab.keyboard.press("c")
    tab.keyboard.type("a word")
    tab.keyboard.press("Control+Enter")
    assert tab.evaluate("document.activeElement.dataset.key") == key
    tab.keyboard.press("a")
    tab.wait_for_timeout(400)  # the redraw that follows keeps the focus
    assert tab.evaluate("document.activeElement.dataset.key") == key
    assert tab.inner_text("#said").startswith("Accepted unit")
    tab.keyboard.press("n")
    assert tab.evaluate("document.activeElement.dataset.key") != key


def test_the_served_page_is_accessible_while_the_server_is_away(process: Server, opened: Callable[..., Any]) -> None:
    tab = opened(f"{process.address}#size=3")
    choose(tab, "ambassador")
    process.kill()
    tab.keyboard.press("a")
    tab.wait_for_selector("#away .notice")
    assert violations(tab) == []
    tab.keyboard.press("l")
    tab.wait_for_selector("dialog[open]")
    assert violations(tab) == []


def test_a_port_that_is_free_is_found_and_ctrl_c_ends_well(process: Server) -> None:
    with socket.create_connection(("127.0.0.1", process.port)):
        pass
    said = process.stop()
    assert process.process.returncode == 0, said
    assert "Traceback" not in said
