"""The background thread by itself: what is under way ends cleanly when it stops."""

from __future__ import annotations

import asyncio
import gc

import anyio

from comet_jupyter.engine.runner import Runner


async def nothing() -> None:
    """Winds up with nothing to do."""


def test_a_task_made_in_the_last_moment_begins_before_it_is_canceled():
    """Canceled before its first step, a task of anyio leaves a coroutine "never awaited"."""
    seen = []

    async def child() -> None:
        seen.append("begun")
        try:
            await anyio.sleep_forever()
        finally:
            seen.append("ended")

    async def parent() -> None:
        async with anyio.create_task_group() as group:
            runner.loop.stop()
            await asyncio.sleep(0)  # what follows happens in the turn in which it winds up
            group.start_soon(child)

    runner = Runner(nothing)
    runner.spawn(parent)
    runner._thread.join(10)
    gc.collect()
    assert [seen, runner.alive, runner.loop.is_closed()] == [["begun", "ended"], False, True]
