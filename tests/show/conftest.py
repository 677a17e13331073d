"""Records to draw, and a checker of what front ends leave of markup.

The allowed names are those that JupyterLab 4 keeps of an untrusted notebook's output, taken
from its sanitizer's lists and narrowed to what the package uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any

import pytest

from comet_jupyter.record import FileRef, Record
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

START = datetime(2026, 3, 12, 11, 27, 18, tzinfo=timezone.utc)
LOGS = "Using seed: 60392\n 50%|█████     | 2/4 [00:00<00:00]\nTotal safe images: 1 out of 1"
WEBP = FileRef(
    "ab" * 32, "image/webp", 312_345, 1024, 768, "https://replicate.delivery/x/out-0.webp"
)

TAGS = {
    *("div", "span", "p", "pre", "code", "strong", "bdi", "img", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"style", "class", "dir"}
OWN_ATTRIBUTES = {"img": {"src", "alt", "width", "height"}, "details": {"open"}}
PROPERTIES = {
    *(
        "display",
        "flex",
        "align-items",
        "width",
        "height",
        "max-height",
        "overflow",
        "margin",
        "padding",
    ),
    *("border", "border-left", "border-top", "border-radius", "border-collapse", "background"),
    *("color", "opacity", "font-family", "font-size", "font-weight", "line-height"),
    *("text-align", "vertical-align", "white-space", "overflow-wrap", "cursor"),
    *("padding-left", "text-indent"),
}
ONLY = {"overflow-wrap": {"normal", "break-word"}, "word-break": {"normal", "keep-all"}}
PLAIN_VALUE = re.compile(r"[a-z0-9 .,%#()-]+")
FORBIDDEN_VALUE = re.compile(r"var\(|url\(|calc\(|expression|inherit|!important")


@dataclass
class Seen(HTMLParser):
    """What a piece of markup is made of, and what a sanitizer would drop of it."""

    dropped: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in TAGS:
            self.dropped.append(f"<{tag}>")
        if tag != "img":
            self.open_tags.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES | OWN_ATTRIBUTES.get(tag, set()):
                self.dropped.append(f"{tag}[{name}]")
            if name == "style":
                self._style(value or "")
        if tag == "img":
            self.images.append({name: value or "" for name, value in attrs})
            if not self.images[-1].get("src", "").startswith("data:image/"):
                self.dropped.append("img[src]")

    def _style(self, style: str) -> None:
        self.styles.append(style)
        kept: set[str] = set()
        for declaration in style.split(";"):
            name, _, value = declaration.partition(":")
            plain = PLAIN_VALUE.fullmatch(value) and not FORBIDDEN_VALUE.search(value)
            if name in PROPERTIES and plain and value in ONLY.get(name, {value}):
                kept.add(name)
            elif name not in kept:  # a plainer value stands before it
                self.dropped.append(declaration)

    def handle_endtag(self, tag: str) -> None:
        if not self.open_tags or self.open_tags.pop() != tag:
            self.dropped.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.dropped.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.dropped.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.dropped.append("instruction")


def _read(markup: str) -> Seen:
    seen = Seen()
    seen.feed(markup)
    seen.close()
    seen.dropped.extend(f"<{tag}> is never closed" for tag in seen.open_tags)
    return seen


def _make(
    status: str = "succeeded",
    *,
    seed: int | None = 7,
    prompt: str = "A paper boat floating on calm water at sunrise.",
    model: str = "black-forest-labs/flux-dev",
    template: str | None = None,
    queue: float = 0.4,
    run: float = 3.1,
    at: float = 0.0,
    state: dict[str, Any] | None = None,
    **fields: Any,
) -> Record:
    """A record in this state: finished and priced when succeeded, failed or canceled."""
    start = START + timedelta(seconds=at)
    ended = status in ("succeeded", "failed", "canceled")
    answer: dict[str, Any] = {
        "id": "q4chw5rey9rmt0cww76t4h3ma4",
        "status": status,
        "created_at": start,
        "started_at": None if status == "starting" else start + timedelta(seconds=queue),
        "completed_at": start + timedelta(seconds=queue + run) if ended else None,
        "logs": "" if status == "starting" else LOGS,
    }
    values: dict[str, Any] = {
        "key": "0" * 32,
        "request": PredictionRequest(
            model, {"prompt": prompt} | ({} if seed is None else {"seed": seed}), template
        ),
        "submitted_at": start,
        "state": PredictionState(**(answer | (state or {}))),
        "finished": ended,
    }
    if ended:
        values |= {"download_time": 0.35, "total_time": queue + run + 0.45, "cost": 0.025}
    if status == "succeeded":
        values["files"] = (WEBP,)
    return Record(**(values | fields))


@pytest.fixture(scope="session")
def make() -> Callable[..., Record]:
    """Makes records: ``make("failed", seed=7, ...)``."""
    return _make


@pytest.fixture(scope="session")
def read() -> Callable[[str], Seen]:
    """Takes markup apart; ``dropped`` is what a sanitizer would take away."""
    return _read


@pytest.fixture(scope="session")
def start() -> datetime:
    """When every record was submitted."""
    return START
