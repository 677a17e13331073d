"""The order of painting: what stands where, from the sky to what is nearest."""

from __future__ import annotations

from .arrange import Reference, arranged
from .buildings import paint_castle, paint_house, paint_lighthouse, paint_windmill
from .canvas import Canvas
from .city import paint_bridge, paint_city
from .colour import Colour, hexed, lighter, mix
from .creatures import paint_birds, paint_fish, paint_standing, paint_whale
from .figures import paint_astronaut, paint_person, paint_robot, paint_umbrella
from .flora import (
    leaf_colour,
    paint_cactus,
    paint_flowers,
    paint_framing_trees,
    paint_grass,
    paint_palm,
    paint_shrubs,
    paint_tree,
    paint_woods,
)
from .land import (
    Ground,
    paint_dunes,
    paint_far_ridges,
    paint_foreground,
    paint_hills,
    paint_mountains,
)
from .sitting import SITTING, paint_sitting
from .sky import paint_moon, paint_sky
from .stage import Stage
from .table import paint_table
from .things import paint_balloon, paint_boat, paint_paper_boat, paint_rocket
from .vocabulary import Scene
from .water import paint_reflection, paint_river, paint_water
from .weather import paint_fireflies, paint_lightning, paint_weather

__all__ = ["paint", "paint_additions"]

_STILL_LIFE = {"cake", "cup"}
_BUILDINGS = {"house", "castle", "lighthouse", "windmill"}
_ON_LAND = {*SITTING, "horse", "deer", "person", "astronaut", "robot", "umbrella", "tree", "palm"}


def paint(canvas: Canvas, scene: Scene, seed: int, reference: Reference | None = None) -> None:
    """Paint a scene on a canvas, after a picture if there is one."""
    stage = arranged(canvas, scene, seed, reference)
    paint_sky(stage)
    if "storm" in scene.weather:
        paint_lightning(stage)
    _paint_flying(stage)
    _paint_distance(stage)
    ground = _paint_middle(stage)
    if _STILL_LIFE & {subject.kind for subject in scene.subjects}:
        paint_table(stage)
        return
    _paint_near(stage, ground)
    paint_weather(stage)


def paint_additions(stage: Stage) -> None:
    """Paint the things of a scene, and nothing else, on what is there already."""
    unit = stage.unit
    _paint_flying(stage)
    if stage.scene.subject("moon"):
        paint_moon(stage)
    _paint_floating(stage)
    ground: Ground = lambda x: stage.height - unit * 8  # noqa: E731
    _paint_buildings(stage, lambda x: stage.horizon + unit * 2)
    _paint_plants(stage, ground)
    _paint_living(stage, ground)


def _paint_flying(stage: Stage) -> None:
    scene, unit = stage.scene, stage.unit
    if birds := scene.subject("bird"):
        count = stage.chance("flock").whole(6, 10) if birds.many else 1
        paint_birds(stage, count, birds.colour)
    if balloon := scene.subject("balloon"):
        for at in range(4 if balloon.many else 1):
            chance = stage.chance(f"balloon place {at}")
            depth = 0.0 if at == 0 else 0.12 * at
            x = stage.focus if at == 0 else stage.width * chance.between(0.08, 0.92)
            y = stage.horizon * (
                chance.between(0.38, 0.46) if at == 0 else chance.between(0.22, 0.78)
            )
            size = unit * (13 if at == 0 else chance.between(3.5, 6.5))
            if at and abs(x - stage.focus) < unit * 19:
                x = stage.width - x
            asked = balloon.colour if at == 0 else None
            paint_balloon(stage, x, y, size, asked, f"balloon {at}", depth)
    if rocket := scene.subject("rocket"):
        paint_rocket(stage, stage.focus, stage.horizon * 0.45, unit * 11, rocket.colour)


