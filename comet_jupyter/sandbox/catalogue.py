"""The models the sandbox plays: their inputs, picture sizes, run times and prices.

Facts and arithmetic on them only. What a refusal looks like on the wire stands in `routes`,
what happens over time in `simulation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = [
    "MODELS",
    "Input",
    "Model",
    "Problem",
    "image_count",
    "picture_size",
    "problems",
    "step_count",
]

Kind = Literal["string", "integer", "number", "boolean", "uri", "uris"]
LogStyle = Literal["bar", "two bars", "bar without total", "nothing"]


@dataclass(frozen=True)
class Input:
    """One input of a model: its type and what it allows."""

    kind: Kind
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    nullable: bool = False
    required: bool = False


@dataclass(frozen=True)
class Problem:
    """Why one input is refused, in the terms of Replicate's ``invalid_fields``."""

    type: str
    field: str
    description: str


@dataclass(frozen=True)
class Model:
    """One model. Times are in seconds: the median of a lognormal, and its sigma."""

    name: str
    inputs: Mapping[str, Input]
    returns_list: bool
    run: tuple[float, float]
    price: float
    queue: tuple[float, float] = (0.2, 0.35)
    logs: LogStyle = "nothing"
    version: str = "hidden"
    output_format: str = "webp"
    steps: int = 28
    guidance: float = 3.0
    prompt_strength: float = 0.8
    ratio: str = "1:1"
    """The aspect ratio when the input does not say."""
    cold_boot: float = 0.0
    """How often (0 to 1) a prediction finds no warm machine and waits some 20 s more."""
    area: float = 1.0
    """Pictures are this many times a megapixel when the input does not say."""
    tells_total_time: bool = False


def _choice(*choices: str) -> Input:
    return Input("string", choices=choices)


def _between(kind: Kind, low: float, high: float) -> Input:
    return Input(kind, low=low, high=high)


def _formats(*formats: str) -> dict[str, Input]:
    return {"output_format": _choice(*formats)}


_RATIOS11 = _choice(
    "1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21"
)  # fmt: skip
_RATIOS9 = ("1:1", "16:9", "3:2", "2:3", "4:5", "5:4", "9:16", "3:4", "4:3")
_COMMON = {
    "prompt": Input("string", required=True),
    "seed": Input("integer", nullable=True),
}
_QUALITY = {"output_quality": _between("integer", 0, 100)}
_OPEN_FLUX = {
    **_COMMON,
    **_formats("webp", "jpg", "png"),
    **_QUALITY,
    "aspect_ratio": _RATIOS11,
    "num_outputs": _between("integer", 1, 4),
    "num_inference_steps": _between("integer", 1, 4),
    "disable_safety_checker": Input("boolean"),
    "go_fast": Input("boolean"),
    "megapixels": _choice("1", "0.25"),
}
_DEV = {
    **_OPEN_FLUX,
    "image": Input("uri"),
    "prompt_strength": _between("number", 0, 1),
    "num_inference_steps": _between("integer", 1, 50),
    "guidance": _between("number", 0, 10),
}
_PRO_11 = {
    **_COMMON,
    **_formats("webp", "jpg", "png"),
    **_QUALITY,
    "aspect_ratio": _choice("custom", *_RATIOS9),
    "width": _between("integer", 256, 1440),
    "height": _between("integer", 256, 1440),
    "image_prompt": Input("uri"),
    "safety_tolerance": _between("integer", 1, 6),
    "prompt_upsampling": Input("boolean"),
}
_ULTRA = {
    **_COMMON,
    **_formats("jpg", "png"),
    "raw": Input("boolean"),
    "aspect_ratio": _RATIOS11,
    "image_prompt": Input("uri"),
    "image_prompt_strength": _between("number", 0, 1),
    "safety_tolerance": _between("integer", 1, 6),
}
_KONTEXT = {
    **_COMMON,
    **_formats("jpg", "png"),
    "input_image": Input("uri"),
    "aspect_ratio": _choice(
        "match_input_image", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "4:5", "5:4",
        "21:9", "9:21", "2:1", "1:2",
    ),
    "safety_tolerance": _between("integer", 0, 6),
    "prompt_upsampling": Input("boolean"),
}  # fmt: skip
_FLUX_2 = {
    **_COMMON,
    **_formats("webp", "jpg", "png"),
    **_QUALITY,
    "input_images": Input("uris", high=8),
    "aspect_ratio": _choice("match_input_image", "custom", *_RATIOS9),
    "resolution": _choice("match_input_image", "0.5 MP", "1 MP", "2 MP", "4 MP"),
    "width": _between("integer", 256, 2048),
    "height": _between("integer", 256, 2048),
    "safety_tolerance": _between("integer", 1, 5),
}
_FLEX = {
    **_FLUX_2,
    "input_images": Input("uris", high=10),
    "steps": _between("integer", 1, 50),
    "guidance": _between("number", 1.5, 10),
}
_SDXL = {
    **_COMMON,
    "negative_prompt": Input("string"),
    "image": Input("uri"),
    "mask": Input("uri"),
    "width": _between("integer", 64, 2048),
    "height": _between("integer", 64, 2048),
    "num_outputs": _between("integer", 1, 4),
    "scheduler": _choice(
        "DDIM", "DPMSolverMultistep", "HeunDiscrete", "KarrasDPM", "K_EULER_ANCESTRAL", "K_EULER",
        "PNDM",
    ),
    "num_inference_steps": _between("integer", 1, 500),
    "guidance_scale": _between("number", 1, 50),
    "prompt_strength": _between("number", 0, 1),
    "refine": _choice("no_refiner", "expert_ensemble_refiner", "base_image_refiner"),
    "high_noise_frac": _between("number", 0, 1),
    "apply_watermark": Input("boolean"),
    "disable_safety_checker": Input("boolean"),
}  # fmt: skip
_SD35 = {
    **_COMMON,
    **_formats("webp", "jpg", "png"),
    "cfg": _between("number", 1, 10),
    "aspect_ratio": _choice("16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"),
    "image": Input("uri"),
    "prompt_strength": _between("number", 0, 1),
    "negative_prompt": Input("string"),
}

