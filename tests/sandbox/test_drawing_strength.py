"""Guidance and steps, seen in the pictures; and that without them nothing has changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from comet_jupyter.sandbox.catalogue import MODELS, picture_size
from comet_jupyter.sandbox.drawing import draw
from comet_jupyter.sandbox.drawing.strength import softened
from comet_jupyter.sandbox.wishes import Wishes, wishes

SIZE = (256, 256)
RECORDING = Path(__file__).parents[2] / "notebooks" / "reproducible-recording"
DEV = MODELS["black-forest-labs/flux-dev"]
PROMPTS = ["a red sailboat on a lake at sunset, mountains", "a city in the rain", "a fox, oil"]


def distance(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def saturation(image: Image.Image) -> float:
    """The mean colourfulness: the range of the three channels, 0 to 255."""
    red, green, blue = image.split()
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    return ImageStat.Stat(ImageChops.subtract(brightest, darkest)).mean[0]


def contrast(image: Image.Image) -> float:
    """The spread of brightness."""
    return ImageStat.Stat(image.convert("L")).stddev[0]


def sharpness(image: Image.Image) -> float:
    """How strong edges are."""
    return ImageStat.Stat(image.convert("L").filter(ImageFilter.FIND_EDGES)).mean[0]


def drawn(prompt: str, **given: object) -> Image.Image:
    """A small picture of flux-dev."""
    return draw(prompt, 7, *SIZE, wishes(DEV, {"prompt": prompt, **given}))


@pytest.mark.parametrize("prompt", PROMPTS)
def test_defaults_given_are_defaults_left_out(prompt: str) -> None:
    """With a model's own guidance and steps, every byte is as without them."""
    plain = draw(prompt, 7, *SIZE).tobytes()
    assert drawn(prompt).tobytes() == plain
    assert drawn(prompt, guidance=3, num_inference_steps=28).tobytes() == plain
    assert drawn(prompt, guidance=3.5).tobytes() != plain
    assert drawn(prompt, num_inference_steps=27).tobytes() != plain


@pytest.mark.parametrize("prompt", PROMPTS)
def test_guidance_goes_from_pale_to_saturated(prompt: str) -> None:
    """With every step of guidance the picture has more colour and more contrast."""
    pictures = [drawn(prompt, guidance=value) for value in (0, 1, 2, 3, 3.5, 5, 7, 10)]
    for measure in (saturation, contrast):
        values = [measure(picture) for picture in pictures]
        assert values == sorted(values), measure.__name__
        assert values[-1] > values[0] * 1.4


@pytest.mark.parametrize("prompt", PROMPTS)
def test_steps_go_from_rough_to_crisp(prompt: str) -> None:
    """The fewer steps, the farther from the whole picture; more than usual sharpen its edges."""
    whole = drawn(prompt)
    few = [distance(whole, drawn(prompt, num_inference_steps=at)) for at in (1, 2, 4, 8, 14, 22)]
    assert few == sorted(few, reverse=True)
    assert few[-1] > 0.1
    edges = [sharpness(drawn(prompt, num_inference_steps=at)) for at in (28, 34, 42, 50)]
    assert edges == sorted(set(edges))


def test_few_steps_lose_small_things() -> None:
    """Before any noise comes, edges are the softer the fewer steps there were."""
    whole = draw("birds over a lake at noon", 7, *SIZE)
    edges = [sharpness(softened(whole, detail)) for detail in (-0.9, -0.6, -0.3, -0.1, 0)]
    assert edges == sorted(set(edges))
    assert edges[0] < edges[-1] * 0.7


def test_strength_belongs_to_the_seed() -> None:
    """Two drawings with the same wishes are equal, and other seeds have other noise."""
    wish = Wishes(guidance=-0.5, detail=-0.7)
    one, same = (draw("hills", 1, *SIZE, wish).tobytes() for _ in range(2))
    assert one == same
    assert draw("hills", 2, *SIZE, wish).tobytes() != one


def test_the_shipped_recording_can_be_drawn_again() -> None:
    """A prompt without style, guidance or picture gives what it gave when it was recorded."""
    compared = 0
    for file in sorted(RECORDING.glob("*/request.json")):
        request = json.loads(file.read_text())
        state = json.loads((file.parent / "prediction.json").read_text())
        seed = next(
            int(line.removeprefix("Using seed: "))
            for line in state["logs"]
            if line.startswith("Using seed: ")
        )
        model, given = MODELS[request["model"]], request["input"]
        for number, path in enumerate(sorted(file.parent.glob("*.webp"))):
            again = draw(given["prompt"], seed + number, *picture_size(model, given))
            # what WebP loses, and other Pillows round otherwise; another picture is 20 apart
            assert distance(Image.open(path).convert("RGB"), again) < 3
            compared += 1
    assert compared >= 5
