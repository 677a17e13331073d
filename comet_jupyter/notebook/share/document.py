"""A notebook's JSON as cells, outputs and texts, each with its place.

Works on plain JSON: what is unknown here stays as it is. Nothing here judges what it reads;
whether it is a notebook at all says ``shape.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...show.text import one_line
from .findings import NOTEBOOK_METADATA, Place

Node = dict[str, Any]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

_WORDS = 36


def is_text(value: Any) -> bool:
    """True for a text as notebooks hold it: whole, or as a list of its lines."""
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(line, str) for line in value)
    )


def text_of(value: Any) -> str:
    """That text whole; empty for anything else."""
    if isinstance(value, str):
        return value
    return "".join(value) if is_text(value) else ""


def put_text(holder: Any, name: Any, text: str) -> None:
    """Puts a text where another stood, in the same form: whole, or as a list of lines."""
    is_list = isinstance(holder[name], list)
    holder[name] = text.splitlines(keepends=True) if is_list else text


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a cell; `node` is the JSON itself."""

    node: Node
    place: Place

    @property
    def data(self) -> Node:
        """By media type; empty for streams and errors."""
        data: Node = self.node["data"] if self.is_display else {}
        return data

    @property
    def printed(self) -> str:
        """The text of a stream; empty for other outputs."""
        return text_of(self.node["text"]) if self.node["output_type"] == "stream" else ""

    @property
    def is_display(self) -> bool:
        """True for what has data by media type, and metadata."""
        return self.node["output_type"] in ("display_data", "execute_result")

    @property
    def comet(self) -> list[Mapping[str, Any]]:
        """The records of the predictions that it shows, as `Record.public` wrote them."""
        note = self.node["metadata"].get("comet") if self.is_display else None
        if not isinstance(note, dict):
            return []
        several = note.get("predictions")
        found = several if isinstance(several, list) else [note]
        return [one for one in found if isinstance(one, dict)]

    def text(self, media_type: str) -> str:
        """The data of this media type as one text."""
        return text_of(self.data.get(media_type, ""))


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `node` is the JSON itself."""

    node: Node
    number: int
    words: str

    def place(self, part: str = "") -> Place:
        """A place in it."""
        return Place(self.number, self.words, part)

    @property
    def is_code(self) -> bool:
        """True for a cell that runs."""
        return bool(self.node["cell_type"] == "code")

    @property
    def source(self) -> str:
        """The whole source."""
        return text_of(self.node["source"])

    @property
    def tags(self) -> list[Any]:
        """What the reader tagged it with, ``raises-exception`` for example."""
        tags = self.node["metadata"].get("tags")
        return tags if isinstance(tags, list) else []

    @property
    def outputs(self) -> list[Output]:
        """Its outputs, with their places."""
        nodes = self.node["outputs"] if self.is_code else []
        return [
            Output(node, self.place(f"output {number}")) for number, node in enumerate(nodes, 1)
        ]


SOURCE, OUTPUT, METADATA, NAME = "source", "output", "metadata", "name"


@dataclass(frozen=True, slots=True)
class Text:
    """One text and where it stands.

    Attributes
    ----------
    place : Place
    part : str
        ``source``, ``output``, ``metadata`` (of cells, outputs and the notebook) or ``name``
        (of a member or an attachment).
    kind : str
        Of a source the cell's type, of an output its media type, ``stream`` or ``error``.
    name : str
        The member that holds it, in metadata.
    text : str
    """

    place: Place
    part: str
    kind: str
    name: str
    text: str
    _holder: Any = field(repr=False)
    _at: Any = field(repr=False)

    def replace(self, text: str) -> None:
        """Puts another text in its place."""
        if self.part != NAME:
            put_text(self._holder, self._at, text)
            return
        members = list(self._holder.items())
        self._holder.clear()
        self._holder.update((text if name == self._at else name, one) for name, one in members)


class Document:
    """A notebook's JSON that `shape.malformed` finds nothing wrong with.

    Parameters
    ----------
    data : dict
        Changed in place where something is mended.
    described : callable
        Takes out of a text what a report must not show.

    Attributes
    ----------
    cells : tuple of Cell
        All of them, in order.
    """

    def __init__(self, data: Node, described: Callable[[str], str]) -> None:
        self.data = data
        self.cells = tuple(
            Cell(node, number, _words(described(text_of(node["source"]))))
            for number, node in enumerate(data["cells"], 1)
        )

    @property
    def metadata(self) -> Node:
        """The notebook's own."""
        metadata: Node = self.data["metadata"]
        return metadata

    @property
    def outputs(self) -> list[Output]:
        """All outputs of all cells."""
        return [output for cell in self.cells for output in cell.outputs]

    def texts(self) -> Iterator[Text]:
        """Every text but pictures: sources, outputs, metadata, names; each may be replaced."""
        for cell in self.cells:
            node = cell.node
            yield _text(cell.place("source"), SOURCE, node["cell_type"], node, "source")
            for output in cell.outputs:
                yield from _output_texts(output)
            yield from _leaves(cell.place("metadata"), METADATA, "cell", node, "metadata")
            yield from _attachments(cell)
        yield from _leaves(NOTEBOOK_METADATA, METADATA, "notebook", self.data, "metadata")


def _words(source: str) -> str:
    """How a source begins; it is cleaned before it is cut, or half a key would stay."""
    first = next((line for line in source.splitlines() if line.strip()), "")
    return one_line(first, _WORDS)


def is_picture(media_type: str) -> bool:
    """True for data that is no text to look into: pictures, films, sounds, documents."""
    major = media_type.partition("/")[0]
    if media_type == "image/svg+xml":
        return False
    return major in ("image", "video", "audio") or media_type == "application/pdf"


def _output_texts(output: Output) -> Iterator[Text]:
    node, place = output.node, output.place
    if node["output_type"] == "stream":
        yield _text(place, OUTPUT, "stream", node, "text")
    elif node["output_type"] == "error":
        for name in ("ename", "evalue"):
            yield _text(place, OUTPUT, "error", node, name)
        for index in range(len(node["traceback"])):
            yield _text(place, OUTPUT, "error", node["traceback"], index)
    else:
        for media_type, value in list(node["data"].items()):
            if is_picture(media_type):
                continue
            if is_text(value):
                yield _text(place, OUTPUT, media_type, node["data"], media_type)
            else:
                yield from _leaves(place, OUTPUT, media_type, node["data"], media_type)
        yield from _leaves(place, METADATA, "output", node, "metadata")


def _attachments(cell: Cell) -> Iterator[Text]:
    attachments: Node = cell.node.get("attachments", {})
    place = cell.place("attachment")
    for name, bundle in list(attachments.items()):
        for media_type, value in list(bundle.items()):
            if not is_picture(media_type) and is_text(value):
                yield _text(place, OUTPUT, media_type, bundle, media_type)
        yield Text(place, NAME, "attachment", name, name, attachments, name)


def _leaves(place: Place, part: str, kind: str, holder: Any, at: Any) -> Iterator[Text]:
    """Every text below a member; a name comes after its value, for it may be replaced too."""
    value = holder[at]
    if isinstance(value, str):
        name = at if isinstance(at, str) else ""
        yield Text(place, part, kind, name, value, holder, at)
    elif isinstance(value, dict):
        for name in list(value):
            yield from _leaves(place, part, kind, value, name)
            yield Text(place, NAME, kind, name, name, value, name)
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _leaves(place, part, kind, value, index)


def _text(place: Place, part: str, kind: str, holder: Any, at: Any) -> Text:
    name = at if isinstance(at, str) else ""
    return Text(place, part, kind, name, text_of(holder[at]), holder, at)
