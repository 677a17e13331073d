"""Records: what is known of every prediction, durable when a call returns.

Searching, favourites and forgetting are in ``history.py``, the connection in
``connection.py``, output files in ``files.py``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from ..errors import InputError, StoreError
from ..record import Record
from .disk import store_error
from .history import History
from .migrations import transaction
from .query import SHORTEST_REF
from .rows import COLUMNS, parse, row

_INSERT = f"INSERT INTO predictions ({COLUMNS}) VALUES ({', '.join('?' * 12)})"  # noqa: S608 (constants)
_REPLACE = f"{_INSERT} ON CONFLICT (key) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in COLUMNS.split(", ")[1:]
)

_END = f"{_REPLACE} WHERE predictions.finished = 0 AND predictions.id = excluded.id"


class Store(History):
    """Records and output files of one folder.

    Opened at the first use; may be used from every thread, from several processes at once,
    and after a fork.

    Parameters
    ----------
    home : Path
        Absolute; made when needed.

    Attributes
    ----------
    home : Path
    files : Files
    """

    def add(self, records: Sequence[Record]) -> None:
        """Writes the intents of new predictions, all or none.

        Raises
        ------
        StoreError
            When they are not on disk: then nothing may be sent.
        """
        self._write(_INSERT, records)

    def put(self, *records: Record) -> None:
        """Writes records, all or none, in place of those with the same key.

        Raises
        ------
        StoreError
            When they could not be written; what was there before still is.
        """
        self._write(_REPLACE, records)

    def end(self, record: Record) -> None:
        """Writes the end of a prediction that nobody follows any more.

        Unless the store knows better: that it has ended otherwise, or got an id.

        Raises
        ------
        StoreError
            When it could not be written.
        """
        self._write(_END, (record,))

    def get(self, ref: str) -> Record | None:
        """The prediction of a key or a service's id, or of the beginning of one.

        Parameters
        ----------
        ref : str
            Whole, or at least 4 characters.

        Raises
        ------
        InputError
            When the beginning fits several.
        StoreError
            When the history cannot be read.
        """
        ref = ref.strip()
        if not ref or not ref.isascii():
            return None
        order = "ORDER BY submitted_at DESC, rowid DESC LIMIT 1"
        found = self._read(f"WHERE key = ? OR id = ? {order}", ref, ref)
        if not found and len(ref) >= SHORTEST_REF:
            found = self._read(
                "WHERE (key >= ? AND key < ?) OR (id >= ? AND id < ?)"
                " ORDER BY submitted_at DESC, rowid DESC LIMIT 6",
                *(ref, ref + "\x7f") * 2,
            )
        candidates = list(dict.fromkeys(id if id.startswith(ref) else key for key, id, _ in found))
        if len(candidates) > 1:
            shown = ", ".join(candidates[:5]) + (", …" if len(candidates) > 5 else "")
            raise InputError(
                f"{ref!r} is the beginning of several: {shown}", "Type some more of it"
            )
        if not found:
            return None
        record = parse(found[0][2])
        if record is None:
            raise StoreError(
                f"the record of {candidates[0]} is damaged", "Its pictures are still in the store"
            )
        return record

    def recent(self, limit: int = 20, *, unfinished: bool = False) -> list[Record]:
        """The last predictions, newest first.

        Parameters
        ----------
        limit : int
        unfinished : bool
            Only those whose end is not known.

        Raises
        ------
        StoreError
            When the history cannot be read.
        """
        where = "WHERE finished = 0" if unfinished else ""
        rows = self._read(f"{where} ORDER BY submitted_at DESC, rowid DESC LIMIT ?", limit)
        return self._parsed(data for _, _, data in rows)

    def run_times(self, model: str, limit: int = 30, *, sandbox: bool = False) -> list[float]:
        """Seconds that the last successful runs of a model took, the newest last.

        Those of the sandbox are apart, because it is not as fast as the service; replayed
        ones do not count, because nothing ran.
        """
        rows: list[tuple[float]] = self._run(
            lambda connection: connection.execute(
                "SELECT run_time FROM predictions WHERE model = ? AND origin = ?"
                " AND run_time IS NOT NULL ORDER BY submitted_at DESC LIMIT ?",
                (model, "sandbox" if sandbox else "service", limit),
            ).fetchall(),
            "the history could not be read from",
        )
        return [seconds for (seconds,) in reversed(rows)]

    def last_seed(self) -> int | None:
        """The seed that was sent last."""
        row: tuple[int] | None = self._run(
            lambda connection: connection.execute(
                "SELECT seed FROM predictions WHERE seed IS NOT NULL"
                " ORDER BY submitted_at DESC, rowid DESC LIMIT 1"
            ).fetchone(),
            "the history could not be read from",
        )
        return None if row is None else row[0]

    def _write(self, statement: str, records: Sequence[Record]) -> None:
        action = "the record could not be written to"
        try:
            rows = [row(record) for record in records]
        except (TypeError, ValueError, RecursionError) as error:
            failure = store_error(action, self.home, f"it has no JSON form ({error})")
        else:
            if rows:
                self._run(lambda connection: _write_rows(connection, statement, rows), action)
            return
        raise failure

    def _read(self, clauses: str, *values: object) -> list[tuple[str, str, bytes]]:
        rows: list[tuple[str, str, bytes]] = self._run(
            lambda connection: connection.execute(
                f"SELECT key, id, CAST(record AS BLOB) FROM predictions {clauses}",  # noqa: S608 (constants)
                values,
            ).fetchall(),
            "the history could not be read from",
        )
        return rows


def _write_rows(
    connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    with transaction(connection):
        connection.executemany(statement, rows)
