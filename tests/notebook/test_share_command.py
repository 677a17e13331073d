"""`python -m comet_jupyter share` as a process, broken files, and what a report never shows."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.saved import code, encoded, failed, html, markdown, notebook, save, shown, stream

from comet_jupyter.errors import InputError
from comet_jupyter.key import Key
from comet_jupyter.notebook.share import open_notebook, report, share
from comet_jupyter.notebook.share.checks import check, mend
from comet_jupyter.notebook.share.file import read
from comet_jupyter.notebook.share.keys import Secrets
from comet_jupyter.notebook.share.shape import malformed
from comet_jupyter.notebook.share.surroundings import Surroundings

OURS = "cm/own+key=Zq81xLw0TfVb29"
CLEAN = notebook(markdown("# Clean"), code("1 + 1", stream("2\n")))
NOTICED = notebook(code("1 + 1", count=None))
BROKEN = notebook(code("x", shown({"image/webp": encoded("WEBP")})))


def command(*arguments, cwd, **variables):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "comet_jupyter", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_exit_statuses(tmp_path):
    """0 for nothing and for notices, 1 for problems, 2 for what cannot be checked; the worst."""
    for name, data in (("clean", CLEAN), ("noticed", NOTICED), ("broken", BROKEN)):
        save(tmp_path / f"{name}.ipynb", data)
    clean = command("share", "clean.ipynb", cwd=tmp_path)
    assert (clean.returncode, clean.stdout) == (0, "clean.ipynb: nothing wrong\n")
    noticed = command("share", "noticed.ipynb", cwd=tmp_path)
    assert noticed.returncode == 0
    assert "notice: not-run" in noticed.stdout
    broken = command("share", "clean.ipynb", "broken.ipynb", cwd=tmp_path)
    assert broken.returncode == 1
    assert "broken.ipynb: problem: format: cell 1, output 1 (x): " in broken.stdout
    assert broken.stdout.endswith("broken.ipynb: 1 problem, --fix mends 1\n")
    absent = command("share", "broken.ipynb", "absent.ipynb", cwd=tmp_path)
    assert absent.returncode == 2
    said = absent.stderr.splitlines()[-1]  # an old keyring speaks before
    assert said == "there is no absent.ipynb. Give the path of a saved notebook."
    assert command(cwd=tmp_path).returncode == 2


def test_fix_says_what_it_did_and_what_is_left(tmp_path):
    """The exit status is of what is left."""
    save(tmp_path / "demo.ipynb", BROKEN)
    fixed = command("share", "--fix", "demo.ipynb", cwd=tmp_path)
    assert fixed.returncode == 0
    assert "demo.ipynb: fixed: cell 1, output 1 (x): image/" in fixed.stdout
    assert fixed.stdout.endswith("demo.ipynb: 1 thing mended, nothing wrong\n")
    assert command("share", "demo.ipynb", cwd=tmp_path).stdout == "demo.ipynb: nothing wrong\n"


def test_a_check_needs_no_ipython_and_no_widgets(tmp_path):
    """A clean environment of CI: neither is imported, nor an HTTP client."""
    save(tmp_path / "demo.ipynb", BROKEN)
    heavy = "{'IPython', 'ipywidgets', 'httpx', 'traitlets', 'nbformat', 'tornado'}"
    look = f"import sys; print(sorted({heavy} & set(sys.modules)))"
    run = "from comet_jupyter.__main__ import main; main(['share', 'demo.ipynb'])"
    for code_text, seen in ((f"{run}; {look}", "[]"), (f"import IPython; {run}; {look}", "IPyth")):
        done = subprocess.run(
            [sys.executable, "-c", code_text], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert seen in done.stdout.splitlines()[-1]


def test_a_narrow_terminal_code_page_is_no_trouble(tmp_path):
    """Characters that the terminal lacks are replaced, and nothing is raised."""
    save(tmp_path / "demo.ipynb", notebook(code("☃ = 1", count=None)))
    done = command("share", "demo.ipynb", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "cell" in done.stdout


# -- what cannot be checked --------------------------------------------------------------

BAD = {
    "empty": b"",
    "no JSON": b"{",
    "half a notebook": json.dumps(CLEAN).encode()[:200],
    "NaN": json.dumps({**CLEAN, "x": float("nan")}).encode(),
    "too large a number": json.dumps(CLEAN).encode()[:-1] + b', "x": 1e999}',
    "UTF-16": json.dumps(CLEAN).encode("utf-16"),
    "a picture": base64.b64decode(encoded("PNG")),
    "a list": b"[]",
    "another JSON": b'{"cells": []}',
    "an old notebook": b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
    "a newer notebook": json.dumps({**CLEAN, "nbformat": 5}).encode(),
    "no cells": json.dumps({**CLEAN, "cells": {}}).encode(),
    "a cell without a source": json.dumps({**CLEAN, "cells": [{"cell_type": "code"}]}).encode(),
    "very deep": b'{"nbformat": 4, "metadata": {"a": ' + b"[" * 400 + b"]" * 400 + b"}}",
    "deeper than Python goes": b"[" * 100_000,
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_notebook_is_one_clear_error(tmp_path, name):
    """Cause and remedy in one line, and no other exception."""
    path = tmp_path / "demo.ipynb"
    path.write_bytes(BAD[name])
    with pytest.raises(InputError) as caught:
        share(path, fix=True)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    assert path.read_bytes() == BAD[name]


def test_a_newer_format_is_named(tmp_path):
    """So that the reader knows that the notebook is not to blame."""
    path = tmp_path / "demo.ipynb"
    path.write_bytes(BAD["a newer notebook"])
    with pytest.raises(InputError, match="nbformat 5 is newer than the 4"):
        share(path)


def test_a_folder_is_no_notebook(tmp_path):
    """Nor is a path that cannot be one."""
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(InputError, match="could not be read"):
        read(tmp_path / "a\0b")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    "cell_type source metadata outputs execution_count data text output_type attachments comet"
    " files predictions widgets state version_major model_id input model occurrence traceback"
    " kernelspec papermill input_path tags name id url sha256 image/webp image/png text/html"
    " application/vnd.jupyter.widget-state+json application/vnd.jupyter.widget-view+json".split()
)
SEED = notebook(
    markdown("![a](attachment:a)", attachments={"a": {"image/png": ""}}),
    code(
        "%%comet\na boat",
        shown(
            {
                "image/webp": encoded("WEBP"),
                "text/html": ["<img src='https://replicate.delivery/a'>"],
                "application/vnd.jupyter.widget-view+json": {"model_id": "a"},
            },
            comet={"files": [{"sha256": "ab", "url": "b"}], "model": "a/b", "input": {"seed": 1}},
        ),
        stream("/home/ada/x"),
        failed("a", "b"),
    ),
    widgets={"application/vnd.jupyter.widget-state+json": {"state": {"a": {}}}},
    papermill={"input_path": "/home/ada/x"},
)


def spots(node, path=()):
    """Every place in a JSON value."""
    yield path
    for name, child in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(child, (dict, list)):
            yield from spots(child, (*path, name))
        else:
            yield (*path, name)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_broken_notebook_is_checked_and_mended_or_refused(data):
    """Any value in any place of a notebook: one clear error, or findings and a valid mend."""
    broken = json.loads(json.dumps(SEED))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from([path for path in spots(broken) if path]))
        node = broken
        for name in way:
            node = node[name]
        if data.draw(st.booleans()):
            node[last] = data.draw(JSON)
        elif isinstance(node, dict):
            node[data.draw(MEMBERS)] = data.draw(JSON)
        else:
            del node[last]
    refused_or_checked(broken)


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_any_json_is_checked_or_refused(value):
    """Also what is nothing like a notebook."""
    refused_or_checked(value)


def refused_or_checked(value):
    """The one or the other, and nothing else; a mend leaves nothing to mend."""
    if malformed(value):
        assert "\n" not in malformed(value)
        return
    around = Surroundings(secrets=Secrets([Key(OURS)]))
    for finding in check(value, around):
        assert "\n" not in f"{finding.place} {finding.cause} {finding.remedy}"
    mended, changes = mend(value, around)
    assert malformed(mended) == ""
    left = [one for one in check(mended, around) if one.fixable]
    assert left == []
    assert mend(mended, around) == (mended, ())
    assert changes or mended == value


# -- the key in the report ---------------------------------------------------------------


def spellings(key):
    """The key as it may be written down."""
    raw = key.encode()
    forms = {raw.hex(), key, key[::-1], urllib.parse.quote(key, safe="")}
    forms |= {json.dumps(key).replace("/", "\\/"), base64.b64encode(raw).decode()}
    return [*forms, base64.urlsafe_b64encode(b"x" + raw).decode()]


def everywhere(text):
    """A notebook with a text in every place, the beginnings of cells included."""
    return notebook(
        code(text, stream(text), html(f"<p>{text}</p>"), failed(text), **{text: text}),
        markdown(f"{text} https://replicate.delivery/{text} ![a](attachment:{text})"),
        code("x", shown({"image/webp": text, text: text}, comet={"model": text, "input": text})),
        code("y", shown({f"image/{text}": encoded("WEBP")})),
        code("z", shown({f"video/{text}": text})),
        **{text: {"api_key": text}, "papermill": {"input_path": f"/tmp/{text}"}},
    )


def mentions(text, key):
    """The spellings of the key, or the longer half of one, that stand in a text."""
    return [one for one in spellings(key) if one[:14] in text or one[-14:] in text]


@pytest.mark.parametrize("number", range(7))
def test_the_key_is_in_no_report(tmp_path, monkeypatch, number):
    """Not in lines, not in the table, not before and not after a mend; nor in the file then."""
    monkeypatch.setenv("COMETAPI_KEY", OURS)
    text = spellings(OURS)[number]
    path = save(tmp_path / "demo.ipynb", everywhere(text))
    assert mentions(path.read_text("utf-8"), OURS)
    said = ""
    for fix in (False, True):
        found = share(path, fix=fix)
        said += "\n".join(report.lines(found)) + str(report.bundle(found)) + repr(found)
    assert "configured API key" in said
    assert mentions(said, OURS) == []
    mended = json.loads(path.read_bytes())
    assert mentions(json.dumps(mended["cells"][0]), OURS) == []


def test_a_report_that_shows_the_key_would_be_seen():
    """Control: the same look finds each spelling in a text that holds it."""
    assert all(mentions(f"cell 1 ({one})", OURS) for one in spellings(OURS))
    assert mentions("cell 1 (api_key)", OURS) == []


def test_settings_that_cannot_be_read_do_not_stop_the_check(tmp_path, monkeypatch):
    """The rest is checked, and a notice says that the key was not looked for."""
    monkeypatch.setenv("COMETAPI_KEY", "no key")
    found = share(save(tmp_path / "demo.ipynb", BROKEN))
    assert [one.code for one in found.findings] == ["format", "key"]
    assert "not looked for" in found.findings[1].cause


# -- which notebook ----------------------------------------------------------------------


def test_the_open_notebook_is_what_the_front_end_names(tmp_path):
    """VS Code's variable, then Jupyter Server's, then the only one in the folder."""
    first = save(tmp_path / "first.ipynb", CLEAN)
    assert open_notebook({}, {}, tmp_path) == first
    second = save(tmp_path / "second.ipynb", CLEAN)
    named = {"JPY_SESSION_NAME": str(first)}
    assert open_notebook({}, named, tmp_path) == first
    assert open_notebook({"__vsc_ipynb_file__": str(second)}, named, tmp_path) == second
    assert open_notebook({}, {"JPY_SESSION_NAME": "work/second.ipynb"}, tmp_path) == second


@pytest.mark.parametrize(
    "environ", [{}, {"JPY_SESSION_NAME": "/gone.ipynb"}, {"JPY_SESSION_NAME": "console-1-a2b3"}]
)
def test_it_is_asked_for_where_it_cannot_be_told(tmp_path, environ):
    """None or several, and no word from the front end: an error that says what to type."""
    with pytest.raises(InputError, match=r"no notebook is here.*%comet share NOTEBOOK"):
        open_notebook({}, environ, tmp_path)
    for name in ("first", "second"):
        save(tmp_path / f"{name}.ipynb", CLEAN)
    with pytest.raises(InputError, match="2 notebooks are here"):
        open_notebook({}, environ, tmp_path)
