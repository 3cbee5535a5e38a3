"""Stages run once: kept when nothing changed, run again from the first change on."""

from __future__ import annotations

from pathlib import Path

import pytest

from align.corpus import Bead, Evidence, Member, Verdict
from align.errors import InputError, UsageError
from align.plain import from_plain, to_plain
from align.steps import Steps

NAMES = ("one", "two", "three")


def run(folder: Path, *, setting: int = 1, ran: list[str] | None = None, start: str = "", dry_run: bool = False) -> tuple[list[str], list[str]]:
    """A pipeline of three stages; gives the states and the result."""
    log = ran if ran is not None else []

    def work(name: str, value: str) -> str:
        log.append(name)
        return value

    step = Steps(folder, NAMES, start=start, dry_run=dry_run)
    one = step("one", str, lambda: work("one", "a"))
    two = step("two", str, lambda: work("two", one() + str(setting)), setting)
    three = step("three", str, lambda: work("three", two() + "c"))
    return [report.state for report in step.reports], [] if dry_run else [three()]


def test_first_run_then_kept_then_from_the_change_on(tmp_path: Path) -> None:
    ran: list[str] = []
    assert run(tmp_path, ran=ran) == (["ran"] * 3, ["a1c"])
    assert run(tmp_path, ran=ran) == (["kept"] * 3, ["a1c"])
    assert ran == ["one", "two", "three"]
    assert run(tmp_path, ran=ran, setting=2) == (["kept", "ran", "ran"], ["a2c"])
    assert ran[3:] == ["two", "three"]


def test_what_later_stages_do_not_depend_on_does_not_run_them_again(tmp_path: Path) -> None:
    def states(aside: str, setting: int = 1, start: str = "") -> list[str]:
        step = Steps(tmp_path, NAMES, start=start)
        one = step("one", str, lambda: "a", setting, aside=aside)
        two = step("two", str, lambda: one()[:1])
        step("three", str, lambda: two() + aside, aside)
        return [report.state for report in step.reports]

    assert states("x") == ["ran"] * 3
    assert states("x") == ["kept"] * 3
    assert states("y") == ["ran", "kept", "ran"]
    assert states("y") == ["kept"] * 3
    assert states("y", setting=2) == ["ran"] * 3
    assert states("y", setting=2, start="one") == ["ran"] * 3


def test_start_runs_from_there_on(tmp_path: Path) -> None:
    run(tmp_path)
    assert run(tmp_path, start="three")[0] == ["kept", "kept", "ran"]
    with pytest.raises(UsageError, match="no stage 'four'"):
        run(tmp_path, start="four")


def test_dry_run_does_nothing(tmp_path: Path) -> None:
    ran: list[str] = []
    assert run(tmp_path, ran=ran, dry_run=True)[0] == ["would run"] * 3
    assert (ran, list(tmp_path.iterdir())) == ([], [])


def test_a_stage_that_fails_keeps_what_came_before(tmp_path: Path) -> None:
    step = Steps(tmp_path, NAMES)
    step("one", str, lambda: "a")
    with pytest.raises(KeyboardInterrupt):
        step("two", str, _interrupt, 1)
    assert run(tmp_path)[0] == ["kept", "ran", "ran"]


def _interrupt() -> str:
    raise KeyboardInterrupt


def test_a_damaged_result_is_said_with_its_remedy(tmp_path: Path) -> None:
    run(tmp_path)
    path = tmp_path / "two.json"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n{broken", encoding="utf-8")
    with pytest.raises(InputError, match="--force"):
        run(tmp_path, start="three")
    path.write_text("nonsense", encoding="utf-8")
    assert run(tmp_path)[0] == ["kept", "ran", "ran"]


def test_results_come_back_as_they_were() -> None:
    bead = Bead("1", (Member("d", 0, 4, "Text", (0, 1), "Lavrov", "direct"),), 0.5)
    verdict = Verdict(0.4, 2, None, ("negation",), (Evidence("negation", "rules", (0, 3), (1, 1), "not", "-"),), "v1")
    for kind, value in ((list[Bead], [bead]), (tuple[Verdict, ...], (verdict,)), (dict[str, Bead], {"x": bead})):
        assert from_plain(kind, to_plain(value)) == value
