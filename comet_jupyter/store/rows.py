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

COLUMNS = (
    "key, id, model, status, origin, prompt, seed, submitted_at, finished, run_time, record,"
    " search_text"
)


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
    )


def parse(data: bytes) -> Record | None:
    """The record of a row, as bytes because damage may be no text; None when it is damaged."""
    try:
        return Record.from_dict(json.loads(data))
    except (InputError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def to_text(moment: datetime) -> str:
    """A moment as its column holds it: the order of the texts is that of the moments."""
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")
