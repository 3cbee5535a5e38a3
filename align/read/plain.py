"""Bytes to text: encodings, and files that are no text at all. Every format of this package begins here."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

MAX_TEXT_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of a file, and what the file says about itself. `part` tells texts of one file apart (the language in a TMX)."""

    text: str
    warnings: tuple[str, ...] = ()
    outlet: str = ""
    date: str = ""
    url: str = ""
    part: str = ""


# How files that hold no plain text begin, what they are, and what to do about it.
_CONVERT = "save it as plain text (UTF-8), HTML or DOCX"
MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF", "convert it first, for example: pdftotext -layout -nopgbrk FILE.pdf FILE.txt"),
    (b"PK\x03\x04", "a zip archive (or an office document other than DOCX)", f"unpack it, or {_CONVERT}"),
    (b"PK\x05\x06", "an empty zip archive", _CONVERT),
    (b"\xd0\xcf\x11\xe0", "an old Office document", "save it as DOCX or plain text, for example: soffice --convert-to docx FILE"),
    (b"{\\rtf", "an RTF document", "save it as DOCX or plain text, for example: soffice --convert-to docx FILE"),
    (b"\x89PNG", "a PNG image", "an image holds no text: it needs text recognition first"),
    (b"\xff\xd8\xff", "a JPEG image", "an image holds no text: it needs text recognition first"),
    (b"GIF8", "a GIF image", "an image holds no text: it needs text recognition first"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first: gunzip FILE"),
    (b"BZh", "a bzip2 archive", "unpack it first: bunzip2 FILE"),
    (b"\xfd7zXZ", "an xz archive", "unpack it first: unxz FILE"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first"),
    (b"\x7fELF", "a program", _CONVERT),
    (b"SQLite format 3", "a database", "export the texts first"),
)

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# The encodings of old files by language: the guess is made among these, for a guess among all is often wrong on short texts.
_CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "mac_cyrillic")
_CENTRAL = ("cp1250", "iso8859_2")
_WESTERN = ("cp1252", "iso8859_15", "mac_roman")
ENCODINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk"), _CYRILLIC),
    **dict.fromkeys(("cs", "sk", "pl", "hu", "sl", "hr", "bs", "ro", "sq"), _CENTRAL),
    **dict.fromkeys(("en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "nb", "nn", "fi", "is", "ca", "gl", "ga"), _WESTERN),
    **dict.fromkeys(("lt", "lv", "et"), ("cp1257", "iso8859_13")),
    "sr": (*_CYRILLIC, *_CENTRAL),
    "tr": ("cp1254",),
    "el": ("cp1253", "iso8859_7"),
    "he": ("cp1255",),
    "ar": ("cp1256", "iso8859_6"),
    "fa": ("cp1256",),
    "zh": ("gb18030", "big5hkscs"),
    "ja": ("cp932", "euc_jp", "iso2022_jp"),
    "ko": ("cp949",),
    "th": ("cp874",),
    "vi": ("cp1258",),
}


def read_bytes(path: Path, name: str, limit: int = MAX_TEXT_BYTES) -> bytes:
    """The bytes of a file. Raises InputError for what is missing, a folder, not to be read, empty, or larger than `limit`."""
    try:
        if path.is_dir():
            raise InputError("is a folder, not a file", place=name, hint='name the files in it one by one, or with a pattern: path = "folder/*.txt"')
        if not path.exists():
            raise InputError("no such file", place=name, hint=f"looked for at {path.absolute()}")
        if not path.is_file():
            raise InputError("is not a regular file", place=name)
        size = path.stat().st_size
        if size > limit:
            raise InputError(f"is too large ({size / 2**20:.0f} MB; at most {limit / 2**20:.0f} MB)", place=name, hint="split it into several files")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot be read: {reason}", place=name) from error
    if not data.strip():
        raise InputError("is empty" if not data else "holds nothing but blanks", place=name, hint="a document needs text")
    return data


def decode(data: bytes, language: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Bytes as text, and warnings: UTF-8, UTF-16 or UTF-32 with a byte-order mark, else an old encoding that fits the language.

    The mark is removed and nothing else changed. A UTF-8 file with a few broken bytes stays UTF-8: each becomes U+FFFD.
    """
    refuse_binary(data, name)
    mark, encoding = next(((mark, encoding) for mark, encoding in BYTE_ORDER_MARKS if data.startswith(mark)), (b"", "utf-8"))
    data = data.removeprefix(mark)
    try:
        return data.decode(encoding), ()
    except UnicodeDecodeError as error:
        broken = error
    loose = data.decode(encoding, errors="replace")
    damage = loose.count("\ufffd") - data.count("\ufffd".encode())
    if encoding != "utf-8" or (damage * 20 <= sum(1 for char in loose if char > "\x7f")):
        line = data.count(b"\n", 0, broken.start) + 1
        return loose, (f"{damage} places are not valid {encoding.upper()} (first in line {line}) and were read as U+FFFD",)
    guessed = _guess(data, language)
    if guessed is None:
        line = data.count(b"\n", 0, broken.start) + 1
        raise InputError(
            f"the encoding is not UTF-8 (line {line}) and cannot be told", place=name, hint="save it as UTF-8: iconv -f OLD-ENCODING -t UTF-8 FILE"
        )
    text, called = guessed
    return text, (f"is not UTF-8; read as {called}, a guess (save it as UTF-8 to be sure)",)


def refuse_binary(data: bytes, name: str) -> None:
    """Raise InputError for data that is known to be no text, or has NUL bytes without being UTF-16 or UTF-32."""
    for magic, kind, hint in MAGIC:
        if data.startswith(magic):
            raise InputError(f"is {kind}, not text", place=name, hint=hint)
    if b"\0" in data and not any(data.startswith(mark) for mark, _ in BYTE_ORDER_MARKS):
        raise InputError("is not text (it has NUL bytes)", place=name, hint=f"{_CONVERT}; UTF-16 needs its byte-order mark")


def _guess(data: bytes, language: str) -> tuple[str, str] | None:
    from charset_normalizer import from_bytes

    among = ENCODINGS.get(language.partition("-")[0].lower())
    sample = data if len(data) < 2**20 else data[: 2**20].rpartition(b"\n")[0] or data[: 2**20]
    best = from_bytes(sample, cp_isolation=list(among) if among else None).best()
    candidates = [best.encoding] if best is not None else []
    for encoding in [*candidates, *(among or ())[:1]]:
        try:
            return data.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    return None


def read_plain(path: Path, language: str, name: str) -> FileText:
    """A text file as it is, line ends and all."""
    text, warnings = decode(read_bytes(path, name), language, name)
    return FileText(text, warnings)


def one_line(text: str) -> str:
    """A text without line ends and other runs of blanks."""
    return re.sub(r"\s+", " ", text).strip()
