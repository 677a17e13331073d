"""A session on the test's own store and service."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from comet_jupyter.engine import session as sessions
from comet_jupyter.engine.session import Session


@pytest.fixture
def session() -> Iterator[Session]:
    """The current session; draws the seeds 1000, 1001, ... and ends with the test."""
    seeds = itertools.count(1000)
    made = Session(draw=lambda below: next(seeds))
    sessions.use(made)
    yield made
    sessions.close()
