"""An open panel, for the tests that drive it by messages."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from support.foreign_service import Fault, ForeignService
from support.kernel import Kernel
from support.panel import PANEL, PanelPage


@pytest.fixture
def held(foreign_service: ForeignService) -> Iterator[threading.Event]:
    """State questions are answered when the test says so."""
    hold = threading.Event()
    foreign_service.questions = 1
    foreign_service.break_next("GET", Fault(hold=hold))
    yield hold
    hold.set()


@pytest.fixture
def page(foreign_service: ForeignService, kernel: Kernel) -> PanelPage:
    """An open panel, in front of the foreign service."""
    cell = kernel.run(PANEL, live=True)
    assert cell.ok, cell.error
    return PanelPage(kernel)
