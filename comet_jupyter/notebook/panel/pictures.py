"""The field of an input picture: uploaded, named by its address, or one made before.

The form holds references (``comet:<sha256>``) and addresses; the bytes are in the store.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

from ...errors import CometError
from ...models import InputSpec
from ...show import html
from ..kit import Kit
from . import wording

Post = Callable[[Callable[[], object]], object]
"""Has a function called soon by the one thread that changes widgets."""

Keep = Callable[[bytes], str]
"""Keeps the bytes of a picture in the store and gives its reference; raises `CometError`."""

LABEL = "108px"
"""Width of every label of the form."""

_DIGITS = 16
"""Of a sha256, enough to name a file of one store."""

_THUMB = 64
"""CSS pixels of the side of a small picture."""


class PictureField:
    """Takes one picture, or several where the model combines them.

    Parameters
    ----------
    spec : InputSpec
    kit : Kit
    on_change : callable
        Called on any thread after a change.
    post : callable
        Has a function called soon by the one thread that changes widgets.
    keep : callable
        Keeps an uploaded picture and gives its reference; raises `CometError`.
    """

    def __init__(
        self,
        spec: InputSpec,
        kit: Kit,
        on_change: Callable[[], object],
        post: Post,
        keep: Keep,
    ) -> None:
        self.spec = spec
        self.several = spec.type == "uri[]"
        self.problem = ""
        self._values: list[str] = []
        self._on_change = on_change
        self._keep = keep
        self._label = kit.make(
            "Label",
            value=wording.label(spec.name),
            layout={"width": LABEL, "margin": "0 4px 0 0", "justify_content": "flex-end"},
        )
        self._upload = kit.make(
            "FileUpload",
            accept="image/*",
            multiple=self.several,
            description="Upload",
            layout={"width": "auto"},
            tooltip=wording.tooltip(spec.name),
        )
        self._upload.add_class("comet-upload")
        self._address = kit.make(
            "Text",
            placeholder="or its address, https://…",
            continuous_update=False,
            layout={"flex": "1 1 120px", "width": "auto", "min_width": "100px"},
        )
        self._clear = kit.icon("times", "No picture")
        self._shown = kit.make(
            "HTML", layout={"margin": f"0 0 0 calc({LABEL} + 4px)", "display": "none"}, own=True
        )
        row = kit.make(
            "HBox",
            children=[self._label, self._upload, self._address, self._clear],
            layout={"flex_flow": "row wrap", "align_items": "center"},
        )
        self.widget = kit.make("VBox", children=[row, self._shown], layout={"margin": "2px 0"})
        self.widgets = [
            *(self._label, self._upload, self._address, self._clear, self._shown),
            *(row, self.widget),
        ]
        self._upload.observe(lambda change: post(self._uploaded), names="value")
        self._address.observe(lambda change: post(self._typed), names="value")
        self._clear.on_click(lambda button: post(lambda: self._take([])))

    def read(self) -> Any:
        """A reference or an address, a list of them, or None."""
        if not self._values:
            return None
        return list(self._values) if self.several else self._values[0]

    def write(self, value: Any) -> None:
        """Shows a value; anything that is no text or list of texts empties the field."""
        values = value if isinstance(value, list) else [value]
        self._take([one for one in values if isinstance(one, str) and one])

    def show(self, thumbnails: list[str]) -> None:
        """Shows what was chosen, in small: markup by `thumbnail`."""
        words = html.prose(self.problem) if self.problem else html.Html()
        pictures = html.group(*map(html.Html, thumbnails))
        self._shown.value = str(html.block(pictures, words)) if thumbnails or self.problem else ""
        self._shown.layout.display = None if self._shown.value else "none"

    def add(self, value: str) -> bool:
        """Takes one more, or another in its place; False when there is no room."""
        self._take([*self._values, value] if self.several else [value])
        return _short(value) in self._values

    def _take(self, values: list[str], problem: str = "") -> None:
        most = int(self.spec.maximum or 64) if self.several else 1
        if len(values) > most:
            problem = problem or f"it takes at most {most}"
        self.problem = problem
        self._values = [_short(value) for value in values[:most]]
        addresses = [one for one in self._values if not one.startswith("comet:")]
        if self._address.value != " ".join(addresses):
            self._address.value = " ".join(addresses)
        self._on_change()

    def _typed(self) -> None:
        addresses = self._address.value.split()
        kept = [one for one in self._values if one.startswith("comet:")]
        if addresses == [one for one in self._values if one not in kept]:
            return
        self._take([*kept, *addresses] if self.several else addresses or kept)

    def _uploaded(self) -> None:
        found = list(_contents(self._upload.value))
        if not found:
            return
        _empty(self._upload)
        problem = ""
        references: list[str] = []
        for data in found:
            try:
                references.append(self._keep(data))
            except CometError as error:
                problem = f"{error.cause}. {error.remedy}"
        chosen = [*self._values, *references] if self.several else references or self._values
        self._take(chosen, problem)


def _short(value: str) -> str:
    """A reference as short as is safe to type: the store completes it when it is sent."""
    return value[: len("comet:") + _DIGITS] if value.startswith("comet:") else value


def thumbnail(media_type: str, data: bytes, name: str) -> str:
    """A small picture that stands for an input."""
    uri = f"data:{media_type};base64,{b64encode(data).decode('ascii')}"
    style = "object-fit:cover;border-radius:4px;margin:3px 6px 3px 0;vertical-align:middle"
    return str(html.element("img", src=uri, alt=name, width=_THUMB, height=_THUMB, style=style))


def _empty(upload: Any) -> None:
    """Forgets uploaded files: a page would get them again, and the same one is no change."""
    if isinstance(upload.value, tuple):
        upload.value = ()
    else:  # ipywidgets 7 makes its value of these three, when the counter changes
        upload.metadata, upload.data = [], []
        upload._counter = 0


def _contents(value: Any) -> Iterator[bytes]:
    """The bytes of uploaded files: ipywidgets 8 gives a tuple, 7 a mapping by name."""
    files = value.values() if hasattr(value, "values") else value
    for file in files:
        yield bytes(file["content"])
