"""Migrations: from every earlier schema to the present one, whole or not at all."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from comet_jupyter.errors import StoreError
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.store import Holder, Store
from comet_jupyter.store.identity import request_hash
from comet_jupyter.store.migrations import MIGRATIONS, transaction
from comet_jupyter.store.rows import COLUMNS, row

NewRecord = Callable[..., Record]


def damaged_files(folder: Path) -> list[Path]:
    """The databases that were set aside, without their journals."""
    found = sorted(folder.glob("comet.db.damaged-*"))
    return [path for path in found if not path.name.endswith(("-wal", "-shm"))]


def sql(path: Path, statement: str) -> list[tuple[object, ...]]:
    """The rows of one statement, on a connection of its own."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


# -- migrations ------------------------------------------------------------------------


def test_each_migration_is_recorded(store: Store) -> None:
    """The database says which migrations it has, when, and by which version."""
    store.recent()
    rows = sql(store.path, "SELECT name, applied_at, package_version FROM migrations")
    assert [row[0] for row in rows] == [migration.name for migration in MIGRATIONS]
    assert all(row[1] and row[2] for row in rows)


def test_migrations_are_applied_once(store: Store, new: NewRecord) -> None:
    """A database that is up to date opens as it is."""
    store.add([new()])
    before = sql(store.path, "SELECT * FROM migrations")
    store.close()
    assert len(store.recent()) == 1
    assert sql(store.path, "SELECT * FROM migrations") == before
    assert store.notices == ()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """What was written before the failure is undone, and the connection is usable."""
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (x)")
        with pytest.raises(KeyboardInterrupt), transaction(connection):  # noqa: PT012
            connection.execute("INSERT INTO t VALUES (1)")
            raise KeyboardInterrupt
        with transaction(connection):
            connection.execute("INSERT INTO t VALUES (2)")
        assert connection.execute("SELECT x FROM t").fetchall() == [(2,)]


def test_a_transaction_holds_the_write_lock_from_its_beginning(tmp_path: Path) -> None:
    """Nobody else begins to write between the reading and the writing of a transaction."""
    path = tmp_path / "x.db"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
        closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other,
    ):
        with transaction(connection), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")


# -- from earlier tables to the present ones -------------------------------------------

EARLIER_COLUMNS = (
    "key, id, model, status, origin, prompt, seed, submitted_at, finished, run_time, record",
    "key, id, model, status, origin, prompt, seed, submitted_at, finished, run_time, record,"
    " search_text",
)
"""What a kernel wrote, by the number of migrations that it knew, less one."""


def earlier_insert(version: int) -> str:
    """The statement with which an earlier version wrote a row, in place of one with its key."""
    names = EARLIER_COLUMNS[version - 1]
    marks = ", ".join("?" * len(names.split(", ")))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names.split(", ")[1:])
    return (
        f"INSERT INTO predictions ({names}) VALUES ({marks})"
        f" ON CONFLICT (key) DO UPDATE SET {changes}"
    )


def earlier_row(version: int, record: Record) -> tuple[object, ...]:
    """A row as an earlier version of the tables had it."""
    return row(record)[: 10 + version]


def write_as(version: int, path: Path, *records: Record) -> None:
    """Writes records like a kernel of an earlier version, which has the database open still."""
    with closing(sqlite3.connect(path)) as earlier, earlier:
        rows = [earlier_row(version, record) for record in records]
        earlier.executemany(earlier_insert(version), rows)


