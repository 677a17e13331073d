"""Make pictures in a notebook: ``%load_ext comet_jupyter``, then ``%%comet``.

The same engine from Python::

    import comet_jupyter

    prediction = comet_jupyter.submit("a paper boat at sunrise")
    prediction.images[0].save("boat")  # waits

Nothing heavy is imported and nothing is read or sent before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import *  # noqa: F403
from .errors import __all__ as _errors

if TYPE_CHECKING:
    from .engine.batch import Batch
    from .engine.prediction import Prediction
    from .face import gather, get, run, submit
    from .images import Image, OutputFile
    from .notebook.nesting import run_sync
    from .notebook.panel import CometPanel, panel
    from .record import Record
    from .wire.request import PredictionRequest

_HOMES = {
    "Batch": ".engine.batch",
    "CometPanel": ".notebook.panel",
    "Image": ".images",
    "OutputFile": ".images",
    "Prediction": ".engine.prediction",
    "PredictionRequest": ".wire.request",
    "Record": ".record",
    "gather": ".face",
    "get": ".face",
    "panel": ".notebook.panel",
    "run": ".face",
    "run_sync": ".notebook.nesting",
    "submit": ".face",
}

__all__ = [  # noqa: PLE0604  the errors' own list is complete by test
    "Batch",
    "CometPanel",
    "Image",
    "OutputFile",
    "Prediction",
    "PredictionRequest",
    "Record",
    "__version__",
    "gather",
    "get",
    "load_ipython_extension",
    "panel",
    "run",
    "run_sync",
    "submit",
    "unload_ipython_extension",
    *_errors,
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext comet_jupyter``."""
    from .notebook import extension

    extension.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Called by ``%unload_ext comet_jupyter``."""
    from .notebook import extension

    extension.unload(shell)
