"""Which models a list offers, in which order, and the cell that a schema ends with."""

from __future__ import annotations

from typing import Any

import pytest

from comet_jupyter import models
from comet_jupyter.notebook import first_cell, offers, template
from comet_jupyter.notebook.verbs import VERBS
from comet_jupyter.wire.catalogue import Entry

DEV = "black-forest-labs/flux-dev"
KNOWN = list(models.all_models())


def entry(model: str = "", **facts: Any) -> Entry:
    """An image model of a catalogue with a route of predictions."""
    names = frozenset({facts.pop("called", model).lower()})
    facts = {"kind": "image", "predicts": True, "title": model, **facts}
    return Entry(names, facts.pop("price", None), model, **facts)


CHAT = entry(called="chat-5", kind="text", predicts=False)
GPT = entry(called="gpt-image-2", predicts=False, title="GPT Image 2", provider="OpenAI")
IMAGEN = entry("google/imagen-4", description="lettering at two megapixels")
LATER = entry("leonardo/lucid", upcoming=True)
VIDEO = entry("google/veo", kind="video")
CATALOGUE = [CHAT, LATER, GPT, IMAGEN, VIDEO, entry(DEV)]


def names(found: list[offers.Offer]) -> list[str]:
    """The full names."""
    return [offer.name for offer in found]


def test_what_is_known_here_comes_first():
    """In the file's order, then what else makes pictures; what is only announced is last."""
    found = offers.offered(CATALOGUE, {})
    assert names(found) == [*KNOWN, "google/imagen-4", "leonardo/lucid"]
    by_name = {offer.name: offer for offer in found}
    assert by_name[DEV].entry == CATALOGUE[-1]
    assert by_name["stability-ai/sdxl"].entry is None


def test_an_entry_without_owner_is_found_too():
    """The catalogue may list a model by its own name only."""
    found = offers.offered([entry(called="flux-dev")], {})
    assert found[KNOWN.index(DEV)].entry is not None
    assert names(found) == KNOWN


def test_what_an_alias_names_is_offered():
    """Also where nobody else knows it; and where it hides the package's name."""
    found = {one.name: one for one in offers.offered(CATALOGUE, {"sdxl": DEV, "me": "me/boats"})}
    assert found["me/boats"].names == ("me", "me/boats")
    assert found[DEV].names == ("flux-dev", "sdxl", DEV)
    assert found["stability-ai/sdxl"].names == ("stability-ai/sdxl",)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["imagen"], ["google/imagen-4"]),
        (["LETTERING", "google"], ["google/imagen-4"]),
        (["lettering"], ["black-forest-labs/flux-kontext-max", "google/imagen-4"]),
        (["schnell"], ["black-forest-labs/flux-schnell", DEV]),
        (["boat"], ["stability-ai/sdxl"]),
        (["lettering", "zzz"], []),
        (["gpt"], []),
    ],
)
def test_every_word_has_to_occur(words: list[str], found: list[str]) -> None:
    """In names, aliases, provider or description, in any case."""
    offered = offers.offered(CATALOGUE, {"boat": "stability-ai/sdxl"})
    assert names(offers.search(offered, words)) == found


def test_unasked_the_list_is_short():
    """All that is known here, all of one's own, and a dozen others that are there already."""
    many = [entry(f"many/model-{number:02}") for number in range(50)]
    offered = offers.offered([*many, LATER], {"me": "many/model-49"})
    short = names(offers.short_list(offered))
    assert short[: len(KNOWN)] == KNOWN
    assert "many/model-49" in short
    assert "leonardo/lucid" not in short
    assert len(short) == len(KNOWN) + 1 + offers.SHORT_LIST


@pytest.mark.parametrize(
    ("model", "short", "others"),
    [
        ("black-forest-labs/flux-schnell", "flux-schnell", ("schnell",)),
        ("black-forest-labs/flux-kontext-pro", "flux-kontext-pro", ("kontext",)),
        (DEV, "flux-dev", ("boat",)),
        ("stability-ai/stable-diffusion-3.5-large", "sd3.5-large", ()),
    ],
)
def test_a_row_has_the_names_that_one_would_type(
    model: str, short: str, others: tuple[str, ...]
) -> None:
    """The usual one, one's own, and the shortest; the schema has them all."""
    offered = offers.offered([], {"boat": DEV})
    [offer] = [one for one in offered if one.name == model]
    row = offers.row(offer, "")
    assert (row.short, row.others) == (short, others)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("flux-schnell", "text"),
        ("flux-dev", "text (+ picture)"),
        ("flux-pro", "text (+ picture hint)"),
        ("flux-2-pro", "text (+ 8 pictures)"),
        ("flux-2-dev", "text (+ pictures)"),
    ],
)
def test_what_a_model_takes_is_said(model: str, said: str) -> None:
    """Text alone, a picture to change, a picture as a hint, or several."""
    spec = models.spec(model)
    assert spec is not None
    assert offers.takes(spec) == said


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (("text-to-image",), "text"),
        (("text-to-image", "image-to-image"), "text (+ picture)"),
        (("image-editing",), "picture"),
        ((), ""),
    ],
)
def test_what_an_unknown_model_takes_is_told_by_its_features(
    features: tuple[str, ...], said: str
) -> None:
    """And nothing is said where they tell nothing."""
    [offer] = [o for o in offers.offered([entry("a/b", features=features)], {}) if o.name == "a/b"]
    assert offers.row(offer, "").takes == said


