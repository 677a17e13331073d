"""The options of ``%%comet``, declared once: parser and help are made of them.

What their values mean is decided in ``parsing``.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..errors import InputError

EMBED = ("preview", "full", "none")

CACHE = ("auto", "replay", "refresh", "off")

MOST_ON_SHEET = 64
"""Pictures of one cell that fit on a contact sheet."""

MOST = 1000
"""Pictures of one cell in any case: a typo must not empty an account."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of ``%%comet``: its spellings, its argument, and what it does."""

    names: tuple[str, ...]
    metavar: str
    help: str
    settings: Mapping[str, Any] = field(default_factory=dict)


OPTIONS = (
    Option(
        ("-p", "--param"),
        "NAME=VALUE",
        "a model input, repeatable; JSON, otherwise text",
        {"action": "append", "default": []},
    ),
    Option(("--params",), "JSON", "several inputs: a JSON object, or {{ a_dict }}"),
    Option(("-n", "--num"), "N", "N pictures, each with a seed of its own", {"default": "1"}),
    Option(("--seed",), "N|last|+1|random", "the first seed; without it one is drawn, and shown"),
    Option(("--ar",), "W:H", "aspect ratio, such as 16:9"),
    Option(("--size",), "WxH", "size in pixels, where the model has it"),
    Option(("--no",), "TEXT", "negative prompt, where the model has one"),
    Option(
        ("--image",),
        "PICTURE",
        "an input picture: file, URL, id, {{ variable }}; repeatable",
        {"action": "append", "default": []},
    ),
    Option(("--shrink",), "PIXELS", "scale input pictures down, so that no side is longer"),
    Option(("--from",), "ID", "all inputs of an earlier prediction; what else is given wins"),
    Option(
        ("--sweep",),
        "NAME=VALUES",
        "one picture for each value: 1..4, or a,b,c; up to three times; fills {{ NAME }} too",
        {"action": "append", "default": []},
    ),
    Option(
        ("--variants",),
        "all|random[:N]",
        "one picture for each way to read {a|b} in the prompt, or for N of them",
    ),
    Option(("-o", "--out"), "NAME", "the variable for the Prediction, or the Batch"),
    Option(("-q", "--quiet"), "", "show nothing", {"action": "store_true"}),
    Option(("--logs",), "", "show the logs below the pictures", {"action": "store_true"}),
    Option(
        ("--each",),
        "",
        "one picture below the other instead of a contact sheet",
        {"action": "store_true"},
    ),
    Option(("--bg",), "", "return at once, pictures come later", {"action": "store_true"}),
    Option(("--wait",), "", "return when the pictures are there", {"action": "store_true"}),
    Option(("--timeout",), "SECONDS", "stop waiting after this long; `%comet resume ID` goes on"),
    Option(
        ("--embed",),
        "|".join(EMBED),
        "what the notebook holds; the original is on disk",
    ),
    Option(
        ("--cache",),
        "|".join(CACHE),
        "whether an earlier result may be served: by default where the seed is given",
    ),
    Option(
        ("--dry-run",),
        "",
        "show the resolved requests and the price, send nothing",
        {"action": "store_true"},
    ),
    Option(("--max-cost",), "USD|none", "send nothing when it would cost more than this"),
    Option(("--yes",), "", "do not ask before many pictures", {"action": "store_true"}),
    Option(
        ("--strict",),
        "",
        "send nothing when the model's schema has something to say",
        {"action": "store_true"},
    ),
    Option(
        ("--save",),
        "TEMPLATE",
        "also save the pictures: out/{model}-{seed}; never over a file that is there",
    ),
    Option(
        ("--no-raise-error",),
        "",
        "show a failure without stopping the notebook",
        {"action": "store_true"},
    ),
    Option(("--model",), "MODEL", "the same as MODEL, for `%comet run`"),
)


class _Parser(argparse.ArgumentParser):
    """Raises one readable line instead of printing usage and leaving the interpreter."""

    def error(self, message: str) -> NoReturn:
        missing = re.fullmatch(r"argument (?:-\w/)?(--?[\w-]+): expected one argument", message)
        if missing is not None:
            message = f"{missing[1]} needs a value"
        raise InputError(message, "`%comet help run` lists the options")


def parser() -> argparse.ArgumentParser:
    """Splits the words of the first line into options; raises `InputError`."""
    made = _Parser(prog="%%comet", add_help=False, allow_abbrev=False)
    made.add_argument("positional", nargs="*", metavar="MODEL")
    for option in OPTIONS:
        settings = dict(option.settings)
        if option.metavar:
            settings["metavar"] = option.metavar
        made.add_argument(*option.names, **settings)
    return made


def names() -> list[str]:
    """Every spelling of every option."""
    return [name for option in OPTIONS for name in option.names]


def help_text() -> str:
    """The options as aligned lines."""
    heads = [f"{', '.join(option.names)} {option.metavar}".strip() for option in OPTIONS]
    width = max(len(head) for head in heads) + 2
    return "\n".join(
        f"  {head:<{width}}{option.help}" for head, option in zip(heads, OPTIONS, strict=True)
    )
