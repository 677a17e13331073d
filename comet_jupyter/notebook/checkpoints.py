"""Names of checkpoint files: which of them are plainly a model of the service."""

from __future__ import annotations

import re

from .. import models

_LONGEST = 300
_CHECKPOINTS = (
    (re.compile(r"(?:flux\W?(?:1\W?)?)?schnell"), "flux-schnell"),
    (re.compile(r"flux\W?2\W?dev"), "flux-2-dev"),
    (re.compile(r"flux\W?(?:1\W?)?dev"), "flux-dev"),
    (re.compile(r"(?:sd|stable\Wdiffusion)\W?3\W?5\W?medium"), "sd3.5-medium"),
    (re.compile(r"(?:sd|stable\Wdiffusion)\W?3\W?5\W?large"), "sd3.5-large"),
    (re.compile(r"(?:sd|stable\Wdiffusion)\W?xl"), "sdxl"),
)
_SAME_WEIGHTS = re.compile(
    r"(?:base|original|official|full|pruned|(?:t5xxl|fp(?:4|8|16|32)|scaled|mixed)+|bf16|nf4|int[48]"
    r"|bnb|q\d|k|[sml]|e4m3fn|e5m2|unet|transformer|diffusion|model|incl|clips?|all|in|one"
    r"|\d*vae|(?:base)?v?\d*)"
)
"""Words behind a name that say how it is stored; any other may mean that it was trained further."""


def model_of(checkpoint: str) -> str | None:
    """The model of ours that a checkpoint plainly is, by its name; None for any other.

    >>> model_of("FLUX1/flux1-dev-fp8.safetensors")
    'black-forest-labs/flux-dev'
    """
    known = models.spec(checkpoint)
    if known is not None or len(checkpoint) > _LONGEST:
        return known.name if known else None
    name = re.split(r"[/\\]", checkpoint)[-1].lower()
    name = re.sub(r"\.(?:safetensors|ckpt|gguf|sft|pt|bin)\Z", "", name).replace("_", "-")
    for pattern, alias in _CHECKPOINTS:
        found = pattern.match(name)
        words = re.split(r"\W+", name[found.end() :]) if found else ()
        if found and all(map(_SAME_WEIGHTS.fullmatch, words)):
            return models.canonical(alias)
    return None
