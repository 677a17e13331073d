"""Who follows a prediction: of all kernels on one store one asks the service, the others look.

A lease lapses by itself, and at once with its process, so that a crash blocks nobody. Records
and their leases are written together in ``records.py``.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .connection import Connected
from .migrations import transaction

LEASE = 20.0
"""Seconds that a lease lasts unless it is renewed; a holder renews it every 5."""

MAX_AHEAD = 2 * LEASE
"""Seconds ahead of now that a lease can end: further, a clock was set back since. Two
computers whose clocks differ by less than a lease still believe each other."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A session that follows predictions.

    Attributes
    ----------
    name : str
        Drawn anew for every session.
    host : str
        Where its pid means something.
    pid : int
    """

    name: str
    host: str
    pid: int

    @classmethod
    def of_this_process(cls) -> Holder:
        """A new one, of this process."""
        return cls(uuid.uuid4().hex, _this_host(), os.getpid())


@dataclass(frozen=True, slots=True)
class Lease:
    """That a holder follows a prediction, until a moment of the wall clock."""

    holder: Holder
    until: float


def is_free(lease: Lease | None, holder: Holder, now: float, alive: Callable[[int], bool]) -> bool:
    """True when `holder` may take a lease: there is none, it is its own, or it has lapsed.

    Parameters
    ----------
    lease : Lease or None
        The one there is.
    holder : Holder
        Who wants it.
    now : float
        Seconds of the wall clock, which is the only one that kernels share.
    alive : callable
        Says whether a process of this host may still run.
    """
    if lease is None or lease.holder.name == holder.name:
        return True
    if not now < lease.until <= now + MAX_AHEAD:
        return True
    return lease.holder.host == holder.host and not alive(lease.holder.pid)


class Leases(Connected):
    """The leases of a store."""

    def take(self, holder: Holder, keys: Collection[str], seconds: float = LEASE) -> frozenset[str]:
        """Takes the leases that are free, and renews those that `holder` has.

        Parameters
        ----------
        holder : Holder
        keys : collection of str
            Of predictions.
        seconds : float
            How long from now, at most `LEASE`.

        Returns
        -------
        frozenset of str
            Those of `keys` that `holder` holds now. A key that is missing is held, or was
            taken over, by another one.

        Raises
        ------
        StoreError
            When it could not be written: then nothing changed.
        """
        if not keys:
            return frozenset()

        def write(connection: sqlite3.Connection) -> frozenset[str]:
            with transaction(connection):
                return take(connection, holder, keys, self._clock(), seconds)

        return self._run(write, "it could not be noted who follows a prediction in")

    def release(self, holder: Holder, keys: Collection[str] | None = None) -> None:
        """Gives back leases of `holder`, all of them when no keys are given.

        Raises
        ------
        StoreError
            When it could not be written: then they lapse.
        """

        def write(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                if keys is None:
                    connection.execute("DELETE FROM leases WHERE holder = ?", (holder.name,))
                else:
                    connection.executemany(
                        "DELETE FROM leases WHERE holder = ? AND key = ?",
                        [(holder.name, key) for key in keys],
                    )

        if keys is None or keys:
            self._run(write, "it could not be noted who follows a prediction in")

    def held_elsewhere(self, holder: Holder, keys: Collection[str]) -> frozenset[str]:
        """Those of `keys` that another holder follows now.

        Raises
        ------
        StoreError
            When it cannot be read.
        """
        return self._run(
            lambda connection: frozenset(keys) - _free(connection, holder, keys, self._clock()),
            "it could not be read who follows a prediction from",
        )


def take(
    connection: sqlite3.Connection,
    holder: Holder,
    keys: Collection[str],
    now: float,
    seconds: float = LEASE,
) -> frozenset[str]:
    """What `Leases.take` does, in a transaction that is open.

    `now` is to be read in that transaction: waiting for it may take longer than a lease.
    """
    free = _free(connection, holder, keys, now)
    until = now + min(seconds, LEASE)
    connection.executemany(
        "INSERT OR REPLACE INTO leases (key, holder, host, pid, until) VALUES (?, ?, ?, ?, ?)",
        [(key, holder.name, holder.host, holder.pid, until) for key in free],
    )
    # What nobody takes or gives back any more, of predictions that ended without us.
    connection.execute("DELETE FROM leases WHERE until < ?", (now - LEASE,))
    return free


def drop(connection: sqlite3.Connection, keys: Collection[str]) -> None:
    """Deletes the leases of those predictions that are finished, in a transaction that is open."""
    connection.executemany(
        "DELETE FROM leases WHERE key IN"
        " (SELECT key FROM predictions WHERE key = ? AND finished = 1)",
        [(key,) for key in keys],
    )


def _free(
    connection: sqlite3.Connection, holder: Holder, keys: Collection[str], now: float
) -> frozenset[str]:
    return frozenset(key for key in keys if is_free(_lease(connection, key), holder, now, _may_run))


def _lease(connection: sqlite3.Connection, key: str) -> Lease | None:
    row = connection.execute(
        "SELECT holder, host, pid, until FROM leases WHERE key = ?", (key,)
    ).fetchone()
    return None if row is None else Lease(Holder(*row[:3]), row[3])


def _may_run(pid: int) -> bool:
    """True unless it is certain that there is no such process here."""
    if os.name == "nt" or pid <= 0:
        return True  # Windows: os.kill ends the process, whatever the signal
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's; a number that is damaged
        return True
    with suppress(OSError, IndexError):  # Linux: killed, and its parent has not looked yet
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        return state not in "ZX"
    return True


def _this_host() -> str:
    """The computer's name, and on Linux what tells containers and others of that name apart."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)
