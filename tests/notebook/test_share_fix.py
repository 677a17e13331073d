"""What `share --fix` mends, what it leaves alone, and how it writes."""

from __future__ import annotations

import base64
import copy
import json
import stat
import sys
from pathlib import Path

import nbformat
import pytest
from support.headless import count_html_pictures
from support.saved import (
    WIDGET_STATE,
    WIDGET_VIEW,
    code,
    encoded,
    failed,
    html,
    markdown,
    notebook,
    picture_bytes,
    save,
    shown,
    stream,
)

from comet_jupyter.errors import InputError
from comet_jupyter.images import measure
from comet_jupyter.notebook.share import file, share
from comet_jupyter.notebook.share.checks import mend
from comet_jupyter.notebook.share.surroundings import Surroundings
from comet_jupyter.store.files import Files

ROOT = Path(__file__).parents[2]
KEY = "sk-" + "Ab3dE6gH9jK2mN5pQ8sTuV1w"
DELIVERY = "https://replicate.delivery/xezq/aBc123/out-0.webp"
PNG = encoded("PNG")


def view(model="ab12"):
    """What an output needs to show a widget."""
    return {"model_id": model, "version_major": 2, "version_minor": 0}


def everything():
    """A notebook with one of everything that can be mended, and a clean part."""
    return notebook(
        markdown("# A demo\n\nwith a picture"),
        code(f'api_key = "{KEY}"\nprint(api_key)', stream(f"{KEY}\n/home/ada/a.png\n")),
        code("webp", shown({"image/webp": encoded("WEBP")})),
        code("avif", shown({"image/avif": encoded("AVIF"), "text/plain": ["<picture>"]})),
        code("dead", shown({"image/png": PNG, "text/html": [f"<p>a</p><img src='{DELIVERY}'>"]})),
        code("deadest", shown({"image/png": PNG, "text/html": [f"<img src='{DELIVERY}'>"]})),
        code("plot", shown({"image/png": PNG, "text/html": ["<script>draw()</script>"]})),
        code("js", shown({"image/png": PNG, "application/javascript": ["draw()"]})),
        code("w", shown({WIDGET_VIEW: view(), "text/plain": ["VBox(children=())"]}), stream("a")),
        code("w2", shown({WIDGET_VIEW: view(), "text/html": ["<p>it stays</p>"]})),
        code("%%comet\na boat", shown({"image/png": PNG}, comet={"files": [{"url": DELIVERY}]})),
        code("log", stream("".join(f"line {number}\n" for number in range(20_000)))),
        code("boom", failed("\x1b[0;32m/Users/ada/x.py\x1b[0m in f"), tags=["raises-exception"]),
        kernelspec={"name": "client", "display_name": "client", "language": "python"},
        papermill={"input_path": "/tmp/a/in.ipynb", "output_path": "out.ipynb", "version": "2"},
        widgets={WIDGET_STATE: {"ab12": {}}},
        custom={"kept": [1, 2.5, None, "as it is"]},
    )


@pytest.fixture
def messy(tmp_path):
    """`everything` as a file."""
    return save(tmp_path / "messy.ipynb", everything())


def test_everything_that_can_be_mended_is(messy, export_html):
    """A page cannot be made of it; afterwards nothing is left to find, and its pictures show."""
    with pytest.raises(RuntimeError, match="KeyError: 'state'"):
        export_html(messy)
    before = share(messy)
    assert before.problems > 10
    assert all(one.fixable for one in before.findings)
    report = share(messy, fix=True)
    assert report.findings == ()
    assert len(report.changes) >= before.problems
    nbformat.validate(nbformat.read(messy, as_version=4))
    page = export_html(messy)
    assert count_html_pictures(page) == 7  # webp, avif, dead ones, plots, ours
    assert KEY not in page
    assert "it stays" in page


