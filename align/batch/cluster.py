"""The engine `ray`: one actor a worker, on this machine or on a cluster that is there already.

Inputs and results lie in folders that every machine of the cluster sees under the same path: an actor gets a task, never a
text, and gives counts back. Actors keep their models loaded and have one task at a time. One that dies, alone or with its
machine, gives its task back as lost and is started again wherever there is room.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from ..errors import AlignError
from ..registry import required
from .tasks import Came, Job, Task
from .worker import ENVIRONMENT, Worker

KNOCK = 10.0  # seconds until a cluster that does not answer counts as absent


class RayEngine:
    """Actors of a Ray cluster: of the one at `address` ("auto": the one that this machine belongs to), else of one started here."""

    name = "ray"

    def __init__(self, job: Job, workers: int = 0, address: str = "") -> None:
        # Nothing goes over the network unless the user says so: Ray would report its use.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        ray = required("ray", "cluster")
        self._ray = ray
        self._own = not ray.is_initialized()
        if self._own:
            _knock(address)
            where: dict[str, Any] = {"address": address} if address else {"address": "local", "num_cpus": workers or None, "include_dashboard": False}
            try:
                ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
            except (ConnectionError, OSError, ValueError, RuntimeError) as error:
                raise _unreachable(address, error) from error
        self.workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._job = ray.put(job)
        self._class = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0, runtime_env={"env_vars": dict(ENVIRONMENT)})(Worker)
        self._starting: dict[Any, Any] = {}  # what `ready` will answer -> actor
        self._idle: list[Any] = []
        self._failed_starts = 0
        self._busy: dict[Any, tuple[Any, Task]] = {}  # what the task will answer -> actor, task
        for _ in range(self.workers):
            self._hire()

    def _hire(self) -> None:
        actor = self._class.remote(self._job)
        self._starting[actor.ready.remote()] = actor

    def idle(self) -> int:
        return len(self._idle)

    def give(self, task: Task) -> None:
        actor = self._idle.pop()
        self._busy[actor.perform.remote(task)] = actor, task

    def take(self, seconds: float) -> Came:
        waiting = [*self._busy, *self._starting]
        if not waiting:
            return []
        ready, _ = self._ray.wait(waiting, num_returns=1, timeout=seconds)
        if ready and len(waiting) > 1:
            ready, _ = self._ray.wait(waiting, num_returns=len(waiting), timeout=0)
        return [came for answer in ready for came in self._answered(answer)]

    def _answered(self, answer: Any) -> Came:
        actor, task = self._busy.pop(answer, (self._starting.pop(answer, None), None))
        try:
            outcome = self._ray.get(answer)
        except (self._ray.exceptions.RayActorError, self._ray.exceptions.RayTaskError, self._ray.exceptions.RaySystemError) as error:
            self._hire()
            return [(task, None)] if task is not None else self._unborn(error)
        self._failed_starts = 0
        self._idle.append(actor)
        return [(task, outcome)] if task is not None else []

    def _unborn(self, error: Exception) -> Came:
        """An actor did not come to life: its machine went away, or (again and again) align is not installed there."""
        self._failed_starts += 1
        if self._failed_starts > 3 * self.workers:
            words = " ".join(str(error).split())[:300]
            raise AlignError(f"no worker can start on the cluster ({words})", hint="align must be installed, as it is here, on every machine")
        return []

    def close(self) -> None:
        for actor in [*self._starting.values(), *self._idle, *(actor for actor, _ in self._busy.values())]:
            self._ray.kill(actor)
        self._starting, self._idle, self._busy = {}, [], {}
        if self._own:
            self._ray.shutdown()


def _knock(address: str) -> None:
    """Is anybody there? Ray itself would ask for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if port.isdecimal():
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK).close()
        except (OSError, OverflowError) as error:
            raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> Exception:
    words = " ".join(str(error).split())[:300]
    if address:
        return AlignError(f"there is no Ray cluster at {address!r} ({words})", hint="start one with `ray start --head`, or leave --address away")
    return AlignError(f"Ray does not start here ({words})", hint="--engine local needs no Ray")
