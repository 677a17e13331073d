"""What a session works with: settings, store, keeper and background, and who listens.

Each is made at the first use, so that loading the extension opens nothing and starts nothing.
What is done with them is in ``session.py``, ``estimates.py`` and ``input_pictures.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..errors import CometError, StoreError
from ..key import Key, looks_like_key
from ..settings import Settings
from ..store import Store
from ..store.leases import Holder
from .choices import Choices, Explicit
from .prices import Prices
from .run_times import RunTimes

if TYPE_CHECKING:
    from .background import Background
    from .keeper import Keeper


class Resources:
    """The parts of a session.

    Parameters
    ----------
    explicit : callable
        Settings that beat the environment: name to (value, origin), asked anew each time.

    Attributes
    ----------
    began : datetime
        Aware UTC.
    holder : Holder
        Its name on the leases of what it follows.
    """

    def __init__(self, explicit: Explicit) -> None:
        self._choices = Choices(explicit)
        self._lock = threading.RLock()
        self._store: Store | None = None
        self._keeper: Keeper | None = None
        self._background: Background | None = None
        self._ended = False
        self._listeners: list[Callable[[], object]] = []
        self._prices = Prices()
        self._run_times = RunTimes(lambda: self.store)
        self.began = datetime.now(timezone.utc)
        self.holder = Holder.of_this_process()

    @property
    def settings(self) -> Settings:
        """The settings as they are now, each with its origin."""
        return self._choices.settings

    def use_key(self, key: Key, origin: str) -> None:
        """Takes a key for this session; what was paused for want of one goes on."""
        self._choices.use_key(key, origin)
        if self._background is not None:
            self._background.wake()
        self._tell()

    def use_sandbox(self, root: str | None) -> None:
        """Sends everything to a sandbox; None goes back to the service."""
        self._choices.use_sandbox(root)
        self._tell()

    def is_secret(self, text: str) -> bool:
        """True for a text that holds an API key: this session's, or one by its looks."""
        key = self.settings.key.value
        return looks_like_key(text) or (key is not None and key.redact(text) != text)

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Calls ``listener()`` when something is submitted, or prices, service or key are new.

        Returns
        -------
        callable
            Ends it.

        Notes
        -----
        The call comes from any thread and must return at once.
        """
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    @property
    def store(self) -> Store:
        """Where records and pictures are kept; may be read after the end, too."""
        with self._lock:
            home = self.settings.home.value
            if self._store is None or self._store.home != home:
                self._store = Store(home)
                self._keeper = None
            return self._store

    @property
    def keeper(self) -> Keeper:
        """The store as the background uses it."""
        from .keeper import Keeper

        with self._lock:
            store = self.store
            if self._keeper is None:
                self._keeper = Keeper(store, self.holder)
            return self._keeper

    @property
    def background(self) -> Background:
        """The background, started at the first use.

        Raises
        ------
        CometError
            After `close`.
        """
        from .background import Background

        with self._lock:
            if self._ended:
                raise CometError(
                    "this session has ended",
                    "Try again in a new cell or panel: a new session begins by itself",
                )
            if self._background is None:
                self._background = Background(self._run_times.of, self._prices)
            return self._background

    def close(self) -> None:
        """Ends the session: its thread, sockets and files; what is paid for is kept.

        Its handles and its `store` may still be read; nothing more is sent.
        """
        with self._lock:
            self._ended = True
            background, self._background = self._background, None
        if background is not None:
            background.close()
        with self._lock:
            if self._store is not None:
                with suppress(StoreError):  # then they lapse by themselves
                    self._store.release(self.holder)
                self._store.close()
