"""Notebook files run the ways people run them without a page, and what came of it.

Each in a process of its own with the environment of the test, as from a command line.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

PICTURE_TYPES = ("image/png", "image/jpeg")

_NBCLIENT = """
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], as_version=4)
try:
    nbclient.NotebookClient(notebook, timeout=120).execute()
finally:
    nbformat.write(notebook, sys.argv[2])
"""


@dataclass(frozen=True)
class Executed:
    """A notebook after its run.

    Attributes
    ----------
    notebook : NotebookNode
        The file that was saved; after a failure what the runner leaves behind.
    returncode : int
        Of the process: 0 when every cell ran.
    log : str
        What the process wrote, both streams.
    path : Path
        The saved file.
    """

    notebook: Any
    returncode: int
    log: str
    path: Path

    @property
    def ok(self) -> bool:
        """True when the runner reports success."""
        return self.returncode == 0

    @property
    def pictures(self) -> int:
        """How many outputs in the saved file are pictures that show everywhere."""
        return count_pictures(self.notebook)

    def outputs(self, index: int) -> list[Any]:
        """The outputs of the code cell with this number, counting code cells only."""
        code = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        return list(code[index].outputs)


def write_notebook(path: Path, *sources: Any) -> Path:
    """Writes a notebook: each source is the text of a code cell, or a ready cell."""
    cells = [
        nbformat.v4.new_code_cell(source) if isinstance(source, str) else source
        for source in sources
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def count_pictures(notebook: Any) -> int:
    """How many outputs hold a PNG or JPEG."""
    return sum(
        any(media_type in output.get("data", {}) for media_type in PICTURE_TYPES)
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )


def count_html_pictures(html: str) -> int:
    """How many ``<img>`` with PNG or JPEG data an exported page holds."""
    return len(re.findall(r"<img\b[^>]*\bsrc=[\"']data:image/(?:png|jpeg)[;,]", html))


def run_nbclient(path: Path, env: Mapping[str, str], *wrapper: str) -> Executed:
    """nbclient, as a program uses it."""
    target = _target(path, "nbclient")
    command = [sys.executable, "-c", _NBCLIENT, str(path), str(target)]
    return _run([*wrapper, *command], env, path, target)


def run_nbconvert(path: Path, env: Mapping[str, str], *wrapper: str) -> Executed:
    """``jupyter nbconvert --execute --to notebook``."""
    target = _target(path, "nbconvert")
    command = ["nbconvert", "--execute", "--to", "notebook", "--output", str(target), str(path)]
    return _run([*wrapper, sys.executable, "-m", *command], env, path, target)


def run_papermill(path: Path, env: Mapping[str, str], *wrapper: str) -> Executed:
    """``papermill IN OUT``."""
    target = _target(path, "papermill")
    command = ["papermill", "--no-progress-bar", "--cwd", str(path.parent), str(path), str(target)]
    return _run([*wrapper, sys.executable, "-m", *command], env, path, target)


def run_jupyter_execute(path: Path, env: Mapping[str, str], *wrapper: str) -> Executed:
    """``jupyter execute --output=OUT IN``."""
    target = _target(path, "execute")
    code = "from nbclient.cli import main; main()"
    command = [sys.executable, "-c", code, f"--output={target.name}", str(path)]
    return _run([*wrapper, *command], env, path, target)


RUNNERS: dict[str, Callable[..., Executed]] = {
    "nbclient": run_nbclient,
    "nbconvert": run_nbconvert,
    "papermill": run_papermill,
    "execute": run_jupyter_execute,
}
"""Every way to run a notebook file without a page, by name.

Each takes the path, the environment, and the words of a command that runs the command.
"""


def export_html(path: Path, env: Mapping[str, str]) -> str:
    """The page that nbconvert makes of a notebook file, without running it."""
    target = path.with_suffix(".html")
    command = ["nbconvert", "--to", "html", "--output", str(target), str(path)]
    done = _process([sys.executable, "-m", *command], env, path.parent)
    if done.returncode:
        raise RuntimeError(f"nbconvert failed:\n{done.stdout}")
    return target.read_text(encoding="utf-8")


def _target(path: Path, runner: str) -> Path:
    return path.with_name(f"{path.stem}.{runner}.ipynb")


def _run(command: list[str], env: Mapping[str, str], path: Path, target: Path) -> Executed:
    target.unlink(missing_ok=True)
    done = _process(command, env, path.parent)
    saved = target if target.exists() else path
    notebook = nbformat.read(saved, as_version=4)
    return Executed(notebook, done.returncode, done.stdout, saved)


def _process(
    command: list[str], env: Mapping[str, str], cwd: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
