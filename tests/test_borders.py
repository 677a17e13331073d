"""The rooms of the package import in one direction, and each library has its home."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.borders import HOMES, LAYERS, PACKAGE, crossings, is_room, modules, prints

ROOT = Path(__file__).parents[1] / PACKAGE
MODULES = dict(modules(ROOT))
IS_PACKAGE = {name: (ROOT / Path(*name.split("."))).is_dir() if name else True for name in MODULES}


def test_there_is_something_to_look_at():
    """The walk finds the package itself and modules in rooms."""
    assert {"", "errors", "wire.request", "record"} <= set(MODULES)


def test_every_module_is_in_a_room_that_the_order_knows():
    """A new room must be given its place before anything imports it."""
    rooms = {name.split(".")[0] for name in MODULES if name}
    assert [room for room in sorted(rooms) if not is_room(room)] == []


@pytest.mark.parametrize("module", MODULES)
def test_no_module_crosses_a_border(module):
    """A module imports its own room and lower ones, and only the libraries at home in it."""
    assert crossings(module, MODULES[module], is_package=IS_PACKAGE[module]) == []


@pytest.mark.parametrize("module", MODULES)
def test_nothing_prints(module):
    """Nothing is printed: from a worker it lands in somebody else's cell."""
    assert prints(MODULES[module]) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("wire.retry", "from ..engine import session"),
        ("wire.retry", "from .. import record"),
        ("wire.retry", "import comet_jupyter.store.files"),
        ("wire.retry", "import comet_jupyter"),
        ("wire.retry", "def late():\n    from ..record import Record"),
        ("store.files", "from ..show.html import page"),
        ("settings", "from .images import sniff"),
        ("settings", "from . import models"),
        ("errors", "from .settings import Settings"),
        ("show.html", "if TYPE_CHECKING:\n    from ..engine.prediction import Prediction"),
        ("engine.runner", "from ..notebook.publish import send"),
        ("engine.runner", "from ..sandbox.routes import answer"),
        ("sandbox.routes", "from ..errors import CometError"),
        ("sandbox.server", "from comet_jupyter.wire.state import TERMINAL"),
        ("wire.payload", "import httpx"),
        ("engine.runner", "def late():\n    import httpx._client"),
        ("engine.session", "import sqlite3"),
        ("show.bundle", "from PIL import Image"),
        ("sandbox.server", "import PIL.Image"),
        ("engine.session", "from IPython import get_ipython"),
        ("sandbox.routes", "from tornado import web"),
        ("notebook.live", "import nest_asyncio2"),
        ("wire.client2", "import httpx"),
    ],
)
def test_a_crossing_is_seen(module, source):
    """Control: each kind of forbidden import is found, also inside a function."""
    assert len(crossings(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "is_package", "source"),
    [
        ("wire.retry", False, "from .request import MODEL\nfrom ..errors import InputError"),
        ("wire", True, "from .request import MODEL\nfrom ..settings import Settings"),
        ("engine.session", False, "from ..store import Store\nfrom .. import errors, record"),
        ("", True, "from .notebook import extension\nfrom ._version import __version__"),
        ("wire.exchange", False, "import httpx, json, comet_jupyter.errors"),
        ("images.previews", False, "def late():\n    from PIL import Image"),
        ("sandbox.server", False, "import tornado.web\nfrom .routes import answer"),
        ("sandbox.drawing.sky", False, "from PIL import Image\nfrom .canvas import Canvas"),
    ],
)
def test_what_is_allowed_is_no_crossing(module, is_package, source):
    """Control: the right direction, the own room and a library at home are not reported."""
    assert crossings(module, source, is_package=is_package) == []


def test_a_print_is_seen():
    """Control: a call of print is found, a method of that name is not."""
    assert prints("x = 1\nprint(x)\nprinter.print(x)") == [2]


def test_the_order_and_the_homes_name_real_things():
    """Every home of a library is in a room that the order knows, and no room is named twice."""
    rooms = [room for layer in LAYERS for room in layer]
    assert len(rooms) == len(set(rooms))
    assert all(is_room(home.split(".")[0]) for homes in HOMES.values() for home in homes)


LAZY = ("httpx", "ipywidgets", "IPython", "PIL", "tornado", "sqlite3", "asyncio", "keyring")


def imported_by(code: str) -> set[str]:
    """The top-level modules that code has imported in a fresh interpreter."""
    look = "\nimport sys; sys.stdout.write(' '.join({name.split('.')[0] for name in sys.modules}))"
    command = [sys.executable, "-c", code + look]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_an_import_of_the_package_loads_nothing_heavy():
    """`import comet_jupyter` brings none of the libraries that cost time to load."""
    assert imported_by("import comet_jupyter") & set(LAZY) == set()


@pytest.mark.parametrize("library", [name for name in LAZY if name != "keyring"])
def test_a_heavy_import_is_seen(library):
    """Control: the look at a fresh interpreter notices each of the libraries."""
    assert library in imported_by(f"import comet_jupyter, {library}")
