"""The panel in the browser: fields that follow the model, input pictures, its look.

What a person does with it otherwise is in ``test_panel_in_page``.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect
from support.environment import clean_environment
from support.lab import PanelView
from support.png import png
from support.process import ServerProcess

ROOT = Path(__file__).parents[2]
WIDTHS = (600, 900, 1200, 1600)
LARGEST_PICTURE = 300_000

# What sticks out sideways: a widget beyond the output, cut words, markup to be scrolled.
STICKING_OUT = """(output) => {
    const found = output.scrollWidth > output.clientWidth ? ['the output scrolls'] : [];
    const edge = output.getBoundingClientRect();
    const cut = '.widget-html, .widget-box, .jupyter-button';
    for (const widget of output.querySelectorAll('.jupyter-widgets')) {
        const box = widget.getBoundingClientRect();
        if (box.width && (box.right > edge.right + 1 || box.left < edge.left - 1))
            found.push(`beyond the edge: ${widget.className} ${widget.innerText.slice(0, 40)}`);
        if (widget.matches(cut) && widget.scrollWidth > widget.clientWidth)
            found.push(`cut: ${widget.className} ${widget.title} ${widget.innerText.slice(0, 40)}`);
    }
    return found;
}"""
BARS = """(output) => [...output.querySelectorAll("span[style*='height']")]
    .filter(bar => /%/.test(bar.style.width)).map(bar => parseFloat(bar.style.width))"""


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Two slow cores run browser, server, kernel and sandbox."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def open_panel(notebook):
    """Opens the panel in the second cell; the first one runs before it."""

    def open_panel(first: str, where: str = "doc/tree") -> PanelView:
        notebook.new(first, "%comet panel", "'the last cell'", where=where)
        notebook.run_cell(0)
        notebook.run_cell(1)
        view = PanelView(notebook.output(1))
        expect(view.generate).to_be_visible()
        return view

    return open_panel


LOAD = "%load_ext comet_jupyter"


# -- fields and input pictures -----------------------------------------------------------


def test_fields_follow_the_model(foreign_service, open_panel):
    """Each model has the fields of its schema; what another one does not take is said."""
    panel = open_panel(LOAD)
    output = panel.output
    panel.prompt.fill("a paper boat")
    panel.field("aspect ratio").select_option(label="16:9")
    expect(output.get_by_text("guidance", exact=True)).to_have_count(0)
    panel.choose_model("flux-dev")
    output.get_by_text("More settings").click()
    guidance = output.locator(".widget-slider", has=output.page.get_by_text("guidance", exact=True))
    handle = guidance.locator(".noUi-handle")
    expect(handle).to_be_visible()
    handle.press("ArrowRight")
    line = "%%comet flux-dev --ar 16:9 -p guidance="
    expect(panel.equivalent).to_contain_text(re.compile(re.escape(line) + r"3\.\d+"))
    panel.choose_model("flux-schnell")
    expect(output).to_contain_text(re.compile(r"flux-schnell does not take guidance = 3\.\d+: d"))
    expect(guidance).to_have_count(0)
    expect(panel.equivalent).to_have_text("%%comet flux-schnell --ar 16:9\na paper boat")
    panel.choose_model("sdxl")
    expect(output).to_contain_text("sdxl does not take aspect_ratio = 16:9: dropped")
    output.get_by_placeholder("what should not be in the picture").fill("people")
    expect(panel.field("aspect ratio")).to_have_count(0)
    panel.choose_model("flux-kontext-pro")
    expect(output).to_contain_text("flux-kontext-pro does not take negative_prompt = people: drop")
    expect(output.get_by_text("input picture")).to_be_visible()
    expect(output.get_by_role("button", name="Upload")).to_be_visible()
    expect(panel.prompt).to_have_value("a paper boat")
    assert foreign_service.creates == []


def test_input_pictures_are_shown_and_sent(foreign_service, tmp_path, open_panel):
    """An uploaded picture has its thumbnail and goes out whole; so does an earlier result."""
    picture = png(40, 30, (200, 120, 40))
    (tmp_path / "boat.png").write_bytes(picture)
    panel = open_panel(LOAD)
    panel.choose_model("flux-kontext-pro")
    expect(panel.output.get_by_text("input picture", exact=True)).to_be_visible()
    panel.prompt.fill("the same boat in winter")
    with panel.output.page.expect_file_chooser() as chooser:
        panel.output.get_by_role("button", name="Upload").click()
    chooser.value.set_files(tmp_path / "boat.png")
    thumbnail = panel.output.get_by_alt_text("input picture")
    expect(thumbnail).to_be_visible()
    expect(panel.equivalent).to_contain_text("input_image=comet:")
    panel.generate.click()
    expect(panel.output).to_contain_text("1–1 of 1")
    before = thumbnail.get_attribute("src")
    panel.button("Edit").click()
    expect(panel.output).to_contain_text("it is the input picture now")
    expect(thumbnail).not_to_have_attribute("src", before)
    panel.generate_again()
    expect(panel.output).to_contain_text("1–2 of 2")
    result = foreign_service.picture(next(iter(foreign_service.predictions)))
    assert [sent_picture(one) for one in foreign_service.creates] == [picture, result]
    panel.titled("No picture").click()
    expect(thumbnail).to_have_count(0)
    expect(panel.equivalent).not_to_contain_text("comet:")


def sent_picture(create: Any) -> bytes:
    """The bytes of a create's input picture."""
    head, _, data = create.json["input"]["input_image"].partition(",")
    assert head == "data:image/png;base64"
    return base64.b64decode(data)


