"""Threads that a test leaves behind: one that is no daemon keeps pytest from ever ending."""

from __future__ import annotations

import threading
from collections.abc import Iterable


def left_behind(before: Iterable[threading.Thread], patience: float = 5.0) -> list[str]:
    """Names of the threads started since that keep the process alive.

    Each is given `patience` seconds to end.
    """
    names = []
    for thread in set(threading.enumerate()) - set(before):
        if not thread.daemon:
            thread.join(patience)
            if thread.is_alive():
                names.append(thread.name)
    return names
