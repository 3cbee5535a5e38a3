"""`align batch run --engine ray`: the same bytes as on one machine, whatever happens to the cluster."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import batch, events, make_archive, plugin, results, wait_for

from align.batch import Settings, run
from align.errors import AlignError

pytest.importorskip("pyarrow")
ray = pytest.importorskip("ray")
SETTINGS = Settings(mode="bitext", encoder="obedient")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


@pytest.fixture(scope="module")
def obedient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The plug-in, for this process as well: it starts the cluster and knows the encoder's name."""
    environment = plugin(tmp_path_factory.mktemp("plugin"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.syspath_prepend(environment["PYTHONPATH"].split(os.pathsep)[0])
        yield environment


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, obedient: dict[str, str]) -> tuple[Path, dict[str, bytes]]:
    """An archive with a document that cannot be read and one that gives orders, and what the local engine makes of it."""
    folder = tmp_path_factory.mktemp("archive")
    path = make_archive(folder, 10, {5: "DIE ONCE and WAIT HERE."})
    (folder / "003.de.txt").write_bytes(b"%PDF-1.4 not text")
    for name in ("died", "go"):
        (Path(obedient["ORDERS"]) / name).touch()
    assert run(path, folder / "local", workers=2, settings=SETTINGS, part_pairs=4).failed == 1
    return path, results(folder / "local")


@pytest.fixture
def orders(obedient: dict[str, str]) -> Path:
    folder = Path(obedient["ORDERS"])
    for path in folder.iterdir():
        path.unlink()
    return folder


def test_a_cluster_started_here_with_an_actor_that_is_killed(
    tmp_path: Path, orders: Path, obedient: dict[str, str], undisturbed: tuple[Path, dict[str, bytes]]
) -> None:
    path, wanted = undisturbed
    (orders / "go").touch()
    options = ("--engine", "ray", "--workers", "2", "--encoder", "obedient", "--mode", "bitext", "--part-pairs", "4")
    found = batch("run", str(path), "--out", str(tmp_path / "out"), *options, **obedient)
    assert found.returncode == 1 and "1 pairs failed" in found.stderr, found.stderr
    assert results(tmp_path / "out") == wanted
    assert [event["id"] for event in events(tmp_path / "out", "lost")] == ["005"]
    assert json.loads((tmp_path / "out" / "failed.jsonl").read_text(encoding="utf-8"))["id"] == "003"


def test_a_machine_that_goes_away_in_the_middle(tmp_path: Path, orders: Path, undisturbed: tuple[Path, dict[str, bytes]]) -> None:
    """The machine with the pair that waits is taken out of the cluster; the pair is worked on the other."""
    from ray.cluster_utils import Cluster

    path, wanted = undisturbed
    (orders / "died").touch()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        first = cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False)
        out, failed = tmp_path / "out", []
        options = {"engine": "ray", "workers": 1, "settings": SETTINGS, "part_pairs": 4}
        work = threading.Thread(target=lambda: failed.append(run(path, out, **options).failed))  # type: ignore[arg-type]
        work.start()
        wait_for((orders / "waiting").exists)
        cluster.add_node(num_cpus=1)
        cluster.remove_node(first, allow_graceful=False)
        wait_for(lambda: bool(events(out, "lost")))
        (orders / "go").touch()
        work.join(120)
        assert failed == [1]
        assert results(out) == wanted
        assert [event["id"] for event in events(out, "lost")] == ["005"]
        assert len(events(out, "pair")) == 9
    finally:
        ray.shutdown()
        cluster.shutdown()


def test_no_cluster_there(tmp_path: Path, undisturbed: tuple[Path, dict[str, bytes]]) -> None:
    with pytest.raises(AlignError, match=r"no Ray cluster at '127\.0\.0\.1:1'"):
        run(undisturbed[0], tmp_path, engine="ray", address="127.0.0.1:1", settings=SETTINGS)
