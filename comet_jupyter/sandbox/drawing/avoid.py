"""What a negative prompt leaves out of a scene: names only, no pixels."""

from __future__ import annotations

from dataclasses import replace

from .colour import COLOUR_WORDS
from .styles import styles_in
from .vocabulary import Scene, kinds_of, words_of

__all__ = ["left_out", "without"]

# parts of a picture that are painted unasked, and words that mean more than one kind of thing
_PARTS = {
    "cloud": "clouds", "cloudy": "clouds", "overcast": "clouds", "star": "stars",
    "starry": "stars", "sun": "sun", "moon": "moon", "moonlight": "moon", "grass": "grass",
    "flower": "flowers", "wildflowers": "flowers", "poppies": "flowers", "tulip": "flowers",
    "tree": "tree palm forest shrubs", "plant": "tree palm forest shrubs flowers grass cactus",
    "bush": "shrubs", "bushes": "shrubs", "water": "sea lake river", "building":
    "house castle lighthouse windmill city", "animal": "cat dog fox rabbit bird fish whale horse"
    " deer", "people": "person", "human": "person", "mist": "fog", "firefly": "fireflies",
    "fireflies": "fireflies", "dark": "night", "bright": "day", "planet": "space",
    "saturn": "space", "neon": "neon",
}  # fmt: skip
_TIMES = frozenset(
    "dawn sunrise morning noon midday day daylight sunny sunset evening dusk twilight night"
    " midnight nighttime".split()
)


def left_out(negative: str) -> frozenset[str]:
    """The kinds and parts that a negative prompt names, styles and colours included."""
    names: set[str] = set(styles_in(negative))
    for word in words_of(negative):
        singular = word if word in _PARTS else word.removesuffix("s")
        if parts := _PARTS.get(singular):
            names.update(parts.split())
        else:
            names.update(kinds_of(word, times=word in _TIMES))
            if word in COLOUR_WORDS:
                names.add(word)
    return frozenset(names)


def without(scene: Scene, names: frozenset[str]) -> Scene:
    """The scene with everything of these names left out; the painters leave out the rest."""
    colours = {COLOUR_WORDS[name] for name in names if name in COLOUR_WORDS}
    return replace(
        scene,
        time=None if scene.time in names else scene.time,
        weather=scene.weather - names,
        places=scene.places - names,
        subjects=tuple(subject for subject in scene.subjects if subject.kind not in names),
        colours=tuple(colour for colour in scene.colours if colour not in colours),
        neon=scene.neon and "neon" not in names,
        without=names,
    )
