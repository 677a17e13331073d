"""The panel in the real JupyterLab and Notebook 7: what a person types, clicks, sees and saves.

Its fields for other models, input pictures and its look are in ``test_panel_pictures``.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipykernel
import pytest
from PIL import Image
from playwright.sync_api import expect
from support.environment import KEY, clean_environment
from support.lab import PanelView
from support.process import ServerProcess

LOAD = "%load_ext comet_jupyter"
PANEL = "%comet panel"
CANCEL = re.compile("^Cancel(ing)?$")
ANSWERS_WHILE_BUSY = ipykernel.version_info >= (7,)

# Keeps every step that a row names and every width of its bar, as they pass.
WATCH = """(rows) => {
    window.steps = new Set();
    window.widths = new Set();
    new MutationObserver(() => {
        for (const [step] of rows.innerText.matchAll(/step \\d+ of 28/g)) window.steps.add(step);
        for (const bar of rows.querySelectorAll("span[style*='height:6px']"))
            if (bar.style.width.endsWith('%')) window.widths.add(bar.style.width);
    }).observe(rows, {childList: true, subtree: true, characterData: true});
}"""


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Two slow cores run browser, server, kernel and sandbox."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def slow_sandbox(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sandbox whose pictures take seconds, so that there is something to look at meanwhile."""
    command = [sys.executable, "-u", "-m", "comet_jupyter.sandbox", "--port", "0", "--speed", "4"]
    server = ServerProcess(command, env=clean_environment(home / "sandbox"), cwd=home)
    try:
        line = server.wait_for_line("comet_jupyter sandbox on http://")
        monkeypatch.setenv("COMETAPI_BASE_URL", line.rpartition(" on ")[2].strip().rstrip("/"))
        monkeypatch.setenv("COMETAPI_KEY", KEY)
        yield
    finally:
        server.stop()


@pytest.fixture
def open_panel(notebook):
    """Opens the panel in the second cell; further cells come behind it."""

    def open_panel(*cells: str, first: str = LOAD, where: str = "doc/tree") -> PanelView:
        notebook.new(first, PANEL, *cells, where=where)
        notebook.run_cell(0)
        notebook.run_cell(1)
        view = PanelView(notebook.output(1))
        expect(view.generate).to_be_visible()
        return view

    return open_panel


def made(*predictions: str) -> str:
    """A cell that loads the extension and makes pictures, one after another."""
    calls = ", ".join(f"comet_jupyter.run({one})" for one in predictions)
    return f"{LOAD}\nimport comet_jupyter\nresults = [{calls}]"


def fact(panel: PanelView, name: str) -> Any:
    """The row with this name in the details or in a comparison."""
    named = panel.output.page.locator("td:first-child", has_text=re.compile(f"^{name}$"))
    return panel.output.locator("tr", has=named)


def expect_seeds(panel: PanelView, *seeds: int) -> None:
    """The gallery shows these results, in this order."""
    expect(panel.thumbnails).to_have_count(len(seeds))
    for index, seed in enumerate(seeds):
        told = re.compile(rf"\bseed {seed}\b")
        expect(panel.thumbnails.nth(index)).to_have_attribute("title", told)


# -- a person's way ---------------------------------------------------------------------


WHERE = pytest.mark.parametrize("where", ["doc/tree", "notebooks"], ids=["lab", "notebook7"])


@WHERE
def test_from_prompt_to_gallery(notebook, slow_sandbox, open_panel, where):
    """Three rows whose bars move, one of them canceled; the others come, the newest first."""
    panel = open_panel(first=f"{LOAD}\n%config CometMagics.model = 'flux-dev'", where=where)
    output, page = panel.output, notebook.page
    expect(output).to_contain_text("no pictures yet")
    panel.prompt.click()
    page.keyboard.type("a paper boat at sunrise [slow]")
    panel.field("seed").fill("70")
    panel.field("pictures").fill("3")
    panel.running.evaluate(WATCH)
    panel.generate.click()
    expect(panel.generate).to_have_text("Generate 3")
    rows = panel.running.get_by_role("button", name=CANCEL)
    expect(rows).to_have_count(3)
    expect(panel.running).to_contain_text("3 pictures on the way")
    rows.first.click()
    expect(panel.running).to_contain_text("may still finish")
    # What is typed while pictures arrive stays, and the caret with it.
    panel.prompt.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("a boat that ")
    expect_seeds(panel, 71, 70)
    expect(panel.pictures).to_have_attribute("alt", re.compile("seed 7[01]"))
    expect(panel.prompt).to_be_focused()
    page.keyboard.type("sails [fail]")
    expect(panel.prompt).to_have_value("a boat that sails [fail]")
    expect(rows).to_have_count(0)
    assert min(page.evaluate("[window.steps.size, window.widths.size]")) > 1
    panel.titled("Dismiss").click()
    expect(panel.running).not_to_contain_text("may still finish")
    panel.field("pictures").fill("1")
    panel.generate_again()
    expect(panel.running).to_contain_text("RuntimeError")
    expect(panel.running).to_contain_text("Change the input")
    panel.titled("Dismiss").click()
    expect(panel.running).not_to_contain_text("RuntimeError")
    expect(output).to_contain_text("2 pictures this session")


