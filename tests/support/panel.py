"""The panel in a kernel, driven as a page drives it: messages of widgets, no browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from .kernel import Kernel

PANEL = "%load_ext comet_jupyter\nimport comet_jupyter\npanel = comet_jupyter.panel()\npanel"
"""A cell that opens it and binds it to the name ``panel``."""

_WIDGETS = "list(__import__('ipywidgets').Widget.widgets.values())"

_HTML = f"[w for w in {_WIDGETS} if w._model_name == 'HTMLModel']"

_SMALL = (
    f"[one for w in {_WIDGETS} if w._model_name == 'GridBoxModel'"
    " for one in w.children if one.layout.display != 'none']"
)


class PanelPage:
    """The widgets of the only panel of a kernel, by what a person knows them by.

    Parameters
    ----------
    kernel : Kernel
        Whose cells have bound the panel to the name ``panel``.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.subshell: str | None = None
        """Where messages go, as JupyterLab 4.4 and later send them; None for the main shell."""

    # -- acting ---------------------------------------------------------------

    def id_of(self, model: str, **members: object) -> str:
        """The comm id of the only open widget of this model with these members."""
        return self._only(
            f"w._model_name == {model!r} and all(getattr(w, n, None) == v"
            f" for n, v in {members!r}.items())"
        )

    def thumbnail(self, index: int) -> str:
        """The comm id of a small picture, counted from the first that is shown."""
        found: list[str] = self.kernel.evaluate(f"[w.model_id for w in {_SMALL}]")
        return found[index]

    def click(self, **members: object) -> None:
        """Clicks the button with these members."""
        self.press(self.id_of("ButtonModel", **members))

    def press(self, comm_id: str) -> None:
        """Clicks a button by its comm id, without a question to the kernel."""
        self.send(comm_id, {"method": "custom", "content": {"event": "click"}})

    def set(self, comm_id: str, **state: Any) -> None:
        """New values of a widget."""
        self.send(comm_id, {"method": "update", "state": state, "buffer_paths": []})

    def type_prompt(self, text: str) -> None:
        """Fills in the prompt."""
        self.set(self.prompt_id, value=text)

    @property
    def prompt_id(self) -> str:
        """The comm id of the prompt."""
        return self.id_of("TextareaModel", placeholder="What should be in the picture?")

    def choose_model(self, name: str) -> None:
        """Chooses a model of the list by its full name."""
        choice = self.id_of("DropdownModel", description="model")
        values = self.kernel.evaluate(
            f"[[value for _, value in w.options] for w in {_WIDGETS} if w.model_id == {choice!r}]"
        )
        self.set(choice, index=values[0].index(name))

    @property
    def generate_id(self) -> str:
        """The comm id of the button that spends."""
        return self.id_of("ButtonModel", button_style="primary")

    def generate(self) -> None:
        """Clicks the button that spends."""
        self.press(self.generate_id)

    def upload(self, data: bytes, name: str = "boat.png") -> None:
        """Chooses a file in the only upload field, as the front end of this ipywidgets sends it."""
        (field,) = self.uploads
        about = {"name": name, "type": "image/png", "size": len(data)}
        if self.ipywidgets >= 8:
            file = {**about, "last_modified": 1_760_000_000_000}
            state: dict[str, Any] = {"value": [file], "error": ""}
            path: list[Any] = ["value", 0, "content"]
        else:
            counter = self.value(field, "_counter")
            file = {**about, "lastModified": 1_760_000_000_000}
            state = {"_counter": counter + 1, "metadata": [file], "data": [None], "error": ""}
            path = ["data", 0]
        self.send(field, {"method": "update", "state": state, "buffer_paths": [path]}, data)

    def send(self, comm_id: str, data: Mapping[str, Any], *buffers: bytes) -> None:
        """One message to a comm."""
        session = self.kernel.client.session
        message = session.msg("comm_msg", {"comm_id": comm_id, "data": dict(data)})
        if self.subshell is not None:
            message["header"]["subshell_id"] = self.subshell
        message["buffers"] = list(buffers)
        self.kernel.client.shell_channel.send(message)

    def use_subshell(self) -> None:
        """Has the messages handled beside cells, as JupyterLab 4.4 and later do."""
        client = self.kernel.client
        request = client.session.msg("create_subshell_request", {})
        client.control_channel.send(request)
        reply = client.get_control_msg(timeout=20)
        assert reply["content"]["status"] == "ok", reply["content"]
        self.subshell = reply["content"]["subshell_id"]

    @property
    def uploads(self) -> list[str]:
        """The comm ids of the fields for files."""
        code = f"[w.model_id for w in {_WIDGETS} if w._model_name == 'FileUploadModel']"
        found: list[str] = self.kernel.evaluate(code)
        return found

    @property
    def ipywidgets(self) -> int:
        """The major version of ipywidgets in the kernel."""
        major: int = self.kernel.evaluate("int(__import__('ipywidgets').__version__.split('.')[0])")
        return major

    # -- looking --------------------------------------------------------------

    @property
    def cell(self) -> str:
        """The equivalent cell."""
        text: str = self.kernel.evaluate("panel.cell")
        return text

    def value(self, comm_id: str, member: str = "value") -> Any:
        """A member of a widget."""
        code = f"[w.{member} for w in {_WIDGETS} if w.model_id == {comm_id!r}]"
        (found,) = self.kernel.evaluate(code)
        return found

    @property
    def thumbnails(self) -> list[str]:
        """What stands on the small pictures that are shown."""
        found: list[str] = self.kernel.evaluate(f"[w.description for w in {_SMALL}]")
        return found

    @property
    def details(self) -> str:
        """The markup of the picture that is open; empty when none is."""
        code = f"[w.value for w in {_HTML} if 'saved as' in w.value]"
        found: list[str] = self.kernel.evaluate(code)
        return "".join(found)

    def shows(self, *texts: str) -> bool:
        """True when one HTML of the panel holds all these texts."""
        code = f"any(all(text in w.value for text in {texts!r}) for w in {_HTML})"
        return bool(self.kernel.evaluate(code))

    def wait_until_shown(self, text: str) -> None:
        """Returns when it does."""
        self.wait_until(lambda: self.shows(text), f"{text!r} is not shown")

    def wait_until(self, condition: Callable[[], object], otherwise: str) -> None:
        """Returns when a condition holds, which may ask the kernel."""
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, otherwise
            time.sleep(0.05)

    def open_widgets(self) -> int:
        """Widgets, layouts and styles that are alive."""
        count: int = self.kernel.evaluate(f"len({_WIDGETS})")
        return count

    def _only(self, condition: str) -> str:
        (found,) = self.kernel.evaluate(f"[w.model_id for w in {_WIDGETS} if {condition}]")
        return str(found)
