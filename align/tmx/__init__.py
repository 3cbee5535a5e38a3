"""Translation memories (TMX): written for every CAT tool, read from any, checked, merged, split, converted.

`write_tmx` and `read_tmx` stream `Unit`s; everything else here is built on the two.
"""

from __future__ import annotations

from .model import Header, Loss, Memory, Unit, Variant
from .reader import open_tmx, read_tmx
from .writer import write_tmx

__all__ = ["Header", "Loss", "Memory", "Unit", "Variant", "open_tmx", "read_tmx", "write_tmx"]
