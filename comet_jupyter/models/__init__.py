"""What is known of the models: names, inputs, sizes. Pure, no network.

`specs` reads ``models.toml``, `inputs` types and checks values, `sizes` turns ratios and sizes
into the model's own field names. Importing this reads no file; the first question does.
"""

from __future__ import annotations

from .inputs import check, convert, doubts, with_negative, with_pictures
from .sizes import size_of, with_ratio, with_size
from .specs import (
    InputSpec,
    ModelSpec,
    all_models,
    canonical,
    has_seed,
    nearest,
    short_name,
    spec,
)

__all__ = [
    "InputSpec",
    "ModelSpec",
    "all_models",
    "canonical",
    "check",
    "convert",
    "doubts",
    "has_seed",
    "nearest",
    "short_name",
    "size_of",
    "spec",
    "with_negative",
    "with_pictures",
    "with_ratio",
    "with_size",
]
