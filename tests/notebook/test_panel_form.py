"""The panel's form as data: what it asks for, and what it keeps when the model changes."""

from __future__ import annotations

import pytest

from comet_jupyter import errors, models
from comet_jupyter.notebook.panel import form as forms
from comet_jupyter.notebook.panel.form import Form
from comet_jupyter.wire.request import PredictionRequest

DEV = models.canonical("flux-dev")
SCHNELL = models.canonical("flux-schnell")
SDXL = models.canonical("sdxl")
KONTEXT = models.canonical("flux-kontext-pro")
FLUX2 = models.canonical("flux-2-pro")
PICTURE = "comet:" + "3f" * 32


def test_only_what_was_changed_is_sent():
    """A default that stands in a field is not part of the request."""
    inputs = forms.changed(DEV, {"guidance": 3, "num_inference_steps": 12, "go_fast": True})
    assert inputs == {"num_inference_steps": 12}
    assert Form(DEV, "a boat", inputs).request().input == {
        "prompt": "a boat",
        "num_inference_steps": 12,
    }


def test_true_and_one_are_different_values():
    """A check box that is off is not the number 0, nor is on 1."""
    assert forms.changed(DEV, {"go_fast": 1}) == {"go_fast": 1}


def test_the_prompt_is_what_a_cell_would_send():
    """Blank lines around it and white space at its end are left out, as below %%comet."""
    assert Form(DEV, "\n\n  a boat \n at sea \n\n").request().prompt == "  a boat \n at sea"


def test_rows_are_typed_by_the_schema():
    """A row of name = value becomes the type that the model takes."""
    form = Form(SCHNELL, "a boat", more='megapixels = 0.25\n\nnum_outputs=2\nodd = {"a": 1}')
    assert form.request().input == {
        "prompt": "a boat",
        "megapixels": "0.25",
        "num_outputs": 2,
        "odd": {"a": 1},
    }


@pytest.mark.parametrize("row", ["just words", "= 3", "prompt = a cat", "a = 1\na = 2"])
def test_a_row_that_says_nothing_is_refused(row):
    """One line says what is wrong with it."""
    with pytest.raises(errors.InputError):
        Form(SCHNELL, "a boat", more=row).request()


def test_an_empty_seed_is_drawn():
    """Without a number a new one is drawn; what is no seed is refused, not replaced."""
    assert Form(DEV).fixed_seed is None
    assert Form(DEV, seed=" 7 ").fixed_seed == 7
    assert Form(DEV, seed="9" * 19).fixed_seed == 10**19 - 1


@pytest.mark.parametrize("text", ["abc", "-5", "7.5", "1e3", "9" * 20, "\u0667"])
def test_what_is_no_seed_is_refused(text):
    """A random one in its place would be paid for and not be what was asked."""
    with pytest.raises(errors.InputError, match="is no seed"):
        _ = Form(DEV, seed=text).fixed_seed


def test_prompt_seed_and_count_have_places_of_their_own():
    """No model gets a second field for them."""
    for name, spec in models.all_models().items():
        names = {one.name for one in forms.fields(name)}
        assert not names & {"prompt", "seed", spec.count_field}
    assert forms.fields("somebody/unknown") == ()


def test_a_form_made_from_a_request_asks_for_the_same():
    """Fields where there are some, rows for the rest, the seed locked."""
    request = PredictionRequest(
        DEV,
        {
            "prompt": "a boat",
            "guidance": 4.5,
            "aspect_ratio": "7:3",  # none that the drop-down has
            "num_outputs": 2,
            "image": PICTURE,
            "seed": 7,
        },
    )
    form = forms.of_request(request)
    assert form.inputs == {"guidance": 4.5, "image": PICTURE}
    assert form.more.splitlines() == ["aspect_ratio = 7:3", "num_outputs = 2"]
    assert form.seed == "7"
    again = form.request()
    assert {**again.input, "seed": form.fixed_seed} == dict(request.input)


def test_a_default_that_was_sent_is_sent_again():
    """Schemas drift: what a request named stays in the next one, and the same for the store."""
    request = PredictionRequest(DEV, {"prompt": "a boat", "guidance": 3})
    assert forms.of_request(request).request().input == request.input


@pytest.mark.parametrize("seed", [-4, 10**20, "seven"])
def test_a_seed_that_the_field_cannot_show_stays_an_input(seed):
    """It stands in a row, and the request is the same."""
    request = PredictionRequest(DEV, {"prompt": "a boat", "seed": seed})
    form = forms.of_request(request)
    assert [form.seed, form.fixed_seed, form.request().input] == ["", None, request.input]


