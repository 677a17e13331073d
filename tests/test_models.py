"""Models by name, their inputs, and values turned into the model's own fields."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comet_jupyter import models
from comet_jupyter.errors import InputError, UnknownNameError

BFL = "black-forest-labs/"
RATIOS_11 = "1:1 16:9 21:9 3:2 2:3 4:5 5:4 3:4 4:3 9:16 9:21".split()
PRO_RATIOS = "custom 1:1 16:9 3:2 2:3 4:5 5:4 9:16 3:4 4:3".split()
KONTEXT_RATIOS = "match_input_image 1:1 16:9 9:16 4:3 3:4 3:2 2:3 4:5 5:4 21:9 9:21 2:1 1:2".split()
SD35_RATIOS = "16:9 1:1 21:9 2:3 3:2 4:5 5:4 9:16 9:21".split()
SCHEDULERS = "DDIM DPMSolverMultistep HeunDiscrete KarrasDPM K_EULER_ANCESTRAL K_EULER PNDM".split()
REFINERS = "no_refiner expert_ensemble_refiner base_image_refiner".split()
RESOLUTIONS = ["match_input_image", "0.5 MP", "1 MP", "2 MP", "4 MP"]


def text(default: str | None = None, *allowed: str) -> dict[str, Any]:
    """A text input: default and allowed values."""
    return {"type": "string", "default": default, "allowed": allowed}


def whole(default: int | None, low: int | None = None, high: int | None = None) -> dict[str, Any]:
    """An integer input: default and range."""
    return {"type": "integer", "default": default, "minimum": low, "maximum": high}


def number(default: float, low: float, high: float) -> dict[str, Any]:
    """A number input: default and range."""
    return {"type": "number", "default": default, "minimum": low, "maximum": high}


def flag(default: bool) -> dict[str, Any]:
    """A switch and its default."""
    return {"type": "boolean", "default": default}


def side(low: int, high: int, step: int) -> dict[str, Any]:
    """Width or height, in pixels."""
    return {"type": "integer", "minimum": low, "maximum": high, "multiple_of": step}


URI = {"type": "uri"}
ANY_FORMAT = text("webp", "webp", "jpg", "png")
QUALITY = whole(80, 0, 100)
COMMON = {"prompt": {"type": "string", "required": True}, "seed": {"type": "integer"}}

SCHNELL = {
    "aspect_ratio": text("1:1", *RATIOS_11),
    "num_outputs": whole(1, 1, 4),
    "num_inference_steps": whole(4, 1, 4),
    "output_format": ANY_FORMAT,
    "output_quality": QUALITY,
    "disable_safety_checker": flag(False),
    "go_fast": flag(True),
    "megapixels": text("1", "1", "0.25"),
}
PRO_11 = {
    "aspect_ratio": text("1:1", *PRO_RATIOS),
    "width": side(256, 1440, 32),
    "height": side(256, 1440, 32),
    "image_prompt": URI,
    "safety_tolerance": whole(2, 1, 6),
    "prompt_upsampling": flag(False),
    "output_format": ANY_FORMAT,
    "output_quality": QUALITY,
}
KONTEXT = {
    "input_image": URI,
    "aspect_ratio": text("match_input_image", *KONTEXT_RATIOS),
    "output_format": text("png", "jpg", "png"),
    "safety_tolerance": whole(2, 0, 6),
    "prompt_upsampling": flag(False),
}
FLUX_2_PRO = {
    "input_images": {"type": "uri[]", "maximum": 8},
    "aspect_ratio": text("1:1", "match_input_image", *PRO_RATIOS),
    "resolution": text("1 MP", *RESOLUTIONS),
    "width": side(256, 2048, 16),
    "height": side(256, 2048, 16),
    "safety_tolerance": whole(2, 1, 5),
    "output_format": ANY_FORMAT,
    "output_quality": QUALITY,
}
SD_35 = {
    "cfg": number(5, 1, 10),
    "aspect_ratio": text("1:1", *SD35_RATIOS),
    "image": URI,
    "prompt_strength": number(0.85, 0, 1),
    "negative_prompt": text(),
    "output_format": ANY_FORMAT,
}

# Name: takes a picture to change, output, image field, count field, inputs. Written down from
# the service's documentation by itself, not from models.toml. Where the documentation gives a
# fraction or a quality without range, the range is that of the same input elsewhere.
DOCUMENTED: dict[str, tuple[bool, str, str | None, str | None, dict[str, Any]]] = {
    BFL + "flux-schnell": (False, "list", None, "num_outputs", SCHNELL),
    BFL + "flux-dev": (
        True,
        "list",
        "image",
        "num_outputs",
        {
            **SCHNELL,
            "image": URI,
            "prompt_strength": number(0.8, 0, 1),
            "num_inference_steps": whole(28, 1, 50),
            "guidance": number(3, 0, 10),
        },
    ),
    BFL + "flux-pro": (
        False,
        "string",
        "image_prompt",
        None,
        {**PRO_11, "guidance": number(3, 2, 5)},
    ),
    BFL + "flux-1.1-pro": (False, "string", "image_prompt", None, PRO_11),
    BFL + "flux-1.1-pro-ultra": (
        False,
        "string",
        "image_prompt",
        None,
        {
            "raw": flag(False),
            "aspect_ratio": text("1:1", *RATIOS_11),
            "image_prompt": URI,
            "image_prompt_strength": number(0.1, 0, 1),
            "safety_tolerance": whole(2, 1, 6),
            "output_format": text("jpg", "jpg", "png"),
        },
    ),
    BFL + "flux-kontext-pro": (True, "string", "input_image", None, KONTEXT),
    BFL + "flux-kontext-max": (True, "string", "input_image", None, KONTEXT),
    BFL + "flux-2-pro": (True, "string", "input_images", None, FLUX_2_PRO),
    BFL + "flux-2-flex": (
        True,
        "string",
        "input_images",
        None,
        {
            **FLUX_2_PRO,
            "input_images": {"type": "uri[]", "maximum": 10},
            "steps": whole(30, 1, 50),
            "guidance": number(4.5, 1.5, 10),
        },
    ),
    BFL + "flux-2-dev": (True, "string", "input_images", None, {"input_images": {"type": "uri[]"}}),
    "stability-ai/sdxl": (
        True,
        "list",
        "image",
        "num_outputs",
        {
            "negative_prompt": text(),
            "image": URI,
            "mask": URI,
            "width": whole(1024),
            "height": whole(1024),
            "num_outputs": whole(1, 1, 4),
            "scheduler": text("K_EULER", *SCHEDULERS),
            "num_inference_steps": whole(50, 1, 500),
            "guidance_scale": number(7.5, 1, 50),
            "prompt_strength": number(0.8, 0, 1),
            "refine": text("no_refiner", *REFINERS),
            "high_noise_frac": number(0.8, 0, 1),
            "apply_watermark": flag(True),
            "disable_safety_checker": flag(False),
        },
    ),
    "stability-ai/stable-diffusion-3.5-medium": (True, "list", "image", None, SD_35),
    "stability-ai/stable-diffusion-3.5-large": (True, "list", "image", None, SD_35),
}
SIZES = {
    "1:1": (1024, 1024),
    "16:9": (1344, 768),
    "21:9": (1536, 640),
    "3:2": (1216, 832),
    "2:3": (832, 1216),
    "4:5": (896, 1088),
    "5:4": (1088, 896),
    "3:4": (896, 1152),
    "4:3": (1152, 896),
    "9:16": (768, 1344),
    "9:21": (640, 1536),
}


def known(model: str) -> models.ModelSpec:
    """The spec of a model that must be known."""
    found = models.spec(model)
    assert found is not None
    return found


# ------------------------------------------------------------------------------- data


def test_exactly_the_documented_models_are_known() -> None:
    """No documented model is missing and none is made up."""
    assert set(models.all_models()) == set(DOCUMENTED)


@pytest.mark.parametrize("model", DOCUMENTED)
def test_the_data_is_as_documented(model: str) -> None:
    """Names, types, defaults, values, ranges and fields are those of the documentation."""
    spec = known(model)
    edits, output, image_field, count_field, inputs = DOCUMENTED[model]
    assert (spec.edits, spec.output) == (edits, output)
    assert (spec.image_field, spec.count_field) == (image_field, count_field)
    assert set(spec.inputs) == {*COMMON, *inputs}
    for name, facts in {**COMMON, **inputs}.items():
        assert spec.inputs[name] == models.InputSpec(name, **facts)
    assert spec.complete is (model != BFL + "flux-2-dev")


@pytest.mark.parametrize("model", DOCUMENTED)
def test_defaults_pass_their_own_check(model: str) -> None:
    """A request of defaults gives no warning, so every default has its type and range."""
    values = {name: wanted.default for name, wanted in known(model).inputs.items()}
    assert models.check(model, {**values, "prompt": "a boat"}) == []


@pytest.mark.parametrize("model", DOCUMENTED)
def test_every_model_has_words_and_a_run_time(model: str) -> None:
    """People see a description, schedules get a prior for the run time."""
    spec = known(model)
    assert spec.description
    assert 0.1 < spec.run_time < 60
    assert 1 < spec.run_time_factor < 4


def test_every_alias_names_one_model() -> None:
    """No short name stands for two models, and the name without its owner is one."""
    aliases = [alias for spec in models.all_models().values() for alias in spec.aliases]
    assert len(aliases) == len(set(aliases))
    for name, spec in models.all_models().items():
        assert name.partition("/")[2] in spec.aliases
        assert all("/" not in alias and " " not in alias for alias in spec.aliases)


def test_specs_cannot_be_changed() -> None:
    """Frozen data: no caller changes what the next one reads."""
    spec = known("flux-dev")
    with pytest.raises(AttributeError):
        spec.name = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        spec.inputs["x"] = spec.inputs["seed"]  # type: ignore[index]


def test_importing_reads_no_file() -> None:
    """The data is read with the first question; control: then it is."""
    program = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda e, a: e == 'open' and opened.append(str(a[0])))\n"
        "from comet_jupyter import models\n"
        "before = any(name.endswith('models.toml') for name in opened)\n"
        "models.spec('flux-dev')\n"
        "print(before, any(name.endswith('models.toml') for name in opened))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.split() == ["False", "True"], run.stderr


# ------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("flux-schnell", BFL + "flux-schnell"),
        ("schnell", BFL + "flux-schnell"),
        (" FLUX-Dev ", BFL + "flux-dev"),
        ("kontext", BFL + "flux-kontext-pro"),
        ("sdxl", "stability-ai/sdxl"),
        ("sd3.5-medium", "stability-ai/stable-diffusion-3.5-medium"),
        ("somebody/some-model", "somebody/some-model"),
    ],
)
def test_names_lead_to_full_names(name: str, full: str) -> None:
    """Aliases are resolved in any case; owner/name is allowed though unknown here."""
    assert models.canonical(name) == full


def test_own_aliases_win() -> None:
    """An alias made by the user is known, also where it hides one of the package."""
    own = {"boat": "me/boats", "sdxl": "me/sdxl"}
    assert models.canonical("boat", own) == "me/boats"
    assert models.canonical("sdxl", own) == models.canonical("SDXL", own) == "me/sdxl"
    assert models.canonical("Ölbild", {"ölbild": "me/oil"}) == "me/oil"


def test_the_nearest_name_may_be_ones_own() -> None:
    """A typo in a user's alias names it; without anything near, it is listed first."""
    own = {"lighthouse": "me/boats"}
    with pytest.raises(UnknownNameError, match="Did you mean lighthouse"):
        models.canonical("lighthose", own)
    with pytest.raises(UnknownNameError, match="one of lighthouse, flux-schnell"):
        models.canonical("zzz", own)


