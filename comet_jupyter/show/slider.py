"""One picture over the other, parted by a line that can be dragged: plain elements and styles.

No script, no style sheet, no widget: it works in a saved notebook, untrusted or exported. The
line is the right edge of a box with ``resize:horizontal``, which browsers let people drag;
every style here is one that JupyterLab's sanitizer keeps. Where styles are dropped, the two
pictures stand below each other, each after its name.
"""

from __future__ import annotations

from ..images import Preview
from . import html
from .details import large_picture
from .html import Html

GRIP = 16
"""CSS pixels: the lower right corner that Chromium and Firefox let people drag is 15 or 16."""

_KNOB = 24
_HALF = GRIP // 2
_WHITE = "#ffffff"
_SHADOW = "box-shadow:0 0 4px rgba(0,0,0,0.6)"
_CHIP = (
    "position:absolute;top:8px;overflow:hidden;padding:0 9px;border-radius:9px;"
    f"background:rgba(24,24,24,0.68);color:{_WHITE};font-size:12px;line-height:19px;"
    "white-space:nowrap;text-overflow:ellipsis"
)


def slider(names: tuple[str, str], shown: tuple[Preview, Preview], alts: tuple[str, str]) -> Html:
    """The first picture on the left of the line, the second on its right.

    Parameters
    ----------
    names : tuple of str
        What stands on each picture.
    shown : tuple of Preview
        Of the same size in pixels (see `images.fitted`).
    alts : tuple of str
        Their text alternatives.

    Returns
    -------
    Html
        As wide as the surroundings allow, at most as the pictures' ``display_width``.
    """
    width = shown[1].display_width
    below = large_picture(shown[1], alts[1], "width:100%;height:auto;max-width:none")
    frame = html.element(
        "div",
        _upper(names[0], shown[0], alts[0], width),
        _chip(names[1], "right", width),
        below,
        style=f"position:relative;overflow:hidden;width:{width}px;max-width:100%;"
        "border-radius:6px;margin:4px 0 0 0",
    )
    return html.group(frame, _only_with_style("drag the line to see more of A or of B", _HINT))


_HINT = f"{html.SMALL};{html.MUTED};margin:2px 0 0 0"


def _upper(name: str, shown: Preview, alt: str, width: int) -> Html:
    """The upper picture as far as the line: as wide as the invisible box that is dragged.

    It begins half a grip left of the frame and may end half a grip right of it, so that the line,
    which is half a grip from its right edge, goes from one edge of the frame to the other.
    """
    # As high as the frame and in its own shape it is as wide as the frame, wherever the line is.
    picture = large_picture(shown, alt, "height:100%;width:auto;max-width:none")
    clipped = html.element(
        "div",
        _chip(name, "left", width),
        picture,
        style=f"position:absolute;left:{_HALF}px;right:{_HALF}px;top:0;height:100%;overflow:hidden",
    )
    line = html.element(
        "div",
        style=f"position:absolute;right:{_HALF - 1}px;top:0;width:2px;height:100%;"
        f"background:{_WHITE};{_SHADOW}",
    )
    knob = _only_with_style(
        "⇔",
        f"position:absolute;right:{_HALF - _KNOB // 2}px;top:50%;width:{_KNOB}px;height:{_KNOB}px;"
        f"margin:-{_KNOB // 2}px 0 0 0;border-radius:{_KNOB // 2}px;background:{_WHITE};{_SHADOW};"
        f"color:#333333;font-size:14px;line-height:{_KNOB}px;text-align:center",
    )
    # Its lower right corner is in the middle of the knob. What is invisible can still be dragged.
    grip = html.element(
        "div",
        style=f"position:relative;width:{width // 2 + GRIP}px;max-width:100%;min-width:{GRIP}px;"
        f"height:50%;margin:{_HALF}px 0 0 0;overflow:hidden;resize:horizontal;opacity:0",
    )
    box = html.element(
        "div",
        clipped,
        line,
        knob,
        grip,
        style="position:absolute;left:0;top:0;height:100%;max-width:100%",
    )
    room = f"position:absolute;left:-{_HALF}px;right:-{_HALF}px;top:0;height:100%;z-index:1"
    return html.element("div", box, style=room)


def _chip(name: str, side: str, width: int) -> Html:
    """A name in its upper corner; both fit beside each other."""
    return html.element("div", name, style=f"{_CHIP};{side}:8px;max-width:{width // 2 - 40}px")


def _only_with_style(text: str, style: str) -> Html:
    """Words that mean nothing where styles are dropped: there the attribute hides them."""
    return html.element("div", text, style=f"display:block;{style}", hidden="hidden")
