"""``%comet info``: how a picture was made, told from its file or from the store."""

from __future__ import annotations

import io
import json
import os

import pytest
from PIL import Image as Pillow
from PIL import PngImagePlugin

LOAD = "%load_ext comet_jupyter"
MAKE = "%%comet --seed 7 -p num_inference_steps=2 -o boat\na paper boat\nat dawn"
AGAIN = "%%comet flux-schnell --seed 7 -p num_inference_steps=2\na paper boat\nat dawn"


@pytest.fixture
def loaded(foreign_service, kernel):
    """A kernel with the extension and a service that answers at once."""
    foreign_service.questions = 0
    assert kernel.run(LOAD).ok
    return kernel


@pytest.fixture
def made(loaded):
    """The same with one picture, bound to `boat`."""
    cell = loaded.run(MAKE)
    assert cell.ok, cell.error
    return loaded


def told(kernel, what: str) -> tuple[str, str]:
    """The text and the markup that ``%comet info`` shows for something."""
    cell = kernel.run(f"%comet info {what}")
    assert cell.ok, cell.error
    (text,), (markup,) = cell.data("text/plain"), cell.data("text/html")
    return text, markup


def png(path, **texts: str) -> None:
    """Writes a PNG with text chunks."""
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name, text)
    file = io.BytesIO()
    Pillow.new("RGB", (60, 40)).save(file, "PNG", pnginfo=info)
    path.write_bytes(file.getvalue())


@pytest.mark.parametrize(
    "name", ["boat.png", "boat.jpg", "a paper boat", '"a boat.png"', "~/b.png"]
)
def test_a_saved_picture_gives_its_cell_back(made, foreign_service, name):
    """Model, seed, input and id, and the very cell; nothing is asked of the service for it."""
    bare = name.strip('"')
    saved = made.evaluate(f"str(boat.images[0].save({bare!r}))")
    asked = len(foreign_service.requests)
    path = f'"{saved}"' if name.startswith('"') else saved.replace(os.path.expanduser("~"), "~")
    text, markup = told(made, path)
    assert text.endswith(f"copy it\n\n{AGAIN}")
    assert "num_inference_steps  2" in text
    assert made.evaluate("boat.id") in text
    assert text.startswith("file ")
    assert "×" in text.split("\n")[0]
    assert "%%comet flux-schnell --seed 7" in markup
    assert len(foreign_service.requests) == asked > 0


def test_an_id_and_the_name_of_a_file_in_the_store_are_enough(made):
    """What the store knows is told the same way, by an id's beginning, too."""
    for what in ("boat.id", "boat.id[:10]", "'comet:' + boat.images[0].sha256"):
        text, _ = told(made, made.evaluate(what))
        assert text.endswith(AGAIN)
        assert "state" in text


def test_an_original_without_a_word_is_known_by_its_bytes(made):
    """A copy that was saved without metadata is the file that the store has."""
    saved = made.evaluate("str(boat.images[0].save('bare', metadata=False))")
    text, _ = told(made, saved)
    assert text.endswith(AGAIN)


def test_the_cell_of_a_foreign_file_asks_for_what_comes_near(loaded, tmp_path):
    """The default model stands in, what has no counterpart is listed, nothing is sent."""
    png(
        tmp_path / "theirs.png",
        parameters="a fox\nNegative prompt: fog\n"
        "Steps: 30, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 768x512, Model: dreams_v8",
    )
    loaded.run("%config CometMagics.model = 'sdxl'")
    text, _ = told(loaded, "theirs.png")
    assert text.endswith(
        "%%comet sdxl --seed 5 --size 768x512 --no fog -p num_inference_steps=30"
        " -p guidance_scale=7 -p scheduler=K_EULER_ANCESTRAL\na fox"
    )
    assert "so the cell takes sdxl" in text
    loaded.run("%config CometMagics.model = 'flux-schnell'")
    text, _ = told(loaded, "theirs.png")
    assert text.endswith("%%comet flux-schnell --seed 5 --ar 3:2\na fox")
    assert "steps 30: flux-schnell takes 1 to 4" in text


