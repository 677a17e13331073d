"""What two results do not share, as data: of what was asked for, and of what came of it.

How it looks is in ``comparison``; words are compared in ``word_difference``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..models import spec
from ..record import Record
from . import words
from .facts import input_text, seed_text
from .text import duration, one_line
from .word_difference import Piece, word_difference

NO_SUCH_INPUT = "no such input"
"""The value of an input that a model is known not to have."""

_VALUE_LIMIT = 240


@dataclass(frozen=True, slots=True)
class Difference:
    """What two results do not share.

    Attributes
    ----------
    name : str
        ``prompt``, ``model``, ``seed``, the name of an input or of a fact.
    left, right : str
        One line each, cut short.
    pieces : tuple of Piece
        Word by word, where both are texts that have words in common; else empty.
    """

    name: str
    left: str
    right: str
    pieces: tuple[Piece, ...] = ()


def differences(a: Record, b: Record) -> tuple[Difference, ...]:
    """What was asked for differently: prompt, model, seed, then the inputs in their order.

    An input that one side did not send is its model's default there.
    """
    left, right = a.request.input, b.request.input
    found = [_input_difference(a, b, "prompt")] if "prompt" in {**left, **right} else []
    if (a.model, a.sandbox) != (b.model, b.sandbox):
        found.append(Difference("model", _model(a), _model(b)))
    found.append(_seed_difference(a, b))
    names = [name for name in {**left, **right} if name not in ("prompt", "seed")]
    found += [_input_difference(a, b, name) for name in names]
    return tuple(one for one in found if one is not None)


def result_differences(a: Record, b: Record) -> tuple[Difference, ...]:
    """What came out differently: state, size of the picture, run time, cost."""
    facts = (
        ("state", words.state(a), words.state(b)),
        ("size", words.sizes([a]) or "no picture", words.sizes([b]) or "no picture"),
        ("run time", duration(a.state.run_time), duration(b.state.run_time)),
        ("cost", words.cost([a]), words.cost([b])),
    )
    return tuple(
        Difference(name, left or "unknown", right or "unknown")
        for name, left, right in facts
        if left != right
    )


def same_picture(a: Record, b: Record) -> bool:
    """True when both made pictures, and these are the same byte for byte."""
    left, right = ([file.sha256 for file in record.images] for record in (a, b))
    return bool(left) and left == right


def _model(record: Record) -> str:
    return f"sandbox, in place of {record.model}" if record.sandbox else words.model(record)


def _seed_difference(a: Record, b: Record) -> Difference | None:
    left, right = (_seed(record) for record in (a, b))
    if _same(left, right):
        return None
    return Difference("seed", seed_text(a) or "unknown", seed_text(b) or "unknown")


def _seed(record: Record) -> Any:
    sent = record.request.input.get("seed")
    return words.seed(record) if sent is None else sent


def _input_difference(a: Record, b: Record, name: str) -> Difference | None:
    left, right = a.request.input, b.request.input
    if name in left and name in right:
        if _same(left[name], right[name]):
            return None
        return _value_difference(one_line(name, 60), left[name], right[name])
    return Difference(one_line(name, 60), _sent_or_default(a, name), _sent_or_default(b, name))


def _sent_or_default(record: Record, name: str) -> str:
    given = record.request.input
    return input_text(given[name], _VALUE_LIMIT) if name in given else _default(record, name)


def _same(left: Any, right: Any) -> bool:
    # True == 1 in Python, not in JSON.
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _default(record: Record, name: str) -> str:
    """What holds where an input was not sent."""
    known = spec(record.model)
    if name == "prompt":
        return "none"
    if known is None or (name not in known.inputs and not known.complete):
        return "default"
    if name not in known.inputs:
        return NO_SUCH_INPUT
    default = known.inputs[name].default
    return "default" if default is None else f"default ({input_text(default, 60)})"


def _value_difference(name: str, left: Any, right: Any) -> Difference:
    texts = [input_text(value, _VALUE_LIMIT) for value in (left, right)]
    pieces: tuple[Piece, ...] = ()
    # What `input_text` names instead of repeating it has no words to compare.
    if all(isinstance(value, str) and _is_prose(value) for value in (left, right)):
        pieces = word_difference(left, right)
    if pieces:
        texts = [_side(pieces, side) for side in ("left", "right")]
    if texts[0] == texts[1]:
        texts[1] += " (not the same)"
    return Difference(name, texts[0], texts[1], pieces)


def _is_prose(value: str) -> bool:
    return not value[:6].lower().startswith(("data:", "comet:"))


def _side(pieces: Sequence[Piece], side: str) -> str:
    text = "".join(piece.text for piece in pieces if piece.side in ("both", side))
    return one_line(text, 600) or "“”"