def test_each_mend_says_what_it_did(messy):
    """Every change names its place and itself, and none repeats the key or the name."""
    said = [f"{one.place}: {one.text}" for one in share(messy, fix=True).changes]
    assert not [line for line in said if KEY in line or "/ada" in line]
    for words in (
        "cell 2, source",
        "revoke it",
        "put beside image/webp",
        "beside image/avif",
        "a dead <img> replaced",
        "it hid the picture",
        "half-saved widget state taken out",
        "view of a widget",
        "the service's addresses taken out",
        "log shortened from",
        "a home folder written as ~",
        "papermill's input_path taken out",
        "replaced by python3",
    ):
        assert any(words in line for line in said), words


def test_mending_twice_changes_nothing(messy):
    """The second time no byte is written and nothing is said to be done."""
    share(messy, fix=True)
    once, written = messy.read_bytes(), messy.stat().st_mtime_ns
    assert share(messy, fix=True).changes == ()
    assert (messy.read_bytes(), messy.stat().st_mtime_ns) == (once, written)


def test_a_check_alone_changes_nothing(messy):
    """Without --fix not a byte."""
    once = messy.read_bytes()
    share(messy)
    assert messy.read_bytes() == once


def test_what_is_not_broken_stays_as_it_is(messy):
    """Unknown members, other cells, ids and order; only what was mended differs."""
    before = json.loads(messy.read_bytes())
    share(messy, fix=True)
    after = json.loads(messy.read_bytes())
    assert after["metadata"]["custom"] == before["metadata"]["custom"]
    assert after["metadata"]["papermill"] == {"output_path": "out.ipynb", "version": "2"}
    assert after["cells"][0] == before["cells"][0]
    assert [cell["id"] for cell in after["cells"]] == [cell["id"] for cell in before["cells"]]
    for cell in (7, 8):
        assert after["cells"][cell]["source"] == before["cells"][cell]["source"]
    assert after["cells"][8]["outputs"] == [stream("a")]


def test_a_source_without_its_key_still_reads(messy):
    """The literal is replaced, nothing around it, and the cell still compiles."""
    share(messy, fix=True)
    source = "".join(json.loads(messy.read_bytes())["cells"][1]["source"])
    assert source == 'api_key = "[key removed]"\nprint(api_key)'
    compile(source, "cell", "exec")


@pytest.mark.parametrize(
    "cell",
    [
        markdown(f"![boat]({DELIVERY})"),
        code(f"%%comet --image {DELIVERY}\na boat"),
        code("x", html(f"<img src='{DELIVERY}'>")),
        code("x", html("<script>draw()</script>")),
        code("x", shown({"video/mp4": "AAAA"})),
        code("x", shown({"image/webp": "bm8gcGljdHVyZQ=="})),
        code("open('/home/ada/a.txt')"),
        code("%%comet\na boat", shown({"text/plain": ["processing · flux-dev · 3 s"]})),
    ],
)
def test_what_cannot_be_mended_safely_is_left(tmp_path, cell):
    """The finding stays, says that it is not to be mended, and the file stays as it is."""
    path = save(tmp_path / "demo.ipynb", notebook(cell))
    before = path.read_bytes()
    report = share(path, fix=True)
    assert [one.fixable for one in report.findings] == [False]
    assert (report.changes, path.read_bytes()) == ((), before)


def test_a_picture_is_made_from_the_original_where_it_is_kept(tmp_path, home):
    """The store's original is taken, not the smaller copy in the notebook."""
    original = picture_bytes("WEBP", "red", (300, 200))
    sha256, _ = Files(home / "comet").add(original, "image/webp")
    record = {"files": [{"sha256": sha256, "media_type": "image/webp"}], "image": 0}
    output = shown({"image/webp": encoded("WEBP", "blue")}, comet=record)
    path = save(tmp_path / "demo.ipynb", notebook(code("x", output)))
    share(path, fix=True)
    data = json.loads(path.read_bytes())["cells"][0]["outputs"][0]["data"]
    assert data["image/webp"] == encoded("WEBP", "blue")
    made = data.get("image/png") or data.get("image/jpeg")
    assert measure(base64.b64decode(made))[1:] == (300, 200)


