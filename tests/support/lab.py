"""A real JupyterLab server, and a notebook open in it: what the browser tests act through.

The server's folders are all temporary. Playwright and its fixtures are in ``browser/``.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from .environment import clean_environment
from .headless import write_notebook
from .process import ServerProcess

TOKEN = "a-token-for-tests"

# User settings, one file for each plugin.
SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",  # a word, not a boolean: "none" would ask
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/apputils-extension/kernels-settings": {"commsOverSubshells": "perCommTarget"},
    # Cells outside of the view are otherwise not in the page, and no locator finds them.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    # After providerTimeout (ms) words of the page stand in for what the kernel did not say yet.
    "@jupyterlab/completer-extension/manager": {"autoCompletion": False, "providerTimeout": 20_000},
}

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


class LabServer:
    """One ``jupyter lab`` process; Notebook 7 answers below ``/notebooks`` of the same one."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir(parents=True)
        self._environment = clean_environment(folder / "home")
        # In a virtual environment its own kernels come first; here ours are to win.
        self._environment["JUPYTER_PREFER_ENV_PATH"] = "0"
        for plugin, values in SETTINGS.items():
            file = Path(self._environment["JUPYTERLAB_SETTINGS_DIR"]) / plugin
            file = file.with_name(f"{file.name}.jupyterlab-settings")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")
        # An option that a class does not have makes Jupyter drop all options of that class.
        command = [
            *(sys.executable, "-m", "jupyterlab"),
            *("--no-browser", "--allow-root", f"--ServerApp.root_dir={self.root}"),
            *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
            *("--ServerApp.terminals_enabled=False", f"--IdentityProvider.token={TOKEN}"),
            "--LabApp.expose_app_in_browser=True",  # window.jupyterapp
            "--JupyterNotebookApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",  # looks nothing up
            "--LabApp.news_url=None",
            "--LanguageServerManager.autodetect=False",
        ]
        self.server = ServerProcess(command, env=self._environment, cwd=self.root)
        self.url = self._wait_for_url()

    def stop(self) -> None:
        """Ends the server, and the server its kernels."""
        self.server.stop()

    def set_kernel_environment(self, variables: Mapping[str, str]) -> None:
        """Kernels started from now on see these variables on top of the server's own."""
        folder = Path(self._environment["JUPYTER_DATA_DIR"]) / "kernels" / "python3"
        folder.mkdir(parents=True, exist_ok=True)
        spec = {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "env": dict(variables),
        }
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")

    def end_kernels(self) -> None:
        """Closes every session and kernel."""
        for session in json.loads(self._request("GET", "/api/sessions")):
            self._request("DELETE", f"/api/sessions/{session['id']}")
        for kernel in json.loads(self._request("GET", "/api/kernels")):
            self._request("DELETE", f"/api/kernels/{kernel['id']}")

    def _request(self, method: str, path: str) -> bytes:
        headers = {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            body: bytes = answer.read()
        return body

    def _wait_for_url(self, timeout: float = 60.0) -> str:
        # The port is known from this file only; it appears when the server listens.
        runtime = Path(self._environment["JUPYTER_RUNTIME_DIR"])
        file = runtime / f"jpserver-{self.server.process.pid}.json"
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.server.process.poll() is None:
            try:
                url: str = json.loads(file.read_text(encoding="utf-8"))["url"]
                self.url = url.rstrip("/")
                self._request("GET", "/api/status")
                return self.url
            except (OSError, ValueError):
                time.sleep(0.05)
        self.server.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{self.server.log}")


class LabPage:
    """JupyterLab in a browser page, with one notebook open.

    Cells are counted from 0, Markdown cells too. Attribute ``page`` is Playwright's.
    """

    def __init__(self, page: Any, server: LabServer) -> None:
        self.page = page
        self.server = server

    # -- opening --------------------------------------------------------------

    def write(self, name: str, *sources: Any) -> Path:
        """Writes a notebook into the server's folder: text of code cells, or ready cells."""
        return write_notebook(self.server.root / name, *sources)

    def open(self, name: str, *, where: str = "doc/tree", kernel: bool = True) -> LabPage:
        """Opens a notebook of the server's folder and waits for its kernel.

        `where` is ``doc/tree`` (one document), ``lab/tree`` (the whole of JupyterLab) or
        ``notebooks`` (Notebook 7). The kernel gets the environment the test has now.
        """
        self.server.set_kernel_environment(
            {
                variable: value
                for variable, value in os.environ.items()
                if variable == "HOME" or variable.startswith(("COMET", "XDG_", "IPYTHON"))
            }
        )
        self.page.goto(f"{self.server.url}/{where}/{name}?token={TOKEN}&reset")
        self._wait_for_notebook(kernel)
        return self

    def new(self, *sources: Any, where: str = "doc/tree") -> LabPage:
        """Writes ``notebook.ipynb`` with these cells and opens it."""
        self.write("notebook.ipynb", *sources)
        return self.open("notebook.ipynb", where=where)

    def reload(self) -> None:
        """Loads the page anew; the kernel goes on."""
        self.page.reload()
        self._wait_for_notebook(kernel=True)

    def use_theme(self, theme: str) -> None:
        """Switches to the ``light`` or the ``dark`` theme."""
        self.command("apputils:change-theme", theme=THEMES[theme])
        light = str(theme == "light").lower()
        self.page.locator(f"body[data-jp-theme-light='{light}']").wait_for(state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def _wait_for_notebook(self, kernel: bool) -> None:
        self.page.wait_for_function("() => window.jupyterapp !== undefined")
        self.page.evaluate("async () => { await window.jupyterapp.restored; }")
        self.page.locator(".jp-Notebook").first.wait_for()
        if kernel:
            self._wait_for_kernel()

    def _wait_for_kernel(self, tries: int = 6) -> None:
        """Returns when the kernel has answered kernel_info.

        ipykernel 7.0 to 7.3 now and then lose a message when a client connects
        (https://github.com/ipython/ipykernel/issues/1554): the page would wait for ever, and a
        new connection wakes the kernel.
        """
        self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
        )
        answered = self.page.evaluate(
            """async ([tries]) => {
                const context = window.jupyterapp.shell.currentWidget.sessionContext;
                const kernel = context.session.kernel;
                for (let i = 0; i < tries; i++) {
                    const late = new Promise(done => setTimeout(() => done(false), 5000));
                    if (await Promise.race([kernel.info.then(() => true), late])) return true;
                    void kernel.reconnect();
                }
                return false;
            }""",
            [tries],
        )
        if not answered:
            raise RuntimeError("the kernel of the page did not answer kernel_info")

    # -- acting ---------------------------------------------------------------

    def command(self, name: str, **arguments: Any) -> None:
        """Executes a JupyterLab command and waits for its promise."""
        self.page.evaluate(
            "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }",
            [name, arguments],
        )

    def select(self, index: int) -> None:
        """Makes a cell the active one."""
        self.page.evaluate(
            """([index]) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                notebook.deselectAll();
            }""",
            [index],
        )

    def run_cell(self, index: int) -> None:
        """Runs a cell and waits for its end."""
        self.select(index)
        self.command("notebook:run-cell")

    def start_cell(self, index: int) -> None:
        """Runs a cell and does not wait for its end."""
        self.select(index)
        self.page.evaluate(
            "() => { void window.jupyterapp.commands.execute('notebook:run-cell'); }"
        )

    def run_all(self) -> None:
        """Runs all cells and waits for the end of the last one."""
        self.command("notebook:run-all-cells")

    def restart(self) -> None:
        """Restarts the kernel without asking."""
        self.page.evaluate(
            """async () => {
                const context = window.jupyterapp.shell.currentWidget.sessionContext;
                await context.session.kernel.restart();
            }"""
        )
        self._wait_for_kernel()

    def save(self) -> Any:
        """Saves, and returns the notebook as it now is on disk.

        An output that comes while it saves makes the notebook dirty again: then once more.
        """
        self.page.wait_for_function(
            """async () => {
                const model = window.jupyterapp.shell.currentWidget.context.model;
                await window.jupyterapp.commands.execute('docmanager:save');
                return !model.dirty;
            }""",
            polling=200,
        )
        path = self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
        return nbformat.read(self.server.root / path, as_version=4)

    def execute(self, code: str) -> str:
        """Runs code in the kernel without a cell; what it printed, or its traceback."""
        text: str = self.page.evaluate(
            """async ([code]) => {
                const context = window.jupyterapp.shell.currentWidget.sessionContext;
                const future = context.session.kernel.requestExecute(
                    {code, silent: false, store_history: false});
                let text = '';
                future.onIOPub = message => {
                    const {header, content} = message;
                    if (header.msg_type === 'stream') text += content.text;
                    if (header.msg_type === 'error') text += content.traceback.join('\\n');
                };
                await future.done;
                return text;
            }""",
            [code],
        )
        return text

    # -- looking --------------------------------------------------------------

    def cell(self, index: int) -> Any:
        """Playwright's locator of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Any:
        """Playwright's locator of everything a cell shows below its input."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def shown(self) -> list[list[str]]:
        """For each cell what is shown of each output.

        A media type, ``widget`` for a live widget, ``broken`` for one whose model is gone.
        """
        kinds: list[list[str]] = self.page.evaluate(
            """() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].map(cell =>
                [...cell.querySelectorAll('.jp-OutputArea-output')].map(output => {
                    if (output.innerText.includes('Error displaying widget')) return 'broken';
                    const widget = '.jupyter-widgets';
                    if (output.matches(widget) || output.querySelector(widget)) return 'widget';
                    return output.getAttribute('data-mime-type');
                }))"""
        )
        return kinds

    def screenshot_cell(self, index: int, path: Path) -> Path:
        """A picture of a whole cell, however tall: the view grows to it for the moment."""
        view = self.page.viewport_size
        height = self.cell(index).bounding_box()["height"]
        # JupyterLab scrolls inside the page, so what is outside of the view is not painted.
        self.page.set_viewport_size({**view, "height": int(max(view["height"], height + 400))})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.cell(index).screenshot(path=path)
        finally:
            self.page.set_viewport_size(view)
        return path


class PanelView:
    """The panel in the output of a cell, its parts by what a person knows them by.

    Attribute ``output`` is Playwright's locator of everything the cell shows.
    """

    def __init__(self, output: Any) -> None:
        self.output = output
        self.prompt = output.get_by_placeholder("What should be in the picture?")
        self.generate = output.get_by_role("button", name="Generate")
        self.search = output.get_by_placeholder("search: words, model, seed")
        self.equivalent = output.locator("pre.comet-cell").first
        self.running = output.locator(".comet-running")
        # Those that are not in use stay in the page, hidden.
        self.thumbnails = output.locator(".comet-thumb:visible")
        # Large pictures and comparisons; the icons of buttons are no images.
        # Not by `*=`: the letters "svg" stand in the base64 of many a picture.
        self.pictures = output.locator(
            "img[src^='data:image/'][width]:not([src^='data:image/svg'])"
        )

    def field(self, name: str) -> Any:
        """The input with this label."""
        return self.output.get_by_label(name, exact=True)

    def button(self, name: str) -> Any:
        """The button with these words."""
        return self.output.get_by_role("button", name=name, exact=True)

    def titled(self, title: str) -> Any:
        """The button that explains itself so."""
        return self.output.get_by_title(title, exact=True)

    def generate_again(self) -> None:
        """Clicks Generate when the click before is over: two within 0.8 seconds are one."""
        self.output.page.wait_for_timeout(1_000)
        self.generate.click()

    def choose_model(self, short_name: str) -> None:
        """Chooses a model by its short name."""
        models = self.field("model")
        models.focus()  # the field before is left, as by a person; choosing alone does not
        models.select_option(label=short_name)
