"""The predictions API: create once, ask patiently, cancel if it can be. Async, on one loop.

The key goes to our own root, in a header made for each request, and nowhere else: poll
addresses are built from the id, never taken from an answer. What answers mean is decided in
``retry``; when to ask next is the engine's affair.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol
from urllib.parse import quote, urlsplit

from .._version import __version__
from ..errors import InputError, NotSentError, ServiceError, SettingsError, WrongAddressError
from . import addresses, catalogue, retry
from .exchange import Exchanges, Limits, Request
from .network import Resolver, resolve
from .origin import Origin
from .payload import ID, PayloadError, load
from .reply import Fault, Reply
from .request import PredictionRequest
from .retry import Answer, Created, NotSent, RetryAfter
from .state import PredictionState
from .wait import backoff

__all__ = ["Answer", "KeyLike", "ServiceClient"]

USER_AGENT = f"comet-jupyter/{__version__}"

CREATE_SOCKETS = 5
QUERY_SOCKETS = 14
CANCEL_SOCKETS = 3
"""Of 32 in all: downloads have 9, and the catalogue one."""

MAX_CATALOGUE = 8 * 1024 * 1024
"""Bytes: 8 kB for each of a thousand models."""

_KEEP = 60.0  # seconds; longer than any pause between two polls
_SHORTEST_WAIT = 1.0  # seconds after a 429 that asks for none
_FIRST_WAIT = 5.0  # seconds after a 429 that does not say


class KeyLike(Protocol):
    """An API key that can be sent and taken out of texts, and is not seen otherwise."""

    def header(self) -> str:
        """The value of the ``Authorization`` header."""

    def redact(self, text: str) -> str:
        """The text without the key."""


class ServiceClient:
    """Speaks to one service with one key.

    Parameters
    ----------
    root : str
        ``https://host[:port][/path]``; plain http only for this machine itself.
    key : KeyLike
        Asked for its header at each request.
    prefix : str
        Between root and route: ``/replicate/v1``, or ``/v1`` for Replicate itself.
    limits : Limits
        Seconds and bytes that one request may take.
    sleep, now, draw : callable
        How to wait, the time in seconds since the epoch, a random number from 0 to 1.
    resolver : callable
        Host and port to addresses.

    Raises
    ------
    SettingsError
        When `root` is malformed, or would carry the key in the clear.
    """

    def __init__(
        self,
        root: str,
        key: KeyLike,
        *,
        prefix: str = "/replicate/v1",
        user_agent: str = USER_AGENT,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
        draw: Callable[[], float] = random.random,
        resolver: Resolver = resolve,
    ) -> None:
        self._origin = _checked_origin(root)
        self._path = quote(urlsplit(root).path.rstrip("/"), safe="/%")
        prefix = prefix.strip("/")
        self._routes = f"{self._path}/{quote(prefix, safe='/%')}" if prefix else self._path
        self._key = key
        self._user_agent = user_agent
        self._sleep, self._now, self._draw = sleep, now, draw
        # A kept connection may close while the POST goes out, and nobody would know whether
        # it was charged: a create always opens its own.
        self._creates = Exchanges(
            sockets=CREATE_SOCKETS, keep=0.0, limits=limits, resolver=resolver
        )
        self._queries = Exchanges(
            sockets=QUERY_SOCKETS, keep=_KEEP, limits=limits, resolver=resolver
        )
        # A service that holds every question must not hold a cancel, too.
        self._cancels = Exchanges(
            sockets=CANCEL_SOCKETS, keep=0.0, limits=limits, resolver=resolver
        )
        # Asked once in an hour: nothing of it stays open.
        limits = replace(limits, body=min(limits.body, MAX_CATALOGUE))
        self._catalogues = Exchanges(sockets=1, keep=0.0, limits=limits, resolver=resolver)

    def __repr__(self) -> str:
        return f"<ServiceClient of {self._origin.authority}>"

    async def create(
        self,
        request: PredictionRequest,
        *,
        body: Callable[[], bytes] | None = None,
        on_wait: Callable[[float, str], None] | None = None,
    ) -> PredictionState:
        """Makes one prediction, with at most one POST that can reach the service.

        Failed connections are tried again twice, quietly; a rate limit is sat out twice, up
        to 120 s each. Cancelled while under way, its outcome is as unknown as after a reset.

        Parameters
        ----------
        request : PredictionRequest
        body : callable, optional
            Makes the body of each POST, just before it; the request's own when left out. What
            it raises comes out here, and that POST is not made.
        on_wait : callable, optional
            Called with seconds and reason before each wait for a rate limit.

        Returns
        -------
        PredictionState
            With an id, perhaps already terminal.

        Raises
        ------
        NotSentError, RateLimitError, AuthenticationError, QuotaError, ModelNotFoundError,
        InvalidInputError, WrongAddressError, ServiceError
            Not made, not charged.
        UnknownOutcomeError
            Sent, and perhaps made and charged.
        """
        route = f"models/{request.model}/predictions"
        build = body or request.body
        faults = limited = 0
        while True:
            outcome = retry.classify_create(
                # Not kept in a variable: it may be large, and the wait for another try long.
                await self._creates(self._request("POST", route, build())),
                model=request.model,
                host=self._origin.authority,
                now=self._now(),
                redact=self._key.redact,
            )
            if isinstance(outcome, Created):
                return outcome.state
            if isinstance(outcome, NotSent) and faults < retry.MAX_TRIES_AGAIN:
                faults += 1
                await self._sleep(backoff(faults, self._draw()))
                continue
            if isinstance(outcome, RetryAfter) and limited < retry.MAX_TRIES_AGAIN:
                limited += 1
                seconds = outcome.seconds
                if seconds is None:
                    seconds = backoff(limited, self._draw(), first=_FIRST_WAIT)
                seconds = max(seconds, _SHORTEST_WAIT)
                if seconds <= retry.MAX_WAIT:
                    if on_wait is not None:
                        on_wait(seconds, "the service limits the rate of requests")
                    await self._sleep(seconds)
                    continue
            raise outcome.error

    async def query(self, id: str) -> Answer:
        """Asks once for the state of a prediction; raises nothing that an answer can cause.

        Raises
        ------
        InputError
            When `id` is none.
        """
        came = await self._queries(self._request("GET", f"predictions/{_checked_id(id)}"))
        return self._answer(came, id)

    async def cancel(self, id: str) -> PredictionState | None:
        """Tries once to cancel; the state when the service says so, else None.

        The route is not documented: only an answer that is a prediction is believed.
        """
        target = f"predictions/{_checked_id(id)}/cancel"
        came = await self._cancels(self._request("POST", target))
        return self._answer(came, id).state

    async def reach(self) -> str:
        """What answers at the root, in words; asks for the public catalogue, without the key.

        Raises
        ------
        NotSentError
            When there is no connection.
        ServiceError
            When a connection stands and no HTTP answer comes.
        """
        came = await self._ask_catalogue()
        return f"{self._where} answers {came.status}, {_catalogue_size(came)}"

    async def catalogue(self) -> tuple[catalogue.Entry, ...]:
        """The models of the public catalogue with their prices; asked without the key.

        Raises
        ------
        NotSentError
            When there is no connection.
        WrongAddressError
            When a web page answers.
        ServiceError
            When no whole answer comes, or one that is no catalogue.
        """
        came = await self._ask_catalogue()
        if came.is_page:
            raise WrongAddressError(
                f"{self._where} answers with a web page instead of the public catalogue",
                "Check COMETAPI_BASE_URL",
                status_code=came.status,
            )
        trouble = came.trouble
        if not trouble and came.status == 200:
            try:
                return catalogue.parse(came.body)
            except PayloadError as error:
                trouble = str(error)
        raise ServiceError(
            f"{self._where} has no catalogue: {trouble or f'it answers {came.status}'}",
            "Try again later",
            status_code=came.status,
        )

    async def aclose(self) -> None:
        """Closes every socket; what is under way ends."""
        await self._creates.aclose()
        await self._queries.aclose()
        await self._cancels.aclose()
        await self._catalogues.aclose()

    async def _ask_catalogue(self) -> Reply:
        target = f"{self._path}/api/models"
        came = await self._catalogues(Request("GET", self._origin, target, self._headers()))
        if isinstance(came, Reply):
            return came
        if not came.sent:  # in words of its own: there was nothing that could be charged
            raise NotSentError(
                f"no connection to {self._origin.authority}: {came.trouble}",
                "Check network, proxy and COMETAPI_BASE_URL, then try again",
            )
        raise ServiceError(f"{self._where} does not answer: {came.trouble}", "Try again later")

    @property
    def _where(self) -> str:
        return f"{self._origin.scheme}://{self._origin.authority}{self._path}"

    def _answer(self, came: Reply | Fault, id: str) -> Answer:
        return retry.classify_query(
            came,
            id=id,
            host=self._origin.authority,
            now=self._now(),
            redact=self._key.redact,
        )

    def _request(self, method: str, route: str, body: bytes = b"") -> Request:
        headers = self._headers()
        if method == "POST":
            headers += [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("Connection", "close"),
            ]
        target = f"{self._routes}/{route}"
        return Request(method, self._origin, target, headers, body, self._key.header)

    def _headers(self) -> list[tuple[str, str]]:
        return [
            ("Host", self._origin.authority),
            ("User-Agent", self._user_agent),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
        ]


def _checked_origin(root: str) -> Origin:
    trouble = ""
    try:
        origin = Origin.of(root)
        if origin.scheme == "https" or addresses.is_loopback(origin.host):
            return origin
        trouble = "it is plain http, which would show the key on the way"
    except ValueError as error:
        trouble = str(error)
    raise SettingsError(
        f"the service's address cannot be used: {trouble}",
        "Set COMETAPI_BASE_URL to https://host, or remove it",
    )


def _checked_id(id: str) -> str:
    if not ID.fullmatch(id):
        raise InputError(
            f"{id[:60]!r} is no prediction id", "`%comet status` lists those that there are"
        )
    return quote(id, safe="")


def _catalogue_size(reply: Reply) -> str:
    if reply.is_page:
        return "with a web page instead of the public catalogue"
    try:
        listed = load(reply.body)
    except PayloadError:
        return "without the public catalogue"
    models = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(models, list):
        return "without the public catalogue"
    return f"with a catalogue of {len(models):,} models"
