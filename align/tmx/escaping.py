"""Text to XML: character data, attribute values, and the characters that XML 1.0 cannot hold (section 2.2).

Used by everything in this folder that writes XML.
"""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})

has_forbidden = _FORBIDDEN.search


def escape(text: str) -> str:
    """Character data. A carriage return is written as a reference, as XML would read it back as a line feed."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;") if "\r" in text else text


def attribute(value: str) -> str:
    """The value of an attribute, ready to stand between double quotation marks."""
    return value.translate(_IN_ATTRIBUTE)


def replace_forbidden(text: str) -> tuple[str, int]:
    """Characters that XML 1.0 cannot hold (controls, lone surrogates, U+FFFE, U+FFFF) become spaces; with their number."""
    return _FORBIDDEN.subn(" ", text)
