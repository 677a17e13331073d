"""Addresses that are dead, or will be: deliveries, signed links, this machine's own."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ...wire.addresses import refusal
from .document import METADATA, NAME, OUTPUT, SOURCE, Document, Output, Text, put_text
from .findings import NOTICE, PROBLEM, Change, Finding
from .visible import is_visible

_ADDRESS = re.compile(r"(?:blob:https?|https?|file)://[^\s\"'<>`\\|^{}]+", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"<(?P<tag>[a-z]+)\b[^<>]{0,4000}?\b(?P<name>src|href|poster|data)\s*=\s*"
    r"(?:\"(?P<double>[^\"]{0,8000})\"|'(?P<single>[^']{0,8000})'|(?P<bare>[^\s\"'>]+))",
    re.IGNORECASE,
)
_IMAGE_TAG = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(r"(?P<picture>!?)\[[^\]]{0,2000}\]\(\s*<?(?P<target>[^\s)>]+)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(?P<target>[^\s>]+)", re.MULTILINE)
_CODE = re.compile(r"^(```+|~~~+).*?(?:^\1|\Z)|(`+)(?!`).*?\2", re.MULTILINE | re.DOTALL)

_DELIVERY = re.compile(
    r"(?:^|\.)(?:replicate\.delivery|gradio\.live|loca\.lt|ngrok\.app|ngrok\.io|ngrok-free\.app"
    r"|transfer\.sh|trycloudflare\.com)$|^delivery[\w-]*\.(?:[\w-]+\.)*bfl\.ai$"
)
"""Hosts that hand out a file for minutes to days, and tunnels into somebody's machine."""

_SIGNED = re.compile(
    r"[?&;](?:X-Amz-(?:Expires|Signature)|X-Goog-(?:Expires|Signature)|Expires|Key-Pair-Id|sig"
    r"|Signature|x-expires)=",
    re.IGNORECASE,
)
_EXPIRING_PATHS = re.compile(r"/(?:p/[a-z0-9]{20,}|api/|v1/(?:predictions|files))", re.IGNORECASE)

_PICTURES = ("image/png", "image/jpeg")
_COMET_MEMBERS = ("root", "service")

_KEEP = "Show the picture itself: run the cell again, or `%comet show ID`"


class Doom(NamedTuple):
    """Why an address does not work for a reader."""

    why: str
    here: bool
    """It works on this machine only, for now; otherwise it ends for everybody."""


class _Use(NamedTuple):
    """An address, and whether it is loaded to be seen or only followed by a click."""

    address: str
    loaded: bool


def doom(address: str) -> Doom | None:
    """Why an address is dead or dying; None when nothing is known against it."""
    text = html.unescape(address)
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme == "file":
        return Doom("a file of this machine", here=True)
    if parts.scheme == "blob":
        return Doom("an address inside a page that is closed", here=False)
    if parts.scheme not in ("http", "https"):
        return None
    if _is_local(host):
        return Doom("an address of this machine or its network", here=True)
    if _DELIVERY.search(host):
        return Doom(f"an address at {host}, which is emptied after a while", here=False)
    if host in ("replicate.com", "www.replicate.com", "api.replicate.com") and (
        _EXPIRING_PATHS.match(parts.path)
    ):
        return Doom("the address of a prediction, which is removed after a while", here=False)
    if _SIGNED.search(f"?{parts.query}"):
        return Doom("a signed link, which expires", here=False)
    return None


def find(document: Document, exists: Callable[[str], bool]) -> Iterator[Finding]:
    """Addresses in texts that are loaded, followed or printed."""
    attachments = {cell.number: set(cell.node.get("attachments", {})) for cell in document.cells}
    pictured = {output.place: output for output in document.outputs}
    for text in document.texts():
        if text.part == NAME:
            continue
        output = pictured.get(text.place)
        if text.part == METADATA and output is not None and _comet_links(output):
            continue  # said below, of the whole record
        for use in _uses(text):
            found = _judged(text, use)
            if found is not None:
                fixable = output is not None and _can_go(output, text.kind, use)
                yield Finding(*found[:2], text.place, *found[2:], fixable=fixable)
            elif text.part == SOURCE and text.kind == "markdown":
                yield from _missing(text, use, attachments[text.place.cell], exists)
    for output in document.outputs:
        if _comet_links(output):
            yield Finding(
                PROBLEM,
                "link",
                output.place,
                "its record holds addresses of the service, which die within hours",
                "Run the cell again with this version, which keeps none",
                fixable=True,
            )


def mend(document: Document) -> Iterator[Change]:
    """Dead pictures in markup become the picture beside it; our records lose their addresses."""
    for output in document.outputs:
        markup = output.text("text/html")
        if _has_picture(output) and any(map(_is_dead, _IMAGE_TAG.findall(markup))):
            rest = _IMAGE_TAG.sub(lambda match: "" if _is_dead(match[0]) else match[0], markup)
            if is_visible(rest):
                put_text(output.data, "text/html", _with_picture(markup, output))
            else:  # front ends prefer markup to pictures, even when it is empty
                del output.data["text/html"]
            yield Change(output.place, "a dead <img> replaced by the picture beside it")
        if _comet_links(output):
            for record in output.comet:
                _without_links(record)
            yield Change(output.place, "the service's addresses taken out of the record")


