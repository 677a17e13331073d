"""``{{ expression }}`` in text: found, evaluated, filled in; everything else stays as typed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, UnknownNameError
from ..models import nearest

Evaluate = Callable[[str], Any]
"""The value of a Python expression in the user's namespace."""

EvaluateWith = Callable[[str, Mapping[str, Any]], Any]
"""The same with some names more, which win."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One ``{{ ... }}``: where it stands, and its source."""

    start: int
    end: int
    source: str


def find(text: str) -> list[Expression]:
    """All expressions in a text, from left to right.

    An expression ends at the first ``}}`` at which it is complete Python, so that
    ``{{ {"a": {"b": 1}} }}`` is one. An opening without an end is plain text.

    Raises
    ------
    InputError
        When there is an end, but what stands before it is no expression.
    """
    found: list[Expression] = []
    start = text.find("{{")
    while start >= 0:
        end = text.find("}}", start + 2)
        if end < 0:
            break
        first_end = end
        while end >= 0 and not _is_expression(text[start + 2 : end]):
            end = text.find("}}", end + 1)
        if end < 0:
            shown = text[start : first_end + 2][:80]
            raise InputError(
                f"{shown} is no Python expression",
                "Correct it; for literal braces write {{ '{{' }}",
            )
        found.append(Expression(start, end + 2, text[start + 2 : end].strip()))
        start = text.find("{{", end + 2)
    return found


def doubts(text: str) -> list[str]:
    """What looks like an expression and is none, as warnings: it is sent as typed."""
    rest = text[found[-1].end :] if (found := find(text)) else text
    return ["`{{` without `}}` is sent as typed"] if "{{" in rest else []


def fill(text: str, evaluate: Evaluate) -> str:
    """The text with every expression replaced by the text of its value."""
    parts: list[str] = []
    position = 0
    for expression in find(text):
        parts += [text[position : expression.start], str(evaluate(expression.source))]
        position = expression.end
    return "".join((*parts, text[position:]))


def names(text: str) -> frozenset[str]:
    """The names that its expressions use."""
    trees = (ast.parse(expression.source, mode="eval") for expression in find(text))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name))


def value(text: str, evaluate: Evaluate) -> Any:
    """The value itself when the text is one expression and nothing else, else `fill`."""
    expressions = find(text)
    if len(expressions) == 1 and (expressions[0].start, expressions[0].end) == (0, len(text)):
        return evaluate(expressions[0].source)
    return fill(text, evaluate)


def evaluator(namespace: Mapping[str, Any]) -> Evaluate:
    """`evaluator_with` for expressions that have no names of their own."""
    evaluate = evaluator_with(namespace)
    return lambda source: evaluate(source, {})


def evaluator_with(namespace: Mapping[str, Any]) -> EvaluateWith:
    """Evaluates in a copy of the namespace; failures name the expression and the cause.

    Raises (when called)
    --------------------
    UnknownNameError
        A name that is not defined, with the nearest one that is.
    InputError
        Any other exception of the expression.
    """

    def evaluate(source: str, more: Mapping[str, Any]) -> Any:
        known = {**namespace, **more}
        try:
            return eval(compile(source, "<comet>", "eval"), known)  # noqa: S307
        except NameError as error:
            missing = getattr(error, "name", None) or source
            public = [name for name in known if not name.startswith("_")]
            near = nearest(missing, public)
            hint = f"Did you mean {near}?" if near else f"Define {missing} in a cell above"
            failure: InputError = UnknownNameError(
                f"{{{{ {source} }}}}: {missing} is not defined", hint
            )
        except Exception as error:  # noqa: BLE001 (whatever the user's expression raises)
            failure = InputError(
                f"{{{{ {source} }}}} raised {type(error).__name__}: {str(error)[:200]}",
                "Correct the expression; nothing was sent",
            )
        raise failure

    return evaluate


def _is_expression(source: str) -> bool:
    if not source.strip():
        return False
    try:
        compile(source.strip(), "<comet>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
