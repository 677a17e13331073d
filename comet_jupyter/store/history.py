"""The history as people use it: search it page by page, mark favourites, forget.

Records are written and looked up in ``records.py``; what a search means is in ``query.py``.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ..errors import InputError, StoreError
from ..record import Record
from .connection import Connected
from .files import SHA256, SHORTEST_SHA256
from .migrations import transaction
from .query import find
from .rows import parse

_READING = "the history could not be read from"
_OUTPUT_FILE = re.compile(f'"sha256": "({SHA256})"')


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search.

    Attributes
    ----------
    records : tuple of Record
        Newest first.
    favourites : frozenset of str
        Keys of those records that are favourites.
    total : int
        Predictions that match, on all pages.
    """

    records: tuple[Record, ...]
    favourites: frozenset[str]
    total: int


class History(Connected):
    """What a store knows beyond single records."""

    def search(
        self,
        text: str = "",
        *,
        pictures: bool = False,
        favourites: bool = False,
        since: datetime | None = None,
        limit: int = 12,
        offset: int = 0,
    ) -> Page:
        """Predictions that match in every respect, newest first.

        Parameters
        ----------
        text : str
            Words, each of which has to be in the prompt or the model's name (upper or lower
            case), or be the seed (``7``, ``seed:7``), or be the beginning of the id or the
            key, at least 4 characters. And ``status:failed`` (or its beginning, or
            ``status:unfinished``), ``model:dev`` (part of the model's name),
            ``since:2026-11-01``, ``before:2026-11`` (local dates), ``since:7d`` (hours, days,
            weeks, months of 30 days), ``since:yesterday``, ``is:favourite``. A name without
            its value asks for nothing.
        pictures : bool
            Only those that succeeded.
        favourites : bool
            Only favourites.
        since : datetime, optional
            Only those submitted then or later.
        limit : int
            Records on the page.
        offset : int
            Matching ones to pass over.

        Raises
        ------
        InputError
            For more than 100 different words, and for a status, date or mark that is none.
        StoreError
            When the history cannot be read.

        Examples
        --------
        >>> page = store.search("boat dawn", pictures=True, limit=12, offset=12)
        >>> page.total
        31
        """
        now = datetime.fromtimestamp(self._clock(), timezone.utc)
        query = find(text, pictures=pictures, favourites=favourites, since=since, now=now)
        bounds = (max(limit, 0), max(offset, 0))
        total, rows = self._run(
            lambda connection: (
                connection.execute(query.count, query.values).fetchone()[0],
                connection.execute(query.page, (*query.values, *bounds)).fetchall(),
            ),
            _READING,
        )
        records = tuple(self._parsed(record for _, _, record in rows))
        marked = {key for key, favourite, _ in rows if favourite}
        return Page(records, frozenset(marked & {record.key for record in records}), total)

    def set_favourite(self, key: str, on: bool) -> None:
        """Marks a prediction as a favourite, or no longer; an unknown key does nothing.

        Raises
        ------
        StoreError
            When it could not be written.
        """

        def mark(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                connection.execute(
                    "UPDATE predictions SET favourite = ? WHERE key = ?", (bool(on), key)
                )

        self._run(mark, "the favourite could not be written to")

    def is_favourite(self, key: str) -> bool:
        """True for a prediction that was marked as a favourite.

        Raises
        ------
        StoreError
            When the history cannot be read.
        """
        found = self._run(
            lambda connection: connection.execute(
                "SELECT 1 FROM predictions WHERE key = ? AND favourite = 1", (key,)
            ).fetchone(),
            _READING,
        )
        return found is not None

    def forget(self, key: str) -> None:
        """Deletes a prediction, and of its output files those that no other one refers to.

        A file that another prediction made as well, or was given as input
        (``comet:<sha256>``), stays; so do the files that this one was given, because cells of
        notebooks may hold nothing else of them. An unknown key does nothing. A file that
        cannot be removed is said in the notices.

        Parameters
        ----------
        key : str
            Whole.

        Raises
        ------
        InputError
            When it is not finished.
        StoreError
            When the record could not be deleted; it can be tried again.
        """
        troubles = self._run(
            lambda connection: self._forget(connection, key, _databases_beside(self.path)),
            "nothing was deleted from",
        )
        for trouble in troubles:
            self._note(trouble)

    def _forget(
        self, connection: sqlite3.Connection, key: str, beside: Sequence[Path]
    ) -> tuple[str, ...]:
        """Deletes a row and its files; returns what is to be noted."""
        troubles = []
        # The files go before the commit: as long as nobody else can write, no other kernel's
        # record begins to name them.
        with transaction(connection):
            for sha256 in _unused(_delete(connection, key), connection, beside):
                try:
                    self.files.remove(sha256)
                except StoreError as error:
                    troubles.append(str(error))
        return tuple(troubles)

    def _parsed(self, rows: Iterable[bytes]) -> list[Record]:
        """The records of rows; damaged ones are left out with a notice."""
        records = [parse(data) for data in rows]
        damaged = records.count(None)
        if damaged:
            self._note(f"{damaged} records of the history are damaged and were left out")
        return [record for record in records if record is not None]


def _delete(connection: sqlite3.Connection, key: str) -> list[str]:
    """Deletes a row; returns the sha256 of its output files."""
    found = connection.execute(
        "SELECT finished, CAST(record AS BLOB) FROM predictions WHERE key = ?", (key,)
    ).fetchone()
    if found is None:
        return []
    finished, record = found
    if not finished:
        raise InputError(
            f"{key[:12]} is not finished and cannot be forgotten",
            f"Cancel it first: `%comet cancel {key[:12]}`",
        )
    connection.execute("DELETE FROM predictions WHERE key = ?", (key,))
    return list(dict.fromkeys(_OUTPUT_FILE.findall(record.decode("utf-8", "replace"))))


def _unused(
    files: Sequence[str], connection: sqlite3.Connection, beside: Sequence[Path]
) -> list[str]:
    """Those files that no record names, of this database or of others."""
    unused = _unnamed(files, connection)
    for path in beside:
        if unused:
            unused = _unnamed_beside(unused, path)
    return unused


def _unnamed(files: Sequence[str], connection: sqlite3.Connection) -> list[str]:
    """Those files that no record names in any form that `Files.find` understands; one scan."""
    left = {sha256[:SHORTEST_SHA256].encode(): sha256 for sha256 in files}
    if left:
        for (record,) in connection.execute("SELECT CAST(record AS BLOB) FROM predictions"):
            text = record.lower()
            for name in [name for name in left if name in text]:
                del left[name]
            if not left:
                break
    return list(left.values())


def _unnamed_beside(files: Sequence[str], path: Path) -> list[str]:
    """The same of another database; one that cannot be read may name anything."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return _unnamed(files, connection)
    except sqlite3.Error:
        return []


def _databases_beside(path: Path) -> list[Path]:
    """Those of other versions of the package, whose records share the files."""
    home = path.parent
    known = (home / "comet.db", *home.glob("comet.schema-*.db"))
    return [other for other in known if other != path and other.exists()]
