"""What other programs wrote into a picture, as a request for a model of ours.

The text of the Stable Diffusion web UIs (A1111, Forge and their kin) is read here, ComfyUI's
graphs in ``comfy_graph.py``. Pure: nothing is sent, nothing looked up. The texts come from
anybody's files, so every search in them is bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import models
from ..errors import InputError
from ..models import ModelSpec
from ..wire.request import PredictionRequest
from .checkpoints import model_of

_MOST_OTHERS = 40


@dataclass(frozen=True, slots=True)
class ForeignSettings:
    """The settings of a picture that another program made.

    Attributes
    ----------
    writer : str
        The program.
    prompt, negative : str
    model : str
        The checkpoint's name.
    seed, steps : int or None
    cfg, guidance : float or None
        Classifier-free guidance, and the distilled guidance of Flux, which is another thing.
    sampler, scheduler : str
        As that program calls them.
    width, height : int or None
        Pixels, as asked for.
    others : tuple of (str, str)
        What else it says, by name.
    """

    writer: str
    prompt: str = ""
    negative: str = ""
    model: str = ""
    seed: int | None = None
    steps: int | None = None
    cfg: float | None = None
    guidance: float | None = None
    sampler: str = ""
    scheduler: str = ""
    width: int | None = None
    height: int | None = None
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """A request that comes near to foreign settings, and what it does not say of them.

    Attributes
    ----------
    request : PredictionRequest
    left_out : tuple of str
        Each with its reason.
    model_is_known : bool
        False when the request's model only stands in for one that is not to be had.
    """

    request: PredictionRequest
    left_out: tuple[str, ...]
    model_is_known: bool


# -- the text of the web UIs ----------------------------------------------------------

_NEGATIVE = "Negative prompt:"
_PAIR = re.compile(r'\s*(\w[\w \-/]{1,60}):\s*("(?:\\.|[^\\"]){1,4000}"|[^,]{0,4000})(?:,|$)')
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_LONGEST_LINE = 40_000
_HASH = re.compile(r"hash(?:es)?\Z", re.IGNORECASE)
_READ = frozenset(
    "Steps,Sampler,Schedule type,CFG scale,Distilled CFG Scale,Seed,Size,Model,Version".split(",")
)


def from_parameters(text: str) -> ForeignSettings | None:
    """The settings in a ``parameters`` text; None when it is no such text.

    Prompt, negative prompt and one line of at least three ``Name: value`` pairs; a text
    without that line is a prompt.
    """
    *lines, last = text.strip().split("\n")
    pairs = dict(_pairs(last)) if len(last) <= _LONGEST_LINE else {}
    if len(pairs) < 3:
        lines, pairs = [*lines, last], {}
    at = next((i for i, line in enumerate(lines) if line.strip().startswith(_NEGATIVE)), None)
    prompt = "\n".join(lines[:at]).strip()
    negative = "\n".join(lines[at:]).strip().removeprefix(_NEGATIVE) if at is not None else ""
    if not (prompt or pairs):
        return None
    size = _SIZE.fullmatch(pairs.get("Size", ""))
    others = [
        (name, value)
        for name, value in pairs.items()
        if value and name not in _READ and not _HASH.search(name)
    ]
    return ForeignSettings(
        writer=_web_ui(pairs.get("Version", "")),
        prompt=prompt,
        negative=negative.strip(),
        model=pairs.get("Model", ""),
        seed=_whole(pairs.get("Seed")),
        steps=_whole(pairs.get("Steps")),
        cfg=_number(pairs.get("CFG scale")),
        guidance=_number(pairs.get("Distilled CFG Scale")),
        sampler=pairs.get("Sampler", ""),
        scheduler=pairs.get("Schedule type", ""),
        width=int(size[1]) if size else None,
        height=int(size[2]) if size else None,
        others=tuple(others[:_MOST_OTHERS]),
    )


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(line):
        found = _PAIR.match(line, at)
        if found is None:
            comma = line.find(",", at)
            at = comma + 1 if comma >= 0 else len(line)
            continue
        at = found.end()
        yield found[1].strip(), _unquoted(found[2].strip())


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value, strict=False))
    except ValueError:
        return value


def _web_ui(version: str) -> str:
    if version.startswith("comet_jupyter"):
        return version
    name = "Forge" if version.startswith("f") else "Stable Diffusion web UI"
    return f"{name} {version}" if re.match(r"f?v?\d", version) else version or "a web UI"


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,20}", text) else None


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\d{1,6}(\.\d{0,6})?", text) else None


# -- a request that comes near ---------------------------------------------------------

_SCHEDULERS = {
    "euler a": "K_EULER_ANCESTRAL",
    "euler ancestral": "K_EULER_ANCESTRAL",
    "euler": "K_EULER",
    "ddim": "DDIM",
    "heun": "HeunDiscrete",
    "dpm++ 2m karras": "KarrasDPM",
    "dpmpp 2m karras": "KarrasDPM",
    "dpm++ 2m": "DPMSolverMultistep",
    "dpmpp 2m": "DPMSolverMultistep",
    "plms": "PNDM",
}
"""The samplers of SDXL on the service, by their names in the web UIs and in ComfyUI."""


def translated(found: ForeignSettings, default_model: str) -> Translation:
    """The request of ours that comes nearest.

    Parameters
    ----------
    found : ForeignSettings
    default_model : str
        ``owner/name``: what stands in for a checkpoint that is not to be had.
    """
    named = model_of(found.model) if found.model else None
    model = named or default_model
    inputs: dict[str, Any] = {"prompt": found.prompt} if found.prompt else {}
    left_out = list(_translate(found, model, inputs))
    left_out += [f"{name} {value}" for name, value in found.others]
    return Translation(PredictionRequest(model, inputs), tuple(left_out), named is not None)


def _translate(found: ForeignSettings, model: str, inputs: dict[str, Any]) -> Iterator[str]:
    """Fills the inputs; yields what could not be said."""
    if found.negative:
        try:
            inputs.update(models.with_negative(model, found.negative))
        except InputError as error:
            yield f"negative prompt: {error.cause}"
    yield from _size(found, model, inputs)
    known = models.spec(model)
    steps = ("num_inference_steps", "steps")
    yield from _numeral("steps", found.steps, known, steps, inputs)
    yield from _numeral("CFG scale", found.cfg, known, ("guidance_scale", "cfg"), inputs)
    yield from _numeral("guidance", found.guidance, known, ("guidance",), inputs)
    if found.sampler:
        said = f"{found.sampler} {found.scheduler}".strip()
        scheduler = _scheduler(said, found.sampler, known)
        if scheduler is None:
            yield f"sampler {said}"
        else:
            inputs["scheduler"] = scheduler
    if found.seed is not None:
        if models.has_seed(model):
            inputs["seed"] = found.seed
        else:
            yield f"seed {found.seed}: {models.short_name(model)} takes none"


def _scheduler(said: str, sampler: str, known: ModelSpec | None) -> str | None:
    """The model's own name of a sampler, None when it has no such."""
    wanted = known.inputs.get("scheduler") if known is not None else None
    if wanted is None:
        return None
    names = (name.lower().replace("_", " ") for name in (said, sampler))
    found = next((_SCHEDULERS[name] for name in names if name in _SCHEDULERS), sampler)
    return found if found in wanted.allowed else None


