"""A client of the wire tests: a key that can be looked for, a clock that does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from comet_jupyter import errors
from comet_jupyter.wire.client import ServiceClient
from comet_jupyter.wire.exchange import Limits
from comet_jupyter.wire.request import PredictionRequest

T = TypeVar("T")

SECRET = "sk-Z9" + "qWxErT41" * 5
MODEL = "black-forest-labs/flux-schnell"
REQUEST = PredictionRequest(MODEL, {"prompt": "a paper boat"})
QUICK = Limits(connect=5.0, read=5.0, total=5.0)


class SeenKey:
    """A key that shows itself to nobody but the service."""

    def header(self) -> str:
        """The header's value."""
        return f"Bearer {SECRET}"

    def redact(self, text: str) -> str:
        """The text without the key."""
        return text.replace(SECRET, "[key removed]")

    def __repr__(self) -> str:
        return "SeenKey(configured)"


class Waits(list[float]):
    """Records how long it was told to sleep, and does not."""

    async def __call__(self, seconds: float) -> None:
        """Notes the seconds."""
        self.append(seconds)


def client(root: str, **settings: Any) -> ServiceClient:
    """A client with short limits that never sleeps."""
    settings = {"limits": QUICK, "sleep": Waits(), "draw": lambda: 1.0, **settings}
    return ServiceClient(root, SeenKey(), **settings)


def run(work: Callable[..., Awaitable[T]], speaker: Any) -> T:
    """What `work` returns for the client, which is closed afterwards."""

    async def all_of_it() -> T:
        try:
            return await work(speaker)
        finally:
            await speaker.aclose()

    return asyncio.run(all_of_it())


def create(root: str, **settings: Any) -> Any:
    """One create; its state, or the error it raised."""
    return _outcome(lambda speaker: speaker.create(REQUEST), client(root, **settings))


def query(root: str, id: str = "abc", **settings: Any) -> Any:
    """One question; its answer, or the error it raised."""
    return _outcome(lambda speaker: speaker.query(id), client(root, **settings))


def _outcome(work: Callable[..., Awaitable[Any]], speaker: ServiceClient) -> Any:
    try:
        return run(work, speaker)
    except errors.CometError as error:
        return error
