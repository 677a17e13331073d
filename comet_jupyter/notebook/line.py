"""The first line of a cell as words: options with their values, ``{{ ... }}`` kept as objects.

Which options there are stands in ``options``, what their values mean in ``parsing``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from .. import models
from ..errors import InputError, UnknownNameError
from . import template
from .options import OPTIONS, names, parser
from .template import Evaluate

OBJECTS = frozenset({"param", "params", "image", "from", "sweep"})
"""Options whose values may be any object, when they are one ``{{ expression }}``."""

TYPED = re.compile(r"\s*((?:\{\{.*?\}\}|\"[^\"]*\"|'[^']*'|[^\s\"'])+)")
"""A word as it was typed: with its quotation marks, an expression whole."""

_PLACE = re.compile("\x00(\\d+)\x00")


@dataclass(frozen=True, slots=True)
class Words:
    """The options of one line.

    Attributes
    ----------
    values : mapping
        By the option's long name; absent ones have their default. ``positional`` is the rest.
    objects : mapping
        The value of each expression, by the text that stands for it in `OBJECTS`.
    text : callable
        Puts the text of the expressions into a value.
    """

    values: Mapping[str, Any]
    objects: Mapping[str, Any]
    text: Callable[[str], str]

    def value(self, token: str) -> Any:
        """What a token means: the object of a whole expression, else its text."""
        return self.objects[token] if token in self.objects else self.text(token)


def read(line: str, evaluate: Evaluate, check: Callable[[str], object] = str) -> Words:
    """Splits the line and evaluates its expressions, each once and from left to right.

    Parameters
    ----------
    line : str
        What stands behind ``%%comet``.
    evaluate : callable
        Gives the value of an expression.
    check : callable
        Gets every text that an expression gives, before an error may show it; may raise.

    Raises
    ------
    InputError
        For an option that does not exist or misses its value, or an open quotation mark.
    """
    if "\x00" in line:
        raise InputError("the first line holds a NUL character", "Delete it")
    sources: list[str] = []
    marked: list[str] = []
    position = 0
    for expression in template.find(line):
        marked += [line[position : expression.start], f"\x00{len(sources)}\x00"]
        sources.append(expression.source)
        position = expression.end
    tokens = _split("".join((*marked, line[position:])))
    results = [evaluate(source) for source in sources]
    for result in results:
        if isinstance(result, str):
            check(result)
    objects: dict[str, Any] = {f"\x00{index}\x00": value for index, value in enumerate(results)}

    def text(token: str) -> str:
        filled = _PLACE.sub(lambda match: str(results[int(match[1])]), token)
        if filled != token:
            check(filled)  # of a list, or put together
        return filled

    known, unknown = parser().parse_known_args(tokens)
    for token in unknown:
        if token.startswith("-"):
            _unknown_option(token)
    values = dict(vars(known))
    values["positional"] = [*values["positional"], *unknown]
    for name, value in values.items():
        if name in OBJECTS:
            continue
        if isinstance(value, str):
            values[name] = text(value)
        elif isinstance(value, list):
            values[name] = [text(item) for item in value]
    return Words(values, objects, text)


def split_run(line: str) -> tuple[str, str]:
    """The options at the start of ``%comet run [options] PROMPT``, and the prompt as typed."""
    takes_value = {name: bool(option.metavar) for option in OPTIONS for name in option.names}
    position = 0
    while True:
        match = TYPED.match(line, position)
        if match is None or not match[1].startswith("-") or match[1] == "-":
            return line[:position], line[position:].strip()
        position = match.end()
        if match[1] == "--":
            return line[: match.start()], line[position:].strip()
        if takes_value.get(match[1]):
            value = TYPED.match(line, position)
            position = value.end() if value else position


_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^ \t\r\n"']+)+|["']""")
_QUOTED = re.compile(r"""(["'])(.*?)\1""", re.DOTALL)


def _split(line: str) -> list[str]:
    """The words of the line; quotation marks hold them together, a backslash is a backslash."""
    words: list[str] = _WORD.findall(line)  # shlex takes quadratic time for a long word
    if '"' in words or "'" in words:
        raise InputError(
            "a quotation mark on the first line has no partner",
            "Close it; the prompt itself goes below the line, without quotes",
        )
    return [_QUOTED.sub(r"\2", word) for word in words]


def _unknown_option(token: str) -> NoReturn:
    name = token.partition("=")[0]
    if re.search(r"key|token|secret", name, re.IGNORECASE):
        raise InputError(
            f"there is no option {name}: a key never stands in a cell",
            "Type `%comet login`, or set COMETAPI_KEY",
        )
    near = models.nearest(name, names())
    hint = f"Did you mean {near}?" if near else "`%comet help run` lists the options"
    raise UnknownNameError(f"there is no option {name}", hint)