# -- its look ----------------------------------------------------------------------------

STATE = f"""{LOAD}
import comet_jupyter
results = [comet_jupyter.submit("a boat", seed=seed) for seed in (7, 1234567890123)]
[one.wait() for one in results]
comet_jupyter.submit("a harbour at dusk, " * 12 + "[stuck]", model="flux-kontext-pro")
try:
    comet_jupyter.run("a_boat_whose_name_is_very_long_and_has_no_space_" * 4 + "[fail]")
except comet_jupyter.CometError:
    pass
"""


@pytest.mark.parametrize("where", ["doc/tree", "notebooks"], ids=["lab", "notebook7"])
def test_it_fits_wide_and_narrow_pages(notebook, sandbox, open_panel, where):
    """Nothing sticks out sideways, light and dark, with everything open that can be."""
    panel = open_panel(STATE, where=where)
    output, page = panel.output, notebook.page
    panel.choose_model("flux-kontext-pro")
    expect(output.get_by_text("input picture")).to_be_visible()
    panel.prompt.fill("a_word_without_any_space_" * 12 + "[fail]")
    panel.generate.click()
    expect(output).to_contain_text("Change the input")
    output.get_by_text("More settings").click()
    panel.thumbnails.first.click()
    panel.button("Cell").click()
    panel.button("Save").click()
    expect(panel.field("file name")).to_be_visible()
    expect(panel.running.get_by_role("button", name="Cancel", exact=True)).to_have_count(1)
    sticking: dict[str, list[str]] = {}
    for theme in ("light", "dark"):
        notebook.use_theme(theme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 1000})
            page.wait_for_function(  # Lumino lays out in a frame of its own
                "output => { const now = output.clientWidth, old = window.lastWidth;"
                " window.lastWidth = now; return now === old && now < innerWidth; }",
                arg=output.element_handle(),
                polling=100,
            )
            found = output.evaluate(STICKING_OUT)
            panel.generate.scroll_into_view_if_needed()
            box = panel.generate.bounding_box()
            if not (box["x"] > 0 and box["x"] + box["width"] < width):
                found.append(f"Generate is at {box}")
            if found:
                sticking[f"{theme} {width}"] = found
    assert sticking == {}
    panel.generate.evaluate("button => { button.style.minWidth = '3000px'; }")  # the control
    assert output.evaluate(STICKING_OUT)


# -- the pictures of the README ----------------------------------------------------------

