"""The environment every test and every process it starts sees: no settings, an empty home.

Pure functions over environment mappings; the fixtures that apply them are in ``conftest.py``.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Mapping
from pathlib import Path

KEY = "a-key-for-tests-0123456789"
"""What the sandbox and the foreign service take as a key; belongs to nobody."""

_DROPPED = ("COMET", "REPLICATE", "JUPYTER", "JPY_", "IPYTHON", "XDG_", "PYTEST_")
_PROXIES = ("_proxy", "_PROXY")


def clean_environment(home: Path, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """`base` (default: this process's) without anything personal, and with `home` as the home.

    The interpreter's own folder comes first on the path, so that ``python`` and ``jupyter``
    are those of the running environment in every process started from here.
    """
    base = os.environ if base is None else base
    environment = {
        name: value
        for name, value in base.items()
        if not name.startswith(_DROPPED) and not name.endswith(_PROXIES)
    }
    folders = {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "appdata",
        "LOCALAPPDATA": home / "localappdata",
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "share",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_STATE_HOME": home / "state",
        "XDG_RUNTIME_DIR": home / "run",
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "jupyter-config",
        "JUPYTER_DATA_DIR": home / "jupyter-data",
        "JUPYTER_RUNTIME_DIR": home / "jupyter-runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "lab-settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "lab-workspaces",
        "COMET_JUPYTER_HOME": home / "comet",
    }
    environment.update({name: str(folder) for name, folder in folders.items()})
    # A new HOME moves the user site, and with it packages of `pip install --user`.
    environment["PYTHONUSERBASE"] = base.get("PYTHONUSERBASE", site.getuserbase())
    environment["JUPYTER_PLATFORM_DIRS"] = "1"  # else jupyter_core warns about the coming default
    # An IDE's debugger switch makes every kernel print a warning about frozen modules.
    environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    scripts = str(Path(sys.executable).parent)
    path = [part for part in base.get("PATH", os.defpath).split(os.pathsep) if part != scripts]
    environment["PATH"] = os.pathsep.join([scripts, *path])
    return environment
