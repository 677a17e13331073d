"""From the first line and the body to a request: everything that can be wrong, before sending."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cells import SCHNELL, read_cell

from comet_jupyter.errors import InputError, UnknownNameError
from comet_jupyter.notebook import options
from comet_jupyter.notebook.cell_request import CellRequest
from comet_jupyter.notebook.line import split_run

NAMES = {"a_dict": {"guidance": 3.5}, "seed": 11, "mood": "calm sea", "pic": "16:9"}


def parse(line: str, body: str = "a boat") -> CellRequest:
    """A cell as typed, with a few names defined."""
    return read_cell(line, body, NAMES)


def test_a_bare_cell_is_the_default_model_and_the_prompt() -> None:
    """Nothing is added to what was typed."""
    cell = parse("")
    assert (cell.request.model, cell.request.input) == (SCHNELL, {"prompt": "a boat"})
    assert (cell.count, cell.seed, cell.background) == (1, None, None)


@given(st.text(min_size=1).filter(lambda t: "{{" not in t and "sk-" not in t.lower()))
def test_any_prompt_is_sent_as_typed(prompt: str) -> None:
    """Only the line breaks around the cell's body, and blanks at its end, are not the prompt."""
    typed = prompt.strip("\n").rstrip()
    try:
        cell = parse("", prompt)
    except InputError:
        unusable = not typed.strip() or any("\ud800" <= char <= "\udfff" for char in typed)
        assert unusable
    else:
        assert cell.request.input["prompt"] == typed


@pytest.mark.parametrize("model", ["flux-dev", "black-forest-labs/flux-dev", "--model flux-dev"])
def test_the_model_is_a_name_or_an_alias(model: str) -> None:
    """Three spellings of one model."""
    assert parse(model).request.model == "black-forest-labs/flux-dev"


def test_options_become_inputs_by_the_models_own_names() -> None:
    """Ratio and typed parameters, the later one winning."""
    cell = parse("--ar 16:9 -p megapixels=1 -p go_fast=false --params '{\"output_quality\": 90}'")
    assert cell.request.input == {
        "prompt": "a boat",
        "aspect_ratio": "16:9",
        "output_quality": 90,
        "megapixels": "1",
        "go_fast": False,
    }


def test_expressions_in_options_keep_their_type() -> None:
    """A dictionary, a number and a text from variables."""
    cell = parse("flux-dev --params {{ a_dict }} --seed {{ seed }} --ar {{ pic }}", "{{ mood }}")
    assert cell.request.input["guidance"] == 3.5
    assert cell.seed == 11
    assert cell.request.input["aspect_ratio"] == "16:9"
    assert cell.request.prompt == "calm sea"
    assert cell.request.template == "{{ mood }}"


def test_the_switches() -> None:
    """Every option that is no model input arrives."""
    cell = parse(
        "-n 4 --seed last -o cat -q --logs --each --bg --timeout 90 --embed none --dry-run "
        "--no-raise-error"
    )
    assert (cell.count, cell.seed, cell.out, cell.timeout) == (4, "last", "cat", 90.0)
    assert cell.quiet
    assert cell.logs
    assert cell.each
    assert cell.background is True
    assert cell.embed == "none"
    assert cell.dry_run
    assert not cell.raise_error
    assert parse("--wait").background is False


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--sed 7", "no option --sed. Did you mean --seed"),
        ("--dryrun", "Did you mean --dry-run"),
        ("flux-schnel", "Did you mean flux-schnell"),
        ("--embed ful", "Did you mean full"),
        ("-n 0", "-n 0 is no number of pictures"),
        ("-n 65", "Give one from 1 to 64, or up to 1000 with --each"),
        ("-n many", "no number of pictures"),
        ("--seed x", "is no seed"),
        ("--timeout -5", "no number of seconds"),
        ("--timeout nan", "no number of seconds"),
        ("-p guidance", "names no value"),
        ("--params [1]", "no JSON object"),
        ("--params {{ mood }}", "no JSON object"),
        ("-o 2cats", "no variable name"),
        ("-o class", "no variable name"),
        ("--bg --wait", "contradict"),
        ("--no 'open", "quotation mark"),
        ("--ar wide", "'wide' is not an aspect ratio"),
        ("--seed {{ sed }}", "Did you mean seed"),
        ("flux-dev a boat", "unexpected 'a' on the first line"),
        ("a paper boat on water", "The prompt goes below"),
        ("../../etc/passwd", "not a model name"),
        ("owner/na?me", "not a model name"),
    ],
)
def test_what_is_wrong_is_one_line_with_a_remedy(line: str, message: str) -> None:
    """Cause, then what to type; a ValueError too."""
    with pytest.raises(InputError) as caught:
        parse(line)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("body", ["", "\n", "   \n\t"])
def test_a_prompt_is_needed(body: str) -> None:
    """Blanks are none."""
    with pytest.raises(InputError, match="there is no prompt"):
        parse("", body)


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("--key sk-canary-0123456789abcdef", "a boat"),
        ("--api-key=sk-canary-0123456789abcdef", "a boat"),
        ("-p token=sk-canary-0123456789abcdef", "a boat"),
        ("", "a boat sk-canary-0123456789abcdef"),
        ("", '{{ "sk-canary-" + "0123456789abcdef" }}'),
        ("--api-key hunter2", "a boat"),
    ],
)
def test_a_key_in_a_cell_is_refused_and_not_echoed(line: str, body: str) -> None:
    """Neither in the line, nor in the prompt, nor made by an expression."""
    with pytest.raises(InputError) as caught:
        parse(line, body)
    assert "0123456789abcdef" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_schema_only_warns() -> None:
    """The server decides; a warning names the nearest input."""
    cell = parse("-p aspect_ration=1:1")
    assert cell.request.input["aspect_ration"] == "1:1"
    assert "aspect_ratio" in cell.warnings[0]


@pytest.mark.parametrize(
    ("line", "options", "prompt"),
    [
        ("a boat", "", "a boat"),
        ('-n 4 --ar 16:9 a boat\'s "sail" --seed', " ", 'a boat\'s "sail" --seed'),
        ("--model flux-dev -q a boat", "", "a boat"),
        ('--no "bad weather" sun', "", "sun"),
        ("--seed {{ 3 + 4 }} a boat", "", "a boat"),
        ("-n 4 -- --dashes first", "", "--dashes first"),
        ("-p a=1 -p b=2", "", ""),
    ],
)
def test_one_line_runs_split_options_from_the_prompt(line: str, options: str, prompt: str) -> None:
    """The prompt keeps its quotes and dashes."""
    before, text = split_run(line)
    assert text == prompt
    assert line.startswith(before)


def test_the_help_names_every_option() -> None:
    """What the parser takes stands in the help."""
    text = options.help_text()
    assert [name for name in options.names() if name not in text] == []
    assert all(option.help for option in options.OPTIONS)
    with pytest.raises(UnknownNameError):
        parse("--not-in-the-help")
