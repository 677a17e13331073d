"""From a cell's first line and body to requests and options: pure, apart from ``{{ ... }}``.

What options there are stands in ``options``, how the line is split in ``line``, what varies in
``expansion``, how a request is put together in ``requesting``.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .. import models
from ..errors import InputError, UnknownNameError
from ..show.axes import Axes
from ..store.identity import request_hash
from ..wire.request import PredictionRequest
from . import expansion, sweep, template, variants
from . import line as lines
from .cell_request import NO_LIMIT, CellRequest, Defaults, Surroundings
from .options import CACHE, EMBED, MOST, MOST_ON_SHEET
from .requesting import Builder
from .saving import SaveTemplate

_BROKEN_SWEEP = re.compile(r"--sweep[ =]+[^\s\"']*,\s+(?!-)\S")

MOST_WARNINGS = 5
"""Lines of warnings of one cell; a sweep of a wrong input would have one for each value."""


def parse(line: str, body: str, around: Surroundings, defaults: Defaults) -> CellRequest:
    """The requests and the options of one cell.

    Parameters
    ----------
    line : str
        What stands behind ``%%comet`` on the first line.
    body : str
        The prompt as typed.
    around : Surroundings
    defaults : Defaults

    Raises
    ------
    InputError
        One line: what is wrong, then what to type. Nothing was sent.
    """
    _refuse_keys(around.is_secret, line, body)
    words = lines.read(
        line,
        lambda source: around.evaluate(source, {}),
        lambda text: _refuse_keys(around.is_secret, text),
    )
    values = words.values
    if values["sweep"] and _BROKEN_SWEEP.search(line):
        raise InputError(
            "a blank ends the values of --sweep",
            'Leave it out, or write them in quotation marks: --sweep "style=oil, ink"',
        )
    model, unexpected = _model(values, around.aliases)
    if unexpected:
        raise InputError(f"unexpected {unexpected!r} on the first line", "The prompt goes below it")
    if values["bg"] and values["wait"]:
        raise InputError("--bg and --wait contradict each other", "Give one of them")
    is_on_sheet = not (values["each"] or values["quiet"])
    seed, count = _seed(values["seed"]), _count(values["num"], on_sheet=is_on_sheet)
    swept = [sweep.read(one, words.objects, words.text) for one in values["sweep"]]
    # Before an error shows what is wrong with one of them.
    values_given = (one for axis in swept for one in axis.values if isinstance(one, str))
    _refuse_keys(around.is_secret, *values_given)
    names = [axis.name for axis in swept]
    _one_source_of_seeds(names, seed, count)
    build = Builder(words, around, model, defaults.model)

    typed = body.strip("\n").rstrip()
    if typed.strip() and "prompt" in names:
        raise InputError("there are two prompts", "Sweep it, or write it below, not both")
    if not typed.strip() and "prompt" not in names and not build.has_earlier:
        raise InputError("there is no prompt", "Write it below the %%comet line")
    draw = expansion.drawing(seed, around.draw)
    expanded = expansion.expand(typed, swept, values["variants"], draw, most=MOST)
    build.check(expanded)
    axes = expanded.labelled()
    _fits(axes, count, on_sheet=is_on_sheet)
    requests = tuple(
        build.request(place, expanded.used) for place in expanded.places(around.evaluate)
    )
    for request in requests:
        # The body refuses what has no JSON form, and holds what the expressions gave.
        # Text by text too: in JSON a line break ends in a letter, and hides the word's beginning.
        _refuse_keys(around.is_secret, request.body().decode(), *texts(request.input))
        if not str(request.input.get("prompt", "")).strip():
            raise InputError("there is no prompt", "Write it below the %%comet line")
    _all_differ(axes, requests)
    cell = CellRequest(
        requests=requests,
        axes=axes,
        count=count,
        seed=seed,
        variants_drawn=values["variants"] not in (None, "all") and not isinstance(seed, int),
        warnings=_warnings(typed, requests, build.notes, values["variants"]),
        out=_variable(values["out"]),
        quiet=values["quiet"],
        logs=values["logs"],
        each=values["each"],
        background=True if values["bg"] else False if values["wait"] else None,
        timeout=_seconds("--timeout", values["timeout"], defaults.timeout),
        embed=_choice("--embed", values["embed"] or defaults.embed, EMBED),
        cache=_choice("--cache", values["cache"] or defaults.cache, CACHE),
        dry_run=values["dry_run"],
        raise_error=not values["no_raise_error"],
        max_cost=_dollars(values["max_cost"]),
        yes=values["yes"],
        save=None if values["save"] is None else _save(values["save"], around, names),
    )
    if values["strict"] and cell.warnings:
        more = f" (and {len(cell.warnings) - 1} more)" if len(cell.warnings) > 1 else ""
        raise InputError(f"--strict, and nothing was sent: {cell.warnings[0]}{more}", "Correct it")
    return cell


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


def _model(values: Mapping[str, Any], own: Mapping[str, str]) -> tuple[str | None, str]:
    """The model's full name where one is named, and the first word that is too many."""
    words: list[str] = values["positional"]
    if values["model"] is not None:
        return models.canonical(values["model"], own), " ".join(words[:1])
    if len(words) > 1 and "/" not in words[0]:
        aliases = [alias for spec in models.all_models().values() for alias in spec.aliases]
        aliases += own
        if words[0] not in aliases and models.nearest(words[0], aliases) is None:
            return None, " ".join(words)[:60]
    return models.canonical(words[0], own) if words else None, " ".join(words[1:2])


