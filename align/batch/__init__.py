"""Many document pairs: the same pipeline over a manifest, on one machine or on a Ray cluster; as `align batch`.

`run` works through a manifest, `status` says how far a run is; nothing here prints. A run is a driver that hands tasks to
an engine (`engines`: processes of this machine; `cluster`: Ray actors). Everything that takes time happens in the workers:
they hash the inputs, align, and write the parts; the driver only decides what comes next, so it never holds a text.

Flow: manifest -> driver -> engine -> worker -> pairwork (the pipeline's stages) -> parts -> memories -> report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["Result", "Settings", "run", "status"]

_WHERE = {"Result": "driver", "Settings": "tasks", "run": "driver", "status": "progress"}

if TYPE_CHECKING:
    from .driver import Result, run
    from .progress import status
    from .tasks import Settings


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        from importlib import import_module

        return getattr(import_module(f"align.batch.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'align.batch' has no attribute {name!r}")