@pytest.mark.parametrize(("typed", "meant"), [("flux-shnell", "flux-schnell"), ("sdlx", "sdxl")])
def test_a_typo_names_the_nearest_model(typed: str, meant: str) -> None:
    """An unknown short name is an error that says which name was meant."""
    with pytest.raises(UnknownNameError, match=f"Did you mean {meant}"):
        models.canonical(typed)


def test_a_strange_name_is_not_echoed_at_length() -> None:
    """What is nothing like a model gives a short error without a guess."""
    with pytest.raises(UnknownNameError) as caught:
        models.canonical("q" * 100_000)
    assert "Did you mean" not in str(caught.value)
    assert len(str(caught.value)) < 300
    assert "flux-dev" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "candidates", "found"),
    [
        ("sede", ["seed", "prompt"], "seed"),
        ("aspect-ratio", ["aspect_ratio"], "aspect_ratio"),
        ("SEED", ["seed"], "seed"),
        ("zzz", ["seed"], None),
        ("x", [], None),
    ],
)
def test_nearest(name: str, candidates: list[str], found: str | None) -> None:
    """The most similar candidate, whatever the case and the kind of dash, or none."""
    assert models.nearest(name, candidates) == found


def test_short_names_and_seeds() -> None:
    """A known model has a short name and a seed; an unknown one keeps its name and is trusted."""
    assert models.short_name(BFL + "flux-1.1-pro") == "flux-1.1-pro"
    assert models.short_name("me/boats") == "me/boats"
    assert all(models.has_seed(model) for model in [*DOCUMENTED, "me/boats"])
    assert models.spec("me/boats") is None


