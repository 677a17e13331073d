"""An open panel, for the tests that drive it by messages."""

from __future__ import annotations

import pytest
from support.foreign_service import ForeignService
from support.kernel import Kernel
from support.panel import PANEL, PanelPage


@pytest.fixture
def page(foreign_service: ForeignService, kernel: Kernel) -> PanelPage:
    """An open panel, in front of the foreign service."""
    cell = kernel.run(PANEL, live=True)
    assert cell.ok, cell.error
    return PanelPage(kernel)
