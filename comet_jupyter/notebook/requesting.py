"""From the words of a cell's first line to the request of each of its places.

Later ones win: an earlier prediction's inputs, the prompt, shortcuts, pictures, ``--params``,
``-p``, and what is swept.
"""

from __future__ import annotations

import json
import numbers
from collections.abc import Iterator, Mapping
from typing import Any

from .. import models
from ..errors import InputError
from ..wire.request import PredictionRequest
from .cell_request import Surroundings
from .expansion import Expansion, Place
from .line import Words

_SHORTCUTS = {"ar": models.with_ratio, "size": models.with_size, "no": models.with_negative}
"""Options for inputs that models name differently."""

_SHAPE = ("aspect_ratio", "width", "height")
_OF_THEIR_OWN = ("model", "image", *_SHORTCUTS)
"""What can be swept beside the inputs of a model."""


class Builder:
    """Builds the requests of one cell.

    Parameters
    ----------
    words : Words
    around : Surroundings
    model : str or None
        ``owner/name`` where the line names one.
    default : str
        A name or an alias for where nothing else does.

    Attributes
    ----------
    notes : list of str
        What was left out, each one line.

    Raises
    ------
    InputError
        For a picture, an earlier prediction or a number that is none.
    """

    def __init__(self, words: Words, around: Surroundings, model: str | None, default: str) -> None:
        self._words = words
        self._around = around
        self._model = model
        self._default = default
        self._shrink = _pixels(words.values["shrink"])
        self._references: dict[int, tuple[Any, str]] = {}
        self._earlier: dict[str | None, PredictionRequest] = {}
        self._pictures = [
            self._picture(one)
            for given in words.values["image"]
            for one in _several(words.value(given))
        ]
        self._params = _params(words)
        self.notes: list[str] = []

    @property
    def has_earlier(self) -> bool:
        """True with ``--from``."""
        return self._words.values["from"] is not None

    def check(self, expanded: Expansion) -> None:
        """Raises `InputError` for an axis that would change nothing."""
        asked = {self._model_of(values) for values in _values_of(expanded, "model")}
        for axis in expanded.axes:
            name = axis.name
            if name == "prompt" or name in expanded.used or name in _OF_THEIR_OWN:
                continue
            if any(_may_take(model, name) for model in asked):
                continue
            shorts = ", ".join(sorted(models.short_name(model) for model in asked))
            known = models.spec(next(iter(asked)))
            names = (*expanded.used, *_OF_THEIR_OWN, *(known.inputs if known else ()))
            near = models.nearest(name, names)
            able = [models.short_name(one) for one in models.all_models() if _takes(one, name)]
            hint = f"write {{{{ {name[:40]} }}}} into the prompt"
            if able:
                hint = f"Take a model that has it ({', '.join(able[:3])}), or {hint}"
            elif near:
                hint = f"Did you mean {near}? Or {hint}"
            raise InputError(
                f"--sweep {name[:40]} changes nothing: {shorts} has no such input, and the prompt "
                f"no {{{{ {name[:40]} }}}}",
                hint[0].upper() + hint[1:],
            )

    def request(self, place: Place, used: frozenset[str]) -> PredictionRequest:
        """The request of one place, without a drawn seed.

        Parameters
        ----------
        place : Place
        used : frozenset of str
            The names that the prompt's expressions use.
        """
        values = self._words.values
        model = self._model_of(place.values)
        inputs: dict[str, Any] = {}
        if self.has_earlier:
            named = self._model is not None or "model" in place.values
            inputs.update(self._before(model if named else None).input)
        if place.prompt.strip():
            inputs["prompt"] = place.prompt
        if any(place.values.get(name, values[name]) is not None for name in ("ar", "size")):
            inputs = {name: value for name, value in inputs.items() if name not in _SHAPE}
        for option, meaning in _SHORTCUTS.items():
            given = place.values.get(option, values[option])
            if given is not None:
                inputs.update(meaning(model, str(given)))
        pictures = self._pictures
        if "image" in place.values:
            pictures = [self._picture(one) for one in _several(place.values["image"])]
        if pictures:
            inputs.update(models.with_pictures(model, pictures))
        inputs.update((name, self._plain(value)) for name, value in self._params.items())
        inputs.update(self._pair(model, pair) for pair in values["param"])
        for name, value in place.values.items():
            is_word = name in used and not _takes(model, name)
            if name not in _OF_THEIR_OWN and not is_word:
                inputs[name] = self._typed(model, name, value)
        is_filled = place.template and place.template != inputs.get("prompt")
        return PredictionRequest(model, inputs, place.template if is_filled else None)

    def _model_of(self, values: Mapping[str, Any]) -> str:
        if "model" in values:
            return models.canonical(str(values["model"]), self._around.aliases)
        if self._model is None and self.has_earlier:
            return self._before(None).model
        return self._model or models.canonical(self._default, self._around.aliases)

    def _before(self, model: str | None) -> PredictionRequest:
        if model not in self._earlier:
            ref = self._words.value(self._words.values["from"])
            self._earlier[model], dropped = self._around.earlier(ref, model)
            if dropped and model is not None:
                short = models.short_name(model)
                self.notes.append(f"{short} does not take {', '.join(dropped)}: left out")
        return self._earlier[model]

    def _pair(self, model: str, pair: str) -> tuple[str, Any]:
        name, equals, given = pair.partition("=")
        if not equals or not name:
            shown = self._words.text(pair)[:60]
            raise InputError(f"-p {shown} names no value", "Write -p NAME=VALUE")
        return name, self._typed(model, name, self._words.value(given))

    def _typed(self, model: str, name: str, value: Any) -> Any:
        """A value by the model's schema; a picture in whatever form as what stands for it."""
        known = models.spec(model)
        wanted = known.inputs.get(name) if known else None
        if wanted is not None and wanted.type in ("uri", "uri[]"):
            if isinstance(value, str):
                value = models.convert(model, name, value)
            if value is None or (isinstance(value, (str, list)) and not value):
                return value
            found = [self._picture(one) for one in _several(value)]
            return found if wanted.type == "uri[]" or len(found) > 1 else found[0]
        if isinstance(value, str):
            return models.convert(model, name, value)
        plain = self._plain(value)
        if wanted is not None and wanted.type == "string" and _is_number(plain):
            return models.convert(model, name, str(plain))
        if wanted is not None and wanted.type == "integer" and _is_whole(plain):
            return int(plain)
        return plain

    def _plain(self, value: Any) -> Any:
        """What JSON has a form for; a number of NumPy as Python's, an object as a picture."""
        if value is None or isinstance(value, (str, bool, int, float, list, tuple, Mapping)):
            return value
        if isinstance(value, numbers.Real):
            return int(value) if isinstance(value, numbers.Integral) else float(value)
        return self._picture(value)

    def _picture(self, value: Any) -> str:
        # By identity: what is looked up need not be hashable, and lives as long as this.
        if id(value) not in self._references:
            self._references[id(value)] = value, self._around.picture(value, self._shrink)
        return self._references[id(value)][1]


