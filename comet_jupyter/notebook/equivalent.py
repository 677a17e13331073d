"""The ``%%comet`` cell that asks for a given request: what a panel shows, and what remix writes.

The reverse of `parsing`. Every text is read back before it is handed out, as IPython and `parsing`
read it; what people find readable is only the first of the forms that are tried.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from .. import models
from ..errors import InputError
from ..wire.request import PredictionRequest
from . import parsing, template
from .cell_request import Defaults, Surroundings
from .options import MOST_ON_SHEET

_CHANGED = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff"
"""Characters that break lines for some readers, or that editors drop, turn or cannot show."""

_ODD_IN_BODY = re.compile(f"[{_CHANGED}]")
_ODD_ON_LINE = re.compile(rf"[{_CHANGED}\t\n\u202a-\u202e\u2066-\u2069]")
"""Here also what would show the rest of the line in another order."""

_REWRITTEN = re.compile(
    # IPython takes these for pasted sessions and removes the marks from every line.
    r"^[^\S\n]*>>>|\A(?:\.\.\.(?: |$)|\s*\.{3,}:|(?:\[(?:nav|ins)\])? ?In \[\d+\]: )"
    # IPython 9 dedents the whole cell, which empties lines of blanks.
    r"|^[^\S\n]+$",
    re.MULTILINE,
)

_BRACES = re.compile(r"\{{2,}")
_MOST_BRACES = 50
"""Each is an expression to compile; beyond this the whole prompt is one."""


def cell(request: PredictionRequest, *, count: int = 1, seed: int | None = None) -> str:
    r"""The text of a whole cell that asks for `count` pictures of `request`.

    Running it gives the same model, count, seed and, as JSON, the same input.

    Parameters
    ----------
    request : PredictionRequest
        Its `template` is not used: the variables may have changed since.
    count : int
        Pictures, 1 to 1000.
    seed : int, optional
        The first seed; None takes the request's own.

    Returns
    -------
    str
        The ``%%comet`` line, and the prompt below it. Without a prompt (absent, null or blank)
        the body is empty, and the cell is not complete before somebody types one.

    Raises
    ------
    InputError
        When the input has no JSON form, holds an API key, or `count` is out of range.

    Examples
    --------
    >>> request = PredictionRequest("black-forest-labs/flux-dev", {"prompt": "a boat", "seed": 7})
    >>> cell(request, count=3)
    '%%comet flux-dev -n 3 --seed 7\na boat'
    """
    given = request.input if seed is None else {**request.input, "seed": seed}
    plain: dict[str, Any] = json.loads(replace(request, input=given).body())["input"]
    inputs = {name: plain[name] for name in given}  # in the order in which they were given
    prompt = inputs.get("prompt")
    if prompt is None or (isinstance(prompt, str) and not prompt.strip()):
        inputs.pop("prompt", None)
    wanted = _Asked(request.model, count, inputs)
    return _first_that_says(wanted, _forms(request.model, count, inputs))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a cell asks for; the seed is one of the inputs."""

    model: str
    count: int
    inputs: dict[str, Any]


def _first_that_says(wanted: _Asked, forms: Iterable[tuple[str, str]]) -> str:
    """The first of some lines and bodies that is read as what is wanted."""
    problem = InputError(
        "this request cannot be written as a %%comet cell",
        "Send it from Python: comet_jupyter.submit(...)",
    )
    for line, body in forms:
        try:
            # Without a prompt there is no request yet, so the line is read with some other.
            found = _read(f"%%comet {line}\n{body or '-'}")
        except InputError as error:
            problem = error
            continue
        if "prompt" not in wanted.inputs:
            del found.inputs["prompt"]
        same = (found.model, found.count) == (wanted.model, wanted.count)
        if same and _same(found.inputs, wanted.inputs):
            return f"%%comet {line}\n{body}"
    raise problem