def make_earlier(folder: Path, version: int, records: list[Record]) -> None:
    """A database that has the first migrations alone, and these records."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "comet.db", isolation_level=None)) as connection:
        connection.execute(
            "CREATE TABLE migrations"
            " (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT, package_version TEXT)"
        )
        for migration in MIGRATIONS[:version]:
            migration.apply(connection)
            connection.execute("INSERT INTO migrations VALUES (?, '2025', '0')", [migration.name])
    write_as(version, folder / "comet.db", *records)


@pytest.fixture
def all_sorts(new: NewRecord) -> list[Record]:
    """Records of every kind, oldest first."""
    picture = FileRef("a" * 64, "image/png", 9, 1, 1)
    made = {"id": "x", "status": "succeeded", "finished": True, "files": (picture, picture)}
    lost = Failure("DownloadError", "gone")
    return [
        new(**made, cost=0.25, cost_estimated=True),
        new(**made, cost=0.5, input={"prompt": "SEE im Nebel", "seed": 7}),
        new(**made, origin="sandbox", occurrence=2),
        new(**made, source="sandbox", cost=float("inf")),
        new(**made, origin="replay", occurrence=0),
        new(**{**made, "files": (), "failure": lost}, occurrence=2**70),
        new(**made, input={"prompt": "x", "guidance": float("nan")}),
        new(),
        new(id="y", status="processing"),
        new(finished=True, failure=Failure("UnknownOutcomeError", "?")),
    ]


@pytest.fixture
def first_version(folder: Path, new: NewRecord) -> list[Record]:
    """Records, oldest first, in a database that has the first migration alone."""
    records = [new(input={"prompt": f"SEE im Nebel {number}"}) for number in range(30)]
    make_earlier(folder, 1, records)
    return records


def schema(path: Path) -> set[tuple[object, ...]]:
    """All tables and indexes, as they were asked for."""
    return set(sql(path, "SELECT name, sql FROM sqlite_master"))


def all_columns(path: Path) -> list[tuple[object, ...]]:
    """Every row as it is in the columns of the present tables."""
    names = ", ".join((*COLUMNS, "favourite"))
    return sql(path, f"SELECT {names} FROM predictions ORDER BY rowid")


def test_released_migrations_stay_as_they_were(folder: Path) -> None:
    """A database that has them has just these tables: a change is a migration of its own."""
    make_earlier(folder, 2, [])
    text = "\n".join(
        " ".join(str(made).split())
        for (made,) in sql(
            folder / "comet.db", "SELECT sql FROM sqlite_master WHERE sql NOT NULL ORDER BY sql"
        )
    )
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "6632f3b8774e4a0f"


@pytest.mark.parametrize("version", [1, 2])
def test_earlier_databases_become_what_new_ones_are(
    folder: Path, tmp_path: Path, all_sorts: list[Record], version: int
) -> None:
    """The same tables, and the same rows to the last column as if written today."""
    make_earlier(folder, version, all_sorts)
    with closing(Store(folder)) as store, closing(Store(tmp_path / "new")) as fresh:
        fresh.put(*all_sorts)
        assert repr(store.recent(100)) == repr(fresh.recent(100)) == repr(all_sorts[::-1])
        assert schema(store.path) == schema(fresh.path)
        assert all_columns(store.path) == all_columns(fresh.path)
        names = sql(store.path, "SELECT name FROM migrations")
        assert names == [(migration.name,) for migration in MIGRATIONS]
        assert sql(store.path, "PRAGMA integrity_check") == [("ok",)]
        assert store.notices == ()
    assert damaged_files(folder) == []


@pytest.mark.parametrize("version", [1, 2])
def test_an_earlier_history_is_used_like_a_new_one(
    folder: Path, all_sorts: list[Record], new: NewRecord, version: int
) -> None:
    """Its records are found, summed, served again, leased, marked; new ones join them."""
    make_earlier(folder, version, all_sorts)
    with closing(Store(folder)) as store:
        assert store.search("see NEBEL").records == (all_sorts[1],)
        assert store.search("status:unknown").records == (all_sorts[9],)
        assert store.unknown() == [all_sorts[9]]
        (whole,) = [one for one in store.spending() if one.period == "all" and not one.model]
        assert (whole.charged, whole.pictures, whole.cost) == (4, 6, 0.75)
        assert (whole.estimated, whole.unknown, whole.free, whole.served) == (True, 2, 2, 1)
        again = request_hash(all_sorts[1].request)
        assert store.made_before(again, 1, sandbox=False) == all_sorts[1]
        holder = Holder.of_this_process()
        assert store.take(holder, [all_sorts[8].key]) == {all_sorts[8].key}
        store.set_favourite(all_sorts[3].key, True)
        assert store.search(favourites=True).total == 1
        fresh = new()
        store.add([fresh], holder)
        assert store.recent(1) == [fresh]


@pytest.mark.parametrize("version", [1, 2])
def test_an_empty_earlier_database_is_brought_up_to_date(
    folder: Path, new: NewRecord, version: int
) -> None:
    """Without a single row."""
    make_earlier(folder, version, [])
    record = new()
    with closing(Store(folder)) as store:
        store.add([record])
        assert store.recent() == [record]
        assert store.notices == ()


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "damage",
    [
        "record = '{'",
        "record = '[]'",
        "record = CAST(x'ff7b' AS TEXT)",
        'record = \'{"key": 1, "model": "a/b", "input": "x", "submitted_at": "2025"}\'',
        "prompt = CAST(x'ff41ff' AS TEXT)",
        "model = CAST(x'ff41ff' AS TEXT)",
        "status = CAST(x'ff41ff' AS TEXT)",
    ],
)
def test_a_damaged_row_keeps_no_earlier_store_shut(
    folder: Path, all_sorts: list[Record], version: int, damage: str
) -> None:
    """Bytes that are no text, and text that is no record, hinder no other row, and no opening."""
    make_earlier(folder, version, all_sorts)
    path = folder / "comet.db"
    sql(path, f"UPDATE predictions SET {damage} WHERE key = '{all_sorts[0].key}'")
    for _ in range(2):
        with closing(Store(folder)) as store:
            assert store.search("nebel").records == (all_sorts[1],)
            found = store.made_before(request_hash(all_sorts[1].request), 1, sandbox=False)
            assert found == all_sorts[1]
            (whole, *_) = [one for one in store.spending() if one.period == "all"]
            assert whole.charged in (3, 4)
            assert not any("comet.db" in notice for notice in store.notices)
        assert sql(path, LEFT) == [(0,)]
    assert damaged_files(folder) == []


LEFT = "SELECT count(*) FROM predictions WHERE derived_status IS NOT status"
"""Rows whose columns are those of an earlier version."""


@pytest.mark.parametrize("version", [1, 2])
def test_what_an_earlier_kernel_still_writes_is_taken_up(
    folder: Path, new: NewRecord, version: int
) -> None:
    """Rows it adds after the migration, and ends it writes into rows of any version."""
    picture = FileRef("a" * 64, "image/png", 9, 1, 1)
    theirs, ours = new(id="a", status="processing"), new(id="b", status="processing")
    make_earlier(folder, version, [theirs])
    with closing(Store(folder)) as store:
        store.put(ours)
        path = store.path
    assert sql(path, LEFT) == [(0,)]
    ended = [
        replace(
            record,
            state=replace(record.state, status="succeeded"),
            files=(picture,),
            finished=True,
            cost=0.25,
        )
        for record in (theirs, ours)
    ]
    late = new(input={"prompt": "ÜBER den Wolken"})
    write_as(version, path, *ended, late)
    assert sql(path, LEFT) == [(3,)]
    with closing(Store(folder)) as store:
        assert store.search("über").records == (late,)
        assert sql(path, LEFT) == [(0,)]
        (whole, *_) = [one for one in store.spending() if one.period == "all"]
        assert (whole.charged, whole.pictures, whole.cost) == (2, 2, 0.5)
        for record in ended:
            found = store.made_before(request_hash(record.request), 1, sandbox=False)
            assert found == record
        before = all_columns(path)
        store.put(*ended, late)
        assert all_columns(path) == before


def test_rows_that_cannot_be_filled_now_are_later(
    store: Store, first_version: list[Record]
) -> None:
    """A refused write leaves the history readable, and the next opening makes up for it."""
    store.recent()
    store.close()
    sql(store.path, "UPDATE predictions SET search_text = NULL, derived_status = NULL")
    sql(
        store.path,
        "CREATE TRIGGER full BEFORE UPDATE OF search_text ON predictions"
        " BEGIN SELECT no_such_function(); END",
    )
    assert store.recent(100) == first_version[::-1]
    assert store.search("nebel").total == 0
    store.close()
    sql(store.path, "DROP TRIGGER full")
    assert store.search("nebel").total == 30


def test_looking_for_rows_to_fill_reads_no_others(store: Store, new: NewRecord) -> None:
    """Every opening asks, and there are mostly none: an index knows."""
    store.add([new()])
    steps = sql(store.path, f"EXPLAIN QUERY PLAN {LEFT.replace('count(*)', 'rowid')}")
    assert "INDEX predictions_underived" in str(steps)


# -- a migration that does not end ------------------------------------------------------


@pytest.mark.parametrize("obstacle", ["predictions_words", "predictions_unknown", "leases"])
def test_a_migration_that_fails_leaves_the_earlier_tables(
    folder: Path, all_sorts: list[Record], obstacle: str
) -> None:
    """Wherever it fails, tables, rows and list of migrations are as before; later it succeeds."""
    make_earlier(folder, 2, all_sorts)
    path = folder / "comet.db"
    kind = "TABLE leases (x)" if obstacle == "leases" else f"INDEX {obstacle} ON predictions (id)"
    sql(path, f"CREATE {kind}")
    before = schema(path), sql(path, "SELECT * FROM predictions ORDER BY rowid")
    with closing(Store(folder)) as store, pytest.raises(StoreError, match="already exists"):
        store.recent()
    assert (schema(path), sql(path, "SELECT * FROM predictions ORDER BY rowid")) == before
    assert sql(path, "SELECT count(*) FROM migrations") == [(2,)]
    sql(path, f"DROP {'TABLE' if obstacle == 'leases' else 'INDEX'} {obstacle}")
    with closing(Store(folder)) as store:
        assert store.unknown() == [all_sorts[9]]
    assert damaged_files(folder) == []


KILLED_IN_THE_MIGRATION = """
import signal
from comet_jupyter.store import migrations
last = migrations.MIGRATIONS[-1]

