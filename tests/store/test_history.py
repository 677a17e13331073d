"""The history as people use it: found by words, page by page; favourites; forgotten for good."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comet_jupyter.errors import InputError, StoreError
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.store import Files, Page, Store
from comet_jupyter.store.folding import fold, search_text
from comet_jupyter.store.query import find

NewRecord = Callable[..., Record]


def sql(store: Store, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of one statement, on a connection of its own."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        return connection.execute(statement, values).fetchall()


@pytest.fixture
def done(new: NewRecord) -> NewRecord:
    """Makes records of predictions that succeeded."""

    def make(**values: Any) -> Record:
        return new(**{"id": "any", "status": "succeeded", "finished": True, **values})

    return make


def prompted(new: NewRecord, *prompts: str) -> list[Record]:
    """Records with these prompts, oldest first."""
    return [new(input={"prompt": prompt}) for prompt in prompts]


# -- search ----------------------------------------------------------------------------


def test_an_empty_history_is_an_empty_page(store: Store) -> None:
    """Where nothing is kept, nothing is found."""
    assert store.search() == store.search("boat", pictures=True) == Page((), frozenset(), 0)


def test_without_words_everything_is_found_newest_first(store: Store, new: NewRecord) -> None:
    """The order is that of `recent`: by submitting, those of one moment by writing."""
    first, second, third = new(), new(), new()
    twin = replace(new(), submitted_at=third.submitted_at)
    store.add([second, third, twin, first])
    for text in ("", " \t\n", "lake"):
        page = store.search(text)
        assert list(page.records) == store.recent() == [twin, third, second, first]
        assert page.total == 4


@pytest.mark.parametrize("text", ["", "lake"])
def test_pages_follow_each_other(store: Store, new: NewRecord, text: str) -> None:
    """Pages of any size, one after the other, are the whole list; each knows the total."""
    records = [new() for _ in range(25)]
    store.add(records)
    pages = [store.search(text, limit=12, offset=offset) for offset in (0, 12, 24, 36)]
    assert [len(page.records) for page in pages] == [12, 12, 1, 0]
    assert [record for page in pages for record in page.records] == records[::-1]
    assert {page.total for page in pages} == {25}
    assert len(store.search(text).records) == 12
    assert store.search(text, limit=0) == Page((), frozenset(), 25)
    assert store.search(text, limit=-1, offset=-5) == Page((), frozenset(), 25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("boat", [0, 1]),
        ("BOAT", [0, 1]),
        ("dawn boat", [0]),
        ("  boat\u3000dawn\n", [0]),
        ("boat boat", [0, 1]),
        ("boa awn", [0]),
        ("boat river", []),
        ("flux", [0, 1, 2, 3, 4]),
        ("schnell ВОЛНЫ", [2]),
        ("straße", [3]),
        ("STRASSE", [3]),
        ("éclair", [4]),
        ("E\u0301CLAIR", [4]),
        ("\uff45clair", []),
        ("\uff30aper", [0]),
        ("%", []),
        ("_", []),
        ("100%", []),
        ("'", []),
        ('"', []),
        ("\ud800", []),
        ("a\0b", []),
        ("boat\ndawn", [0]),
    ],
)
def test_every_word_has_to_be_in_the_prompt_or_the_model(
    store: Store, new: NewRecord, text: str, expected: list[int]
) -> None:
    """Whatever the case, the alphabet and the way of typing an accent; nothing is a wildcard."""
    records = prompted(
        new, "A Paper BOAT at Dawn", "boathouse", "Бурные волны", "STRASSE", "Une ÉCLAIR"
    )
    store.add(records)
    page = store.search(text)
    assert [records.index(record) for record in page.records] == expected[::-1]
    assert page.total == len(expected)


def test_a_word_does_not_reach_from_the_prompt_into_the_model(store: Store, new: NewRecord) -> None:
    """The end of the one and the beginning of the other are not one word."""
    store.add(prompted(new, "boat"))
    assert store.search("boatblack").total == 0
    assert store.search("boat black-forest").total == 1


def test_a_prompt_without_a_form_in_utf8_is_found(store: Store, new: NewRecord) -> None:
    """Lone surrogates and zero characters hide nothing of a prompt."""
    record = new(input={"prompt": "\ud800 alone a\0b end"})
    store.put(record)
    for text in ("alone", "end", "a\0b", "b end"):
        assert store.search(text).records == (record,)


def test_a_model_without_a_prompt_is_found_by_its_name(store: Store, new: NewRecord) -> None:
    """A request whose prompt is missing, or no text, is searched all the same."""
    store.add([new(input={}), new(input={"prompt": ["a"]})])
    assert store.search("FLUX").total == 2


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(data=st.data())
def test_a_search_means_what_it_says(store: Store, new: NewRecord, data: st.DataObject) -> None:
    """For any prompts and words, SQL finds what the sentence about words says."""
    alphabet = st.characters() | st.sampled_from("aAßẞéÉ kK\u212aİi\u01317%_'\0\ud800")
    prompts = data.draw(st.lists(st.text(alphabet, max_size=12), min_size=1, max_size=4))
    whole = " ".join(prompts)
    words = data.draw(
        st.lists(
            st.sampled_from(whole.split() or ["x"]) | st.text(alphabet, max_size=3), max_size=3
        )
    )
    records = prompted(new, *prompts)
    store.put(*records)
    keys = {record.key for record in records}
    text = " ".join(words)
    found = store.search(text, limit=10_000)
    expected = {
        record.key
        for record in records
        if all(
            fold(word) in search_text(record.request.prompt, record.model) for word in text.split()
        )
    }
    assert {record.key for record in found.records} & keys == expected
    assert found.total == len(found.records)


@pytest.mark.parametrize(
    "text", ["41", "seed:41", "seed=41", "SEED:41", "\uff14\uff11", "041", "lake seed:41"]
)
def test_a_seed_is_found(store: Store, new: NewRecord, text: str) -> None:
    """A whole number is a seed too, with or without the word before it."""
    records = [new(input={"prompt": "lake", "seed": seed}) for seed in (41, 4, 1, 411)]
    store.add(records)
    assert store.search(text).records == (records[0],)


@pytest.mark.parametrize("seed", [0, -7, 2**32, 2**63 - 1, -(2**63)])
def test_seeds_at_the_bounds_are_found(store: Store, new: NewRecord, seed: int) -> None:
    """Every seed that the database can hold is found, negative ones among them."""
    record = new(input={"prompt": "x", "seed": seed})
    store.add([record, new()])
    assert store.search(f"seed:{seed}").records == (record,)


@pytest.mark.parametrize("text", [str(2**63), "9" * 5000, "seed:x", "seed:-", "4.0", "--4", "4_0"])
def test_what_is_no_seed_finds_none(store: Store, new: NewRecord, text: str) -> None:
    """Numbers that no database column holds, and what is no whole number, are merely words."""
    store.add([new(input={"prompt": "x", "seed": 4})])
    assert store.search(text).total == 0


def test_a_number_is_a_word_as_well(store: Store, new: NewRecord) -> None:
    """A number finds seeds and prompts, because both are what people remember."""
    by_seed, by_prompt = new(input={"prompt": "x", "seed": 1984}), new(input={"prompt": "in 1984"})
    store.add([by_seed, by_prompt])
    assert store.search("1984").records == (by_prompt, by_seed)
    assert store.search("seed:1984").records == (by_seed,)


def test_a_prediction_is_found_by_the_beginning_of_its_names(store: Store, new: NewRecord) -> None:
    """Four characters or more of the service's id, in any case, or of the key; no fewer."""
    record = new(id="WxYz0123456789abcdefghijkl")
    store.add([record, new(id="zzzz0123456789abcdefghijkl")])
    for text in (record.id, "wxyz", "WXYZ01", record.key, record.key[:8], record.key[:4].upper()):
        assert record in store.search(text).records, text
    for text in ("wxy", "xyz0", record.key[1:], record.id + "x"):
        assert store.search(text).total == 0, text


