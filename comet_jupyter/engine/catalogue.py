"""A service's public catalogue as a session holds it: where it comes from, and its copy on disk.

The copy saves later kernels the question. It is worth nothing by itself: one that is damaged,
foreign or too old counts as none, and a disk that takes none is no trouble to anybody. When a
service is asked is decided in ``prices.py``, what is read out of an answer in
``wire/catalogue.py``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from .. import models
from ..store.disk import make_private_folder, read_whole, write_whole
from ..wire.catalogue import MAX_ENTRIES, MAX_PRICE, MIN_PRICE, Entry

KEPT = timedelta(days=7)
"""Age up to which a copy still helps where the service does not answer."""

MAX_COPY = 16 * 1024 * 1024
"""Bytes."""

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models that there are, as far as could be learned.

    Attributes
    ----------
    origin : str
        ``service``, ``sandbox``, or ``packaged`` for what this package knows by itself.
    taken_at : datetime or None
        Aware UTC: when the service gave it; None for the packaged list.
    trouble : str
        Why it is not what the service says now, in a few words; empty when it is.
    entries : tuple of Entry
    """

    origin: str
    taken_at: datetime | None
    trouble: str
    entries: tuple[Entry, ...]


def packaged(trouble: str = "") -> Catalogue:
    """What this package knows by itself: names without prices."""
    entries = (
        Entry(frozenset({name.lower()}), None, model=name, kind="image", predicts=True)
        for name in models.all_models()
    )
    return Catalogue("packaged", None, trouble, tuple(entries))


# -- the copy on disk --------------------------------------------------------------------------


def path_of(home: Path, service: str) -> Path:
    """Where the copy of a service's catalogue is kept."""
    return home / f"catalogue-{hashlib.sha256(service.encode()).hexdigest()[:16]}.json"


def keep(home: Path, service: str, entries: Sequence[Entry], now: datetime) -> None:
    """Writes the copy, whole and private; does without where the disk takes none."""
    listed = [_plain(entry) for entry in entries]
    copy = {"format": _FORMAT, "service": service, "taken_at": now.isoformat(), "models": listed}
    data = json.dumps(copy, ensure_ascii=False, separators=(",", ":")).encode()
    if len(data) > MAX_COPY:
        return
    with suppress(OSError):
        make_private_folder(home)
        write_whole(path_of(home, service), data)


def recall(home: Path, service: str, now: datetime) -> tuple[datetime, tuple[Entry, ...]] | None:
    """The copy and when it was taken; None when there is none that is any good."""
    path = path_of(home, service)
    try:
        if path.stat().st_size > MAX_COPY:
            return None
        copy = json.loads(read_whole(path))
        if copy["format"] != _FORMAT or copy["service"] != service:
            return None
        taken_at = datetime.fromisoformat(copy["taken_at"]).astimezone(timezone.utc)
        if not timedelta() <= now - taken_at <= KEPT:  # from the future, too: a clock was set
            return None
        listed = copy["models"]
        if not isinstance(listed, list) or not 0 < len(listed) <= MAX_ENTRIES:
            return None
        return taken_at, tuple(map(_entry, listed))
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
        RecursionError,
    ):
        return None


def _plain(entry: Entry) -> dict[str, Any]:
    """An entry in JSON's types, without what is empty."""
    told = {one.name: getattr(entry, one.name) for one in fields(entry)}
    return {**{name: value for name, value in told.items() if value}, "names": sorted(entry.names)}


def _entry(told: Mapping[str, Any]) -> Entry:
    """The entry again; an error of any usual kind when somebody else wrote the file."""
    names, price = _texts(told["names"]), told.get("price")
    if not names or not (price is None or MIN_PRICE <= price <= MAX_PRICE):
        raise ValueError("no entry of a catalogue")
    facts = ("model", "title", "provider", "description", "kind")
    model, title, provider, description, kind = _texts([told.get(name, "") for name in facts])
    return Entry(
        frozenset(names),
        None if price is None else float(price),
        model,
        title,
        provider,
        description,
        kind,
        _texts(told.get("features", [])),
        predicts=told.get("predicts") is True,
        upcoming=told.get("upcoming") is True,
    )


def _texts(values: Any) -> tuple[str, ...]:
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return tuple(values)
    raise ValueError("no texts")
