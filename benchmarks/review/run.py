"""How fast the review page opens, filters, searches and decides in Chromium, from disk and with a server behind it.

The rows are those of the gold of the shipped corpus, repeated until there are enough, each text made unlike the others.
Prints a table: wall seconds, and CPU seconds of the page's main thread (what a busy machine does not change).

    python benchmarks/review/run.py [--rows 10000 100000] [--served]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "real")]

from browsers import ARGUMENTS, CHROMIUM, MISSING  # noqa: E402
from test_page_browser import gold  # noqa: E402

from align import page  # noqa: E402
from align.corpus import Bead, Member  # noqa: E402
from align.review.desk import Desk  # noqa: E402
from align.review.server import application, listening  # noqa: E402


class Copies:
    """A session of `count` rows that takes decisions in memory: what is measured is the page and its server."""

    def __init__(self, count: int) -> None:
        rows, _, documents, self.segments = gold()
        self.documents, self.reviewer, self.out, self.log = documents, "anna", Path(), []
        self.rows: list[dict[str, Any]] = []
        for number in range(-(-count // len(rows))):
            self.rows += [{**row, "bead": f"{number}-{row['bead']}", "text_a": f"{row['text_a']} {number}"} for row in rows]
        del self.rows[count:]
        members = [
            (row["bead"], *(Member(row[f"document_id_{side}"], row[f"start_{side}"], row[f"end_{side}"], row[f"text_{side}"], ()) for side in "ab"))
            for row in self.rows
        ]
        self.beads = [Bead(name, (a, b), 0.9) for name, a, b in members]
        self.by_bead = {row["bead"]: row for row in self.rows}

    def state(self) -> dict[str, Any]:
        parts = {"title": "copies", "rows": self.rows, "beads": self.beads, "documents": self.documents, "segments": self.segments, "summary": {}, "run": {}}
        return parts | {"sequence": len(self.log), "reviewer": self.reviewer, "decisions": self.log, "orphans": []}

    def decide(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        self.log += [{**record, "reviewer": self.reviewer, "time": str(len(self.log))} for record in records]
        self.rows[0]["status"] = "accepted"
        return self.since(len(self.log) - len(records))

    def since(self, sequence: int) -> dict[str, Any]:
        fresh = self.log[sequence:]
        return {"sequence": len(self.log), "decisions": fresh, "removed": [], "beads": [], "rows": self.rows[:1] if fresh else [], "orphans": []}


def spent(client: Any) -> float:
    """CPU seconds that the page's main thread has used."""
    metrics = {each["name"]: each["value"] for each in client.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def measure(browser: Any, address: str) -> list[tuple[str, float, float]]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(300_000)
    client = context.new_cdp_session(tab)
    client.send("Performance.enable", {"timeDomain": "threadTicks"})
    found = []

    def timed(name: str, work: str, done: str) -> None:
        before, start = spent(client), time.perf_counter()
        tab.evaluate(work)
        while not tab.evaluate(done):
            time.sleep(0.02)
        tab.evaluate("document.body.offsetHeight")
        found.append((name, time.perf_counter() - start, spent(client) - before))

    before, start = spent(client), time.perf_counter()
    tab.goto(address, wait_until="commit")
    tab.wait_for_selector("html[data-ready]", state="attached")
    tab.wait_for_selector("#table tr.item")
    found.append(("open", time.perf_counter() - start, spent(client) - before))
    chips = "document.querySelectorAll('#chips button').length"
    idle = "!document.querySelector('#table').hasAttribute('aria-busy')"
    clear = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '0', bubbles: true}))"
    timed("filter", "document.querySelector('[data-focus=\"facet:grade:1\"]').click()", f"{chips} === 1 && {idle}")
    timed("second filter", "document.querySelector('[data-focus=\"facet:kind:omission\"]').click()", f"{chips} === 2 && {idle}")
    timed("clear", clear, f"{chips} === 0 && {idle}")
    timed(
        "sort",
        "(s => { s.value = '-similarity'; s.dispatchEvent(new Event('change')); })(document.getElementById('sort'))",
        f"{idle} && location.hash.includes('similarity')",
    )
    search = "(s => {{ s.value = '{}'; s.dispatchEvent(new Event('input')); }})(document.getElementById('search'))"
    timed("first search", search.format("sanctions 12"), f"document.querySelectorAll('mark.hit').length > 0 && {idle}")
    timed(
        "next search",
        search.format("wednesday 7"),
        f"[...document.querySelectorAll('mark.hit')].some(each => each.textContent.toLowerCase() === 'wednesday') && {idle}",
    )
    timed("side by side", "document.getElementById('view-units').click()", f"document.querySelector('table.units') && {idle}")
    timed("decide", "document.querySelector('#table [data-act=accept]').click()", "document.querySelector('#table .status.accepted')")
    context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--served", action="store_true", help="only with a server behind the page")
    given = parser.parse_args()
    if MISSING:
        sys.exit(f"no browser to measure in: {' && '.join(MISSING)}")
    import uvicorn
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        print(f"{'rows':>8}  {'page':<8}{'':<16}{'wall s':>8}{'CPU s':>8}")
        for count in given.rows:
            session = Copies(count)
            addresses = []
            if not given.served:
                path = Path(folder) / f"{count}.html"
                start = time.process_time()
                parts = [session.state()[name] for name in ("title", "rows", "beads", "documents", "segments", "summary", "run")]
                path.write_text(page.render(*parts), encoding="utf-8")
                print(f"{count:>8}  {'disk':<8}{'written':<16}{'':>8}{time.process_time() - start:>8.2f}   {path.stat().st_size / 1e6:.0f} MB")
                addresses.append(("disk", path.as_uri()))
            start = time.process_time()
            desk = Desk(session)
            desk.document()
            print(f"{count:>8}  {'served':<8}{'written':<16}{'':>8}{time.process_time() - start:>8.2f}", flush=True)
            session.decide([{"action": "accept", "target": [], "payload": {}}])
            start = time.process_time()
            desk.document()
            print(f"{count:>8}  {'served':<8}{'written again':<16}{'':>8}{time.process_time() - start:>8.2f}", flush=True)
            with listening("127.0.0.1", 0) as listener:
                port = int(listener.getsockname()[1])
                server = uvicorn.Server(uvicorn.Config(application(session, "t" * 40, port), log_level="warning", lifespan="off"))
                thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
                thread.start()
                addresses.append(("served", f"http://127.0.0.1:{port}/?token={'t' * 40}"))
                for kind, address in addresses:
                    for name, wall, cpu in measure(browser, address):
                        print(f"{count:>8}  {kind:<8}{name:<16}{wall:>8.2f}{cpu:>8.2f}", flush=True)
                server.should_exit = True
                thread.join()
        browser.close()


if __name__ == "__main__":
    main()