def test_comfyuis_graph_is_read(loaded, tmp_path):
    """From the sampler to the texts, the size and the checkpoint."""
    link = {"model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}
    inputs = {"seed": 9, "steps": 3, "cfg": 1.0, "sampler_name": "euler", **link}
    graph = {
        "3": {"class_type": "KSampler", "inputs": inputs},
        "4": {"class_type": "X", "inputs": {"ckpt_name": "flux1-schnell-fp8.safetensors"}},
        "5": {"class_type": "X", "inputs": {"width": 1344, "height": 768}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox"}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
    }
    png(tmp_path / "comfy.png", prompt=json.dumps(graph))
    text, _ = told(loaded, "comfy.png")
    assert "written by  ComfyUI" in text
    assert text.endswith("%%comet flux-schnell --seed 9 --ar 16:9 -p num_inference_steps=3\na fox")


HOSTILE = "<img src=x onerror=alert(1)> {{ __import__('os') }} \u202e\x1b[31m $x$ `a`"


def test_what_a_file_says_is_text_and_nothing_else(loaded, tmp_path):
    """Markup, expressions, escape sequences and mirrored letters stay harmless in every part."""
    note = {"model": "owner/boats", "input": {"prompt": HOSTILE, HOSTILE[:28]: HOSTILE, "seed": 1}}
    png(
        tmp_path / "ours.png", comet=json.dumps({**note, "id": HOSTILE, "package_version": HOSTILE})
    )
    png(tmp_path / "theirs.png", parameters=f"{HOSTILE}\nSteps: 1, Seed: 1, Model: {HOSTILE}")
    for name in ("ours.png", "theirs.png"):
        text, markup = told(loaded, name)
        assert "<img" not in markup
        assert "&lt;img src=x" in markup
        assert {"\x1b", "\u202e"} & {*text, *markup} == set()
        cell = text[text.index("%%comet") :]
        ran = loaded.run(cell.replace("\n", " --dry-run\n", 1))
        assert ran.ok, ran.error
        assert "__import__" in ran.data("text/plain")[-1]


def test_a_file_that_says_nothing_is_one_line_with_a_remedy(loaded, tmp_path):
    """And so is one whose record is damaged."""
    png(tmp_path / "bare.png", Software="Paint")
    text, _ = told(loaded, "bare.png")
    *_, software, line = text.split("\n")
    assert software.split() == ["software", "Paint"]
    assert line.startswith("nothing in this file says how it was made. `.save()` writes it")
    png(tmp_path / "damaged.png", comet="{", prompt="[]")
    assert "its record is damaged" in told(loaded, "damaged.png")[0]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("", "needs a file"),
        ("nowhere.png", "there is no file nowhere.png"),
        (".", "is a folder"),
        ("pipe", "is no regular file"),
        ("notes.txt", "of an unknown type, not a picture"),
        ("empty.png", "the file is empty"),
        ("comet:000000000000", "there is no file comet:000000000000"),
        ("a\x00b.png", "there is no file"),
        ("x" * 5_000, "there is no file"),
    ],
)
def test_what_is_no_picture_is_one_clear_error(loaded, tmp_path, what, said):
    """A name of nothing, a folder, a pipe that would never end, another kind of file."""
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty.png").touch()
    os.mkfifo(tmp_path / "pipe")
    cell = loaded.run(f"get_ipython().run_line_magic('comet', 'info ' + {what!r})")
    assert not cell.ok
    assert said in cell.error
    assert len(cell.error.split("\n")) == 1


def test_an_input_picture_that_is_not_here_is_said(loaded, tmp_path):
    """The cell names a file of somebody else's store."""
    given = {"prompt": "a boat", "input_image": f"comet:{'ab' * 32}"}
    note = {"model": "black-forest-labs/flux-kontext-pro", "input": given}
    png(tmp_path / "edited.png", comet=json.dumps(note))
    text, _ = told(loaded, "edited.png")
    assert "comet:abababababab… is not in this store" in text


def test_the_help_tells_what_it_reads(loaded):
    """Files of ours and of others, ids, and that nothing is sent."""
    text = loaded.run("%comet help info").data("text/plain")[0]
    for word in ("%comet info boat.png", "ComfyUI", "comet:", "Nothing is sent"):
        assert word in text
