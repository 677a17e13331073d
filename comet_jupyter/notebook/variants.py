"""``{oil|ink}`` in a prompt: the texts that come of it, all, some, or only how many.

Pure, and about the prompt as typed: expressions are filled in afterwards, so that the value of
a variable never becomes a variant.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise

_MARK = re.compile(r"\\[{}|]|[{}|]")
_LITERALS = {r"\|": "|", r"\{": "{", r"\}": "}"}

_TRIES = 4
_LONGEST = 2_000
"""Characters of an expression with braces inside of quotes; others may be of any length."""

_FEW = 1_000
"""Ways to read a prompt that are looked at one by one."""

_MORE_DRAWS = 100
"""Where there are more: draws for texts that come out the same, before fewer are given."""


@dataclass(frozen=True, slots=True)
class _Sequence:
    """Texts and groups, one behind the other, and how many ways there are to read them."""

    parts: tuple[str | _Group, ...]
    amount: int = field(compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """``{a|b}``: its alternatives, where it stands, and in how many ways it can be read."""

    start: int
    end: int
    alternatives: tuple[_Sequence, ...]
    amount: int


def has_variants(text: str) -> bool:
    """True when there is a ``{a|b}`` in it."""
    return any(isinstance(part, _Group) for part in _read(text).parts)


def amount(text: str) -> int:
    """In how many ways the text can be read, 1 without variants; builds none of them.

    Two ways may come out as the same text, as in ``{a|ab}{b|}``.
    """
    return _read(text).amount


def expand(text: str) -> list[str]:
    """All different texts, those with the first alternatives first; the last group is fastest.

    Look at `amount` before.

    Examples
    --------
    >>> expand("a {red|blue} {boat|hut}")
    ['a red boat', 'a red hut', 'a blue boat', 'a blue hut']
    """
    return _all(_read(text))


def choose(text: str, count: int, draw: Callable[[int], int]) -> list[str]:
    """So many different texts, each as likely as another, in `expand`'s order.

    Parameters
    ----------
    text : str
    count : int
        Fewer come back when there are fewer, or when of very many nearly all are the same.
    draw : callable
        ``draw(k)`` gives an int from 0 to below k, such as `random.Random.randrange`.
    """
    root = _read(text)
    if root.amount <= _FEW:
        texts = _all(root)
        return [texts[number] for number in sorted(islice(_shuffled(len(texts), draw), count))]
    first: dict[str, int] = {}
    for number in islice(_shuffled(root.amount, draw), count + _MORE_DRAWS):
        if len(first) == count:
            break
        first.setdefault(_resolved(root, number), number)
    return sorted(first, key=first.__getitem__)


def _shuffled(amount: int, draw: Callable[[int], int]) -> Iterator[int]:
    """All numbers below `amount` in a random order, however many: only what moved is held."""
    moved: dict[int, int] = {}
    for last in range(amount - 1, -1, -1):
        place = draw(last + 1)
        yield moved.get(place, place)
        moved[place] = moved.get(last, last)


def doubts(text: str) -> list[str]:
    """A hint for a prompt with variants that nobody asked to expand."""
    group = next((part for part in _read(text).parts if isinstance(part, _Group)), None)
    if group is None:
        return []
    shown = " ".join(text[group.start : min(group.end, group.start + 200)].split())
    shown = shown if len(shown) <= 40 else f"{shown[:38]}…}}"
    return [f"`{shown}` is sent as typed; `--variants all` makes one picture for each"]


# -- one of them ----------------------------------------------------------------------


def _all(root: _Sequence) -> list[str]:
    return list(dict.fromkeys(_resolved(root, number) for number in range(root.amount)))


def _resolved(root: _Sequence, number: int) -> str:
    """The text of this number; without recursion, for braces may be nested very deeply."""
    texts: list[str] = []
    rest: list[tuple[str | _Sequence, int]] = [(root, number)]
    while rest:
        one, number = rest.pop()
        if isinstance(one, str):
            texts.append(one)
            continue
        for part in reversed(one.parts):
            if isinstance(part, str):
                rest.append((part, 0))
            else:
                number, inner = divmod(number, part.amount)
                rest.append(_alternative(part, inner))
    return "".join(texts)


def _alternative(group: _Group, number: int) -> tuple[_Sequence, int]:
    for alternative in group.alternatives:
        if number < alternative.amount:
            return alternative, number
        number -= alternative.amount
    raise IndexError(number)


# -- reading ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Opening:
    """A ``{`` that waits for its end: its place in the text, and among the parts."""

    start: int
    part: int
    bars: list[int] = field(default_factory=list)


def _read(text: str) -> _Sequence:
    """The text as parts, from left to right; every brace stays a part until it closes a group."""
    parts: list[str | _Group] = []
    openings: list[_Opening] = []
    position = 0
    while found := _MARK.search(text, position):
        start, mark = found.start(), found[0]
        parts.append(text[position:start])
        position = found.end()
        if mark == "{" and (end := _expression_end(text, start)):
            mark = text[start:end]
            position = end
        elif mark == "{":
            openings.append(_Opening(start, len(parts)))
        elif mark == "|" and openings:
            openings[-1].bars.append(len(parts))
        elif mark == "}" and openings:
            opening = openings.pop()
            is_double = openings and openings[-1].start == opening.start - 1
            if is_double and text.startswith("}", position):
                # Two that open and close together are an expression: its bars are Python's.
                outer = openings.pop()
                position += 1
                parts[outer.part :] = [text[outer.start : position]]
                continue
            if opening.bars:
                parts[opening.part :] = [_group(parts, opening, position)]
                continue
        parts.append(mark)
    return _sequence((*parts, text[position:]))


def _group(parts: list[str | _Group], opening: _Opening, end: int) -> _Group:
    borders = [opening.part, *opening.bars, len(parts)]
    spans = (parts[first + 1 : last] for first, last in pairwise(borders))
    found = [_sequence(map(_literal, span)) for span in spans]
    alternatives = tuple(dict.fromkeys(found))
    return _Group(opening.start, end, alternatives, sum(one.amount for one in alternatives))


def _literal(part: str | _Group) -> str | _Group:
    return _LITERALS.get(part, part) if isinstance(part, str) else part


def _sequence(parts: Iterable[str | _Group]) -> _Sequence:
    kept = tuple(part for part in parts if part)
    return _Sequence(kept, math.prod(part.amount for part in kept if isinstance(part, _Group)))


def _expression_end(text: str, start: int) -> int:
    """Where an expression ends that starts here and has quotes in it, else 0.

    Without quotes its braces are balanced, and need no Python to be found.
    """
    if not text.startswith("{{", start):
        return 0
    end = start + 1
    for _ in range(_TRIES):
        end = text.find("}}", end + 1, start + _LONGEST)
        if end < 0:
            return 0
        source = text[start + 2 : end]
        if ('"' in source or "'" in source) and _is_python(source):
            return end + 2
    return 0


def _is_python(source: str) -> bool:
    try:
        ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True
