"""A notebook as a Voila page: the panel works there, and a cell ends with its picture."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import expect
from support.headless import write_notebook
from support.lab import TOKEN, PanelView
from support.voila import VoilaServer

LOAD = "%load_ext comet_jupyter"
SERVER = "import os; print('server', os.environ.get('SERVER_SOFTWARE', 'unnamed'))"
SHOWN = "shown.ipynb"
PICTURE = "img[src^='data:image/png'], img[src^='data:image/jpeg']"

OPTIONS = {"alone": (), "preheated": ("--preheat_kernel=True",)}
# What a kernel is told of its server; one started before a page asked for it is told nothing.
NAMED = {"alone": "voila/", "in jupyter": "voila/"}


@pytest.fixture
def show(page, tmp_path, request):
    """Shows a notebook in Voila: ``alone``, ``preheated``, or ``in jupyter`` as its extension."""
    server = None

    def show(*cells: str, where: str = "alone"):
        nonlocal server
        if where == "in jupyter":
            notebook = request.getfixturevalue("notebook")
            notebook.write(SHOWN, *cells)
            notebook.server.set_kernel_environment(settings())
            address = f"{notebook.server.url}/voila/render/{SHOWN}?token={TOKEN}"
        else:
            write_notebook(tmp_path / "pages" / SHOWN, *cells)
            server = VoilaServer(tmp_path / "pages", os.environ, *OPTIONS[where])
            address = server.address(SHOWN)
        # The page has icons of a CDN; nothing but this machine is asked.
        page.route(re.compile(r"^https?://(?!127\.0\.0\.1:)"), lambda route: route.abort())
        page.goto(address)
        return page.locator("body")

    yield show
    if server is not None:
        server.stop()


def settings():
    """What a kernel of this test needs of its environment."""
    ours = ("HOME", "COMET", "XDG_", "IPYTHON")
    return {name: value for name, value in os.environ.items() if name.startswith(ours)}


@pytest.mark.parametrize(
    "where",
    [
        "alone",
        "in jupyter",
        "preheated",
    ],
)
def test_the_panel_makes_a_picture(show, held, foreign_service, where):
    """Typed, generated, followed in the list, seen in the gallery, opened: all with the mouse."""
    body = show(LOAD, SERVER, "%comet panel", where=where)
    panel = PanelView(body)
    expect(panel.generate).to_be_visible()
    if where in NAMED:
        expect(body).to_contain_text(f"server {NAMED[where]}")
    panel.prompt.fill("a paper boat")
    panel.generate.click()
    expect(body).to_contain_text("1 picture on the way")
    expect(body.get_by_role("button", name="Cancel")).to_be_visible()
    held.set()
    expect(panel.thumbnails).to_have_count(1)
    expect(body).not_to_contain_text("on the way")
    expect(panel.pictures).to_be_visible()
    body.get_by_role("button", name="Close the picture").click()
    expect(panel.pictures).to_have_count(0)
    panel.thumbnails.click()
    expect(panel.pictures).to_be_visible()
    expect(body).to_contain_text("96 × 64")
    (create,) = foreign_service.creates
    assert create.json["input"]["prompt"] == "a paper boat"


def test_a_cell_ends_with_its_picture(show, foreign_service):
    """The page has caption and picture and nothing of the line that was there meanwhile."""
    body = show(LOAD, "%%comet --seed 7\na paper boat", "%%comet --seed 8 -n 2\ntwo boats")
    expect(body.locator(PICTURE)).to_have_count(2)
    expect(body).to_contain_text("seed 7")
    expect(body).to_contain_text("seeds 8–9")
    for word in ("on its way", "starting", "processing", "no picture", "Cancel"):
        expect(body).not_to_contain_text(word)
    assert len(foreign_service.creates) == 3


def test_a_failed_cell_says_why(show, foreign_service):
    """Voila hides error outputs, not what a cell has shown: the cause stands there."""
    foreign_service.failure = "NSFW content detected"
    body = show(LOAD, "%%comet\na boat")
    expect(body).to_contain_text("NSFW content detected")
