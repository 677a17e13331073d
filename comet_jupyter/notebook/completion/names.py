"""Python names for ``{{ ... }}``: variables and attributes, found without evaluating anything.

A property may be slow, may ask a service, or may be secret; so nothing here calls one, and
nothing here looks at a value but for the names it has.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterable, Mapping
from typing import Any

_DOTTED = re.compile(r"(?:[^\W\d]\w*\.)*(?:[^\W\d]\w*)?$")
_LONGEST = 500
"""Characters of a dotted name; looking for one in more would take a time that grows by squares."""

_NOTHING = object()


def split(source: str) -> tuple[str, str] | None:
    """The dotted owner and the beginning of the name with which a source ends.

    None where no name can be completed: behind a number, a call or an index.

    Examples
    --------
    >>> split("max(cat.metrics.pre")
    ('cat.metrics', 'pre')
    """
    source = source[-_LONGEST:]
    found = _DOTTED.search(source)
    if found is None or re.search(r"[\w.)\]}\"']$", source[: found.start()]):
        return None
    owner, _, beginning = found[0].rpartition(".")
    return owner, beginning


def variables(namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> dict[str, str]:
    """What a user has defined, each with what it is in a word.

    Parameters
    ----------
    namespace, hidden : mapping
        The user's names, and those among them that the shell brought in.
    """
    own = {
        name: value
        for name, value in namespace.items()
        if isinstance(name, str) and hidden.get(name, _NOTHING) is not value
    }
    return {name: _kind(own[name]) for name in sorted(own) if name.isidentifier()}


def attributes(namespace: Mapping[str, Any], owner: str) -> dict[str, str]:
    """The attributes of what a dotted name stands for, as far as they can be seen."""
    first, *rest = owner.split(".")
    value = namespace.get(first, _NOTHING)
    for name in rest:
        value = inspect.getattr_static(value, name, _NOTHING)
        if hasattr(type(value), "__get__"):  # a property or a method: its value is made when asked
            return {}
    if value is _NOTHING:
        return {}
    kind = type(value)
    found = {*_own_names(value)}
    for one in (*_bases(kind), *(_bases(value) if issubclass(kind, type) else ())):
        found |= {*type.__dict__["__dict__"].__get__(one)}
    names = [name for name in found if isinstance(name, str) and name.isidentifier()]
    return {name: _kind(inspect.getattr_static(value, name, None)) for name in sorted(names)}


def _own_names(value: Any) -> Iterable[Any]:
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return ()
    return tuple(own) if isinstance(own, (dict, types.MappingProxyType)) else ()


def _bases(kind: type) -> tuple[type, ...]:
    found: tuple[type, ...] = type.__dict__["__mro__"].__get__(kind)
    return found


def _kind(value: Any) -> str:
    """One of the words that front ends have a sign for."""
    kind = type(value)
    if issubclass(kind, types.ModuleType):
        return "module"
    if issubclass(kind, type):
        return "class"
    functions = (types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType)
    return "function" if issubclass(kind, (*functions, classmethod, staticmethod)) else "instance"
