"""What the tests in a browser share: where Chromium is, how it is started, what axe-core finds."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = [
    line
    for line, there in (
        ("apt-get install --no-install-recommends chromium", CHROMIUM),
        ('pip install "align-renditions[test]"', find_spec("playwright") and find_spec("axe_playwright_python")),
    )
    if not there
]
MARKS = [
    pytest.mark.real,
    pytest.mark.skipif(bool(MISSING) and os.environ.get("CI") != "true", reason=f"no browser to test the page in: {' && '.join(MISSING)}"),
]
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
HOSTILE = '</script><script>document.title="caught"</script><img src=x onerror="document.title=\'caught\'">\u202egnp.exe\u202c\x1b =1+1'


# What the browser itself writes down of a server that is away, or that refuses a decision.
EXPECTED = ("ERR_CONNECTION_REFUSED", "the server responded with a status of 422")


def violations(tab: Any) -> list[str]:
    """What axe-core finds, best practices included."""
    import axe_playwright_python

    if not tab.evaluate("typeof axe === 'object'"):
        tab.evaluate((Path(str(axe_playwright_python.__file__)).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{each['id']}: {each['nodes'][0]['target']} {each['nodes'][0]['failureSummary']}" for each in found]


def watched(context: Any, troubles: list[str], origins: tuple[str, ...]) -> Any:
    """A tab whose messages, errors, dialogs and requests to anywhere else count as trouble."""
    tab = context.new_page()
    tab.set_default_timeout(30_000)
    tab.on("console", lambda message: None if any(each in message.text for each in EXPECTED) else troubles.append(message.text))
    tab.on("pageerror", lambda error: troubles.append(f"{error} {error.stack}"))
    tab.on("dialog", lambda dialog: troubles.append(dialog.message))
    tab.on("request", lambda request: None if request.url.startswith(("data:", "blob:", *origins)) else troubles.append(request.url))
    return tab
