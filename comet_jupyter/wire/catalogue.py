"""The public catalogue's JSON into names and prices, and nothing else. Pure.

Liberal in what it takes, for the catalogue is written by hand and by others; strict in what it
gives: a price is in US dollars for one request, or it is unknown. Which entry is meant by a
model's name is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .payload import PayloadError, load

MIN_PRICE, MAX_PRICE = 1e-6, 1_000.0
"""US dollars per request. A catalogue's zero stands for "not sold by the request", not for free."""

MAX_ENTRIES = 20_000
_MAX_NAME = 200
_NUMBER = re.compile(r"(?:\d{1,9}(?:\.\d{0,25})?|\.\d{1,25})(?:[eE]-?\d{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalogue.

    Attributes
    ----------
    names : frozenset of str
        Its code, id and name in lower case; with or without the owner, as they are told.
    price : float or None
        US dollars per request; None when it is not told, or not in this form.
    """

    names: frozenset[str]
    price: float | None


def parse(body: bytes) -> tuple[Entry, ...]:
    """The entries of a catalogue; those without a name are left out.

    Parameters
    ----------
    body : bytes
        The answer as received, UTF-8 JSON.

    Raises
    ------
    PayloadError
        When it is no catalogue, an empty or an absurdly long one. Nothing else is ever raised.
    """
    top = load(body)
    listed = top.get("data") if isinstance(top, dict) else top
    if not isinstance(listed, list):
        raise PayloadError("the answer is JSON, but no catalogue")
    if len(listed) > MAX_ENTRIES:
        raise PayloadError(f"the catalogue has more than {MAX_ENTRIES:,} entries")
    entries = tuple(_entries(listed))
    if not entries:
        raise PayloadError("the catalogue names no model")
    return entries


def _entries(listed: list[Any]) -> Iterator[Entry]:
    for fields in listed:
        if not isinstance(fields, dict):
            continue
        told = (fields.get(field) for field in ("code", "id", "name"))
        names = frozenset(
            name.strip().lower()
            for name in told
            if isinstance(name, str) and len(name) <= _MAX_NAME and name.strip()
        )
        if names:
            yield Entry(names, _price(fields.get("pricing")))


def _price(pricing: Any) -> float | None:
    if isinstance(pricing, str):  # as `endpoints`, which is JSON inside of JSON for some models
        try:
            pricing = load(pricing.encode("utf-8", "replace"))
        except PayloadError:
            return None
    if not isinstance(pricing, dict) or not _is_in_dollars(pricing):
        return None
    price = _number(pricing.get("per_request"))
    return price if price is not None and MIN_PRICE <= price <= MAX_PRICE else None


def _is_in_dollars(pricing: Mapping[str, Any]) -> bool:
    currency = pricing.get("currency")
    return currency is None or (
        isinstance(currency, str) and currency.strip().upper() in ("", "USD")
    )


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        value = value.strip().removeprefix("$")
        return float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)  # of at most 25 digits: longer ones are read as floats
    return None
