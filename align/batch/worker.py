"""What runs in a worker process or a Ray actor: takes tasks, gives outcomes, keeps its models loaded.

A worker never raises: what goes wrong with a pair is that pair's failure, what would go wrong with every pair stops the run.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

from ..errors import AlignError, MissingPluginError, OutputError, UsageError
from .manifest import Item
from .tasks import Align, Assemble, Check, Failure, Job, Memorise, Outcome, Task, Unpack, fingerprint

if TYPE_CHECKING:
    from ..backtranslate import Opened
    from ..embed import Vectors
    from ..registry import Encoder

# One thread a worker: the workers are as many as the cores.
ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARGOS_INTER_THREADS"), "1")
FORGET = 100  # pairs after which what modules remember of words is forgotten
HOPELESS = (OutputError, MissingPluginError, UsageError)


class Worker:
    """`perform` does one task. Made in the process where it works; the models are loaded when a pair first needs them."""

    def __init__(self, job: Job) -> None:
        from .parts import Places

        self.job, self.places = job, Places(job.out)
        self.name = f"{platform.node()}:{os.getpid()}"
        self._encoders: dict[str, Encoder] = {}
        self._opened: Opened = {}
        self._same: bool | None = None
        self._pairs = 0

    def ready(self) -> str:
        return self.name

    def perform(self, task: Task) -> Outcome:
        """Do a task; what goes wrong is part of the outcome."""
        try:
            self._check_program()
            return self._align(task) if isinstance(task, Align) else Outcome(self.name, self._other(task))
        except HOPELESS as error:
            return Outcome(self.name, fatal=(error.message, error.place, error.hint))
        except AlignError as error:
            return Outcome(self.name, fatal=(error.message, error.place, error.hint), trace=traceback.format_exc())
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            return Outcome(self.name, fatal=(f"{_what(task)} failed ({words})", str(self.places.work), "run again with --force"), trace=traceback.format_exc())

    def _check_program(self) -> None:
        """Another version here than where the run was started would give other results, and other folders none."""
        if self._same is None:
            self._same = fingerprint(self.job.settings, self.job.languages) == self.job.fingerprint
        if not self._same:
            raise UsageError(
                f"the worker on {platform.node()} has another version of align, of its models or of its settings than the machine that started the run",
                hint="install the same on all machines",
            )
        for folder in (self.job.folder, self.places.work):
            if not folder.is_dir():
                raise UsageError(f"the folder {folder} is not there on {platform.node()}", hint="all machines need inputs and results under the same path")

    def _other(self, task: Unpack | Check | Assemble | Memorise) -> Any:
        from . import memories, parts

        if isinstance(task, Unpack):
            return parts.unpack(self.places, task.part)
        if isinstance(task, Assemble):
            record = parts.assemble(self.places, task)
            return {"counts": record["counts"]}
        if isinstance(task, Memorise):
            return memories.memorise(self.places, task.languages, task.parts)
        return self._check(task)

    def key(self, item: Item) -> str:
        """A digest of everything that a pair's result depends on."""
        from ..store import digest, file_digest

        names = (item.id, item.source, item.target, item.source_language, item.target_language)
        return digest(self.job.fingerprint, *names, *(file_digest(self.job.folder / name) for name in (item.source, item.target)))

    def _check(self, task: Check) -> dict[str, Any]:
        """`kept`: the part's counts, when it is as it was left; else `keys`, and what there is for each (`there`: "", done or failed)."""
        from ..store import digest
        from . import parts

        keys = tuple(self.key(item) for item in task.items)
        head = parts.read_head(self.places, task.part)
        if head is not None and head["keys"] == digest(*keys) and head["settled"] and parts.intact(self.places, head):
            return {"kept": parts.read_record(self.places, task.part)["counts"], "keys": keys}
        if head is not None and parts.intact(self.places, head):
            parts.unpack(self.places, task.part)
        parts.remove_part(self.places, task.part)
        return {"keys": keys, "there": tuple(parts.found(self.places, key) for key in keys)}

    def _align(self, task: Align) -> Outcome:
        from . import parts
        from .pairwork import Clock, work

        self._pairs += 1
        if self._pairs % FORGET == 0:
            forget()
        item, clock, began = task.item, Clock(), time.perf_counter()
        last: dict[str, Any] = {}

        def lines() -> Any:
            try:
                for kind, value in work(item, self.job.folder, self.job.settings, lambda: self._vectors(item, clock), self._opened, clock):
                    if kind == "end":
                        last.update(value)
                    yield kind, value
            except OSError as error:
                # Raised here it is the pair's; raised by the file that the lines go to it would be the disk's, and every pair's.
                raise RuntimeError(str(error)) from error

        try:
            parts.write_result(self.places, task.key, lines())
        except HOPELESS:
            raise
        except AlignError as error:
            file = error.place or f"{item.source}, {item.target}"
            failure = Failure(item.id, file, f"{error.message}; {error.hint}" if error.hint else error.message)
            parts.write_result(self.places, task.key, [("failure", _plain(failure))])
            return Outcome(self.name, failure=failure)
        except MemoryError:
            return Outcome(self.name, failure=_passing(item, "out of memory: give the workers more, or lower --max-segments"), trace=traceback.format_exc())
        except Exception as error:
            failure = _passing(item, f"unexpected {type(error).__name__}: {error}")
            return Outcome(self.name, failure=failure, trace=traceback.format_exc())
        seconds = {stage: round(value, 4) for stage, value in clock.seconds.items()}
        return Outcome(self.name, {"counts": last["counts"], "seconds": round(time.perf_counter() - began, 4), "stages": seconds})

    def _vectors(self, item: Item, clock: Any) -> Vectors:
        """New vectors a document: what `align bitext` would encode together is encoded together, and nothing is kept afterwards."""
        from ..embed import Vectors, choose_encoder, encoder_signature
        from ..registry import load
        from .pairwork import Timed

        name, doubt = choose_encoder(self.job.settings.encoder, (item.source_language, item.target_language))

        def make() -> Any:
            with clock("encode"):
                if name not in self._encoders:
                    self._encoders[name] = load("encoders", name)()
            return Timed(self._encoders[name], clock)

        return Vectors(make, encoder_signature(name), None, doubt)


def forget() -> None:
    """Empty the bounded caches of this program's modules: over an archive they fill up with all its words, a hundred megabytes and more."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "align":
            for value in list(vars(module).values()):
                if isinstance(value, functools._lru_cache_wrapper) and value.cache_parameters()["maxsize"] is not None:
                    value.cache_clear()


def _plain(failure: Failure) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(failure)


def _passing(item: Item, reason: str) -> Failure:
    return Failure(item.id, f"{item.source}, {item.target}", reason, settled=False)


def _what(task: Task) -> str:
    if isinstance(task, Align):
        return f"the pair {task.item.id}"
    return f"the memory {task.languages}" if isinstance(task, Memorise) else f"part {task.part}"
