"""Comparing and remixing in the page: the line is dragged with the mouse, the cell is written."""

from __future__ import annotations

import io

import nbformat
import pytest
from PIL import Image
from playwright.sync_api import expect

BOAT = "%%comet --seed 7 -o boat --wait\na paper boat"
KITE = "%%comet --seed 7 -o kite --wait\na red kite"
CELLS = ("%load_ext comet_jupyter", BOAT, KITE, "%comet compare boat kite")
COMPARED = len(CELLS) - 1


class Slider:
    """The slider in a part of a page, by where its own parts are."""

    def __init__(self, page, area) -> None:
        self.page = page
        self.grip = area.locator("[style*='resize']")
        expect(self.grip).to_have_count(1)
        self.frame = area.locator("[style*='relative']:has(> img)")
        self.frame.scroll_into_view_if_needed()

    @property
    def line(self) -> float:
        """Where the line is, in CSS pixels of the page."""
        box = self.grip.bounding_box()
        return box["x"] + box["width"] - 8

    def drag(self, across: float) -> None:
        """Drags the knob to this share of the frame's width, as a person does."""
        box = self.frame.bounding_box()
        middle = box["y"] + box["height"] / 2
        # At an edge half of the knob is there to be taken.
        seen = min(max(self.line, box["x"] + 4), box["x"] + box["width"] - 4)
        self.page.mouse.move(seen, middle)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + across * box["width"], middle, steps=8)
        self.page.mouse.up()

    def colour(self, across: float) -> tuple[int, ...]:
        """What is seen at this share of the width, in the lower part of the frame."""
        box = self.frame.bounding_box()
        spot = {
            "x": box["x"] + across * box["width"],
            "y": box["y"] + 0.8 * box["height"],
            "width": 3,
            "height": 3,
        }
        image = Image.open(io.BytesIO(self.page.screenshot(clip=spot)))
        return tuple(image.convert("RGB").getpixel((1, 1)))


def colour_of(notebook, name: str) -> tuple[int, ...]:
    """The colour of a result, which is one all over."""
    said = notebook.execute(f"print({name}.images[0].to_pil().convert('RGB').getpixel((5, 5)))")
    return tuple(int(part) for part in said.strip("() \n").split(","))


def are_alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """True for one colour, but for what jpeg makes of it."""
    return all(abs(a - b) < 16 for a, b in zip(one, other, strict=True))


def check_dragging(slider: Slider, left: tuple[int, ...], right: tuple[int, ...]) -> None:
    """Whatever is left of the line is one picture, right of it the other, wherever it goes."""
    assert not are_alike(left, right)
    for start, goal in ((0.5, 0.2), (0.2, 0.8), (0.8, -0.3), (0.0, 1.3), (1.0, 0.5)):
        box = slider.frame.bounding_box()
        assert abs(slider.line - box["x"] - start * box["width"]) < 6
        slider.drag(goal)
        for across in (0.1, 0.3, 0.6, 0.9):
            if abs(across - goal) > 0.05:
                expected = left if across < goal else right
                assert are_alike(slider.colour(across), expected), (goal, across)


@pytest.fixture
def compared(notebook, foreign_service):
    """A notebook in JupyterLab that has compared two results."""
    foreign_service.questions = 1
    notebook.new(*CELLS)
    notebook.run_all()
    expect(notebook.output(COMPARED).locator("[style*='resize']")).to_be_attached()
    return notebook


def test_the_line_is_dragged(compared):
    """Fresh in JupyterLab: the picture changes at the pixels that the line passes."""
    assert compared.shown()[COMPARED] == ["image/jpeg", "text/html"]
    left, right = colour_of(compared, "boat"), colour_of(compared, "kite")
    check_dragging(Slider(compared.page, compared.output(COMPARED)), left, right)


def test_the_line_is_dragged_in_a_notebook_that_is_not_trusted(compared, lab):
    """Saved by somebody else, opened without a kernel's help, in JupyterLab and Notebook 7."""
    left, right = colour_of(compared, "boat"), colour_of(compared, "kite")
    saved = compared.save()
    saved.cells.append(nbformat.v4.new_code_cell("1"))  # not the document that was signed
    nbformat.write(saved, lab.root / "theirs.ipynb")
    for where in ("doc/tree", "notebooks"):
        compared.open("theirs.ipynb", where=where)
        trusted = "() => window.jupyterapp.shell.currentWidget.content.widgets[%d].model.trusted"
        assert compared.page.evaluate(trusted % COMPARED) is False
        check_dragging(Slider(compared.page, compared.output(COMPARED)), left, right)


def test_the_line_is_dragged_in_an_exported_page(compared, lab, export_html, tmp_path):
    """What nbconvert makes of the saved notebook works without Jupyter."""
    left, right = colour_of(compared, "boat"), colour_of(compared, "kite")
    compared.save()
    path = tmp_path / "exported.ipynb"
    path.write_bytes((lab.root / "notebook.ipynb").read_bytes())
    page = compared.page
    page.route(
        "**/*", lambda route: route.abort() if "http" in route.request.url else route.continue_()
    )
    (tmp_path / "page.html").write_text(export_html(path), encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    check_dragging(Slider(page, page.locator("body")), left, right)


def test_a_narrow_page_has_a_narrow_slider(compared):
    """Both pictures keep lying exactly over each other, and the line can be reached."""
    left, right = colour_of(compared, "boat"), colour_of(compared, "kite")
    view = compared.page.viewport_size
    compared.page.set_viewport_size({**view, "width": 400})
    slider = Slider(compared.page, compared.output(COMPARED))
    frame = slider.frame.bounding_box()
    assert frame["width"] < 400
    boxes = [one.bounding_box() for one in slider.frame.locator("img").all()]
    assert abs(boxes[0]["width"] - boxes[1]["width"]) < 2
    assert abs(boxes[0]["height"] - boxes[1]["height"]) < 2
    slider.drag(0.2)
    assert are_alike(slider.colour(0.1), left)
    assert are_alike(slider.colour(0.5), right)


@pytest.mark.parametrize("where", ["doc/tree", "notebooks"], ids=["lab", "notebook7"])
def test_remix_writes_the_cell_below(notebook, foreign_service, where):
    """Behind its own cell, before those that follow; not shown a second time; ready to run."""
    foreign_service.questions = 1
    notebook.new(
        "%load_ext comet_jupyter", BOAT, "%comet remix boat --seed 8", "1 + 1", where=where
    )
    for cell in range(3):
        notebook.run_cell(cell)
    sources = (
        "() => window.jupyterapp.shell.currentWidget.content.widgets"
        ".map(one => one.model.sharedModel.source)"
    )
    expected = "%%comet flux-schnell --seed 8\na paper boat"
    assert notebook.page.evaluate(sources)[3:] == [expected, "1 + 1"]
    expect(notebook.output(2)).to_contain_text("the next cell asks for")
    expect(notebook.output(2).locator(".comet-cell")).to_have_count(0)
    notebook.run_cell(3)
    notebook.execute("%comet wait")
    assert [create.json["input"]["seed"] for create in foreign_service.creates] == [7, 8]
