"""A sweep in words: what varied, and how each of its pictures stands.

For those who hear the picture instead of seeing it, for a terminal, and for the notebook file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..record import Record
from . import words
from .axes import Axes, Axis
from .text import columns, count, one_line

_VALUE, _HEADING, _SIDE = 40, 16, 28
"""Characters of a value: in a sentence, above a column, beside a row."""
_ALL_VALUES = 300
_NOTED = 200
_DIRECTIONS = (" (rows)", " (columns)", "")


def axes_text(axes: Axes) -> str:
    """``seed 1, 2 (rows) × guidance 2, 3.5, 5 (columns) × steps 20``."""
    directions = _DIRECTIONS if len(axes.axes) > 1 else ("",)
    return " × ".join(
        f"{_values(axis)}{direction}"
        for axis, direction in zip(axes.axes, directions, strict=False)
    )


def values_note(axes: Axes) -> list[dict[str, Any]]:
    """Names and values, for a notebook's metadata."""
    return [
        {
            "name": one_line(axis.name, _NOTED),
            "values": [one_line(label, _NOTED) for label in axis.labels],
        }
        for axis in axes.axes
    ]


def states(records: Sequence[Record], axes: Axes) -> str:
    """A small table of one word for each picture; rows and columns as on the sheet."""
    across = axes.axes[1] if len(axes.axes) > 1 else None
    heads = [one_line(label, _HEADING) for label in across.labels] if across else ["state"]
    down = axes.axes[0]
    cells = list(map(_state, records))
    layers = max(1, len(cells) // (len(down.labels) * len(heads)))
    table: list[list[str]] = []
    for row, label in enumerate(down.labels):
        places = [(row * len(heads) + column) * layers for column in range(len(heads))]
        shown = [", ".join(dict.fromkeys(cells[place : place + layers])) for place in places]
        table.append([one_line(label, _SIDE), *shown])
    name = " \\ ".join(one_line(axis.name, _SIDE) for axis in axes.axes[:2])
    return columns([name, *heads], table)


def failures(records: Sequence[Record], axes: Axes) -> str:
    """A line for each cause: which pictures failed by it."""
    found: dict[str, list[str]] = {}
    for index, record in enumerate(records):
        if record.failure is not None:
            said = f"{words.state(record)}: {words.failure(record)[0]}"
            found.setdefault(said, []).append(axes.words(index))
    return "\n".join(f"{_some(places)} {said}" for said, places in found.items())


def _values(axis: Axis) -> str:
    labels = [one_line(label, _VALUE) for label in axis.labels]
    shown = ", ".join(labels)
    if len(shown) > _ALL_VALUES:
        shown = f"{', '.join(labels[:3])}, … ({count(len(labels), 'value')})"
    return f"{one_line(axis.name, _VALUE)} {shown}"


def _some(places: Sequence[str]) -> str:
    if len(places) <= 4:
        return "; ".join(places)
    return f"{'; '.join(places[:3])} and {len(places) - 3} more"


def _state(record: Record) -> str:
    return "ok" if record.succeeded else words.state(record)
