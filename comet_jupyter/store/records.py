"""Records: what is known of every prediction, durable when a call returns.

Searching, favourites and forgetting are in ``history.py``, the connection in
``connection.py``, output files in ``files.py``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timezone

from ..errors import InputError, StoreError
from ..record import Record
from .disk import store_error
from .history import History
from .leases import Holder, Leases, drop, take
from .migrations import transaction
from .rows import COLUMNS, parse, row, to_text
from .spending import Spending, read_spending
from .terms import SHORTEST_REF

_INSERT = (
    f"INSERT INTO predictions ({', '.join(COLUMNS)})"  # noqa: S608 (constants)
    f" VALUES ({', '.join('?' * len(COLUMNS))})"
)
_UPSERT = f"{_INSERT} ON CONFLICT (key) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in COLUMNS[1:]
)
_REPLACE = (
    f"{_UPSERT} WHERE predictions.id IN ('', excluded.id)"
    " AND (predictions.status != 'succeeded' OR excluded.status = 'succeeded')"
)
_END = f"{_UPSERT} WHERE predictions.finished = 0 AND predictions.id = excluded.id"
_READING = "the history could not be read from"


class Store(History, Leases):
    """Records and output files of one folder.

    Opened at the first use; may be used from every thread, from several processes at once,
    and after a fork.

    Parameters
    ----------
    home : Path
        Absolute; made when needed.
    clock : callable
        The wall clock, in seconds.

    Attributes
    ----------
    home : Path
    files : Files
    """

    def add(self, records: Sequence[Record], holder: Holder | None = None) -> None:
        """Writes the intents of new predictions, all or none.

        Parameters
        ----------
        records : sequence of Record
        holder : Holder, optional
            Who follows them: takes their leases, too.

        Raises
        ------
        StoreError
            When they are not on disk: then nothing may be sent.
        """
        self._write(_INSERT, records, holder)

    def put(self, *records: Record, holder: Holder | None = None) -> None:
        """Writes records, all or none, in place of those with the same key.

        A success is only replaced by a success, and an id by no other and by none: a kernel
        that slept for an hour may not know of them, and find that the service has forgotten
        the prediction, or believe that nobody knows what became of it. The leases of those
        that are finished end.

        Parameters
        ----------
        *records : Record
        holder : Holder, optional
            Who follows those that are not finished: takes or renews their leases as `take`
            does.

        Raises
        ------
        StoreError
            When they could not be written; what was there before still is.
        """
        self._write(_REPLACE, records, holder)

    def end(self, record: Record) -> None:
        """Writes the end of a prediction that nobody follows any more.

        Unless the store knows better: that it has ended otherwise, or got an id.

        Raises
        ------
        StoreError
            When it could not be written.
        """
        self._write(_END, (record,))

    def get(self, ref: str) -> Record | None:
        """The prediction of a key or a service's id, or of the beginning of one.

        Parameters
        ----------
        ref : str
            Whole, or at least 4 characters.

        Raises
        ------
        InputError
            When the beginning fits several.
        StoreError
            When the history cannot be read.
        """
        ref = ref.strip()
        if not ref or not ref.isascii():
            return None
        order = "ORDER BY submitted_at DESC, rowid DESC LIMIT 1"
        found = self._read(f"WHERE key = ? OR id = ? {order}", ref, ref)
        if not found and len(ref) >= SHORTEST_REF:
            found = self._read(
                "WHERE (key >= ? AND key < ?) OR (id >= ? AND id < ?)"
                " ORDER BY submitted_at DESC, rowid DESC LIMIT 6",
                *(ref, ref + "\x7f") * 2,
            )
        candidates = list(dict.fromkeys(id if id.startswith(ref) else key for key, id, _ in found))
        if len(candidates) > 1:
            shown = ", ".join(candidates[:5]) + (", …" if len(candidates) > 5 else "")
            raise InputError(
                f"{ref!r} is the beginning of several: {shown}", "Type some more of it"
            )
        if not found:
            return None
        record = parse(found[0][2])
        if record is None:
            raise StoreError(
                f"the record of {candidates[0]} is damaged", "Its pictures are still in the store"
            )
        return record

    def recent(self, limit: int = 20, *, unfinished: bool = False) -> list[Record]:
        """The last predictions, newest first.

        Parameters
        ----------
        limit : int
        unfinished : bool
            Only those whose end is not known.

        Raises
        ------
        StoreError
            When the history cannot be read.
        """
        where = "WHERE finished = 0" if unfinished else ""
        rows = self._read(f"{where} ORDER BY submitted_at DESC, rowid DESC LIMIT ?", limit)
        return self._parsed(data for _, _, data in rows)

    def unknown(self, limit: int = 50) -> list[Record]:
        """Predictions whose create was sent and whose outcome could not be learned, newest first.

        Raises
        ------
        StoreError
            When the history cannot be read.
        """
        rows = self._read(
            "WHERE finished = 1 AND status = 'unknown'"
            " ORDER BY submitted_at DESC, rowid DESC LIMIT ?",
            limit,
        )
        return self._parsed(data for _, _, data in rows)

    def made_before(
        self,
        request_hash: str,
        occurrence: int,
        *,
        sandbox: bool,
        drawn_seed: int | None = None,
    ) -> Record | None:
        """The newest success with pictures of a request, made and not itself served again.

        Parameters
        ----------
        request_hash : str
            See `identity.request_hash`.
        occurrence : int
            The how manieth of its kind; 0 is never found.
        sandbox : bool
            One that the sandbox drew, or one that the service made.
        drawn_seed : int, optional
            The seed that was drawn for it, of a request whose hash leaves that out; then any
            occurrence will do.

        Raises
        ------
        StoreError
            When the history cannot be read.
        """
        if occurrence < 1 or (drawn_seed is not None and not -(2**63) <= drawn_seed < 2**63):
            return None
        which = "occurrence = ?" if drawn_seed is None else "occurrence > 0 AND seed = ?"

        def find(connection: sqlite3.Connection) -> Record | None:
            rows = connection.execute(
                "SELECT CAST(record AS BLOB) FROM predictions"  # noqa: S608 (constants)
                f" WHERE request_hash = ? AND {which} AND sandbox = ?"
                " AND status = 'succeeded' AND pictures > 0"
                " AND origin NOT IN ('store', 'replay')"
                " ORDER BY submitted_at DESC, rowid DESC",
                (request_hash, occurrence if drawn_seed is None else drawn_seed, sandbox),
            )
            with closing(rows):
                found = (parse(data) for (data,) in rows)
                return next((record for record in found if record is not None), None)

        return self._run(find, _READING)

    def under_way(self, request_hash: str, occurrence: int, since: datetime) -> Record | None:
        """The newest prediction of a request that was acknowledged, and whose end is not known.

        Parameters
        ----------
        request_hash : str
            See `identity.request_hash`.
        occurrence : int
            The how manieth of its kind.
        since : datetime
            Aware; older ones are left out.

        Raises
        ------
        StoreError
            When the history cannot be read.
        """
        rows = self._read(
            "WHERE request_hash = ? AND occurrence = ? AND finished = 0 AND id != ''"
            " AND submitted_at >= ? ORDER BY submitted_at DESC, rowid DESC LIMIT 1",
            *(request_hash, occurrence, to_text(since)),
        )
        return next(iter(self._parsed(data for _, _, data in rows)), None)

    def maker(self, sha256: str) -> Record | None:
        """The newest prediction that made a file, looked for in every record.

        Parameters
        ----------
        sha256 : str
            64 hex digits.

        Raises
        ------
        StoreError
            When the history cannot be read.
        """
        rows = self._read(
            "WHERE instr(record, ?) ORDER BY submitted_at DESC, rowid DESC LIMIT 20", sha256
        )
        records = self._parsed(data for _, _, data in rows)
        made = (one for one in records if any(file.sha256 == sha256 for file in one.files))
        return next(made, None)

    def spending(self) -> list[Spending]:
        """What finished predictions have cost, by period: the whole first, then each model.

        A period without any has its whole alone, of zeros. The dearest model comes first.

        Raises
        ------
        StoreError
            When the history cannot be read.
        """
        now = datetime.fromtimestamp(self._clock(), timezone.utc)
        return self._run(lambda connection: read_spending(connection, now), _READING)

    def run_times(self, model: str, limit: int = 30, *, sandbox: bool = False) -> list[float]:
        """Seconds that the last successful runs of a model took, the newest last.

        Those of the sandbox are apart, because it is not as fast as the service; replayed
        ones do not count, because nothing ran.
        """
        rows: list[tuple[float]] = self._run(
            lambda connection: connection.execute(
                "SELECT run_time FROM predictions WHERE model = ? AND origin = ?"
                " AND run_time IS NOT NULL ORDER BY submitted_at DESC LIMIT ?",
                (model, "sandbox" if sandbox else "service", limit),
            ).fetchall(),
            _READING,
        )
        return [seconds for (seconds,) in reversed(rows)]

    def last_seed(self) -> int | None:
        """The seed that was sent last."""
        row: tuple[int] | None = self._run(
            lambda connection: connection.execute(
                "SELECT seed FROM predictions WHERE seed IS NOT NULL"
                " ORDER BY submitted_at DESC, rowid DESC LIMIT 1"
            ).fetchone(),
            _READING,
        )
        return None if row is None else row[0]

    def _write(
        self, statement: str, records: Sequence[Record], holder: Holder | None = None
    ) -> None:
        action = "the record could not be written to"
        try:
            rows = [row(record) for record in records]
        except (TypeError, ValueError, RecursionError) as error:
            failure = store_error(action, self.home, f"it has no JSON form ({error})")
        else:
            finished = [record.key for record in records if record.finished]
            followed = [record.key for record in records if not record.finished]

            def write(connection: sqlite3.Connection) -> None:
                with transaction(connection):
                    connection.executemany(statement, rows)
                    drop(connection, finished)
                    if holder is not None:
                        take(connection, holder, followed, self._clock())

            if rows:
                self._run(write, action)
            return
        raise failure

    def _read(self, clauses: str, *values: object) -> list[tuple[str, str, bytes]]:
        rows: list[tuple[str, str, bytes]] = self._run(
            lambda connection: connection.execute(
                f"SELECT key, id, CAST(record AS BLOB) FROM predictions {clauses}",  # noqa: S608 (constants)
                values,
            ).fetchall(),
            _READING,
        )
        return rows
