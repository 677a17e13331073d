"""The history: what is written comes back, by key, id, age, model and seed."""

from __future__ import annotations

import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comet_jupyter.errors import InputError, StoreError
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.store import Store
from comet_jupyter.store.identity import request_hash

NewRecord = Callable[..., Record]


def test_nothing_is_opened_before_the_first_use(store: Store, folder: Path) -> None:
    """Making a store touches no disk."""
    assert not folder.exists()
    assert store.recent() == []
    assert folder.exists()


def test_a_record_comes_back_whole(store: Store, new: NewRecord) -> None:
    """Every field of a record survives the store."""
    record = new(
        id="abcdefghijklmnopqrstuvwxyz",
        status="succeeded",
        logs="50%|█████     | 2/4\nUsing seed: 7",
        metrics={"predict_time": 1.5, "other": [1, {"x": None}]},
        files=(FileRef("a" * 64, "image/webp", 1234, 64, 64, "https://x.example/out-0.webp"),),
        finished=True,
        notices=("one", "two"),
        cost=0.003,
        input={"prompt": "a lake", "seed": 7, "aspect_ratio": "16:9"},
    )
    store.add([record])
    assert store.get(record.key) == record
    assert store.recent() == [record]


def test_a_failure_comes_back_as_what_it_was(store: Store, new: NewRecord) -> None:
    """A failure that was kept raises as its own class, with cause and remedy."""
    failure = Failure.of(StoreError("the disk is full", "Free some space"))
    record = new(finished=True, failure=failure)
    store.put(record)
    found = store.get(record.key)
    assert found is not None
    assert found.failure is not None
    assert isinstance(found.failure.error(), StoreError)
    assert found.status == "refused"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(prompt=st.text(max_size=60), seed=st.integers() | st.none())
def test_any_prompt_and_seed_come_back_equal(
    store: Store, new: NewRecord, prompt: str, seed: int | None
) -> None:
    """Any text, with lone surrogates and control characters, and any number are kept exactly."""
    record = new(input={"prompt": prompt, "seed": seed})
    store.put(record)
    assert store.get(record.key) == record


@pytest.mark.parametrize(
    "prompt", ["\ud800 alone", "a\0b", "🏔️ عربي `$HOME` {x} %% --seed # </script>", "x" * 100_000]
)
def test_odd_prompts_come_back_equal(store: Store, new: NewRecord, prompt: str) -> None:
    """Prompts that other layers stumble over are kept as they were typed."""
    record = new(input={"prompt": prompt})
    store.put(record)
    assert store.get(record.key) == record


@pytest.mark.parametrize("seed", [2**63 - 1, 2**63, -(2**63) - 1, 2**200])
def test_seeds_of_any_size_come_back_equal(store: Store, new: NewRecord, seed: int) -> None:
    """A seed that no database column can hold is kept all the same."""
    record = new(input={"prompt": "x", "seed": seed})
    store.put(record)
    assert store.get(record.key) == record


def test_put_replaces_by_key(store: Store, new: NewRecord) -> None:
    """The newer state of a prediction takes the place of the older one, in its old position."""
    first, second = new(), new()
    store.add([first, second])
    finished = replace(first, finished=True, cost=0.1)
    store.put(finished)
    assert store.recent() == [second, finished]


def test_put_inserts_what_is_missing(store: Store, new: NewRecord) -> None:
    """A record that was never added is written all the same, several in one call."""
    records = [new(), new(), new()]
    store.put(*records)
    assert store.recent() == records[::-1]
    store.put()
    store.add([])
    assert len(store.recent()) == 3


def test_add_writes_all_or_none(store: Store, new: NewRecord) -> None:
    """A batch of intents of which one cannot be written leaves none behind."""
    known = new()
    store.add([known])
    with pytest.raises(StoreError) as caught:
        store.add([new(), known, new()])
    assert store.recent() == [known]
    assert caught.value.__context__ is None
    store.add([new()])
    assert len(store.recent()) == 2


