"""What one prediction costs: what catalogues have said, and when to ask one again.

Knows no network, no disk and no thread: the session asks, and hands in what came of it. A price
is the catalogue's, so it is an estimate; where it is not certain which one is meant, it is
unknown.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from time import monotonic
from typing import TYPE_CHECKING

from ..record import Record

if TYPE_CHECKING:
    from ..wire.catalogue import Entry

FRESH = 3_600.0
"""Seconds for which a catalogue is not asked again."""

PAUSE = 300.0
"""Seconds for which one that did not answer is left alone."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one request costs.

    Attributes
    ----------
    amount : float
        US dollars.
    estimated : bool
        True for what the catalogue says.
    """

    amount: float
    estimated: bool


NO_CHARGE = Price(0.0, estimated=False)
"""What the sandbox takes."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a service's catalogue said.

    Attributes
    ----------
    entries : sequence of Entry
    taken_at : datetime
        Aware UTC.
    """

    entries: Sequence[Entry]
    taken_at: datetime


@dataclass(slots=True)
class _Shelf:
    """What is known of one service, and the question that is under way."""

    known: Known | None = None
    prices: Mapping[str, float | None] = field(default_factory=dict)
    trouble: str = ""
    fresh_until: float | None = None
    quiet_until: float | None = None
    question: threading.Event | None = None
    waiting: list[Callable[[], object]] = field(default_factory=list)

    def take(self, known: Known, fresh_until: float) -> None:
        self.known, self.prices, self.trouble = known, index(known.entries), ""
        self.fresh_until, self.quiet_until = fresh_until, None


class Prices:
    """The prices of every service that this session has asked; from any thread.

    A service is named as in `Record.root`: root and prefix.

    Parameters
    ----------
    now : callable
        Seconds by a clock that nobody sets.
    recall : callable, optional
        Gives what an earlier session learned of a service, None when that is nothing; called
        once for each.
    """

    def __init__(
        self,
        now: Callable[[], float] = monotonic,
        recall: Callable[[str], Known | None] = lambda service: None,
    ) -> None:
        self._now = now
        self.recall = recall
        self._lock = threading.Lock()
        self._shelves: dict[str, _Shelf] = {}

    def of(self, service: str, model: str) -> Price | None:
        """What a request to this model (``owner/name``) costs there; None when unknown."""
        amount = amount_of(self._shelf(service).prices, model)
        return None if amount is None else Price(amount, estimated=True)

    def known(self, service: str) -> tuple[Known | None, str]:
        """What its catalogue said last, and what kept it from saying so again since."""
        shelf = self._shelf(service)
        return shelf.known, shelf.trouble

    def charge(self, record: Record) -> Record:
        """The record of a success with what it cost, if that is known and not told already.

        What the sandbox drew or the store gave back was not sold, and stays as it is.
        """
        if record.cost is not None or record.origin != "service" or record.sandbox:
            return record
        price = self.of(record.root, record.model)
        if price is None:
            return record
        return replace(record, cost=price.amount, cost_estimated=price.estimated)

    def begin(self, service: str, *done: Callable[[], object] | None, insist: bool = False) -> bool:
        """True when this service is to be asked now, which `learned` or `release` must end.

        Parameters
        ----------
        service : str
        *done : callable or None
            Called by `learned`, each once, also when it is somebody else's question that is
            under way.
        insist : bool
            A person asks: also soon after a failure.
        """
        shelf = self._shelf(service)
        with self._lock:
            now = self._now()
            is_fresh = shelf.fresh_until is not None and now < shelf.fresh_until
            is_quiet = shelf.quiet_until is not None and now < shelf.quiet_until and not insist
            is_due = not is_fresh and not is_quiet
            is_asked = shelf.question is not None
            for one in done:
                if one and one not in shelf.waiting and (is_asked or is_due):
                    shelf.waiting.append(one)
            if is_asked or not is_due:
                return False
            shelf.question = threading.Event()
            return True

    def question(self, service: str) -> threading.Event | None:
        """Is set when the question that is under way has ended; None when there is none."""
        return self._shelf(service).question

    def learned(self, service: str, entries: Sequence[Entry] | None, trouble: str = "") -> None:
        """Takes what came of the question: a catalogue, or None for no usable answer.

        Without one, what was known before stays, and `trouble` says why.
        """
        now = datetime.now(timezone.utc)
        shelf = self._shelf(service)
        with self._lock:
            if entries is None:
                shelf.trouble, shelf.quiet_until = trouble, self._now() + PAUSE
            else:
                shelf.take(Known(entries, now), self._now() + FRESH)
            waiting = self._release(shelf)
        if entries is None:
            return
        for done in waiting:
            try:
                done()
            except Exception:  # a display that broke keeps nobody else from being told
                logging.getLogger(__name__).exception("a listener to prices failed")

    def release(self, service: str) -> None:
        """The question was given up before it could fail: it may be asked again at once."""
        shelf = self._shelf(service)
        with self._lock:
            self._release(shelf)

    def _release(self, shelf: _Shelf) -> list[Callable[[], object]]:
        if shelf.question is not None:
            shelf.question.set()
        shelf.question = None
        waiting, shelf.waiting = shelf.waiting, []
        return waiting

    def _shelf(self, service: str) -> _Shelf:
        found = self._shelves.get(service)
        if found is not None:
            return found
        known = self.recall(service)  # before the lock: it may read a file
        with self._lock:
            if service not in self._shelves:
                shelf = _Shelf()
                if known is not None:
                    age = (datetime.now(timezone.utc) - known.taken_at).total_seconds()
                    shelf.take(known, self._now() + FRESH - age)
                self._shelves[service] = shelf
            return self._shelves[service]


def index(entries: Iterable[Entry]) -> dict[str, float | None]:
    """Price by name; None where entries of one name do not agree, or do not tell.

    An entry that names an owner is that owner's model: its name without the owner says nothing
    of a model that somebody else calls the same.
    """
    prices: dict[str, float | None] = {}
    for entry in entries:
        owned = {name for name in entry.names if _has_owner(name)}
        for name in owned or entry.names:
            agrees = name not in prices or prices[name] == entry.price
            prices[name] = entry.price if agrees else None
    return prices


def amount_of(prices: Mapping[str, float | None], model: str) -> float | None:
    """US dollars for ``owner/name``: as it is listed, else as listed without an owner."""
    name = model.lower()
    return prices[name] if name in prices else prices.get(name.rpartition("/")[2])


def _has_owner(name: str) -> bool:
    owner, slash, own = name.partition("/")
    return bool(slash and owner and own) and " " not in name  # "Text / Image" is a title
