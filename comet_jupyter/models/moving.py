"""The inputs of a request to one model, for another: what fits is kept, the rest is named.

The form of the panel and ``--from ID --model OTHER`` both move this way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from .inputs import doubts
from .specs import InputSpec, spec

_SHORT = 40
_PICTURE = ("comet:", "data:", "http:", "https:")


def moved(inputs: Mapping[str, Any], old: str, new: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What another model takes of the inputs of a request.

    The picture goes to the field that the other model has for it, one or a list as it takes
    them. A model that is not known, or not completely, is taken to accept what is not known
    to be wrong: the service decides.

    Parameters
    ----------
    inputs : mapping
    old, new : str
        ``owner/name`` or an alias; either may be unknown.

    Returns
    -------
    kept : dict
        By the other model's names, in the same order.
    dropped : dict
        What it has no input for, or does not allow, by the name that it had; of a list of
        pictures those that are too many.

    Examples
    --------
    >>> moved({"prompt": "a boat", "image": "comet:ab", "guidance": 3.5}, "flux-dev", "kontext-pro")
    ({'prompt': 'a boat', 'input_image': 'comet:ab'}, {'guidance': 3.5})
    """
    before, other = spec(old), spec(new)
    if other is None:
        return dict(inputs), {}
    kept: dict[str, Any] = {}
    dropped: dict[str, Any] = {}
    for name, value in inputs.items():
        new_name, new_value = name, value
        if before is not None and name == before.image_field and other.image_field is not None:
            if value in (None, "", []):
                continue
            new_name = other.image_field
            new_value, too_many = _as_pictures(other.inputs[new_name], value)
            if too_many:
                dropped[name] = too_many
        wanted = other.inputs.get(new_name)
        is_taken = not other.complete if wanted is None else not doubts(wanted, new_value)
        if is_taken or name == "prompt":
            kept[new_name] = new_value
        else:
            dropped[name] = value
    return kept, dropped


def in_words(name: str, value: Any) -> str:
    """An input that was dropped, short: ``guidance = 3.5``, ``image (a picture)``."""
    pictures = value if isinstance(value, list) and value else [value]
    if all(isinstance(one, str) and one.startswith(_PICTURE) for one in pictures):
        return f"{name} ({'a picture' if len(pictures) == 1 else f'{len(pictures)} pictures'})"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    text = " ".join(text.split())
    return f"{name} = {text if len(text) <= _SHORT else text[: _SHORT - 1] + '…'}"


def _as_pictures(wanted: InputSpec, value: Any) -> tuple[Any, list[Any]]:
    """One picture or a list of them, as a field takes them, and those that are too many."""
    pictures = list(value) if isinstance(value, (list, tuple)) else [value]
    if wanted.type != "uri[]":
        return pictures[0], pictures[1:]
    most = len(pictures) if wanted.maximum is None else math.floor(wanted.maximum)
    return pictures[:most], pictures[most:]
