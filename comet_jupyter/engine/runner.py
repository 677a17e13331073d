"""The background thread: one daemon thread with one asyncio loop, and nothing else on it.

Knows nothing of predictions. A thread of its own keeps the kernel free: a coroutine on the
kernel's loop would stand still for as long as a cell computes.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ..errors import CometError

T = TypeVar("T")

THREAD = "comet_jupyter"
"""The thread's name."""


class Runner:
    """A running loop that other threads hand work to.

    Parameters
    ----------
    finish : coroutine function
        Runs on the loop when `stop` is called, after every other coroutine was canceled.
    """

    def __init__(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._finish = finish
        self._died = ""
        self._ended = False
        self._gate = threading.Lock()
        self.loop = asyncio.new_event_loop()
        # Names are looked up in threads of the loop's executor: one is enough.
        self.loop.set_default_executor(ThreadPoolExecutor(1, "comet_jupyter_names"))
        self._thread = threading.Thread(target=self._live, name=THREAD, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """True while the thread takes work."""
        return self._thread.is_alive() and not self._ended

    def check(self) -> None:
        """Raises `CometError` when the thread has ended."""
        if not self.alive:
            raise CometError(
                f"the background thread has ended ({self._died or 'stopped'})",
                "`%reload_ext comet_jupyter` starts it anew, `%comet status` names what was "
                "in flight",
            )

    def call(self, function: Callable[[], object]) -> None:
        """Runs a short function on the loop soon; returns at once, from any thread.

        Raises
        ------
        CometError
            When the thread has ended.
        """
        with self._gate:  # what gets in here runs before the thread winds up
            self.check()
            # An empty context: ipykernel 7 keeps the parent header of the cell in a context
            # variable, and a task started with it would answer to that cell for ever.
            self.loop.call_soon_threadsafe(function, context=contextvars.Context())

    def spawn(self, coroutine: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Starts a coroutine function on the loop; returns at once, from any thread."""
        self.call(lambda: self.loop.create_task(coroutine()))

    def wait_for(self, coroutine: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Runs a coroutine function on the loop and waits for what it returns."""
        self.check()
        return asyncio.run_coroutine_threadsafe(coroutine(), self.loop).result()

    def stop(self) -> None:
        """Cancels all coroutines, runs `finish`, closes the loop and joins the thread."""
        if self.alive and threading.current_thread() is not self._thread:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(10)

    def _live(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        except BaseException as error:  # noqa: BLE001 (the next call reports it)
            self._died = f"{type(error).__name__}: {error}"
        with self._gate:
            self._ended = True
        try:
            self.loop.run_until_complete(self._wind_up())
        finally:
            self.loop.close()

    async def _wind_up(self) -> None:
        # More than once: `wait_for` of Python 3.10 and 3.11 swallows a cancel that meets its
        # result. https://github.com/python/cpython/issues/86296
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            # A task canceled before its first step drops the coroutine that it wraps, and
            # Python warns of one "never awaited" (anyio 4.16 connects in such tasks).
            if not all(map(_has_begun, tasks)):
                await asyncio.sleep(0)
                continue
            for task in tasks:
                task.cancel()
            done, _ = await asyncio.wait(tasks, timeout=1.0)
            for task in done:
                if not task.cancelled():
                    task.exception()
        await self._finish()
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()  # the threads that looked names up
        await asyncio.sleep(0)  # closed transports close their sockets at the next turn


def _has_begun(task: asyncio.Task[Any]) -> bool:
    coroutine = task.get_coro()
    return not (
        inspect.iscoroutine(coroutine)
        and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED
    )
