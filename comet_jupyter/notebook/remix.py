"""Earlier predictions as a beginning: found by what people call them, and asked for again.

Nothing is sent and nothing is followed. What ``%comet remix`` and ``%comet compare`` do with
them is in ``verbs/iterating.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .. import models
from ..engine.batch import Batch
from ..engine.prediction import Prediction
from ..engine.session import Session
from ..errors import InputError
from ..models import moving
from ..record import Record
from ..show import words
from ..show.text import one_line
from ..wire.request import PredictionRequest

_VARIABLE = re.compile(r"([^\W\d]\w*)(?:\[\s*(-?\d{1,6}(?:\s*,\s*-?\d{1,6})*)\s*\])?")
"""A name, or a name with whole numbers behind it: ``cat``, ``batch[0]``, ``batch[1, -1]``."""

_HISTORY = "`%comet history` lists them"


def base(record: Record, model: str | None = None) -> tuple[PredictionRequest, tuple[str, ...]]:
    """The request of an earlier prediction, to be changed.

    Parameters
    ----------
    record : Record
        It may have failed, or be in flight.
    model : str, optional
        ``owner/name`` or an alias of another model.

    Returns
    -------
    request : PredictionRequest
        All its inputs, the prompt as it was sent, the seed too, whoever drew it: the same seed
        with other words is what a remix is for.
    dropped : tuple of str
        What the other model does not take, in words; the picture goes to the field that it has
        for it.
    """
    inputs = dict(record.request.input)
    seed = words.seed(record)
    if inputs.get("seed") is None and seed is not None and models.has_seed(record.model):
        inputs["seed"] = seed
    name = record.model if model is None else models.canonical(model)
    if name == record.model:
        return PredictionRequest(name, inputs), ()
    kept, dropped = moving.moved(inputs, record.model, name)
    said = tuple(moving.in_words(one, value) for one, value in dropped.items())
    return PredictionRequest(name, kept), said


def find(session: Session, ref: object, variables: Mapping[str, Any] | None = None) -> Record:
    """The prediction that people mean, as much as is known of it now; nothing is followed.

    Parameters
    ----------
    session : Session
    ref : object
        An id, the beginning of one, a key, or a `Prediction` (in a batch of one, too). It may
        have failed, or be in flight.
    variables : mapping, optional
        Where a text such as ``cat`` or ``batch[0, 2]`` is looked up first; nothing else in it
        is evaluated.

    Raises
    ------
    InputError
        When there is none, or more than one.
    StoreError
        When the history cannot be read.
    """
    if not isinstance(ref, str):
        return _record_of(ref, "this")
    text = ref.strip()
    name, value = _variable(text, variables or {})
    if isinstance(value, (Prediction, Batch)):
        return _record_of(value, text)
    record = _kept(session, text)
    if record is not None:
        return record
    shown = "this" if session.is_secret(text) else one_line(text, 60)
    if name and value is not None:
        raise InputError(f"{name} is no prediction but {_kind(value)}", _HISTORY)
    what = "prediction and no variable" if variables is not None and name else "prediction"
    raise InputError(f"there is no {what} {shown!r}", _HISTORY)


def _record_of(value: object, name: str) -> Record:
    if isinstance(value, Record):
        return value
    if isinstance(value, Prediction):
        return value.record
    if isinstance(value, Batch) and len(value) == 1:
        return value[0].record
    if isinstance(value, Batch):
        choose = f"Choose one: {name if name != 'this' else 'batch'}[0]"
        raise InputError(f"{name} is a batch of {len(value)} predictions", choose)
    raise InputError(f"{name} is no prediction but {_kind(value)}", "Give one, or its id")


def _kind(value: object) -> str:
    return f"of type {type(value).__name__}"


def _variable(text: str, variables: Mapping[str, Any]) -> tuple[str, Any]:
    """The name of a variable that a text may mean, and what it holds; None when there is none."""
    found = _VARIABLE.fullmatch(text)
    if found is None:
        return "", None
    name, indexes = found[1], found[2]
    value = variables.get(name)
    if indexes is None or value is None:
        return name, value
    if not isinstance(value, (Batch, list, tuple)):  # no code of anybody else's runs
        raise InputError(f"{name} is no batch but {_kind(value)}", f"Give {name} alone")
    place = tuple(int(index) for index in indexes.split(","))
    if len(place) > 1 and not isinstance(value, Batch):
        raise InputError(f"{name} is no batch but {_kind(value)}", f"Give {name}[0]")
    try:
        return text, value[place] if isinstance(value, Batch) and place[1:] else value[place[0]]
    except IndexError as error:
        cause = str(error) if len(place) > 1 else f"{name} has {len(value)} predictions"
    raise InputError(f"there is no {text}: {cause}", "Counting begins at 0")


def _kept(session: Session, ref: str) -> Record | None:
    """What is known of an id, the beginning of one, or a key."""
    flying = session.unfinished()  # a handle knows more than the disk
    record = session.store.get(ref)
    if record is None:
        try:
            # What is not in the store was served from a recording: finished, and not followed.
            return session.get(ref).record
        except InputError:
            return None
    return next((one.record for one in flying if one.key == record.key), record)