def _size(found: ForeignSettings, model: str, inputs: dict[str, Any]) -> Iterator[str]:
    """Width and height where the model takes just these, else the nearest ratio that it has."""
    if not found.width or not found.height:
        return
    size, short = f"{found.width}x{found.height}", models.short_name(model)
    known = models.spec(model)
    try:
        exact = models.with_size(model, size)
        fits = known is None or not any(
            models.doubts(known.inputs[name], value)
            for name, value in exact.items()
            if name in known.inputs
        )
    except InputError:
        exact, fits = {}, False
    if fits:
        inputs.update(exact)
        return
    ratio = _nearest_ratio(found.width, found.height, known)
    try:
        inputs.update(models.with_ratio(model, ratio) if ratio else {})
    except InputError:
        ratio = ""
    yield f"size {size}: {short} gets {ratio}" if ratio else f"size {size}: {short} has no such"


def _nearest_ratio(width: int, height: int, known: ModelSpec | None) -> str:
    """The allowed ratio that is most like this one; the ratio itself where any is allowed."""
    ratios = [one for one in (known.ratios() if known else ()) if ":" in one]
    if not ratios:
        return f"{width}:{height}" if max(width, height) < 10_000 else ""

    def distance(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        wide, high = width * down, height * across
        return max(wide, high) / min(wide, high)

    return min(ratios, key=distance)


def _numeral(
    label: str,
    value: float | None,
    known: ModelSpec | None,
    names: tuple[str, ...],
    inputs: dict[str, Any],
) -> Iterator[str]:
    """A number under the first of the names that the model has, when it may be."""
    if value is None:
        return
    value = int(value) if float(value).is_integer() else value
    name = next((one for one in names if known is not None and one in known.inputs), None)
    if known is None or name is None:
        yield f"{label} {value}"
        return
    wanted = known.inputs[name]
    if not models.doubts(wanted, value):
        inputs[name] = value
    elif wanted.minimum is not None and wanted.maximum is not None:
        allowed = f"{wanted.minimum:g} to {wanted.maximum:g}"
        yield f"{label} {value}: {models.short_name(known.name)} takes {allowed}"
    else:
        yield f"{label} {value}"
