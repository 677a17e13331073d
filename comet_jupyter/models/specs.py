"""The models by name, with their inputs, read once from ``models.toml``.

Prices live with the catalogue, aliases made by a user with the settings.
"""

from __future__ import annotations

import difflib
import functools
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One input of a model.

    Attributes
    ----------
    name : str
    type : str
        ``string``, ``integer``, ``number``, ``boolean``, ``uri`` or ``uri[]``.
    default : JSON
        None when the model has no default.
    allowed : tuple of str
        The only values, empty when any will do.
    minimum, maximum : float or None
        Inclusive; for ``uri[]`` the number of pictures.
    multiple_of : int or None
    required : bool
    """

    name: str
    type: str
    default: Any = None
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: int | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model.

    Attributes
    ----------
    name : str
        ``owner/name``.
    aliases : tuple of str
        Short names, the usual one first.
    description : str
        A few words for people.
    output : str
        ``list`` of URLs or one ``string``.
    inputs : mapping of str to InputSpec
    image_field, count_field : str or None
        The inputs that take a picture and the number of pictures; None when there is none.
    edits : bool
        True when it redraws or changes the input picture, not only takes hints from it.
    run_time : float
        Median seconds of compute, a prior until there are runs of one's own.
    run_time_factor : float
        Two of three runs end between ``run_time / factor`` and ``run_time * factor``.
    complete : bool
        False when the model has more inputs than are documented.
    """

    name: str
    aliases: tuple[str, ...]
    description: str
    output: str
    inputs: Mapping[str, InputSpec] = field(repr=False)
    image_field: str | None = None
    count_field: str | None = None
    edits: bool = False
    run_time: float = 8.0
    run_time_factor: float = 2.0
    complete: bool = True

    def ratios(self) -> tuple[str, ...]:
        """The values of ``aspect_ratio``, empty when the model has no such input."""
        ratio = self.inputs.get("aspect_ratio")
        return ratio.allowed if ratio else ()

    @property
    def has_size(self) -> bool:
        """True when width and height are inputs."""
        return "width" in self.inputs and "height" in self.inputs


@functools.cache
def data() -> Mapping[str, Any]:
    """The whole file as it stands."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    return tomllib.loads(Path(__file__).with_name("models.toml").read_text(encoding="utf-8"))


@functools.cache
def all_models() -> Mapping[str, ModelSpec]:
    """Every known model by its full name, in the file's order."""
    return MappingProxyType({name: _model(name) for name in data()["models"]})


def _model(name: str) -> ModelSpec:
    entry = _merged(name)
    median, factor = entry["run_time"]
    return ModelSpec(
        name=name,
        aliases=tuple(entry["aliases"]),
        description=entry["description"],
        output=entry["output"],
        inputs=MappingProxyType({key: _input(key, raw) for key, raw in entry["inputs"].items()}),
        image_field=entry.get("image_field"),
        count_field=entry.get("count_field"),
        edits=entry.get("edits", False),
        run_time=median,
        run_time_factor=factor,
        complete=entry.get("complete", True),
    )


def _merged(name: str) -> dict[str, Any]:
    """The entry with what it takes over from the one it is `like`."""
    entry: dict[str, Any] = data()["models"][name]
    parent = _merged(entry["like"]) if "like" in entry else {"inputs": data()["common"]}
    without = entry.get("without", ())
    inputs = {key: raw for key, raw in parent["inputs"].items() if key not in without}
    return {**parent, **entry, "inputs": {**inputs, **entry.get("inputs", {})}}


def _input(name: str, raw: Mapping[str, Any]) -> InputSpec:
    values = dict(raw)
    allowed = values.pop("allowed", ())
    if isinstance(allowed, str):
        allowed = data()["choices"][allowed]
    return InputSpec(name, allowed=tuple(allowed), **values)


@functools.cache
def _aliases() -> Mapping[str, str]:
    return {alias: model.name for model in all_models().values() for alias in model.aliases}


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, None when none is near.

    Case, and ``-`` against ``_``, count as no difference.
    """
    by_key = {candidate.casefold().replace("-", "_"): candidate for candidate in candidates}
    found = difflib.get_close_matches(name[:200].casefold().replace("-", "_"), by_key, n=1)
    return by_key[found[0]] if found else None


def canonical(name: str, aliases: Mapping[str, str] | None = None) -> str:
    """The full name behind `name`.

    Parameters
    ----------
    name : str
        An alias, or ``owner/name``, which need not be known here.
    aliases : mapping of str to str, optional
        The user's own, which win over those of the package. Case counts as no difference.

    Returns
    -------
    str
        ``owner/name``.

    Raises
    ------
    UnknownNameError
        For a name without slash that is no alias; it names the nearest one.
    """
    name = name.strip()
    own = {alias.casefold(): full for alias, full in (aliases or {}).items()}
    found = own.get(name.casefold()) or _aliases().get(name.casefold())
    if found is not None:
        return found
    if "/" in name:
        return name
    near = nearest(name, {**_aliases(), **(aliases or {})})
    shorts = ", ".join((*(aliases or ()), *(model.aliases[0] for model in all_models().values())))
    raise UnknownNameError(
        f"there is no model {name[:40]!r}",
        f"Did you mean {near}?" if near else f"Write owner/name, or one of {shorts}",
    )


def spec(model: str) -> ModelSpec | None:
    """What is known of `model` (``owner/name`` or an alias); None when nothing is."""
    return all_models().get(_aliases().get(model, model))


def short_name(model: str) -> str:
    """The usual short name of a known model, else the name as it is."""
    known = spec(model)
    return known.aliases[0] if known else model


def has_seed(model: str) -> bool:
    """True when the model takes a seed; an unknown model is taken to."""
    known = spec(model)
    return known is None or not known.complete or "seed" in known.inputs