def apply(connection):
    last.apply(connection)
    os.kill(os.getpid(), signal.SIGKILL)

migrations.MIGRATIONS = (*migrations.MIGRATIONS[:-1], migrations.Migration(last.name, apply))
store.recent()
"""
KILLED_WHILE_IT_FILLS = """
import signal
from comet_jupyter.store import migrations
derived, calls = migrations.derived, []

def die_at_the_fifth(record):
    calls.append(record)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return derived(record)

migrations.derived = die_at_the_fifth
store.recent()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("code", "applied"), [(KILLED_IN_THE_MIGRATION, 2), (KILLED_WHILE_IT_FILLS, 3)]
)
def test_a_kill_in_the_middle_leaves_one_schema_or_the_next(
    folder: Path,
    all_sorts: list[Record],
    start: Callable[..., subprocess.Popen[str]],
    version: int,
    code: str,
    applied: int,
) -> None:
    """Never something between, and the next kernel goes on where it stopped."""
    make_earlier(folder, version, all_sorts)
    path = folder / "comet.db"
    process = start(code)
    process.communicate(timeout=60)
    assert process.returncode == -9
    names = [(migration.name,) for migration in MIGRATIONS[:applied]]
    assert sql(path, "SELECT name FROM migrations") == names
    tables = {name for (name,) in sql(path, "SELECT name FROM sqlite_master")}
    columns = {column[1] for column in sql(path, "PRAGMA table_info(predictions)")}
    assert ("leases" in tables) is ("derived_status" in columns) is (applied == 3)
    assert ("predictions_search" in tables) is (applied == 2)
    if applied == 3:
        assert sql(path, LEFT) == [(len(all_sorts),)]
    with closing(Store(folder)) as store:
        assert repr(store.recent(100)) == repr(all_sorts[::-1])
        assert store.search("nebel").total == 1
        assert sql(path, LEFT) == [(0,)]
        assert store.notices == ()


def test_processes_that_upgrade_at_once_do_it_once(
    folder: Path, first_version: list[Record], start: Callable[..., subprocess.Popen[str]]
) -> None:
    """Of several processes that find the first tables, one changes them and all work on."""
    code = """
    sys.stdin.readline()
    store.add([new("nebel")])
    say(store.search("nebel", limit=0).total > 30)
    """
    processes = [start(code) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert output == "True\n", errors
    assert sql(folder / "comet.db", "SELECT count(*) FROM migrations") == [(len(MIGRATIONS),)]
    assert damaged_files(folder) == []