def test_a_pasted_prompt_finds_its_picture(store: Store, new: NewRecord) -> None:
    """A hundred different words are a search; more are refused in one line."""
    prompt = " ".join(f"word{number}" for number in range(100))
    (record, _) = records = prompted(new, prompt, "other")
    store.add(records)
    assert store.search(f"{prompt} {prompt}").records == (record,)
    with pytest.raises(InputError, match="101 different words") as caught:
        store.search(prompt + " more")
    assert caught.value.remedy


def test_a_changed_record_is_found_as_it_is_now(store: Store, new: NewRecord) -> None:
    """A record that is put again is found by its new words, not by its old ones."""
    record = new(input={"prompt": "a boat"})
    store.add([record])
    changed = replace(record, request=replace(record.request, input={"prompt": "a tree"}))
    store.put(changed)
    assert store.search("boat").total == 0
    assert store.search("tree").records == (changed,)


# -- filters -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "lake"])
def test_pictures_are_those_that_succeeded(store: Store, new: NewRecord, text: str) -> None:
    """Not what runs, is on its way, failed, was refused or canceled."""
    failure = Failure("PredictionFailedError", "no")
    picture = new(id="a", status="succeeded", finished=True)
    others = [
        new(),
        new(id="b", status="processing"),
        new(id="c", status="succeeded"),
        new(id="d", status="succeeded", finished=True, failure=failure),
        new(id="e", status="failed", finished=True, failure=failure),
        new(id="f", status="canceled", finished=True, failure=failure),
        new(finished=True, failure=failure),
    ]
    store.add([picture, *others])
    page = store.search(text, pictures=True)
    assert page.records == (picture,)
    assert page.total == 1
    assert store.search(text).total == 8


