"""A prediction as it is asked for: model and input, checked and in their final form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from .text import visible_json

MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""``owner/name`` in the only alphabet that reaches a path unescaped (hazard C14)."""


@dataclass(frozen=True, slots=True)
class PredictionRequest:
    """One picture asked for.

    Attributes
    ----------
    model : str
        ``owner/name``.
    input : mapping
        Every model parameter, JSON values only; sent as ``{"input": ...}``.
    template : str or None
        The prompt before ``{{ ... }}`` was filled in, when that differs.
    seed_drawn : bool
        True when nobody asked for this seed: the same request again draws another.
    """

    model: str
    input: Mapping[str, Any] = field(default_factory=dict)
    template: str | None = None
    seed_drawn: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if ".." in self.model or not MODEL.fullmatch(self.model):
            raise InputError(
                f"{self.model[:80]!r} is not a model name",
                "Write owner/name, for example black-forest-labs/flux-schnell",
            )

    @property
    def prompt(self) -> str:
        """The prompt as sent, empty when the model takes none."""
        prompt = self.input.get("prompt", "")
        return prompt if isinstance(prompt, str) else ""

    @property
    def seed(self) -> int | None:
        """The seed as sent, None when the service draws it."""
        seed = self.input.get("seed")
        return seed if isinstance(seed, int) and not isinstance(seed, bool) else None

    @property
    def asked(self) -> dict[str, Any]:
        """The input as it was asked for: without a seed that was drawn here."""
        return {k: v for k, v in self.input.items() if not (k == "seed" and self.seed_drawn)}

    @property
    def repeatable(self) -> bool:
        """True when its seed was asked for, so that the same request means the same picture."""
        return self.seed is not None and not self.seed_drawn

    def body(self) -> bytes:
        """The POST's body: UTF-8 JSON, exactly what the user typed; prompt first, then by name.

        The same input in another order gives the same bytes. Characters that a page or a
        terminal would not show, or show in another order, stand as JSON's own escapes, so that
        what is shown is what is sent.

        Raises
        ------
        InputError
            When a value has no JSON form, two names have the same one, or text holds a lone
            surrogate.
        """
        try:
            _check_names(self.input)
            names = sorted(self.input, key=lambda name: (name != "prompt", name))
            ordered = {name: self.input[name] for name in names}
            text = json.dumps({"input": ordered}, ensure_ascii=False, allow_nan=False)
            return visible_json(text).encode("utf-8")
        except (TypeError, ValueError, RecursionError) as error:
            cause = f"the input cannot be written as JSON: {error}"
        raise InputError(cause, "Give text, numbers, booleans, lists or objects")


def json_name(name: Any) -> str:
    """A name of an object as JSON writes it: ``true`` for True, ``1`` for 1.

    Raises
    ------
    TypeError, ValueError
        When JSON has no form for it.
    """
    if isinstance(name, str):
        return name
    if name is None or isinstance(name, (int, float)):
        return json.dumps(name, allow_nan=False)
    raise TypeError("a name of an input is no text")


def _check_names(value: Any) -> None:
    if isinstance(value, Mapping):
        if len({json_name(name) for name in value}) < len(value):
            raise ValueError("an object would have the same name twice")
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return
    for one in value:
        _check_names(one)