def test_what_stands_in_two_places_is_refused():
    """A row never wins against a field in silence."""
    with pytest.raises(errors.InputError, match="guidance stands in its field and in a row"):
        Form(DEV, "a boat", {"guidance": 4}, more="guidance = 5").request()
    with pytest.raises(errors.InputError, match="seed stands in its field"):
        Form(DEV, "a boat", more="seed = 5", seed="7").request()


def test_a_number_that_is_none_is_refused():
    """Typed into a field for numbers, it says which."""
    with pytest.raises(errors.InputError, match="width is no number"):
        Form(SDXL, "a boat", {"width": "1e999"}).request()


def test_every_text_is_looked_through_for_keys():
    """A key may have been pasted into any field."""
    form = Form("a/b", "p", {"one": "x", "two": ["y", "z"], "three": 4}, "m = n", "s")
    assert forms.texts(form) == ["a/b", "p", "m = n", "s", "x", "y", "z"]


@pytest.mark.parametrize(
    "value", ["", "x\ny", " padded ", "5", "true", {"a": [1]}, [1, 2], 2.5, None]
)
def test_values_without_a_field_come_back_from_their_row(value):
    """Whatever an unknown input holds, its row reads back as the same."""
    form = forms.of_request(PredictionRequest("a/b", {"prompt": "p", "odd": value}))
    assert form.more_inputs() == {"odd": value}


def test_another_model_keeps_what_fits_and_says_what_it_drops():
    """Ratio and format stay where they are allowed; guidance is named as dropped."""
    form = Form(
        DEV, "a boat", {"aspect_ratio": "16:9", "guidance": 4, "output_format": "webp"}, seed="3"
    )
    moved, dropped = forms.with_model(form, KONTEXT)
    assert [moved.model, moved.prompt, moved.seed] == [KONTEXT, "a boat", "3"]
    assert moved.inputs == {"aspect_ratio": "16:9"}
    assert dropped == ("guidance = 4", "output_format = webp")


def test_a_picture_moves_to_the_field_that_the_other_model_has_for_it():
    """Its name differs by model, and some take a list; without a field it is dropped."""
    form = Form(DEV, "a boat", {"image": PICTURE})
    assert forms.with_model(form, KONTEXT)[0].inputs == {"input_image": PICTURE}
    assert forms.with_model(form, FLUX2)[0].inputs == {"input_images": [PICTURE]}
    back, _ = forms.with_model(forms.with_model(form, FLUX2)[0], DEV)
    assert back.inputs == {"image": PICTURE}
    assert forms.with_model(form, SCHNELL) == (Form(SCHNELL, "a boat"), ("image (a picture)",))


def test_a_value_that_is_the_other_models_default_is_no_longer_a_change():
    """Twelve of 28 steps are a change; the other model's own number is none."""
    form = Form(DEV, "a boat", {"num_inference_steps": 4})
    assert forms.with_model(form, SCHNELL) == (Form(SCHNELL, "a boat"), ())


def test_an_unknown_model_takes_everything_as_rows_and_gives_it_back():
    """Nothing is known of it, so nothing is dropped; back home rows become fields again."""
    form = Form(DEV, "a boat", {"guidance": 4.5, "aspect_ratio": "16:9"})
    away, dropped = forms.with_model(form, "somebody/else")
    assert [away.inputs, dropped] == [{}, ()]
    assert away.more_inputs() == {"guidance": 4.5, "aspect_ratio": "16:9"}
    back, _ = forms.with_model(away, DEV)
    assert [back.inputs, back.more] == [form.inputs, ""]


def test_every_known_model_moves_to_every_other():
    """What is kept always fits its field, and what is dropped is said."""
    for one in models.all_models():
        full = {
            spec.name: spec.allowed[-1] if spec.allowed else spec.maximum
            for spec in forms.fields(one)
            if spec.allowed or (spec.maximum is not None and not forms.is_picture(spec))
        }
        form = Form(one, "a boat", forms.changed(one, full))
        for other in models.all_models():
            moved, dropped = forms.with_model(form, other)
            specs = {spec.name: spec for spec in forms.fields(other)}
            assert all(forms.fits(specs[name], value) for name, value in moved.inputs.items())
            kept = {models.spec(other).image_field, *form.inputs}
            assert set(moved.inputs) <= kept
            assert len(dropped) <= len(form.inputs)