def test_the_gallery_is_searched_paged_and_marked(notebook, foreign_service, open_panel):
    """Pages of eighteen; words and seeds are found; a favourite carries a star, and has a list."""
    calls = ", ".join(
        f"comet_jupyter.submit({f'a {animal} in a boat'!r}, seed={seed})"
        for seed in range(100, 120)
        for animal in ("whale" if seed == 103 else "gull",)
    )
    panel = open_panel(first=f"{LOAD}\nimport comet_jupyter\n[p.wait() for p in [{calls}]];")
    output, newer, older = panel.output, panel.titled("Newer"), panel.titled("Older")
    expect(output).to_contain_text("1–18 of 20")
    expect_seeds(panel, *range(119, 101, -1))
    expect(newer).to_be_disabled()
    older.click()
    expect(output).to_contain_text("19–20 of 20")
    expect_seeds(panel, 101, 100)
    expect(older).to_be_disabled()
    newer.click()
    expect(output).to_contain_text("1–18 of 20")
    panel.search.click()
    notebook.page.keyboard.type("boat whale")
    notebook.page.keyboard.press("Enter")
    expect_seeds(panel, 103)
    expect(panel.search).to_be_focused()
    panel.search.fill("107")
    expect_seeds(panel, 107)
    panel.search.fill("submarine")
    expect(output).to_contain_text("nothing in the history has these words")
    panel.search.fill("")
    expect(output).to_contain_text("1–18 of 20")
    panel.field("show").select_option(label="★ Favourites")
    expect(output).to_contain_text("no favourites yet")
    panel.field("show").select_option(label="All")
    panel.thumbnails.nth(2).focus()
    notebook.page.keyboard.press("Enter")
    panel.titled("Find it again by a click").click()
    expect(panel.thumbnails.nth(2)).to_contain_text("★")
    panel.field("show").select_option(label="★ Favourites")
    expect_seeds(panel, 117)
    expect(output).to_contain_text("1–1 of 1")
    panel.titled("No favourite any more").click()
    expect(output).to_contain_text("no favourites yet")


LIGHTHOUSE = (
    "'a lighthouse at dusk', model='flux-dev', seed=7, aspect_ratio='16:9', guidance=5.5",
    "'a lighthouse at dawn', model='flux-dev', seed=8, aspect_ratio='16:9'",
)


def test_details_tell_all_and_leave_the_form_alone(notebook, sandbox, home, open_panel):
    """Picture, seed, id, file and times of a result; half a prompt in the form stays."""
    panel = open_panel(first=made(*LIGHTHOUSE))
    panel.prompt.click()
    notebook.page.keyboard.type("half a prom")
    panel.thumbnails.first.click()
    expect(panel.pictures).to_have_attribute("alt", re.compile("seed 8"))
    panel.titled("Older picture").click()
    expect(panel.pictures).to_have_attribute("alt", re.compile("seed 7"))
    assert panel.pictures.evaluate("picture => picture.complete && picture.naturalWidth") > 600
    expect(panel.output).to_contain_text("a lighthouse at dusk")
    facts = {"model": "flux-dev", "seed": "7", "aspect_ratio": "16:9", "guidance": "5.5"}
    for name, value in facts.items():
        expect(fact(panel, name).locator("td").last).to_contain_text(value)
    panel.output.locator("summary", has_text="no charge").click()
    expect(fact(panel, "time")).to_contain_text(re.compile("run .*total "))
    id = fact(panel, "id").locator("code").inner_text()
    path = notebook.execute(f"print(comet_jupyter.get({id!r}).images[0].path)").strip()
    shown = fact(panel, "saved as").locator("code").inner_text()
    assert shown.replace("~", str(home), 1) == path
    assert Path(path).read_bytes()
    expect(panel.prompt).to_have_value("half a prom")
    expect(panel.equivalent).to_have_text("%%comet flux-schnell\nhalf a prom")
    panel.titled("Close the picture").click()
    expect(panel.pictures).to_have_count(0)


