"""The composition: the light, the lines and the places of a picture, before anything is painted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .canvas import Canvas
from .chance import Chance
from .palette import Palette, choose, towards
from .stage import Stage
from .vocabulary import Scene

__all__ = ["ON_WATER", "Reference", "arranged"]

ON_WATER = frozenset({"boat", "whale", "fish"})
"""The subjects that need water."""

_HOMES = {
    "boat": {"sea"}, "whale": {"sea"}, "fish": {"sea"}, "lighthouse": {"sea"}, "bridge": {"lake"},
    "palm": {"sea"}, "cactus": {"desert"}, "house": {"hills", "mountains"},
    "windmill": {"hills", "meadow"}, "castle": {"hills", "mountains"}, "horse": {"hills"},
    "deer": {"forest"}, "fox": {"forest"}, "rabbit": {"meadow", "hills"}, "tree": {"hills"},
    "umbrella": {"city"}, "robot": {"city"},
}  # fmt: skip
_DEFAULTS = (
    {"mountains", "lake"},
    {"hills", "mountains"},
    {"sea"},
    {"lake", "forest"},
    {"hills"},
    {"mountains", "forest", "river"},
    {"lake"},
)


@dataclass(frozen=True)
class Reference:
    """What a drawing takes over from a picture it is made after."""

    palette: Palette
    share: float
    """How far (0 to 1) its colours are taken over."""
    horizon: float | None = None
    """Where its horizon lies, from 0 at the top to 1; None leaves that to the seed."""


def arranged(canvas: Canvas, scene: Scene, seed: int, reference: Reference | None = None) -> Stage:
    """Settle light, horizon, sun and focus, and fill in what the prompt leaves open."""
    chance = Chance(seed, "composition")
    side = chance.sign()
    focus = canvas.width * (0.5 + side * chance.between(0.08, 0.24))
    horizon = canvas.height * chance.between(0.52, 0.68)
    if reference is not None and reference.horizon is not None:
        horizon = canvas.height * reference.horizon
    sun_x = canvas.width * (0.5 - side * chance.between(0.04, 0.34))
    rise, drawn = chance(), chance()
    kind = _light(scene, drawn)
    if kind in {"dawn", "sunset", "dusk"}:
        unit = min(canvas.width, canvas.height) / 100
        sun_y = horizon - unit * (1 + 17 * rise)
    else:
        sun_y = horizon * (0.2 + 0.18 * rise)
    scene = replace(scene, places=_places(scene, chance()))
    palette = choose(kind, seed, scene.colours, neon=scene.neon, snowy="snow" in scene.weather)
    if reference is not None:
        palette = towards(palette, reference.palette, reference.share)
    has_water = bool({"sea", "lake"} & scene.places)
    return Stage(canvas, palette, scene, seed, kind, horizon, (sun_x, sun_y), focus, has_water)


def _light(scene: Scene, drawn: float) -> str:
    if scene.neon:
        return "night"
    day = scene.time in {None, "day"}
    if day and ("storm" in scene.weather or "rain" in scene.weather):
        return "storm"
    if day and "snow" in scene.weather:
        return "winter"
    if day and "desert" in scene.places:
        return "desert"
    if scene.time is not None:
        return scene.time
    if "rainbow" in scene.weather:
        return "day"
    lights = ["dawn", "day", "sunset", "day", "dusk", "sunset", "dawn"]
    lights = [light for light in lights if light not in scene.without] or lights
    return lights[int(drawn * len(lights))]


def _places(scene: Scene, drawn: float) -> frozenset[str]:
    places = set(scene.places)
    if not places - {"space"}:
        for subject in scene.subjects:
            places |= _HOMES.get(subject.kind, set()) - scene.without
    if not places - {"space"}:
        places |= (_DEFAULTS[int(drawn * len(_DEFAULTS))] - scene.without) or {"hills"}
    kinds = {subject.kind for subject in scene.subjects}
    if kinds & {*ON_WATER, "bridge"} and not places & {"sea", "lake"}:
        places.add("lake")
    return frozenset(places)
