"""Pictures from words: a prompt and a seed give the same picture with the same Pillow.

    vocabulary  words -> scene                chance    draws that belong to a seed and a name
    palette     the light, designed by hand   colour    mixing and grading in OKLab
    arrange     light and composition         canvas    smooth shapes, gradients and glows
    compose     what is painted in what order finish    styles, and the tag in the corner

The painters between them (`sky`, `land`, `water`, `flora`, `buildings`, `city`, `creatures`,
`sitting`, `figures`, `things`, `table`, `weather`) know one kind of element each. This folder is
the only place of the sandbox that knows Pillow.
"""

from __future__ import annotations

import io

from PIL import Image

from .canvas import Canvas
from .compose import paint
from .finish import TAG, add_tag, apply_style
from .vocabulary import read

__all__ = ["TAG", "draw", "encode"]

# above this area a picture is painted smaller and enlarged: its shapes are smooth anyway
_MAX_PAINTED = 1_500_000


def draw(prompt: str, seed: int, width: int, height: int) -> Image.Image:
    """Draw a scene from the words of a prompt.

    Parameters
    ----------
    prompt
        Words choose time of day, weather, land, things, colours and style; unknown ones are
        ignored, and without any known one it is a landscape of the seed's choice.
    seed
        Another one changes the composition; the same one keeps it when a word changes.
    width, height
        Pixels.

    Returns
    -------
    An RGB image, tagged in its lower right corner as drawn locally.

    Examples
    --------
    >>> draw("a paper boat at sunrise", seed=7, width=512, height=512).size
    (512, 512)
    """
    scene = read(prompt)
    share = min(1.0, (_MAX_PAINTED / (width * height)) ** 0.5)
    canvas = Canvas(max(16, round(width * share)), max(16, round(height * share)))
    paint(canvas, scene, seed)
    apply_style(canvas, scene.style, seed)
    if canvas.image.size != (width, height):
        enlarged = canvas.image.resize((width, height), Image.Resampling.BICUBIC)
        canvas = Canvas(width, height)
        canvas.image = enlarged
    add_tag(canvas)
    return canvas.image


def encode(image: Image.Image, format: str, quality: int = 80) -> bytes:
    """Write a picture as a file: ``format`` is webp, png or jpg, ``quality`` is 0 to 100."""
    file = io.BytesIO()
    if format == "webp":
        image.save(file, "WEBP", quality=quality, method=2)
    elif format == "png":
        image.save(file, "PNG", compress_level=4)
    else:
        image.save(file, "JPEG", quality=max(1, quality))
    return file.getvalue()
