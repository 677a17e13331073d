"""What predictions share on their way: one service's clients, and a session's lanes to them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic

from ..wire.client import CREATE_SOCKETS, ServiceClient
from ..wire.download import Downloader
from . import schedule


@dataclass(frozen=True)
class Link:
    """One service as this session talks to it; made and closed on the loop."""

    client: ServiceClient
    downloader: Downloader

    async def aclose(self) -> None:
        """Closes both."""
        await self.client.aclose()
        await self.downloader.aclose()


class Lanes:
    """What all predictions of a session share: the way to a create, and one request budget."""

    def __init__(self) -> None:
        # The client has no more sockets for creates, and what waits here can be canceled.
        self.creates = asyncio.Semaphore(CREATE_SOCKETS)
        self.budget = schedule.Budget(monotonic)
