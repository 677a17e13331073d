"""Short outputs that are no result: a remark in one line, and what would be sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..paths import readable
from ..wire.request import PredictionRequest
from . import html
from .text import clean, count

Bundle = dict[str, str]

MOST_NAMES = 6
"""Files that are named when some were saved."""

SHOWN = 64
"""Requests of a dry run that are shown; as many as fit on a contact sheet."""


def notice(text: str) -> Bundle:
    """One line that the reader should not miss."""
    return {"text/html": str(html.block(html.notice(text))), "text/plain": clean(text)}


def dry_run(
    requests: Sequence[PredictionRequest], price: str = "", *, served: int = 0, varied: str = ""
) -> Bundle:
    """What would be sent, byte for byte, and that nothing was.

    A body stands on a line of its own as it would go out, but for pictures, which take the
    place of their reference (``comet:...``) at the last moment.

    Parameters
    ----------
    requests : sequence of PredictionRequest
        In their final form.
    price : str
        The estimate in words, for those that would be made; empty when unknown.
    served : int
        How many of them are there already, and would be free.
    varied : str
        What differs between them, in words.
    """
    amount = count(len(requests), "prediction")
    head = f"dry run: {amount}, nothing was sent"
    if served:
        head += f"; {'all' if served == len(requests) else served} there already, free"
    if served < len(requests):
        price = price or "price not known"
        head += f", {price}{' for the rest' if served else ''}"
    lines: list[str] = [varied] if varied else []
    model = ""
    for request in requests[:SHOWN]:
        if request.model != model:
            model = request.model
            lines.append(f"POST /models/{model}/predictions")
        lines.append(request.body().decode())
    more = len(requests) - SHOWN
    if more > 0:
        last = requests[-1].seed
        lines.append(f"and {more:,} more{'' if last is None else f', up to seed {last}'}")
    text = clean("\n".join(lines))
    markup = html.block(html.notice(head), html.preformatted(text))
    return {"text/html": str(markup), "text/plain": f"{head}\n{text}"}


def saved(paths: Sequence[Path], there: Sequence[Path], troubles: Sequence[str]) -> Bundle:
    """Which files a cell has saved, and what stood in the way.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        All that are there now.
    there : sequence of pathlib.Path
        Those of them that were there before.
    troubles : sequence of str
        One line each.
    """
    names = [readable(path) for path in paths]
    shown = names if len(names) <= MOST_NAMES else [*names[: MOST_NAMES - 1], "…", names[-1]]
    said = "no picture was saved"
    if paths:
        said = f"saved {count(len(paths), 'picture')}: {', '.join(shown)}"
    if there:
        said += f" ({'all' if len(there) == len(paths) else len(there)} there already)"
    markup = html.block(
        html.line(html.muted(said), style=f"{html.SMALL};{html.WRAP}"),
        *(html.notice(text) for text in troubles),
    )
    return {"text/html": str(markup), "text/plain": clean("\n".join((said, *troubles)))}


def cell(text: str) -> html.Html:
    """The text of a cell to be copied: a click selects it whole; no text, no markup."""
    if not text:
        return html.Html()
    heading = "the same as a notebook cell: click to select it, then copy"
    return html.block(
        html.line(heading, style=f"{html.SMALL};{html.MUTED}"),
        html.element(
            "pre",
            text,
            class_="comet-cell",
            style="font-family:monospace;font-size:0.9em;line-height:1.4;margin:2px 0;"
            # JupyterLab breaks the words of every <pre> in a widget.
            f"padding:6px 10px;white-space:pre-wrap;word-break:normal;{html.WRAP};"
            "border-radius:4px;max-height:16em;overflow:auto;background:rgba(128,128,128,0.1);"
            "user-select:all",
        ),
    )