# -- where addresses stand ---------------------------------------------------------------


def _uses(text: Text) -> Iterator[_Use]:
    if (text.part == SOURCE and text.kind == "markdown") or text.kind == "text/markdown":
        yield from _in_markdown(text.text)
    elif text.kind in ("text/html", "image/svg+xml"):
        yield from _in_markup(text.text)
    elif text.part in (SOURCE, OUTPUT, METADATA):
        for match in _ADDRESS.finditer(text.text):
            yield _Use(match[0].rstrip(".,;:!?)]"), loaded=text.part == SOURCE)


def _in_markdown(text: str) -> Iterator[_Use]:
    text = _CODE.sub(" ", text)
    yield from _in_markup(text)
    seen = set()
    for pattern in (_MARKDOWN_LINK, _REFERENCE):
        for match in pattern.finditer(text):
            seen.add(match["target"])
            yield _Use(match["target"], loaded=bool(match.groupdict().get("picture")))
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(".,;:!?)]")
        if not any(address in one for one in seen):
            yield _Use(address, loaded=False)


def _in_markup(text: str) -> Iterator[_Use]:
    for match in _ATTRIBUTE.finditer(text):
        address = match["double"] or match["single"] or match["bare"] or ""
        followed = match["name"].lower() == "href" and match["tag"].lower() != "link"
        yield _Use(html.unescape(address.strip()), loaded=not followed)


# -- what is wrong with them -------------------------------------------------------------


def _judged(text: Text, use: _Use) -> tuple[str, str, str, str] | None:
    """Severity, code, cause and remedy; None for an address that may stay."""
    bad = doom(use.address)
    if bad is None:
        return None
    if text.part == METADATA:
        return None if bad.here else (NOTICE, "link", f"{bad.why}, in metadata", "Take it out")
    if text.part == SOURCE and text.kind != "markdown":
        remedy = "Save the picture beside the notebook and read it from there"
        return (NOTICE if bad.here else PROBLEM, "link", f"the code names {bad.why}", remedy)
    if text.part == OUTPUT and text.kind not in ("text/html", "text/markdown", "image/svg+xml"):
        return None if bad.here else (NOTICE, "link", f"{bad.why}, is printed", _KEEP)
    if use.loaded:
        remedy = _KEEP if text.part == OUTPUT else "Put the picture beside the notebook"
        return (PROBLEM, "link", f"a picture or page is loaded from {bad.why}", remedy)
    severity = NOTICE if bad.here else PROBLEM
    return (severity, "link", f"a link leads to {bad.why}", "Take the link out")


def _missing(
    text: Text, use: _Use, attachments: set[str], exists: Callable[[str], bool]
) -> Iterator[Finding]:
    """Pictures of a markdown cell that are not there: attachments and files beside it."""
    target = use.address
    if target.startswith("attachment:"):
        name = target.removeprefix("attachment:")
        there = name in attachments or unquote(name) in attachments
        cause = "a picture that was attached to the cell is not there any more"
    elif use.loaded and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//|#|/", target):
        there = exists(unquote(target.partition("?")[0].partition("#")[0]))
        cause = "a picture is not where the cell says"
    else:
        return
    if not there:
        remedy = "Put the picture beside the notebook, or take the line out"
        yield Finding(PROBLEM, "link", text.place, cause, remedy)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    if not re.fullmatch(r"[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*", host):
        return False
    return refusal(host) != ""


# -- what can be mended ------------------------------------------------------------------


def _has_picture(output: Output) -> bool:
    return any(media_type in output.data for media_type in _PICTURES)


def _can_go(output: Output, kind: str, use: _Use) -> bool:
    return (
        kind == "text/html"
        and use.loaded
        and _has_picture(output)
        and any(
            use.address in html.unescape(tag)
            for tag in _IMAGE_TAG.findall(output.text("text/html"))
        )
    )


def _is_dead(tag: str) -> bool:
    return any(use.loaded and doom(use.address) is not None for use in _in_markup(tag))


def _with_picture(markup: str, output: Output) -> str:
    """The markup with the output's picture in the place of the first dead one; the rest go."""
    media_type = next(name for name in _PICTURES if name in output.data)
    data = "".join(output.text(media_type).split())
    left = [f'<img src="data:{media_type};base64,{data}">']

    def replaced(match: re.Match[str]) -> str:
        if not _is_dead(match[0]):
            return match[0]
        return left.pop() if left else ""

    return _IMAGE_TAG.sub(replaced, markup)


def _comet_links(output: Output) -> bool:
    return any(
        any(record.get(name) for name in _COMET_MEMBERS)
        or any(isinstance(file, dict) and file.get("url") for file in _files(record))
        for record in output.comet
    )


def _files(record: object) -> list[object]:
    files = record.get("files") if isinstance(record, dict) else None
    return files if isinstance(files, list) else []


def _without_links(record: object) -> None:
    if isinstance(record, dict):
        for name in _COMET_MEMBERS:
            record.pop(name, None)
        for file in _files(record):
            if isinstance(file, dict):
                file.pop("url", None)
