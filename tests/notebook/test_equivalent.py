"""From a request to the cell that asks for it: as people would write it, and never another one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.cells import read_cell, through_ipython

from comet_jupyter import models
from comet_jupyter.engine import seeds
from comet_jupyter.errors import InputError
from comet_jupyter.notebook import equivalent
from comet_jupyter.notebook.equivalent import cell
from comet_jupyter.wire.request import PredictionRequest

DEV = "black-forest-labs/flux-dev"
PRO = "black-forest-labs/flux-pro"
FLUX_2 = "black-forest-labs/flux-2-pro"
SDXL = "stability-ai/sdxl"
STRANGE = "somebody/strange-2.0_x"


def written(model: str = DEV, /, prompt: Any = "a boat", **inputs: Any) -> str:
    """The cell of one picture."""
    return cell(PredictionRequest(model, {"prompt": prompt, **inputs}))


def run(text: str) -> list[tuple[str, Any]]:
    """What a cell sends, each picture with its seed."""
    line, body = through_ipython(text)
    parsed = read_cell(line, body, model="")
    return sent(parsed.request, parsed.count, parsed.seed)


def sent(request: PredictionRequest, count: int, seed: int | str | None) -> list[tuple[str, Any]]:
    """Model and input, as JSON text, of each picture."""
    pictures = seeds.spread([request], count, seed, last=lambda: None, draw=lambda below: below - 1)
    return [(one.model, json.dumps(one.input, sort_keys=True)) for one in pictures]


# -- as people would write it ---------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "inputs", "line"),
    [
        (DEV, {}, "flux-dev"),
        ("black-forest-labs/flux-schnell", {}, "flux-schnell"),
        ("black-forest-labs/flux-kontext-pro", {}, "flux-kontext-pro"),
        (STRANGE, {}, STRANGE),
        (DEV, {"seed": 7}, "flux-dev --seed 7"),
        (DEV, {"seed": 0, "guidance": 3.5}, "flux-dev --seed 0 -p guidance=3.5"),
        (DEV, {"aspect_ratio": "16:9"}, "flux-dev --ar 16:9"),
        (PRO, {"aspect_ratio": "custom", "width": 640, "height": 512}, "flux-pro --size 640x512"),
        (SDXL, {"width": 768, "height": 512}, "sdxl --size 768x512"),
        (SDXL, {"width": 768}, "sdxl -p width=768"),
        (SDXL, {"negative_prompt": "blurry"}, "sdxl --no blurry"),
        (SDXL, {"negative_prompt": "blurry hands"}, 'sdxl --no "blurry hands"'),
        (SDXL, {"negative_prompt": '"text"'}, "sdxl --no '\"text\"'"),
        (SDXL, {"negative_prompt": ""}, 'sdxl --no ""'),
        (SDXL, {"negative_prompt": "--seed 8"}, 'sdxl -p negative_prompt="--seed 8"'),
        (SDXL, {"negative_prompt": "דגים 🐟"}, 'sdxl --no "דגים 🐟"'),
        (DEV, {"negative_prompt": "fog"}, "flux-dev -p negative_prompt=fog"),
        (DEV, {"go_fast": False, "output_format": "png"}, "flux-dev -p go_fast=false"
         " -p output_format=png"),
        (DEV, {"megapixels": "1"}, "flux-dev -p megapixels=1"),
        (DEV, {"image": f"comet:{'3fa9' * 16}"}, f"flux-dev -p image=comet:{'3fa9' * 16}"),
        (DEV, {"image": "data:image/png;base64,iVBO/+=="},
         "flux-dev -p image=data:image/png;base64,iVBO/+=="),
        (FLUX_2, {"input_images": ["https://a.b/c.png"]},
         "flux-2-pro -p input_images=https://a.b/c.png"),
        (FLUX_2, {"input_images": ["a.png", "b.png"]},
         'flux-2-pro -p input_images=\'["a.png", "b.png"]\''),
        (STRANGE, {"path": "C:\\new $HOME #1"}, f'{STRANGE} -p path="C:\\new $HOME #1"'),
        (STRANGE, {"a": 4, "b": 4.0, "c": "4", "d": True, "e": None},
         f"{STRANGE} -p a=4 -p b=4.0 -p c='\"4\"' -p d=true -p e=null"),
        (STRANGE, {"lora": {"b": {"c": [1]}}}, f"{STRANGE} -p lora='{{\"b\": {{\"c\": [1]}}}}'"),
    ],
)  # fmt: skip
def test_the_first_line_is_short(model: str, inputs: Mapping[str, Any], line: str) -> None:
    """Aliases and options by name, values as typed, quotation marks where they are needed."""
    assert written(model, **inputs) == f"%%comet {line}\na boat"
    assert run(written(model, **inputs)) == sent(
        PredictionRequest(model, {"prompt": "a boat", **inputs}), 1, None
    )


@pytest.mark.parametrize(
    ("model", "inputs", "params"),
    [
        (DEV, {"megapixels": 1}, '{"megapixels": 1}'),
        (DEV, {"seed": "abc", "go_fast": "yes"}, '{"go_fast": "yes"}'),
        (DEV, {"output_format": "PNG"}, '{"output_format": "PNG"}'),
        (DEV, {"num_inference_steps": 4.0}, '{"num_inference_steps": 4.0}'),
        (STRANGE, {"odd name": 1, "": 2, "a=b": 3}, '{"odd name": 1, "": 2, "a=b": 3}'),
        (STRANGE, {"text": 'it\'s "so"'}, r'{"text": "it\u0027s \"so\""}'),
        (STRANGE, {"text": "{{{ x }}"}, r'{"text": "\u007b\u007b{ x }}"}'),
        (STRANGE, {"text": "a\n\0\x7f\u2028é"}, r'{"text": "a\n\u0000\u007f\u2028é"}'),
        (STRANGE, {"text": "\u202egpj.tac"}, r'{"text": "\u202egpj.tac"}'),
    ],
)
def test_what_the_line_cannot_hold_is_json(
    model: str, inputs: Mapping[str, Any], params: str
) -> None:
    """Where the model's schema would turn a value into another, and for what needs escapes."""
    text = written(model, **inputs)
    assert text.splitlines()[0].endswith(f" --params '{params}'")
    assert run(text) == sent(PredictionRequest(model, {"prompt": "a boat", **inputs}), 1, None)


