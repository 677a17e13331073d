"""An input picture changed by the words of a prompt: light, weather, colours, things added."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from .arrange import arranged
from .canvas import Canvas, circle
from .chance import Chance
from .colour import Colour, mix
from .compose import paint_additions
from .relight import relit, tinted
from .seeing import Disc, Sky, horizon_of, hue_standing_out, palette_of, sky_of, sun_of
from .sky import paint_aurora, paint_clouds, paint_moon, paint_rainbow, paint_stars
from .stage import Stage
from .texture import clouding, levels
from .vocabulary import Scene, is_thing, read, words_of
from .weather import paint_lightning, paint_weather

__all__ = ["edited"]

_ADDED = re.compile(r"\b(?:add|adding|put|place|insert|include|with|plus)\b(.*)", re.DOTALL)


def edited(image: Image.Image, prompt: str, scene: Scene, seed: int) -> Image.Image:
    """The picture with what the prompt says done to it.

    Parameters
    ----------
    image
        RGB, in the size it shall have; it stays as it is.
    prompt, scene
        What was asked for, and what of it the drawing knows.
    seed
        Another one chooses another light, other stars, another place for what is added.
    """
    scene = _without_hints(scene, prompt)
    horizon = horizon_of(image)
    sky = sky_of(image, horizon)
    canvas = Canvas(*image.size)
    canvas.image = image.copy()
    # its colours are for things: the light keeps its own
    stage = arranged(canvas, replace(scene, colours=()), seed)
    line = image.height * horizon
    stage = replace(stage, horizon=line, sun=(stage.sun[0], min(stage.sun[1], line * 0.5)))
    is_relit = bool(
        scene.time is not None or {"rain", "storm", "snow"} & scene.weather or scene.neon
    )
    if is_relit:
        canvas.image = relit(
            canvas.image, stage.palette, stage.kind, sky.whole if sky else None, horizon
        )
    else:
        # what is added is seen in the light that is there
        stage = replace(stage, palette=palette_of(image), kind="day")
    _paint_on_sky(stage, image, sky, is_relit=is_relit)
    if scene.leaves is not None:
        canvas.image = _leaves_turned(canvas.image, scene.leaves)
    if "snow" in scene.weather:
        canvas.image = _snowed_on(canvas.image, sky, seed)
    if "fog" in scene.weather:
        canvas.image = _in_haze(canvas.image, stage.palette.haze, horizon)
    canvas.image = _in_colours(canvas.image, prompt, scene, sky)
    _add(stage, prompt)
    paint_weather(stage)
    return _in_mood(canvas.image, prompt, seed)


def _paint_on_sky(stage: Stage, image: Image.Image, sky: Sky | None, *, is_relit: bool) -> None:
    if sky is None:
        return
    weather, canvas = stage.scene.weather, stage.canvas
    before = canvas.image.copy()
    disc = sun_of(image, sky)
    if stage.kind == "night":
        paint_stars(stage)
        canvas.image = Image.composite(canvas.image, before, sky.clear)
    overcast = bool({"rain", "storm"} & weather)
    if is_relit and not overcast:
        _paint_disc(stage, disc)
    before = canvas.image.copy()
    if "aurora" in weather:
        paint_aurora(stage)
    if "rainbow" in weather:
        paint_rainbow(stage)
    if weather & {"clouds", "storm", "rain"}:
        paint_clouds(stage, overcast)
    if "storm" in weather:
        paint_lightning(stage)
    canvas.image = Image.composite(canvas.image, before, sky.upper)


def _paint_disc(stage: Stage, disc: Disc | None) -> None:
    """The sun of the day is the moon of the night, and in every other light a sun again."""
    canvas, light = stage.canvas, stage.palette.light
    if stage.kind == "night":
        if disc is None and "moon" not in stage.scene.without:
            paint_moon(stage)
        elif disc is not None:
            paint_moon(replace(stage, sun=(disc.x, disc.y)), disc.radius)
    elif disc is not None:
        canvas.glow(disc.x, disc.y, disc.radius * 4.5, light, 0.5, 2.2)
        canvas.shape(circle(disc.x, disc.y, disc.radius), light, 0.9)


def _leaves_turned(image: Image.Image, colour: Colour) -> Image.Image:
    """Everything green in the colour of leaves."""
    return _hue_replaced(image, 72, 36, colour)


def _snowed_on(image: Image.Image, sky: Sky | None, seed: int) -> Image.Image:
    """Snow on all that is pale and lies below the sky; what is colourful stays free."""
    _, colourful, light = image.convert("HSV").split()
    drifts = levels(clouding(image.size, 14, seed, "drifts"), -50, 90)
    lying = ImageChops.add(light.point(_LYING), drifts, 1, -20)
    lying = ImageChops.multiply(lying, colourful.point(_FREE))
    lower = Image.linear_gradient("L").point(_LOWER).resize(image.size)
    lying = ImageChops.multiply(lying, lower)
    if sky is not None:
        lying = ImageChops.subtract(lying, sky.whole)
    whitened = ImageEnhance.Brightness(ImageEnhance.Color(image).enhance(0.25)).enhance(1.5)
    white = Image.new("RGB", image.size, (240, 245, 252))
    return Image.composite(Image.blend(whitened, white, 0.6), image, lying)


_LYING = [min(255, max(0, (value - 40) * 3)) for value in range(256)]
_FREE = [min(255, max(0, (205 - value) * 4)) for value in range(256)]
_LOWER = [min(215, max(0, (value - 95) * 4)) for value in range(256)]


def _in_haze(image: Image.Image, haze: Colour, horizon: float) -> Image.Image:
    depth = [round(255 * max(0.15, 0.54 - 0.85 * abs(row / 255 - horizon))) for row in range(256)]
    column = Image.new("L", (1, 256))
    column.putdata(depth)
    small = image.reduce(2) if min(image.size) > 8 else image
    soft = small.filter(ImageFilter.BoxBlur(min(small.size) * 0.006)).resize(image.size)
    mask = column.resize(image.size, Image.Resampling.BICUBIC)
    image = Image.composite(soft, image, mask)
    image.paste(mix(haze, (255, 255, 255), 0.25), (0, 0, *image.size), mask)
    return image


def _in_colours(image: Image.Image, prompt: str, scene: Scene, sky: Sky | None) -> Image.Image:
    """A colour named with a thing is given to what stands out, one by itself to everything."""
    added = {subject.kind for subject in _added(prompt).subjects}
    own = [
        subject.colour for subject in scene.subjects if subject.kind not in added and subject.colour
    ]
    if own and scene.colours:  # "change the red boat to blue"
        return _hue_replaced(image, _hue(own[0]), _NEAR, scene.colours[-1])
    if own:
        return _hue_replaced(image, hue_standing_out(image, sky), _NEAR, own[0])
    if not scene.colours:
        return image
    if {subject.kind for subject in scene.subjects} - added:  # "make the boat blue"
        return _hue_replaced(image, hue_standing_out(image, sky), _NEAR, scene.colours[-1])
    relit_already = scene.time is not None or bool(scene.weather)
    return tinted(image, scene.colours[0], 0.2 if relit_already else 0.5)


# how far around a hue still counts as the same, of 256 in the circle
_NEAR = 22


def _hue(colour: Colour) -> int:
    hue, _, _ = Image.new("RGB", (1, 1), colour).convert("HSV").tobytes()
    return hue


def _hue_replaced(image: Image.Image, hue: int, reach: int, colour: Colour) -> Image.Image:
    """Everything colourful with about this hue in the shades of a colour."""
    hues, colourful, _ = image.convert("HSV").split()
    near = [
        min(255, max(0, (reach - min(abs(value - hue), 256 - abs(value - hue))) * 24))
        for value in range(256)
    ]
    mask = ImageChops.multiply(hues.point(near), colourful.point(_COLOURFUL))
    recoloured = tinted(image, colour, 1.0)
    return Image.composite(recoloured, image, mask)


_COLOURFUL = [min(255, max(0, (value - 55) * 5)) for value in range(256)]


def _added(prompt: str) -> Scene:
    """What stands after a word such as "add"."""
    match = _ADDED.search(prompt.lower())
    return read(match[1] if match else "")


def _without_hints(scene: Scene, prompt: str) -> Scene:
    """The scene without what an added thing hints at: an astronaut does not bring the night."""
    match = _ADDED.search(prompt.lower())
    if match is None:
        return scene
    said = [word for word in words_of(match[1]) if not is_thing(word)]
    meant = read(prompt[: match.start(1)] + " " + " ".join(said))
    return replace(
        scene,
        time=None if meant.time is None else scene.time,
        weather=scene.weather & meant.weather,
    )


def _add(stage: Stage, prompt: str) -> None:
    scene = _added(prompt)
    if scene.subjects:
        paint_additions(replace(stage, scene=replace(scene, without=stage.scene.without)))


def _in_mood(image: Image.Image, prompt: str, seed: int) -> Image.Image:
    """Words for the picture as a whole; every seed sees it a little differently."""
    chance = Chance(seed, "mood")
    image = ImageEnhance.Color(image).enhance(chance.between(0.97, 1.06))
    image = ImageEnhance.Contrast(image).enhance(chance.between(0.98, 1.05))
    words = set(re.findall(r"[a-z]+", prompt.lower()))
    for names, change in _MOODS:
        if names & words:
            image = change(image)
    return image


def _warm(image: Image.Image) -> Image.Image:
    return image.point(
        [min(255, round(v * 1.07 + 5)) for v in range(256)]
        + list(range(256))
        + [round(v * 0.84) for v in range(256)]
    )


def _cool(image: Image.Image) -> Image.Image:
    return image.point(
        [round(v * 0.86) for v in range(256)]
        + list(range(256))
        + [min(255, round(v * 1.06 + 8)) for v in range(256)]
    )


def _faded(image: Image.Image) -> Image.Image:
    pale = ImageEnhance.Color(image).enhance(0.7)
    return pale.point([round(34 + v * 0.82) for v in range(256)] * 3)


_MOODS: tuple[tuple[frozenset[str], Callable[[Image.Image], Image.Image]], ...] = (
    (frozenset({"warm", "warmer", "cosy", "cozy", "golden"}), _warm),
    (frozenset({"cool", "cooler", "cold", "colder", "icy"}), _cool),
    (frozenset({"bright", "brighter", "lighter"}),
     lambda image: ImageEnhance.Brightness(image).enhance(1.22)),
    (frozenset({"dark", "darker", "gloomy"}),
     lambda image: ImageEnhance.Brightness(image).enhance(0.62)),
    (frozenset({"vivid", "vibrant", "colorful", "colourful", "saturated"}),
     lambda image: ImageEnhance.Color(image).enhance(1.6)),
    (frozenset({"dramatic", "contrast", "moody"}),
     lambda image: ImageEnhance.Contrast(ImageEnhance.Brightness(image).enhance(0.9)).enhance(1.4)),
    (frozenset({"faded", "pale", "pastel", "muted", "vintage"}), _faded),
)  # fmt: skip
