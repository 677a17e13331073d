"""When two requests are the same, by a hash that no spelling or platform changes, or alike.

What is done with it is in ``records.py`` (served from the store) and ``recording/``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from heapq import nlargest
from typing import Any

from ..wire.request import PredictionRequest, json_name

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
_LONGEST_PROMPT, _MOST_WORDS = 2_000, 200
_COMPARED = 30


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


def nearest(
    request: PredictionRequest, others: Iterable[PredictionRequest]
) -> PredictionRequest | None:
    """Of the others the one most like a request: in model, then words of the prompt, then inputs.

    Returns
    -------
    PredictionRequest or None
        The first of those that are equally near; None when there are no others.
    """
    words = SequenceMatcher(None, b=_words(request), autojunk=False)

    def likeness(other: PredictionRequest, ratio: Callable[[], float]) -> tuple[bool, float, float]:
        words.set_seq1(_words(other))
        return other.model == request.model, ratio(), _shared(request.asked, other.asked)

    # As a set of words first: in their order they take a hundred times as long.
    best = nlargest(_COMPARED, others, key=lambda other: likeness(other, words.quick_ratio))
    return max(best, key=lambda other: likeness(other, words.ratio), default=None)


def _words(request: PredictionRequest) -> list[str]:
    return _WORD.findall(request.prompt[:_LONGEST_PROMPT].lower())[:_MOST_WORDS]


def _shared(left: Mapping[str, Any], right: Mapping[str, Any]) -> float:
    """How many of all inputs both have alike, from 0 to 1."""
    names = left.keys() | right.keys()
    alike = [name for name in names if name in left and name in right and left[name] == right[name]]
    return len(alike) / max(1, len(names))


def _plain(value: Any) -> Any:
    """The value as JSON has it, each number and each name spelled in one way only."""
    if isinstance(value, Mapping):
        plain = {json_name(name): _plain(one) for name, one in value.items()}
        if len(plain) < len(value):
            raise ValueError("two names of an input are the same in JSON")
        return plain
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
