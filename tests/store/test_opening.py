"""Opening: a damaged, emptied, foreign or newer database never loses anything in silence."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from comet_jupyter.errors import StoreError
from comet_jupyter.record import Record
from comet_jupyter.store import Store, database
from comet_jupyter.store.database import is_network_disk, open_database, reopen_damaged
from comet_jupyter.store.migrations import MIGRATIONS, transaction

NewRecord = Callable[..., Record]


@pytest.fixture
def kept(store: Store, new: NewRecord) -> list[Record]:
    """Two hundred records, oldest first, in a store that was closed in order, and a picture."""
    records = [new(logs="x" * 500) for _ in range(200)]
    store.add(records)
    store.files.add(b"picture", "image/png")
    store.close()
    return records


def damaged_files(folder: Path) -> list[Path]:
    """The databases that were set aside, without their journals."""
    found = sorted(folder.glob("comet.db.damaged-*"))
    return [path for path in found if not path.name.endswith(("-wal", "-shm"))]


def sql(path: Path, statement: str) -> list[tuple[object, ...]]:
    """The rows of one statement, on a connection of its own."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


# -- tables that are not ours ----------------------------------------------------------


@pytest.mark.parametrize(
    "column", ["favourite", "search_text", "request_hash", "pictures", "derived_status"]
)
def test_a_database_without_a_column_is_not_ours(
    store: Store, kept: list[Record], column: str
) -> None:
    """Tables that do not have what their migrations say are set aside, not half used."""
    for (name,) in sql(
        store.path,
        f"SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%{column}%'",
    ):
        sql(store.path, f"DROP INDEX {name}")
    sql(store.path, f"ALTER TABLE predictions RENAME {column} TO other")
    assert store.recent() == []
    assert len(damaged_files(store.home)) == 1


def test_a_database_without_leases_is_not_ours(store: Store, kept: list[Record]) -> None:
    """Nor is one that lacks a whole table."""
    sql(store.path, "DROP TABLE leases")
    assert store.recent() == []
    assert len(damaged_files(store.home)) == 1


# -- damage ------------------------------------------------------------------------------


def overwrite_all(path: Path) -> None:
    """No byte is left of the database."""
    path.write_bytes(b"this is no database at all" * 400)


def overwrite_header(path: Path) -> None:
    """The first hundred bytes are gone."""
    data = path.read_bytes()
    path.write_bytes(b"\xff" * 100 + data[100:])


