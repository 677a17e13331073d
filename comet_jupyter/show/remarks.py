"""Short outputs that are no result: a remark in one line, and what would be sent."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..wire.request import PredictionRequest
from . import html
from .text import clean, count

Bundle = dict[str, str]


def notice(text: str) -> Bundle:
    """One line that the reader should not miss."""
    return {"text/html": str(html.block(html.notice(text))), "text/plain": clean(text)}


def dry_run(requests: Sequence[PredictionRequest], price: str = "", *, served: int = 0) -> Bundle:
    """What would be sent, and that nothing was; of requests that differ in the seed, one.

    Parameters
    ----------
    requests : sequence of PredictionRequest
        In their final form.
    price : str
        The estimate in words, for those that would be made; empty when unknown.
    served : int
        How many of them are there already, and would be free.
    """
    amount = count(len(requests), "prediction")
    head = f"dry run: {amount}, nothing was sent"
    if served:
        head += f"; {'all' if served == len(requests) else served} there already, free"
    if price:
        head += f", {price}{' for the rest' if served else ''}"
    alike = len({_body(request, seed=False) for request in requests}) == 1
    bodies = [_body(request) for request in (requests[:1] if alike else requests)]
    if alike and len(requests) > 1:
        last = requests[-1].seed
        seeds = "" if last is None else f", up to seed {last}"
        bodies.append(f"and {len(requests) - 1:,} more like it{seeds}")
    text = clean("\n\n".join(bodies))
    markup = html.block(html.notice(head), html.preformatted(text))
    return {"text/html": str(markup), "text/plain": f"{head}\n{text}"}


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


def _body(request: PredictionRequest, *, seed: bool = True) -> str:
    values = {name: value for name, value in request.input.items() if seed or name != "seed"}
    text = json.dumps({"input": values}, ensure_ascii=False, indent=2)
    return f"POST /models/{request.model}/predictions\n{text}"
