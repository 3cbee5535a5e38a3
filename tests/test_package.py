"""The wheel: it holds its data files, and the program in it works outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(source)], check=True) if (ROOT / ".git").exists() else source.symlink_to(ROOT)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_data_files_are_inside_and_nothing_else_is(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tracked = subprocess.run(["git", "ls-files", "align"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert set(tracked) <= set(names)
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"align"}
    assert sum(name.endswith(".argosmodel") for name in names) == 2


def test_installed_alone_it_runs(wheel: Path, tmp_path: Path) -> None:
    """The libraries come from the environment of the tests; the program from the wheel alone."""
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    site = next((tmp_path / "env" / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    libraries = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    # A path file is read for its paths only: the checkout's own hook in the test environment is not followed.
    (site / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("The ministers met on Wednesday.\nSanctions were not discussed.\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Os ministros se reuniram na quarta-feira.\nAs sanções não foram discutidas.\n", encoding="utf-8")
    command = [str(python), "-m", "align", "run", "a.txt:en:One", "b.txt:pt:Other", "--out", "result"]
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": "", "PATH": os.environ["PATH"]}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=home, check=False)
    assert done.returncode == 0, done.stderr
    said = subprocess.run([str(python), "-c", "import align; print(align.__file__)"], capture_output=True, text=True, cwd=tmp_path, env=home, check=True).stdout
    assert str(site) in said
    assert "quarta-feira" in (tmp_path / "result" / "tmx" / "result.tmx").read_text(encoding="utf-8")
