"""The tables, as a list of changes: each is applied once, in a transaction with its record.

A migration is never changed once released; a change of the tables is a new one at the end of
`MIGRATIONS`. Opening and damage are in ``database.py``, what is written in ``records.py``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone

from .._version import __version__
from .folding import search_text


@dataclass(frozen=True, slots=True)
class Migration:
    """One named change of the tables, applied once, in a transaction with its record."""

    name: str
    apply: Callable[[sqlite3.Connection], None]


def _create_predictions(connection: sqlite3.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE predictions (
            key TEXT PRIMARY KEY NOT NULL,
            id TEXT NOT NULL,
            model TEXT NOT NULL,
            status TEXT NOT NULL,
            origin TEXT NOT NULL,
            prompt TEXT NOT NULL,
            seed INTEGER,
            submitted_at TEXT NOT NULL,
            finished INTEGER NOT NULL,
            run_time REAL,
            record TEXT NOT NULL
        )
        """
    )
    for index in (
        "predictions_id ON predictions (id)",
        "predictions_submitted ON predictions (submitted_at)",
        "predictions_unfinished ON predictions (submitted_at) WHERE finished = 0",
        "predictions_seed ON predictions (submitted_at) WHERE seed IS NOT NULL",
        "predictions_run_time ON predictions (model, origin, submitted_at, run_time)"
        " WHERE run_time IS NOT NULL",
    ):
        connection.execute(f"CREATE INDEX {index}")


def _add_favourites_and_search(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE predictions ADD favourite INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE predictions ADD search_text TEXT")
    for index in (
        "predictions_pictures ON predictions (submitted_at)"
        " WHERE finished = 1 AND status = 'succeeded'",
        "predictions_favourites ON predictions (submitted_at) WHERE favourite = 1",
        "predictions_favourite_pictures ON predictions (submitted_at)"
        " WHERE favourite = 1 AND finished = 1 AND status = 'succeeded'",
        # Holds all that a search looks at: the rows themselves are some 5 kB each.
        "predictions_search ON predictions"
        " (submitted_at, search_text, seed, id, key, finished, status, favourite)",
        "predictions_unfolded ON predictions (key) WHERE search_text IS NULL",
    ):
        connection.execute(f"CREATE INDEX {index}")


MIGRATIONS = (
    Migration("0001-predictions", _create_predictions),
    Migration("0002-favourites-and-search", _add_favourites_and_search),
)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A write transaction: committed and on disk, or as if nothing had been.

    It takes the write lock at once: a transaction that begins by reading cannot wait for
    another writer, and would fail with "database is locked" without any delay.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.rollback()
        raise


def bring_up_to_date(connection: sqlite3.Connection, applied: set[str]) -> None:
    """Applies the migrations that are not there yet, and checks the result.

    Parameters
    ----------
    connection : sqlite3.Connection
        Nobody else opens this database meanwhile.
    applied : set of str
        Names of the migrations that it has.

    Raises
    ------
    sqlite3.Error
        When a column is missing, or the database cannot be written.
    """
    for migration in MIGRATIONS:
        if migration.name in applied:
            continue
        with transaction(connection):
            connection.execute(
                "CREATE TABLE IF NOT EXISTS migrations"
                " (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT, package_version TEXT)"
            )
            migration.apply(connection)
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?, ?)",
                (migration.name, datetime.now(timezone.utc).isoformat(), __version__),
            )
    connection.execute(
        "SELECT key, id, model, status, origin, prompt, seed, submitted_at, finished, run_time,"
        " record, favourite, search_text FROM predictions LIMIT 0"
    )
    _fold_what_is_left(connection)


def _fold_what_is_left(connection: sqlite3.Connection) -> None:
    """Makes rows searchable that an earlier version wrote.

    Not only once: a kernel that was started before an upgrade goes on writing such rows.
    Where it cannot be done now (a full disk, say) the next opening does it.
    """
    unfolded = "SELECT 1 FROM predictions WHERE search_text IS NULL LIMIT 1"
    if connection.execute(unfolded).fetchone() is None:
        return
    # As bytes: text that is damaged on disk is no str, and must not keep the store shut.
    connection.create_function("search_text", 2, _search_text_of_bytes)
    with suppress(sqlite3.OperationalError), transaction(connection):
        connection.execute(
            "UPDATE predictions SET"
            " search_text = search_text(CAST(prompt AS BLOB), CAST(model AS BLOB))"
            " WHERE search_text IS NULL"
        )


def _search_text_of_bytes(prompt: bytes, model: bytes) -> str:
    return search_text(prompt.decode("utf-8", "replace"), model.decode("utf-8", "replace"))
