"""Saved notebooks as plain JSON, made of cells and outputs, for the tests of what reads them."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

from comet_jupyter.record import FileRef, Record
from comet_jupyter.show import bundle

Node = dict[str, Any]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


def notebook(*cells: Node, **metadata: Any) -> Node:
    """A notebook of nbformat 4.5 with an ordinary kernel."""
    for number, cell in enumerate(cells):
        cell.setdefault("id", f"cell-{number}")
        if cell["cell_type"] == "code" and cell["execution_count"] == 0:
            cell["execution_count"] = 1 + sum(one["cell_type"] == "code" for one in cells[:number])
    kernelspec = {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    return {
        "cells": list(cells),
        "metadata": {"kernelspec": kernelspec, "language_info": {"name": "python"}, **metadata},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def code(source: str, *outputs: Node, count: int | None = 0, **metadata: Any) -> Node:
    """A code cell that was run, in its turn unless `count` says otherwise."""
    return {
        "cell_type": "code",
        "execution_count": count,
        "metadata": metadata,
        "outputs": list(outputs),
        "source": source.splitlines(keepends=True),
    }


def markdown(source: str, **more: Any) -> Node:
    """A markdown cell."""
    return {
        "cell_type": "markdown",
        "metadata": {},
        "source": source.splitlines(keepends=True),
        **more,
    }


def stream(text: str) -> Node:
    """Printed text."""
    lines = text.splitlines(keepends=True)
    return {"name": "stdout", "output_type": "stream", "text": lines}


def shown(data: Node, **metadata: Any) -> Node:
    """An output by media type, ``text/plain`` with it."""
    return {
        "data": {"text/plain": ["an output"], **data},
        "metadata": metadata,
        "output_type": "display_data",
    }


def html(markup: str) -> Node:
    """An output of markup."""
    return shown({"text/html": [markup]})


def failed(*lines: str) -> Node:
    """An error output."""
    return {
        "ename": "ValueError",
        "evalue": "no",
        "output_type": "error",
        "traceback": list(lines) or ["ValueError: no"],
    }


def encoded(format: str, colour: str = "teal", size: tuple[int, int] = (64, 48)) -> str:
    """A small picture in this format, as base64 text."""
    return base64.b64encode(picture_bytes(format, colour, size)).decode("ascii")


def picture_bytes(format: str, colour: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    """A small picture in this format."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, format)
    return file.getvalue()


def comet_output(record: Record) -> Node:
    """What a ``%%comet`` cell shows of a record that is finished."""
    data, metadata = bundle.image_bundle("image/png", picture_bytes("PNG"), record)
    return {"data": data, "metadata": metadata, "output_type": "display_data"}


def webp_file(sha256: str, size: int) -> FileRef:
    """The reference to a picture of `picture_bytes`."""
    return FileRef(sha256, "image/webp", size, 64, 48)


def save(path: Path, data: Node) -> Path:
    """Writes it as Jupyter does."""
    text = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="")
    return path