@pytest.mark.parametrize("text", ["", "lake"])
def test_since_is_a_moment_not_its_spelling(store: Store, new: NewRecord, text: str) -> None:
    """Submitted then or later, in whatever zone the moment is given."""
    records = [new() for _ in range(5)]
    store.add(records)
    moment = records[2].submitted_at
    for since in (moment, moment.astimezone(timezone(timedelta(hours=-9)))):
        assert store.search(text, since=since).records == tuple(records[:1:-1])
    later = moment + timedelta(microseconds=1)
    assert store.search(text, since=later).total == 2


def test_filters_add_up(store: Store, new: NewRecord, done: NewRecord) -> None:
    """Words, pictures, favourites and time have to hold all at once."""
    lake, other, old, plain, running = (
        done(),
        done(input={"prompt": "a tree"}),
        done(),
        done(),
        new(),
    )
    old = replace(old, submitted_at=lake.submitted_at - timedelta(days=1))
    store.add([lake, other, old, plain, running])
    for record in (lake, other, old, running):
        store.set_favourite(record.key, True)
    page = store.search("lake", pictures=True, favourites=True, since=lake.submitted_at)
    assert page == Page((lake,), frozenset({lake.key}), 1)


def test_a_damaged_record_is_left_out_of_its_page(store: Store, new: NewRecord) -> None:
    """It is said in the notices, counts in the total, and hides no other."""
    records = [new() for _ in range(3)]
    store.add(records)
    for record, damage in zip(records[:2], ("{", b"\xff\xfe{"), strict=True):
        store.set_favourite(record.key, True)
        sql(
            store,
            "UPDATE predictions SET record = CAST(? AS TEXT) WHERE key = ?",
            damage,
            record.key,
        )
    for text in ("", "lake"):
        assert store.search(text) == Page((records[2],), frozenset(), 3)
    assert store.recent() == [records[2]]
    assert store.notices == ("2 records of the history are damaged and were left out",)


