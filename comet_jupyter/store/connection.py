"""The connection to a store's database: one for all threads, closed while the process forks.

What is read and written with it is in ``records.py`` and ``history.py``.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from .database import Database, is_damage, open_database, reopen_damaged
from .disk import reason, store_error
from .files import Files

T = TypeVar("T")

# One lock for every store of the process: a fork has to hold them all, in some order.
_LOCK = threading.Lock()
_STORES: weakref.WeakSet[Connected] = weakref.WeakSet()


class Connected:
    """One folder with a database that is opened at the first use, and files.

    Parameters
    ----------
    home : Path
        Absolute; made when needed.
    clock : callable
        The wall clock, in seconds.

    Attributes
    ----------
    home : Path
    files : Files
    """

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self.home = home
        self.files = Files(home)
        self._clock = clock
        self._database: Database | None = None
        self._notices: tuple[str, ...] = ()
        self._finalizer: weakref.finalize[..., Connected] | None = None
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

    def close(self) -> None:
        """Closes the database; the next use opens it again."""
        with _LOCK:
            self._close()

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