# ------------------------------------------------------------------------------ values


@pytest.mark.parametrize(
    ("model", "name", "typed", "value"),
    [
        ("flux-schnell", "megapixels", "1", "1"),
        ("flux-schnell", "megapixels", "0.25", "0.25"),
        ("flux-dev", "guidance", "3", 3),
        ("flux-dev", "guidance", "3.5", 3.5),
        ("flux-dev", "prompt", "1", "1"),
        ("flux-dev", "prompt", '{"a": [1]}', '{"a": [1]}'),
        ("flux-dev", "prompt", '"quoted"', "quoted"),
        ("flux-dev", "prompt", "null", "null"),
        ("flux-dev", "seed", '"5"', 5),
        ("flux-dev", "seed", "5.0", 5),
        ("flux-dev", "seed", "null", None),
        ("flux-dev", "seed", "1.5", 1.5),
        ("flux-dev", "seed", "many", "many"),
        ("flux-dev", "seed", "true", True),
        ("flux-dev", "output_format", "PNG", "png"),
        ("flux-dev", "go_fast", "false", False),
        ("flux-dev", "go_fast", "off", False),
        ("flux-dev", "go_fast", "1", True),
        ("flux-dev", "go_fast", "maybe", "maybe"),
        ("flux-dev", "image", "https://x.example/a.png", "https://x.example/a.png"),
        ("flux-2-pro", "input_images", "a.png", ["a.png"]),
        ("flux-2-pro", "input_images", '["a.png", "b.png"]', ["a.png", "b.png"]),
        ("me/boats", "anything", '{"a": [1, null]}', {"a": [1, None]}),
        ("me/boats", "anything", "plain text", "plain text"),
        ("me/boats", "anything", "NaN", "NaN"),
        ("me/boats", "anything", "[" * 100_000, "[" * 100_000),
        ("flux-dev", "no_such_input", "1", 1),
    ],
)
def test_typed_text_gets_the_type_of_the_input(
    model: str, name: str, typed: str, value: object
) -> None:
    """`-p NAME=TEXT` means what the model's schema makes of it."""
    found = models.convert(model, name, typed)
    assert found == value
    assert type(found) is type(value)