def _warnings(
    typed: str,
    requests: Sequence[PredictionRequest],
    notes: Sequence[str],
    asked_variants: str | None,
) -> tuple[str, ...]:
    """What there is to say of them all, each once."""
    said = [*template.doubts(typed), *notes]
    if asked_variants is None:
        said += variants.doubts(typed)
    elif not variants.has_variants(typed):
        said.append("--variants finds no {a|b} in the prompt")
    for request in requests:
        said += models.check(request.model, request.input)
    said = list(dict.fromkeys(said))
    more = len(said) - MOST_WARNINGS
    return tuple([*said[:MOST_WARNINGS], f"and {more} more"] if more > 1 else said)


def _one_source_of_seeds(swept: Sequence[str], seed: int | str | None, count: int) -> None:
    if "seed" in swept and (seed is not None or count > 1):
        other = "-n" if seed is None else "--seed"
        raise InputError(f"--sweep seed and {other} contradict each other", f"Leave {other} out")


def _all_differ(axes: Axes | None, requests: Sequence[PredictionRequest]) -> None:
    """Raises `InputError` for two places that would pay for the same picture."""
    seen: dict[str, int] = {}
    for index, request in enumerate(requests) if axes else ():
        first = seen.setdefault(request_hash(request), index)
        if axes and first != index:
            raise InputError(
                f"{axes.words(first)} and {axes.words(index)} ask for the same picture",
                "Leave one of them out; -n makes more of each",
            )


def _fits(axes: Axes | None, count: int, *, on_sheet: bool) -> None:
    """Raises `InputError` for more pictures than a cell makes, or than a sheet shows."""
    shape = (*(axes.shape if axes else ()), *((count,) if count > 1 else ()))
    total = math.prod(shape)
    if axes is None:
        return
    said = " × ".join(map(str, shape))
    if len(shape) > expansion.MOST_AXES:
        raise InputError(
            f"{len(shape)} axes do not fit on a sheet, -n is one of them",
            f"Vary at most {expansion.MOST_AXES} things at once",
        )
    if total > MOST:
        raise InputError(f"{said} are {total:,} pictures", f"A cell makes at most {MOST:,}")
    if on_sheet and math.prod(shape[:2]) > MOST_ON_SHEET:
        raise InputError(
            f"{said} do not fit on a contact sheet",
            f"Give at most {MOST_ON_SHEET} pictures a sheet, or --each",
        )


def _count(text: str, *, on_sheet: bool) -> int:
    most = MOST_ON_SHEET if on_sheet else MOST
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


def _number(text: str) -> float:
    """A number above 0 and below a thousand million, -1 for anything else."""
    try:
        number = float(text)
    except ValueError:
        return -1.0
    return number if 0 <= number < 1e9 else -1.0


def _seconds(option: str, text: str | None, default: float | None) -> float | None:
    if text is None:
        return default
    number = _number(text)
    if number <= 0:
        raise InputError(
            f"{option} {text[:20]} is no number of seconds", f"Give one above 0: {option} 120"
        )
    return number


def _dollars(text: str | None) -> float | None:
    if text is None or text == "none":
        return NO_LIMIT if text else None
    number = _number(text.removeprefix("$"))
    if number < 0:
        raise InputError(
            f"--max-cost {text[:20]} is no sum", "Give US dollars: --max-cost 0.50, or none"
        )
    return number


def _save(text: str, around: Surroundings, swept: Sequence[str]) -> SaveTemplate:
    return SaveTemplate.read(text, around.folder, swept)


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
