"""What an answer, or its absence, means for a create and for a query. Pure, no I/O.

Creating costs money and knows no idempotency, so it has three outcomes: it was made, it was
not, or nobody can know. Only what was certainly not made is ever tried again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Literal

from ..errors import (
    CometError,
    NotSentError,
    OutputExpiredError,
    RateLimitError,
    ServiceError,
    UnknownOutcomeError,
    WrongAddressError,
)
from .payload import PayloadError, find_id, parse
from .problem import Problem, is_unknown_model, refusal
from .reply import Fault, Reply
from .state import PredictionState
from .text import Redact, excerpt
from .wait import retry_after

MAX_WAIT = 120.0
"""Seconds of a rate limit that a create sits out by itself."""

MAX_TRIES_AGAIN = 2
"""Times a create is tried again after a failed connection, and after a 429: each."""

_NOT_FORWARDED = frozenset({521, 523, 525, 526})
"""Statuses by which an edge says that it never reached the service behind it."""

# -- a create ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Created:
    """The service made it; the state has an id."""

    state: PredictionState


@dataclass(frozen=True, slots=True)
class Refused:
    """Not made, not charged, and asking again would not help."""

    error: ServiceError


@dataclass(frozen=True, slots=True)
class NotSent:
    """Not made, because the service was never reached: may be tried again."""

    error: NotSentError


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Not made, because of a rate limit; `seconds` is None when the service did not say."""

    seconds: float | None
    error: RateLimitError


@dataclass(frozen=True, slots=True)
class Unknown:
    """Sent, and perhaps made and charged: never to be sent again by itself."""

    error: UnknownOutcomeError


CreateOutcome = Created | Refused | NotSent | RetryAfter | Unknown


def classify_create(
    came: Reply | Fault, *, model: str, host: str, now: float, redact: Redact = str
) -> CreateOutcome:
    """What became of the one POST that costs money.

    Parameters
    ----------
    came : Reply or Fault
    model, host : str
        Named in errors.
    now : float
        Seconds since the epoch, for waits given as a date.
    redact : callable
        Takes secrets out of every text that is kept.
    """
    if isinstance(came, Fault):
        if not came.sent:
            return NotSent(not_sent(came.trouble, host, redact))
        return Unknown(_unknown(f"the request was sent, then {came.trouble}", None, Problem()))
    status = came.status
    if 200 <= status < 300:
        return _created(came, redact)
    problem = Problem.of(came, redact)
    if status in _NOT_FORWARDED:
        trouble = f"the gateway before it could not reach the service ({status})"
        return NotSent(not_sent(trouble, host, redact, status))
    if status == 429:
        seconds = retry_after(came.headers, came.body, now)
        return RetryAfter(seconds, rate_limited(seconds, now, problem))
    if status < 500 or is_unknown_model(status, problem) or _is_invalid(status, problem):
        return Refused(refusal(came, model=model, redact=redact))
    said = f": {problem.message}" if problem.message else ""
    return Unknown(_unknown(f"a gateway answered {status}{said}", status, problem))


def _is_invalid(status: int, problem: Problem) -> bool:
    return status == 500 and problem.code == "invalid_request"


def _created(reply: Reply, redact: Redact) -> Created | Unknown:
    why = "the service's answer holds no id"
    if not reply.is_page:
        try:
            state = parse(reply.body, redact=redact)
        except PayloadError as error:
            state, why = PredictionState(), str(error)
        # An id that is there must not be lost, however badly the rest arrived.
        identity = state.id or find_id(reply.body)
        if state.id:
            return Created(state)
        if identity:
            return Created(PredictionState(id=identity))
    problem = Problem.of(reply, redact)
    if reply.is_page:
        why = f"a web page came back, so the address may be wrong: {problem.message}"
    elif reply.trouble:
        why = f"the answer broke off: {reply.trouble}"
    return Unknown(_unknown(why, reply.status, problem))