@given(st.text(max_size=40), st.sampled_from(["flux-dev", "sdxl", "flux-2-pro", "me/x"]))
def test_converting_never_fails(typed: str, model: str) -> None:
    """Whatever is typed for whatever input becomes some value that can be checked."""
    spec = models.spec(model)
    for name in [*(spec.inputs if spec else ()), "unknown"]:
        value = models.convert(model, name, typed)
        assert isinstance(models.check(model, {"prompt": "x", name: value}), list)


@pytest.mark.parametrize(
    ("model", "values", "said"),
    [
        ("flux-dev", {}, "needs 'prompt'"),
        ("flux-dev", {"prompt": ""}, "needs 'prompt'"),
        ("flux-dev", {"prompt": "x", "guidence": 3}, "did you mean 'guidance'?"),
        ("flux-dev", {"prompt": "x", "zzz": 3}, "the service decides"),
        ("flux-dev", {"prompt": "x", "seed": "5"}, "seed=5 should be an integer"),
        ("flux-dev", {"prompt": "x", "seed": True}, "should be an integer"),
        ("flux-dev", {"prompt": "x", "guidance": math.nan}, "should be a number"),
        ("flux-dev", {"prompt": "x", "guidance": 11}, "out of range; allowed: 0 to 10"),
        ("flux-dev", {"prompt": "x", "go_fast": 1}, "should be a boolean"),
        ("flux-dev", {"prompt": "x", "output_format": "jpeg"}, "did you mean 'jpg'?"),
        ("flux-dev", {"prompt": "x", "aspect_ratio": "16:10"}, "allowed: 1:1, 16:9"),
        ("flux-dev", {"prompt": "x", "aspect_ratio": "16:10"}, "; 3:2 is nearest"),
        ("flux-dev", {"prompt": "x", "aspect_ratio": "1:9"}, "; 9:21 is nearest"),
        ("flux-dev", {"prompt": "x", "aspect_ratio": "0:1"}, "not allowed; allowed: 1:1"),
        ("flux-schnell", {"prompt": "x", "megapixels": "2"}, "; 1 is nearest"),
        ("flux-schnell", {"prompt": "x", "megapixels": "-1"}, "not allowed; allowed: 1, 0.25"),
        ("flux-schnell", {"prompt": "x", "megapixels": 1}, 'should be text: "1".'),
        ("flux-schnell", {"prompt": "x", "megapixels": 2}, "should be text."),
        ("flux-dev", {"prompt": "x", "image": "boat.png"}, "is no URL; --image takes a file"),
        ("flux-2-pro", {"prompt": "x", "input_images": ["a.png", 5]}, "input_images=a.png is no"),
        ("flux-kontext-pro", {"prompt": "x", "output_format": "webp"}, "allowed: jpg, png"),
        ("flux-kontext-pro", {"prompt": "x", "image": "u"}, "as 'input_image', not 'image'"),
        ("flux-schnell", {"prompt": "x", "image": "u"}, "takes no picture"),
        ("flux-pro", {"prompt": "x", "num_outputs": 4}, "use -n"),
        ("flux-2-pro", {"prompt": "x", "input_images": "u"}, "list of pictures"),
        ("flux-2-pro", {"prompt": "x", "input_images": ["data:,"] * 9}, "at most 8 pictures"),
        (
            "flux-pro",
            {"prompt": "x", "aspect_ratio": "custom", "width": 1000, "height": 1024},
            "no multiple of 32; 992 is",
        ),
        ("flux-pro", {"prompt": "x", "width": 1024}, "only with aspect_ratio=custom"),
        ("flux-pro", {"prompt": "x", "aspect_ratio": "custom"}, "needs 'width' and 'height'"),
        ("flux-2-pro", {"prompt": "x", "aspect_ratio": "custom", "width": 512}, "needs 'width'"),
    ],
)
def test_doubtful_values_are_warned_of(model: str, values: dict[str, Any], said: str) -> None:
    """One warning of one line names the input, what is wrong, and the nearest right value."""
    warnings = models.check(model, values)
    assert len(warnings) == 1
    assert said in warnings[0]
    assert "\n" not in warnings[0]


