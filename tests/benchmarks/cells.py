"""How long a person waits: loading, the first cell, later cells, each beside an empty cell.

    python tests/benchmarks/cells.py

Everything is measured in one run on one machine, in milliseconds from request to reply of a
real kernel that is asked as JupyterLab asks; the service is one on loopback that answers at once.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.environment import clean_environment
from support.foreign_service import ForeignService
from support.kernel import Kernel

ROUNDS = 15


def elapsed(kernel: Kernel, source: str) -> float:
    """Milliseconds of one cell."""
    cell = kernel.run(source, live=True)
    assert cell.ok, cell.error
    return 1000 * (cell.elapsed or 0.0)


def main() -> None:
    """Prints one line a figure."""
    loads, firsts, empties, cells, waits = [], [], [], [], []
    with ForeignService(questions=1) as service, tempfile.TemporaryDirectory() as home:
        os.environ.update(clean_environment(Path(home)))
        os.environ.update(COMETAPI_BASE_URL=service.url, COMETAPI_KEY=service.key)
        for _ in range(5):
            kernel = Kernel(os.environ)
            try:
                for _ in range(3):
                    elapsed(kernel, "0")
                loads.append(elapsed(kernel, "%load_ext comet_jupyter"))
                firsts.append(elapsed(kernel, "%%comet -o cat\na boat"))
                elapsed(kernel, "cat.wait();")
                for _ in range(ROUNDS):
                    empties.append(elapsed(kernel, "0"))
                    cells.append(elapsed(kernel, "%%comet -o cat\na boat"))
                    waits.append(
                        elapsed(kernel, "cat.wait(); get_ipython().run_line_magic('comet', 'wait')")
                    )
            finally:
                kernel.stop()
    for name, values in (
        ("empty cell", empties),
        ("%load_ext", loads),
        ("first %%comet cell", firsts),
        ("later %%comet cells", cells),
        ("until the picture is shown", waits),
    ):
        worst = max(values)
        print(f"{name:28} median {median(values):7.1f} ms   worst {worst:7.1f} ms")


if __name__ == "__main__":
    main()
