"""What every test may use: a clean environment, servers to talk to, kernels, notebook runners.

Fixtures only; what they are made of lives in ``support/``. The browser's are in ``browser/``.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from support.environment import KEY, clean_environment
from support.foreign_service import Fault, ForeignService
from support.gate import Gate
from support.process import ServerProcess
from support.threads import left_behind

from comet_jupyter.engine import session as sessions
from comet_jupyter.engine.session import Session

if TYPE_CHECKING:
    from support.headless import Executed
    from support.kernel import Kernel

# Timings belong in benchmarks: a busy machine turns no property false.
hypothesis.settings.register_profile(
    "comet", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("comet")

BROWSER_TESTS = Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs a kernel or a browser, and runs the quick tests first."""
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker(pytest.mark.browser)
        elif "start_kernel" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kernel)
    items.sort(key=lambda item: (_marked(item, "browser"), _marked(item, "kernel")))


def _marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which every test gets its own home."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and an environment without anything personal, for every test."""
    folder = Path(tempfile.mkdtemp(dir=homes))
    environment = clean_environment(folder)
    for name in set(os.environ) - set(environment):
        if not name.startswith("PYTEST_"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    return folder


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fails the test that would keep pytest from ending."""
    before = threading.enumerate()
    yield
    assert left_behind(before) == []


@pytest.fixture
def session(home: Path) -> Iterator[Session]:
    """The current session; draws the seeds 1000, 1001, ... and ends with the test."""
    seeds = itertools.count(1000)
    made = Session(draw=lambda below: next(seeds))
    sessions.use(made)
    yield made
    sessions.close()


# -- services ---------------------------------------------------------------------


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: its root address, and the key the test uses with it."""

    url: str
    key: str = KEY


@pytest.fixture(scope="session")
def sandbox_server(homes: Path) -> Iterator[Sandbox]:
    """One sandbox process for all tests, twenty times as fast as the clock."""
    command = [sys.executable, "-u", "-m", "comet_jupyter.sandbox", "--port", "0", "--speed", "20"]
    environment = clean_environment(Path(tempfile.mkdtemp(dir=homes)))
    server = ServerProcess(command, env=environment, cwd=homes)
    try:
        line = server.wait_for_line("comet_jupyter sandbox on http://")
        yield Sandbox(line.rpartition(" on ")[2].strip().rstrip("/"))
    finally:
        server.stop()


@pytest.fixture
def sandbox(sandbox_server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, set as the service of this test and of every process it starts."""
    monkeypatch.setenv("COMETAPI_BASE_URL", sandbox_server.url)
    monkeypatch.setenv("COMETAPI_KEY", sandbox_server.key)
    return sandbox_server


@pytest.fixture
def foreign_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForeignService]:
    """A service that nobody of the sandbox wrote, set as the service of this test.

    Its attributes (``enveloped``, ``string_output``, ``questions``, ``failure``) may be changed
    at any time.
    """
    with ForeignService() as service:
        monkeypatch.setenv("COMETAPI_BASE_URL", service.url)
        monkeypatch.setenv("COMETAPI_KEY", service.key)
        yield service


@pytest.fixture
def held(foreign_service: ForeignService) -> Iterator[threading.Event]:
    """The service answers the first state question when the test says so."""
    hold = threading.Event()
    foreign_service.questions = 1
    foreign_service.break_next("GET", Fault(hold=hold))
    yield hold
    hold.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Gates for code in other processes: ``gate.code``, ``wait_reached``, ``open``."""
    gate = Gate()
    yield gate
    gate.close()


# -- kernels and notebook files -----------------------------------------------------


@pytest.fixture
def start_kernel(tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Starts kernels with the environment of the test; they end with it.

    Keyword arguments are further environment variables.
    """
    from support.kernel import Kernel

    started: list[Kernel] = []

    def start(**variables: str) -> Kernel:
        started.append(Kernel({**os.environ, **variables}, cwd=str(tmp_path)))
        return started[-1]

    yield start
    for kernel in started:
        kernel.stop()


@pytest.fixture
def kernel(start_kernel: Callable[..., Kernel]) -> Kernel:
    """A fresh kernel of the running interpreter, in the test's folder."""
    return start_kernel()


@pytest.fixture
def execute_notebook(tmp_path: Path) -> Callable[..., Executed]:
    """Runs a notebook file, or cells given as text, with one of the headless runners.

    ``execute_notebook("1 + 1", runner="papermill")``, ``execute_notebook(path)``.
    """
    from support.headless import RUNNERS, write_notebook

    def execute(*what: Any, runner: str = "nbclient", wrapper: Sequence[str] = ()) -> Executed:
        path = what[0] if isinstance(what[0], Path) else None
        path = path or write_notebook(tmp_path / "notebook.ipynb", *what)
        return RUNNERS[runner](path, os.environ, *wrapper)

    return execute


@pytest.fixture
def export_html() -> Callable[[Path], str]:
    """The page nbconvert makes of a notebook file, without running it."""
    from support import headless

    return lambda path: headless.export_html(path, os.environ)
