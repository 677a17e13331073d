"""What each word of a search asks for: a condition on the columns, decided without a database.

How conditions become a query is in ``query.py``, what a typed date means in ``dates.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from ..errors import InputError
from ..models import nearest
from .dates import DAYS_AGO, moment
from .rows import to_text

SHORTEST_REF = 4
"""Characters of a key or an id that are enough to name a prediction."""

_SEED = re.compile(r"(?:seed[:=])?(-?[0-9]{1,19})")
_CANCELED = "{plus}status = 'canceled'"
STATUSES = {
    **{
        name: f"{{plus}}status = '{name}'"
        for name in (
            "succeeded", "failed", "canceled", "refused", "unknown", "submitting", "starting",
            "processing", "downloading",
        )
    },
    "cancelled": _CANCELED,
    "aborted": _CANCELED,
    "unfinished": "{plus}finished = 0",
}  # fmt: skip
"""What people call a status, and what that is in the columns."""

MARKS = ("favourite", "favorite", "favourites", "favorites")
"""What ``is:`` can say."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of a WHERE clause.

    Attributes
    ----------
    sql : str
        With ``{plus}`` before columns that have indexes of their own.
    values : tuple of str and int
        Its parameters.
    in_every_row : bool
        It can only be found by looking at all of them.
    """

    sql: str
    values: tuple[str | int, ...] = ()
    in_every_row: bool = False


PICTURES = Condition("{plus}finished = 1 AND {plus}status = 'succeeded'")
FAVOURITES = Condition("{plus}favourite = 1")


def since(begin: datetime) -> Condition:
    """Submitted then or later."""
    return Condition("submitted_at >= ?", (to_text(begin),))


def before(end: datetime) -> Condition:
    """Submitted earlier than that."""
    return Condition("submitted_at < ?", (to_text(end),))


def condition(word: str, now: datetime) -> Condition | None:
    """What a word asks for; None for a name whose value is still to be typed.

    Parameters
    ----------
    word : str
        Folded (see `fold`).
    now : datetime
        Aware.

    Raises
    ------
    InputError
        For a status, date or mark that is none.
    """
    name, colon, value = word.partition(":")
    if not colon or name not in _NAMED:
        return _anywhere(word)
    return _NAMED[name](value, now) if value else None


def _anywhere(word: str) -> Condition:
    """In the prompt or the model's name, or the seed, or the beginning of id or key."""
    tests = ["instr(search_text, ?)"]
    values: list[str | int] = [word]
    seed = _SEED.fullmatch(word)
    if seed and -(2**63) <= int(seed[1]) < 2**63:
        tests.append("seed = ?")
        values.append(int(seed[1]))
    if len(word) >= SHORTEST_REF:
        tests += ["instr(lower(id), ?) = 1", "instr(key, ?) = 1"]
        values += [word, word]
    return Condition(f"({' OR '.join(tests)})", tuple(values), in_every_row=True)


def _status(value: str, now: datetime) -> Condition:
    meant = dict.fromkeys(sql for name, sql in STATUSES.items() if name.startswith(value))
    if not meant:
        raise _no_such("status", value, STATUSES)
    return Condition(f"({' OR '.join(meant)})", in_every_row=True)


def _model(value: str, now: datetime) -> Condition:
    return Condition("instr(lower(model), ?)", (value,), in_every_row=True)


def _since(value: str, now: datetime) -> Condition:
    return since(_moment("since", value, now))


def _before(value: str, now: datetime) -> Condition:
    return before(_moment("before", value, now))


def _is(value: str, now: datetime) -> Condition:
    if not any(name.startswith(value) for name in MARKS):
        raise _no_such("is", value, MARKS[:1])
    return FAVOURITES


_NAMED: dict[str, Callable[[str, datetime], Condition]] = {
    "status": _status,
    "model": _model,
    "seed": lambda value, now: _anywhere(f"seed:{value}"),
    "since": _since,
    "before": _before,
    "is": _is,
}


def _moment(name: str, value: str, now: datetime) -> datetime:
    found = moment(value, now)
    if found is None:
        near = nearest(value, DAYS_AGO)
        raise InputError(
            f"{value[:40]!r} is no date",
            f"Did you mean {name}:{near}?" if near else f"Write {name}:2026-11-01 or {name}:7d",
        )
    return found


def _no_such(name: str, value: str, names: Iterable[str]) -> InputError:
    near = nearest(value, names)
    return InputError(
        f"{value[:40]!r} is nothing that {name}: can find",
        f"Did you mean {name}:{near}?" if near else f"Write {name}: and one of {', '.join(names)}",
    )
