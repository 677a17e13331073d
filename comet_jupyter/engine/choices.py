"""The settings of a session: what was chosen here, on top of environment and files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from .. import settings
from ..errors import SettingsError
from ..key import Key
from ..settings import Settings

Explicit = Callable[[], Mapping[str, tuple[Any, str]]]
"""Settings that beat the environment: name to (value, origin), asked anew each time."""

SANDBOX = "%comet sandbox"
"""The origin of settings that the sandbox set."""

SANDBOX_KEY = "sandbox-needs-no-key"


class Choices:
    """The settings as they are at this moment, and what changes them in a running session."""

    def __init__(self, explicit: Explicit) -> None:
        self._explicit = explicit
        self._given_key: dict[str, tuple[Any, str]] = {}
        self._sandbox: dict[str, tuple[Any, str]] = {}  # above it, so that it comes back
        self._keys: dict[str, ServiceKey] = {}
        self._resolved: tuple[int, Settings] | None = None

    @property
    def settings(self) -> Settings:
        """Every setting with its origin; read again when something has changed."""
        explicit = {**self._explicit(), **self._given_key, **self._sandbox}
        # A hash, not the values: the environment holds the key.
        seen = hash((tuple(explicit.items()), frozenset(os.environ.items())))
        if self._resolved is None or self._resolved[0] != seen:
            self._resolved = (seen, settings.resolve(explicit))
        return self._resolved[1]

    def use_key(self, key: Key, origin: str) -> None:
        """Takes a key for this session."""
        self._given_key["key"] = (key, origin)

    def use_sandbox(self, root: str | None) -> None:
        """Sends everything to a sandbox; None goes back to the service."""
        self._sandbox = {}
        if root is not None:
            self._sandbox = {
                "root": (root, SANDBOX),
                "key": (Key(SANDBOX_KEY), SANDBOX),
                "prefix": (settings.DEFAULT_PREFIX, SANDBOX),
            }

    def key_of(self, root: str) -> ServiceKey:
        """The key of the service at this root, one for all its requests."""
        if root not in self._keys:
            self._keys[root] = ServiceKey(self, root)
        return self._keys[root].refreshed()


class ServiceKey:
    """The key of one service: the present one for as long as the settings name that service.

    So a new key helps requests under way, and after a change to another service they keep
    the last one that was theirs: no service is sent another's key.
    """

    def __init__(self, choices: Choices, root: str) -> None:
        self._choices = choices
        self._root = root
        self._key = Key(SANDBOX_KEY)

    def header(self) -> str:
        """The ``Authorization`` header."""
        return self.refreshed()._key.header()

    def redact(self, text: str) -> str:
        """A text without the key."""
        return self.refreshed()._key.redact(text)

    def refreshed(self) -> ServiceKey:
        """Itself, with the present key where the settings have one for this service."""
        try:
            now = self._choices.settings
        except SettingsError:  # something typed wrong now is no end of what is under way
            return self
        if now.root.value == self._root and now.key.value is not None:
            self._key = now.key.value
        return self
