"""Opening the database: private, in the right journal mode, up to date, never over a damaged one.

The tables are in ``migrations.py``, who shares the opened connection in ``connection.py``.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from .disk import make_private_folder, set_mode
from .migrations import MIGRATIONS, bring_up_to_date

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another process's transaction."""

SMALLEST_DATABASE = 512
"""Bytes of the smallest page, of which SQLite writes whole ones."""

# fmt: off
NETWORK_DISKS = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
    "smb3", "smbfs", "virtiofs",
})
# fmt: on

_MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class Database:
    """An open database.

    Attributes
    ----------
    connection : sqlite3.Connection
    path : Path
    file : tuple of int
        Device and inode; another one at `path` means that this one was moved away.
    notices : tuple of str
        What the user should know about the opening.
    """

    connection: sqlite3.Connection
    path: Path
    file: tuple[int, int]
    notices: tuple[str, ...] = ()

    @property
    def in_place(self) -> bool:
        """True while the path leads to this very file."""
        try:
            return _identity(self.path) == self.file
        except OSError:
            return False


class _NewerDatabase(Exception):
    """The database holds migrations of a later version."""


def open_database(home: Path, mounts: str | None = None) -> Database:
    """Opens the database of a store, making it where there is none.

    A damaged database is set aside under another name and a new one begins; a database of a
    newer version is left alone and one beside it is used. Both are said in the notices.

    Parameters
    ----------
    home : Path
    mounts : str, optional
        The text of ``/proc/self/mountinfo``, read when left out.

    Raises
    ------
    OSError, sqlite3.Error
        When there can be no database here.
    """
    make_private_folder(home)
    with _only_one_opens(home):
        return _open_ours(home, mounts)


def reopen_damaged(database: Database) -> Database:
    """Sets a database aside that turned out to be damaged, and opens a new one.

    When another process has done so already, only opens what is there now.
    """
    home = database.path.parent
    with _only_one_opens(home):
        notices: tuple[str, ...] = ()
        if database.in_place:
            notices = (_set_aside(database.path, database.connection),)
        database.connection.close()
        opened = _open_ours(home, None)
        return replace(opened, notices=(*notices, *opened.notices))


def is_damage(error: sqlite3.Error) -> bool:
    """True when an error means that the file itself is wrong, not that it is busy or full.

    The sqlite3 module raises its plain ``DatabaseError`` for "malformed" and "not a database",
    and a subclass for everything else a store can meet.
    """
    return type(error) is sqlite3.DatabaseError or str(error).startswith("no such ")


def is_network_disk(path: Path, mounts: str) -> bool:
    """True when a path lies on a file system without the shared memory that WAL needs.

    Parameters
    ----------
    path : Path
        Absolute, links resolved.
    mounts : str
        The text of ``/proc/self/mountinfo``; elsewhere empty.
    """
    if str(path).startswith("\\\\"):
        return True
    longest, kind = -1, ""
    for line in mounts.splitlines():
        place, separator, system = line.partition(" - ")
        fields = place.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4])
        # A later mount on the same point hides the earlier one.
        if len(point) >= longest and (path == Path(point) or Path(point) in path.parents):
            longest, kind = len(point), system.split(" ")[0]
    return kind in NETWORK_DISKS or kind.startswith("fuse")


def _open_ours(home: Path, mounts: str | None) -> Database:
    """The store's database, or the one beside it when that is of a newer version."""
    try:
        return _open(home / "comet.db", mounts)
    except _NewerDatabase:
        # Named by the newest tables we know, so that every session of this version finds it.
        path = home / f"comet.schema-{len(MIGRATIONS)}.db"
    notice = (
        f"comet.db was written by a newer comet_jupyter and is left alone; this version keeps "
        f"its records in {path.name} beside it: `pip install -U comet_jupyter`"
    )
    database = _open(path, mounts)
    return replace(database, notices=(notice, *database.notices))


def _open(path: Path, mounts: str | None) -> Database:
    notices: tuple[str, ...] = ()
    if _was_cut_short(path):
        notices = (_set_aside(path, None),)
    while True:
        _create_private(path)  # SQLite gives its journals the mode of the database
        connection = _connect(path)
        try:
            _prepare(connection, path.parent, mounts)
            return Database(connection, path, _identity(path), notices)
        except sqlite3.Error as error:
            if notices or not is_damage(error):
                connection.close()
                raise
            notices = (_set_aside(path, connection),)
        except BaseException:
            connection.close()
            raise


def _create_private(path: Path) -> None:
    """Makes a file that only its owner can read, where there is none."""
    # An existing file is not opened: closing a descriptor of a file drops every lock that this
    # process has on it, those of other connections included.
    # https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    set_mode(path, 0o600)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
    )


def _prepare(connection: sqlite3.Connection, home: Path, mounts: str | None) -> None:
    """Checks that this is our database, and brings it up to date."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    applied: set[str] = set()
    if tables:
        if "migrations" not in tables:
            raise sqlite3.DatabaseError("the file holds other tables than ours")
        applied = {name for (name,) in connection.execute("SELECT name FROM migrations")}
    if applied - {migration.name for migration in MIGRATIONS}:
        raise _NewerDatabase
    if mounts is None:
        mounts = _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""
    _set_journal_mode(connection, "delete" if is_network_disk(home.resolve(), mounts) else "wal")
    connection.execute("PRAGMA synchronous = FULL")  # durable when a write returns
    bring_up_to_date(connection, applied)


def _set_journal_mode(connection: sqlite3.Connection, mode: str) -> None:
    (current,) = connection.execute("PRAGMA journal_mode").fetchone()
    if current != mode:
        # Refused while another process is in the file, or where the disk has no shared
        # memory; the mode that it has then works as well.
        with suppress(sqlite3.OperationalError):
            connection.execute(f"PRAGMA journal_mode = {mode}")


def _was_cut_short(path: Path) -> bool:
    """True for a database of nearly 0 bytes, or none, that has not always been empty.

    SQLite takes it for a new one, and deletes its journal.
    """
    size = path.stat().st_size if path.exists() else -1
    if size >= SMALLEST_DATABASE:
        return False
    pictures = size == 0 and any(path.parent.glob("files/*"))
    return size > 0 or pictures or _journal(path, "-wal").exists()


def _set_aside(path: Path, connection: sqlite3.Connection | None) -> str:
    """Renames a database with its journals, as it is; returns the notice.

    The connection is closed afterwards: SQLite leaves a database alone that was renamed, and
    would write the journal into it otherwise. Windows renames no open file.
    """
    if connection is not None and os.name == "nt":
        connection.close()
    name = f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    taken = len(list(path.parent.glob(f"{name}*")))
    aside = path.with_name(f"{name}-{taken}" if taken else name)
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            _journal(path, suffix).rename(_journal(aside, suffix))
    if connection is not None:
        connection.close()
    return (
        f"{path.name} was damaged and is kept as {aside.name}; a new history begins, "
        "the pictures are all there"
    )


def _journal(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


@contextmanager
def _only_one_opens(home: Path) -> Iterator[None]:
    """Lets one process at a time create, migrate or set aside; freed when the process dies.

    The lock is that of an empty SQLite file, because it works on every system and has a
    time limit.
    """
    path = home / "comet.lock"
    _create_private(path)
    if path.stat().st_size:
        os.truncate(path, 0)
    connection = _connect(path)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()
