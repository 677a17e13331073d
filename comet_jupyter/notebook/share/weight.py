"""What is too heavy: files that GitHub does not render, cells that open slowly, endless logs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ...show.text import byte_size
from .document import Document, Output, put_text
from .findings import FILE, NOTICE, PROBLEM, Change, Finding

REFUSED = 100_000_000
"""Bytes of a file that GitHub does not take."""

NOT_RENDERED = 10_000_000
"""Bytes of a notebook that GitHub does not render."""

HEAVY_CELL = 2_000_000
"""Bytes of a cell that opens slowly."""

LONG_LOG = 64_000
"""Bytes of printed text."""

_HEAD, _TAIL = 8_000, 24_000


def find(document: Document, size: int) -> Iterator[Finding]:
    """The file, its cells and its logs, where they are too heavy."""
    smaller = "Embed previews (`%%comet --embed preview`), clear outputs that nobody needs"
    if size > REFUSED:
        cause = f"it has {byte_size(size)}, and GitHub takes no file over 100 MB"
        yield Finding(PROBLEM, "size", FILE, cause, smaller)
    elif size > NOT_RENDERED:
        cause = f"it has {byte_size(size)}, and GitHub renders no notebook over 10 MB"
        yield Finding(PROBLEM, "size", FILE, cause, smaller)
    for cell in document.cells:
        weight = len(json.dumps(cell.node, ensure_ascii=False).encode("utf-8", "replace"))
        if weight > HEAVY_CELL:
            cause = f"it has {byte_size(weight)}; over 2 MB the notebook opens slowly"
            yield Finding(NOTICE, "size", cell.place(), cause, smaller)
    for output in document.outputs:
        length = _length(output)
        if length > LONG_LOG:
            yield Finding(
                NOTICE,
                "log",
                output.place,
                f"{byte_size(length)} of printed text",
                "Print less, or end the cell's last line with a semicolon",
                fixable=output.printed != "",
            )


def mend(document: Document) -> Iterator[Change]:
    """Long logs keep their beginning and their end."""
    for output in document.outputs:
        length = _length(output)
        if output.printed and length > LONG_LOG:
            text = output.printed
            left_out = len(text) - _HEAD - _TAIL
            note = f"\n… {left_out:,} characters left out …\n"
            if left_out > 0:
                put_text(output.node, "text", text[:_HEAD] + note + text[-_TAIL:])
                yield Change(output.place, f"the log shortened from {byte_size(length)}")


def _length(output: Output) -> int:
    """Bytes of what was printed, or of a value as text."""
    text = output.printed or output.text("text/plain")
    return len(text.encode("utf-8", "replace"))
