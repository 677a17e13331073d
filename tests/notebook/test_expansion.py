"""What varies in a cell: axes in order, prompts filled in, seeds that are held or counted up."""

from __future__ import annotations

from typing import Any

import pytest
from support.cells import read_cell

from comet_jupyter.engine import seeds
from comet_jupyter.errors import InputError, UnknownNameError
from comet_jupyter.notebook.cell_request import CellRequest
from comet_jupyter.notebook.expansion import with_seeds
from comet_jupyter.wire.request import PredictionRequest


def inputs(cell: CellRequest, *names: str) -> list[tuple[Any, ...]]:
    """Some inputs of each of its requests."""
    return [tuple(one.input.get(name) for name in names) for one in cell.requests]


def all_of(cell: CellRequest) -> list[PredictionRequest]:
    """Every picture's request, with a drawn seed of 1000."""
    return seeds.spread(
        cell.requests, cell.count, cell.seed, last=lambda: None, draw=lambda below: 1000
    )


# -- sweeps -----------------------------------------------------------------------------


def test_the_first_axis_is_the_rows_and_the_last_changes_fastest() -> None:
    """Two seeds by three values of guidance, each an input of its own type."""
    cell = read_cell("flux-dev --sweep seed=1..2 --sweep guidance=2,3.5,5")
    assert inputs(cell, "seed", "guidance") == [
        (1, 2), (1, 3.5), (1, 5), (2, 2), (2, 3.5), (2, 5),
    ]  # fmt: skip
    assert cell.axes is not None
    assert cell.axes.shape == (2, 3)
    assert [(axis.name, axis.labels) for axis in cell.axes.axes] == [
        ("seed", ("1", "2")),
        ("guidance", ("2", "3.5", "5")),
    ]


def test_a_sweep_fills_the_prompt() -> None:
    """A name that is no input is a word for the prompt only; the template is kept."""
    cell = read_cell("--sweep style=oil,ink", "a lighthouse, {{ style }}")
    assert inputs(cell, "prompt", "style") == [
        ("a lighthouse, oil", None),
        ("a lighthouse, ink", None),
    ]
    assert {one.template for one in cell.requests} == {"a lighthouse, {{ style }}"}


def test_an_input_may_stand_in_the_prompt_as_well() -> None:
    """It is sent, and said."""
    cell = read_cell("flux-dev --sweep guidance=2,4", "guidance of {{ guidance }}")
    assert inputs(cell, "prompt", "guidance") == [("guidance of 2", 2), ("guidance of 4", 4)]


def test_expressions_use_what_is_swept() -> None:
    """Also computed; a swept name wins over the variable of that name."""
    cell = read_cell(
        "--sweep number=1..3", "{{ number * 2 }} boats at {{ time }}", {"number": 9, "time": "dawn"}
    )
    assert [one.prompt for one in cell.requests] == [
        "2 boats at dawn",
        "4 boats at dawn",
        "6 boats at dawn",
    ]


def test_what_no_axis_touches_is_evaluated_once() -> None:
    """A draw in the prompt is one draw for the whole sweep."""
    drawn: list[int] = []

    def draw() -> str:
        drawn.append(1)
        return f"draw {len(drawn)}"

    cell = read_cell("--sweep style=oil,ink", "{{ draw() }} in {{ style }}", {"draw": draw})
    assert [one.prompt for one in cell.requests] == ["draw 1 in oil", "draw 1 in ink"]
    assert drawn == [1]


def test_models_ratios_and_prompts_can_be_swept() -> None:
    """By the names that the options have, in each model's own fields."""
    cell = read_cell("--sweep model=flux-pro,sdxl --sweep size=512x512,640x512")
    assert [one.model.partition("/")[2] for one in cell.requests] == [
        "flux-pro", "flux-pro", "sdxl", "sdxl",
    ]  # fmt: skip
    assert inputs(cell, "aspect_ratio", "width", "height") == [
        ("custom", 512, 512), ("custom", 640, 512), (None, 512, 512), (None, 640, 512),
    ]  # fmt: skip
    cell = read_cell('--sweep "prompt=a boat,a house"', "")
    assert [one.prompt for one in cell.requests] == ["a boat", "a house"]
    cell = read_cell("--sweep ar=1:1,16:9")
    assert inputs(cell, "aspect_ratio", "ar") == [("1:1", None), ("16:9", None)]