def cut_in_half(path: Path) -> None:
    """The second half is missing."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def cut_to_a_byte(path: Path) -> None:
    """One byte is left."""
    path.write_bytes(path.read_bytes()[:1])


def scribble_over_pages(path: Path) -> None:
    """Everything but the first page is overwritten."""
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


def replace_by_another_database(path: Path) -> None:
    """A sound database of something else."""
    path.unlink()
    sql(path, "CREATE TABLE recipes (x)")


def drop_the_table(path: Path) -> None:
    """A sound database without our table."""
    sql(path, "DROP TABLE predictions")


DAMAGES = [
    overwrite_all,
    overwrite_header,
    cut_in_half,
    cut_to_a_byte,
    scribble_over_pages,
    replace_by_another_database,
    drop_the_table,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_set_aside_as_it_is(
    store: Store, kept: list[Record], new: NewRecord, damage: Callable[[Path], None]
) -> None:
    """It is kept byte for byte under a name that says so, a new one works, and it is said."""
    damage(store.path)
    before = store.path.read_bytes()
    fresh = new()
    store.add([fresh])
    assert store.recent() == [fresh]
    (aside,) = damaged_files(store.home)
    assert aside.read_bytes() == before
    (notice,) = store.notices
    assert aside.name in notice
    assert "a new history begins" in notice
    assert store.files.read(*picture()) == b"picture"


def picture() -> tuple[str, str]:
    """The name of a kept file."""
    return hashlib.sha256(b"picture").hexdigest(), "image/png"


def test_damage_that_shows_later_is_handled_the_same(
    store: Store, kept: list[Record], new: NewRecord
) -> None:
    """A page that turns out to be wrong in mid-work sets the database aside and goes on."""
    assert len(store.recent(3)) == 3
    path = store.path
    size = path.stat().st_size
    # In place, as a failing disk does it; from another process, whose descriptor drops no lock.
    code = f"f = open({str(path)!r}, 'r+b'); f.seek(4096); f.write(b'\\xa5' * {size - 4096})"
    subprocess.run([sys.executable, "-c", code], check=True)
    fresh = new()
    store.put(fresh)
    for record in kept:
        store.get(record.key)
    assert len(store.recent(1000)) <= 1
    assert len(damaged_files(store.home)) >= 1
    assert any("damaged" in notice for notice in store.notices)
    store.put(fresh)
    assert store.get(fresh.key) == fresh


def test_the_journals_of_a_damaged_database_go_with_it(
    folder: Path,
    kept: list[Record],
    start: Callable[..., subprocess.Popen[str]],
    store: Store,
) -> None:
    """After a kill, the write-ahead log is set aside beside its database, byte for byte."""
    process = start("store.add([new()])\nsay('added')\nsys.stdin.readline()")
    assert process.stdout is not None
    assert process.stdout.readline() == "added\n"
    process.kill()
    process.wait()
    log = (folder / "comet.db-wal").read_bytes()
    assert log
    overwrite_all(folder / "comet.db")
    assert store.recent() == []
    (aside,) = damaged_files(folder)
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == log


def test_a_log_that_holds_everything_mends_its_database(
    folder: Path, start: Callable[..., subprocess.Popen[str]], store: Store
) -> None:
    """Nothing is set aside when the write-ahead log has every page of a damaged database."""
    process = start("store.add([new('in the log')])\nsay('added')\nsys.stdin.readline()")
    assert process.stdout is not None
    assert process.stdout.readline() == "added\n"
    process.kill()
    process.wait()
    overwrite_all(folder / "comet.db")
    assert [record.request.prompt for record in store.recent()] == ["in the log"]
    assert store.notices == ()


def test_two_damages_in_one_second_are_both_kept(store: Store, kept: list[Record]) -> None:
    """A damaged database never takes the place of another one."""
    overwrite_all(store.path)
    store.recent()
    store.close()
    overwrite_header(store.path)
    store.recent()
    assert len(damaged_files(store.home)) == 2
    assert len(store.notices) == 2


@pytest.mark.parametrize("left", ["pictures", "log"])
def test_an_emptied_database_is_no_new_one(
    store: Store, kept: list[Record], new: NewRecord, left: str
) -> None:
    """A database of 0 bytes beside pictures, or beside its log, is said to be damaged."""
    store.path.write_bytes(b"")
    if left == "log":
        shutil.rmtree(store.home / "files")
        (store.home / "comet.db-wal").write_bytes(b"log")
    assert store.recent() == []
    assert len(store.notices) == 1
    (aside,) = damaged_files(store.home)
    assert aside.with_name(f"{aside.name}-wal").exists() is (left == "log")


def test_a_new_store_has_nothing_to_say(store: Store, new: NewRecord) -> None:
    """An empty folder, and a database of 0 bytes in an otherwise empty one, are no damage."""
    store.home.mkdir()
    (store.home / "comet.db").touch()
    store.add([new()])
    assert store.notices == ()
    assert damaged_files(store.home) == []


def test_a_damaged_lock_file_is_no_obstacle(store: Store, kept: list[Record]) -> None:
    """The file that serialises opening may hold anything."""
    overwrite_all(store.home / "comet.lock")
    assert len(store.recent(1000)) == 200
    assert store.notices == ()


def test_two_processes_that_find_damage_make_one_new_database(
    folder: Path, kept: list[Record], start: Callable[..., subprocess.Popen[str]], store: Store
) -> None:
    """Of processes that meet a damaged database at once, none sets the new one aside."""
    overwrite_all(folder / "comet.db")
    code = """
    sys.stdin.readline()
    record = new()
    store.add([record])
    say(record.key)
    """
    processes = [start(code) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    keys = set()
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        keys.add(output.strip())
    assert {record.key for record in store.recent()} == keys
    assert len(damaged_files(folder)) == 1


def test_damage_that_another_process_has_dealt_with_is_left_to_it(folder: Path) -> None:
    """Who finds a database damaged after it was set aside, sets nothing aside."""
    first, second = open_database(folder), open_database(folder)
    mended = reopen_damaged(first)
    joined = reopen_damaged(second)
    assert len(mended.notices) == 1
    assert joined.notices == ()
    assert joined.file == mended.file
    assert mended.in_place
    assert len(damaged_files(folder)) == 1
    mended.connection.close()
    joined.connection.close()


def test_one_process_at_a_time_opens(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process creates, migrates or sets aside, nothing is touched."""
    store.home.mkdir()
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.0)
    path = store.home / "comet.lock"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another process holds the database"):
            store.recent()
        assert not (store.home / "comet.db").exists()
    assert store.recent() == []
    assert (store.home / "comet.db").exists()


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_database_that_goes_away_in_use_is_missed(store: Store, new: NewRecord, how: str) -> None:
    """What is written after the database was deleted or moved lands in a new one, and is said."""
    store.add([new()])
    for path in store.home.glob("comet.db*"):
        if how == "deleted":
            path.unlink()
        else:
            path.rename(path.with_name(path.name.replace("comet", "old")))
    fresh = new()
    store.add([fresh])
    assert "moved away" in store.notices[0]
    store.close()
    assert Store(store.home).get(fresh.key) == fresh
    if how == "moved":
        assert sql(store.home / "old.db", "SELECT count(*) FROM predictions") == [(1,)]