@WHERE
def test_a_result_fills_the_form_only_by_its_buttons(sandbox, open_panel, where):
    """Its seed with other words; all as it was; all of it with another seed."""
    panel = open_panel(where=where, first=made(*LIGHTHOUSE))
    panel.prompt.fill("half a prompt")
    panel.thumbnails.nth(1).click()
    settings = "--ar 16:9 -p guidance=5.5\na lighthouse at dusk"
    panel.button("Keep seed").click()
    expect(panel.field("seed")).to_have_value("7")
    expect(panel.field("aspect ratio")).to_have_value("16:9")
    expect(panel.prompt).to_have_value("half a prompt")
    panel.button("Reuse").click()
    expect(panel.prompt).to_have_value("a lighthouse at dusk")
    expect(panel.equivalent).to_have_text(f"%%comet flux-dev --seed 7 {settings}")
    panel.button("Vary").click()
    expect(panel.field("seed")).to_have_value("")
    expect(panel.equivalent).to_have_text(f"%%comet flux-dev {settings}")
    expect(panel.output).to_contain_text("1–2 of 2")


def pixels(data: bytes) -> bytes:
    """The picture, decoded."""
    return Image.open(io.BytesIO(data)).tobytes()


def test_a_result_is_saved_and_deleted(notebook, sandbox, tmp_path, open_panel):
    """The original goes to a file; only the second answer deletes it, store and all."""
    panel = open_panel(first=made(*LIGHTHOUSE))
    panel.thumbnails.first.click()
    path = Path(notebook.execute("print(results[1].images[0].path)").strip())
    original = path.read_bytes()
    panel.button("Save").click()
    name = panel.field("file name")
    expect(name).to_have_value(re.compile(r"^a-lighthouse-at-dawn-8\.\w+$"))
    name.fill(str(tmp_path / "kept.webp"))
    panel.button("Save").last.click()
    expect(panel.output).to_contain_text("saved to")
    saved = (tmp_path / "kept.webp").read_bytes()
    assert pixels(saved) == pixels(original)
    assert b"a lighthouse at dawn" in saved  # with how it was made
    panel.button("Delete").click()
    question = panel.output.get_by_text("cannot be undone")
    expect(question).to_be_visible()
    panel.button("Cancel").click()
    expect(question).to_be_hidden()
    expect_seeds(panel, 8, 7)
    panel.button("Delete").click()
    expect(question).to_be_visible()
    panel.button("Delete").last.click()
    expect_seeds(panel, 7)
    expect(panel.pictures).to_have_count(0)
    assert not path.exists()
    left = notebook.execute(
        "from comet_jupyter.engine.session import current\n"
        "print([record.request.prompt for record in current().store.search('').records])"
    )
    assert left.strip() == "['a lighthouse at dusk']"


@WHERE
def test_two_results_side_by_side(sandbox, open_panel, where):
    """Both pictures, and what was asked for differently by its name; the sides change places."""
    panel = open_panel(where=where, first=made(*LIGHTHOUSE))
    panel.thumbnails.nth(1).click()
    panel.button("Compare").click()
    expect(panel.output.get_by_text("Click the picture to compare it with")).to_be_visible()
    panel.thumbnails.nth(1).click()
    expect(panel.output).to_contain_text("the same picture")
    panel.thumbnails.first.click()
    seven, eight = re.compile("seed 7"), re.compile("seed 8")
    for button, left, right in (("", seven, eight), ("Swap A and B", eight, seven)):
        if button:
            panel.button(button).click()
        expect(panel.pictures).to_have_count(2)
        expect(panel.pictures.first).to_have_attribute("alt", left)
        expect(panel.pictures.last).to_have_attribute("alt", right)
    for name, *values in (("seed", "7", "8"), ("guidance", "5.5", "3"), ("prompt", "dusk", "dawn")):
        for value in values:
            expect(fact(panel, name)).to_contain_text(value)
    expect(fact(panel, "aspect_ratio")).to_have_count(0)
    panel.button("Back to A").click()
    expect(panel.pictures).to_have_count(1)


# -- the equivalent cell, clicks ---------------------------------------------------------


