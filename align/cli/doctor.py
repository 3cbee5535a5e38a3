"""`align doctor` and `align cache`: what is installed, which languages work, what is missing and how to get it."""

from __future__ import annotations

from typing import Any

import typer

from .console import JsonOption, console, print_json


def add_to(app: typer.Typer) -> None:
    @app.command(epilog="Example: align doctor --json")
    def doctor(json: JsonOption = False) -> None:
        """Say what is installed, which languages work, what is missing and how to get it."""
        from ..doctor import examine

        findings = examine()
        if json:
            print_json(findings)
            return
        _show(findings)

    cache = typer.Typer(no_args_is_help=True, help="The cache of vectors and translations.", epilog="Example: align cache info")
    app.add_typer(cache, name="cache")

    @cache.command("info", epilog="Example: align cache info --json")
    def info(json: JsonOption = False) -> None:
        """Say where the cache is and what it holds."""
        from ..store import Cache

        tables = {name: Cache(name) for name in ("vectors", "translations")}
        sizes = {name: dict(zip(("entries", "bytes"), table.size(), strict=True)) for name, table in tables.items()}
        where = str(next(iter(tables.values())).path)
        if json:
            print_json({"path": where, **sizes})
            return
        out = console()
        out.print(where, markup=False, soft_wrap=True)
        for name, size in sizes.items():
            out.print(f"  {name:<14}{size['entries']:>8} entries {size['bytes'] / 1e6:>9.1f} MB")

    @cache.command("clear", epilog="Example: align cache clear")
    def clear() -> None:
        """Empty the cache; the next run makes again what it needs."""
        from ..store import Cache

        for name in ("vectors", "translations"):
            typer.echo(f"{name}: {Cache(name).clear()} entries dropped", err=True)


def _show(findings: dict[str, Any]) -> None:
    out = console()
    for section, lines in findings.items():
        out.print(f"[bold]{section}[/]")
        for line in lines:
            mark = {True: "ok", False: "--"}[line["ok"]]
            out.print(f"  {mark}  {line['name']:<33} {line['says']}", markup=False, soft_wrap=True)
            if line.get("hint"):
                out.print(f"      {line['hint']}", markup=False, soft_wrap=True)