def _params(words: Words) -> dict[str, Any]:
    given = words.values["params"]
    if given is None:
        return {}
    value = words.objects.get(given, given)
    if isinstance(value, str):
        try:
            value = json.loads(words.text(value))
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise InputError(
            "--params is no JSON object",
            "Write --params '{\"guidance\": 3}' or --params {{ a_dict }}",
        )
    return dict(value)


def _pixels(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit() and 16 <= int(text) <= 16384:
        return int(text)
    raise InputError(
        f"--shrink {text[:20]} is no size", "Give the longest side in pixels: --shrink 1024"
    )


def _several(value: Any) -> Iterator[Any]:
    """The pictures in a list; anything else is one."""
    if isinstance(value, (list, tuple)):
        yield from value
    else:
        yield value


def _values_of(expanded: Expansion, name: str) -> Iterator[dict[str, Any]]:
    """Each value of an axis alone; one without any when there is no such axis."""
    axis = next((axis for axis in expanded.axes if axis.name == name), None)
    yield from [{}] if axis is None else ({name: value} for value in axis.values)


def _takes(model: str, name: str) -> bool:
    known = models.spec(model)
    return known is not None and name in known.inputs


def _may_take(model: str, name: str) -> bool:
    known = models.spec(model)
    return known is None or not known.complete or name in known.inputs


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()