def test_what_has_no_json_form_is_refused(store: Store, new: NewRecord) -> None:
    """An input that no JSON can hold is an error of the store, and nothing is written."""
    with pytest.raises(StoreError, match="no JSON form"):
        store.put(new(input={"prompt": "x", "image": object()}))
    assert store.recent() == []


# -- get -----------------------------------------------------------------------------


def test_get_knows_key_id_and_their_beginnings(store: Store, new: NewRecord) -> None:
    """A record is found by key or service id, whole or by four characters or more."""
    record = new(id="wxyz0123456789abcdefghijkl")
    store.add([record, new(id="zzzz0123456789abcdefghijkl")])
    refs = (record.key, record.key[:8], record.id, "wxyz", "wxyz012", f" {record.id}\n")
    for ref in refs:
        assert store.get(ref) == record, ref


@pytest.mark.parametrize("ref", ["", "wxy", "WXYZ", "%", "____", "wxyz_", "ключ", "x" * 10_000])
def test_get_finds_nothing_else(store: Store, new: NewRecord, ref: str) -> None:
    """Other references, shorter ones and wildcards among them, find nothing."""
    store.add([new(id="wxyz0123456789abcdefghijkl")])
    assert store.get(ref) is None


def test_an_ambiguous_beginning_names_its_candidates(store: Store, new: NewRecord) -> None:
    """A beginning that fits several predictions is an error that lists them."""
    store.add([new(id=f"wxyz{number}") for number in range(7)])
    with pytest.raises(InputError) as caught:
        store.get("wxyz")
    line = str(caught.value)
    assert "wxyz6, wxyz5, wxyz4, wxyz3, wxyz2, …" in line
    assert "wxyz1" not in line


def test_a_whole_id_beats_a_beginning(store: Store, new: NewRecord) -> None:
    """An id that is also the beginning of another one is found by itself."""
    short, long = new(id="wxyz"), new(id="wxyz0")
    store.add([short, long])
    assert store.get("wxyz") == short


def test_one_id_twice_is_its_newest_record(store: Store, new: NewRecord) -> None:
    """When two records have one service id, the newer one is meant."""
    older, newer = new(id="wxyz0123"), new(id="wxyz0123")
    store.add([newer, older])
    assert store.get("wxyz0123") == newer
    assert store.get("wxyz") == newer


# -- lists -----------------------------------------------------------------------------


def test_recent_is_newest_first(store: Store, new: NewRecord) -> None:
    """The list goes by the time of submitting, those of one moment by the order of writing."""
    first, second, third = new(), new(), new()
    twin = replace(new(), submitted_at=third.submitted_at)
    store.add([second, third, twin, first])
    assert store.recent() == [twin, third, second, first]
    assert store.recent(2) == [twin, third]


def test_recent_goes_by_the_moment_not_by_its_spelling(store: Store, new: NewRecord) -> None:
    """Times in other zones, and times without a fraction of a second, sort by when they are."""
    from datetime import timezone

    whole, later = new(), new()
    east = replace(later, submitted_at=later.submitted_at.astimezone(timezone(timedelta(hours=9))))
    fraction = replace(new(), submitted_at=whole.submitted_at + timedelta(microseconds=1))
    store.add([east, fraction, whole])
    assert [record.key for record in store.recent()] == [east.key, fraction.key, whole.key]


def test_unfinished_are_listed_apart(store: Store, new: NewRecord) -> None:
    """What has no known end can be listed by itself, until it has one."""
    running, done = new(id="runs"), new(id="done", finished=True)
    store.add([running, done])
    assert store.recent(unfinished=True) == [running]
    store.put(replace(running, finished=True))
    assert store.recent(unfinished=True) == []


def test_a_damaged_record_hides_no_other(store: Store, new: NewRecord) -> None:
    """A row that cannot be read is left out of the list with a notice, and said by `get`."""
    good, bad = new(), new()
    store.add([good, bad])
    with sqlite3.connect(store.path) as other:
        other.execute("UPDATE predictions SET record = '{' WHERE key = ?", (bad.key,))
    other.close()
    assert store.recent() == [good]
    assert store.notices == ("1 records of the history are damaged and were left out",)
    with pytest.raises(StoreError, match="damaged"):
        store.get(bad.key)


