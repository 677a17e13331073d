"""The panel: pictures without typing options, in core ipywidgets, without a script.

``form`` is what was filled in, as data. ``composer`` shows it, with ``fields`` and
``pictures`` for the model's inputs; ``running`` lists what is in flight; ``gallery`` and
``viewer`` show results; ``desk`` puts them together and does what is clicked; ``handle`` is
what people hold. It submits through the session like everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import CometError
from .handle import CometPanel

if TYPE_CHECKING:
    from ..magics import CometMagics

__all__ = ["CometPanel", "panel"]


def panel() -> CometPanel:
    """The panel of this notebook; shown at the end of a cell.

    Loads the extension where that was not done. A second call gives the same panel: it may be
    shown in several cells, and has one state.

    Raises
    ------
    CometError
        Outside IPython.
    """
    from IPython.core.getipython import get_ipython

    from .. import extension

    shell = get_ipython()
    if shell is None:
        raise CometError("the panel needs a notebook", "comet_jupyter.submit() works anywhere")
    magics: CometMagics = extension.magics_of(shell)
    return magics.panel()
