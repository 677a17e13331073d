"""Threads that came and stayed: one that is no daemon keeps pytest from ever ending."""

from __future__ import annotations

import threading
from collections.abc import Iterable


def left_behind(before: Iterable[threading.Thread], patience: float = 5.0) -> list[str]:
    """Names of the threads started since that keep the process alive.

    Each is given `patience` seconds to end. Workers of asyncio's own executor are left out: they
    stay with their loop (Playwright's, say) and end with the interpreter.
    """
    names = []
    for thread in set(threading.enumerate()) - set(before):
        if not thread.daemon and not thread.name.startswith("asyncio_"):
            thread.join(patience)
            if thread.is_alive():
                names.append(thread.name)
    return names


def started(before: Iterable[threading.Thread]) -> list[str]:
    """Names of the threads started since that run now, daemons too.

    Those in which a server of the tests answers are left out: they end when its clients go.
    """
    new = set(threading.enumerate()) - set(before)
    return sorted(one.name for one in new if "process_request_thread" not in one.name)