def succeeded(new: NewRecord, seconds: float, **values: Any) -> Record:
    """A finished record that ran for so many seconds."""
    return new(
        id="any", status="succeeded", finished=True, metrics={"predict_time": seconds}, **values
    )


def test_run_times_are_those_of_the_last_successes(store: Store, new: NewRecord) -> None:
    """Only finished runs of this model that succeeded count, the newest last."""
    failure = Failure("PredictionFailedError", "no")
    store.add([succeeded(new, float(number)) for number in range(5)])
    store.add(
        [
            succeeded(new, 50.0, model="other/model"),
            succeeded(new, 60.0, failure=failure),
            succeeded(new, 70.0, origin="replay"),
            succeeded(new, 80.0, origin="store"),
            succeeded(new, 90.0, origin="sandbox"),
            succeeded(new, float("inf")),
            new(id="x", status="processing", metrics={"predict_time": 99.0}),
        ]
    )
    assert store.run_times("black-forest-labs/flux-schnell") == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert store.run_times("black-forest-labs/flux-schnell", 2) == [3.0, 4.0]
    assert store.run_times("black-forest-labs/flux-schnell", sandbox=True) == [90.0]
    assert store.run_times("never/used") == []


def test_the_last_seed_is_that_of_the_newest_request(store: Store, new: NewRecord) -> None:
    """Requests without a seed are passed over; without any there is none."""
    assert store.last_seed() is None
    store.add([new(input={"seed": 11}), new(input={"seed": 0}), new(input={"prompt": "x"})])
    assert store.last_seed() == 0


PLANS = {
    "recent": "ORDER BY submitted_at DESC, rowid DESC LIMIT 20",
    "unfinished": "WHERE finished = 0 ORDER BY submitted_at DESC, rowid DESC LIMIT 20",
    "seed": "WHERE seed IS NOT NULL ORDER BY submitted_at DESC, rowid DESC LIMIT 1",
    "run times": "WHERE model = 'm' AND origin = 'service' AND run_time IS NOT NULL"
    " ORDER BY submitted_at DESC LIMIT 30",
}


@pytest.mark.parametrize("clauses", PLANS.values(), ids=PLANS)
def test_lists_read_an_index_and_sort_nothing(store: Store, clauses: str) -> None:
    """The history is listed from an index, so that its length does not matter."""
    plan = query_plan(store, clauses)
    assert "USING INDEX" in plan
    assert "TEMP B-TREE" not in plan


def test_a_list_by_another_column_would_sort(store: Store) -> None:
    """The same check goes red for an order that has no index."""
    assert "TEMP B-TREE" in query_plan(store, "ORDER BY prompt LIMIT 20")


def query_plan(store: Store, clauses: str) -> str:
    """How SQLite would go about a query."""
    store.recent()

    with sqlite3.connect(store.path) as other:
        rows = other.execute(
            f"EXPLAIN QUERY PLAN SELECT run_time, record FROM predictions {clauses}"
        ).fetchall()
    other.close()
    return " ".join(str(row) for row in rows)


# -- threads, descriptors, privacy -------------------------------------------------------


