"""Several processes, forks, kills, a full disk: what was acknowledged is there afterwards."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from comet_jupyter.key import Key
from comet_jupyter.record import FileRef, Record
from comet_jupyter.store import Store
from comet_jupyter.wire.request import PredictionRequest

Start = Callable[..., "subprocess.Popen[str]"]
CANARY = "sk-canary-0123456789abcdef"

posix = pytest.mark.skipif(sys.platform == "win32", reason="forks, signals and limits of POSIX")


def go(process: subprocess.Popen[str]) -> None:
    """Lets the other process begin."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def line(process: subprocess.Popen[str]) -> str:
    """What the other process says next."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def killed(process: subprocess.Popen[str]) -> str:
    """Kills a process at once; returns what it had said, and nobody had read."""
    process.kill()
    assert process.stdout is not None
    rest = process.stdout.read()
    process.wait()
    return rest


def integrity(path: Path) -> object:
    """SQLite's own opinion of the database."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall()


def keys(folder: Path) -> set[str]:
    """Every key in the store of a folder."""
    store = Store(folder)
    found = {record.key for record in store.recent(100_000)}
    store.close()
    return found


# -- several at once ---------------------------------------------------------------------


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_four_processes_write_without_a_locked_database(
    folder: Path, start: Start, journal: str
) -> None:
    """1,200 writes of four processes, opening included, all succeed in either journal mode.

    Each prediction is three of them: the intent with its lease, an answer, the end. In between
    leases are renewed, and everybody asks for one that all want, and gives it back.
    """
    code = """
    from dataclasses import replace
    from comet_jupyter.store import Holder, database
    if sys.argv[2] == "delete":
        database._MOUNTS = Path(sys.argv[3])
    holder, won = Holder.of_this_process(), 0
    sys.stdin.readline()
    for number in range(100):
        intent = new()
        store.add([intent], holder)
        if number % 5 == 0:
            held = store.take(holder, [intent.key, "wanted by all"])
            assert intent.key in held
            won += len(held) - 1
            store.release(holder, ["wanted by all"])
        answered = replace(intent, state=replace(intent.state, id="x", status="processing"))
        store.put(answered, holder=holder)
        store.put(replace(answered, finished=True), holder=holder)
    store.release(holder)
    say(won)
    """
    mounts = folder.with_name("mounts")
    mounts.write_text("40 27 0:40 / / rw - nfs4 server:/ rw\n")
    processes = [start(code, journal, str(mounts)) for _ in range(4)]
    for process in processes:
        go(process)
    won = 0
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        won += int(output)
    assert won > 0
    assert integrity(folder / "comet.db") == [("ok",)]
    with closing(sqlite3.connect(folder / "comet.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
        assert connection.execute("SELECT count(*) FROM leases").fetchone() == (0,)
    store = Store(folder)
    records = store.recent(1000)
    store.close()
    assert len({record.key for record in records}) == 400
    assert all(record.finished and record.id == "x" for record in records)


def test_a_transaction_of_another_process_is_waited_for(
    folder: Path, start: Start, store: Store, new: Callable[..., Record]
) -> None:
    """A write that meets another one waits for it instead of failing."""
    store.add([new()])
    process = start(
        "store.recent()\nsay('open')\nsys.stdin.readline()\nsay('writing')\n"
        "store.add([new()])\nsay('added')"
    )
    assert line(process) == "open"
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        go(process)
        assert line(process) == "writing"
        other.execute("COMMIT")
    assert line(process) == "added"
    assert len(store.recent()) == 2


def test_processes_forget_and_mark_while_others_write(folder: Path, start: Start) -> None:
    """Two processes forget the same predictions while two more write, mark and search."""
    forgetting = """
    sys.stdin.readline()
    while (page := store.search("old", limit=5)).total:
        for record in page.records:
            store.forget(record.key)
    say(store.notices)
    """
    writing = """
    sys.stdin.readline()
    for number in range(60):
        record = new("fresh")
        store.put(record)
        store.set_favourite(record.key, True)
        store.put(record)
        store.search("old fresh")
    say(store.notices)
    """
    store = Store(folder)
    sha256, shared = store.files.add(b"shared", "image/png")
    file = FileRef(sha256, "image/png", 6, 1, 1)
    request = PredictionRequest("a/b", {"prompt": "old"})
    moment = datetime.now(timezone.utc)
    for number in range(60):
        store.put(Record(f"{number:032x}", request, moment, files=(file,), finished=True))
    store.close()
    processes = [start(code) for code in (forgetting, forgetting, writing, writing)]
    for process in processes:
        go(process)
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert output == "()\n", errors
    assert integrity(folder / "comet.db") == [("ok",)]
    page = store.search(limit=1000)
    assert {record.request.prompt for record in page.records} == {"fresh"}
    assert len(page.favourites) == page.total == 120
    assert not shared.exists()
    store.close()


# -- kill -9 -------------------------------------------------------------------------------

ADD_THEN_SAY = """
for command in sys.stdin:
    record = new()
    say("trying", record.key)
    store.add([record])
    say("added", record.key)
    say("idle")
"""
SAY_THEN_ADD = """
for command in sys.stdin:
    record = new()
    sys.stdout.write(f"trying {record.key}\\nadded {record.key}\\n")  # at once, or none of it
    sys.stdout.flush()
    store.add([record])
    say("idle")
"""


def lost_by_a_kill(folder: Path, start: Start, code: str) -> set[str]:
    """The records that a process acknowledged before it was killed, and that are not there."""
    process = start(code)
    acknowledged = set()
    for _ in range(5):
        go(process)
        assert line(process).startswith("trying")
        acknowledged.add(line(process).removeprefix("added "))
        assert line(process) == "idle"
    with closing(sqlite3.connect(folder / "comet.db", isolation_level=None)) as other:
        # The next write can begin and not end: the process is killed inside `add`.
        other.execute("BEGIN IMMEDIATE")
        go(process)
        assert line(process).startswith("trying")
        rest = killed(process)
        other.execute("ROLLBACK")
    acknowledged |= {text.removeprefix("added ") for text in rest.splitlines()}
    assert integrity(folder / "comet.db") == [("ok",)]
    return acknowledged - keys(folder)


@posix
def test_a_kill_loses_nothing_that_was_acknowledged(folder: Path, start: Start) -> None:
    """A record is on disk when `add` returns."""
    assert lost_by_a_kill(folder, start, ADD_THEN_SAY) == set()


@posix
def test_a_kill_loses_what_is_acknowledged_too_early(folder: Path, start: Start) -> None:
    """The same check goes red for a process that reports before `add` returns."""
    assert len(lost_by_a_kill(folder, start, SAY_THEN_ADD)) == 1


@posix
def test_a_kill_at_any_moment_leaves_the_database_intact(folder: Path, start: Start) -> None:
    """Killed while it writes as fast as it can, a process leaves all it acknowledged."""
    code = """
    while True:
        records = [new("x" * 3000) for _ in range(3)]
        store.add(records)
        say(*(record.key for record in records))
    """
    draw = random.Random(7)
    acknowledged: set[str] = set()
    for _ in range(6):
        process = start(code)
        for _ in range(draw.randrange(1, 60)):
            acknowledged.update(line(process).split())
        rest = killed(process)
        whole = rest[: rest.rfind("\n") + 1]
        acknowledged.update(whole.split())
        assert integrity(folder / "comet.db") == [("ok",)]
    found = keys(folder)
    assert acknowledged <= found
    assert len(found) % 3 == 0


# -- forks -----------------------------------------------------------------------------------

FORK = """
CLOSE_FIRST = sys.argv[2] == "store"
if not CLOSE_FIRST:
    # As if nobody had thought of forks: the connection stays open, the child opens its own.
    from comet_jupyter.store import records
    records.Store._close = lambda self: None
store.add([new()])
to_parent, to_child = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    mine = store if CLOSE_FIRST else Store(HOME)
    mine.add([new()])
    os.write(to_parent[1], b"x")
    os.read(to_child[0], 1)
    mine.add([new() for _ in range(20)])
    os._exit(0)
store.recent()
os.read(to_parent[0], 1)
connection = store._database.connection
store.close()
connection.close()
os.write(to_child[1], b"x")
os.waitpid(child, 0)
other = Store(HOME)
say(len(other.recent(100)))
connection = other._database.connection
other.close()
connection.close()
"""


@posix
def test_a_forked_child_writes_on_its_own(run: Callable[..., str]) -> None:
    """What a child writes after a fork is kept, also when its parent closes in between."""
    assert run(FORK, "store") == "22\n"


@posix
def test_a_connection_across_a_fork_loses_what_the_child_writes(run: Callable[..., str]) -> None:
    """The same check goes red when a connection stays open across the fork."""
    assert run(FORK, "careless") == "2\n"


@posix
def test_a_fork_while_threads_write_blocks_neither_side(run: Callable[..., str]) -> None:
    """Children forked while other threads are in the store can use it, and so can the parent."""
    output = run(
        """
        import threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: threads and fork

        def write():
            for _ in range(40):
                store.add([new()])

        threads = [threading.Thread(target=write) for _ in range(3)]
        for thread in threads:
            thread.start()
        children = []
        for _ in range(5):
            child = os.fork()
            if child == 0:
                store.add([new()])
                os._exit(0)
            children.append(child)
        codes = [os.waitpid(child, 0)[1] for child in children]
        for thread in threads:
            thread.join()
        say(codes, len(store.recent(1000)))
        store.close()
        """
    )
    assert output == "[0, 0, 0, 0, 0] 125\n"


@posix
def test_a_forked_child_searches_marks_and_forgets(run: Callable[..., str]) -> None:
    """After a fork, both sides use the history, and see what the other did."""
    output = run(
        """
        from dataclasses import replace
        first, second = [replace(new(), finished=True) for _ in range(2)]
        store.put(first, second)
        store.search("lake")
        child = os.fork()
        if child == 0:
            store.set_favourite(first.key, True)
            store.forget(second.key)
            os._exit(store.search("lake").total)
        _, code = os.waitpid(child, 0)
        page = store.search("lake")
        say(os.waitstatus_to_exitcode(code), page.total, page.favourites == {first.key})
        store.close()
        """
    )
    assert output == "1 1 True\n"


# -- a full disk -------------------------------------------------------------------------------


@posix
def test_a_full_disk_refuses_the_record_and_harms_nothing(
    folder: Path, run: Callable[..., str]
) -> None:
    """When nothing more fits, `add` and `put` say so; what was there stays, and work goes on."""
    output = run(
        """
        import resource
        first = new()
        store.add([first])
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        large = new("x" * 300_000)
        for write in (lambda: store.add([large]), lambda: store.put(large)):
            try:
                write()
            except StoreError as error:
                say(error)
        say(store.recent() == [first])
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        store.add([new()])
        say(len(store.recent()), store.notices)
        store.close()
        """
    )
    added, put, before, after = output.splitlines()
    for error in (added, put):
        assert error.startswith("the record could not be written to")
        assert "COMET_JUPYTER_HOME" in error
    assert before == "True"
    assert after == "2 ()"
    assert integrity(folder / "comet.db") == [("ok",)]


@posix
def test_a_disk_that_was_always_full_is_said(run: Callable[..., str]) -> None:
    """Where not even an empty database fits, nothing is acknowledged."""
    output = run(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        try:
            store.add([new()])
        except StoreError as error:
            say(error)
        """
    )
    assert output.startswith("the record could not be written to")


# -- the key -------------------------------------------------------------------------------------


def bytes_of_everything(folder: Path) -> bytes:
    """All files of a folder, one after the other."""
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def keep_an_echo(store: Store, new: Callable[..., Record], redact: Callable[[str], str]) -> bytes:
    """All bytes of a store, journals included, after the service has echoed the key."""
    echo = redact(f"Authorization: Bearer {CANARY}")
    store.put(new(id="echo", logs=echo, error=echo, notices=(echo,)))
    store.files.add(echo.encode(), "text/plain")
    assert (store.home / "comet.db-wal").stat().st_size
    held = bytes_of_everything(store.home)
    assert b"echo" in held
    assert b"Authorization" in held
    return held


def test_a_redacted_key_is_nowhere_in_the_store(store: Store, new: Callable[..., Record]) -> None:
    """No file of the store holds a key that was redacted, neither database nor journals."""
    assert CANARY.encode() not in keep_an_echo(store, new, Key(CANARY).redact)


def test_a_key_that_nobody_redacts_is_found_in_the_store(
    store: Store, new: Callable[..., Record]
) -> None:
    """The same check goes red when the echo is kept as it came."""
    assert keep_an_echo(store, new, str).count(CANARY.encode()) >= 2


def test_the_store_keeps_nothing_of_the_environment(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key in the environment of a process does not get into its store."""
    monkeypatch.setenv("COMETAPI_KEY", CANARY)
    process = start("store.add([new()])\nsay(os.environ['COMETAPI_KEY'])\nsys.stdin.readline()")
    assert line(process) == CANARY
    assert CANARY.encode() not in bytes_of_everything(folder)
    assert os.environ["COMETAPI_KEY"] == CANARY
