"""Markup that nothing can slip into: elements, escaping, and the look they share.

Whatever is not `Html` already is text and is escaped here, once. The vocabulary is what
survives JupyterLab's sanitizer in an untrusted notebook: plain elements, inline styles with
plain values, images as data URIs; and it reads well where styles are dropped too (GitHub).
"""

from __future__ import annotations

import html as _html
from base64 import b64encode

from .text import clean

# Each stands out by 3 to 1 or more from white and from JupyterLab's dark #111; the red is
# also read as text, by 4.3 to 1 on both.
GREY = "#8b9098"
BLUE = "#4f8ef7"
TEAL = "#1fa187"
GREEN = "#2ea36a"
AMBER = "#c08419"
RED = "#d9443c"

FAINT = "rgba(128,128,128,0.22)"
"""A line or a track on light and on dark ground."""

MUTED = "opacity:0.68"
SMALL = "font-size:0.9em"

# JupyterLab's sanitizer drops `anywhere`, which narrow columns need, and keeps `break-word`.
WRAP = "overflow-wrap:break-word;overflow-wrap:anywhere"

# nbconvert's page sets another font for <pre> than JupyterLab does.
_MONOSPACE = "font-family:monospace"


class Html(str):
    """Markup whose texts are escaped: goes into other markup as it is."""

    __slots__ = ()


def escape(value: object) -> Html:
    """Any value as text in HTML: cleaned, then escaped."""
    return Html(_html.escape(clean(value), quote=True))


def element(tag: str, *children: str, style: str = "", **attributes: str | int) -> Html:
    """One element; children that are not `Html` are escaped, empty ones left out.

    Attributes are escaped too. A style is always our own text and goes in as it is.
    """
    opening = f' style="{style}"' if style else ""
    opening += "".join(
        f' {"class" if name == "class_" else name}="{escape(value)}"'
        for name, value in attributes.items()
    )
    if tag == "img":
        return Html(f"<img{opening}>")
    return Html(f"<{tag}{opening}>{group(*children)}</{tag}>")


def group(*children: str, separator: str = "") -> Html:
    """Children one after the other, the empty ones left out."""
    marked = (child if isinstance(child, Html) else escape(child) for child in children if child)
    return Html(escape(separator).join(marked))


def dotted(*children: str) -> Html:
    """Facts on one line, parted by a dot that is a real character."""
    return group(*children, separator=" · ")


def block(*children: str, style: str = "") -> Html:
    """The outermost element of an output."""
    # JupyterLab and nbconvert typeset $...$ in HTML outputs, prices and prompts included;
    # MathJax 3 and 2 leave elements of these classes alone.
    return element("div", *children, style=style, class_="mathjax_ignore tex2jax_ignore")


def line(*children: str, style: str = "") -> Html:
    """A line of its own."""
    return element("div", *children, style=style)


def muted(*children: str) -> Html:
    """Text of less weight; by opacity, so that it follows light and dark themes."""
    return element("span", *children, style=MUTED) if any(children) else Html()


def unbroken(*children: str) -> Html:
    """A few words that stay on one line where there is little room."""
    return element("span", *children, style="white-space:nowrap") if any(children) else Html()


def strong(text: str) -> Html:
    """The name that the eye should find first."""
    return element("strong", text, style="font-weight:600")


def code(text: str) -> Html:
    """An id or a path, to be copied."""
    return element(
        "code", text, style=f"{_MONOSPACE};font-size:0.95em;line-height:1;background:none;padding:0"
    )


def prose(text: str) -> Html:
    """A sentence of ours; what stands between backticks is something to type."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without a partner is just one
        return escape(text)
    return group(*(code(part) if index % 2 else part for index, part in enumerate(parts)))


def badge(text: str, colour: str) -> Html:
    """A small label in a rounded frame."""
    return element(
        "span",
        text,
        style=f"display:inline-block;padding:0 8px;border:1px solid {colour};"
        "border-radius:9px;font-size:0.85em;line-height:1.45",
    )


def dot(colour: str) -> Html:
    """A coloured dot; only ever beside the word that says the same."""
    return element(
        "span",
        style=f"display:inline-block;width:8px;height:8px;border-radius:4px;background:{colour};"
        "vertical-align:middle;margin:0 6px 2px 0",
    )


def swatch(colour: str) -> Html:
    """The colour of a part of a picture, beside the word for that part."""
    return element(
        "span",
        style=f"display:inline-block;width:7px;height:7px;border-radius:2px;background:{colour};"
        "margin:0 5px 1px 0",
    )


def notice(text: str, tone: str = AMBER) -> Html:
    """A line that the reader should not miss; `GREEN` for something that is done."""
    # Further lines begin below the first word: the dot is as wide as the indent.
    return line(
        dot(tone),
        prose(text),
        style=f"{SMALL};line-height:1.5;padding-left:14px;text-indent:-14px;{WRAP}",
    )


def folded(summary: str, *children: str, is_open: bool = False) -> Html:
    """Something to unfold, without a script."""
    head = element("summary", summary, style=f"cursor:pointer;{SMALL};{MUTED}")
    if is_open:
        return element("details", head, *children, open="open", style="margin:2px 0 0 0")
    return element("details", head, *children, style="margin:2px 0 0 0")


def preformatted(text: str, *, height: str = "") -> Html:
    """Log lines; scrolls within `height` where styles are kept."""
    limit = f";max-height:{height};overflow:auto" if height else ""
    return element(
        "pre",
        text,
        style=f"{_MONOSPACE};margin:4px 0 0 0;padding:6px 10px;font-size:0.85em;line-height:1.4;"
        "white-space:pre-wrap;overflow-wrap:break-word;border-radius:4px;"
        f"background:rgba(128,128,128,0.1){limit}",
    )


def picture(media_type: str, data: bytes, alt: str, width: int, height: int) -> Html:
    """A small picture as a data URI, in CSS pixels."""
    uri = f"data:{media_type};base64,{b64encode(data).decode('ascii')}"
    return element(
        "img",
        src=uri,
        alt=alt,
        width=width,
        height=height,
        style="display:inline-block;flex:none;vertical-align:middle;margin:3px 12px 3px 0",
    )
