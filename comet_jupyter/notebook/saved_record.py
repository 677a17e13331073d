"""What a picture that was saved here says of its making, read back from anybody's file.

The reverse of ``images/provenance.py``: it may have been changed on the way, so each value is
taken only as what it should be. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..errors import InputError
from ..wire.request import PredictionRequest


@dataclass(frozen=True, slots=True)
class SavedRecord:
    """A prediction, as far as its picture tells of it.

    Attributes
    ----------
    request : PredictionRequest
    id, version, origin, sha256 : str
        The service's id, of comet_jupyter, where it was made, of the original file.
    made : datetime or None
        Aware.
    total_time, cost : float or None
        Seconds, US dollars.
    cost_estimated : bool
    shortened : tuple of str
        What is not there, or not whole: ``logs``, ``input.NAME``.
    """

    request: PredictionRequest
    id: str = ""
    version: str = ""
    origin: str = ""
    sha256: str = ""
    made: datetime | None = None
    total_time: float | None = None
    cost: float | None = None
    cost_estimated: bool = False
    shortened: tuple[str, ...] = ()


def saved_record(data: Mapping[str, Any]) -> SavedRecord | None:
    """The record in the public JSON form; None when it names no model."""
    model, given, shortened = data.get("model"), data.get("input"), data.get("shortened")
    if not isinstance(model, str) or not isinstance(given, (dict, type(None))):
        return None
    try:
        request = PredictionRequest(model, given or {}, seed_drawn=data.get("seed_drawn") is True)
    except InputError:
        return None
    sha256 = _text(data, "sha256")
    return SavedRecord(
        request,
        id=_text(data, "id"),
        version=_text(data, "package_version"),
        origin=_text(data, "origin"),
        sha256=sha256 if re.fullmatch("[0-9a-f]{64}", sha256) else "",
        made=_moment(_text(data, "submitted_at")),
        total_time=_number(data.get("total_time")),
        cost=_number(data.get("cost")),
        cost_estimated=data.get("cost_estimated") is True,
        shortened=tuple(
            one for one in (shortened if isinstance(shortened, list) else ()) if _is_name(one)
        ),
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[\w.-]{1,80}", value) is not None


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e9 else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        # Near the first and the last year a time zone may lead beyond the calendar.
        return moment.astimezone(timezone.utc) if moment.tzinfo else None
    except (OverflowError, ValueError):
        return None
