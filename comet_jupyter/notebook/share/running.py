"""How the notebook was run: what was not, what failed, in which order, what was not waited for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .document import Cell, Document, Output
from .findings import NOTICE, PROBLEM, Finding, Place

_PROGRESS = re.compile(
    r"(?:submitting|starting|processing|downloading)(?: · |\n|$)|\d+ of \d+ done(?: · |\n|$)"
    r"|on its way$"
)
_OUR_CELL = re.compile(r"^\s*%{1,2}comet\b", re.MULTILINE)
_OUR_CHECK = re.compile(r"^\s*%comet\s+share\b", re.MULTILINE)
_NOT_RUN = frozenset({"skip-execution", "remove-cell"})


def find(document: Document) -> Iterator[Finding]:
    """Cells that were not run, failed or were saved too early, and runs out of order."""
    code = [cell for cell in document.cells if cell.is_code and _matters(cell)]
    yield from _not_run(code)
    for cell in code:
        for output in cell.outputs:
            yield from _in_output(cell, output)
    counts = [cell.node["execution_count"] for cell in code if cell.node.get("execution_count")]
    if counts != sorted(set(counts)):
        yield Finding(
            NOTICE,
            "order",
            Place(part="the cells"),
            "they were not run from top to bottom",
            "Restart the kernel and run all cells",
        )


def is_comet(source: str) -> bool:
    """True for a cell that uses our magic."""
    return _OUR_CELL.search(source) is not None


def in_progress(cell: Cell, output: Output) -> bool:
    """True for the line of a prediction that was on its way when the notebook was saved."""
    return is_comet(cell.source) and _PROGRESS.match(output.text("text/plain")) is not None


def _matters(cell: Cell) -> bool:
    is_tagged = any(tag in _NOT_RUN for tag in cell.tags if isinstance(tag, str))
    return bool(cell.source.strip()) and not is_tagged and not _OUR_CHECK.search(cell.source)


def _not_run(code: list[Cell]) -> Iterator[Finding]:
    left = [cell for cell in code if not cell.node.get("execution_count") and not cell.outputs]
    if not left:
        return
    if len(left) == len(code):
        cause, place = "no cell of it was run, or all outputs were cleared", Place(part="the cells")
    elif len(left) == 1:
        cause, place = "it was not run", left[0].place()
    else:
        numbers = ", ".join(str(cell.number) for cell in left[:12])
        more = f" and {len(left) - 12} more" if len(left) > 12 else ""
        place = Place(part="the cells")
        cause = f"{len(left)} of them were not run: {numbers}{more}"
    yield Finding(NOTICE, "not-run", place, cause, "Run all cells and save")


def _in_output(cell: Cell, output: Output) -> Iterator[Finding]:
    if output.node["output_type"] == "error" and "raises-exception" not in cell.tags:
        yield Finding(
            NOTICE,
            "failed",
            output.place,
            "the cell failed, and the error is what readers see",
            "Run it again, or tag the cell raises-exception when the error is the point",
        )
    elif in_progress(cell, output):
        yield Finding(
            PROBLEM,
            "unfinished",
            output.place,
            "it was saved before the picture was there: only a progress line shows",
            "Run `%comet wait` and save again, or run the cell again with --wait",
        )