_BFL = "black-forest-labs/"
_STABILITY = "stability-ai/"
_LIST = (
    Model(
        _BFL + "flux-schnell", _OPEN_FLUX, True, run=(0.8, 0.18), price=0.003, queue=(0.2, 0.35),
        logs="bar", version="dp-4d0bcc010b3049749a251855f12800be", steps=4,
    ),
    Model(
        _BFL + "flux-dev", _DEV, True, run=(4.5, 0.2), price=0.025,
        logs="bar", version="dp-93d72f81bd019dde2bfcba9585a6f74d",
    ),
    Model(_BFL + "flux-pro", _PRO_11 | {"guidance": _between("number", 2, 5)}, False,
          run=(8.2, 0.25), price=0.055),
    Model(_BFL + "flux-1.1-pro", _PRO_11, False, run=(6.9, 0.25), price=0.04),
    Model(_BFL + "flux-1.1-pro-ultra", _ULTRA, False, run=(11.0, 0.25), price=0.06,
          output_format="jpg", area=4.0),
    Model(_BFL + "flux-kontext-pro", _KONTEXT, False, run=(5.6, 0.25), price=0.04,
          logs="bar without total", output_format="png", tells_total_time=True,
          ratio="match_input_image"),
    Model(_BFL + "flux-kontext-max", _KONTEXT, False, run=(7.4, 0.25), price=0.08,
          logs="bar without total", output_format="png", tells_total_time=True,
          ratio="match_input_image"),
    Model(_BFL + "flux-2-pro", _FLUX_2, False, run=(7.8, 0.25), price=0.03, tells_total_time=True),
    Model(_BFL + "flux-2-dev", _FLUX_2, False, run=(3.1, 0.25), price=0.012,
          tells_total_time=True),
    Model(_BFL + "flux-2-flex", _FLEX, False, run=(14.0, 0.3), price=0.06, steps=30,
          guidance=4.5, tells_total_time=True),
    Model(
        _STABILITY + "sdxl", _SDXL, True, run=(8.0, 0.2), price=0.0043, queue=(0.4, 0.5),
        logs="two bars", output_format="png", steps=50, guidance=7.5, cold_boot=0.125,
        version="7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc",
    ),
    Model(_STABILITY + "stable-diffusion-3.5-medium", _SD35, True, run=(5.0, 0.2), price=0.035,
          logs="bar", guidance=5.0, prompt_strength=0.85,
          version="382e03d7ee3dde4bcf3e4d4a9a3a3b7c4d1e6f5a8b9c0d1e2f3a4b5c6d7e8f90"),
    Model(_STABILITY + "stable-diffusion-3.5-large", _SD35, True, run=(8.8, 0.2), price=0.065,
          logs="bar", guidance=5.0, prompt_strength=0.85,
          version="2fdf9488b53c1e0fd3aef7b477def1c00d1856a38466733711f9c769942598f5"),
)  # fmt: skip

MODELS: Mapping[str, Model] = MappingProxyType({model.name: model for model in _LIST})