# -- favourites ----------------------------------------------------------------------------


def test_a_favourite_stays_one_until_it_is_none(store: Store, new: NewRecord) -> None:
    """It survives new states of its record and a new opening, and ends when told."""
    record, other = new(), new()
    store.add([record, other])
    assert not store.is_favourite(record.key)
    store.set_favourite(record.key, True)
    store.set_favourite(record.key, True)
    finished = replace(record, finished=True)
    store.put(finished)
    store.close()
    assert store.is_favourite(record.key)
    assert not store.is_favourite(other.key)
    assert store.search(favourites=True) == Page((finished,), frozenset({record.key}), 1)
    assert store.search().favourites == {record.key}
    store.set_favourite(record.key, False)
    assert not store.is_favourite(record.key)
    assert store.search(favourites=True).total == 0
    assert store.search().favourites == frozenset()


def test_favourites_of_a_page_are_those_on_it(store: Store, new: NewRecord) -> None:
    """A favourite of another page is not among them."""
    records = [new() for _ in range(4)]
    store.add(records)
    for record in records[:3]:
        store.set_favourite(record.key, True)
    assert store.search(limit=2).favourites == {records[2].key}
    assert store.search(limit=2, offset=2).favourites == {records[0].key, records[1].key}


def test_an_unknown_key_is_no_favourite(store: Store) -> None:
    """Marking what is not there does nothing, and is no error."""
    store.set_favourite("0" * 32, True)
    assert not store.is_favourite("0" * 32)
    assert store.search().total == 0


# -- forget --------------------------------------------------------------------------------


def keep(store: Store, *contents: bytes) -> tuple[FileRef, ...]:
    """Files in the store, as a record names them."""
    return tuple(
        FileRef(store.files.add(data, "image/png")[0], "image/png", len(data), 1, 1)
        for data in contents
    )


def is_kept(store: Store, file: FileRef) -> bool:
    """True while the bytes are there."""
    return store.files.path(file.sha256, file.media_type).exists()


def test_a_forgotten_prediction_is_gone_with_its_files(store: Store, done: NewRecord) -> None:
    """Row and files are gone, those of others stay, and a second time does nothing."""
    one, two, three = keep(store, b"one", b"two", b"three")
    record, other = done(files=(one, two)), done(files=(three,))
    store.add([record, other])
    store.set_favourite(record.key, True)
    for _ in range(2):
        store.forget(record.key)
        assert store.search() == Page((other,), frozenset(), 1)
        assert [is_kept(store, file) for file in (one, two, three)] == [False, False, True]
    assert store.get(record.key) is None
    assert not store.is_favourite(record.key)
    assert store.notices == ()


def test_a_key_has_to_be_whole_to_be_forgotten(store: Store, done: NewRecord) -> None:
    """Beginnings, ids and unknown keys delete nothing."""
    record = done(id="wxyz0123")
    store.add([record])
    for key in ("", record.key[:31], "wxyz0123", "0" * 32, "%", "_" * 32):
        store.forget(key)
    assert store.recent() == [record]


@pytest.mark.parametrize("state", [{}, {"id": "x", "status": "processing"}])
def test_what_is_not_finished_is_not_forgotten(
    store: Store, new: NewRecord, state: dict[str, str]
) -> None:
    """It would come back with its next answer: one line says what to do, nothing is deleted."""
    (file,) = keep(store, b"one")
    record = new(files=(file,), **state)
    store.add([record])
    with pytest.raises(InputError, match="not finished") as caught:
        store.forget(record.key)
    assert f"%comet cancel {record.key[:12]}" in caught.value.remedy
    assert caught.value.__context__ is None
    assert store.recent() == [record]
    assert is_kept(store, file)
    store.put(replace(record, finished=True))
    store.forget(record.key)
    assert store.recent() == []


def as_output(file: FileRef) -> dict[str, Any]:
    """A record with the same file among its outputs."""
    return {"files": (file,)}


