"""What an input asks of its picture, and how large that becomes: words and numbers only."""

from __future__ import annotations

import base64

import pytest

from comet_jupyter.sandbox.catalogue import MODELS, picture_size, step_count
from comet_jupyter.sandbox.simulation import Creation, course
from comet_jupyter.sandbox.wishes import NO_WISHES, picture_bytes, picture_inputs, wishes

BFL = "black-forest-labs/"
SDXL, SD35 = "stability-ai/sdxl", "stability-ai/stable-diffusion-3.5-medium"
DATA = "data:image/png;base64,AAAA"
DEFAULTS = [
    (BFL + "flux-schnell", "num_inference_steps", 4),
    (BFL + "flux-dev", "num_inference_steps", 28),
    (BFL + "flux-dev", "guidance", 3),
    (BFL + "flux-pro", "guidance", 3.0),
    (BFL + "flux-2-flex", "guidance", 4.5),
    (BFL + "flux-2-flex", "steps", 30),
    (SDXL, "guidance_scale", 7.5),
    (SDXL, "num_inference_steps", 50),
    (SDXL, "negative_prompt", ""),
    (SD35, "cfg", 5),
]


@pytest.mark.parametrize(("model", "name", "value"), DEFAULTS)
def test_a_default_is_no_wish(model: str, name: str, value: object) -> None:
    """A model's default, given or left out, leaves nothing to wish for."""
    assert wishes(MODELS[model], {"prompt": "x", name: value}) == NO_WISHES


@pytest.mark.parametrize(
    ("model", "name", "low", "high", "wish"),
    [
        (BFL + "flux-dev", "guidance", 0, 10, "guidance"),
        (BFL + "flux-pro", "guidance", 2, 5, "guidance"),
        (SDXL, "guidance_scale", 1, 50, "guidance"),
        (SD35, "cfg", 1, 10, "guidance"),
        (BFL + "flux-schnell", "num_inference_steps", 1, 4, "detail"),
        (BFL + "flux-dev", "num_inference_steps", 1, 50, "detail"),
        (BFL + "flux-2-flex", "steps", 1, 50, "detail"),
        (SDXL, "num_inference_steps", 1, 500, "detail"),
    ],
)
def test_more_asks_for_more(model: str, name: str, low: int, high: int, wish: str) -> None:
    """Over a whole range the wish rises at every step, and stays between -1 and 1."""
    values = [getattr(wishes(MODELS[model], {name: at}), wish) for at in range(low, high + 1)]
    assert values == sorted(set(values))
    assert -1 < values[0] < 0 <= values[-1] < 1


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (BFL + "flux-schnell", "guidance"),
        (BFL + "flux-1.1-pro", "num_inference_steps"),
        (SD35, "steps"),
        (BFL + "flux-dev", "input_image"),
        (BFL + "flux-dev", "negative_prompt"),
    ],
)
def test_a_model_ignores_what_it_does_not_know(model: str, name: str) -> None:
    """An input of another model changes neither the picture nor the steps."""
    given = {"prompt": "x", name: DATA if "image" in name else 2}
    assert wishes(MODELS[model], given) == NO_WISHES
    assert step_count(MODELS[model], given) == MODELS[model].steps


@pytest.mark.parametrize(
    ("model", "given", "role", "strength"),
    [
        ("flux-kontext-pro", {"input_image": DATA}, "edit", 0.8),
        ("flux-2-pro", {"input_images": [DATA, "https://example.com/x.png"]}, "edit", 0.8),
        ("flux-dev", {"image": DATA}, "mix", 0.8),
        ("flux-dev", {"image": DATA, "prompt_strength": 0.3}, "mix", 0.3),
        ("flux-1.1-pro", {"image_prompt": DATA}, "mood", 0.8),
        ("flux-1.1-pro-ultra", {"image_prompt": DATA}, "mood", 0.1),
        ("flux-1.1-pro-ultra", {"image_prompt": DATA, "image_prompt_strength": 1}, "mood", 1.0),
    ],
)
def test_what_a_model_does_with_a_picture(
    model: str, given: dict[str, object], role: str, strength: float
) -> None:
    """The name of the field says whether a picture is edited, mixed or taken for a mood."""
    wish = wishes(MODELS[BFL + model], given)
    assert (wish.picture, wish.role, wish.strength) == (DATA, role, strength)


