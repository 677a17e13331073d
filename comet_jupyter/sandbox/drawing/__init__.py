"""Pictures from words: a prompt and a seed give the same picture with the same Pillow.

    vocabulary  words -> scene                styles    words -> medium and tone
    avoid       what a negative prompt means  chance    draws that belong to a seed and a name
    palette     the light, designed by hand   colour    mixing and grading in OKLab
    arrange     light and composition         canvas    smooth shapes, gradients and glows
    compose     what is painted in what order texture   grain, clouding, strokes
    finish      style, strength, and the tag  strength  what guidance and steps do
    pictures    input pictures, under caps    editing   what a prompt does to one
    relight     another light for a picture   seeing    horizon, sky and sun of a picture

The painters between them (`sky`, `land`, `water`, `flora`, `buildings`, `city`, `creatures`,
`sitting`, `figures`, `things`, `table`, `weather`) know one kind of element each, the studios
(`brushes`, `pens`, `prints`, `camera`) one kind of technique. This folder is the only place of
the sandbox that knows Pillow.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import unquote

from PIL import Image

from ..wishes import NO_WISHES, Seen, Wishes, picture_bytes
from .arrange import Reference
from .avoid import left_out, without
from .canvas import Canvas
from .compose import paint
from .editing import edited
from .finish import TAG, add_tag, finish, without_tag
from .pictures import cropped, opened
from .seeing import horizon_of, palette_of
from .vocabulary import Scene, read

__all__ = ["TAG", "draw", "encode", "look"]

# above this area a picture is painted smaller and enlarged: its shapes are smooth anyway
_MAX_PAINTED = 1_500_000


def draw(
    prompt: str, seed: int, width: int, height: int, wishes: Wishes = NO_WISHES
) -> Image.Image:
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
    wishes
        Guidance, detail, what to leave out, an input picture; without any, nothing changes.

    Returns
    -------
    An RGB image, tagged in its lower right corner as drawn locally.

    Raises
    ------
    ValueError
        The input picture cannot be read.

    Examples
    --------
    >>> draw("a paper boat at sunrise", seed=7, width=512, height=512).size
    (512, 512)
    """
    avoided = left_out(wishes.negative) if wishes.negative else frozenset()
    scene = read(prompt, avoided)
    if avoided:
        scene = without(scene, avoided)
    share = min(1.0, (_MAX_PAINTED / (width * height)) ** 0.5)
    size = (max(16, round(width * share)), max(16, round(height * share)))
    if wishes.picture is None:
        image = finish(_painted(scene, seed, size), scene, seed, wishes)
    else:
        image = _after_picture(prompt, scene, seed, size, wishes)
    canvas = Canvas(width, height)
    canvas.image = image
    if image.size != (width, height):
        canvas.image = image.resize((width, height), Image.Resampling.BICUBIC)
    add_tag(canvas)
    return canvas.image


def _painted(
    scene: Scene, seed: int, size: tuple[int, int], reference: Reference | None = None
) -> Image.Image:
    canvas = Canvas(*size)
    paint(canvas, scene, seed, reference)
    return canvas.image


def _after_picture(
    prompt: str, scene: Scene, seed: int, size: tuple[int, int], wishes: Wishes
) -> Image.Image:
    """A picture changed by the prompt, mixed with its drawing, or lending it its colours."""
    given = cropped(_given(str(wishes.picture), size), *size)
    if wishes.role == "mood":
        reference = Reference(palette_of(given), wishes.strength**0.5)
        return finish(_painted(scene, seed, size, reference), scene, seed, wishes)
    if wishes.role == "edit":
        changed = edited(given, prompt, scene, seed)
        return finish(changed, scene, seed, wishes, painted=False)
    strength = min(1.0, max(0.0, wishes.strength))
    reference = Reference(palette_of(given), 1 - strength, horizon_of(given))
    drawn = _painted(scene, seed, size, reference)
    kept = Image.blend(given, edited(given, prompt, scene, seed), min(1.0, strength / 0.4))
    # what the prompt does not know of goes early: nobody wants to see through a boat
    mixed = Image.blend(kept, drawn, 1 - (1 - strength) ** 1.5)
    done = finish(mixed, scene, seed, wishes, painted=False)
    return Image.blend(given, done, min(1.0, strength / 0.25))


def _given(uri: str, size: tuple[int, int]) -> Image.Image:
    """The picture in a data: URI; for an address, which is not fetched, one that stands in."""
    data = picture_bytes(uri)
    if data is not None:
        return without_tag(opened(data))
    _, _, path = uri.partition("://")[2].partition("/")
    words = " ".join(re.findall(r"[a-z]+", unquote(path).lower()))
    seed = int.from_bytes(sha256(uri.encode("utf-8", "replace")).digest()[:6], "big")
    return _painted(read(words), seed, size)


def look(pictures: Sequence[tuple[str, str]]) -> Seen:
    """Read the input pictures of a create, each with the name of its field, to their ends."""
    size = None
    for at, (field, uri) in enumerate(pictures):
        try:
            data = picture_bytes(uri)
            found = opened(data).size if data is not None else None
        except ValueError as reason:
            return Seen(flaw=f"The input picture cannot be read: input.{field}: {reason}")
        size = found if at == 0 else size
    return Seen(size)


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
