"""JSON of the service into a frozen `PredictionState`, and nothing else. Pure.

Liberal in what it takes: flat or wrapped, any spelling of a status, any shape of output.
Strict in what it gives: every string is clean UTF-8, bounded and redacted, every number has a
JSON form, nothing is nested deeply. What a status means for polling is not decided here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from .logs import clean
from .prune import prune
from .state import TERMINAL, PredictionState
from .text import Redact, excerpt, plain

ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
"""The only ids that are believed, and that ever reach a path."""

MAX_OUTPUTS = 64
MAX_DEPTH = 8
_MAX_TOKENS = 3_000_000  # each bracket or comma costs some hundred bytes once parsed
_MAX_ERROR = 2_000

_SPELLINGS = {
    **dict.fromkeys(("queued", "pending", "submitted", "not_start", "not_started"), "starting"),
    **dict.fromkeys(("running", "in_progress"), "processing"),
    **dict.fromkeys(("success", "completed", "ready"), "succeeded"),
    **dict.fromkeys(("failure", "error"), "failed"),
    "cancelled": "canceled",
}
_STATUSES = TERMINAL | {"starting", "processing"}
_KNOWN = frozenset(
    "id status model version source output error logs metrics created_at started_at"
    " completed_at data_removed urls".split()
)
_TELLTALE = frozenset("output input created_at urls model logs".split())
_URL = re.compile(r"https?://[^\s\\]{1,8000}", re.IGNORECASE)
_DATA_URI = re.compile(r"data:[^,\s]{0,200},", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:[.,](\d+))?\s*(?:[Zz]|UTC|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)


class PayloadError(ValueError):
    """The bytes are no prediction; the text says what they are, without quoting them."""


def parse(body: bytes, *, redact: Redact = str) -> PredictionState:
    """The state that an answer describes.

    Parameters
    ----------
    body : bytes
        The answer as received, UTF-8 JSON.
    redact : callable
        Takes secrets out of a text; applied to every string that is kept.

    Raises
    ------
    PayloadError
        When it is no prediction. Nothing else is ever raised.
    """
    top = load(body)
    found = _unwrap(top)
    if found is None:
        raise PayloadError("the answer is JSON, but no prediction")
    fields, outer = found
    outputs, notice = _outputs(fields.get("output"), redact)
    error = _error(fields.get("error"), redact)
    if error is None:
        reasons = (_error(layer.get("fail_reason"), redact) for layer in (fields, *outer))
        error = next(filter(None, reasons), None)
    raw_status = fields.get("status")
    if raw_status in (None, ""):
        raw_status = next((layer["status"] for layer in reversed(outer) if "status" in layer), None)
    started, completed = _moment(fields.get("started_at")), _moment(fields.get("completed_at"))
    identity = fields.get("id")
    has_id = isinstance(identity, str) and ID.fullmatch(identity) is not None
    unknown = {name: value for name, value in fields.items() if name not in _KNOWN}
    if identity is not None and not has_id:
        unknown["id"] = identity
    metrics = prune(fields.get("metrics"), redact)
    return PredictionState(
        id=str(identity) if has_id else "",
        status=_status(raw_status, started, completed, fields.get("output"), error, redact),
        model=_word(fields.get("model"), redact),
        version=_word(fields.get("version"), redact),
        source=_word(fields.get("source"), redact),
        outputs=outputs,
        output=prune(fields.get("output"), redact, depth=MAX_DEPTH, text=64_000, total=128_000),
        error=error,
        logs=clean(fields.get("logs"), redact),
        metrics=metrics if isinstance(metrics, dict) else {},
        created_at=_moment(fields.get("created_at")),
        started_at=started,
        completed_at=completed,
        data_removed=fields.get("data_removed") is True,
        notice=notice,
        extra=prune(unknown, redact),
    )


def find_id(data: bytes) -> str | None:
    """The prediction's id in an answer that broke off, None when it is not wholly there.

    Only the prediction's own ``id`` counts, not one inside its input.
    """
    try:
        return _id_in(data.decode("utf-8-sig", errors="replace"), 0)
    except (ValueError, RecursionError, IndexError):
        return None


def load(body: bytes) -> Any:
    """The bytes as JSON values; NaN and infinities become None, long integers floats.

    Raises
    ------
    PayloadError
        When they are no JSON, or absurdly many or deep.
    """
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > _MAX_TOKENS:
        raise PayloadError("the answer holds millions of values")
    trouble = "the answer is not JSON"
    try:
        return json.loads(
            body.decode("utf-8-sig", errors="replace"),
            parse_int=_integer,
            parse_constant=_no_number,
        )
    except RecursionError:
        trouble = "the answer is nested too deeply"
    except ValueError:
        pass
    raise PayloadError(trouble)


def _integer(digits: str) -> float:
    # Python refuses to convert more than 4,300 digits, and no database holds half as many.
    return int(digits) if len(digits) <= 25 else float(digits)


def _no_number(_: str) -> None:
    return None


def _unwrap(top: Any) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """The prediction and the layers around it, outermost first."""
    layers: list[dict[str, Any]] = []
    layer = top
    while isinstance(layer, dict) and len(layers) < 4:
        layers.append(layer)
        layer = layer.get("data")
    for is_prediction in (_is_rich, _is_bare):
        for depth, candidate in enumerate(layers):
            if is_prediction(candidate):
                return candidate, layers[:depth]
    return None


def _is_rich(fields: Mapping[str, Any]) -> bool:
    return ("id" in fields or "status" in fields) and not _TELLTALE.isdisjoint(fields)


def _is_bare(fields: Mapping[str, Any]) -> bool:
    return isinstance(fields.get("id"), str) and "status" in fields


def _status(
    raw: Any,
    started: datetime | None,
    completed: datetime | None,
    output: Any,
    error: str | None,
    redact: Redact,
) -> str:
    word = raw if isinstance(raw, str) else "" if raw is None else json.dumps(prune(raw, redact))
    word = excerpt(word, 60, redact)
    plain_word = word.lower().replace(" ", "_").replace("-", "_")
    status = _SPELLINGS.get(plain_word, plain_word)
    if status in _STATUSES:
        return status
    if completed is not None and (output or error):
        return "failed" if error else "succeeded"
    return word or ("starting" if started is None else "processing")


def _outputs(output: Any, redact: Redact) -> tuple[tuple[str, ...], str]:
    found: dict[str, None] = {}
    for text in _strings(output, 0):
        address = text.strip()
        if not _DATA_URI.match(address) and not _URL.fullmatch(address):
            continue
        found.setdefault(redact(plain(address)))
    notice = ""
    if len(found) > MAX_OUTPUTS:
        notice = f"{len(found):,} outputs; only the first {MAX_OUTPUTS} are fetched."
    return tuple(found)[:MAX_OUTPUTS], notice


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < MAX_DEPTH and isinstance(value, (list, dict)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _strings(child, depth + 1)


def _error(value: Any, redact: Redact) -> str | None:
    """One readable line of an error in any shape, None when there is none."""
    for _ in range(4):
        if not isinstance(value, dict):
            break
        names = ("message", "detail", "error", "title", "fail_reason", "reason", "code")
        inner = next((value[name] for name in names if value.get(name)), None)
        if inner is None:
            break
        value = inner
    if not value:
        return None
    if not isinstance(value, str):
        value = json.dumps(prune(value, redact), ensure_ascii=False)
    return excerpt(value, _MAX_ERROR, redact) or None


def _word(value: Any, redact: Redact) -> str:
    return excerpt(value, 200, redact) if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    """An aware UTC time; None for what is missing, odd or the zero time of another language."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 80 else None
    if match is None:
        return None
    day, minute, second, fraction, sign, hours, minutes = match.groups()
    text = f"{day}T{minute}:{min(int(second), 59):02}.{(fraction or '')[:6]:0<6}+00:00"
    try:
        moment = datetime.fromisoformat(text)
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            moment += offset if sign == "-" else -offset
    except (ValueError, OverflowError):
        return None
    return moment.astimezone(timezone.utc) if moment.year >= 2000 else None


def _id_in(text: str, position: int) -> str | None:
    """Reads the members of the object at `position` one by one, up to the break."""
    decoder = json.JSONDecoder(parse_int=_integer)
    position = _skip(text, position)
    if text[position] != "{":
        return None
    position = _skip(text, position + 1)
    while text[position] == '"':
        name, position = decoder.raw_decode(text, position)
        position = _skip(text, position)
        if text[position] != ":":
            return None
        position = _skip(text, position + 1)
        if name == "data" and text[position] == "{":
            return _id_in(text, position)
        value, position = decoder.raw_decode(text, position)
        if name == "id" and isinstance(value, str) and ID.fullmatch(value):
            return value
        position = _skip(text, position)
        if text[position] != ",":
            return None
        position = _skip(text, position + 1)
    return None


def _skip(text: str, position: int) -> int:
    while text[position] in " \t\r\n":
        position += 1
    return position
