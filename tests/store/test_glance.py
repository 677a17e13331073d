"""A glance at the history changes nothing, waits for nobody, and raises nothing."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import pytest

from comet_jupyter.store.glance import glance


def entries(folder):
    """Every file of a folder with its size and the time it was last written."""
    return {
        one.name: (one.stat().st_size, one.stat().st_mtime_ns)
        for one in folder.iterdir()
        if one.is_file()
    }


@pytest.fixture
def records(store, new):
    """Four predictions: two successes, one that failed, one unfinished and without id."""
    made = [
        new(id="blue1", status="succeeded", finished=True),
        new(id="green2", status="failed", finished=True),
        new(id="blue3", status="succeeded", finished=True),
        new(),
    ]
    store.put(*made)
    return made


def test_the_newest_come_first(store, records):
    """All of them, or those that fit; who has no id is named by the beginning of its key."""
    found = glance(store.path)
    assert [one.ref for one in found] == [records[3].key[:12], "blue3", "green2", "blue1"]
    assert found[1].prompt == "lake 3"
    assert found[2].status == "failed"
    assert [one.ref for one in glance(store.path, "blue")] == ["blue3", "blue1"]
    assert [one.ref for one in glance(store.path, succeeded=True)] == ["blue3", "blue1"]
    assert [one.ref for one in glance(store.path, unfinished=True)] == [records[3].key[:12]]
    assert [one.ref for one in glance(store.path, limit=2)] == [records[3].key[:12], "blue3"]
    assert [one.ref for one in glance(store.path, records[0].key[:20])] == [records[0].key[:20]]
    assert glance(store.path, "nobody") == []


@pytest.mark.parametrize("beginning", ["%", "'", "\x00", "\udc80", "é", "b" * 10_000])
def test_odd_beginnings_find_nothing(store, records, beginning):
    """Whatever is typed, nothing is raised."""
    assert glance(store.path, beginning) == []


def test_a_store_that_is_not_there_is_not_made(folder):
    """Neither the database nor its folder."""
    assert glance(folder / "comet.db") == []
    assert not folder.exists()


@pytest.mark.parametrize("is_open", [True, False])
def test_nothing_changes_on_disk(store, records, is_open):
    """No file is made or written, while the store is open and when it is closed."""
    if not is_open:
        store.close()
    before = entries(store.home)
    assert len(glance(store.home / "comet.db")) == 4
    assert entries(store.home) == before


def test_a_plain_reader_leaves_something(store, records):
    """Control: reading a closed database in the usual way leaves its journals behind."""
    store.close()
    before = entries(store.home)
    uri = f"{(store.home / 'comet.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.execute("SELECT count(*) FROM predictions").fetchone()
    assert entries(store.home) != before


def test_a_damaged_database_is_left_as_it_is(folder):
    """Rubbish, a folder and a foreign database have nothing to say, and stay in place."""
    folder.mkdir()
    rubbish = folder / "rubbish.db"
    rubbish.write_bytes(os.urandom(8192))
    (folder / "inner.db").mkdir()
    with closing(sqlite3.connect(folder / "foreign.db")) as connection:
        connection.execute("CREATE TABLE others (x)")
    (folder / "empty.db").touch()
    before = entries(folder)
    for name in ("rubbish", "inner", "foreign", "empty"):
        assert glance(folder / f"{name}.db") == []
    assert entries(folder) == before


def test_it_does_not_wait_for_a_writer(store, records):
    """While another connection writes it sees what was there; a locked file has nothing to say."""
    path = store.path
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM predictions")
        assert len(glance(path)) == 4
        writer.execute("ROLLBACK")
        writer.execute("PRAGMA journal_mode = delete")
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("DELETE FROM predictions")
        assert glance(path) == []
