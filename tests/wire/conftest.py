"""Fixtures of the wire tests: servers that break on demand, a key that can be looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from wire.faulty import DATA, Faulty, Script


@pytest.fixture
def serve() -> Iterator[Callable[..., Faulty]]:
    """Starts faulty servers that end with the test: ``serve(script, script, tls=False)``."""
    with ExitStack() as stack:

        def start(*plan: Script, tls: bool = False) -> Faulty:
            return stack.enter_context(Faulty(*plan, tls=tls))

        yield start


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the test's own certificate authority the trusted one."""
    monkeypatch.setenv("SSL_CERT_FILE", str(DATA / "ca.pem"))