def as_input(file: FileRef) -> dict[str, Any]:
    """A record that was given the file."""
    return {"input": {"prompt": "x", "image": f"comet:{file.sha256}"}}


def as_one_of_several_inputs(file: FileRef) -> dict[str, Any]:
    """A record that was given the file in a list, in upper case."""
    return {"input": {"images": ["https://x.example", f"comet:{file.sha256.upper()}"]}}


def as_short_input(file: FileRef) -> dict[str, Any]:
    """A record that was given the file by the beginning of its name."""
    return {"input": {"image": f"comet:{file.sha256[:12]}"}}


USES = [as_output, as_input, as_one_of_several_inputs, as_short_input]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("finished", [True, False])
def test_a_file_that_another_record_uses_stays(
    store: Store,
    new: NewRecord,
    done: NewRecord,
    use: Callable[[FileRef], dict[str, Any]],
    finished: bool,
) -> None:
    """Whether as output or as input, of a finished prediction or of one that runs."""
    shared, own = keep(store, b"shared", b"own")
    record, other = done(files=(shared, own)), new(**use(shared), finished=finished)
    store.add([other, record])
    store.forget(record.key)
    assert store.recent() == [other]
    assert is_kept(store, shared)
    assert not is_kept(store, own)


def test_a_file_goes_with_the_last_record_that_made_it(store: Store, done: NewRecord) -> None:
    """The same picture made twice is there until both predictions are forgotten."""
    (shared,) = keep(store, b"shared")
    records = [done(files=(shared,)) for _ in range(2)]
    store.add(records)
    store.forget(records[0].key)
    assert is_kept(store, shared)
    store.forget(records[1].key)
    assert not is_kept(store, shared)


def test_files_that_a_prediction_was_given_stay(store: Store, done: NewRecord) -> None:
    """A cell of a notebook may hold nothing but the reference, and is to run again."""
    given, made = keep(store, b"given", b"made")
    record = done(files=(made,), **as_input(given))
    store.add([record])
    store.forget(record.key)
    assert is_kept(store, given)
    assert not is_kept(store, made)


def test_a_damaged_record_is_forgotten_with_its_files(store: Store, done: NewRecord) -> None:
    """What cannot be read as a record still names its files, even where bytes are no text."""
    one, two = keep(store, b"one", b"two")
    records = [done(files=(one,)), done(files=(two,))]
    store.add(records)
    sql(store, "UPDATE predictions SET record = record || '{'")
    sql(
        store,
        "UPDATE predictions SET record = CAST(CAST(record AS BLOB) || x'ff' AS TEXT) WHERE key = ?",
        records[1].key,
    )
    for record in records:
        store.forget(record.key)
    assert sql(store, "SELECT count(*) FROM predictions") == [(0,)]
    assert not is_kept(store, one)
    assert not is_kept(store, two)


def test_a_name_that_is_no_sha256_leads_nowhere(store: Store, done: NewRecord) -> None:
    """A record that names something outside of the store deletes nothing there."""
    outside = store.home.parent / "outside.png"
    outside.write_bytes(b"x")
    record = done(
        files=(FileRef("../../outside", "image/png", 1), FileRef("*", "image/png", 1)),
        input={"image": "comet:../../outside.png", "prompt": "comet:" + "*" * 64},
    )
    (kept,) = keep(store, b"kept")
    store.add([record])
    store.forget(record.key)
    assert store.recent() == []
    assert outside.exists()
    assert is_kept(store, kept)