def test_the_copied_cell_asks_for_the_same(notebook, foreign_service, open_panel):
    """One click selects it, Ctrl+C and Ctrl+V carry it into a cell; that sends the same bytes."""
    panel = open_panel("'a cell to paste into'")
    page = notebook.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.prompt.fill('a "paper" boat\n  with {{ braces }}, 100 % sea')
    panel.field("seed").fill("7")
    panel.field("aspect ratio").select_option(label="16:9")
    panel.field("pictures").fill("2")
    panel.generate.click()
    expect(panel.output).to_contain_text("1–2 of 2")
    expect(panel.equivalent).to_contain_text("-n 2 --seed 7 --ar 16:9")
    panel.equivalent.click()
    page.keyboard.press("Control+c")
    notebook.cell(2).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+v")
    expect(notebook.cell(2).locator(".cm-content")).to_contain_text("%%comet flux-schnell")
    notebook.run_cell(2)
    expect(notebook.output(2)).to_contain_text("from store")
    notebook.execute("%config CometMagics.cache = 'refresh'")
    notebook.run_cell(2)
    expect(notebook.output(2)).to_contain_text("2 pictures")
    expect(notebook.output(2)).not_to_contain_text("from store")
    asked = sorted((one.path, one.body) for one in foreign_service.creates)
    assert len(asked) == 4
    assert asked[::2] == asked[1::2]
    assert asked[0] != asked[2]


def test_a_double_click_is_one_click(notebook, foreign_service, open_panel):
    """It makes one picture; a click later on makes another."""
    panel = open_panel()
    panel.prompt.click()
    notebook.page.keyboard.type("a paper boat")
    panel.generate.dblclick()
    expect(panel.output).to_contain_text("1–1 of 1")
    assert len(foreign_service.creates) == 1
    panel.generate_again()
    expect(panel.output).to_contain_text("1–2 of 2")
    assert [one.json["input"]["prompt"] for one in foreign_service.creates] == ["a paper boat"] * 2


def test_what_is_typed_after_a_click_stays(notebook, foreign_service, open_panel):
    """A seed and a prompt typed while Generate sends are not lost."""
    panel = open_panel()
    keyboard = notebook.page.keyboard
    panel.prompt.click()
    keyboard.type("a paper boat")
    panel.generate.click()
    panel.field("seed").click()
    keyboard.type("21")
    expect(panel.pictures).to_have_count(1)
    expect(panel.field("seed")).to_have_value("21")
    panel.prompt.click()
    keyboard.type(" at sea")
    expect(panel.generate).to_have_text("Generate")
    expect(panel.prompt).to_have_value("a paper boat at sea")
    panel.prompt.blur()
    expect(panel.equivalent).to_have_text("%%comet flux-schnell --seed 21\na paper boat at sea")


def test_what_is_typed_while_pictures_arrive_stays(notebook, foreign_service, open_panel):
    """A file name and a search are not lost to a picture that comes meanwhile."""
    panel = open_panel("%comet run a second boat")
    panel.prompt.fill("a paper boat")
    panel.generate.click()
    expect(panel.pictures).to_have_count(1)
    panel.button("Save").click()
    panel.field("file name").fill("my-boat")
    notebook.run_cell(2)
    expect(panel.output).to_contain_text("1–2 of 2")
    expect(panel.field("file name")).to_have_value("my-boat")
    expect(panel.field("file name")).to_be_visible()
    panel.generate_again()
    panel.search.press_sequentially("boat")
    expect(panel.output).to_contain_text("1–3 of 3")
    expect(panel.search).to_have_value("boat")


def test_clicks_while_a_cell_runs_are_one(notebook, foreign_service, gate, open_panel):
    """What stands in the field at the click is sent, once; ipykernel 7 does not let it wait."""
    panel = open_panel(gate.code + "pass_gate('busy')")
    page = notebook.page
    panel.prompt.fill("an old prompt")
    panel.prompt.blur()
    expect(panel.equivalent).to_contain_text("an old prompt")
    page.wait_for_timeout(500)  # the comm's subshell is made asynchronously
    notebook.start_cell(2)
    gate.wait_reached("busy")
    panel.prompt.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("a prompt typed meanwhile")
    panel.generate.click(click_count=4)
    if ANSWERS_WHILE_BUSY:
        expect(panel.output).to_contain_text("1–1 of 1")
    gate.open("busy")
    expect(panel.output).to_contain_text("1–1 of 1")
    notebook.execute("0")  # what came while it was busy has been heard
    (create,) = foreign_service.creates
    assert create.json["input"]["prompt"] == "a prompt typed meanwhile"


