"""``--sweep NAME=VALUES``: what was typed becomes the values of one axis, and their labels.

Pure: which requests come of it, and how many may, is decided elsewhere.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import InputError

MOST = 64
"""Values of one axis."""

_LABEL = 40
_MOST_READ = 1_000
"""Values looked at, repeated ones too: an expression may give them without end."""

_PLACE = re.compile("\x00\\d+\x00")
_NAME = re.compile(r"[\w.-]+")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)')\s*(?=,|\Z)|([^,]*)""")
_NUMBER = r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?"
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})(?:\s*:\s*({_NUMBER}))?")
_NEARLY_A_RANGE = re.compile(rf"{_NUMBER}\s*\.\.|\.\.\s*{_NUMBER}")


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one ``--sweep``, each of them once.

    Attributes
    ----------
    name : str
        An input of the model, or a name that stands in the prompt.
    values : tuple
        Texts as typed, numbers of ranges, and what a JSON list or an expression holds.
    labels : tuple of str
        One for each value: one line of at most 40 characters, no two alike.
    """

    name: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]


def read(text: str, objects: Mapping[str, Any], fill: Callable[[str], str]) -> Values:
    """The values of one ``--sweep``.

    ``1..4``, ``1..10:3``, ``0..1:0.25`` and ``4..1`` are ranges with both ends, ``a,b,c`` are
    texts, ``["oil, on wood", "ink"]`` is a JSON list for texts with commas, and an expression
    gives one value or several; all but the JSON list may stand beside each other: ``1..4,8``.

    Parameters
    ----------
    text : str
        ``NAME=VALUES`` without the quotation marks around it, place-holders for expressions.
    objects : mapping
        The value behind each place-holder.
    fill : callable
        The text with the values in the places of the place-holders.

    Raises
    ------
    InputError
        One line: what is wrong, then what to type.
    """
    name, equals, given = (part.strip() for part in text.partition("="))
    if not equals or not _NAME.fullmatch(name):
        raise InputError(
            f"--sweep {_shown(text)} names nothing to vary",
            "Write --sweep guidance=2,3.5,5 or --sweep seed=1..4",
        )
    option = f"--sweep {name}"
    values: dict[tuple[str, Any], Any] = {}
    for number, value in enumerate(_values(option, given, objects, fill)):
        values.setdefault(_identity(value), value)
        if len(values) > MOST or number >= _MOST_READ:
            raise InputError(
                f"{option} has more than {MOST} values",
                "Give fewer, or a range with a larger step such as 0..100:10",
            )
    if not values:
        raise InputError(f"{option} has no values", f"Write {option}=a,b,c")
    return Values(name, tuple(values.values()), _labels(values.values()))


# -- what was typed -----------------------------------------------------------------


def _values(
    option: str, given: str, objects: Mapping[str, Any], fill: Callable[[str], str]
) -> Iterator[Any]:
    if given.startswith("[") and given.endswith("]"):
        yield from _json_list(option, given, fill)
        return
    position = 0
    while given and position <= len(given):
        match = _PART.match(given, position)
        if match is None:  # the last form takes whatever there is
            return
        position = match.end() + 1  # behind the comma
        part = (match[3] or "").strip()
        if match[3] is None:
            yield fill(match[1] if match[1] is not None else match[2])
        elif part in objects:
            yield from _several(option, objects[part])
        elif part:
            yield from _range(option, fill(part), _shown(part))
        else:
            raise InputError(
                f"{option}={_shown(given)} has a comma without a value",
                f'Delete the comma; with an empty text it is {option}=\'["", "ink"]\'',
            )


def _json_list(option: str, given: str, fill: Callable[[str], str]) -> list[Any]:
    """A JSON list; a value that is filled in cannot end the text it stands in."""
    filled = _PLACE.sub(lambda place: json.dumps(fill(place[0]))[1:-1], given)
    try:
        values = json.loads(filled)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list):
        raise InputError(
            f"{option}={_shown(given)} is no JSON list",
            f'Write {option}=\'["oil, on wood", "ink"]\' or {option}={{{{ a_list }}}}',
        )
    return values


def _range(option: str, part: str, shown: str) -> Iterator[Any]:
    """The numbers of a range, in order, each as exact as typed; else the text itself."""
    match = _RANGE.fullmatch(part)
    if match is None:
        if _NEARLY_A_RANGE.match(part):
            raise InputError(
                f"{option}={shown} is no range with two ends",
                f"Write {option}=1..4 or {option}=0..1:0.25; a text is {option}='[\"...\"]'",
            )
        yield part
        return
    is_whole = not re.search(r"[.eE]", "".join(filter(None, match.groups())))
    start, end = Fraction(match[1]), Fraction(match[2])
    step = Fraction(match[3] or (1 if start <= end else -1))
    if step == 0 or (end - start) / step < 0:
        raise InputError(
            f"{option}={shown}: the step {'is 0' if step == 0 else 'leads away from the end'}",
            f"Write {option}={match[1]}..{match[2]}, or a step with the other sign",
        )
    for number in range((end - start) // step + 1):
        value = start + number * step
        yield int(value) if is_whole else float(value)


def _several(option: str, value: Any) -> Iterator[Any]:
    """The values that an expression gives: those of a list, else the one that it is.

    A text, bytes, a mapping, a file's name and a picture (an array of two dimensions and
    more) are one value each.
    """
    is_one = isinstance(value, (str, bytes, bytearray, memoryview, Mapping, os.PathLike))
    if is_one or getattr(value, "ndim", 1) != 1 or not isinstance(value, Iterable):
        yield _plain(value)
        return
    try:
        found = [_plain(one) for one in islice(value, _MOST_READ + 1)]
        reason = ""
    except Exception as error:  # noqa: BLE001 (whatever the user's object raises)
        found, reason = [], f"{type(error).__name__}: {_shown(str(error), 200)}"
    if reason:
        raise InputError(f"the values of {option} raised {reason}", "Give a list")
    yield from found


def _plain(value: Any) -> Any:
    """The Python number in the place of one of numpy's, which has no JSON form."""
    is_scalar = getattr(value, "ndim", None) == 0 and callable(getattr(value, "item", None))
    return value.item() if is_scalar else value


