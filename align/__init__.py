"""Align renditions of one text, hold them against an offline back-translation, and export what was found.

Importing this package loads nothing; every public name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["AlignError", "__version__", "bitext", "read_tmx", "run", "score", "write_tmx"]

_WHERE = {"AlignError": "errors", "bitext": "api", "read_tmx": "tmx", "run": "api", "score": "api", "write_tmx": "tmx"}

if TYPE_CHECKING:
    from .api import bitext, run
    from .errors import AlignError


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"align.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'align' has no attribute {name!r}")