# -- the file ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=str)
def test_shipped_notebooks_would_be_written_byte_for_byte(path):
    """Reading and writing gives the same bytes, so a mend shows alone in a diff."""
    read = file.read(path)
    assert read.format.text(read.notebook).encode() == path.read_bytes()


@pytest.mark.parametrize(
    "written",
    [
        lambda data: json.dumps(data, indent=1, ensure_ascii=False) + "\n",
        lambda data: json.dumps(data, indent=2, ensure_ascii=False),
        lambda data: json.dumps(data, indent="\t", ensure_ascii=True) + "\n",
        lambda data: json.dumps(data, ensure_ascii=False),
        lambda data: json.dumps(data, separators=(",", ":"), ensure_ascii=True),
        lambda data: "\ufeff" + json.dumps(data, indent=1, ensure_ascii=False) + "\n\n",
        lambda data: (json.dumps(data, indent=1, ensure_ascii=False) + "\n").replace("\n", "\r\n"),
        lambda data: json.dumps({**data, "half": "\ud83d"}, indent=1, ensure_ascii=True) + "\n",
    ],
)
def test_the_file_keeps_its_own_format(tmp_path, written):
    """Indent, line ends, escapes, byte order mark and ending are what they were."""
    data = notebook(markdown("# déjà vu ☃"), code("1 + 1", stream("2\n")))
    path = tmp_path / "demo.ipynb"
    path.write_bytes(written(data).encode())
    read = file.read(path)
    assert read.format.text(read.notebook).encode() == path.read_bytes()


def test_half_a_character_survives(tmp_path):
    """A lone surrogate beside real ones is written as JSON can say it."""
    text = json.dumps(notebook(markdown("☃ HALF")), indent=1, ensure_ascii=False)
    path = tmp_path / "demo.ipynb"
    path.write_text(text.replace("HALF", "\\ud83d"), encoding="utf-8")
    read = file.read(path)
    assert read.format.text(read.notebook) == path.read_text(encoding="utf-8")


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(messy):
    """Somebody saved between reading and writing: an error, and their bytes stay."""
    read = file.read(messy)
    theirs = save(messy, notebook(markdown("new"))).read_bytes()
    with pytest.raises(InputError, match="was changed meanwhile"):
        read.write(read.notebook)
    assert messy.read_bytes() == theirs
    assert list(messy.parent.iterdir()) == [messy]


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes are of POSIX")
def test_link_and_mode_stay(messy):
    """A link stays a link, and what it leads to keeps its mode."""
    messy.chmod(0o640)
    link = messy.with_name("link.ipynb")
    link.symlink_to(messy)
    assert share(link, fix=True).changes
    assert link.is_symlink()
    assert stat.S_IMODE(messy.stat().st_mode) == 0o640
    assert share(messy).findings == ()


def test_the_notebook_that_was_read_is_not_touched_by_a_mend():
    """Mending is pure: it gives a new notebook."""
    before = everything()
    kept = copy.deepcopy(before)
    mended, changes = mend(before, Surroundings())
    assert before == kept
    assert mended != before
    assert changes


def test_a_shortened_log_keeps_both_ends(tmp_path):
    """The beginning, the end, and how much is missing."""
    lines = "".join(f"line {number}\n" for number in range(20_000))
    path = save(tmp_path / "demo.ipynb", notebook(code("x", stream(lines))))
    share(path, fix=True)
    text = "".join(json.loads(path.read_bytes())["cells"][0]["outputs"][0]["text"])
    assert text.startswith("line 0\nline 1\n")
    assert text.endswith("line 19999\n")
    assert "characters left out" in text
    assert len(text) < 33_000