def test_values_are_typed_by_the_schema() -> None:
    """``megapixels`` is a text, ``go_fast`` a truth value."""
    cell = read_cell("flux-dev --sweep megapixels=0.25,1 --sweep go_fast=on,off")
    assert inputs(cell, "megapixels", "go_fast") == [
        ("0.25", True), ("0.25", False), ("1", True), ("1", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "body", "message"),
    [
        ("--sweep style=oil,ink", "a boat", "changes nothing"),
        ("--sweep stile=oil,ink", "a boat {{ style }}", "Did you mean style?"),
        ("--sweep seed=1..4 -n 2", "a boat", "--sweep seed and -n contradict"),
        ("--sweep seed=1..4 --seed 3", "a boat", "--sweep seed and --seed contradict"),
        ("--sweep seed=1,2 --sweep seed=3,4", "a boat", "--sweep seed twice"),
        ("--sweep prompt=a,b", "a boat", "two prompts"),
        ("flux-dev --sweep seed=1..9 --sweep guidance=1..9", "a boat", "contact sheet"),
        ("--each --sweep seed=1..40 --sweep s=1..40", "{{ s }}", "1,600 pictures"),
        ("-n 2 --sweep a=1,2 --sweep b=1,2 --sweep c=1,2", "{{ a, b, c }}", "axes do not fit"),
        ("--sweep a=1,2 --sweep b=1,2 --sweep c=1,2 --sweep d=1,2", "{{ a,b,c,d }}", "4 axes"),
        ("--variants some", "a {red|blue} boat", "Write all"),
        ("--variants random:0", "a {red|blue} boat", "Write all"),
        ("--max-cost much", "a boat", "is no sum"),
        ("--sweep style=oil, ink", "{{ style }}", "a blank ends the values of --sweep"),
        ("flux-dev --sweep style=oil,ink, -n 2", "{{ style }}", "comma without a value"),
        ("--sweep guidance=1,2", "a boat", "Take a model that has it (flux-dev"),
        ("--variants", "a boat", "--variants needs a value"),
        ("-p", "a boat", "--param needs a value"),
        ("--shrink 9", "a boat", "is no size"),
    ],
)
def test_what_cannot_be_varied_is_one_line(line: str, body: str, message: str) -> None:
    """Cause and remedy, before anything is sent."""
    with pytest.raises(InputError) as caught:
        read_cell(line, body)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "body", "said"),
    [
        ("flux-dev --sweep guidance=3,3.0", "a", "guidance 3 and guidance 3.0"),
        ("--sweep model=kontext,kontext-pro", "a", "model kontext and model kontext-pro"),
        ("flux-dev --sweep go_fast=true,on", "a", "go_fast true and go_fast on"),
        ("--variants all", "{red|{{ 'red' }}}", "“red” and “{{ 'red' }}”"),
    ],
)
def test_no_picture_is_paid_for_twice(line: str, body: str, said: str) -> None:
    """Values that are spelled differently and make the same request are refused."""
    with pytest.raises(InputError) as caught:
        read_cell(line, body)
    assert caught.value.cause == f"{said} ask for the same picture"


def test_too_many_pictures_are_refused_before_one_is_built() -> None:
    """Three long axes are a quarter of a million."""

    def evaluate(source: str, names: Any) -> Any:
        raise AssertionError("a prompt was filled in")

    axes = " ".join(f"--sweep {name}=1..64" for name in ("guidance", "seed", "style"))
    with pytest.raises(InputError, match="262,144 pictures"):
        read_cell(f"flux-dev {axes} --each", "{{ style }}", evaluate=evaluate)


def test_a_sweep_of_a_nearly_known_input_names_it() -> None:
    """So that nobody pays for four equal pictures."""
    with pytest.raises(InputError, match="Did you mean guidance"):
        read_cell("flux-dev --sweep guidence=1..4")


# -- seeds ------------------------------------------------------------------------------


