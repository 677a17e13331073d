"""`%comet share` in a real kernel: a table, the right notebook, and no key in what it shows."""

from __future__ import annotations

import json

import pytest
from support.saved import code, encoded, notebook, save, shown, stream

KEY = "sk-" + "Ab3dE6gH9jK2mN5pQ8sTuV1w"


@pytest.fixture
def demo(tmp_path):
    """A notebook with a problem to mend and one to name, in the kernel's folder."""
    cells = (
        code("print(key)", stream(f"{KEY}\n")),
        code("webp", shown({"image/webp": encoded("WEBP")})),
        code("film", shown({"video/mp4": "AAAA"})),
    )
    return save(tmp_path / "my demo.ipynb", notebook(*cells))


def test_the_verb_shows_a_table_and_says_what_to_do(kernel, demo):
    """With the name in quotes, as a name with a blank is typed; nothing is sent or changed."""
    before = demo.read_bytes()
    kernel.run("%load_ext comet_jupyter")
    cell = kernel.run('%comet share "my demo.ipynb"')
    assert cell.ok, cell.error
    (markup,), (text,) = cell.data("text/html"), cell.data("text/plain")
    for words in ("problem · key", "cell 1, output 1 (print(key))", "3 problems"):
        assert words in markup
    assert "problem: format: cell 3, output 1 (film)" in text
    assert KEY not in str(cell.messages)
    assert demo.read_bytes() == before


def test_fix_mends_the_open_notebook_and_asks_to_reload_it(kernel, demo):
    """Without a name it is the one that is open; what is left is said too."""
    kernel.run("%load_ext comet_jupyter")
    cell = kernel.run("%comet share --fix")
    assert cell.ok, cell.error
    text = "\n".join(cell.data("text/plain"))
    assert "fixed: cell 1, output 1" in text
    assert "1 problem" in text
    assert "Reload the notebook from disk" in text
    outputs = [one["outputs"][0] for one in json.loads(demo.read_bytes())["cells"]]
    assert "".join(outputs[0]["text"]) == "[key removed]\n"
    assert {"image/png", "image/jpeg"} & set(outputs[1]["data"])


def test_the_front_end_says_which_notebook_is_open(start_kernel, tmp_path, demo):
    """Jupyter Server names it in the environment, VS Code in a variable."""
    other = save(tmp_path / "other.ipynb", notebook(code("1 + 1", stream("2"))))
    kernel = start_kernel(JPY_SESSION_NAME=str(other))
    kernel.run("%load_ext comet_jupyter")
    assert "other.ipynb: nothing wrong" in kernel.run("%comet share").data("text/plain")[0]
    kernel.run(f"__vsc_ipynb_file__ = {str(demo)!r}")
    assert "3 problems" in kernel.run("%comet share").data("text/plain")[0]


def test_what_cannot_be_checked_is_one_line(kernel, demo):
    """A name that is none, an option that is none, and a folder with nothing in it."""
    kernel.run("%load_ext comet_jupyter")
    absent = kernel.run("%comet share absent.ipynb")
    said = "InputError: there is no absent.ipynb. Give the path of a saved notebook."
    assert absent.error == said
    assert "Did you mean --fix?" in kernel.run("%comet share --fx").error
    assert KEY not in kernel.run(f"%comet share {KEY}").error
    demo.unlink()
    assert "cannot be told which notebook is open" in kernel.run("%comet share").error


def test_a_saved_check_is_itself_nothing_to_find(kernel, demo, tmp_path):
    """The table stands in the notebook that is checked next: it has no finding of its own."""
    kernel.run("%load_ext comet_jupyter")
    outputs = kernel.run(f"%comet share {demo.name}").outputs
    saved = save(
        tmp_path / "saved.ipynb",
        notebook(code("%comet share", *json.loads(json.dumps(outputs)))),
    )
    text = kernel.run(f"%comet share {saved.name}").data("text/plain")[0]
    assert "nothing wrong" in text, text


def test_the_key_of_this_session_is_looked_for(foreign_service, kernel, tmp_path):
    """Whatever its shape, and also where it was typed at login only."""
    foreign_service.key = "a-key-of-no-shape-at-all"
    kernel.answers.append(foreign_service.key)
    kernel.run("import os; os.environ.pop('COMETAPI_KEY')\n%load_ext comet_jupyter")
    kernel.run("%comet login", live=True)
    save(tmp_path / "demo.ipynb", notebook(code("x", stream(foreign_service.key))))
    cell = kernel.run("%comet share demo.ipynb")
    assert "the configured API key stands in it" in cell.data("text/plain")[0]
    assert foreign_service.key not in str(cell.messages)