SCENES = (  # the last one comes first in the gallery
    ("a cup of coffee by a rainy window", "1:1", 2),
    ("snowy mountains above a lake, morning", "4:3", 3),
    ("a city at night in the rain, neon lights", "4:3", 1),
    ("a red barn between autumn trees", "4:5", 2),
    ("a castle on a cliff, storm", "4:5", 3),
    ("a deer in a foggy pine forest", "1:1", 2),
    ("a desert with dunes at sunset", "16:9", 3),
    ("a windmill in a field of poppies, noon", "4:3", 2),
    ("a small astronaut on the moon, saturn", "1:1", 5),
    ("a sailing boat and a lighthouse at sunrise", "16:9", 5),
)
RUNNING = (  # about as slow as each other, and with a bar
    ("a stormy sea at dusk, oil painting", "sd3.5-medium", 8),
    ("a fox in a snowy forest, watercolor", "flux-dev", 41),
)
PROMPT = "a paper boat on a quiet lake, first light,\nmist above the water, mountains behind"


@pytest.fixture
def own_sandbox(home: Path) -> Iterator[tuple[ServerProcess, str]]:
    """A sandbox at half its speed, which can be halted: the process and its address."""
    command = [sys.executable, "-u", "-m", "comet_jupyter.sandbox", "--port", "0", "--speed", "0.5"]
    server = ServerProcess(command, env=clean_environment(home / "sandbox"), cwd=home)
    try:
        line = server.wait_for_line("comet_jupyter sandbox on http://")
        yield server, line.rpartition(" on ")[2].strip().rstrip("/")
    finally:
        server.process.send_signal(signal.SIGCONT)
        server.stop()


def submitted(*predictions: tuple[object, ...]) -> str:
    """The source of a list of predictions: prompt, model or aspect ratio, seed."""
    calls = (
        f"comet_jupyter.submit({prompt!r}, {'aspect_ratio' if ':' in how else 'model'}={how!r},"
        f" seed={seed})"
        for prompt, how, seed in predictions
    )
    return f"[{', '.join(calls)}]"


def test_a_typical_panel_for_the_readme(notebook, own_sandbox, open_panel, tmp_path):
    """Ten pictures, two on the way, a prompt in the form: light and dark, small files.

    With ``COMET_JUPYTER_PICTURES=1`` in the environment the README's pictures are written anew.
    """
    server, url = own_sandbox
    panel = open_panel(
        f"{LOAD}\nimport comet_jupyter\nfrom comet_jupyter.engine.session import current\n"
        f"current().use_sandbox({url!r})\n[one.wait() for one in {submitted(*SCENES)}];"
    )
    notebook.page.set_viewport_size({"width": 1400, "height": 900})
    expect(panel.output).to_contain_text("1–10 of 10")
    panel.thumbnails.first.click()
    panel.titled("Find it again by a click").click()
    expect(panel.thumbnails.first).to_contain_text("★")
    panel.prompt.fill(PROMPT)
    panel.field("aspect ratio").select_option(label="3:2")
    panel.field("seed").fill("21")
    panel.field("pictures").fill("4")
    panel.field("pictures").blur()
    expect(panel.equivalent).to_contain_text("-n 4 --seed 21 --ar 3:2")
    notebook.execute(f"running = {submitted(*RUNNING)}")
    notebook.select(2)
    notebook.page.mouse.move(5, 5)
    bars = f"output => ({BARS})(output).filter(width => width > 25).length === 2"
    notebook.page.wait_for_function(bars, arg=panel.output.element_handle())
    server.process.send_signal(signal.SIGSTOP)  # as it is now for both pictures
    folder = ROOT / "notebooks" / "pictures" if WRITE_PICTURES else tmp_path
    for theme, name in (("light", "panel.png"), ("dark", "panel-dark.png")):
        notebook.use_theme(theme)
        path = notebook.screenshot_cell(1, folder / name)
        with Image.open(path) as shot:
            picture = shot.convert("RGB")
        # Fewer shades than anybody tells apart, until it is small; a palette would be seen.
        for step in (1, 3, 5):
            levels = [round(level / step) * step for level in range(256)]
            picture.point(levels * 3).save(path, optimize=True)
            if path.stat().st_size < LARGEST_PICTURE:
                break
        assert path.stat().st_size < LARGEST_PICTURE
        assert picture.width > 1200
        assert 400 < picture.height < 900


# Asked for at import: the fixtures take every COMET variable out of the environment.
WRITE_PICTURES = bool(os.environ.get("COMET_JUPYTER_PICTURES"))
