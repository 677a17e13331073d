"""How long runs of each model took before: read from the store once, then kept up to date."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from .. import models
from ..errors import CometError, StoreError
from ..record import Record
from ..store import Store
from . import schedule

_ENOUGH = 10
"""Runs from which on nothing needs to be assumed."""

_RECENT = 40


class RunTimes:
    """Past run times by model, those of the sandbox apart; from any thread.

    Parameters
    ----------
    store : callable
        Where the runs of earlier sessions are.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[tuple[str, bool], list[float]] = {}

    def of(self, record: Record) -> Sequence[float]:
        """Past run times of its model in seconds, a prior while there are few."""
        name = (record.model, record.sandbox)
        try:
            store = self._store()  # before the lock: a session hands it out under its own
        except CometError:  # settings typed wrong just now end nothing that is under way
            store = None
        with self._lock:
            if name not in self._known:
                spec = models.spec(record.model)
                expected = schedule.prior(spec.run_time, spec.run_time_factor) if spec else []
                if store is None:
                    return expected
                try:
                    past = store.run_times(record.model, sandbox=record.sandbox)
                except StoreError:  # when to ask is worth no paid picture
                    return expected
                self._known[name] = [*(expected if len(past) < _ENOUGH else ()), *past]
            return self._known[name][-_RECENT:]

    def add(self, record: Record) -> None:
        """Takes the run time of one that succeeded just now."""
        known = self._known.get((record.model, record.sandbox))
        if record.succeeded and record.state.run_time and known is not None:
            known.append(record.state.run_time)
