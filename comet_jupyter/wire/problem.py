"""Answers that refuse, as errors in words: what the service said, and what to type now. Pure.

Which answer is final and which is asked again is decided in ``retry``, not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import (
    AuthenticationError,
    InvalidInputError,
    ModelNotFoundError,
    QuotaError,
    ServiceError,
    WrongAddressError,
)
from .payload import PayloadError, load
from .reply import Reply
from .text import Redact, excerpt, visible

PAGE_LIMIT = 200
"""Characters of a web page that are quoted."""

_REQUEST_ID = re.compile(r"\s*\(request[ _-]?id:?\s*([A-Za-z0-9_-]{1,100})\)", re.IGNORECASE)
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-oneapi-request-id", "cf-ray")
_CHECK_ADDRESS = "Check COMETAPI_BASE_URL; without it the address is https://api.cometapi.com"


@dataclass(frozen=True, slots=True)
class Problem:
    """What an answer that is no prediction says.

    Attributes
    ----------
    message : str
        One readable line, redacted; at most 200 characters of a web page's visible text.
    code : str
        The service's word for it, lower case, or empty.
    request_id : str or None
    fields : tuple of (str, str)
        Name and description of each input that was refused.
    """

    message: str = ""
    code: str = ""
    request_id: str | None = None
    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, reply: Reply, redact: Redact = str) -> Problem:
        """Reads the answer, whatever its shape."""
        request_id = _header_request_id(reply.headers, redact)
        if reply.is_page:
            page = reply.body[:200_000].decode("utf-8", errors="replace")
            words = excerpt(page, PAGE_LIMIT, redact, visible, window=100_000)
            return cls(words, request_id=request_id)
        try:
            said = load(reply.body)
        except PayloadError:
            words = reply.body[:10_000].decode("utf-8", errors="replace")
            return cls(excerpt(words, PAGE_LIMIT, redact), request_id=request_id)
        error = said.get("error", said) if isinstance(said, dict) else said
        message = excerpt(_message(error) or _message(said), 500, redact)
        found = _REQUEST_ID.search(message)
        code = error.get("code") if isinstance(error, dict) else None
        return cls(
            message=_REQUEST_ID.sub("", message).strip(),
            code=excerpt(code, 100, redact).lower() if isinstance(code, str) else "",
            request_id=found[1] if found else request_id,
            fields=tuple(_fields(said, redact)),
        )


def refusal(reply: Reply, *, model: str = "", redact: Redact = str) -> ServiceError:
    """The error that a refusing answer means.

    Parameters
    ----------
    reply : Reply
        Any answer that is neither a prediction nor to be tried again.
    model : str
        ``owner/name``, named when the service does not know it.
    """
    problem = Problem.of(reply, redact)
    status = reply.status
    said = f": {problem.message}" if problem.message else ""
    kind: type[ServiceError] = ServiceError
    cause, remedy, details = f"the service refused ({status}){said}", "", ""
    if 200 <= status < 400:
        kind, remedy = WrongAddressError, _CHECK_ADDRESS
        cause = f"the address does not lead to the predictions API, {_instead(reply, redact)}"
    elif status == 401:
        kind = AuthenticationError
        cause = f"the service refused the API key (401){said}"
        remedy = "Check the key: `%comet login` sets another one"
    elif is_unknown_model(status, problem):
        kind = ModelNotFoundError
        cause = f"the service has no model {model or 'of this name'} for this key ({status})"
        remedy = "flux-schnell, flux-dev and sdxl are among those it is known to have"
    elif status >= 500 and problem.code != "invalid_request":
        cause = f"the service, or a gateway before it, is in trouble ({status}){said}"
        remedy = "Try again later"
    elif reply.is_page:
        remedy = "Something between here and the service refused: check proxy and address"
        if status in (404, 405):
            kind, remedy = WrongAddressError, _CHECK_ADDRESS
    elif status in (402, 403):
        kind = QuotaError
        cause = f"the account has no credit left, or not for this ({status}){said}"
        remedy = "Top up at the service's console, then try again"
    elif problem.fields:
        kind = InvalidInputError
        name, description = problem.fields[0]
        cause = f"the service refused the input {name} ({status}): {description}"
        remedy = "Correct it and try again"
        details = "\n".join(f"{name}: {text}" for name, text in problem.fields[1:])
    elif status == 413:
        kind = InvalidInputError
        cause = f"the request is too large for the service (413){said}"
        remedy = "Use a smaller picture, or the URL of a public one"
    elif status in (400, 422) or problem.code == "invalid_request":
        kind = InvalidInputError
        cause = f"the service refused the input ({status}){said}"
        remedy = "Correct it and try again"
    elif status == 404:
        kind = ModelNotFoundError if model else ServiceError
        cause = f"the service does not know {model or 'this'} (404){said}"
        remedy = (
            "Check the name and COMETAPI_BASE_URL; flux-schnell is among those it is known to have"
        )
    return kind(
        cause,
        remedy or "Run `%comet doctor`, and ask the vendor's support if it goes on",
        details=details,
        status_code=status,
        request_id=problem.request_id,
    )


def is_unknown_model(status: int, problem: Problem) -> bool:
    """True when no model ran because the service has none of this name.

    The gateway says so with a 503, as if it were only busy.
    """
    if problem.code == "model_not_found":
        return status >= 400
    return status == 503 and "no available channel" in problem.message.lower()


def _instead(reply: Reply, redact: Redact) -> str:
    if reply.status >= 300:
        host = _host(reply.headers.get("location", ""))
        where = f" to {excerpt(host, 100, redact)}" if host else ""
        return f"it redirects{where} ({reply.status})"
    what = "a web page" if reply.is_page else "something else"
    return f"it answered with {what} ({reply.status})"


def _host(url: str) -> str:
    """The host of a URL, empty when it has none or is malformed."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _header_request_id(headers: Mapping[str, str], redact: Redact) -> str | None:
    for name in _REQUEST_ID_HEADERS:
        value = excerpt(headers.get(name, ""), 100, redact)
        if value:
            return value
    return None


def _message(value: Any) -> str:
    """The first text of a JSON error that is meant for people."""
    for _ in range(4):
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str):
            return value
        if not isinstance(value, dict):
            return ""
        names = ("message", "detail", "msg", "error", "title", "code")
        value = next((value[name] for name in names if value.get(name)), None)
    return ""


def _fields(said: Any, redact: Redact) -> list[tuple[str, str]]:
    """The refused inputs; ``input.`` before a name is the request's own wrapping."""
    listed = said.get("invalid_fields") if isinstance(said, dict) else None
    found = []
    for entry in listed[:10] if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("field"), str):
            name = excerpt(entry["field"], 80, redact).removeprefix("input.")
            found.append((name, excerpt(str(entry.get("description") or "not valid"), 300, redact)))
    return found