def _paint_distance(stage: Stage) -> None:
    places, scene, unit = stage.scene.places, stage.scene, stage.unit
    if "mountains" in places:
        paint_mountains(stage)
    elif "mountains" in scene.without:
        pass
    elif "sea" not in places and "desert" not in places:
        paint_far_ridges(stage, 2 if stage.has_water else 3)
    elif stage.has_water and stage.chance("far shore").happens(0.45):
        paint_far_ridges(stage, 1)
    if "forest" in places:
        paint_woods(stage)
    if "city" in places:
        paint_city(stage, stage.horizon + unit * 0.5)
    if stage.has_water:
        _paint_buildings(stage, lambda x: stage.horizon + unit * 0.6)
    if bridge := scene.subject("bridge"):
        paint_bridge(stage, stage.horizon + unit * (0 if stage.has_water else 2), bridge.colour)


def _paint_middle(stage: Stage) -> Ground | None:
    """The ground between the horizon and the viewer; what stands on it in the middle distance."""
    places, unit = stage.scene.places, stage.unit
    if stage.has_water:
        paint_water(stage, "lake" in places)
        _paint_floating(stage)
        return None
    if "desert" in places:
        ground = paint_dunes(stage)
        _paint_buildings(stage, lambda x: stage.horizon + unit * 7)
        return ground
    first = paint_hills(stage, (0.0, 0.18, 0.36))
    _paint_buildings(stage, lambda x: first(x) + unit * 1.5)
    if "river" in places:
        paint_river(stage, stage.horizon + unit * 4.5)
        return None
    return paint_hills(stage, (0.62, 0.88))


def _paint_buildings(stage: Stage, ground: Ground) -> None:
    scene, unit, x = stage.scene, stage.unit, stage.focus
    if lighthouse := scene.subject("lighthouse"):
        paint_lighthouse(stage, x, ground(x), unit * 34, lighthouse.colour)
        x = stage.width - x
    if castle := scene.subject("castle"):
        paint_castle(stage, x, ground(x), unit * 14, castle.colour)
        paint_shrubs(stage, x, ground(x) + unit * 1.2, unit * 15, "castle shrubs")
        x = stage.width - x
    if scene.subject("windmill"):
        paint_windmill(stage, x, ground(x), unit * 14)
        paint_shrubs(stage, x, ground(x), unit * 6, "windmill shrubs")
        x = stage.width - x
    if house := scene.subject("house"):
        for at in range(4 if house.many else 1):
            chance = stage.chance(f"house place {at}")
            px = x if at == 0 else stage.width * (at - 0.7 + 0.4 * chance()) / 3
            if at and abs(px - x) < unit * 16:
                continue
            size = unit * (9.5 if at == 0 else chance.between(3.4, 5.2))
            asked = house.colour if at == 0 else None
            paint_house(
                stage, px, ground(px) + unit * (0.8 if at == 0 else 0), size, asked, f"house {at}"
            )


def _paint_floating(stage: Stage) -> None:
    scene, unit = stage.scene, stage.unit
    depth = stage.height - stage.horizon
    # a building on the shore takes the place of honour
    built = any(scene.subject(kind) for kind in _BUILDINGS)
    place = stage.width - stage.focus if built else stage.focus
    if boat := scene.subject("boat"):
        for at in range(4 if boat.many else 1):
            chance = stage.chance(f"boat place {at}")
            share = chance.between(0.3, 0.42) if at == 0 else chance.between(0.05, 0.25)
            x = place if at == 0 else stage.width * chance.between(0.1, 0.9)
            line, size = stage.horizon + depth * share, unit * (3 + 24 * share)
            before = stage.canvas.image.copy()
            draw = paint_paper_boat if boat.paper else paint_boat
            draw(stage, x, line, size * (1.25 if boat.paper else 1), boat.colour)
            paint_reflection(stage, before, line + size * 0.02, 0.5)
    for kind, painter, size in (("whale", paint_whale, 15.0), ("fish", paint_fish, 12.0)):
        if subject := scene.subject(kind):
            x = place if not scene.subject("boat") else stage.width - place
            line = stage.horizon + depth * 0.36
            before = stage.canvas.image.copy()
            painter(stage, x, line, unit * size, subject.colour)
            paint_reflection(stage, before, line + 1, 0.4)