def test_everything_together() -> None:
    """The order is that of reading: model, number, seed, shape, the rest."""
    request = PredictionRequest(
        SDXL,
        {
            "guidance_scale": 9,
            "seed": 1,
            "prompt": "a paper boat\n\n  at sunrise",
            "negative_prompt": "fog",
            "height": 512,
            "width": 512,
            "x y": None,
        },
        "a paper {{ what }}\n\n  at sunrise",
    )
    assert cell(request, count=3, seed=7) == (
        "%%comet sdxl -n 3 --seed 7 --size 512x512 --no fog -p guidance_scale=9"
        " --params '{\"x y\": null}'\na paper boat\n\n  at sunrise"
    )


@pytest.mark.parametrize(
    ("count", "seed", "options"),
    [
        (1, None, ""),
        (64, None, " -n 64"),
        (65, 10**19 - 1, " -n 65 --each --seed 9999999999999999999"),
        (1000, None, " -n 1000 --each"),
        (1, 10**19, " -p seed=10000000000000000000"),
        (2, -1, " -n 2 -p seed=-1"),
    ],
)
def test_numbers_and_seeds(count: int, seed: int | None, options: str) -> None:
    """A contact sheet has an end, and a seed that the option refuses is an input."""
    request = PredictionRequest(DEV, {"prompt": "a boat"})
    text = cell(request, count=count, seed=seed)
    assert text == f"%%comet flux-dev{options}\na boat"
    assert run(text) == sent(request, count, seed)


@pytest.mark.parametrize("seed", [True, 4.0, "7", "last", -7, 10**19, None, [7]])
def test_a_seed_that_is_no_plain_number_stays_an_input(seed: Any) -> None:
    """Whatever the service may make of it."""
    line, body = through_ipython(written(STRANGE, seed=seed))
    back = read_cell(line, body, model="")
    assert back.seed is None
    assert repr(back.request.input["seed"]) == repr(seed)


# -- the prompt -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt",
    [
        "%%comet flux-dev --seed 8\n%%time\n!ls\nwhat?",
        "$HOME {single} }} \"both\" 'kinds' \\n # --no",
        "  two blanks, a tab\tinside, blanks at the end of a line  \n\n\n\tand more",
        "👨\u200d👩\u200d👧 שלום عالم",
        " but why\n... so",
        "...and then",
        "a boat\n... and the sea\nIn [1]: x",
    ],
)
def test_a_usual_prompt_stands_as_it_is(prompt: str) -> None:
    """Percent signs, dollars, quotation marks and blank lines need no care."""
    assert written(prompt=prompt) == f"%%comet flux-dev\n{prompt}"
    assert run(written(prompt=prompt)) == sent(PredictionRequest(DEV, {"prompt": prompt}), 1, None)


