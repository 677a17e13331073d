"""How long a person waits for the panel: with an empty history, and with 10,000 results in it.

    python tests/benchmarks/panel.py

Milliseconds from request to reply of a real kernel that is asked as JupyterLab asks, in one run
on one machine, beside an empty cell. "First" imports ipywidgets and opens the store.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.environment import clean_environment
from support.kernel import Kernel
from support.png import png

from comet_jupyter.record import FileRef, Record
from comet_jupyter.store import Store
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

ROWS = 10_000
ROUNDS = 10
WORDS = "a paper boat at dawn in the harbour of a small town, oil on canvas, soft light".split()


def fill(home: Path, rows: int) -> None:
    """A history of so many results, with prompts, logs and a picture each."""
    store = Store(home)
    begun = datetime(2026, 1, 1, tzinfo=timezone.utc)
    shas = [store.files.add(png(64, 64, (seed * 6, 80, 40)), "image/png")[0] for seed in range(40)]
    state = PredictionState(status="succeeded", logs="Using seed: 7\n" + " 50%|#####| 2/4\n" * 120)
    records = [
        Record(
            key=f"{number:032x}",
            request=PredictionRequest(
                "black-forest-labs/flux-dev",
                {"prompt": " ".join(WORDS[number % 7 :] * 2) + f" {number}", "seed": number},
            ),
            submitted_at=begun + timedelta(minutes=number),
            state=replace(state, id=f"id{number:020d}"),
            files=(FileRef(shas[number % 40], "image/png", 900, 64, 64),),
            finished=True,
        )
        for number in range(rows)
    ]
    for start in range(0, rows, 1_000):
        store.put(*records[start : start + 1_000])
    store.close()


def elapsed(kernel: Kernel, source: str) -> float:
    """Milliseconds of one cell."""
    cell = kernel.run(source, live=True)
    assert cell.ok, cell.error
    return 1000 * (cell.elapsed or 0.0)


def measure(rows: int) -> None:
    """Prints one line a figure."""
    empties, firsts, opens, closes = [], [], [], []
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(clean_environment(Path(home)))
        os.environ["COMET_JUPYTER_HOME"] = str(Path(home) / "store")
        fill(Path(home) / "store", rows)
        for _ in range(3):
            kernel = Kernel(os.environ)
            try:
                for _ in range(3):
                    elapsed(kernel, "0")
                elapsed(kernel, "%load_ext comet_jupyter")
                firsts.append(elapsed(kernel, "%comet panel"))
                for _ in range(ROUNDS):
                    closes.append(elapsed(kernel, "%comet panel close"))
                    empties.append(elapsed(kernel, "0"))
                    opens.append(elapsed(kernel, "%comet panel"))
                models = kernel.evaluate("len(__import__('ipywidgets').Widget.widgets or {})")
            finally:
                kernel.stop()
    print(f"{rows:,} results, {models} widgets, layouts and styles")
    for name, values in (
        ("empty cell", empties),
        ("%comet panel, first", firsts),
        ("%comet panel, later", opens),
        ("%comet panel close", closes),
    ):
        print(f"  {name:22} median {median(values):7.1f} ms   worst {max(values):7.1f} ms")


def main() -> None:
    """An empty history, then a long one."""
    for rows in (0, ROWS):
        measure(rows)


if __name__ == "__main__":
    main()