def test_two_views_are_one_panel(notebook, foreign_service, open_panel):
    """Typed in one cell, read in the other; a click in either makes one picture for both."""
    panel = open_panel(PANEL)
    notebook.run_cell(2)
    other = PanelView(notebook.output(2))
    panel.prompt.click()
    notebook.page.keyboard.type("a paper boat")
    panel.prompt.blur()
    expect(other.prompt).to_have_value("a paper boat")
    other.field("pictures").fill("2")
    other.generate.click()
    for view in (panel, other):
        expect(view.output).to_contain_text("1–2 of 2")
        expect(view.thumbnails).to_have_count(2)
    assert len(foreign_service.creates) == 2
    other.titled("Close the picture").click()
    expect(panel.pictures).to_have_count(0)


def test_a_page_loaded_anew_shows_the_same_panel(notebook, foreign_service, open_panel):
    """Form, gallery and open picture are there again, and its buttons work."""
    panel = open_panel()
    panel.prompt.fill("a paper boat")
    panel.generate.click()
    expect(panel.pictures).to_have_count(1)
    notebook.save()
    notebook.reload()
    expect(panel.prompt).to_have_value("a paper boat")
    expect(panel.pictures).to_have_count(1)
    expect(panel.thumbnails).to_have_count(1)
    panel.prompt.fill("another boat")
    panel.generate_again()
    expect(panel.output).to_contain_text("1–2 of 2")
    assert [one.json["input"]["prompt"] for one in foreign_service.creates] == [
        "a paper boat",
        "another boat",
    ]


def test_the_file_holds_nothing_of_the_panel(notebook, foreign_service, open_panel):
    """A view's id and a line of text; once closed the line alone. No prompt, no key, no state."""
    panel = open_panel(f"{PANEL} close", "import os\nos.environ['COMETAPI_KEY'], 'a quokka'")
    panel.prompt.fill("a quokka")
    panel.generate.click()
    expect(panel.pictures).to_have_count(1)
    notebook.run_cell(1)  # shown anew in place of the former view
    expect(panel.pictures).to_have_count(1)
    (output,) = notebook.save().cells[1].outputs
    view = output.data.pop("application/vnd.jupyter.widget-view+json")
    assert set(view) == {"version_major", "version_minor", "model_id"}
    assert set(output.data) == {"text/html", "text/plain"}
    assert "%comet panel" in output.data["text/plain"]

    file = notebook.server.root / "notebook.ipynb"

    def found_in_file() -> list[str]:
        saved = notebook.save()
        text = f"{[cell.get('outputs') for cell in saved.cells]} {saved.metadata}"
        return [one for one in ("quokka", foreign_service.key, "base64") if one in text]

    assert found_in_file() == []
    notebook.run_cell(2)
    expect(panel.output).to_contain_text("to open it")
    saved = notebook.save()
    (output,) = saved.cells[1].outputs
    assert set(output.data) == {"text/html", "text/plain"}
    assert "widget" not in file.read_text("utf-8")
    assert found_in_file() == []
    notebook.run_cell(3)
    assert found_in_file() == ["quokka", foreign_service.key]


# -- keyboard, hostile text --------------------------------------------------------------


def test_the_keyboard_is_enough(notebook, foreign_service, open_panel):
    """Tab goes from the prompt to Generate, Space presses it and Tab goes on from there."""
    panel = open_panel()
    keyboard = notebook.page.keyboard
    panel.prompt.click()
    keyboard.type("a paper boat")
    keyboard.press("Tab")
    expect(panel.generate).to_be_focused()
    keyboard.press("Space")
    expect(panel.pictures).to_have_count(1)
    expect(panel.generate).to_have_text("Generate")
    expect(panel.generate).to_be_focused()
    keyboard.press("Tab")
    expect(panel.field("pictures")).to_be_focused()


def test_hostile_text_stays_text_in_the_panel(notebook, foreign_service, open_panel):
    """Markup in prompt and failure runs nowhere: rows, failures, tooltips, details, the cell."""
    attack = '"><img src=x onerror="window.attacked=1"><script>window.attacked=1</script>'
    panel = open_panel(f"import ipywidgets\nipywidgets.HTML({attack!r})")
    panel.prompt.fill(f"{attack} </style></pre>")
    foreign_service.failure = f"bad {attack}"
    panel.generate.click()
    expect(panel.output).to_contain_text("bad ")
    foreign_service.failure = ""
    panel.generate_again()
    expect(panel.pictures).to_have_count(1)
    panel.button("Cell").click()
    expect(panel.output.locator("pre.comet-cell")).to_have_count(2)
    assert notebook.page.evaluate("() => window.attacked === undefined")
    notebook.run_cell(2)  # the control: such a widget would have run it
    notebook.page.wait_for_function("() => window.attacked === 1")