def test_files_that_are_missing_already_are_no_error(store: Store, done: NewRecord) -> None:
    """A record whose file was deleted by hand is forgotten like others."""
    record = done(files=(FileRef("a" * 64, "image/png", 1),))
    store.add([record])
    store.forget(record.key)
    assert store.recent() == []
    assert store.notices == ()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_file_that_cannot_be_removed_is_said(
    store: Store, done: NewRecord, tmp_path: Path
) -> None:
    """The record is gone, the file stays, and a notice names it."""
    (file,) = keep(store, b"one")
    path = store.files.path(file.sha256, file.media_type)
    path.parent.rename(tmp_path / "elsewhere")
    path.parent.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    record = done(files=(file,))
    store.add([record])
    store.forget(record.key)
    assert store.recent() == []
    assert path.exists()
    (notice,) = store.notices
    assert file.sha256 in notice
    assert "Remove it by hand" in notice


@pytest.mark.parametrize("beside", ["uses it", "does not use it", "cannot be read"])
def test_a_database_beside_this_one_keeps_its_files(
    store: Store, done: NewRecord, beside: str
) -> None:
    """The files are shared with a database of a newer version, whose records count as well."""
    shared, own = keep(store, b"shared", b"own")
    theirs, ours = done(files=(shared,)), done(files=(shared, own))
    store.add([theirs] if beside == "uses it" else [])
    store.recent()
    newer = store.path
    sql(store, "INSERT INTO migrations VALUES ('9999-later', '2099', '99.0')")
    if beside == "cannot be read":
        sql(store, "DROP TABLE predictions")
    store.close()
    before = newer.read_bytes()
    store.add([ours])
    assert store.path != newer
    store.forget(ours.key)
    assert store.recent() == []
    assert is_kept(store, shared) is (beside != "does not use it")
    assert is_kept(store, own) is (beside == "cannot be read")
    assert newer.read_bytes() == before
    assert len(store.notices) == 1


def test_a_forget_that_fails_deletes_nothing(store: Store, done: NewRecord) -> None:
    """When the row cannot be deleted, it is there with all of its files."""
    (file,) = keep(store, b"one")
    record = done(files=(file,))
    store.add([record])
    sql(
        store,
        "CREATE TRIGGER refuse BEFORE DELETE ON predictions"
        " BEGIN SELECT RAISE(ABORT, 'refused'); END",
    )
    with pytest.raises(StoreError, match="nothing was deleted"):
        store.forget(record.key)
    assert store.recent() == [record]
    assert is_kept(store, file)


def test_the_files_of_a_record_take_one_scan(store: Store, done: NewRecord) -> None:
    """However many they are, the history is gone through once while others cannot write."""
    files = keep(store, *(str(number).encode() for number in range(12)))
    record = done(files=files)
    store.add([record, done(), done()])
    said: list[str] = []
    store._database.connection.set_trace_callback(said.append)
    store.forget(record.key)
    assert sum("FROM predictions" in text and "WHERE" not in text for text in said) == 1
    assert not any(is_kept(store, file) for file in files)


