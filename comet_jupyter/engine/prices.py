"""What one prediction costs: what catalogues have said, and when to ask one again.

Knows no network and no thread: the session asks, and hands in what came of it. A price is the
catalogue's, so it is an estimate; where it is not certain which one is meant, it is unknown.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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


@dataclass(slots=True)
class _Shelf:
    """What is known of one service."""

    prices: Mapping[str, float | None] = field(default_factory=dict)
    ask_after: float | None = None
    is_asked: bool = False
    waiting: list[Callable[[], object]] = field(default_factory=list)


class Prices:
    """The prices of every service that this session has asked; from any thread.

    A service is named as in `Record.root`: root and prefix.

    Parameters
    ----------
    now : callable
        Seconds by a clock that nobody sets.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._shelves: dict[str, _Shelf] = {}

    def of(self, service: str, model: str) -> Price | None:
        """What a request to this model (``owner/name``) costs there; None when unknown."""
        shelf = self._shelves.get(service)
        amount = amount_of(shelf.prices, model) if shelf is not None else None
        return None if amount is None else Price(amount, estimated=True)

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

    def begin(self, service: str, *done: Callable[[], object] | None) -> bool:
        """True when this service is to be asked now, which `learned` or `release` must end.

        Parameters
        ----------
        service : str
        *done : callable or None
            Called by `learned`, each once, also when it is somebody else's question that is
            under way.
        """
        with self._lock:
            shelf = self._shelves.setdefault(service, _Shelf())
            is_due = shelf.ask_after is None or self._now() >= shelf.ask_after
            for one in done:
                if one and one not in shelf.waiting and (shelf.is_asked or is_due):
                    shelf.waiting.append(one)
            if shelf.is_asked or not is_due:
                return False
            shelf.is_asked = True
            return True

    def learned(self, service: str, entries: Sequence[Entry] | None) -> None:
        """Takes what came of the question: a catalogue, or None for no usable answer.

        Without one, what was known before stays.
        """
        prices = None if entries is None else index(entries)
        with self._lock:
            shelf = self._shelves[service]
            shelf.ask_after = self._now() + (PAUSE if prices is None else FRESH)
            waiting = self._release(shelf)
            if prices is not None:
                shelf.prices = prices
        if prices is None:
            return
        for done in waiting:
            try:
                done()
            except Exception:  # a display that broke keeps nobody else from being told
                logging.getLogger(__name__).exception("a listener to prices failed")

    def release(self, service: str) -> None:
        """The question was given up before it could fail: it may be asked again at once."""
        with self._lock:
            self._release(self._shelves[service])

    def _release(self, shelf: _Shelf) -> list[Callable[[], object]]:
        shelf.is_asked = False
        waiting, shelf.waiting = shelf.waiting, []
        return waiting


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
