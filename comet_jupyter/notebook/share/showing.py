"""Outputs that show nothing on GitHub, on nbviewer or in what nbconvert makes.

Of an output they show one type, the first that they know: markup before pictures, pictures
before text. Scripts, frames and films are dropped.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

from ...errors import CometError
from ...images import preview
from .document import WIDGET_VIEW, Document, Output
from .findings import NOTICE, PROBLEM, Change, Finding
from .visible import has_frame, has_script, is_visible

_SHOWN = ("text/html", "text/markdown", "text/latex", "image/svg+xml", "image/png", "image/jpeg")
_PICTURES = ("image/png", "image/jpeg")
_DRAWN_BY_SCRIPT = re.compile(r"application/(?:javascript|vnd\.[\w.+-]*json)|text/javascript")
_OF_NO_INTEREST = re.compile(
    r"application/vnd\.(?:code|databricks|dataresource|google|jupyter|microsoft)\b"
)

Original = Callable[[str, str], "bytes | None"]


def find(document: Document, original: Original) -> Iterator[Finding]:
    """What readers would not see."""
    for output in document.outputs:
        yield from _in_markup(output)
        yield from _in_drawing(output)
        yield from _before_a_picture(output)
        if not any(media_type in output.data for media_type in _SHOWN):
            yield from _without_a_known_type(output, original)


def mend(document: Document, original: Original) -> Iterator[Change]:
    """Pictures of rare types get a png or jpeg beside them; dead markup goes from pictures."""
    for output in document.outputs:
        for media_type in _hiding(output):
            del output.data[media_type]
            text = f"{media_type} without anything to see taken out; it hid the picture"
            yield Change(output.place, text)
        if any(media_type in output.data for media_type in _SHOWN):
            continue
        for media_type in _rare_pictures(output):
            made = _encoded(output, media_type, original)
            if made is not None:
                output.data.update([made])
                yield Change(output.place, f"{made[0]} put beside {media_type}")
                break


def _in_markup(output: Output) -> Iterator[Finding]:
    markup = output.text("text/html")
    if not (has_script(markup) or has_frame(markup)):
        return
    what = "a script draws all of it" if has_script(markup) else "a frame or film is all of it"
    if is_visible(markup):
        cause = "it has scripts or frames, which GitHub drops; the rest shows"
        yield Finding(NOTICE, "script", output.place, cause, "Look at it on GitHub once")
    elif WIDGET_VIEW not in output.data:
        hides = "text/html" in _hiding(output)
        yield Finding(
            PROBLEM,
            "script",
            output.place,
            f"{what}, so GitHub shows nothing" + (" of the picture beside it" if hides else ""),
            "Show it as a PNG as well",
            fixable=hides,
        )


def _in_drawing(output: Output) -> Iterator[Finding]:
    if has_script(output.text("image/svg+xml")):
        yield Finding(
            PROBLEM,
            "script",
            output.place,
            "the SVG holds a script, so GitHub does not show it",
            "Show it as a PNG as well, or take the script out",
            fixable="image/svg+xml" in _hiding(output),
        )


def _before_a_picture(output: Output) -> Iterator[Finding]:
    for media_type in _hiding(output):
        if _DRAWN_BY_SCRIPT.fullmatch(media_type):
            yield Finding(
                PROBLEM,
                "script",
                output.place,
                "a script is shown in the place of the picture beside it",
                "Show the picture alone",
                fixable=True,
            )


def _without_a_known_type(output: Output, original: Original) -> Iterator[Finding]:
    rare = [media_type for media_type in output.data if _is_rare(media_type)]
    drawn = [
        media_type
        for media_type in output.data
        if _DRAWN_BY_SCRIPT.fullmatch(media_type) and not _OF_NO_INTEREST.match(media_type)
    ]
    if rare:
        yield Finding(
            PROBLEM,
            "format",
            output.place,
            f"it is {rare[0]} only, which GitHub and nbconvert do not show",
            "Show it as PNG or JPEG as well",
            fixable=any(_encoded(output, one, original) for one in _rare_pictures(output)),
        )
    elif drawn:
        yield Finding(
            PROBLEM,
            "script",
            output.place,
            f"it is {drawn[0][:60]} only, which needs a script to be seen",
            "Show it as a PNG as well",
        )


def _hiding(output: Output) -> list[str]:
    """Types that hide a real picture in the same output and show nothing themselves."""
    if not any(media_type in output.data for media_type in _PICTURES):
        return []
    scripts = ("application/javascript", "text/javascript")
    found: list[str] = [name for name in scripts if name in output.data]
    markup = output.text("text/html")
    if (has_script(markup) or has_frame(markup)) and not is_visible(markup):
        found.append("text/html")
    if has_script(output.text("image/svg+xml")):
        found.append("image/svg+xml")
    return found


def _is_rare(media_type: str) -> bool:
    major = media_type.partition("/")[0]
    is_shown = media_type in _SHOWN
    return (major in ("image", "video", "audio") and not is_shown) or (
        media_type == "application/pdf"
    )


def _rare_pictures(output: Output) -> list[str]:
    return [name for name in output.data if name.startswith("image/") and _is_rare(name)]


def _encoded(output: Output, media_type: str, original: Original) -> tuple[str, str] | None:
    """The picture as png or jpeg, from the original where it is kept; None for no picture."""
    sources = [
        original(str(file.get("sha256")), str(file.get("media_type")))
        for record in output.comet[:1]
        for file in (record.get("files") or ())[_index(record) :][:1]
        if isinstance(file, dict)
    ]
    with suppress(ValueError):
        sources.append(base64.b64decode(output.text(media_type)))
    for data in filter(None, sources):
        try:
            made = preview(data)
        except CometError:
            continue
        return made.media_type, base64.b64encode(made.data).decode("ascii")
    return None


def _index(record: object) -> int:
    index = record.get("image") if isinstance(record, dict) else None
    return index if isinstance(index, int) and index >= 0 else 0
