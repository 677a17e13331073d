"""Lists of models and of aliases, and the inputs of one model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from comet_jupyter import models
from comet_jupyter.notebook import first_cell
from comet_jupyter.show.models import ROWS, ModelRow, alias_list, model_list, origin_words
from comet_jupyter.show.schema import Schema, schema

Read = Callable[[str], Any]

NOW = datetime(2026, 3, 12, 12, 0, tzinfo=timezone.utc)
DEV = ModelRow(
    "black-forest-labs/flux-dev",
    "flux-dev",
    ("boat",),
    "open weights",
    "text (+ picture)",
    "~$0.025",
    "13",
)
OTHER = ModelRow("google/imagen-4", purpose="lettering", takes="text", price="not told")
HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\u202e\n$x$"


def flux_dev(**changed: Any) -> Schema:
    """What is said of flux-dev."""
    spec = models.spec("flux-dev")
    assert spec is not None
    shown = Schema(
        spec.name,
        "flux-dev",
        ("also boat", "~$0.025"),
        spec.description,
        list(spec.inputs.values()),
        {wanted.name: first_cell.option(spec, wanted) for wanted in spec.inputs.values()},
        first_cell.remarks(spec),
        example=first_cell.cell(spec, "flux-dev"),
    )
    return replace(shown, **changed)


# -- where a list comes from -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "age", "trouble", "said"),
    [
        ("service", timedelta(seconds=3), "", "from the service's catalogue, of just now"),
        ("service", timedelta(minutes=12), "", "from the service's catalogue, 12 min old"),
        (
            "service",
            timedelta(hours=3),
            "no answer within 5 s",
            "from the service's catalogue, 3 h old; it could not be asked again: "
            "no answer within 5 s",
        ),
        (
            "sandbox",
            timedelta(),
            "",
            "the sandbox's own list: pictures are drawn on this machine, no charge",
        ),
        (
            "packaged",
            None,
            "no connection to x: its name is not known",
            "the list of the package; the service could not be asked: "
            "no connection to x: its name is not known",
        ),
        ("packaged", None, "", "the list of the package; nobody was asked"),
    ],
)
def test_the_origin_is_said_in_words(
    origin: str, age: timedelta | None, trouble: str, said: str
) -> None:
    """Which list it is, how old, and why it is not newer."""
    assert origin_words(origin, NOW - age if age is not None else None, trouble, NOW) == said


# -- the list ----------------------------------------------------------------------------------


def test_a_list_says_the_same_twice(read: Read) -> None:
    """Names, purpose, what it takes, price and inputs, in markup and in plain text."""
    bundle = model_list([DEV, OTHER], "from the catalogue", ["`%comet schema NAME` shows more"])
    head, *lines = bundle["text/plain"].splitlines()
    assert head.split("  ")[0] == "name"
    assert head.split()[1:] == ["full", "name", "for", "from", "price", "inputs"]
    assert lines == [
        "flux-dev, boat  black-forest-labs/flux-dev  open weights  text (+ picture)  ~$0.025   13",
        "                google/imagen-4             lettering     text              not told",
        "from the catalogue",
        "`%comet schema NAME` shows more",
    ]
    seen = read(bundle["text/html"])
    assert seen.dropped == []
    for word in ("black-forest-labs/", "flux-dev", "boat", "~$0.025", "13", "from the catalogue"):
        assert word in seen.text
    assert "<code" in bundle["text/html"]


def test_the_part_of_a_name_that_one_types_stands_out(read: Read) -> None:
    """Its own part where it is an alias; else the whole, with other names beside it."""
    one, whole = DEV, OTHER
    renamed = replace(DEV, name="stability-ai/stable-diffusion-3.5-large", short="sd3.5-large")
    markup = model_list([one, whole, renamed], "")["text/html"]
    assert ">flux-dev</strong>" in markup
    assert ">google/imagen-4</strong>" in markup
    assert ">stability-ai/stable-diffusion-3.5-large</strong>" in markup
    assert "sd3.5-large" in read(markup).text


def test_columns_without_anything_are_left_out() -> None:
    """Without prices, without inputs, without other names."""
    bundle = model_list([replace(DEV, price="", inputs="", others=())], "x")
    head = bundle["text/plain"].splitlines()[0]
    assert head.split("  ")[-1].strip() == "from"
    assert "price" not in bundle["text/html"]
    assert "also" not in bundle["text/html"]


def test_an_empty_list_has_no_table() -> None:
    """What is to be said of it comes first, then the origin."""
    bundle = model_list([], "from the catalogue", ["no model here has 'x'"])
    assert bundle["text/plain"] == "no model here has 'x'\nfrom the catalogue"
    assert "<table" not in bundle["text/html"]


def test_a_long_list_is_cut_and_counted() -> None:
    """So many rows are shown of thousands, the rest is a number."""
    bundle = model_list([OTHER] * 5000, "x")
    assert len(bundle["text/plain"].splitlines()) == ROWS + 3
    assert f"and {5000 - ROWS:,} more" in bundle["text/plain"]


def test_the_sandbox_is_labelled(read: Read) -> None:
    """In a badge and in the text."""
    bundle = model_list([DEV], "x", label="sandbox · drawn locally")
    assert bundle["text/plain"].startswith("sandbox · drawn locally\n")
    assert read(bundle["text/html"]).text.startswith("sandbox · drawn locally")


def test_what_a_catalogue_says_is_text(read: Read) -> None:
    """Markup, control codes and line breaks in any field are shown, not obeyed."""
    row = ModelRow(HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    for bundle in (
        model_list([row], HOSTILE, [HOSTILE], label=HOSTILE),
        alias_list([(HOSTILE, HOSTILE, HOSTILE)], [HOSTILE]),
        schema(flux_dev(name=HOSTILE, short=HOSTILE, facts=(HOSTILE,), purpose=HOSTILE)),
        schema(flux_dev(remarks=[HOSTILE], notices=[HOSTILE], label=HOSTILE)),
    ):
        seen = read(bundle["text/html"])
        assert seen.dropped == []
        assert "script" not in seen.tags
        for shown in bundle.values():
            assert "\x1b" not in shown
            assert "\u202e" not in shown


def test_aliases_are_a_list(read: Read) -> None:
    """Name, model, and what is to be said of it."""
    bundle = alias_list([("boat", "me/boats", ""), ("sdxl", "me/sdxl", "hides another")])
    assert bundle["text/plain"].splitlines() == [
        "alias  model",
        "boat   me/boats",
        "sdxl   me/sdxl   hides another",
    ]
    assert read(bundle["text/html"]).dropped == []
    assert alias_list([], ["none yet"])["text/plain"] == "none yet"


# -- the inputs of a model ---------------------------------------------------------------------


def test_a_schema_says_the_same_twice(read: Read) -> None:
    """Every input with type, default, what is allowed and how it is typed; and the example."""
    bundle = schema(flux_dev())
    plain = bundle["text/plain"]
    assert plain.startswith("flux-dev · black-forest-labs/flux-dev · also boat · ~$0.025\n")
    rows = {line.split()[0]: line for line in plain.splitlines() if line}
    assert rows["prompt"].split() == "prompt text required the text below %%comet".split()
    assert rows["seed"].split() == "seed integer --seed 7".split()
    assert rows["guidance"].split() == "guidance number 3 0 to 10 -p guidance=3".split()
    assert rows["go_fast"].split() == "go_fast true or false true -p go_fast=true".split()
    assert "webp, jpg, png" in rows["output_format"]
    assert "--image boat.png" in rows["image"]
    assert plain.endswith(
        "%%comet flux-dev --ar 16:9 -p guidance=3\na paper boat on a calm lake at sunrise"
    )
    seen = read(bundle["text/html"])
    assert seen.dropped == []
    for wanted in flux_dev().inputs:
        assert wanted.name in seen.text
    assert "%%comet flux-dev --ar 16:9" in seen.text


def test_what_is_required_comes_first() -> None:
    """The order is the caller's; a required input has no default but says so."""
    lines = schema(flux_dev())["text/plain"].splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("input"))
    assert lines[head + 1].split()[:3] == ["prompt", "text", "required"]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"type": "integer", "minimum": 256, "maximum": 1440, "multiple_of": 32},
         "256 to 1440, multiples of 32"),
        ({"type": "number", "minimum": 1.5}, "from 1.5"),
        ({"type": "number", "maximum": 2}, "up to 2"),
        ({"type": "uri[]", "maximum": 8}, "up to 8"),
        ({"type": "uri[]"}, ""),
        ({"type": "string", "allowed": ("a", "b")}, "a, b"),
    ],
)  # fmt: skip
def test_what_is_allowed_is_said(facts: dict[str, Any], said: str) -> None:
    """Ranges, steps, numbers of pictures and choices."""
    bundle = schema(flux_dev(inputs=[models.InputSpec("x", **facts)], options={"x": "OPTION"}))
    [row] = [line for line in bundle["text/plain"].splitlines() if line.startswith("x ")]
    told = row.removesuffix("OPTION").strip().partition("  ")[2].strip()
    kinds = {"integer": "integer", "number": "number", "uri[]": "pictures", "string": "text"}
    assert told.removeprefix(kinds[facts["type"]]).strip() == said


def test_a_model_without_known_inputs_has_no_table(read: Read) -> None:
    """The notice says what becomes of what is given."""
    shown = Schema("a/b", "a/b", notices=["everything is sent as given"], example="%%comet a/b\nx")
    bundle = schema(shown)
    assert bundle["text/plain"] == (
        "a/b\n\neverything is sent as given\n\nan example: copy it into a cell\n\n%%comet a/b\nx"
    )
    assert "<table" not in bundle["text/html"]
    assert read(bundle["text/html"]).dropped == []