@pytest.mark.parametrize(
    ("prompt", "body"),
    [
        ("{{ name }} on it", "{{ '{{' }} name }} on it"),
        ("{{{{a", "{{ '{{{{' }}a"),
        ("\na boat", '{{ "\\na boat" }}'),
        ("a boat ", '{{ "a boat " }}'),
        ("a\r\nb", '{{ "a\\r\\nb" }}'),
        ("a\x0cb\0", '{{ "a\\x0cb\\x00" }}'),
        ('é\u2028\\ "so" it\'s 😀', '{{ "\\xe9\\u2028\\\\ \\"so\\" it\'s \\U0001f600" }}'),
        ("\r}}} {{ x }}", '{{ "\\r}\\x7d} {{ x }\\x7d" }}'),
        (">>> a boat", '{{ ">>> a boat" }}'),
        ("a session:\n  >>> a boat", '{{ "a session:\\n  >>> a boat" }}'),
        ("... a boat", '{{ "... a boat" }}'),
        ("  ...: a boat", '{{ "  ...: a boat" }}'),
        ("In [3]: a boat", '{{ "In [3]: a boat" }}'),
        ("[ins] In [3]: a boat", '{{ "[ins] In [3]: a boat" }}'),
        ("a\n  \nb", '{{ "a\\n  \\nb" }}'),
    ],
)
def test_what_a_plain_body_would_change_is_an_expression(prompt: str, body: str) -> None:
    """Braces one by one; else the whole prompt, in ASCII."""
    assert written(prompt=prompt) == f"%%comet flux-dev\n{body}"
    assert run(written(prompt=prompt)) == sent(PredictionRequest(DEV, {"prompt": prompt}), 1, None)


@pytest.mark.parametrize("inputs", [{}, {"prompt": ""}, {"prompt": " \n"}, {"prompt": None}])
def test_without_a_prompt_the_body_is_empty(inputs: Mapping[str, Any]) -> None:
    """The line is there while the prompt is still to be typed, and right when it is."""
    request = PredictionRequest(DEV, {**inputs, "guidance": 3.5, "seed": 7})
    text = cell(request, count=2)
    assert text == "%%comet flux-dev -n 2 --seed 7 -p guidance=3.5\n"
    typed = PredictionRequest(DEV, {**request.input, "prompt": "a boat"})
    assert run(text + "a boat") == sent(typed, 2, None)


@pytest.mark.parametrize("prompt", [5, False, ["a"], {"a": "{{"}])
def test_a_prompt_that_is_no_text_stays_what_it_is(prompt: Any) -> None:
    """It stands on the line and wins over the body."""
    for model in (DEV, STRANGE):
        request = PredictionRequest(model, {"prompt": prompt})
        assert run(cell(request)) == sent(request, 1, None)


# -- never another one ------------------------------------------------------------------

PIECES = [
    '"', "'", '"""', "\\", "{", "}", "{{", "}}", "{{ 1 }}", "{{ x", "{{ '{{' }}", "\n", "\r", "\t",
    " ", "  \n", "\0", "\x0b", "\x0c", "\x1c", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "😀",
    "👨\u200d👩", "שלום", "\u202e", "%%", "%%comet x/y", "%", "!ls", "?", "--", "--seed", "-p", "-",
    "=", ":", ",", "$HOME", "{x}", "#", ">>> ", "... ", "...: ", "In [1]: ", "true", "null", "1",
    "4.0", "1e999", "NaN", "[", "]", '["a"]', '{"a": 1}', "16:9", "flux-dev", "a", "boat", "é",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=12)
PROMPTS = st.builds(str.__add__, TEXTS, TEXTS).filter(str.strip)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 512, 10**19, -1, 1.0, -0.0, 1e300, "1:1", "16:9", "custom", "4:3 "]),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    sorted({name for spec in models.all_models().values() for name in spec.inputs} - {"prompt"})
)
MODELS = st.sampled_from([*models.all_models(), STRANGE, "0/x", "FLUX-dev/flux-dev"])
INPUTS = st.dictionaries(NAMES | TEXTS.filter(lambda name: name != "prompt"), VALUES, max_size=4)
SEEDS = st.none() | st.integers(0, 10**20) | st.integers(-2, 2)
COUNTS = st.integers(1, 4) | st.integers(1, 1000)
QUICK = settings(max_examples=300, deadline=None, derandomize=True, database=None)


@QUICK
@given(MODELS, PROMPTS, INPUTS, COUNTS, SEEDS)
def test_running_the_cell_sends_the_same_request(
    model: str, prompt: str, inputs: dict[str, Any], count: int, seed: int | None
) -> None:
    """For any prompt and inputs, after saving, opening and IPython's own rewriting."""
    request = PredictionRequest(model, {"prompt": prompt, **inputs})
    try:
        wanted = sent(request, count, seed)
    except InputError:
        assert count > 1  # a seed that is no number cannot be counted up
        return
    text = cell(request, count=count, seed=seed)
    assert run(text) == wanted
    assert text == cell(request, count=count, seed=seed)