def test_every_picture_is_found_with_its_place() -> None:
    """Single pictures and lists of them come with the name of their field."""
    flux_2, dev = MODELS[BFL + "flux-2-pro"], MODELS[BFL + "flux-dev"]
    assert picture_inputs(flux_2, {"input_images": ["data:a", "data:b"]}) == [
        ("input_images.0", "data:a"),
        ("input_images.1", "data:b"),
    ]
    assert picture_inputs(dev, {"image": "data:a", "mask": "data:b"}) == [("image", "data:a")]
    assert picture_inputs(dev, {"prompt": "x"}) == []


def test_data_uris_are_read() -> None:
    """Base64 and percent-encoding give the bytes, an address gives none."""
    coded = base64.b64encode(b"\x00\xffpicture").decode()
    assert picture_bytes(f"data:image/png;base64,{coded}") == b"\x00\xffpicture"
    assert picture_bytes(f"data:image/png;base64,{coded.replace('/', '%2F')}") is not None
    assert picture_bytes("data:,a%20b") == b"a b"
    assert picture_bytes("https://example.com/x.png") is None


@pytest.mark.parametrize("uri", ["data:image/png;base64", "data:;base64,a", "data:;base64,ä%%%"])
def test_damaged_data_uris_are_refused(uri: str) -> None:
    """What holds no bytes is an error with its reason."""
    with pytest.raises(ValueError, match=r"comma|base64"):
        picture_bytes(uri)


@pytest.mark.parametrize(
    ("name", "given", "size", "expected"),
    [
        ("flux-kontext-pro", {}, (640, 640), (1024, 1024)),
        ("flux-kontext-pro", {}, (1600, 900), (1360, 768)),
        ("flux-kontext-pro", {"aspect_ratio": "3:2"}, (1600, 900), (1216, 832)),
        ("flux-kontext-pro", {}, (10, 4000), (672, 1568)),
        ("flux-kontext-pro", {}, None, (1024, 1024)),
        ("flux-dev", {}, (900, 1600), (768, 1360)),
        ("flux-dev", {"aspect_ratio": "1:1"}, (900, 1600), (1024, 1024)),
        ("flux-dev", {"megapixels": "0.25"}, (900, 1600), (384, 688)),
        ("flux-2-pro", {}, (1600, 900), (1024, 1024)),
        ("flux-2-pro", {"aspect_ratio": "match_input_image"}, (1600, 900), (1360, 768)),
        ("flux-2-pro", {"aspect_ratio": "match_input_image",
                        "resolution": "match_input_image"}, (640, 480), (640, 480)),
        ("flux-2-pro", {"resolution": "match_input_image"}, (9000, 9000), (2048, 2048)),
    ],
)  # fmt: skip
def test_sizes_after_a_picture(
    name: str, given: dict[str, object], size: tuple[int, int] | None, expected: tuple[int, int]
) -> None:
    """The input's ratio is kept where the model keeps it, and another one is obeyed."""
    assert picture_size(MODELS[BFL + name], given, size) == expected


@pytest.mark.parametrize(
    ("model", "name", "few", "many"),
    [
        (BFL + "flux-dev", "num_inference_steps", 10, 50),
        (BFL + "flux-2-flex", "steps", 10, 50),
    ],
)
def test_more_steps_take_longer(model: str, name: str, few: int, many: int) -> None:
    """The run time grows with the steps, under the name that the model has for them."""

    def run(count: int) -> int:
        return course(Creation("a" * 26, "t" * 44, model, {name: count}, 1, 0)).whole_run

    assert run(few) * 2 < run(many)