def _forms(model: str, count: int, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Lines and bodies, the most readable first; the last says everything in ASCII."""
    others = dict(inputs)
    prompt = others.pop("prompt", "")
    if not isinstance(prompt, str):  # as an input it wins over the body, which must not be empty
        others["prompt"] = prompt
        prompt = _json(prompt)
    line = " ".join(_words(model, count, others))
    expression = _expression(prompt) if prompt else ""
    plain = _plain(prompt)
    if plain is not None:
        yield line, plain
    yield line, expression
    yield " ".join(_exotic_words(model, count, others)), expression


def _read(text: str) -> _Asked:
    """A cell as IPython and `parsing` read it."""
    transformer = TransformerManager()  # type: ignore[no-untyped-call]
    match ast.parse(transformer.transform_cell(text)).body:
        case [ast.Expr(ast.Call(args=[_, ast.Constant(str(line)), ast.Constant(str(body))]))]:
            around = Surroundings(template.evaluator_with({}))
            back = parsing.parse(line, body, around, Defaults(model=""))
            seed = {} if back.seed is None else {"seed": back.seed}
            return _Asked(back.request.model, back.count, {**back.request.input, **seed})
    raise InputError("IPython does not take this for a cell", "Send the request from Python")


# -- the first line ----------------------------------------------------------------


def _words(model: str, count: int, inputs: Mapping[str, Any]) -> Iterator[str]:
    yield models.short_name(model)
    yield from _number_words(count, inputs)
    rest = {name: value for name, value in inputs.items() if not _is_option(name, value)}
    yield from _shortcuts(model, rest)
    for name, value in list(rest.items()):
        word = _pair(model, name, value)
        if word is not None:
            del rest[name]
            yield from ("-p", word)
    if rest:
        yield from ("--params", _params(_json(rest)))


def _exotic_words(model: str, count: int, inputs: Mapping[str, Any]) -> Iterator[str]:
    """Nothing shortened, nothing left to the model's schema, ASCII only."""
    yield model
    yield from _number_words(count, inputs)
    rest = {name: value for name, value in inputs.items() if not _is_option(name, value)}
    yield from ("--params", _params(json.dumps(rest)))


def _number_words(count: int, inputs: Mapping[str, Any]) -> Iterator[str]:
    if count != 1:
        yield from ("-n", str(count))
    if count > MOST_ON_SHEET:
        yield "--each"
    if _is_option("seed", inputs.get("seed")):
        yield from ("--seed", str(inputs["seed"]))


def _is_option(name: str, value: Any) -> bool:
    """True for what ``--seed`` takes: a whole number from 0 with at most 19 digits."""
    return name == "seed" and type(value) is int and 0 <= value < 10**19


def _shortcuts(model: str, rest: dict[str, Any]) -> Iterator[str]:
    """Options with a name of their own; what they say is taken out of `rest`."""
    size = f"{rest.get('width')}x{rest.get('height')}"
    for option, name, text, meaning in (
        ("--ar", "aspect_ratio", rest.get("aspect_ratio"), models.with_ratio),
        ("--size", "width", size, models.with_size),
        ("--no", "negative_prompt", rest.get("negative_prompt"), models.with_negative),
    ):
        if not isinstance(text, str) or text.startswith("-"):  # a dash begins the next option
            continue
        try:
            said = meaning(model, text)
        except InputError:
            continue
        word = _quoted(text)
        same = _same(said, {key: rest[key] for key in said if key in rest})
        if word is not None and name in said and same:
            for key in said:
                del rest[key]
            yield from (option, word)


def _pair(model: str, name: str, value: Any) -> str | None:
    """``name=value`` in the shortest form that converts back, None when none does."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
        return None
    texts = [value, _json(value)] if isinstance(value, str) else [_json(value)]
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        texts.insert(0, value[0])  # one picture, where a model takes several
    for text in texts:
        word = _quoted(text)
        if word is not None and _same(models.convert(model, name, text), value):
            return f"{name}={word}"
    return None


def _quoted(text: str) -> str | None:
    """The text as one word of the line, quoted when needed; None when it cannot stand there.

    The line knows no escapes, so a text with both kinds of quotation marks cannot.
    """
    if _ODD_ON_LINE.search(text) or "{{" in text:
        return None
    if text and not re.search(r"[\s\"']", text):
        return text
    quote = next((quote for quote in "\"'" if quote not in text), None)
    return None if quote is None else f"{quote}{text}{quote}"


def _params(text: str) -> str:
    """JSON in single quotes, with JSON's own escapes for whatever the line would not keep."""
    pattern = rf"'|\{{(?=\{{)|{_ODD_ON_LINE.pattern}"
    return "'" + re.sub(pattern, lambda match: f"\\u{ord(match[0]):04x}", text) + "'"


# -- the prompt ---------------------------------------------------------------------


def _plain(prompt: str) -> str | None:
    """The prompt as lines, literal ``{{`` marked as such; None when they would be changed."""
    if (
        prompt != prompt.strip("\n").rstrip()
        or _ODD_IN_BODY.search(prompt)
        or _REWRITTEN.search(prompt)
        or len(_BRACES.findall(prompt)) > _MOST_BRACES
    ):
        return None
    return _BRACES.sub(r"{{ '\g<0>' }}", prompt)


def _expression(prompt: str) -> str:
    """The prompt as one ``{{ "..." }}`` in ASCII, whatever it holds."""
    text = prompt.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    # An expression ends at the first `}}` at which it is complete: each would be tried.
    return '{{ "' + text.replace("}}", "}\\x7d") + '" }}'


# -- JSON ---------------------------------------------------------------------------


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _same(one: Any, other: Any) -> bool:
    """True for equal JSON: 4, 4.0, "4" and true are four values."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