# width and height at one megapixel
_SIZES = {
    "1:1": (1024, 1024), "16:9": (1344, 768), "21:9": (1536, 640), "3:2": (1216, 832),
    "2:3": (832, 1216), "4:5": (896, 1088), "5:4": (1088, 896), "3:4": (896, 1152),
    "4:3": (1152, 896), "9:16": (768, 1344), "9:21": (640, 1536), "2:1": (1440, 720),
    "1:2": (720, 1440),
}  # fmt: skip
_AREAS = {"0.25": 0.25, "0.5 MP": 0.5, "1 MP": 1.0, "2 MP": 2.0, "4 MP": 4.0}


def picture_size(
    model: Model, given: Mapping[str, object], input_size: tuple[int, int] | None = None
) -> tuple[int, int]:
    """Width and height in pixels of a picture made from an accepted input.

    Parameters
    ----------
    model, given
        Who makes it, and what was asked for.
    input_size
        Pixels of the input picture that is changed or mixed, where there is one.
    """
    changes = "image" in model.inputs and input_size is not None
    ratio = given.get("aspect_ratio", "match_input_image" if changes else model.ratio)
    width, height = given.get("width"), given.get("height")
    says_size = ratio == "custom" or "aspect_ratio" not in model.inputs
    if says_size and (width is not None or height is not None):
        return _rounded(width, 8), _rounded(height, 8)
    asked = str(given.get("megapixels", given.get("resolution")))
    across, down = _SIZES.get(str(ratio), _SIZES["1:1"])
    area = _AREAS.get(asked, model.area)
    if input_size is not None and asked == "match_input_image":
        area = min(4.0, max(0.25, input_size[0] * input_size[1] / 1024**2))
    if input_size is not None and ratio == "match_input_image":
        # nobody offers wider or taller pictures than 21:9
        share = min(21 / 9, max(9 / 21, input_size[0] / input_size[1])) ** 0.5
        across, down = 1024 * share, 1024 / share
    return _rounded(across * area**0.5, 16), _rounded(down * area**0.5, 16)


def image_count(given: Mapping[str, object]) -> int:
    """How many pictures an accepted input asks for."""
    count = given.get("num_outputs", 1)
    return count if isinstance(count, int) else 1


def step_count(model: Model, given: Mapping[str, object]) -> int:
    """How many steps a model takes for an accepted input."""
    for name in ("num_inference_steps", "steps"):
        count = given.get(name)
        if name in model.inputs and isinstance(count, int):
            return count
    return model.steps


def problems(model: Model, given: Mapping[str, object]) -> list[Problem]:
    """What the model refuses in an input; unknown names are ignored, as Replicate does."""
    found = [
        Problem("required", "input", f"{name} is required")
        for name, rule in model.inputs.items()
        if rule.required and name not in given
    ]
    for name, value in given.items():
        rule = model.inputs.get(name)
        if rule is not None and not (rule.nullable and value is None):
            found += _check(f"input.{name}", rule, value)
    return found


def _check(name: str, rule: Input, value: object) -> list[Problem]:
    expected = _TYPE_NAMES.get(rule.kind, rule.kind)
    if not _has_type(rule.kind, value):
        text = f"Invalid type. Expected: {expected}, given: {_json_type(value)}"
        return [Problem("invalid_type", name, text)]
    if rule.choices and value not in rule.choices:
        allowed = ", ".join(f'"{choice}"' for choice in rule.choices)
        return [Problem("enum", name, f"{name} must be one of the following: {allowed}")]
    if isinstance(value, (int, float)):
        if rule.low is not None and value < rule.low:
            return [Problem("number_gte", name, f"Must be greater than or equal to {rule.low:g}")]
        if rule.high is not None and value > rule.high:
            return [Problem("number_lte", name, f"Must be less than or equal to {rule.high:g}")]
    if isinstance(value, list):
        if rule.high is not None and len(value) > rule.high:
            text = f"Array must have at most {rule.high:g} items"
            return [Problem("array_max_items", name, text)]
        return [found for at, item in enumerate(value) for found in _uri(f"{name}.{at}", item)]
    return _uri(name, value) if rule.kind == "uri" else []


def _uri(name: str, value: object) -> list[Problem]:
    if isinstance(value, str) and value.startswith(("http://", "https://", "data:")):
        return []
    return [Problem("format", name, "Does not match format 'uri'")]


_TYPE_NAMES = {"uri": "string", "uris": "array"}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "uri": str,
    "uris": list,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def _has_type(kind: Kind, value: object) -> bool:
    # in Python True is an int, in JSON it is not
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    for kind in ("boolean", "integer", "number", "string"):
        if _has_type(kind, value):
            return kind
    return "array" if isinstance(value, list) else "object"


def _rounded(pixels: object, step: int) -> int:
    value = pixels if isinstance(pixels, (int, float)) else 1024
    return max(step, round(value / step) * step)