# -- a newer version -----------------------------------------------------------------------


@pytest.fixture
def newer(store: Store, kept: list[Record]) -> Path:
    """A database with a migration of a later version."""
    sql(store.path, "INSERT INTO migrations VALUES ('9999-later', '2099', '99.0')")
    return store.path


def test_a_newer_database_is_left_alone(store: Store, newer: Path, new: NewRecord) -> None:
    """Records go into a database beside it, the newer one stays as it is, and it is said."""
    before = newer.read_bytes()
    fresh = new()
    store.add([fresh])
    assert store.recent() == [fresh]
    assert store.path != newer
    assert store.path.parent == newer.parent
    assert newer.read_bytes() == before
    assert damaged_files(store.home) == []
    (notice,) = store.notices
    assert "newer comet_jupyter" in notice
    assert store.path.name in notice
    assert "pip" in notice
    assert store.files.read(*picture()) == b"picture"


def test_later_sessions_share_the_database_beside_it(
    store: Store, newer: Path, new: NewRecord
) -> None:
    """The database beside the newer one is found again, and mended like any other."""
    fresh = new()
    store.add([fresh])
    store.close()
    again = Store(store.home)
    assert again.recent() == [fresh]
    again.close()
    overwrite_all(store.home / f"comet.schema-{len(MIGRATIONS)}.db")
    assert again.recent() == []
    assert len(again.notices) == 2
    again.close()


# -- journal mode ----------------------------------------------------------------------------

MOUNTS = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 0:40 / /home rw shared:1 - nfs4 server:/home rw
41 40 0:41 / /home/ann/local rw - xfs /dev/vdb rw
42 27 0:42 / /mnt/two\040words rw - cifs //server/share rw
43 27 0:43 / /mnt/ssh rw - fuse.sshfs ann@server: rw
44 27 0:44 / /mnt/twice rw - nfs server:/x rw
45 27 0:45 / /mnt/twice rw - tmpfs none rw
a line that means nothing
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", False),
        ("/var/lib/comet", False),
        ("/home", True),
        ("/home/ann/.local/share", True),
        ("/home/ann/local", False),
        ("/home/ann/local/comet", False),
        ("/home/ann/localized", True),
        ("/homes", False),
        ("/mnt/two words/comet", True),
        ("/mnt/ssh/comet", True),
        ("/mnt/twice/comet", False),
        ("\\\\server\\share\\comet", True),
    ],
)
def test_network_disks_are_known_by_their_mount(path: str, expected: bool) -> None:
    """The innermost, latest mount of a path decides whether it is a network disk."""
    assert is_network_disk(Path(path), MOUNTS) is expected


def test_without_a_list_of_mounts_a_disk_is_local() -> None:
    """Systems without /proc are taken to have local disks."""
    assert is_network_disk(Path("/home"), "") is False


def test_the_journal_is_write_ahead_on_a_local_disk(folder: Path) -> None:
    """WAL where shared memory works, and every commit is flushed."""
    database = open_database(folder, "")
    with closing(database.connection) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_journal_is_a_rollback_one_on_a_network_disk(folder: Path) -> None:
    """On a network disk no shared memory is used, also where WAL was used before."""
    mounts = "40 27 0:40 / / rw - nfs4 server:/ rw\n"
    open_database(folder, "").connection.close()
    database = open_database(folder, mounts)
    with closing(database.connection) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        with transaction(connection):
            connection.execute("DELETE FROM predictions")
        assert not (folder / "comet.db-shm").exists()


# -- no place for a store --------------------------------------------------------------------


def test_a_home_that_cannot_be_is_an_error_of_the_store(tmp_path: Path, new: NewRecord) -> None:
    """A store below a regular file cannot write an intent, and says what to set."""
    (tmp_path / "file").write_text("x")
    store = Store(tmp_path / "file" / "comet")
    for use in (lambda: store.add([new()]), lambda: store.put(new()), store.recent):
        with pytest.raises(StoreError, match="COMET_JUPYTER_HOME") as caught:
            use()
        assert caught.value.__context__ is None


def test_a_folder_in_the_place_of_the_database_is_said(store: Store, new: NewRecord) -> None:
    """What is no file at all is an error, not set aside."""
    (store.home / "comet.db").mkdir(parents=True)
    with pytest.raises(StoreError, match="could not be written"):
        store.add([new()])