def test_what_is_not_varied_is_held() -> None:
    """A sweep without a seed has one for all its pictures, which counts as drawn."""
    requests = all_of(read_cell("flux-dev --sweep guidance=2,4"))
    assert [one.seed for one in requests] == [1000, 1000]
    assert all(one.seed_drawn for one in requests)


@pytest.mark.parametrize("line", ["--sweep seed=1.5,2.5", "--sweep seed=a,b"])
@pytest.mark.parametrize("model", ["flux-dev", "somebody/else"])
def test_a_seed_that_was_given_is_never_replaced(model: str, line: str) -> None:
    """Also one that is no whole number: each picture has the one that its label says."""
    cell = read_cell(f"{model} {line}")
    assert cell.axes is not None
    assert [str(one.input["seed"]) for one in all_of(cell)] == list(cell.axes.axes[0].labels)
    assert bool(cell.warnings) is (model == "flux-dev")


@pytest.mark.parametrize("given", ["-p seed={{ 7.0 }}", "--sweep 'seed={{ [7.0, 8.0] }}'"])
def test_a_seed_as_a_float_is_a_seed(given: str) -> None:
    """As arrays of numbers give it."""
    assert all_of(read_cell(f"flux-dev {given}"))[0].seed == 7


def test_only_whole_numbers_are_counted_up() -> None:
    """-n would have to make something of any other."""
    cell = read_cell("somebody/else -p seed=abc -n 2")
    with pytest.raises(InputError, match="seed abc cannot be counted up"):
        all_of(cell)


def test_a_number_of_pictures_is_one_more_axis() -> None:
    """Every picture of a place has a seed of its own, the same ones in every place."""
    cell = read_cell("flux-dev -n 2 --seed 7 --sweep guidance=2,4")
    requests = all_of(cell)
    assert [(one.input["guidance"], one.seed) for one in requests] == [
        (2, 7), (2, 8), (4, 7), (4, 8),
    ]  # fmt: skip
    axes = with_seeds(cell.axes, requests, cell.count)
    assert axes is not None
    assert axes.shape == (2, 2)
    assert (axes.axes[1].name, axes.axes[1].labels) == ("seed", ("7", "8"))


def test_without_axes_a_number_of_pictures_is_none() -> None:
    """They are told apart by their seeds, as ever."""
    cell = read_cell("-n 4")
    assert cell.axes is None
    assert with_seeds(None, all_of(cell), 4) is None
    assert [one.seed for one in all_of(cell)] == [1000, 1001, 1002, 1003]


def test_a_count_field_is_the_users_own_business() -> None:
    """A model that makes several is asked once a picture, unless the field itself is given."""
    assert all("num_outputs" not in one.input for one in all_of(read_cell("-n 4")))
    cell = read_cell("-p num_outputs=4")
    assert [(one.input["num_outputs"], cell.count) for one in all_of(cell)] == [(4, 1)]


# -- variants ---------------------------------------------------------------------------


def test_all_variants_with_template_and_prompt() -> None:
    """Nested; the prompt as typed is the template of each."""
    typed = "a {red|{dark|light} blue} boat"
    cell = read_cell("--variants all", typed)
    assert [one.prompt for one in cell.requests] == [
        "a red boat",
        "a dark blue boat",
        "a light blue boat",
    ]
    assert {one.template for one in cell.requests} == {typed}
    assert cell.axes is not None
    assert cell.axes.axes[0].labels == tuple(one.prompt for one in cell.requests)
    assert {one.seed for one in all_of(cell)} == {1000}


def test_a_value_of_a_variable_is_no_variant() -> None:
    """Only what was typed as one; an expression's ``|`` is Python."""
    cell = read_cell("--variants all", "{a|b} {{ x }} {{ 1 | 2 }}", {"x": "{c|d}"})
    assert [one.prompt for one in cell.requests] == ["a {c|d} 3", "b {c|d} 3"]


def test_random_variants_are_the_same_again_with_a_seed() -> None:
    """Without one they are drawn anew."""
    typed = "a {1|2|3|4|5|6|7|8|9} {a|b|c|d|e|f|g}"
    first, again = (
        [one.prompt for one in read_cell("--variants random:3 --seed 7", typed).requests]
        for _ in range(2)
    )
    assert first == again
    assert len(set(first)) == 3
    others = {
        tuple(one.prompt for one in read_cell("--variants random:3", typed).requests)
        for _ in range(20)
    }
    assert len(others) > 1