@pytest.mark.parametrize(
    ("typed", "facts", "said"),
    [
        ([], {"shown": 25, "found": 27}, "2 more models: `%comet models all`"),
        ([], {"shown": 25, "found": 26}, "1 more model: `%comet models all`"),
        (["a", "b"], {"shown": 0, "found": 0}, "no model here has 'a' and 'b' in what is known"),
        ([], {"shown": 1, "found": 1, "priced": True}, "prices are estimates in US dollars"),
        ([], {"shown": 1, "found": 1}, "cannot"),
    ],
)
def test_remarks_say_what_the_list_does_not(
    typed: list[str], facts: dict[str, Any], said: str
) -> None:
    """How much more there is, what prices are, what was not found."""
    told = offers.remarks([], typed, **{"priced": False, **facts})
    assert (said in "\n".join(told)) is (said != "cannot")


def test_what_no_cell_can_ask_for_is_counted_or_named():
    """By kind; by name where one searched for a few of them."""
    facts: dict[str, Any] = {"shown": 1, "found": 1, "priced": False}
    *_, counted = offers.remarks(CATALOGUE, [], **facts)
    assert counted == (
        "not listed, because no cell can ask for them: 1 text, 1 image on another route, 1 video"
    )
    *_, named = offers.remarks(CATALOGUE, ["openai"], **facts)
    assert named.endswith("them: GPT Image 2 (image on another route)")
    *_, everything = offers.remarks(CATALOGUE, ["all"], **facts)
    assert everything == counted


# -- the cell to begin with --------------------------------------------------------------------


@pytest.mark.parametrize("model", KNOWN)
def test_the_example_of_a_model_works_as_it_is(model: str) -> None:
    """Its options are read, and the schema has nothing to say against them."""
    spec = models.spec(model)
    assert spec is not None
    line, prompt = first_cell.cell(spec, spec.aliases[0]).split("\n")
    words = line.split()
    assert words[:2] == ["%%comet", spec.aliases[0]]
    inputs: dict[str, Any] = {"prompt": prompt}
    for option, value in zip(words[2::2], words[3::2], strict=True):
        if option == "--ar":
            inputs.update(models.with_ratio(model, value))
        elif option == "--size":
            inputs.update(models.with_size(model, value))
        elif option == "--image":
            inputs.update(models.with_pictures(model, ["https://x.example/boat.png"]))
        else:
            assert option == "-p"
            name, _, text = value.partition("=")
            inputs[name] = models.convert(model, name, text)
    assert models.check(model, inputs) == []
    assert template.doubts(prompt) == []
    assert len(inputs) > 1 or not spec.complete


@pytest.mark.parametrize("model", KNOWN)
def test_every_input_can_be_typed(model: str) -> None:
    """What stands beside it is an option of a cell, and its own value is no doubt."""
    spec = models.spec(model)
    assert spec is not None
    for wanted in spec.inputs.values():
        told = first_cell.option(spec, wanted)
        assert told.count("`") == 2
        if told.startswith(("`-p ", '`-p "')) and wanted.default is not None:
            name, _, text = told.strip("`").removeprefix("-p ").strip('"').partition("=")
            assert (name, models.convert(model, name, text)) == (wanted.name, wanted.default)


def test_what_a_model_does_not_take_is_said():
    """Neither picture nor negative prompt; control: a model with both says nothing of it."""
    schnell, sdxl = models.spec("flux-schnell"), models.spec("sdxl")
    assert schnell is not None
    assert sdxl is not None
    missing = "it takes no picture (`--image`) and no negative prompt (`--no`)"
    assert missing in first_cell.remarks(schnell)
    assert not any("it takes no" in text for text in first_cell.remarks(sdxl))


def test_numbers_that_are_sent_as_text_are_said():
    """One need not know: they are typed by the schema."""
    schnell = models.spec("flux-schnell")
    assert schnell is not None
    said = '`-p megapixels=1` is sent as the text "1", as it must be'
    assert said in first_cell.remarks(schnell)


def test_no_verb_can_be_taken_for_a_model():
    """No alias of the package is a verb: `%comet models` and `%%comet models` stay apart."""
    packaged = {alias for spec in models.all_models().values() for alias in spec.aliases}
    assert packaged & set(VERBS) == set()
