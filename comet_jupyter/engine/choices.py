"""The settings of a session: what was chosen here, on top of environment and files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from .. import settings
from ..key import Key
from ..settings import Settings

Explicit = Callable[[], Mapping[str, tuple[Any, str]]]
"""Settings that beat the environment: name to (value, origin), asked anew each time."""

SANDBOX = "%comet sandbox"
"""The origin of settings that the sandbox set."""

SANDBOX_KEY = "sandbox-needs-no-key"


class Choices:
    """The settings as they are at this moment, and what changes them in a running session.

    Is a key itself, always the present one, so that a new key helps requests under way.
    """

    def __init__(self, explicit: Explicit) -> None:
        self._explicit = explicit
        self._overrides: dict[str, tuple[Any, str]] = {}
        self._resolved: tuple[int, Settings] | None = None

    @property
    def settings(self) -> Settings:
        """Every setting with its origin; read again when something has changed."""
        explicit = {**self._explicit(), **self._overrides}
        # A hash, not the values: the environment holds the key.
        seen = hash((tuple(explicit.items()), frozenset(os.environ.items())))
        if self._resolved is None or self._resolved[0] != seen:
            self._resolved = (seen, settings.resolve(explicit))
        return self._resolved[1]

    def use_key(self, key: Key, origin: str) -> None:
        """Takes a key for this session."""
        self._overrides["key"] = (key, origin)

    def use_sandbox(self, root: str | None) -> None:
        """Sends everything to a sandbox; None goes back to the service."""
        for name in ("root", "key", "prefix"):
            self._overrides.pop(name, None)
        if root is not None:
            self._overrides["root"] = (root, SANDBOX)
            self._overrides["key"] = (Key(SANDBOX_KEY), SANDBOX)
            self._overrides["prefix"] = (settings.DEFAULT_PREFIX, SANDBOX)

    def header(self) -> str:
        """The present key's ``Authorization`` header."""
        return self._key().header()

    def redact(self, text: str) -> str:
        """A text without the present key."""
        return self._key().redact(text)

    def _key(self) -> Key:
        return self.settings.key.value or Key(SANDBOX_KEY)
