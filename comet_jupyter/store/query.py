"""What a search means, as SQL: decided from its words, without a database.

It is run in ``history.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ..errors import InputError
from .folding import fold
from .rows import to_text

SHORTEST_REF = 4
"""Characters of a key or an id that are enough to name a prediction."""

MOST_WORDS = 100
"""Different words of one search; SQLite bounds the size of a statement."""

_SEED = re.compile(r"(?:seed[:=])?(-?[0-9]{1,19})")


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
) -> Query:
    """The query for a search; see `History.search`.

    Raises
    ------
    InputError
        For more than 100 different words.
    """
    words = list(dict.fromkeys(fold(word) for word in text.split()))
    if len(words) > MOST_WORDS:
        raise InputError(
            f"a search of {len(words)} different words is too long",
            f"Give at most {MOST_WORDS} of them",
        )
    # Words are looked for in every row, thus in the one index that holds all these columns; a
    # plus keeps SQLite from the others, which would lead it into the rows, 5 kB each.
    # https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    plus = "+" if words else ""
    conditions = ["1"]
    values: list[str | int] = []
    if pictures:
        conditions.append(f"{plus}finished = 1 AND {plus}status = 'succeeded'")
    if favourites:
        conditions.append(f"{plus}favourite = 1")
    if since is not None:
        conditions.append("submitted_at >= ?")
        values.append(to_text(since))
    for word in words:
        condition, its_values = _meaning(word)
        conditions.append(condition)
        values += its_values
    matching = f"FROM predictions WHERE {' AND '.join(conditions)}"
    newest_first = "submitted_at DESC, rowid DESC"
    return Query(
        f"SELECT count(*) {matching}",
        "SELECT key, favourite, CAST(record AS BLOB) FROM predictions WHERE rowid IN"  # noqa: S608 (constants)
        f" (SELECT rowid {matching} ORDER BY {plus}{newest_first} LIMIT ? OFFSET ?)"
        f" ORDER BY {newest_first}",
        tuple(values),
    )


def _meaning(word: str) -> tuple[str, list[str | int]]:
    """The condition for one folded word, and its parameters."""
    tests = ["instr(search_text, ?)"]
    values: list[str | int] = [word]
    seed = _SEED.fullmatch(word)
    if seed and -(2**63) <= int(seed[1]) < 2**63:
        tests.append("seed = ?")
        values.append(int(seed[1]))
    if len(word) >= SHORTEST_REF:
        tests += ["instr(lower(id), ?) = 1", "instr(key, ?) = 1"]
        values += [word, word]
    return f"({' OR '.join(tests)})", values
