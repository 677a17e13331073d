"""What is filled in: other models, input pictures, prices; and that every ipywidgets takes it."""

from __future__ import annotations

from base64 import b64decode
from contextlib import closing
from hashlib import sha256

import pytest
from support.panel import PANEL, PanelPage
from support.png import png

from comet_jupyter.store import Store

BOAT = png(40, 30, (200, 120, 40))
ASKED = "/api/models"

WARNED = """
import warnings
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    panel = comet_jupyter.panel()
    panel.show()
    for model in comet_jupyter.models.all_models():
        panel._on_loop(lambda: panel._desk._composer._use_model(model))
    {more}
"""
"""Opens the panel and shows the fields of every model; `warned` is what was warned about."""


def unknown_members(kernel, more="pass"):
    """What ipywidgets said about members that a class has not."""
    kernel.run("import comet_jupyter, comet_jupyter.models, ipywidgets")
    cell = kernel.run(WARNED.format(more=more), live=True)
    assert cell.ok, cell.error
    said = kernel.evaluate("[str(w.message) for w in warned]")
    return [text for text in said if "unrecognized" in text or "nexpected" in text]


def test_no_widget_is_given_a_member_that_it_has_not(foreign_service, kernel):
    """Every field of every model is made of what this ipywidgets knows, the oldest too."""
    assert unknown_members(kernel) == []
    assert PanelPage(kernel).open_widgets() > 50


def test_an_unknown_member_is_seen(foreign_service, kernel):
    """Control: a member that no ipywidgets has is reported."""
    assert unknown_members(kernel, "ipywidgets.Button(colour='red')") != []


# -- another model ----------------------------------------------------------------------


def test_another_model_keeps_what_fits_and_says_what_is_dropped(page, foreign_service):
    """Prompt, seed and ratio go along; an input that it has not is named, and is not sent."""
    page.type_prompt("a paper boat")
    page.set(page.id_of("DropdownModel", description="aspect ratio"), index=1)
    page.set(page.id_of("DropdownModel", description="megapixels"), index=1)
    page.set(page.id_of("TextModel", description="seed"), value="7")
    page.choose_model("black-forest-labs/flux-1.1-pro")
    page.wait_until_shown("flux-1.1-pro does not take megapixels = 0.25: dropped")
    page.generate()
    page.wait_until(lambda: foreign_service.creates, "nothing was sent")
    (create,) = foreign_service.creates
    assert "flux-1.1-pro" in create.path
    assert create.json["input"] == {"prompt": "a paper boat", "aspect_ratio": "16:9", "seed": 7}


def test_a_model_that_takes_everything_drops_nothing(page):
    """The control: no word of dropping when all of it fits."""
    page.set(page.id_of("DropdownModel", description="megapixels"), index=1)
    page.choose_model("black-forest-labs/flux-dev")
    page.wait_until(lambda: "flux-dev" in page.cell, "the model did not change")
    assert "megapixels=0.25" in page.cell.replace(" ", "")
    assert not page.shows("dropped")


# -- input pictures ---------------------------------------------------------------------


@pytest.fixture
def editing(page):
    """A panel whose model takes one picture, with a prompt."""
    page.choose_model("black-forest-labs/flux-kontext-pro")
    page.wait_until(lambda: page.uploads, "there is no field for a picture")
    page.type_prompt("make it evening")
    return page


def test_an_uploaded_picture_is_sent_and_only_named_in_the_record(editing, foreign_service, home):
    """As each ipywidgets sends it: the file to the service, ``comet:<sha256>`` into the record."""
    editing.upload(BOAT)
    reference = f"comet:{sha256(BOAT).hexdigest()}"
    editing.wait_until(lambda: reference[:18] in editing.cell, "the picture is not in the form")
    editing.wait_until_shown("input picture")
    editing.generate()
    editing.wait_until(lambda: foreign_service.creates, "nothing was sent")
    (create,) = foreign_service.creates
    head, _, data = create.json["input"]["input_image"].partition(",")
    assert head == "data:image/png;base64"
    assert b64decode(data) == BOAT
    with closing(Store(home / "comet")) as store:
        (record,) = store.search().records
    assert record.request.input["input_image"] == reference


def test_a_picture_that_was_taken_away_can_be_uploaded_again(editing):
    """The same file once more is a new choice, though it is equal to the one before."""
    reference = f"comet:{sha256(BOAT).hexdigest()[:12]}"
    for _ in range(2):
        editing.upload(BOAT)
        editing.wait_until(lambda: reference in editing.cell, "the picture is not in the form")
        editing.click(tooltip="No picture")
        editing.wait_until(lambda: reference not in editing.cell, "it is still there")


def test_an_upload_does_not_stay_in_the_widget(editing):
    """The bytes are in the store; in the page's state they would be sent at each reload."""
    editing.upload(BOAT)
    editing.wait_until_shown("input picture")
    (field,) = editing.uploads
    kept = ("value",) if editing.ipywidgets >= 8 else ("value", "data", "metadata")
    assert [len(editing.value(field, member)) for member in kept] == [0] * len(kept)


def test_what_is_no_picture_is_refused_beside_the_field(editing, foreign_service):
    """A text with a picture's name is said to be none; the form stays without it."""
    editing.upload(b"no picture at all")
    editing.wait_until_shown("this picture cannot be used")
    assert "comet:" not in editing.cell


# -- prices -----------------------------------------------------------------------------


def catalogue_questions(service):
    """How often somebody asked for the public catalogue."""
    return [r.path for r in service.requests if r.path.partition("?")[0].endswith(ASKED)]


def test_the_price_stands_beside_the_button(page, foreign_service):
    """Of one click, by the service's catalogue, which is asked once and without the key."""
    page.wait_until_shown("$0.003")
    page.set(page.id_of("BoundedIntTextModel", description="pictures"), value=4)
    page.wait_until_shown("$0.012")
    (question,) = [r for r in foreign_service.requests if r.path.partition("?")[0].endswith(ASKED)]
    assert foreign_service.key not in str(question)


def test_without_a_key_nobody_is_asked_for_prices(foreign_service, start_kernel, monkeypatch):
    """Who cannot buy asks for no price: no request at all leaves the panel."""
    monkeypatch.delenv("COMETAPI_KEY")
    kernel = start_kernel()
    kernel.run(PANEL, live=True)
    page = PanelPage(kernel)
    page.wait_until_shown("there is no API key")
    kernel.run("import time; from comet_jupyter.notebook.panel.desk import SHOWN")
    kernel.run("time.sleep(SHOWN + 0.5)")
    assert foreign_service.requests == []
    assert not page.shows("$0.003")
