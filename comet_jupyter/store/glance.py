"""A glance at the newest predictions, for those who may neither wait nor change anything.

Completion asks here while somebody types: a store that is not there is not made, a damaged one
is left as it is, and one that is busy has nothing to say. All else is asked of `Store`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 0.02
"""Seconds to wait for another process."""

_LONGEST_PROMPT = 400


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is seen of a prediction.

    Attributes
    ----------
    ref : str
        The service's id; the beginning of our key where there is none.
    model, status, prompt : str
        The prompt's beginning only.
    """

    ref: str
    model: str
    status: str
    prompt: str


def glance(
    path: Path,
    beginning: str = "",
    *,
    succeeded: bool = False,
    unfinished: bool = False,
    limit: int = 50,
) -> list[Glimpse]:
    """The newest predictions whose id or key begins so, newest first.

    Parameters
    ----------
    path : Path
        The database, absolute; it need not exist.
    beginning : str
    succeeded, unfinished : bool
        Only those.
    limit : int

    Returns
    -------
    list of Glimpse
        Empty also when the database cannot be read at once.
    """
    if not beginning.isascii() or not path.is_file():
        return []
    # A reader of a database in WAL mode leaves the journals that it makes. Where there are
    # none, nobody has it open, and it can be read as if nobody ever would.
    # https://www.sqlite.org/wal.html#read_only_databases
    journals = (path.with_name(path.name + suffix) for suffix in ("-wal", "-journal"))
    options = "mode=ro" if any(one.exists() for one in journals) else "mode=ro&immutable=1"
    try:
        with closing(
            sqlite3.connect(f"{path.as_uri()}?{options}", uri=True, timeout=_PATIENCE)
        ) as connection:
            return list(_seen(connection, beginning, succeeded, unfinished, limit))
    except sqlite3.Error:
        return []


def _seen(
    connection: sqlite3.Connection,
    beginning: str,
    succeeded: bool,
    unfinished: bool,
    limit: int,
) -> Iterator[Glimpse]:
    where = ["1"]
    if beginning:
        where.append("((id >= :first AND id < :last) OR (key >= :first AND key < :last))")
    if succeeded:
        where.append("status = 'succeeded'")
    if unfinished:
        where.append("finished = 0")
    rows = connection.execute(
        "SELECT id, key, model, status, substr(prompt, 1, :longest) FROM predictions"  # noqa: S608 (constants)
        f" WHERE {' AND '.join(where)} ORDER BY submitted_at DESC, rowid DESC LIMIT :limit",
        {
            "first": beginning,
            "last": beginning + "\x7f",
            "longest": _LONGEST_PROMPT,
            "limit": limit,
        },
    )
    for id, key, model, status, prompt in rows:
        ref = id if id and id.startswith(beginning) else key[: max(12, len(beginning))]
        yield Glimpse(ref, model, status, prompt)