@QUICK
@given(PROMPTS)
@example(" \n>>> a")
@example("x\n\xa0\ny")
@example('"""\n>>> a\n"""')
def test_neither_ipython_nor_an_editor_changes_the_cell(prompt: str) -> None:
    """What the magic is called with is the text itself, in lines that all readers agree on."""
    text = written(prompt=prompt)
    head, _, body = text.partition("\n")
    assert through_ipython(text) == (head.removeprefix("%%comet "), body + "\n")
    assert text.splitlines() == text.split("\n")
    assert "\0" not in text


@QUICK
@given(MODELS, PROMPTS, INPUTS)
def test_the_last_form_needs_no_readable_one(
    model: str, prompt: str, inputs: dict[str, Any]
) -> None:
    """It holds by itself, in ASCII, for the day on which the others do not come back."""
    request = PredictionRequest(model, {"prompt": prompt, **inputs})
    *_, (line, body) = equivalent._forms(model, 1, request.input)
    assert (line + body).isascii()
    assert run(f"%%comet {line}\n{body}") == sent(request, 1, None)


def test_a_form_that_says_something_else_is_passed_over() -> None:
    """Another model, number, prompt or type, or no cell at all; without a true one it is said."""
    wanted = equivalent._Asked(DEV, 2, {"prompt": "a boat ", "guidance": 4})
    wrong = [
        ("flux-dev -n 2 -p guidance=4", "a boat "),
        ("flux-dev -n 2 -p guidance=4.0", '{{ "a boat " }}'),
        ("flux-dev -n 3 -p guidance=4", '{{ "a boat " }}'),
        ("flux-pro -n 2 -p guidance=4", '{{ "a boat " }}'),
        ("flux-dev --nums 2 -p guidance=4", '{{ "a boat " }}'),
    ]
    line, body = "flux-dev -n 2 -p guidance=4", '{{ "a boat " }}'
    text = equivalent._first_that_says(wanted, [*wrong, (line, body)])
    assert text == f"%%comet {line}\n{body}"
    with pytest.raises(InputError, match="cannot be written as a %%comet cell"):
        equivalent._first_that_says(wanted, wrong[:1])


@pytest.mark.parametrize("prompt", ["a boat ", "\na boat", "{{ 1 }}", ">>> a"])
def test_a_prompt_that_arrives_changed_is_noticed(prompt: str) -> None:
    """Control: without care these prompts do not come back."""
    expected = sent(PredictionRequest(DEV, {"prompt": prompt}), 1, None)
    assert run(f"%%comet flux-dev\n{prompt}") != expected


@pytest.mark.parametrize(
    "prompt",
    ["boats\n" * 17_000 + "x", "{{ " * 33_000 + "x", "\r" + "}}" * 50_000, f"a{chr(10) * 99_999}b"],
    ids=["lines", "openings", "ends", "blank lines"],
)
def test_a_hundred_kilobytes_come_back(prompt: str) -> None:
    """Long prompts, and those with many openings or ends of expressions."""
    assert run(written(prompt=prompt)) == sent(PredictionRequest(DEV, {"prompt": prompt}), 1, None)


# -- what no cell may say -----------------------------------------------------------------


@pytest.mark.parametrize("inputs", [{"prompt": "{key}"}, {"prompt": "x", "token": "{key}"}])
def test_a_key_is_not_written_into_a_cell(inputs: Mapping[str, str]) -> None:
    """The refusal of such a cell is passed on, and does not repeat the key."""
    key = "sk-canary-0123456789abcdef"
    with pytest.raises(InputError, match="an API key stands in this cell") as caught:
        cell(PredictionRequest(DEV, {name: text.format(key=key) for name, text in inputs.items()}))
    assert "0123456789" not in str(caught.value)


@pytest.mark.parametrize(
    ("inputs", "count", "message"),
    [
        ({"prompt": "a boat"}, 0, "-n 0 is no number of pictures"),
        ({"prompt": "a boat"}, 1001, "-n 1001 is no number of pictures"),
        ({"prompt": "a boat", "x": float("nan")}, 1, "cannot be written as JSON"),
        ({"prompt": "\ud800"}, 1, "cannot be written as JSON"),
        ({"prompt": "a boat", "x": object()}, 1, "cannot be written as JSON"),
    ],
)
def test_what_cannot_be_asked_for_has_no_cell(
    inputs: Mapping[str, Any], count: int, message: str
) -> None:
    """The same words as for the request itself."""
    with pytest.raises(InputError, match=message):
        cell(PredictionRequest(DEV, inputs), count=count)