@pytest.mark.parametrize(
    ("line", "drawn"),
    [
        ("--variants random:2", True),
        ("--variants random:2 --seed random", True),
        ("--variants random:2 --seed 3", False),
        ("--variants all", False),
        ("", False),
    ],
)
def test_variants_that_nobody_can_ask_for_again_are_known(line: str, drawn: bool) -> None:
    """The seed of such a cell alone does not bring them back, so it must not say so."""
    assert read_cell(line, "a {red|green|blue} boat").variants_drawn is drawn


def test_without_the_option_braces_are_text_with_a_hint() -> None:
    """And with it, a prompt that has none says so."""
    cell = read_cell("", "a {red|blue} boat")
    assert cell.request.prompt == "a {red|blue} boat"
    assert "--variants all" in cell.warnings[0]
    assert "no {a|b}" in read_cell("--variants all", "a boat").warnings[0]


def test_too_many_variants_are_refused() -> None:
    """Before one of them is built."""
    with pytest.raises(InputError, match="--variants random:8"):
        read_cell("--variants all", "{a|b|c|d|e|f|g|h|i|j}" * 12)


# -- an earlier prediction -----------------------------------------------------------------


EARLIER = PredictionRequest(
    "black-forest-labs/flux-dev",
    {"prompt": "a boat", "seed": 7, "guidance": 2.5, "aspect_ratio": "16:9"},
)


def earlier(ref: Any, model: str | None) -> tuple[PredictionRequest, tuple[str, ...]]:
    """The only one there is; another model takes no guidance."""
    assert ref == "abc123"
    if model is None or model == EARLIER.model:
        return EARLIER, ()
    kept = {name: value for name, value in EARLIER.input.items() if name != "guidance"}
    return PredictionRequest(model, kept), ("guidance = 2.5",)


def test_an_earlier_one_is_taken_over_and_the_changes_win() -> None:
    """Model, prompt and seed too; a size replaces the ratio."""
    assert read_cell("--from abc123", "", earlier=earlier).request == EARLIER
    cell = read_cell("--from abc123 -p guidance=5 --ar 1:1", "a house", earlier=earlier)
    assert cell.request.input == {
        "prompt": "a house", "seed": 7, "guidance": 5, "aspect_ratio": "1:1",
    }  # fmt: skip
    assert cell.request.model == EARLIER.model
    assert [one.seed for one in all_of(cell)] == [7]
    assert [one.seed for one in all_of(read_cell("--from abc123 --seed 9", earlier=earlier))] == [9]
    moved = read_cell("flux-pro --from abc123 --size 512x512", "", earlier=earlier)
    assert moved.request.input["aspect_ratio"] == "custom"
    assert moved.warnings[0] == "flux-pro does not take guidance = 2.5: left out"


def test_an_earlier_one_can_be_swept() -> None:
    """Its seed is held."""
    cell = read_cell("--from abc123 --sweep guidance=1..3", "", earlier=earlier)
    assert [(one.input["guidance"], one.seed) for one in all_of(cell)] == [(1, 7), (2, 7), (3, 7)]


# -- strict ---------------------------------------------------------------------------------


def test_strict_blocks_what_is_only_warned_of_otherwise() -> None:
    """The same cell: sent with a warning, or not at all."""
    assert read_cell("-p guidence=3").warnings
    with pytest.raises(InputError, match=r"--strict, and nothing was sent: .*guidence"):
        read_cell("--strict -p guidence=3")
    assert read_cell("--strict -p num_inference_steps=2").warnings == ()


def test_a_wrong_value_on_an_axis_is_one_warning_each() -> None:
    """And a long list of them is cut."""
    cell = read_cell("flux-dev --sweep guidance=90..99")
    assert len(cell.warnings) == 6
    assert cell.warnings[-1] == "and 5 more"


def test_an_unknown_model_named_on_an_axis_is_refused() -> None:
    """With the nearest name."""
    with pytest.raises(UnknownNameError, match="flux-dev"):
        read_cell("--sweep model=flux-dve,flux-pro")
