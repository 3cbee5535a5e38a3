"""Runs a manifest through an engine: what is next, what came back, what to do when a worker is lost.

Three rounds, each of tasks that do not depend on one another but for what follows from their outcomes: old parts that no longer
fit are taken apart; parts are checked, their pairs aligned, the parts put together; memories are made. A task whose worker died is
tried once more at the end of its round, alone; a pair that is lost again is reported, anything else stops the run.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import AlignError, UsageError
from ..registry import required
from .engines import Engine, open_engine
from .manifest import Item, Manifest, read_manifest
from .memories import remove_others
from .parts import Places, ids_digest, parts_there, read_head
from .progress import Log, Meter, State
from .tasks import Align, Assemble, Check, Failure, Job, Memorise, Outcome, Settings, Task, Unpack, fingerprint

PART_PAIRS = 200
POLL = 0.5  # seconds
LOST = "its worker died twice while it worked on this pair (out of memory, or killed)"
LOST_IN_A_ROW = 8


@dataclass(frozen=True, slots=True)
class Result:
    """Where a run wrote, what it counted (also in `summary.json`), and how many pairs failed (`failed.jsonl` says why)."""

    out: Path
    summary: dict[str, Any]
    failed: int
    notes: tuple[str, ...]


def run(
    manifest: str | Path,
    out: str | Path,
    *,
    engine: str = "local",
    address: str = "",
    workers: int = 0,
    settings: Settings | None = None,
    part_pairs: int = PART_PAIRS,
    pattern: str = "",
    source_language: str = "",
    target_language: str = "",
    force: bool = False,
    watch: Callable[[State], None] = lambda state: None,
) -> Result:
    """Work through a manifest, or a folder of files that fit `pattern`; as `align batch run`.

    Goes on where an earlier run in the same folder stopped. `watch` hears the state about once a second. Raises InputError for a
    wrong manifest, OutputError when the disk is full; what was finished is kept.
    """
    required("pyarrow", "batch")
    pairs = read_manifest(Path(manifest), pattern=pattern, source_language=source_language, target_language=target_language)
    return run_manifest(pairs, Path(out), engine, address, workers, settings or Settings(), part_pairs, force, watch)


def run_manifest(
    manifest: Manifest, out: Path, engine: str, address: str, workers: int, settings: Settings, part_pairs: int, force: bool, watch: Callable[[State], None]
) -> Result:
    """The same for a manifest that was read."""
    from .finish import finish

    places = Places(out.resolve())
    languages = tuple(sorted({(item.source_language, item.target_language) for item in manifest.items}))
    job = Job(manifest.folder.resolve(), places.out, settings, languages, fingerprint(settings, languages))
    with Alone(places):
        if force:
            shutil.rmtree(places.work / "parts", ignore_errors=True)
            shutil.rmtree(places.work / "pairs", ignore_errors=True)
        _sweep(places)
        log = Log(places.out / "events.jsonl")
        opened: Engine | None = None
        meter = Meter(places, State("running", engine, workers, len(manifest.items)), watch)
        try:
            opened = open_engine(engine, job, workers, address)
            meter.state = replace(meter.state, workers=opened.workers)
            log("started", engine=engine, workers=opened.workers, pairs=len(manifest.items), manifest=str(manifest.folder), fingerprint=job.fingerprint[:16])
            counts = _Run(manifest, places, opened, log, meter, part_pairs).work()
            opened.close()
            meter.show(stage="report")
            summary = finish(places, counts, manifest, meter.state)
            shutil.rmtree(places.work / "pairs", ignore_errors=True)
            log("finished", done=meter.state.done, failed=meter.state.failed, seconds=meter.state.seconds)
            meter.show(final="finished")
        except BaseException as error:
            stopped = "interrupted" if isinstance(error, KeyboardInterrupt) else "stopped"
            with suppress(AlignError):
                log("stopped", reason=stopped if isinstance(error, KeyboardInterrupt) else str(error))
                meter.show(final=stopped, message="" if isinstance(error, KeyboardInterrupt) else str(error))
            raise
        finally:
            if opened is not None:
                opened.close()
            log.close()
    return Result(places.out, summary, meter.state.failed, manifest.notes)


class Alone:
    """Two runs never work in one folder. The lock goes with the process, however that ends."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def __enter__(self) -> None:
        import sqlite3

        from ..store import output_error

        path = self._places.work / "lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(path, error) from error
        # An exclusive transaction is a lock that every system has and that needs no cleaning up.
        self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise UsageError(f"another run works in {self._places.out}", hint="wait for it (`align batch status`), or choose another --out") from error

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _sweep(places: Places) -> None:
    """Remove what a killed run left half written."""
    for folder in ("beads", "divergence", "tmx", ".work"):
        for path in (places.out / folder).glob("**/.*.part"):
            path.unlink(missing_ok=True)
    for path in places.work.glob("units-*"):
        shutil.rmtree(path, ignore_errors=True)


