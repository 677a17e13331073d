"""From a prompt's words to what the picture shows: no pixels, no chance."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .colour import COLOUR_WORDS, Colour, hexed
from .styles import named_style

__all__ = ["Scene", "Subject", "is_thing", "kinds_of", "read", "words_of"]


@dataclass(frozen=True)
class Subject:
    """A thing that stands in the scene."""

    kind: str
    colour: Colour | None = None
    many: bool = False
    paper: bool = False
    """Folded from paper."""


@dataclass(frozen=True)
class Scene:
    """What a prompt asks for; None and empty where it does not say."""

    time: str | None = None
    weather: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    subjects: tuple[Subject, ...] = ()
    colours: tuple[Colour, ...] = ()
    flowers: Colour | None = None
    leaves: Colour | None = None
    style: str | None = None
    """A medium: oil, ink, photo and so on."""
    tone: str | None = None
    """Sepia or grey."""
    neon: bool = False
    without: frozenset[str] = frozenset()
    """Kinds and parts that a negative prompt names."""

    def subject(self, kind: str) -> Subject | None:
        """The first subject of a kind."""
        return next((subject for subject in self.subjects if subject.kind == kind), None)


_TIMES = {
    "dawn": "dawn sunrise daybreak morning",
    "day": "noon midday day daylight daytime sunny afternoon summer spring",
    "sunset": "sunset sundown evening",
    "dusk": "dusk twilight gloaming",
    "night": "night midnight nighttime nocturnal moonlit moonlight starry star moon galaxy"
    " cosmos milky aurora space astronaut planet saturn cyberpunk fireflies",
}
_WEATHER = {
    "clouds": "cloud cloudy overcast",
    "rain": "rain rainy raining drizzle shower wet umbrella",
    "snow": "snow snowy snowing snowfall winter blizzard christmas",
    "fog": "fog foggy mist misty haze hazy",
    "storm": "storm stormy thunder thunderstorm lightning tempest",
    "rainbow": "rainbow",
    "aurora": "aurora borealis",
}
_PLACES = {
    "sea": "sea ocean coast beach shore seaside harbor harbour bay wave island marine"
    " underwater port",
    "lake": "lake pond lagoon water fjord reflection",
    "river": "river stream creek canal brook",
    "mountains": "mountain mountainous alps alpine peak summit himalaya fuji volcano cliff",
    "hills": "hill valley countryside rolling village town farm vineyard autumn",
    "desert": "desert dune sahara sand sandy oasis cactus camel mars canyon",
    "forest": "forest woods woodland jungle spruce pine taiga rainforest",
    "meadow": "meadow field grass prairie garden park flower tulip poppy poppies sunflower daisy"
    " daisies lavender roses wildflowers bloom",
    "city": "city cities skyline street downtown metropolis skyscraper urban"
    " cityscape tokyo york paris london shanghai cyberpunk buildings",
    "space": "space galaxy cosmos planet saturn nebula orbit",
}
_SUBJECTS = {
    "boat": "boat ship sailboat sailing yacht canoe",
    "bridge": "bridge",
    "house": "house cabin cottage hut home barn farmhouse chalet village town",
    "castle": "castle palace fortress",
    "lighthouse": "lighthouse",
    "windmill": "windmill mill",
    "cat": "cat kitten kitty",
    "dog": "dog puppy puppies corgi wolf",
    "fox": "fox foxes",
    "rabbit": "rabbit bunny hare",
    "bird": "bird gull seagull swallow crane eagle hawk geese",
    "fish": "fish fishes dolphin koi",
    "whale": "whale",
    "horse": "horse pony unicorn",
    "deer": "deer stag elk reindeer moose",
    "balloon": "balloon",
    "tree": "tree oak maple willow cherry birch apple sakura blossom autumn",
    "palm": "palm island tropical",
    "moon": "moon moonlight moonlit",
    "person": "person man woman girl boy child traveler traveller wanderer portrait people lady"
    " monk samurai wizard king queen hiker someone",
    "astronaut": "astronaut cosmonaut spaceman",
    "robot": "robot android",
    "rocket": "rocket spaceship spacecraft",
    "cake": "cake gateau dessert cupcake pastry",
    "cup": "coffee tea cup mug espresso latte cappuccino cocoa",
    "umbrella": "umbrella",
    "cactus": "cactus cacti",
}
_FLOWERS = {
    "poppy": "#e23b2e", "poppies": "#e23b2e", "sunflower": "#f6bd2c", "sunflowers": "#f6bd2c",
    "daisy": "#fffaf0", "daisies": "#fffaf0", "lavender": "#8f78cf", "roses": "#d8405f",
    "tulip": "#ef6f5e", "tulips": "#ef6f5e",
}  # fmt: skip
_LEAVES = {
    "autumn": "#e0853a", "fall": "#e0853a", "maple": "#d8532f", "cherry": "#f2a3bb",
    "sakura": "#f2a3bb", "blossom": "#f2a3bb", "blossoms": "#f2a3bb", "birch": "#c9c45a",
    "willow": "#8fb05a",
}  # fmt: skip
_CLOTHES = frozenset(
    "coat dress jacket hat scarf robe cape cloak kimono sweater hoodie suit".split()
)
_BORDERS = frozenset("and with in on at over by under near of from to the".split())
_WEARERS = frozenset({"person", "astronaut", "robot"})
_NEON = frozenset("neon cyberpunk synthwave vaporwave".split())
_PLURAL_ALSO = frozenset("geese people village town".split())


def _index(table: dict[str, str]) -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for kind, words in table.items():
        for word in words.split():
            index.setdefault(word, []).append(kind)
    return index


_BY_WORD = {
    "time": _index(_TIMES),
    "weather": _index(_WEATHER),
    "place": _index(_PLACES),
    "subject": _index(_SUBJECTS),
}
_WORD = re.compile(r"[a-z0-9]+(?:-bit)?")


def words_of(text: str) -> list[str]:
    """The words of a prompt, in lower case."""
    return _WORD.findall(text.lower())


def is_thing(word: str) -> bool:
    """Whether a word means something that stands in a scene."""
    return bool(_known(_BY_WORD["subject"], word))


def kinds_of(word: str, *, times: bool = True) -> list[str]:
    """What a word means first of all: a thing, else weathers, places and ``times`` of day."""
    if things := _known(_BY_WORD["subject"], word):
        return things  # not the desert where a cactus stands
    groups = ("weather", "place", *(("time",) if times else ()))
    return [kind for group in groups for kind in _known(_BY_WORD[group], word)]


def read(prompt: str, avoided: frozenset[str] = frozenset()) -> Scene:
    """Find the words the drawing knows; a colour just before a thing is that thing's colour.

    Styles with an ``avoided`` name are not taken.
    """
    style, tone, prompt = named_style(prompt, avoided)
    words = words_of(prompt)
    found: dict[str, list[str]] = {group: [] for group in _BY_WORD}
    subjects: list[Subject] = []
    colours: list[Colour] = []
    taken: set[int] = set()
    for at, word in enumerate(words):
        for group, index in _BY_WORD.items():
            found[group] += _known(index, word)
        for kind in _known(_BY_WORD["subject"], word):
            near = _before(words, at)
            before = [words[i] for i in near]
            own = _last_colour(before)
            if own is not None:
                taken.update(near)
            if kind == "tree" and {"palm", "pine"} & set(words[max(0, at - 1) : at]):
                continue
            if all(subject.kind != kind for subject in subjects):
                many = (word.endswith("s") and word != "cactus") or word in _PLURAL_ALSO
                subjects.append(Subject(kind, own, many, "paper" in before or "origami" in before))
    subjects = _dressed(subjects, words, taken)
    for at, word in enumerate(words):
        if word in COLOUR_WORDS and at not in taken and not _is_a_name(words, at):
            colours.append(COLOUR_WORDS[word])
    times = found["time"]
    if "golden" in words and "hour" in words:
        times = ["sunset"]
    return Scene(
        time=times[0] if times else None,
        weather=frozenset(found["weather"]),
        places=frozenset(found["place"]),
        subjects=tuple(subjects),
        colours=tuple(colours[:2]),
        flowers=next((hexed(_FLOWERS[word]) for word in words if word in _FLOWERS), None),
        leaves=next((hexed(_LEAVES[word]) for word in words if word in _LEAVES), None),
        style=style,
        tone=tone,
        neon=not _NEON.isdisjoint(words),
    )


def _before(words: list[str], at: int) -> list[int]:
    """Where the words stand that may say something of the thing at a position."""
    near: list[int] = []
    for position in range(at - 1, max(-1, at - 4), -1):
        word = words[position]
        if word in _BORDERS or word in _CLOTHES or _known(_BY_WORD["subject"], word):
            break
        if not _is_a_name(words, position):
            near.append(position)
    return near[::-1]


def _known(index: dict[str, list[str]], word: str) -> list[str]:
    return index.get(word) or index.get(word.removesuffix("s"), [])


def _dressed(subjects: list[Subject], words: list[str], taken: set[int]) -> list[Subject]:
    """Give the colour of a coat or a dress to whoever has no colour yet."""
    for at, word in enumerate(words[1:]):
        if words[at] in COLOUR_WORDS and word in _CLOTHES:
            taken.add(at)
            colour = COLOUR_WORDS[words[at]]
            subjects = [
                replace(subject, colour=colour)
                if subject.kind in _WEARERS and subject.colour is None
                else subject
                for subject in subjects
            ]
    return subjects


def _last_colour(words: list[str]) -> Colour | None:
    known = [word for word in words if word in COLOUR_WORDS]
    return COLOUR_WORDS[known[-1]] if known else None


def _is_a_name(words: list[str], at: int) -> bool:
    return words[at] == "golden" and not {"hour", "gate"}.isdisjoint(words[at + 1 : at + 2])
