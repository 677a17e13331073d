"""A search as SQL: decided from its words, without a database.

What a single word asks for is in ``terms.py``; the query is run in ``history.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from ..errors import InputError
from . import terms
from .folding import fold

MOST_WORDS = 100
"""Different words of one search; SQLite bounds the size of a statement."""


@dataclass(frozen=True, slots=True)
class Query:
    """The statement that counts what matches, the one for a page, and their parameters.

    `page` takes a limit and an offset besides; its columns are key, favourite and record.
    """

    count: str
    page: str
    values: tuple[str | int, ...]


def find(
    text: str = "",
    *,
    pictures: bool = False,
    favourites: bool = False,
    since: datetime | None = None,
    now: datetime | None = None,
) -> Query:
    """The query for a search; see `History.search`.

    Raises
    ------
    InputError
        For more than 100 different words, and for a status, date or mark that is none.
    """
    words = list(dict.fromkeys(fold(word) for word in text.split()))
    if len(words) > MOST_WORDS:
        raise InputError(
            f"a search of {len(words)} different words is too long",
            f"Give at most {MOST_WORDS} of them",
        )
    now = now or datetime.now(timezone.utc)
    possible = (
        terms.PICTURES if pictures else None,
        terms.FAVOURITES if favourites else None,
        None if since is None else terms.since(since),
        *(terms.condition(word, now) for word in words),
    )
    conditions = [condition for condition in possible if condition is not None]
    # What is looked for in every row is looked for in the one index that holds all these
    # columns; a plus keeps SQLite from the others, which would lead it into the rows, 5 kB each.
    # https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    plus = "+" if any(condition.in_every_row for condition in conditions) else ""
    where = " AND ".join(["1", *(one.sql.format(plus=plus) for one in conditions)])
    matching = f"FROM predictions WHERE {where}"
    newest_first = "submitted_at DESC, rowid DESC"
    return Query(
        f"SELECT count(*) {matching}",
        "SELECT key, favourite, CAST(record AS BLOB) FROM predictions WHERE rowid IN"  # noqa: S608 (constants)
        f" (SELECT rowid {matching} ORDER BY {plus}{newest_first} LIMIT ? OFFSET ?)"
        f" ORDER BY {newest_first}",
        tuple(value for condition in conditions for value in condition.values),
    )