def test_threads_share_a_store(store: Store, new: NewRecord) -> None:
    """Eight threads that write and read at once lose nothing and raise nothing."""
    records = [new() for _ in range(160)]
    errors: list[BaseException] = []

    def work(share: list[Record]) -> None:
        try:
            for record in share:
                store.add([record])
                assert store.get(record.key) == record
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(records[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {record.key for record in store.recent(1000)} == {record.key for record in records}


def test_a_closed_store_opens_again(store: Store, new: NewRecord) -> None:
    """`close` gives the descriptors back, twice does no harm, and the next use opens again."""
    record = new()
    store.add([record])
    store.close()
    store.close()
    assert not store.path.with_name("comet.db-wal").exists()
    assert store.recent() == [record]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors by /proc")
def test_a_forgotten_store_leaves_no_descriptor(folder: Path, run: Callable[..., str]) -> None:
    """A hundred stores, closed or merely dropped, leave as many descriptors as before."""
    output = run(
        """
        def count():
            return len(os.listdir("/proc/self/fd"))

        def use(close):
            other = Store(HOME)
            other.add([new()])
            if close:
                other.close()
            return other

        use(True)
        before = count()
        for number in range(100):
            use(number % 2)
        say(count() - before)
        kept = [use(False) for _ in range(10)]
        say(count() - before)
        """
    )
    after, control = map(int, output.split())
    assert after == 0
    assert control > 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
@pytest.mark.parametrize("umask", ["000", "022", "077", "777"])
def test_everything_is_private_whatever_the_umask(
    folder: Path, run: Callable[..., str], umask: str
) -> None:
    """Folders are 0700 and files 0600, journals and temporary files included."""
    output = run(
        """
        os.umask(int(sys.argv[2], 8))
        store.add([new()])
        store.files.add(b"x", "image/png")
        for path in sorted([HOME, *HOME.rglob("*")]):
            say(oct(path.stat().st_mode & 0o777), path.is_dir(), path.name)
        """,
        umask,
    )
    lines = [line.split() for line in output.splitlines()]
    assert {"comet.db", "comet.db-wal", "comet.db-shm", "files"} < {line[2] for line in lines}
    assert {mode for mode, is_folder, _ in lines if is_folder == "True"} == {"0o700"}
    assert {mode for mode, is_folder, _ in lines if is_folder == "False"} == {"0o600"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_folder_of_the_user_keeps_its_mode(folder: Path, store: Store) -> None:
    """A folder that held other things before is not closed to others; the store's files are."""
    folder.mkdir(0o755)
    folder.chmod(0o755)
    (folder / "thesis.txt").write_text("x")
    store.recent()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["with space", "ünïcode-山", "a?b#c%20d", "quote'\"s", "-dash"])
def test_odd_folder_names_work(tmp_path: Path, new: NewRecord, name: str) -> None:
    """The store works in a folder of any name."""
    if sys.platform == "win32" and set(name) & set('?"'):
        pytest.skip("not a file name on Windows")
    store = Store(tmp_path / name)
    record = new()
    store.add([record])
    assert store.recent() == [record]
    assert (tmp_path / name / "comet.db").exists()
    store.close()


def test_an_end_that_nobody_saw_is_written_once(store: Store, new: NewRecord) -> None:
    """In place of the intent alone: an id or another end that came meanwhile stays."""
    intent, answered, ended = new(), new(), new(finished=True, id="ended")
    store.put(intent, replace(answered, state=replace(answered.state, id="answered")), ended)
    for record in (intent, answered, replace(ended, finished=False)):
        store.end(replace(record, finished=True, notices=("nobody saw it",)))
    assert store.get(intent.key).notices == ("nobody saw it",)
    assert store.get(intent.key).finished
    assert store.get(answered.key).notices == ()
    assert not store.get(answered.key).finished
    assert store.get(ended.key) == ended


# -- a success is kept -------------------------------------------------------------------------


def test_a_success_is_replaced_by_a_success_alone(store: Store, new: NewRecord) -> None:
    """A kernel that slept for an hour writes what it believes, and loses no picture."""
    followed = new(id="x", status="processing")
    made = replace(
        followed,
        state=replace(followed.state, status="succeeded"),
        files=(FileRef("a" * 64, "image/png", 9, 1, 1),),
        finished=True,
    )
    store.put(followed)
    store.put(made)
    gone = replace(followed, finished=True, failure=Failure("OutputExpiredError", "gone"))
    other = new()
    for stale in (followed, gone):
        store.put(stale, other)
        assert store.recent() == [other, made]
    costly = replace(made, cost=0.25)
    store.put(costly)
    assert store.get(made.key) == costly


def test_a_failure_is_replaced_by_what_came_of_it(store: Store, new: NewRecord) -> None:
    """Control: one that was taken up again is written as it is then."""
    failed = new(id="x", status="succeeded", finished=True, failure=Failure("DownloadError", "no"))
    store.put(failed)
    for later in (replace(failed, finished=False, failure=None), replace(failed, failure=None)):
        store.put(later)
        assert store.recent() == [later]


# -- made before -------------------------------------------------------------------------------


@pytest.fixture
def made(new: NewRecord) -> NewRecord:
    """Makes records of one and the same request that succeeded, with a picture."""
    picture = FileRef("a" * 64, "image/png", 9, 1, 1)

    def make(**values: Any) -> Record:
        fields = {"input": {"prompt": "a boat", "seed": 7}, "id": "x", "status": "succeeded"}
        return new(**{**fields, "files": (picture,), "finished": True, **values})

    return make


def test_what_was_made_before_is_found_by_request_and_occurrence(
    store: Store, made: NewRecord
) -> None:
    """The newest of them; never that of another request, of another number, or of none."""
    first, second, again = made(), made(occurrence=2), made()
    other = made(input={"prompt": "a boat", "seed": 8})
    store.put(again, first, second, made(occurrence=0), other)
    name = request_hash(first.request)
    assert store.made_before(name, 1, sandbox=False) == again
    assert store.made_before(name, 2, sandbox=False) == second
    assert store.made_before(request_hash(other.request), 1, sandbox=False) == other
    for occurrence in (3, 0, -1):
        assert store.made_before(name, occurrence, sandbox=False) is None
    assert store.made_before("0" * 64, 1, sandbox=False) is None


def test_the_sandbox_and_the_service_do_not_serve_for_each_other(
    store: Store, made: NewRecord
) -> None:
    """A drawing is no picture of the service, also where it only says itself that it is one."""
    real, drawn, told = made(), made(origin="sandbox"), made(source="sandbox", occurrence=2)
    store.put(real, drawn, told)
    name = request_hash(real.request)
    assert store.made_before(name, 1, sandbox=False) == real
    assert store.made_before(name, 1, sandbox=True) == drawn
    assert store.made_before(name, 2, sandbox=True) == told
    assert store.made_before(name, 2, sandbox=False) is None


NOT_MADE: dict[str, dict[str, Any]] = {
    "served from the store": {"origin": "store"},
    "replayed": {"origin": "replay"},
    "of the sandbox, replayed": {"origin": "replay", "source": "sandbox"},
    "on its way": {"finished": False},
    "without a file": {"files": ()},
    "without a picture": {"files": (FileRef("b" * 64, "video/mp4", 9),)},
    "failed": {"status": "failed", "failure": Failure("PredictionFailedError", "no")},
    "lost in the download": {"failure": Failure("DownloadError", "no")},
    "canceled": {"failure": Failure("PredictionCanceledError", "no")},
    "running": {"status": "processing", "finished": False},
}


@pytest.mark.parametrize("values", NOT_MADE.values(), ids=NOT_MADE)
def test_only_a_picture_that_was_made_is_served_again(
    store: Store, made: NewRecord, values: dict[str, Any]
) -> None:
    """What is newer and no such thing hides none, and alone is nothing."""
    older, newer = made(), made(**values)
    name = request_hash(older.request)
    store.put(newer)
    assert store.made_before(name, 1, sandbox=newer.sandbox) is None
    store.put(replace(older, origin="sandbox" if newer.sandbox else "service"))
    found = store.made_before(name, 1, sandbox=newer.sandbox)
    assert found is not None
    assert found.key == older.key


def test_a_damaged_record_hides_no_older_picture(store: Store, made: NewRecord) -> None:
    """The next one is as good; where there is none, it is as if it had not been made."""
    older, newer = made(), made()
    store.put(older, newer)
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("UPDATE predictions SET record = '{' WHERE key = ?", (newer.key,))
    name = request_hash(older.request)
    assert store.made_before(name, 1, sandbox=False) == older
    store.forget(older.key)
    assert store.made_before(name, 1, sandbox=False) is None


def test_an_id_is_never_taken_away(store: Store, new: NewRecord) -> None:
    """By a kernel that believes that nobody has one, or has another."""
    record = new()
    known = replace(record, state=replace(record.state, id="abcd"))
    store.put(known)
    lost = Failure("UnknownOutcomeError", "no answer")
    store.put(replace(record, finished=True, failure=lost))
    store.put(replace(record, state=replace(record.state, id="another"), finished=True))
    assert store.get(record.key) == known
    ended = replace(known, finished=True, failure=lost)
    store.put(ended)
    assert store.get(record.key) == ended


def test_a_file_names_its_maker(store: Store, new: NewRecord) -> None:
    """The newest that made it; not one that was given it, whose prompt names it, or none."""
    file = FileRef("ab" * 32, "image/png", 10, 64, 64)
    first, second = (new(finished=True, status="succeeded", files=(file,)) for _ in range(2))
    given = new(input={"prompt": f"comet:{file.sha256}", "image": f"comet:{file.sha256}"})
    store.put(first, second, given)
    assert store.maker(file.sha256) == second
    assert store.maker("cd" * 32) is None


# -- outcome unknown -----------------------------------------------------------------------------


def test_creates_of_unknown_outcome_are_listed(store: Store, new: NewRecord) -> None:
    """Newest first, as many as asked for; not what was refused, runs, or got an id."""
    lost = Failure("UnknownOutcomeError", "no answer")
    records = [new(finished=True, failure=lost) for _ in range(4)]
    store.add(
        [
            *records,
            new(),
            new(finished=True, failure=Failure("QuotaError", "no")),
            new(id="x", status="processing", finished=True, failure=lost),
        ]
    )
    assert store.unknown() == records[::-1]
    assert store.unknown(2) == records[:1:-1]
    store.put(replace(records[3], state=replace(records[3].state, id="y"), finished=False))
    assert store.unknown() == records[2::-1]


# -- how SQLite goes about it ----------------------------------------------------------------------


ASKED: dict[str, tuple[Callable[[Store], object], str]] = {
    "made before": (
        lambda store: store.made_before("0" * 64, 1, sandbox=True),
        "INDEX predictions_made (request_hash=? AND occurrence=? AND sandbox=?)",
    ),
    "spending": (lambda store: store.spending(), "COVERING INDEX predictions_spending"),
    "unknown": (lambda store: store.unknown(), "INDEX predictions_unknown"),
    "unfinished": (lambda store: store.recent(unfinished=True), "INDEX predictions_unfinished"),
    "run times": (lambda store: store.run_times("a/b"), "COVERING INDEX predictions_run_time"),
    "last seed": (lambda store: store.last_seed(), "INDEX predictions_seed"),
}


@pytest.mark.parametrize(("ask", "index"), ASKED.values(), ids=ASKED)
def test_what_is_asked_often_reads_an_index(
    store: Store, new: NewRecord, ask: Callable[[Store], object], index: str
) -> None:
    """Rows are some 5 kB each: only those are read that are handed back."""
    store.put(new())
    said: list[str] = []
    connection = store._database.connection
    connection.set_trace_callback(said.append)
    ask(store)
    connection.set_trace_callback(None)
    (statement,) = [text for text in said if text.startswith("SELECT")]
    steps = " | ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
    assert index in steps
    assert "SCAN predictions |" not in f"{steps} |"


def test_a_question_without_an_index_would_be_seen(store: Store) -> None:
    """Control: a condition that no index has reads every row."""
    store.recent()
    steps = store._database.connection.execute(
        "EXPLAIN QUERY PLAN SELECT key FROM predictions WHERE prompt = 'x'"
    ).fetchall()
    assert "SCAN predictions |" in f"{steps[0][3]} |"
