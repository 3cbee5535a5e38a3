"""An engine gives tasks to workers and says what came of them. Here: what an engine is, and the one of this machine.

The local engine: one process a worker, started afresh (spawn), one task at a time each, so no more is under way than there
are workers. A process that dies gives its task back as lost and is replaced.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from typing import Any, Protocol

from ..errors import UsageError
from .tasks import Came, Job, Task
from .worker import ENVIRONMENT, Worker

ENGINES = ("local", "ray")


class Engine(Protocol):
    """`workers` is how many there should be; `idle` how many could take a task now."""

    name: str
    workers: int

    def idle(self) -> int: ...

    def give(self, task: Task) -> None:
        """Hand a task to an idle worker."""
        ...

    def take(self, seconds: float) -> Came:
        """What is done, waiting no longer than that for the first; None instead of an outcome: its worker was lost."""
        ...

    def close(self) -> None:
        """Stop the workers, whatever they are at."""
        ...


def open_engine(name: str, job: Job, workers: int, address: str) -> Engine:
    """The engine of that name. `workers` 0 is one a core.

    Raises UsageError for a name that is none, MissingPluginError when Ray is not installed.
    """
    if name == "ray":
        from .cluster import RayEngine

        return RayEngine(job, workers, address)
    if name != "local":
        raise UsageError(f"there is no engine {name!r}", hint=f"known: {', '.join(ENGINES)}")
    if address:
        raise UsageError("--address is for a cluster", hint="add --engine ray")
    return LocalEngine(job, workers)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(slots=True)
class _Hand:
    """A process with the pipe to it and the task that it has."""

    process: Any
    pipe: connection.Connection
    task: Task | None = None


class LocalEngine:
    """Processes of this machine."""

    name = "local"

    def __init__(self, job: Job, workers: int = 0, start: Callable[..., None] | None = None) -> None:
        self.workers = workers or cores()
        self._job, self._start = job, start or _serve
        self._context = get_context("spawn")
        self._hands: list[_Hand] = []

    def idle(self) -> int:
        return self.workers - sum(hand.task is not None for hand in self._hands)

    def give(self, task: Task) -> None:
        hand = next((hand for hand in self._hands if hand.task is None), None)
        while hand is not None and not hand.process.is_alive():
            self._hands.remove(hand)  # it died while it had nothing to do: nothing is lost
            hand = next((hand for hand in self._hands if hand.task is None), None)
        if hand is None:
            hand = self._hire()
        hand.task = task
        with suppress(OSError):  # where it died a moment ago, `take` finds out
            hand.pipe.send(task)

    def _hire(self) -> _Hand:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=self._start, args=(theirs, self._job), daemon=True)
        process.start()
        theirs.close()
        hand = _Hand(process, ours)
        self._hands.append(hand)
        return hand

    def take(self, seconds: float) -> Came:
        came: Came = []
        busy = {hand.pipe: hand for hand in self._hands if hand.task is not None}
        for pipe in connection.wait(list(busy), seconds):
            hand = busy[pipe]  # type: ignore[index]
            task, outcome = hand.task, None
            assert task is not None
            try:
                outcome = hand.pipe.recv()
            except (EOFError, OSError):
                self._hands.remove(hand)
                hand.pipe.close()
                hand.process.join()
            hand.task = None
            came.append((task, outcome))
        return came

    def close(self) -> None:
        for hand in self._hands:
            hand.process.kill()
        for hand in self._hands:
            hand.process.join()
            hand.pipe.close()
        self._hands = []


def _serve(pipe: connection.Connection, job: Job) -> None:
    """The life of a worker process: it ends when the pipe does, or at once when the driver dies."""
    os.environ.update(ENVIRONMENT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, which stops us
    if (parent := parent_process()) is not None:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()
    worker = Worker(job)
    while True:
        try:
            pipe.send(worker.perform(pipe.recv()))
        except (EOFError, OSError):
            return


def _die_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
