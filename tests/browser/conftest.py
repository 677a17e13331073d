"""A real Chromium with JupyterLab in it, for the tests in this folder.

``CHROMIUM`` names another browser than the one on the path. Without one the tests are skipped,
but fail where ``CI`` is set. Pictures of failed tests land in ``artifacts/``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.environment import clean_environment
from support.lab import LabPage, LabServer
from support.storage import forget

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome", "chromium-browser")
SWITCHES = [
    "--no-sandbox",  # containers and CI run as root
    "--disable-dev-shm-usage",  # the shared memory of a container is small
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]

_REPORT = pytest.StashKey[pytest.TestReport]()


def find_browser() -> str | None:
    """Path of the Chromium to drive."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """One JupyterLab server for all tests."""
    server = LabServer(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Chromium for the tests of a file, with a profile: it keeps JupyterLab's own scripts.

    Not for the session: while Playwright's sync API is open, a loop counts as running in this
    thread, and ``asyncio.run`` fails in every other test.
    """
    path = find_browser()
    if path is None:
        reason = "there is no Chromium: apt-get install chromium, or set CHROMIUM=/path"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=path,
            args=SWITCHES,
            env=clean_environment(tmp_path_factory.mktemp("browser")),
            viewport={"width": 1200, "height": 900},
        )
        chromium.set_default_timeout(20_000)
        yield chromium
        chromium.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps the report, so that the page's fixture knows about a failure."""
    report = yield
    if report.when == "call":
        item.stash[_REPORT] = report
    return report


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page without cookies and storage; a picture is kept when the test fails."""
    page = browser.new_page()
    console: list[str] = []
    page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: console.append(f"error: {error}"))
    yield page
    report = request.node.stash.get(_REPORT, None)
    if report is not None and report.failed:
        ARTIFACTS.mkdir(exist_ok=True)
        name = ARTIFACTS / re.sub(r"[^\w.-]+", "_", request.node.name)
        name.with_suffix(".console.txt").write_text("\n".join(console), encoding="utf-8")
        page.screenshot(path=f"{name}.png")
    forget(browser)


@pytest.fixture
def notebook(page: Any, lab: LabServer) -> Iterator[LabPage]:
    """JupyterLab, ready to open a notebook: ``notebook.new("1 + 1")``."""
    yield LabPage(page, lab)
    lab.end_kernels()
