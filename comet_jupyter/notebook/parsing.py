"""From a cell's first line and body to a request and options: pure, apart from ``{{ ... }}``.

What options there are stands in `options`.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from .. import models
from ..errors import InputError, UnknownNameError
from ..key import looks_like_key
from ..wire.request import PredictionRequest
from . import template
from .options import CACHE, EMBED, MOST, MOST_ON_SHEET, OPTIONS, names, parser
from .template import Evaluate


@dataclass(frozen=True, slots=True)
class CellRequest:
    """What a cell asks for, checked; nothing was sent.

    Attributes
    ----------
    request : PredictionRequest
        Without a drawn seed.
    count : int
    seed : int, str or None
        As `Session.complete` takes it.
    warnings : tuple of str
        What the model's schema has to say; the service decides.
    out : str or None
        The variable to bind.
    background : bool or None
        None leaves it to the front end.
    timeout : float or None
        Seconds.
    """

    request: PredictionRequest
    count: int = 1
    seed: int | str | None = None
    warnings: tuple[str, ...] = ()
    out: str | None = None
    quiet: bool = False
    logs: bool = False
    each: bool = False
    background: bool | None = None
    timeout: float | None = None
    embed: str = "preview"
    cache: str = "auto"
    dry_run: bool = False
    raise_error: bool = True


def split_run(line: str) -> tuple[str, str]:
    """The options at the start of ``%comet run [options] PROMPT``, and the prompt as typed."""
    takes_value = {name: bool(option.metavar) for option in OPTIONS for name in option.names}
    position = 0
    pattern = re.compile(r"\s*((?:\{\{.*?\}\}|\"[^\"]*\"|'[^']*'|[^\s\"'])+)")
    while True:
        match = pattern.match(line, position)
        if match is None or not match[1].startswith("-") or match[1] == "-":
            return line[:position], line[position:].strip()
        position = match.end()
        if match[1] == "--":
            return line[: match.start()], line[position:].strip()
        if takes_value.get(match[1]):
            value = pattern.match(line, position)
            position = value.end() if value else position


def parse(
    line: str,
    body: str,
    *,
    evaluate: Evaluate,
    default_model: str,
    default_embed: str = "preview",
    default_cache: str = "auto",
    default_timeout: float | None = None,
    is_secret: Callable[[str], bool] = looks_like_key,
) -> CellRequest:
    """The request and the options of one cell.

    Parameters
    ----------
    line : str
        What stands behind ``%%comet`` on the first line.
    body : str
        The prompt as typed.
    evaluate : callable
        Gives the value of a ``{{ expression }}``.
    default_model, default_embed, default_cache, default_timeout
        What holds where the line says nothing.
    is_secret : callable
        True for a text that holds an API key.

    Raises
    ------
    InputError
        One line: what is wrong, then what to type. Nothing was sent.
    """
    _refuse_keys(is_secret, line, body)
    values, objects, text = _arguments(line, evaluate)
    model, unexpected = _model(values, default_model)
    typed = body.strip("\n").rstrip()
    prompt = template.fill(typed, evaluate)
    if not prompt.strip():
        raise InputError("there is no prompt", "Write it below the %%comet line")
    _refuse_keys(is_secret, prompt)
    if unexpected:
        raise InputError(f"unexpected {unexpected!r} on the first line", "The prompt goes below it")
    inputs: dict[str, Any] = {"prompt": prompt}
    if values["ar"] is not None:
        inputs.update(models.with_ratio(model, values["ar"]))
    if values["size"] is not None:
        inputs.update(models.with_size(model, values["size"]))
    if values["no"] is not None:
        inputs.update(models.with_negative(model, values["no"]))
    inputs.update(_params(values["params"], objects, text))
    for pair in values["param"]:
        name, value = _param(model, pair, objects, text)
        inputs[name] = value
    request = PredictionRequest(model, inputs, typed if typed != prompt else None)
    # The body refuses what has no JSON form, and holds what the expressions gave.
    # Text by text too: in JSON a line break ends in a letter, and hides the word's beginning.
    _refuse_keys(is_secret, request.body().decode(), *texts(inputs))
    if values["bg"] and values["wait"]:
        raise InputError("--bg and --wait contradict each other", "Give one of them")
    background = True if values["bg"] else False if values["wait"] else None
    count = _count(values["num"], most=MOST if values["each"] or values["quiet"] else MOST_ON_SHEET)
    timeout = _number("--timeout", values["timeout"])
    return CellRequest(
        request=request,
        count=count,
        seed=_seed(values["seed"]),
        warnings=(*template.doubts(typed), *models.check(model, inputs)),
        out=_variable(values["out"]),
        quiet=values["quiet"],
        logs=values["logs"],
        each=values["each"],
        background=background,
        timeout=default_timeout if timeout is None else timeout,
        embed=_choice("--embed", values["embed"] or default_embed, EMBED),
        cache=_choice("--cache", values["cache"] or default_cache, CACHE),
        dry_run=values["dry_run"],
        raise_error=not values["no_raise_error"],
    )


def _refuse_keys(is_secret: Callable[[str], bool], *texts: str) -> None:
    if any(is_secret(text) for text in texts):
        raise InputError(
            "an API key stands in this cell; it was not sent and not kept",
            "Delete it here, type `%comet login` instead, and consider the key as seen",
        )


def texts(value: Any) -> Iterator[str]:
    """Every text in an input, names included."""
    rest = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            rest += [*one.keys(), *one.values()]
        elif isinstance(one, (list, tuple)):
            rest += one


_PLACE = re.compile("\x00(\\d+)\x00")


def _arguments(
    line: str, evaluate: Evaluate
) -> tuple[dict[str, Any], dict[str, Any], Callable[[str], str]]:
    """The line's options; values that are whole expressions; what fills the others in."""
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
    objects: dict[str, Any] = {f"\x00{index}\x00": value for index, value in enumerate(results)}

    def text(token: str) -> str:
        return _PLACE.sub(lambda match: str(results[int(match[1])]), token)

    known, unknown = parser().parse_known_args(tokens)
    for token in unknown:
        if token.startswith("-"):
            _unknown_option(token)
    values = dict(vars(known))
    values["positional"] = [*values["positional"], *unknown]
    for name, value in values.items():
        if name in ("param", "params"):
            continue
        if isinstance(value, str):
            values[name] = text(value)
        elif isinstance(value, list):
            values[name] = [text(item) for item in value]
    return values, objects, text


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


