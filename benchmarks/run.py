"""`make bench`: every benchmark in turn, each a command of its own that prints its tables.

    python benchmarks/run.py              all that are here
    python benchmarks/run.py bitext tmx   only these

Measured data is found through ALIGN_SHARED (default: ../shared beside the project); peers are installed by each benchmark into an
environment of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    """Run them; the exit code is the first that failed, else 0."""
    found = {path.parent.name: path for path in sorted(HERE.glob("*/run.py"))}
    unknown = [name for name in wanted if name not in found]
    if unknown:
        sys.exit(f"no benchmark named {', '.join(unknown)}; there are: {', '.join(found)}")
    code = 0
    for name in wanted or found:
        print(f"\n=== {name}", flush=True)
        code = code or subprocess.run([sys.executable, str(found[name])], cwd=HERE.parent, check=False).returncode
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
