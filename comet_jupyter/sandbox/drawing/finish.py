"""What happens to a painted picture: style, tone and strength, and the tag that says what it is."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageStat

from ..wishes import Wishes
from .brushes import oil, watercolor
from .camera import glowing, grey, photo, sepia, vignette
from .canvas import Canvas, Point, circle
from .colour import hexed
from .pens import ink, pencil
from .prints import pixels, poster, woodcut
from .strength import graded, grained, loosened, softened
from .vocabulary import Scene

__all__ = ["TAG", "add_tag", "finish", "without_tag"]

TAG = "sandbox · drawn locally"


def finish(
    image: Image.Image, scene: Scene, seed: int, wishes: Wishes, *, painted: bool = True
) -> Image.Image:
    """Give a picture the style its prompt names and the strength its input asks for.

    Without either, what was ``painted`` here gets darker corners, and nothing else happens.
    """
    image = softened(loosened(image, wishes.guidance, seed), wishes.detail)
    if scene.neon:
        image = glowing(image, seed)
    image = _in_medium(image, scene.style, seed, wishes.detail, plain=painted)
    if scene.tone is not None:
        image = (sepia if scene.tone == "sepia" else grey)(image, seed)
    image = graded(image, wishes.guidance)
    # the large pixels of pixel art have no finer detail, and no edges to sharpen
    return image if scene.style == "pixel" else grained(image, wishes.detail, seed)


def _in_medium(
    image: Image.Image, medium: str | None, seed: int, detail: float, *, plain: bool
) -> Image.Image:
    if medium == "oil":
        return oil(image, seed, detail)
    if medium == "watercolor":
        return watercolor(image, seed)
    if medium == "ink":
        return ink(image, seed)
    if medium == "pencil":
        return pencil(image, seed)
    if medium == "pixel":
        return pixels(image)
    if medium == "poster":
        return poster(image, seed)
    if medium == "woodcut":
        return woodcut(image, seed)
    if medium == "photo":
        return photo(image, seed)
    if plain:
        vignette(image, 0.13)
    return image


@dataclass(frozen=True)
class _Place:
    """Where the tag stands in a picture of a size, in pixels."""

    box: tuple[float, float, float, float]
    text: tuple[float, float]
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont


def _place(size: tuple[int, int]) -> _Place:
    font_size = max(10.0, min(size) * 0.0175)
    try:
        font: ImageFont.ImageFont | ImageFont.FreeTypeFont = ImageFont.load_default(font_size)
    except (ImportError, OSError):  # a Pillow built without FreeType has its bitmap font
        font = ImageFont.load_default()
    left, top, right, bottom = font.getbbox(TAG)
    wide, tall = right - left, bottom - top
    pad, gap = font_size * 0.62, font_size * 0.8
    x1, y1 = size[0] - gap, size[1] - gap
    x0, y0 = x1 - wide - 2 * pad, y1 - tall - pad * 1.25
    return _Place((x0, y0, x1, y1), (x0 + pad - left, y0 + pad * 0.62 - top), font)


_PILL, _PILL_ALPHA = hexed("#10142a"), 0.42


def _pill(place: _Place) -> list[Point]:
    x0, y0, x1, y1 = place.box
    radius = (y1 - y0) / 2
    pill = [*(p for p in circle(x1 - radius, y0 + radius, radius) if p[0] >= x1 - radius)]
    right_end = sorted(pill, key=lambda point: point[1])
    left_end = [(x0 + x1 - px, py) for px, py in reversed(right_end)]
    return [*right_end, *left_end]


def add_tag(canvas: Canvas) -> None:
    """Say in the lower right corner where the picture comes from."""
    place = _place(canvas.image.size)
    canvas.shape(_pill(place), _PILL, _PILL_ALPHA)
    canvas.image.paste(hexed("#ffffff"), mask=_writing(place, canvas.image.size))


def _writing(place: _Place, size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).text(place.text, TAG, fill=235, font=place.font)
    return mask


def without_tag(image: Image.Image) -> Image.Image:
    """A picture of ours without its tag, which would be painted over by what comes; or as it is.

    What its letters hide is guessed from what lies between them.
    """
    if min(image.size) < 64:
        return image
    place = _place(image.size)
    writing = _writing(place, image.size)
    left, top, right, bottom = (round(edge) for edge in place.box)
    box = (max(0, left - 2), max(0, top - 2), right + 2, bottom + 2)
    letters, part = writing.crop(box), image.crop(box)
    core, beside = letters.point(_IN_LETTERS), letters.point(_BESIDE_LETTERS)
    grey = part.convert("L")
    written = ImageStat.Stat(grey, core).mean[0]
    if written < 150 or written - ImageStat.Stat(grey, beside).mean[0] < 45:
        return image
    # the pill is taken off as it was laid on; the letters hide what was there, so it is guessed
    pill = Image.new("L", image.size)
    ImageDraw.Draw(pill).polygon(_pill(place), fill=255)
    lifted = Image.composite(part.point(_lifted_table()), part, pill.crop(box))
    reach = max(3, round((bottom - top) * 0.3) // 2 * 2 + 1)
    beneath = lifted.filter(ImageFilter.RankFilter(reach, reach * reach // 4))
    covered = letters.point(_TOUCHED).filter(ImageFilter.MaxFilter(3))
    healed = image.copy()
    healed.paste(Image.composite(beneath, lifted, covered), box)
    return healed


_IN_LETTERS = [255 if value > 128 else 0 for value in range(256)]
_BESIDE_LETTERS = [255 if value == 0 else 0 for value in range(256)]
_TOUCHED = [255 if value > 0 else 0 for value in range(256)]


def _lifted_table() -> list[int]:
    return [
        min(255, max(0, round((value - _PILL_ALPHA * band) / (1 - _PILL_ALPHA))))
        for band in _PILL
        for value in range(256)
    ]
