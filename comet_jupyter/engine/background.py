"""What runs behind a session: the thread, the services it talks to, and who is in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import CometError
from ..record import Failure, Record
from .prediction import Prediction
from .runner import Runner

if TYPE_CHECKING:
    from ..wire.catalogue import Entry
    from ..wire.client import KeyLike
    from .follow import Following
    from .keeper import Keeper
    from .link import Lanes, Link
    from .prices import Prices

RENEWAL = 5.0
"""Seconds after which leases are renewed; they lapse after four times as many."""


class Background:
    """Starts its thread when it is made; `close` ends thread and sockets.

    Parameters
    ----------
    durations : callable
        Past run times of a record's model, in seconds.
    prices : Prices
        Where catalogues end, and what a success cost is looked up.
    """

    def __init__(self, durations: Callable[[Record], Sequence[float]], prices: Prices) -> None:
        self._durations = durations
        self._prices = prices
        self._links: dict[str, Link] = {}
        self._lanes: Lanes | None = None
        self._following: dict[str, Following] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._runner = Runner(self._finish)

    def check(self) -> None:
        """Raises `CometError` when the thread has ended."""
        self._runner.check()

    def follow(
        self,
        prediction: Prediction,
        keeper: Keeper,
        *,
        root: str,
        prefix: str,
        key: KeyLike,
        timeout: float | None,
        hold: float,
        fresh: bool,
    ) -> None:
        """Follows a prediction to its end; a fresh one is created first.

        One that is not fresh may be another kernel's: then it is looked on until that one ends.

        Raises
        ------
        CometError
            When the thread has ended.
        """

        def begin() -> None:
            try:
                from .follow import DEADLINE, Following
                from .link import Lanes

                if self._lanes is None:
                    self._lanes = Lanes()
                following = Following(
                    prediction,
                    self._link(root, prefix, key),
                    self._lanes,
                    keeper,
                    self._durations,
                    self._prices,
                    timeout=DEADLINE if timeout is None else timeout,
                    hold=hold,
                    fresh=fresh,
                )
            except Exception as error:  # noqa: BLE001 (a broken installation leaves no handle hanging)
                text = f"nothing was sent, {type(error).__name__} in the background: {error}"
                failure = Failure("CometError", text, "`%comet doctor` shows what is installed")
                prediction.advance(replace(prediction.record, finished=True, failure=failure))
                return
            self._following[prediction.key] = following
            loop = asyncio.get_running_loop()
            task = loop.create_task(following.run())
            task.add_done_callback(lambda _: self._forget(following))
            if self._renewing is None:
                self._renewing = loop.create_task(self._renew())

        self._runner.call(begin)

    def cancel(self, prediction: Prediction) -> None:
        """Stops following a prediction, soon; from any thread."""

        def mark() -> None:
            following = self._following.get(prediction.key)
            if following is not None:
                following.cancel()

        self._runner.call(mark)

    def wake(self) -> None:
        """Ends every pause, soon: the key has changed."""

        def wake_all() -> None:
            for following in self._following.values():
                following.wake()

        self._runner.call(wake_all)

    def spawn(self, coroutine: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Starts a coroutine function on the loop, beside the predictions."""
        self._runner.spawn(coroutine)

    def call(self, function: Callable[[], object]) -> None:
        """Runs a short function on the loop, soon."""
        self._runner.call(function)

    def reach(self, root: str, prefix: str, key: KeyLike) -> str:
        """Asks a service's public catalogue without the key; says what answered."""

        async def ask() -> str:
            return await self._link(root, prefix, key).client.reach()

        return self._runner.wait_for(ask)

    def learn_prices(
        self,
        root: str,
        prefix: str,
        key: KeyLike,
        keep: Callable[[Sequence[Entry]], object] = lambda entries: None,
    ) -> None:
        """Asks a service's public catalogue without the key; `Prices` gets what comes of it.

        Parameters
        ----------
        root, prefix, key
            As `follow` takes them.
        keep : callable
            Gets the answer before `Prices` has it, so that who waits for it finds it kept.
        """

        async def ask() -> None:
            entries: Sequence[Entry] | None = None
            trouble = ""
            try:
                entries = await self._link(root, prefix, key).client.catalogue()
                keep(entries)
            except asyncio.CancelledError:
                self._prices.release(root + prefix)
                raise
            except Exception as error:  # noqa: BLE001 (nobody waits for a price: it stays unknown)
                trouble = error.cause if isinstance(error, CometError) else type(error).__name__
            self._prices.learned(root + prefix, entries, trouble)

        self._runner.spawn(ask)

    def close(self) -> None:
        """Ends thread and sockets; handles in flight are told."""
        self._runner.stop()

    # -- on the loop ---------------------------------------------------------------------

    def _link(self, root: str, prefix: str, key: KeyLike) -> Link:
        from ..wire.client import ServiceClient
        from ..wire.download import Downloader
        from .follow import rest
        from .link import Link

        name = root + prefix
        if name not in self._links:
            client = ServiceClient(root, key, prefix=prefix, sleep=rest)
            self._links[name] = Link(client, Downloader(allowed_host=root))
        return self._links[name]

    def _forget(self, following: Following) -> None:
        prediction = following.prediction
        if not prediction.done():  # its coroutine was canceled, and `_finish` tells the handle
            return
        if self._following.get(prediction.key) is following:  # not yet taken up again
            del self._following[prediction.key]
        if not self._following and self._renewing is not None:
            self._renewing.cancel()
            self._renewing = None

    async def _renew(self) -> None:
        """Tells other kernels, now and then, that this one follows what it does."""
        while True:
            await asyncio.sleep(RENEWAL)
            ours = {key: one for key, one in self._following.items() if one.ours}
            keepers = {one.keeper for one in ours.values()}
            for keeper in keepers:
                keys = [key for key, one in ours.items() if one.keeper is keeper]
                for key in set(keys) - keeper.claim(keys):
                    ours[key].ours = False

    async def _finish(self) -> None:
        for following in list(self._following.values()):
            following.abandon()
        self._following.clear()
        for link in self._links.values():
            await link.aclose()