def _model(values: Mapping[str, Any], default: str) -> tuple[str, str]:
    """The model's full name, and the first word that is too many."""
    words: list[str] = values["positional"]
    if values["model"] is not None:
        return models.canonical(values["model"]), " ".join(words[:1])
    if len(words) > 1 and "/" not in words[0]:
        aliases = [alias for spec in models.all_models().values() for alias in spec.aliases]
        if words[0] not in aliases and models.nearest(words[0], aliases) is None:
            return models.canonical(default), " ".join(words)[:60]
    return models.canonical(words[0] if words else default), " ".join(words[1:2])


def _params(
    given: str | None, objects: Mapping[str, Any], text: Callable[[str], str]
) -> dict[str, Any]:
    if given is None:
        return {}
    value = objects.get(given, given)
    if isinstance(value, str):
        try:
            value = json.loads(text(value))
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise InputError(
            "--params is no JSON object",
            "Write --params '{\"guidance\": 3}' or --params {{ a_dict }}",
        )
    return dict(value)


def _param(
    model: str, pair: str, objects: Mapping[str, Any], text: Callable[[str], str]
) -> tuple[str, Any]:
    name, equals, given = pair.partition("=")
    if not equals or not name:
        raise InputError(f"-p {text(pair)[:60]} names no value", "Write -p NAME=VALUE")
    if given in objects:
        value = objects[given]
        return name, models.convert(model, name, value) if isinstance(value, str) else value
    return name, models.convert(model, name, text(given))


def _count(text: str, *, most: int) -> int:
    if not re.fullmatch(r"\d{1,5}", text) or not 1 <= int(text) <= most:
        more = f", or up to {MOST} with --each" if most < MOST else ""
        raise InputError(
            f"-n {text[:20]} is no number of pictures", f"Give one from 1 to {most}{more}"
        )
    return int(text)


def _seed(text: str | None) -> int | str | None:
    if text is None or text in ("last", "+1", "random"):
        return text
    if re.fullmatch(r"\d{1,19}", text):
        return int(text)
    raise InputError(
        f"--seed {text[:20]} is no seed", "Give a number from 0, or last, +1 or random"
    )


def _number(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1e9:
        raise InputError(
            f"{option} {text[:20]} is no number of seconds", f"Give one above 0: {option} 120"
        )
    return number


def _choice(option: str, text: str, choices: tuple[str, ...]) -> str:
    if text in choices:
        return text
    near = models.nearest(text, choices)
    hint = f"Did you mean {near}?" if near else f"Choose from {', '.join(choices)}"
    raise UnknownNameError(f"{option} {text[:20]} does not exist", hint)


def _variable(name: str | None) -> str | None:
    if name is None or (name.isidentifier() and not keyword.iskeyword(name)):
        return name
    raise InputError(f"-o {name[:40]} is no variable name", "Write -o cat")
