"""Styles: which words name one, and that each looks like nothing else; and what is left out."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageStat

from comet_jupyter.sandbox.drawing import draw
from comet_jupyter.sandbox.drawing.avoid import left_out, without
from comet_jupyter.sandbox.drawing.styles import MEDIA, TONES, named_style, styles_in
from comet_jupyter.sandbox.drawing.vocabulary import read
from comet_jupyter.sandbox.wishes import Wishes

SMALL = (256, 256)
NAMED = {
    "oil": ["oil", "oils", "oil painting", "oil on canvas", "in oil", "impressionist", "Van Gogh",
            "a painting of a fox", "acrylic", "in the style of Monet"],
    "watercolor": ["watercolor", "watercolour", "water colour painting", "in watercolour",
                   "gouache", "watercolor and ink"],
    "ink": ["ink", "ink drawing", "in ink", "pen and ink", "ink wash", "sumi-e", "line art"],
    "pencil": ["pencil", "pencil sketch", "a sketch of a fox", "charcoal", "in pencil", "drawing",
               "colored pencil drawing", "sketch"],
    "pixel": ["pixel art", "pixelart", "8-bit", "16 bit", "8bit", "pixel"],
    "photo": ["photo", "a photo of a fox", "photorealistic", "35mm", "film", "cinematic",
              "photograph", "polaroid"],
    "poster": ["poster", "travel poster", "screen print", "risograph", "flat illustration"],
    "woodcut": ["woodcut", "woodblock print", "linocut", "ukiyo-e", "engraving"],
}  # fmt: skip


def distance(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.mark.parametrize("medium", MEDIA)
def test_people_name_a_medium_in_many_ways(medium: str) -> None:
    """A phrase after a comma, before one, alone, and in capitals names its medium."""
    for phrase in NAMED[medium]:
        for prompt in (
            f"a lighthouse at dusk, {phrase}",
            f"{phrase}, a lighthouse at dusk",
            phrase,
            f"a lighthouse. {phrase.upper()}.",
            f"a lighthouse\n{phrase}",
        ):
            assert named_style(prompt)[0] == medium, prompt


@pytest.mark.parametrize(
    "prompt",
    [
        "an oil lamp on a table", "a pink house", "olive oil", "a jar of ink, a feather",
        "a squid squirting ink", "an oil tanker at sea", "a woman painting a fence",
        "a painted wooden boat", "a boy with a pencil", "a child drawing on the beach",
        "a wall with a poster", "a man taking a photo", "inky black water", "soil",
        "a sinking ship", "a photo album", "a drawing room", "a black and white cat",
        "paint buckets", "", "unprinted",
    ],
)  # fmt: skip
def test_things_are_no_styles(prompt: str) -> None:
    """A word that means a thing, or stands inside another word, names no style."""
    assert named_style(prompt) == (None, None, prompt)


@pytest.mark.parametrize(
    ("prompt", "tone"),
    [
        ("a city, sepia", "sepia"), ("a cat, black and white", "grey"), ("b&w portrait", "grey"),
        ("black and white photo of a black and white cat", "grey"), ("a city, monochrome", "grey"),
    ],
)  # fmt: skip
def test_tones_are_named_too(prompt: str, tone: str) -> None:
    """A tone stands beside a medium, and its colour words steer no palette."""
    assert named_style(prompt)[1] == tone
    assert read(prompt).tone == tone
    assert read("a city, black and white").colours == ()


def test_the_first_style_counts_and_the_rest_of_the_prompt_stays() -> None:
    """Of two styles the first is taken; what is no style is read as without them."""
    assert named_style("a fox, ink and then oil, pencil")[0] == "oil"
    plain, styled = read("a red boat on a lake"), read("a red boat on a lake, oil on canvas, sepia")
    assert styled.subjects == plain.subjects
    assert styled.places == plain.places
    assert (styled.style, styled.tone) == ("oil", "sepia")


@pytest.mark.parametrize("piece", ["oil, ", "in ", ", ", "oil ", " ", "a painting of ", "b&w\n"])
def test_long_prompts_are_read_quickly(piece: str) -> None:
    """A hundred thousand characters of anything are read, in time that grows with their number."""
    medium, tone, rest = named_style(piece * (100_000 // len(piece)))
    assert medium in {None, "oil"}
    assert tone in {None, "grey"}
    assert len(rest) == 100_000 // len(piece) * len(piece)


@pytest.mark.parametrize("size", [512, 200])
def test_every_style_looks_like_nothing_else(size: int) -> None:
    """All media, tones and neon differ visibly from the plain picture and from each other."""
    phrases = ["", *(NAMED[medium][0] for medium in MEDIA), "sepia", "black and white", "neon"]
    assert len(phrases) == len(MEDIA) + len(TONES) + 2
    pictures = [draw(f"a lighthouse at dusk, {phrase}", 7, size, size) for phrase in phrases]
    apart = [distance(a, b) for at, a in enumerate(pictures) for b in pictures[:at]]
    assert min(apart) > 2.5


@pytest.mark.parametrize("medium", MEDIA)
def test_a_style_keeps_the_composition(medium: str) -> None:
    """A styled picture is nearer to the plain one of its seed than to that of another seed."""
    phrase = NAMED[medium][0]
    styled = draw(f"a castle by a lake, {phrase}", 7, *SMALL).convert("L").resize((24, 24))
    shapes = [
        draw("a castle by a lake", seed, *SMALL).convert("L").resize((24, 24)) for seed in (7, 8, 9)
    ]

    def alike(one: Image.Image, other: Image.Image) -> float:
        means = [ImageStat.Stat(image).mean[0] for image in (one, other)]
        pairs = zip(one.tobytes(), other.tobytes(), strict=True)
        spread = ImageStat.Stat(one).stddev[0] * ImageStat.Stat(other).stddev[0]
        return sum((a - means[0]) * (b - means[1]) for a, b in pairs) / 576 / spread

    own, *others = (alike(styled, shape) for shape in shapes)
    assert own > max(others)


@pytest.mark.parametrize("phrase", ["oil", "watercolor", "ink", "pencil", "poster", "neon"])
def test_styles_belong_to_the_seed(phrase: str) -> None:
    """The same words and seed give the same strokes, another seed others."""
    one, same, other = (draw(f"a boat, {phrase}", seed, *SMALL).tobytes() for seed in (3, 3, 4))
    assert one == same
    assert one != other


@pytest.mark.parametrize(("phrase", "colourful"), [("black and white", False), ("sepia", True)])
def test_tones_have_one_hue(phrase: str, colourful: bool) -> None:
    """A grey picture has no colour, and a brown one is redder than it is blue everywhere."""
    image = draw(f"a red balloon over green hills at noon, {phrase}", 3, *SMALL)
    red, _, blue = (ImageStat.Stat(band).mean[0] for band in image.split())
    assert (red - blue > 25) == colourful
    assert abs(red - blue) < 6 or colourful


@pytest.mark.parametrize(
    ("negative", "names"),
    [
        ("clouds, birds", {"clouds", "bird"}),
        ("no people, text, watermark, extra fingers", {"person"}),
        ("stars and the moon", {"stars", "moon"}),
        ("trees", {"tree", "palm", "forest", "shrubs"}),
        ("painting, sketch, photo", {"oil", "pencil", "photo"}),
        ("blurry, low quality, ugly", set()),
        ("red", {"red"}),
        ("", set()),
    ],
)
def test_what_a_negative_prompt_names(negative: str, names: set[str]) -> None:
    """Things, parts, styles and colours are known by name; the rest is passed over."""
    assert left_out(negative) == names


def test_what_is_named_is_left_out_of_the_scene() -> None:
    """Weather, places, things, styles and colours go; the others stay."""
    avoided = left_out("boats, snow, mountains, oil painting, blue, neon")
    prompt = "a red boat and a cat, snow, mountains, a lake, blue, oil, neon, night"
    scene = without(read(prompt, avoided), avoided)
    assert [subject.kind for subject in scene.subjects] == ["cat"]
    assert scene.weather == frozenset()
    assert scene.places == {"lake"}
    assert (scene.style, scene.colours, scene.neon, scene.time) == (None, (), False, "night")


@pytest.mark.parametrize(
    ("prompt", "negative"),
    [
        ("a lake at noon", "clouds"), ("hills at night", "stars"), ("hills at night", "moon"),
        ("a lake at sunset", "sun"), ("birds over a lake", "birds"), ("a meadow", "flowers"),
        ("hills at noon", "grass"), ("a lake and mountains", "mountains"),
        ("a forest at night", "fireflies"), ("a castle", "bushes"), ("a desert", "cactus"),
    ],
)  # fmt: skip
def test_the_picture_lacks_what_is_named(prompt: str, negative: str) -> None:
    """Something of the picture goes, and most of it stays as it was."""
    changed = []
    for seed in range(4):
        plain = draw(prompt, seed, *SMALL)
        less = draw(prompt, seed, *SMALL, Wishes(negative=negative))
        difference = ImageChops.difference(plain, less).convert("L").point([0] * 12 + [255] * 244)
        changed.append(ImageStat.Stat(difference).mean[0] / 255)
    assert 0 < max(changed) < 0.5


def test_unknown_words_leave_nothing_out() -> None:
    """A negative prompt that names nothing known changes no byte."""
    plain = draw("a lake at noon, birds", 3, *SMALL)
    same = draw("a lake at noon, birds", 3, *SMALL, Wishes(negative="blurry, deformed, text"))
    assert plain.tobytes() == same.tobytes()


def test_styles_are_found_all() -> None:
    """Every style of a text is found, not the first alone."""
    assert styles_in("oil painting, sepia, photo of a fox, nothing") == {"oil", "sepia", "photo"}
