"""What the commands share: errors in the user's words, exit codes, progress bars, JSON and plain output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from ..errors import AlignError

if TYPE_CHECKING:
    from rich.console import Console

    from ..steps import StepReport

EXIT_FAILED, EXIT_THRESHOLD, EXIT_INTERRUPTED = 1, 3, 130

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def run_guarded(app: typer.Typer) -> int:
    """Run the program; give the exit code. No traceback for what the user can mend."""
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
        if code == EXIT_INTERRUPTED:
            return _interrupted()  # Typer has taken the interrupt and made an exit code of it
        return code if isinstance(code, int) else 0
    except TyperException as error:
        # Usage errors know how to show themselves, with the usage line and what may have been meant.
        show = getattr(error, "show", None)
        show() if show else _say_error(AlignError(str(error)))
        return error.exit_code
    except AlignError as error:
        _say_error(error)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted()
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not a failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        _say_error(AlignError("out of memory", hint="give the program fewer or smaller documents at a time; what was finished is kept"))
        return EXIT_FAILED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _say_error(AlignError(f"{place}{error.strerror or error}", hint="what was finished is kept; run the command again once this is mended"))
        return EXIT_FAILED


def _interrupted() -> int:
    sys.stderr.write("\ninterrupted: what was finished is kept; the same command goes on from there\n")
    return EXIT_INTERRUPTED


def _say_error(error: AlignError) -> None:
    err = console(stderr=True)
    err.print("[bold red]error:[/] ", end="")
    head = f"{error.place}: {error.message}" if error.place else error.message
    err.print(head, markup=False, highlight=False, soft_wrap=True)
    if error.hint:
        err.print("  " + error.hint, markup=False, highlight=False, soft_wrap=True)


def console(stderr: bool = False, width: int | None = None) -> Console:
    """A Rich console; colour only on a terminal, and never with NO_COLOR."""
    from rich.console import Console

    return Console(stderr=stderr, width=width, highlight=False)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def warn(messages: Any) -> None:
    """Print warnings to stderr, a line each."""
    err = console(stderr=True)
    for message in messages:
        err.print("[yellow]note:[/] ", end="")
        err.print(str(message), markup=False, highlight=False, soft_wrap=True)


class Bars:
    """A progress bar a stage on a terminal; a line a stage elsewhere; nothing when quiet."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = console(stderr=True)
        self._live: Any = None
        self._task: Any = None

    def start(self, stage: str) -> None:
        if self._quiet or not self._console.is_terminal:
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

        columns = (SpinnerColumn(), TextColumn("{task.description:<14}"), BarColumn(bar_width=30), MofNCompleteColumn(), TimeRemainingColumn())
        self._live = Progress(*columns, console=self._console, transient=True)
        self._task = self._live.add_task(stage, total=None)
        self._live.start()

    def counting(self, total: int) -> Callable[[int], None]:
        if self._live is None:
            return lambda _: None
        live, task = self._live, self._task
        live.update(task, total=total)
        return lambda count: live.advance(task, count)

    def finish(self, report: StepReport) -> None:
        self.close()
        if self._quiet:
            return
        mark = {"ran": "done", "kept": "kept, nothing changed", "would run": "would run"}[report.state]
        seconds = f"{report.seconds:6.1f} s" if report.state == "ran" else ""
        self._console.print(f"  {report.name:<14}{mark:<24}{seconds}".rstrip(), highlight=False)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