@dataclass(slots=True)
class _Part:
    """A part that is under way: the keys of its pairs, how many are out, and the failures that may pass."""

    items: tuple[Item, ...]
    keys: tuple[str, ...] = ()
    out: int = 0
    failures: dict[str, Failure] = field(default_factory=dict)


class _Run:
    """The state of a run; `work` does it."""

    def __init__(self, manifest: Manifest, places: Places, engine: Engine, log: Log, meter: Meter, part_pairs: int) -> None:
        items = manifest.items
        self.parts = [items[start : start + part_pairs] for start in range(0, len(items), part_pairs)]
        self.places, self.engine, self.log, self.meter = places, engine, log, meter
        self.open: dict[int, _Part] = {}
        self.counts: dict[int, dict[str, Any]] = {}
        self.memories: dict[str, dict[str, Any]] = {}
        self.follow: deque[Task] = deque()  # what follows from outcomes; it goes before new parts
        self.suspects: deque[Task] = deque()  # tasks whose worker died
        self.tried: set[Task] = set()
        self.flying: set[Task] = set()
        self.lost_in_a_row = 0

    def work(self) -> dict[str, Any]:
        """Everything but the closing files; gives the counts of parts and memories."""
        self._round(self._unfitting(), "take old parts apart")
        self._round((Check(number, items) for number, items in enumerate(self.parts)), "align")
        names = sorted({path.name for path in (self.places.work / "units").glob("*") if any(path.iterdir())})
        self._round((Memorise(name, len(self.parts)) for name in names), "memories")
        remove_others(self.places, names)
        return {"parts": [self.counts[number] for number in range(len(self.parts))], "memories": self.memories}

    def _unfitting(self) -> Iterator[Task]:
        """Parts that hold other pairs than the manifest has at their place."""
        wanted = [ids_digest(item.id for item in items) for items in self.parts]
        for part in parts_there(self.places):
            head = read_head(self.places, part)
            if head is None or part >= len(wanted) or head["ids"] != wanted[part]:
                yield Unpack(part)

    def _round(self, source: Iterable[Task], stage: str) -> None:
        """Give out tasks until there are none: those of `source`, those that follow, and last, one by one, those that lost a worker."""
        tasks, task = iter(source), None
        while True:
            while (task := task or self._next(tasks)) is not None and self.engine.idle():
                self.flying.add(task)
                self.engine.give(task)
                task = None
            if task is None and not self.flying:
                return
            for done, outcome in self.engine.take(POLL):
                self.flying.discard(done)
                if outcome is None:
                    self._lost(done)
                else:
                    self.lost_in_a_row = 0
                    self._done(done, outcome)
            self.meter.show(stage=stage)

    def _next(self, tasks: Iterator[Task]) -> Task | None:
        if self.flying & self.tried:
            return None  # a suspect works alone
        task = self.follow.popleft() if self.follow else next(tasks, None)
        if task is None and self.suspects and not self.flying:
            task = self.suspects.popleft()
            self.tried.add(task)
        return task

    def _lost(self, task: Task) -> None:
        self.lost_in_a_row += 1
        self.meter.add(lost=1)
        self.log("lost", task=type(task).__name__, part=getattr(task, "part", None), id=task.item.id if isinstance(task, Align) else None)
        if self.lost_in_a_row > max(LOST_IN_A_ROW, 3 * self.engine.workers):
            raise AlignError(f"{self.lost_in_a_row} workers died one after the other", hint="is there enough memory? Try fewer --workers")
        if task not in self.tried:
            self.suspects.append(task)
        elif isinstance(task, Align):
            self._failed(task, Failure(task.item.id, f"{task.item.source}, {task.item.target}", LOST, settled=False), "")
        else:
            raise AlignError(f"the worker died twice at {task!r:.60}", place=str(self.places.work), hint="is there enough memory? What was finished is kept")

    def _done(self, task: Task, outcome: Outcome) -> None:
        if outcome.fatal is not None:
            message, place, hint = outcome.fatal
            if outcome.trace:
                self.log("trace", text=outcome.trace)
            raise AlignError(message, place=place, hint=hint)
        if isinstance(task, Check):
            self._checked(task, outcome.value)
        elif isinstance(task, Align):
            self._aligned(task, outcome)
        elif isinstance(task, Assemble):
            self.counts[task.part] = outcome.value["counts"]
            self.log("part", part=task.part, pairs=len(task.items), failed=outcome.value["counts"]["all"].get("failed", 0))
        elif isinstance(task, Memorise):
            self.memories[task.languages] = outcome.value
            self.log("memory", languages=task.languages, units=outcome.value["units"], duplicates=outcome.value["duplicates"])

    def _checked(self, task: Check, value: dict[str, Any]) -> None:
        if "kept" in value:
            self.counts[task.part] = value["kept"]
            failed = value["kept"]["all"].get("failed", 0)
            self.meter.add(kept=len(task.items) - failed)
            self.meter.add(failed=failed)
            self.log("kept", part=task.part, pairs=len(task.items))
            return
        missing = [place for place, found in enumerate(value["there"]) if not found]
        self.open[task.part] = _Part(task.items, value["keys"], len(missing))
        self.meter.add(kept=value["there"].count("done"))
        self.meter.add(failed=value["there"].count("failed"))
        self.follow.extend(Align(task.part, place, task.items[place], value["keys"][place]) for place in missing)
        self._assemble_if_ready(task.part)

    def _aligned(self, task: Align, outcome: Outcome) -> None:
        if outcome.failure is not None:
            self._failed(task, outcome.failure, outcome.trace)
            return
        counts = outcome.value["counts"]
        segments = counts["source_segments"] + counts["target_segments"]
        self.meter.add(done=1, segments=segments)
        self.log("pair", id=task.item.id, segments=segments, seconds=outcome.value["seconds"], stages=outcome.value["stages"], worker=outcome.worker)
        self._finished(task)

    def _failed(self, task: Align, failure: Failure, trace: str) -> None:
        self.meter.add(failed=1)
        self.log("failed", id=failure.id, file=failure.file, reason=failure.reason, **({"trace": trace} if trace else {}))
        if not failure.settled:
            self.open[task.part].failures[failure.id] = failure
        self._finished(task)

    def _finished(self, task: Align) -> None:
        self.open[task.part].out -= 1
        self._assemble_if_ready(task.part)

    def _assemble_if_ready(self, number: int) -> None:
        part = self.open[number]
        if part.out == 0:
            del self.open[number]
            failures = tuple(part.failures[item.id] for item in part.items if item.id in part.failures)
            self.follow.appendleft(Assemble(number, part.items, part.keys, failures))