def test_no_record_can_begin_to_name_a_file_that_goes(store: Store, done: NewRecord) -> None:
    """Other kernels cannot write from the look at all records until the files are gone."""
    (file,) = keep(store, b"one")
    record = done(files=(file,))
    store.add([record])
    refused: list[str] = []

    class Watched(Files):
        def remove(self, sha256: str, media_type: str | None = None) -> None:
            with (
                closing(sqlite3.connect(store.path, timeout=0, isolation_level=None)) as other,
                pytest.raises(sqlite3.OperationalError, match="locked"),
            ):
                other.execute("BEGIN IMMEDIATE")
            refused.append(sha256)
            super().remove(sha256, media_type)

    store.files = Watched(store.home)
    store.forget(record.key)
    assert refused == [file.sha256]
    assert not is_kept(store, file)
    with closing(sqlite3.connect(store.path, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # the control: afterwards they can
        other.execute("ROLLBACK")


def test_threads_search_mark_and_forget_at_once(store: Store, done: NewRecord) -> None:
    """Threads that write, mark, search and forget lose nothing and raise nothing."""
    records = [done(files=keep(store, bytes([number]))) for number in range(80)]
    kept = {records[n].key for n in range(0, 80, 2)}
    errors: list[BaseException] = []

    def work(share: list[Record]) -> None:
        try:
            for record in share:
                store.put(record)
                store.set_favourite(record.key, True)
                assert record in store.search(record.key).records
                if record.key not in kept:
                    store.forget(record.key)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(records[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    page = store.search(favourites=True, limit=100)
    assert {record.key for record in page.records} == page.favourites == kept
    for record in records:
        assert is_kept(store, record.files[0]) is (record.key in kept)


# -- how SQLite goes about it ------------------------------------------------------------


def plan(store: Store, statement: str, *values: object) -> str:
    """How SQLite would go about a query, up to where rows of a page are fetched by number."""
    store.recent()
    steps = [row[3] for row in sql(store, f"EXPLAIN QUERY PLAN {statement}", *values)]
    return " | ".join(step for step in steps if "USING INTEGER PRIMARY KEY" not in step)


FILTERS: dict[str, tuple[dict[str, bool], str]] = {
    "everything": ({}, "predictions_submitted"),
    "pictures": ({"pictures": True}, "predictions_pictures"),
    "favourites": ({"favourites": True}, "predictions_favourites"),
    "both": ({"pictures": True, "favourites": True}, "predictions_favourite_pictures"),
}


@pytest.mark.parametrize(("filters", "index"), FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("recent", [True, False])
def test_a_list_reads_an_index_of_its_own(
    store: Store, new: NewRecord, filters: dict[str, bool], index: str, recent: bool
) -> None:
    """Without words, counting and paging read an index that has no other rows, in its order."""
    query = find(since=new().submitted_at if recent else None, **filters)
    for statement, values in (
        (query.count, query.values),
        (query.page, (*query.values, 12, 24)),
    ):
        steps = plan(store, statement, *values)
        assert f"INDEX {index}" in steps
        assert "SCAN predictions |" not in steps


@pytest.mark.parametrize(("filters", "index"), FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("recent", [True, False])
def test_words_are_looked_for_in_the_index_alone(
    store: Store, new: NewRecord, filters: dict[str, bool], index: str, recent: bool
) -> None:
    """With words, every column that is looked at is in the index: no row is read for it."""
    query = find("boat seed:7 wxyz", since=new().submitted_at if recent else None, **filters)
    for statement, values in (
        (query.count, query.values),
        (query.page, (*query.values, 12, 24)),
    ):
        assert "COVERING INDEX predictions_words" in plan(store, statement, *values)


@pytest.mark.parametrize(
    "text", ["status:failed", "status:un", "model:dev", "model:dev since:7d", "is:fav boat"]
)
@pytest.mark.parametrize("filters", [{}, {"pictures": True}, {"favourites": True}])
def test_status_and_model_are_looked_for_in_the_index_alone(
    store: Store, text: str, filters: dict[str, bool]
) -> None:
    """They hold in every row or not, like words."""
    query = find(text, **filters)
    for statement, values in (
        (query.count, query.values),
        (query.page, (*query.values, 12, 24)),
    ):
        assert "COVERING INDEX predictions_words" in plan(store, statement, *values)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("since:7d before:1d", "predictions_submitted (submitted_at>? AND submitted_at<?)"),
        ("is:favourite", "predictions_favourites"),
        ("is:favourite since:7d", "predictions_favourites (submitted_at>?)"),
        ("status: model:", "predictions_submitted"),
    ],
)
def test_dates_and_marks_read_an_index_of_their_own(store: Store, text: str, index: str) -> None:
    """They need no look at every row, and get none."""
    query = find(text)
    assert f"INDEX {index}" in plan(store, query.page, *query.values, 12, 24)


def test_a_search_in_the_rows_would_be_seen(store: Store) -> None:
    """Control: a condition on a column outside of the index reads the rows."""
    query = find("boat")
    statement = query.count.replace("search_text", "prompt")
    assert "COVERING INDEX" not in plan(store, statement, *query.values)
