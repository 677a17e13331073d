"""The two JSON files of a recorded result: ``request.json`` and ``prediction.json``. Pure.

What was asked for stands in the one, exactly as it was; what came of it in the other, without
anything that is nobody's business. Both are read as what a stranger wrote: every value is of
its type and bounded, or the file is refused. Where they are is the affair of ``names.py``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ...errors import InputError
from ...images import MAX_BYTES, sniff
from ...key import looks_like_key
from ...record import FileRef, Record
from ...wire import logs
from ...wire.inline import MAX_DEPTH
from ...wire.payload import ID, MAX_OUTPUTS
from ...wire.prune import prune
from ...wire.request import PredictionRequest
from ...wire.state import PredictionState
from ...wire.text import Redact, excerpt, plain
from ..files import SHA256
from .folder import Unusable

MAX_JSON = 4_000_000
"""Bytes of one JSON file."""

MAX_SIDE = 1_000_000
"""Pixels of one side of a picture."""

NEUTRAL = ("application/octet-stream", "text/plain")
"""Media types of files that nobody draws, whatever their bytes look like."""

_MAX_DIGITS = 25  # of a whole number: more than any service counts, fewer than Python refuses
_MAX_NOTICES = 20
_FACTS = frozenset(
    "id status version submitted_at created_at started_at completed_at download_time total_time"
    " cost_estimated package_version".split()
)
_MEDIA_TYPE = re.compile(r"[a-z0-9]+/[a-z0-9][a-z0-9.+-]{0,80}")


def json_text(value: Mapping[str, Any]) -> bytes:
    """JSON for people and git: sorted, indented, UTF-8, a newline at the end.

    Raises
    ------
    TypeError, ValueError, RecursionError
        When it has no such form; a lone surrogate has none.
    """
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8") + b"\n"


def request_text(request: PredictionRequest, occurrence: int, *, redact: Redact = str) -> bytes:
    """``request.json``: model and input as asked for, to the last blank.

    Raises
    ------
    InputError
        When it cannot be written down so that the same is read back, or holds a key.
    """
    value: dict[str, Any] = {"model": request.model, "input": request.asked}
    if occurrence != 1:
        value["occurrence"] = occurrence
    try:
        data = json_text(value)
        parse_request(data)
    except Unusable as trouble:
        cause = f"this request cannot be recorded: its JSON {trouble}"
    except (TypeError, ValueError, RecursionError):
        cause = "this request cannot be recorded: it has no form in JSON"
    else:
        text = data.decode()
        if not looks_like_key(text) and redact(text) == text:
            return data
        cause = "this request holds an API key and is not recorded"
    raise InputError(cause, "Leave that out of its inputs")


def prediction_text(record: Record, scrub: Redact) -> bytes:
    """``prediction.json``: all that a result shows, but the input, which is in the other file."""
    public = record.public()
    value: dict[str, Any] = {name: public[name] for name in public.keys() & _FACTS}
    if record.request.seed_drawn:
        value["drawn_seed"] = record.request.seed
    # What was served again cost nothing then, which is not what it cost.
    if record.origin not in ("store", "replay") and record.cost is not None:
        value["cost"] = record.cost
    else:
        value.pop("cost_estimated", None)
    value |= {
        "origin": "sandbox" if record.sandbox else "service",
        "prompt_template": record.request.template and scrub(plain(record.request.template)),
        "version": excerpt(record.state.version, 200, scrub),
        "metrics": prune(dict(record.state.metrics), scrub),
        "logs": logs.clean(record.state.logs, scrub).split("\n"),
        "notices": _notices(list(record.notices), scrub),
        "files": public.get("files", []),
    }
    empty: tuple[Any, ...] = (None, "", (), [], {}, [""])
    return json_text({name: one for name, one in value.items() if one not in empty})


def parse_request(data: bytes) -> tuple[PredictionRequest, int]:
    """The request as it was asked for, and the how manieth of its kind it is.

    Raises
    ------
    Unusable
    """
    value = _load(data)
    model, given, occurrence = value.get("model"), value.get("input"), value.get("occurrence", 1)
    if not isinstance(model, str) or not isinstance(given, dict):
        raise Unusable("holds no request")
    if not _is_whole(occurrence, 1, 10**9):
        raise Unusable("holds no number of its occurrence")
    try:
        json.dumps(given, ensure_ascii=False).encode("utf-8")
        return PredictionRequest(model, given), occurrence
    except InputError as error:
        trouble = error.cause
    except ValueError:
        trouble = "holds half a character"
    raise Unusable(trouble)


def parse_prediction(data: bytes, request: PredictionRequest, occurrence: int, key: str) -> Record:
    """The result, finished and served from a recording.

    Parameters
    ----------
    data : bytes
    request : PredictionRequest
        As asked for.
    occurrence : int
    key : str
        The record's name here. The file names none: it would be that of another's record.

    Raises
    ------
    Unusable
    """
    value = _load(data)
    if value.get("status") != "succeeded":
        raise Unusable("is of no prediction that succeeded")
    submitted_at = _moment(value.get("submitted_at"))
    if submitted_at is None:
        raise Unusable("says no time at which it was submitted")
    state = PredictionState(
        id=_id(value.get("id", "")),
        status="succeeded",
        version=_line(value.get("version"), 200),
        source="sandbox" if value.get("origin") == "sandbox" else "",
        logs=logs.clean(value.get("logs")),
        metrics=prune(_object(value.get("metrics"))),
        created_at=_moment(value.get("created_at")),
        started_at=_moment(value.get("started_at")),
        completed_at=_moment(value.get("completed_at")),
    )
    return Record(
        key=key,
        request=_resolved(request, value),
        submitted_at=submitted_at,
        state=state,
        files=_files(value.get("files", [])),
        finished=True,
        notices=_notices(value.get("notices"), str),
        download_time=_amount(value.get("download_time")),
        total_time=_amount(value.get("total_time")),
        cost=_amount(value.get("cost")),
        cost_estimated=value.get("cost_estimated") is True,
        origin="replay",
        occurrence=occurrence,
        package_version=_line(value.get("package_version"), 60),
    )


def told(data: bytes, file: FileRef) -> bool:
    """True when these bytes are of the media type that is said of them."""
    return file.media_type in (sniff(data), *NEUTRAL)


def _resolved(request: PredictionRequest, value: Mapping[str, Any]) -> PredictionRequest:
    """The request as it was sent: with the seed that was drawn for it."""
    template = value.get("prompt_template")
    seed = value.get("drawn_seed")
    given = dict(request.input)
    if seed is not None:
        if not _is_whole(seed, -(2**63), 2**64) or "seed" in given:
            raise Unusable("holds a seed that was not drawn")
        given["seed"] = seed
    return PredictionRequest(
        request.model,
        given,
        plain(template) if isinstance(template, str) else None,
        seed_drawn=seed is not None,
    )


def _files(value: Any) -> tuple[FileRef, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_OUTPUTS:
        raise Unusable("names no files")
    return tuple(_file(one) for one in value)


def _file(value: Any) -> FileRef:
    file = _object(value)
    sha256, media_type, size = file.get("sha256"), file.get("media_type"), file.get("size")
    width, height = file.get("width"), file.get("height")
    if not isinstance(sha256, str) or not re.fullmatch(SHA256, sha256):
        raise Unusable("names a file by something that is no sha256")
    if not isinstance(media_type, str) or not _MEDIA_TYPE.fullmatch(media_type):
        raise Unusable("names a file of no media type")
    if not isinstance(size, int) or not _is_whole(size, 0, MAX_BYTES):
        raise Unusable("names a file of no size")
    if width is None and height is None:
        return FileRef(sha256, media_type, size)
    for side in (width, height):
        if not media_type.startswith("image/") or not _is_whole(side, 1, MAX_SIDE):
            raise Unusable("names a picture of no size")
    return FileRef(sha256, media_type, size, width, height)


def _notices(value: Any, redact: Redact) -> tuple[str, ...]:
    lines = value if isinstance(value, list) else []
    texts = (excerpt(line, 500, redact) for line in lines[:_MAX_NOTICES] if isinstance(line, str))
    return tuple(text for text in texts if text)


def _load(data: bytes) -> dict[str, Any]:
    """A JSON object: not too large, too deep or too long in its numbers."""
    if len(data) > MAX_JSON:
        raise Unusable(f"has more than {MAX_JSON:,} bytes")
    trouble = "is damaged: it is no JSON"
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_no_number,
        )
    except Unusable:
        raise
    except RecursionError:
        trouble = f"is nested more than {MAX_DEPTH} deep"
    except ValueError:
        pass
    else:
        if not isinstance(value, dict):
            trouble = "is damaged: it holds no JSON object"
        elif not _is_too_deep(value):
            return value
        else:
            trouble = f"is nested more than {MAX_DEPTH} deep"
    raise Unusable(trouble)


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 2):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise Unusable(f"holds a number of more than {_MAX_DIGITS} digits")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Unusable("holds a number that is too large")
    return number


def _no_number(name: str) -> None:
    raise Unusable(f"holds {name}, which is no number")


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _amount(value: Any) -> float | None:
    """Seconds or US dollars."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e9 else None


def _line(value: Any, limit: int) -> str:
    return excerpt(value, limit) if isinstance(value, str) else ""


def _id(value: Any) -> str:
    if isinstance(value, str) and (not value or ID.fullmatch(value)):
        return value
    raise Unusable("holds no id of a prediction")


def _moment(value: Any) -> datetime | None:
    """An aware UTC time; None for anything else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None or moment.tzinfo is None:
            return None
        moment = moment.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return moment if 2000 <= moment.year < 2200 else None
