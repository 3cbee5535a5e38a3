"""Align renditions of one text, hold them against an offline back-translation, and export what was found.

Importing this package loads nothing; every public name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE: dict[str, str] = {}

__all__ = ["__version__", *_WHERE]

if TYPE_CHECKING:
    pass


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"align.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'align' has no attribute {name!r}")