def test_what_is_not_known_is_not_judged() -> None:
    """Unknown models, undocumented inputs and nulls give no warnings."""
    assert models.check("me/boats", {"anything": object}) == []
    assert models.check("flux-2-dev", {"prompt": "x", "go_fast": True}) == []
    assert models.check("flux-dev", {"prompt": "x", "seed": None}) == []


@pytest.mark.parametrize("picture", ["https://x.example/a.png", "http://x/a", "data:,", "comet:ab"])
def test_pictures_that_can_be_sent_are_no_doubt(picture: str) -> None:
    """An address, a file as a data URI, and a reference to one that is kept."""
    assert models.check("flux-dev", {"prompt": "x", "image": picture}) == []
    assert models.check("flux-2-pro", {"prompt": "x", "input_images": [picture] * 8}) == []


def test_warnings_stay_short() -> None:
    """A whole picture as a wrong value is not echoed."""
    (warning,) = models.check("flux-dev", {"prompt": "x", "output_format": "data:" + "A" * 9999})
    assert len(warning) < 150


# ----------------------------------------------------------------------- ratio and size


@pytest.mark.parametrize(("ratio", "size"), SIZES.items())
def test_the_table_of_sizes(ratio: str, size: tuple[int, int]) -> None:
    """The usual ratios have the sizes that models are trained on."""
    assert models.size_of(ratio) == size
    assert models.with_ratio("sdxl", ratio) == {"width": size[0], "height": size[1]}


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_any_ratio_has_a_size_near_a_megapixel(width: int, height: int) -> None:
    """Sizes are multiples of 16, about 1 megapixel, and about of the ratio asked for."""
    if max(width, height) > 16 * min(width, height):
        with pytest.raises(InputError, match="too extreme"):
            models.size_of(f"{width}:{height}")
        return
    across, down = models.size_of(f"{width}:{height}")
    assert across % 16 == down % 16 == 0
    assert 0.75 < across * down / 2**20 < 1.3
    assert across / down == pytest.approx(width / height, rel=0.05)