def _unknown(cause: str, status: int | None, problem: Problem) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        f"{cause}; the prediction may have been made and charged",
        "Look at the usage log in the service's console before you try again",
        status_code=status,
        request_id=problem.request_id,
    )


def not_sent(trouble: str, host: str, redact: Redact, status: int | None = None) -> NotSentError:
    """The error for a request that certainly did not reach the service."""
    return NotSentError(
        f"no connection to {host}: {excerpt(trouble, 300, redact)}; not sent, not charged",
        "Check network, proxy and COMETAPI_BASE_URL, then try again",
        status_code=status,
    )


# -- a query -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question about a prediction brought.

    Attributes
    ----------
    kind : str
        ``state``: `state` is news. ``again``: nothing learned, the prediction goes on; ask
        later. ``missing``: the service does not know the id, not yet or no longer.
        ``refused``: the key or the question was refused (see `error`); asking again helps
        only after the remedy.
    state : PredictionState or None
        With ``state`` only.
    wait : float or None
        Seconds that the service asked for; with ``again`` only.
    error : CometError or None
        What to raise if this is to be the last word; None with ``state``.
    """

    kind: Literal["state", "again", "missing", "refused"]
    state: PredictionState | None = None
    wait: float | None = None
    error: CometError | None = None


def classify_query(
    came: Reply | Fault, *, id: str, host: str, now: float, redact: Redact = str
) -> Answer:
    """What an answer says about the prediction `id`.

    A GET costs nothing, so everything that may pass is ``again``: faults, rate limits, 5xx, a
    proxy's page, and an answer about another prediction.
    """
    if isinstance(came, Fault):
        if came.sent:
            trouble = excerpt(came.trouble, 300, redact)
            return _again(ServiceError(f"asking for {id}: {trouble}", "Ask again later"))
        return _again(not_sent(came.trouble, host, redact))
    status = came.status
    if status in (404, 410):
        cause = f"the service does not know {id}: expired (they live about an hour) or removed"
        return Answer("missing", error=OutputExpiredError(cause, "Try again to make it anew"))
    if status == 429:
        seconds = retry_after(came.headers, came.body, now)
        return _again(rate_limited(seconds, now, Problem.of(came, redact)), seconds)
    if 200 <= status < 300 and not came.is_page:
        return _described(came, id, redact)
    error = refusal(came, redact=redact)
    if status in (408, 425) or status >= 500:
        return _again(error, retry_after(came.headers, came.body, now))
    if isinstance(error, WrongAddressError) and status < 300:
        return _again(error)
    return Answer("refused", error=error)


def _described(reply: Reply, id: str, redact: Redact) -> Answer:
    try:
        state = parse(reply.body, redact=redact)
    except PayloadError as problem:
        why = reply.trouble or str(problem)
    else:
        if not state.id and "id" not in state.extra:
            state = replace(state, id=id)  # unnamed, and the address asked for this one
        if state.id == id:
            return Answer("state", state)
        why = "the answer is about another prediction"
    return _again(ServiceError(f"asking for {id}: {why}", "Ask again later"))


def _again(error: CometError, wait: float | None = None) -> Answer:
    return Answer("again", wait=wait, error=error)


def rate_limited(seconds: float | None, now: float, problem: Problem) -> RateLimitError:
    """The error for a rate limit that is not sat out, saying until when it holds."""
    said = f" ({problem.message})" if problem.message else ""
    until = "" if seconds is None else f" until {_clock(now + seconds)}"
    return RateLimitError(
        f"the service limits the rate of requests{until}{said}; not charged",
        "Try again later, or with fewer at once",
        status_code=429,
        request_id=problem.request_id,
    )


def _clock(moment: float) -> str:
    try:
        there = datetime.fromtimestamp(moment, timezone.utc).astimezone()
    except (OverflowError, OSError, ValueError):
        return "a date beyond the calendar"
    return f"{there:%Y-%m-%d %H:%M:%S}"
