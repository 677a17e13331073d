"""A record as a row of its table, and back.

What is searched for stands in columns; the record itself is JSON, whole.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from typing import Any

from ..errors import InputError
from ..record import Record
from .folding import search_text
from .identity import request_hash

DERIVED = (
    "request_hash",
    "occurrence",
    "sandbox",
    "charged",
    "pictures",
    "cost",
    "cost_estimated",
)
"""Columns that are taken from the record alone (see `derived`)."""

# fmt: off
COLUMNS = (
    "key", "id", "model", "status", "origin", "prompt", "seed", "submitted_at", "finished",
    "run_time", "record", "search_text", "derived_status", *DERIVED,
)
# fmt: on


def row(record: Record) -> tuple[Any, ...]:
    """A record as a row, in the order of `COLUMNS`."""
    seed = record.request.seed
    run_time = record.state.run_time if record.succeeded else None
    ran = (
        record.origin in ("service", "sandbox") and run_time is not None and math.isfinite(run_time)
    )
    return (
        record.key,
        record.id,
        record.model,
        record.status,
        record.origin,
        # A lone surrogate has no UTF-8; the record's own JSON spells it out.
        record.request.prompt.encode("utf-8", "replace").decode(),
        seed if seed is not None and -(2**63) <= seed < 2**63 else None,
        to_text(record.submitted_at),
        record.finished,
        run_time if ran else None,
        json.dumps(record.to_dict()),
        search_text(record.request.prompt, record.model),
        record.status,
        *derived(record),
    )


def derived(record: Record | None) -> tuple[Any, ...]:
    """What a record gives for the columns of `DERIVED`; a damaged one (None) is never found."""
    if record is None:
        return (None, 0, False, False, 0, None, False)
    cost = record.cost
    known = isinstance(cost, (int, float)) and not isinstance(cost, bool) and math.isfinite(cost)
    occurrence = record.occurrence
    return (
        _hash_of(record),
        occurrence if isinstance(occurrence, int) and 0 < occurrence < 2**63 else 0,
        record.sandbox,
        record.charged,
        len(record.images),
        cost if known else None,
        known and record.cost_estimated,
    )


def _hash_of(record: Record) -> str | None:
    """The hash of its request; None for an input that has no JSON form (NaN, say)."""
    try:
        return request_hash(record.request)
    except (TypeError, ValueError, AttributeError, RecursionError):
        return None


def parse(data: bytes) -> Record | None:
    """The record of a row, as bytes because damage may be no text; None when it is damaged."""
    try:
        return Record.from_dict(json.loads(data))
    except (InputError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def to_text(moment: datetime) -> str:
    """A moment as its column holds it: the order of the texts is that of the moments."""
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")