@pytest.mark.parametrize(
    ("model", "ratio", "inputs"),
    [
        ("flux-schnell", "16:9", {"aspect_ratio": "16:9"}),
        ("flux-schnell", " 32 : 18 ", {"aspect_ratio": "16:9"}),
        ("flux-schnell", "7:3", {"aspect_ratio": "21:9"}),
        ("flux-schnell", "1024:1024", {"aspect_ratio": "1:1"}),
        ("flux-kontext-pro", "match_input_image", {"aspect_ratio": "match_input_image"}),
        ("flux-pro", "21:9", {"aspect_ratio": "custom", "width": 1344, "height": 576}),
        ("flux-pro", "2:1", {"aspect_ratio": "custom", "width": 1408, "height": 704}),
        ("flux-2-pro", "2:1", {"aspect_ratio": "custom", "width": 1440, "height": 720}),
        ("sdxl", "2:1", {"width": 1440, "height": 720}),
        ("flux-2-dev", "21:9", {"aspect_ratio": "21:9"}),
        ("me/boats", "21:9", {"aspect_ratio": "21:9"}),
    ],
)
def test_ratios_take_the_models_own_fields(model: str, ratio: str, inputs: dict[str, Any]) -> None:
    """`--ar` sets the ratio where the model has it, else a size, and no check complains."""
    assert models.with_ratio(model, ratio) == inputs
    assert models.check(model, {"prompt": "x", **inputs}) == []


@pytest.mark.parametrize(
    ("model", "ratio", "said"),
    [
        ("flux-kontext-pro", "square", "Allowed: match_input_image"),
        ("sdxl", "square", "Write W:H"),
        ("sdxl", "0:1", "not an aspect ratio"),
        ("sdxl", "17:1", "too extreme"),
        ("flux-pro", "custom", "not an aspect ratio"),
        ("flux-pro", "1:16", "256 to 1440"),
        ("me/boats", "wide", "Write W:H"),
    ],
)
def test_impossible_ratios_say_what_is_possible(model: str, ratio: str, said: str) -> None:
    """A ratio the model does not have is an error before anything is sent."""
    with pytest.raises(InputError, match=said):
        models.with_ratio(model, ratio)


@pytest.mark.parametrize(
    ("model", "ratio", "nearest"), [("flux-schnell", "2:1", "16:9"), ("sd3.5-medium", "4:3", "5:4")]
)
def test_a_ratio_that_is_not_listed_is_sent_with_a_warning(
    model: str, ratio: str, nearest: str
) -> None:
    """Lists drift: the service decides, and the nearest one is named before."""
    inputs = models.with_ratio(model, ratio)
    assert inputs == {"aspect_ratio": ratio}
    (warning,) = models.check(model, {"prompt": "x", **inputs})
    assert ratio in warning
    assert nearest in warning


@pytest.mark.parametrize(
    ("model", "size", "inputs"),
    [
        ("sdxl", "1344x768", {"width": 1344, "height": 768}),
        ("flux-pro", "1024 × 768", {"aspect_ratio": "custom", "width": 1024, "height": 768}),
        ("flux-schnell", "1344X768", {"aspect_ratio": "16:9"}),
        ("me/boats", "640x480", {"width": 640, "height": 480}),
        ("flux-2-dev", "640x480", {"width": 640, "height": 480}),
    ],
)
def test_sizes_take_the_models_own_fields(model: str, size: str, inputs: dict[str, Any]) -> None:
    """`--size` sets width and height, or the ratio that makes exactly this size."""
    assert models.with_size(model, size) == inputs


@pytest.mark.parametrize(
    ("model", "size", "said"),
    [
        ("flux-schnell", "1000x1000", r"Possible: 1024x1024 \(1:1\)"),
        ("sd3.5-medium", "1152x896", "cannot make 1152x896"),
        ("sdxl", "large", "Write WxH"),
        ("sdxl", "0x10", "not a size"),
    ],
)
def test_impossible_sizes_say_what_is_possible(model: str, size: str, said: str) -> None:
    """A size the model cannot make is an error that lists those it can."""
    with pytest.raises(InputError, match=said):
        models.with_size(model, size)


def test_negative_prompts_go_where_they_exist() -> None:
    """`--no` is an input of some models; for others the error names those."""
    assert models.with_negative("sdxl", "fog") == {"negative_prompt": "fog"}
    assert models.with_negative("me/boats", "fog") == {"negative_prompt": "fog"}
    with pytest.raises(InputError, match=r"sdxl, sd3\.5-medium, sd3\.5-large") as caught:
        models.with_negative("flux-dev", "fog")
    assert "-p negative_prompt=TEXT sends it all the same" in caught.value.remedy
