"""The one family of exceptions that a user may see; only `cli` catches it.

AlignError
|-- UsageError          the command line asks for something that does not exist        (exit 2)
|-- ConfigurationError  `align.toml` is wrong; carries every problem at once           (exit 1)
|-- InputError          a file is missing, empty, not what it claims to be, malformed  (exit 1)
|-- OutputError         a file or folder cannot be written                             (exit 1)
|-- MissingPluginError  an encoder, translator or library is not installed             (exit 1)
`-- NoRouteError        no installed model translates between two languages            (exit 1)
"""

from __future__ import annotations

from collections.abc import Sequence


class AlignError(Exception):
    """Something that the user can mend: what is wrong, where, and what to do about it."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", place: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place

    def __str__(self) -> str:
        head = f"{self.place}: {self.message}" if self.place else self.message
        return f"{head}\n  {self.hint}" if self.hint else head


class UsageError(AlignError):
    """Raised for a wrong argument or option."""

    exit_code = 2


class ConfigurationError(AlignError):
    """Raised for a wrong `align.toml`; `problems` holds one `place: message` line each."""

    def __init__(self, path: str, problems: Sequence[str], *, hint: str = "") -> None:
        count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
        super().__init__("\n".join([f"{count} in the configuration", *(f"  {problem}" for problem in problems)]), hint=hint, place=path)
        self.problems = tuple(problems)


class InputError(AlignError):
    """Raised when a file cannot be read as what it is said to be."""


class OutputError(AlignError):
    """Raised when a result cannot be written."""


class MissingPluginError(AlignError):
    """Raised when a plug-in or the library behind it is not installed; the hint is the install line."""


class NoRouteError(AlignError):
    """Raised when no chain of installed models leads from one language to another."""
