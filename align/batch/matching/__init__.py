"""Which documents of an archive belong together? `match` finds out; called by `align batch match`.

Flow: archive (files and languages) -> profiles (sentence vectors, numbers, length) -> neighbours (candidates) -> evidence (what
speaks for each candidate) -> pairing (probability, one to one) -> groups -> manifest. A document is held in memory by one vector and
a few numbers; the vectors of its sentences lie in a scratch file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["Match", "Matching", "Settings", "match", "write"]

_WHERE = {"Match": "results", "Matching": "results", "Settings": "matcher", "match": "matcher", "write": "manifest"}

if TYPE_CHECKING:
    from .manifest import write
    from .matcher import Settings, match
    from .results import Match, Matching


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
