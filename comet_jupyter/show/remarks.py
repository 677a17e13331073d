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


def dry_run(requests: Sequence[PredictionRequest], price: str = "") -> Bundle:
    """What would be sent, byte for byte, and that nothing was.

    Parameters
    ----------
    requests : sequence of PredictionRequest
        In their final form.
    price : str
        The estimate in words; empty when unknown.
    """
    amount = count(len(requests), "prediction")
    head = f"dry run: {amount}, nothing was sent" + (f", {price}" if price else "")
    bodies = [
        f"POST /models/{request.model}/predictions\n"
        + json.dumps({"input": dict(request.input)}, ensure_ascii=False, indent=2)
        for request in requests
    ]
    text = clean("\n\n".join(bodies))
    markup = html.block(html.notice(head), html.preformatted(text))
    return {"text/html": str(markup), "text/plain": f"{head}\n{text}"}