def _paint_near(stage: Stage, ground: Ground | None) -> None:
    scene, places = stage.scene, stage.scene.places
    kinds = {subject.kind for subject in scene.subjects}
    stands = bool(kinds & _ON_LAND)
    if stands or "meadow" in places or "forest" in places or not stage.has_water:
        ground = paint_foreground(stage, stage.height * (0.87 if stands else 0.9))
    elif stage.chance("bank").happens(0.5):
        ground = paint_foreground(stage, stage.height * 0.955)
    if ground is None:
        return
    if "meadow" in places and "flowers" not in scene.without:
        paint_flowers(stage, ground, _flower_colours(stage))
    bare = {"desert", "sea", "city"} & places or stage.is_snowy or "grass" in scene.without
    if not bare:
        paint_grass(stage, ground)
    if "forest" in places:
        paint_framing_trees(stage, ground)
    _paint_plants(stage, ground)
    _paint_living(stage, ground)
    lively = {"forest", "meadow"} & places and "fireflies" not in scene.without
    if stage.kind == "night" and lively:
        paint_fireflies(stage)


def _paint_plants(stage: Stage, ground: Ground) -> None:
    scene, unit = stage.scene, stage.unit
    others = {"person", "astronaut", "robot", "horse", "deer", *SITTING}
    busy = bool(others & {subject.kind for subject in scene.subjects})
    x = stage.width - stage.focus if busy else stage.focus
    if tree := scene.subject("tree"):
        paint_tree(
            stage,
            x,
            ground(x) + unit,
            unit * 46,
            leaf_colour(stage, tree.colour or scene.leaves),
            "tree 0",
        )
        if tree.many:
            far = stage.width * (0.1 if x > stage.width / 2 else 0.9)
            paint_tree(
                stage,
                far,
                ground(far) + unit,
                unit * 30,
                leaf_colour(stage, tree.colour or scene.leaves),
                "tree 1",
            )
    if scene.subject("palm"):
        paint_palm(stage, x, ground(x) + unit, unit * 44, "palm 0")
        paint_palm(stage, x + stage.side * unit * 9, ground(x) + unit, unit * 32, "palm 1")
    if (
        "desert" in scene.places
        and "cactus" not in scene.without
        and (
            scene.subject("cactus")
            or (stage.kind != "night" and stage.chance("cactus").happens(0.4))
        )
    ):
        paint_cactus(stage, x, ground(x) + unit, unit * 24, "cactus 0")
        far = x + stage.side * unit * 11
        paint_cactus(stage, far, ground(far) + unit * 0.4, unit * 13, "cactus 1")


def _paint_living(stage: Stage, ground: Ground) -> None:
    scene, unit = stage.scene, stage.unit
    x = stage.focus
    for subject in scene.subjects:
        foot = ground(x) + unit * 2.2
        if subject.kind in SITTING:
            paint_sitting(stage, subject.kind, x, foot, unit * 17, subject.colour)
        elif subject.kind in {"horse", "deer"}:
            paint_standing(stage, subject.kind, x, foot, unit * 17, subject.colour)
        elif subject.kind == "person":
            paint_person(stage, x, foot, unit * 15, subject.colour)
        elif subject.kind == "astronaut":
            paint_astronaut(stage, x, foot, unit * 15, subject.colour)
        elif subject.kind == "robot":
            paint_robot(stage, x, foot, unit * 15, subject.colour)
        else:
            continue
        x += -stage.side * unit * (28 if subject.kind in {"horse", "deer"} else 22)
    if umbrella := scene.subject("umbrella"):
        if x == stage.focus:
            paint_person(stage, x, ground(x) + unit * 2.2, unit * 15, None)
        paint_umbrella(
            stage,
            stage.focus + unit * 3,
            ground(stage.focus) + unit * 2.2,
            unit * 14,
            umbrella.colour,
        )


def _flower_colours(stage: Stage) -> list[Colour]:
    named = stage.scene.flowers or (stage.scene.colours[0] if stage.scene.colours else None)
    if named:
        asked = named
        return [asked, lighter(asked, 0.3), mix(asked, hexed("#ffffff"), 0.6)]
    families = (
        ("#e8505b", "#f9c74f", "#f4978e"),
        ("#9b7bd6", "#f2b5d4", "#fff1e6"),
        ("#f28482", "#f7ede2", "#f6bd60"),
        ("#5f8fe0", "#f6f0e0", "#f5b03e"),
    )
    return [hexed(colour) for colour in stage.chance("bouquet").pick(families)]
