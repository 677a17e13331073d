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
from .rows import DERIVED, derived, parse

_DERIVE = (
    "UPDATE predictions SET derived_status = status, search_text = ?, "  # noqa: S608 (constants)
    + ", ".join(f"{name} = ?" for name in DERIVED)
    + " WHERE rowid = ?"
)


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


def _add_identity_costs_and_leases(connection: sqlite3.Connection) -> None:
    for column in (
        "request_hash TEXT",
        "occurrence INTEGER",
        "sandbox INTEGER",
        "charged INTEGER",
        "pictures INTEGER",
        "cost REAL",
        "cost_estimated INTEGER",
        # The status of the record from which the columns above were taken: a kernel of an
        # earlier version writes another status and leaves them as they were.
        "derived_status TEXT",
    ):
        connection.execute(f"ALTER TABLE predictions ADD {column}")
    connection.execute("DROP INDEX predictions_search")
    connection.execute("DROP INDEX predictions_unfolded")
    for index in (
        "predictions_words ON predictions"
        " (submitted_at, search_text, seed, id, key, finished, status, favourite, model)",
        "predictions_underived ON predictions (key) WHERE derived_status IS NOT status",
        "predictions_made ON predictions (request_hash, occurrence, sandbox, submitted_at)"
        " WHERE status = 'succeeded' AND pictures > 0 AND origin NOT IN ('store', 'replay')",
        # Holds all that sums of money look at, and says so: other queries keep to their own.
        "predictions_spending ON predictions (model, submitted_at, charged, pictures, cost,"
        " cost_estimated, status, sandbox, origin, finished, derived_status)"
        " WHERE finished = 1 AND derived_status NOT NULL",
        "predictions_unknown ON predictions (submitted_at)"
        " WHERE finished = 1 AND status = 'unknown'",
    ):
        connection.execute(f"CREATE INDEX {index}")
    connection.execute(
        """
        CREATE TABLE leases (
            key TEXT PRIMARY KEY NOT NULL,
            holder TEXT NOT NULL,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL,
            until REAL NOT NULL
        )
        """
    )


MIGRATIONS = (
    Migration("0001-predictions", _create_predictions),
    Migration("0002-favourites-and-search", _add_favourites_and_search),
    Migration("0003-identity-costs-and-leases", _add_identity_costs_and_leases),
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
        " record, favourite, search_text, request_hash, occurrence, sandbox, charged, pictures,"
        " cost, cost_estimated, derived_status FROM predictions LIMIT 0"
    )
    connection.execute("SELECT key, holder, host, pid, until FROM leases LIMIT 0")
    _derive_what_is_left(connection)


def _derive_what_is_left(connection: sqlite3.Connection) -> None:
    """Fills the columns that an earlier version did not know, from the records.

    Not only once: a kernel that was started before an upgrade goes on writing such rows.
    Where it cannot be done now (a full disk, say) the next opening does it.
    """
    left = connection.execute(
        "SELECT rowid FROM predictions WHERE derived_status IS NOT status"
    ).fetchall()
    if not left:
        return
    with suppress(sqlite3.OperationalError), transaction(connection):
        for rowid in left:
            # As bytes: text that is damaged on disk is no str, and must not keep the store shut.
            prompt, model, data = connection.execute(
                "SELECT CAST(prompt AS BLOB), CAST(model AS BLOB), CAST(record AS BLOB)"
                " FROM predictions WHERE rowid = ?",
                rowid,
            ).fetchone()
            words = search_text(prompt.decode("utf-8", "replace"), model.decode("utf-8", "replace"))
            connection.execute(_DERIVE, (words, *derived(parse(data)), *rowid))
