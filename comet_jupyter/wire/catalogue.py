"""The public catalogue's JSON into names, facts and prices, and nothing else. Pure.

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
from .request import MODEL
from .text import excerpt

MIN_PRICE, MAX_PRICE = 1e-6, 1_000.0
"""US dollars per request. A catalogue's zero stands for "not sold by the request", not for free."""

MAX_ENTRIES = 20_000
_MAX_NAME = 200
_MAX_TEXT = 300
_MAX_FEATURES = 12
_MAX_ROUTES = 40
_NUMBER = re.compile(r"(?:\d{1,9}(?:\.\d{0,25})?|\.\d{1,25})(?:[eE]-?\d{1,2})?", re.ASCII)
_DOLLARS = re.compile(r"(?:USD(?:\s*(?:/|per)\s*(?:request|image|picture|run)s?)?)?", re.IGNORECASE)
_PREDICTIONS = re.compile(r"/models/([^/\s]+/[^/\s]+)/predictions\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalogue.

    Attributes
    ----------
    names : frozenset of str
        Its code, id and name in lower case; with or without the owner, as they are told.
    price : float or None
        US dollars per request; None when it is not told, or not in this form.
    model : str
        ``owner/name`` as a request takes it; empty when the catalogue tells none.
    title, provider, description : str
        For people, each one clean line; may be empty.
    kind : str
        What it makes: ``image``, ``video``, ``text``, ``audio``, ...; empty when not told.
    features : tuple of str
        As told, in lower case: ``text-to-image``.
    predicts : bool
        True when one of its routes is that of predictions.
    upcoming : bool
        True when it is announced and not there yet.
    """

    names: frozenset[str]
    price: float | None
    model: str = ""
    title: str = ""
    provider: str = ""
    description: str = ""
    kind: str = ""
    features: tuple[str, ...] = ()
    predicts: bool = False
    upcoming: bool = False


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
        told = [fields.get(field) for field in ("code", "id", "name")]
        names = frozenset(
            name.strip().lower()
            for name in told
            if isinstance(name, str) and len(name) <= _MAX_NAME and name.strip()
        )
        if names:
            yield _entry(fields, names)


def _entry(fields: Mapping[str, Any], names: frozenset[str]) -> Entry:
    routes = _texts(_unfolded(fields.get("endpoints")))
    features = _features(_unfolded(fields.get("features")))
    return Entry(
        names=names,
        price=_price(_unfolded(fields.get("pricing"))),
        model=_model(fields, routes),
        title=_text(fields.get("name")),
        provider=_text(fields.get("provider")),
        description=_text(fields.get("description")),
        kind=_kind(_text(fields.get("model_type")).lower(), features),
        features=features,
        predicts=any("replicate" in one.lower() or _PREDICTIONS.search(one) for one in routes),
        upcoming=fields.get("upcoming") is True,
    )


def _unfolded(value: Any) -> Any:
    """A value that is JSON inside of JSON for some models, as it is for the others."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return load(value.encode("utf-8", "replace"))
    except PayloadError:
        return None


# -- names and facts ---------------------------------------------------------------------------


def _model(fields: Mapping[str, Any], routes: list[str]) -> str:
    """``owner/name``: best as it stands in the route of predictions, else its id or code."""
    paths = (_PREDICTIONS.search(route) for route in routes)
    told = (*(found[1] for found in paths if found), fields.get("id"), fields.get("code"))
    for name in told:
        stripped = name.strip() if isinstance(name, str) else ""
        if MODEL.fullmatch(stripped) and ".." not in stripped:
            return stripped
    return ""


def _text(value: Any) -> str:
    return excerpt(value, _MAX_TEXT) if isinstance(value, str) else ""


def _features(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    told = (_text(one).lower() for one in listed[:_MAX_FEATURES])
    return tuple(dict.fromkeys(feature for feature in told if feature))


def _kind(model_type: str, features: tuple[str, ...]) -> str:
    for word in (model_type, *(feature.rpartition("to-")[2] for feature in features)):
        for kind in ("video", "image", "audio", "text"):
            if kind in word:
                return kind
    return model_type[:40]


def _texts(value: Any) -> list[str]:
    """The texts at any depth of a small JSON value, names included."""
    found: list[str] = []
    rest = [value]
    while rest and len(found) < _MAX_ROUTES:
        one = rest.pop()
        if isinstance(one, str):
            found.append(one[:_MAX_NAME])
        elif isinstance(one, dict):
            rest += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            rest += one
    return found


# -- prices ------------------------------------------------------------------------------------


def _price(pricing: Any) -> float | None:
    if not isinstance(pricing, dict) or not _is_in_dollars(pricing):
        return None
    price = _number(pricing.get("per_request"))
    return price if price is not None and MIN_PRICE <= price <= MAX_PRICE else None


def _is_in_dollars(pricing: Mapping[str, Any]) -> bool:
    # The service names the unit with the currency where it sells otherwise: "USD / M Tokens".
    currency = pricing.get("currency")
    return currency is None or (
        isinstance(currency, str) and _DOLLARS.fullmatch(currency.strip()) is not None
    )


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        value = value.strip().removeprefix("$")
        return float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)  # of at most 25 digits: longer ones are read as floats
    return None
