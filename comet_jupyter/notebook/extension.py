"""Load, reload, unload: one of everything, then none."""

from __future__ import annotations

from typing import Any

_loaded: dict[int, Any] = {}
"""The magics by the id of their shell, which outlives them."""

_heirs: dict[int, Any] = {}
"""What was chosen when they were unloaded: a reload must not spend where nothing was spent."""


def load(shell: Any) -> None:
    """Registers the magic once; a second load replaces the first."""
    from ..engine import session as sessions
    from . import completion
    from .magics import CometMagics

    unload(shell)
    heir = _heirs.pop(id(shell), None)
    if heir is not None:
        sessions.use(heir)
    magics = CometMagics(shell)
    shell.register_magics(magics)
    completion.register(shell, magics)
    _loaded[id(shell)] = magics


def unload(shell: Any) -> None:
    """Removes magic, completion, settings and cell hooks, ends thread and sockets."""
    from . import completion

    magics = _loaded.pop(id(shell), None)
    if magics is not None:
        completion.unregister(shell)
        _heirs[id(shell)] = magics.session.heir()
        magics.close()


def magics_of(shell: Any) -> Any:
    """The magics of a shell, loaded where they are not."""
    if id(shell) not in _loaded:
        load(shell)
    return _loaded[id(shell)]
