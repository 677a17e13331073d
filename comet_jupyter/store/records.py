"""The history: what is known of every prediction, durable when a call returns.

Opening, journal mode and migrations are in ``migrations.py``, output files in ``files.py``.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Sequence
from datetime import timezone
from pathlib import Path
from typing import Any, TypeVar

from ..errors import InputError, StoreError
from ..record import Record
from .files import Files, reason, store_error
from .migrations import Database, is_damage, open_database, reopen_damaged, transaction

T = TypeVar("T")

SHORTEST_REF = 4
"""Characters of a key or an id that are enough to name a prediction."""

_COLUMNS = "key, id, model, status, origin, prompt, seed, submitted_at, finished, run_time, record"
_INSERT = f"INSERT INTO predictions ({_COLUMNS}) VALUES ({', '.join('?' * 11)})"  # noqa: S608 (constants)
_REPLACE = f"{_INSERT} ON CONFLICT (key) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:]
)

# One lock for every store of the process: a fork has to hold them all, in some order.
_LOCK = threading.Lock()
_STORES: weakref.WeakSet[Store] = weakref.WeakSet()


class Store:
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

    def __init__(self, home: Path) -> None:
        self.home = home
        self.files = Files(home)
        self._database: Database | None = None
        self._notices: tuple[str, ...] = ()
        self._finalizer: weakref.finalize[..., Store] | None = None
        with _LOCK:
            _STORES.add(self)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know about this store, each one line."""
        return self._notices

    @property
    def path(self) -> Path:
        """The database in use."""
        database = self._database
        return self.home / "comet.db" if database is None else database.path

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
        record = _parse(found[0][2])
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
        records = [_parse(text) for _, _, text in rows]
        damaged = records.count(None)
        if damaged:
            self._note(f"{damaged} records of the history are damaged and were left out")
        return [record for record in records if record is not None]

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

    def close(self) -> None:
        """Closes the database; the next use opens it again."""
        with _LOCK:
            self._close()

    def _write(self, statement: str, records: Sequence[Record]) -> None:
        action = "the record could not be written to"
        try:
            rows = [_row(record) for record in records]
        except (TypeError, ValueError, RecursionError) as error:
            failure = store_error(action, self.home, f"it has no JSON form ({error})")
        else:
            if rows:
                self._run(lambda connection: _write_rows(connection, statement, rows), action)
            return
        raise failure

    def _read(self, clauses: str, *values: object) -> list[tuple[str, str, str]]:
        rows: list[tuple[str, str, str]] = self._run(
            lambda connection: connection.execute(
                f"SELECT key, id, record FROM predictions {clauses}",  # noqa: S608 (constants)
                values,
            ).fetchall(),
            "the history could not be read from",
        )
        return rows

    def _run(self, operation: Callable[[sqlite3.Connection], T], action: str) -> T:
        """Runs one operation; after damage once more, on the new database."""
        try:
            with _LOCK:
                try:
                    return operation(self._connection())
                except sqlite3.Error as error:
                    if not is_damage(error) or self._database is None:
                        raise
                self._take(reopen_damaged(self._database))
                return operation(self._connection())
        except OSError as error:
            failure = store_error(action, self.home, reason(error))
        except sqlite3.Error as error:
            failure = store_error(action, self.home, _sqlite_reason(error))
        raise failure

    def _connection(self) -> sqlite3.Connection:
        database = self._database
        if database is not None and not database.in_place:
            self._note(
                f"{database.path.name} was moved away while it was in use; a new history begins"
            )
            self._close()
        if self._database is None:
            return self._take(open_database(self.home)).connection
        return self._database.connection

    def _take(self, database: Database) -> Database:
        self._database = database
        # A connection that is merely forgotten warns on Python 3.13.
        self._finalizer = weakref.finalize(self, database.connection.close)
        for notice in database.notices:
            self._note(notice)
        return database

    def _close(self) -> None:
        self._database = None
        if self._finalizer is not None:
            self._finalizer()
            self._finalizer = None

    def _note(self, notice: str) -> None:
        if notice not in self._notices:
            self._notices = (*self._notices, notice)


def _write_rows(
    connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    with transaction(connection):
        connection.executemany(statement, rows)


def _row(record: Record) -> tuple[Any, ...]:
    """A record as a row, in the order of `_COLUMNS`."""
    seed = record.request.seed
    run_time = record.state.run_time if record.succeeded else None
    ran = (
        record.origin in ("service", "sandbox") and run_time is not None and math.isfinite(run_time)
    )
    return (
        record.key,
        record.id,
        record.model,
        record.status,
        record.origin,
        # A lone surrogate has no UTF-8; the record's own JSON spells it out.
        record.request.prompt.encode("utf-8", "replace").decode(),
        seed if seed is not None and -(2**63) <= seed < 2**63 else None,
        record.submitted_at.astimezone(timezone.utc).isoformat(timespec="microseconds"),
        record.finished,
        run_time if ran else None,
        json.dumps(record.to_dict()),
    )


def _parse(text: str) -> Record | None:
    try:
        return Record.from_dict(json.loads(text))
    except (InputError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def _sqlite_reason(error: sqlite3.Error) -> str:
    text = str(error)
    if "is full" in text:
        return "the disk is full"
    if "locked" in text:
        return "another process holds the database"
    if "readonly" in text:
        return "the database is read-only"
    return text


# -- forks -----------------------------------------------------------------------------


def _before_fork() -> None:
    # SQLite remembers its locks by file, in memory that the child inherits, and the child
    # does not own them: it would write without a lock. So no connection lives across a fork.
    # https://www.sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_
    _LOCK.acquire()
    for store in list(_STORES):
        store._close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_LOCK.release, after_in_child=_LOCK.release
    )
