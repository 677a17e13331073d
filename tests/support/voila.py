"""A Voila server of its own: notebooks as pages, without their code.

Playwright and its fixtures are in ``browser/``.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from .process import ServerProcess


class VoilaServer:
    """One ``voila`` process; its kernels see the environment it was started with.

    Parameters
    ----------
    folder : Path
        Of the notebooks.
    environment : mapping
    *options : str
        Further ones of the command line, ``--preheat_kernel=True`` for example.

    Attributes
    ----------
    url : str
        The root address, without a slash at its end.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], *options: str) -> None:
        # For port 0 it never says which one that became. When this one is taken meanwhile it
        # tries others, and says which.
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        connections = folder / ".connections"
        connections.mkdir()
        command = [
            *(sys.executable, "-m", "voila", str(folder), "--no-browser"),
            *("--Voila.ip=127.0.0.1", f"--Voila.port={port}"),
            *(f"--Voila.connection_dir_root={connections}", *options),
        ]
        self.server = ServerProcess(command, env=environment, cwd=folder)
        try:
            line = self.server.wait_for_line("http://127.0.0.1:")
        except BaseException:
            self.stop()
            raise
        self.url = line[line.index("http://") :].strip().rstrip("/")

    def stop(self) -> None:
        """Ends the server, and the server its kernels."""
        self.server.stop()

    def address(self, name: str) -> str:
        """Where a notebook of the folder is shown; opening it runs the notebook."""
        return f"{self.url}/voila/render/{name}"