# -- how they are told apart ----------------------------------------------------------


def _identity(value: Any) -> tuple[str, Any]:
    """Equal for values that make the same request."""
    if isinstance(value, str):
        return "text", value
    if isinstance(value, (bytes, bytearray)):
        return "bytes", bytes(value)
    if isinstance(value, os.PathLike):
        return "path", os.fspath(value)
    text = _json(value)
    if text is None:
        return "object", id(value)
    return "text", text.removesuffix(".0") if isinstance(value, float) else text


def _labels(values: Iterable[Any]) -> tuple[str, ...]:
    labels: dict[str, None] = {}
    pictures = 0
    for value in values:
        label = _label(value)
        if not label:
            pictures += 1
            label = f"picture {pictures}"
        unique, number = label, 1
        while unique in labels:
            number += 1
            unique = f"{label[: _LABEL - 4].rstrip(' …')}… {number}"
        labels[unique] = None
    return tuple(labels)


def _label(value: Any) -> str:
    """One short line; empty for what can only be a picture."""
    if isinstance(value, str):
        is_picture = value.startswith("data:")
        return "" if is_picture else _shown(value, _LABEL) or "empty"
    if isinstance(value, os.PathLike):
        return _shown(Path(os.fsdecode(value)).name, _LABEL)
    text = _json(value)
    if text is None:
        return ""
    return _shown(text.removesuffix(".0") if isinstance(value, float) else text, _LABEL)


def _json(value: Any) -> str | None:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None


def _shown(text: str, most: int = 60) -> str:
    """One line of a text; what an expression gave is not in it, for it may be anything."""
    line = " ".join(_PLACE.sub("{{ … }}", text).split())
    line = "".join(letter if letter.isprintable() else "�" for letter in line)
    return line if len(line) <= most else f"{line[: most - 1]}…"
