"""The field of an input picture: uploaded, named by its address, or one made before.

The form holds references (``comet:<sha256>``) and addresses; the bytes are in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...errors import CometError
from ...models import InputSpec
from ...show import html
from ..kit import Kit

Post = Callable[[Callable[[], object]], object]
"""Has a function called soon by the one thread that changes widgets."""

Keep = Callable[[bytes], str]
"""Keeps the bytes of a picture in the store and gives its reference; raises `CometError`."""

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
        label = spec.name.replace("_", " ")
        self._label = kit.make("Label", value=label, layout={"width": "128px", "margin": "0"})
        self._upload = kit.make(
            "FileUpload",
            accept="image/*",
            multiple=self.several,
            description="Upload",
            layout={"width": "auto"},
            tooltip="A picture from your computer; a result in the gallery can be taken as well",
        )
        self._address = kit.make(
            "Text",
            placeholder="or its address, https://…",
            continuous_update=False,
            layout={"flex": "1 1 120px", "width": "auto", "min_width": "100px"},
        )
        self._clear = kit.make(
            "Button", icon="times", tooltip="No picture", layout={"width": "36px"}
        )
        self._shown = kit.make(
            "HTML", layout={"margin": "0 0 0 132px", "display": "none"}, own=True
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

    def _take(self, values: list[str]) -> None:
        most = self.spec.maximum or 64
        self._values = values[: int(most)] if self.several else values[:1]
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
        self.problem = ""
        references: list[str] = []
        for data in found:
            try:
                references.append(self._keep(data))
            except CometError as error:
                self.problem = f"{error.cause}. {error.remedy}"
        self._take([*self._values, *references] if self.several else references or self._values)


def thumbnail(media_type: str, data: bytes, name: str) -> str:
    """A small picture that stands for an input."""
    return str(html.picture(media_type, data, name, _THUMB, _THUMB))


def _contents(value: Any) -> Iterator[bytes]:
    """The bytes of uploaded files: ipywidgets 8 gives a tuple, 7 a mapping by name."""
    files = value.values() if hasattr(value, "values") else value
    for file in files:
        yield bytes(file["content"])
