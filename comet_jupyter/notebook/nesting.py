"""`run_sync`: finish a coroutine from synchronous code, also where a loop runs already.

The only place that touches nest_asyncio, and only when it is called: our own work needs a
thread and a future, no nested loop.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from importlib import import_module, metadata
from typing import Any, TypeVar

from ..errors import CometError

T = TypeVar("T")


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end and returns its result.

    For coroutines that are bound to the kernel's own loop (a client made in a cell, say) and
    that synchronous code has to finish. In a plain script it is `asyncio.run`.

    Raises
    ------
    CometError
        When a loop runs and no safe way to nest in it is installed.

    Notes
    -----
    Inside a running loop this uses nest-asyncio2. The archived nest_asyncio is used only
    where it is safe: with ipykernel 7.1 and later it loses queued cells, and on Python 3.14
    it breaks `asyncio.timeout`.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    try:
        _nesting(loop)
    except CometError:
        coroutine.close()
        raise
    return loop.run_until_complete(coroutine)


def _nesting(loop: asyncio.AbstractEventLoop) -> None:
    """Makes the running loop re-entrant, with the package that is safe here."""
    name = _choose(_version("nest-asyncio2"), _version("nest-asyncio"), _version("ipykernel"))
    if not name:
        raise CometError(
            "a loop is running and nest_asyncio is not safe with this kernel",
            "`%pip install nest-asyncio2`, or `await` the coroutine instead",
        )
    import_module(name).apply(loop)


def _choose(
    successor: tuple[int, ...] | None,
    original: tuple[int, ...] | None,
    ipykernel: tuple[int, ...] | None,
    python: tuple[int, ...] = sys.version_info[:2],
) -> str:
    """The module to nest with; empty when none is safe."""
    if successor is not None and successor >= (1, 7, 3):
        return "nest_asyncio2"
    safe = (ipykernel is None or ipykernel < (7, 1)) and python < (3, 14)
    return "nest_asyncio" if original is not None and safe else ""


def _version(package: str) -> tuple[int, ...] | None:
    try:
        text = metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())
