"""Where the cursor stands, and the words around it: text and nothing but text.

What is offered there is decided in ``suggest``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..options import OPTIONS, Option

BY_NAME = {name: option for option in OPTIONS for name in option.names}

_MAGIC = "%%comet"
_LINE_MAGIC = re.compile(r"[ \t]*%comet[ \t]+")
_WORD = re.compile(r"""(?:\{\{.*?\}\}|"[^"]*(?:"|$)|'[^']*(?:'|$)|[^ \t\r"'])+""")
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|'
    r"'''(?:\\.|[^\\])*?'''|"
    r'"(?:\\.|[^"\\\n])*"|'
    r"'(?:\\.|[^'\\\n])*'|"
    r"[{}\"']",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cursor stands.

    Attributes
    ----------
    kind : {"line", "body", "verb"}
        The first line of a cell, the prompt below it, or a ``%comet`` line.
    before : str
        From the beginning of that place to the cursor.
    after : str
        From the cursor to the end of its line.
    line : str
        The first line of the cell, without the magic's name; empty for a verb.
    body : str
        The prompt of the cell; empty for a verb.
    """

    kind: Literal["line", "body", "verb"]
    before: str
    after: str
    line: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a line: as typed, and where it begins."""

    start: int
    raw: str

    @property
    def text(self) -> str:
        """The word without its quotation marks."""
        return self.text_from(0)

    def text_from(self, skipped: int) -> str:
        """The same without the first characters as typed."""
        return re.sub("[\"']", "", self.raw[skipped:])

    @property
    def is_quoted(self) -> bool:
        """True when a quotation mark in it has no partner yet."""
        left = re.sub(r""""[^"]*"|'[^']*'""", "", self.raw)
        return '"' in left or "'" in left


@dataclass(slots=True)
class Given:
    """What stands on a line already.

    Attributes
    ----------
    options : list of (Option, str)
        Options with their values, those without have an empty one.
    positional : list of str
    pending : Option or None
        The last one, where its value is still to come.
    """

    options: list[tuple[Option, str]] = field(default_factory=list)
    positional: list[str] = field(default_factory=list)
    pending: Option | None = None

    @property
    def names_a_model(self) -> bool:
        """True when the line says which model it is for."""
        return bool(self.positional or self.values("--model"))

    def values(self, name: str) -> list[str]:
        """The values of an option, by its long name."""
        return [value for option, value in self.options if name in option.names]


def place(text: str, cursor: int) -> Place | None:
    """The place of ours in which the cursor stands, None when it is in none.

    Parameters
    ----------
    text : str
        The whole cell.
    cursor : int
        In code points.
    """
    begin = _cell_line(text)
    line_end = text.find("\n", cursor)
    after = text[cursor : line_end if line_end >= 0 else len(text)]
    if begin is not None:
        end = text.find("\n", begin)
        end = end if end >= 0 else len(text)
        if cursor < begin:
            return None
        line, body = text[begin:end], text[end + 1 :]
        if cursor <= end:
            if text[begin - 1] != " ":  # the name of the magic is IPython's to complete
                return None
            return Place("line", text[begin:cursor], after, line, body)
        return Place("body", text[end + 1 : cursor], after, line, body)
    start = text.rfind("\n", 0, cursor) + 1
    found = _LINE_MAGIC.match(text, start, cursor)
    return Place("verb", text[found.end() : cursor], after) if found else None


def _cell_line(text: str) -> int | None:
    """Where the options of a ``%%comet`` cell begin.

    As IPython has it, blank lines and white space may stand before; so may other cell magics,
    such as ``%%time``, that run what is below them as a cell.
    """
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = end if end >= 0 else len(text)
        line = text[start:end].lstrip()
        if line == _MAGIC or line.startswith(f"{_MAGIC} "):
            return min(end - len(line) + len(_MAGIC) + 1, end)
        if line and not line.startswith("%%"):
            return None
        start = end + 1
    return None


def words(line: str) -> list[Word]:
    """The words of a line as the magic splits it; an open quotation mark reaches to the end."""
    return [Word(found.start(), found[0]) for found in _WORD.finditer(line)]


def at_cursor(before: str) -> tuple[list[Word], Word]:
    """The words before the one that ends at the cursor, and that one, which may be empty."""
    found = words(before)
    if found and found[-1].start + len(found[-1].raw) == len(before):
        return found[:-1], found[-1]
    return found, Word(len(before), "")


def beyond_cursor(after: str) -> list[Word]:
    """The words behind the one in which the cursor stands."""
    return words(re.sub(r"^[^ \t\r]+", "", after))


def given(line: Sequence[Word]) -> Given:
    """The options and the other words of a line, as far as they can be told."""
    found = Given()
    for word in line:
        name, equals, value = word.text.partition("=")
        option = BY_NAME.get(name) or (BY_NAME.get(name[:2]) if name[:2] != "--" else None)
        if found.pending is not None:
            found.options.append((found.pending, word.text))
            found.pending = None
        elif option is None:
            found.positional += [] if word.text.startswith("-") else [word.text]
        elif name not in option.names:  # -n4
            found.options.append((option, word.text[2:]))
        elif equals or not option.metavar:
            found.options.append((option, value))
        else:
            found.pending = option
    return found


def open_expression(text: str) -> str | None:
    """The source behind an opening ``{{`` that is not closed before the end of the text."""
    start = text.find("{{")
    while start >= 0:
        end = _closing(text, start + 2)
        if end is None:
            return text[start + 2 :]
        start = text.find("{{", end)
    return None


def in_string(source: str) -> bool:
    """True when Python code ends within a string."""
    tokens = [found[0] for found in _TOKEN.finditer(source)]
    return any(token in ('"', "'") for token in tokens)


def _closing(text: str, start: int) -> int | None:
    """Where the ``}}`` ends that closes an expression; brackets in strings do not count."""
    depth = 0
    for found in _TOKEN.finditer(text, start):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            if depth == 0 and text.startswith("}}", found.start()):
                return found.end() + 1
            depth = max(depth - 1, 0)
    return None
