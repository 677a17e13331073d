"""When two requests are the same: a hash that no spelling, key order or platform changes.

What is done with it is in ``records.py`` (served from the store) and ``recording.py``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..wire.request import PredictionRequest

_EXACT = 2**53
"""Below it every whole number has a float of its own."""


def request_hash(request: PredictionRequest) -> str:
    """What a request asks for, as 64 hex digits.

    The same for the same model and input as asked for: a seed that was drawn is left out. The
    order of names and the spelling of numbers (``7``, ``7.0``, ``7e0``) make no difference,
    every other difference does, in text to the last blank. Input files count by their content
    where the request refers to them (``comet:<sha256>``).

    Parameters
    ----------
    request : PredictionRequest
        With complete references, as records hold it.

    Raises
    ------
    TypeError, ValueError, RecursionError
        When the input has no JSON form.

    Examples
    --------
    >>> a = PredictionRequest("owner/name", {"prompt": "a boat", "guidance": 3})
    >>> b = PredictionRequest("owner/name", {"guidance": 3.0, "prompt": "a boat"})
    >>> request_hash(a) == request_hash(b)
    True
    """
    text = json.dumps(
        {"model": request.model, "input": _plain(request.asked)}, sort_keys=True, allow_nan=False
    )
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(value: Any) -> Any:
    """The value with every whole number written as an integer."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value
