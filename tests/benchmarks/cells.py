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

from comet_jupyter.sandbox import drawing

ROUNDS = 15
SEEN_BEFORE = "%%comet --seed 7\na boat"


class DrawnService(ForeignService):
    """Its pictures are of one megapixel, in the format that models give by default."""

    def __init__(self) -> None:
        super().__init__(questions=1)
        self._drawn = drawing.encode(drawing.draw("a boat at sunrise", 7, 1024, 1024), "webp")

    def picture(self, prediction_id: str) -> bytes:
        """The same one always."""
        return self._drawn


def elapsed(kernel: Kernel, source: str) -> float:
    """Milliseconds of one cell."""
    cell = kernel.run(source, live=True)
    assert cell.ok, cell.error
    return 1000 * (cell.elapsed or 0.0)


def seen_before() -> tuple[list[float], list[float], list[float]]:
    """Cells that are complete when they reply: from the store, and replayed without a key."""
    stored, firsts, replays = [], [], []
    with DrawnService() as service, tempfile.TemporaryDirectory() as home:
        os.environ.update(clean_environment(Path(home)))
        keyed = {**os.environ, "COMETAPI_BASE_URL": service.url, "COMETAPI_KEY": service.key}
        owner = Kernel(keyed, cwd=home)
        try:
            elapsed(owner, "%load_ext comet_jupyter")
            elapsed(owner, "%comet record kept\n%comet run --seed 7 --wait a boat")
            owner.run("import os; os.chdir('/')")  # away from the recording
            stored += [elapsed(owner, SEEN_BEFORE) for _ in range(ROUNDS)]
        finally:
            owner.stop()
        assert len(service.creates) == 1
        for _ in range(3):
            reader = Kernel({**os.environ, "COMET_JUPYTER_HOME": f"{home}/empty"}, cwd=home)
            try:
                elapsed(reader, "%load_ext comet_jupyter")
                elapsed(reader, "%comet replay kept")
                firsts.append(elapsed(reader, SEEN_BEFORE))
                replays += [elapsed(reader, SEEN_BEFORE) for _ in range(ROUNDS)]
            finally:
                reader.stop()
    return stored, firsts, replays


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
    stored, first_replays, replays = seen_before()
    for name, values in (
        ("empty cell", empties),
        ("%load_ext", loads),
        ("first %%comet cell", firsts),
        ("later %%comet cells", cells),
        ("until the picture is shown", waits),
        ("stored, 1 megapixel", stored),
        ("first replayed", first_replays),
        ("later replayed", replays),
    ):
        worst = max(values)
        print(f"{name:28} median {median(values):7.1f} ms   worst {worst:7.1f} ms")


if __name__ == "__main__":
    main()
