"""The documentation tells the truth: what it names exists, what exists is named, examples run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import comet_jupyter
from comet_jupyter import errors, models
from comet_jupyter.notebook import expansion, options, saving
from comet_jupyter.notebook import sweep as sweeping
from comet_jupyter.notebook.verbs import VERBS
from comet_jupyter.wire.inline import MAX_INLINE

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def part(heading: str) -> str:
    """The README from one heading to the next."""
    text = re.split(rf"^#+ {heading}$", README, maxsplit=1, flags=re.MULTILINE)[1]
    return re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]


def blocks(language: str = "", text: str = README) -> list[str]:
    """The fenced blocks of one language in the README, or in a part of it."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


def test_every_option_verb_model_and_error_is_documented():
    """A new one without a word in the README is noticed."""
    assert [name for name in options.names() if f"{name}" not in README] == []
    assert [name for name in VERBS if f"%comet {name}" not in README] == []
    shorts = [models.short_name(name) for name in models.all_models()]
    assert [name for name in shorts if f"`{name}`" not in README] == []
    undocumented = [name for name in errors.__all__ if f"`{name}`" not in README]
    assert undocumented == ["by_name"]


def test_every_verb_that_is_mentioned_exists():
    """In the README, the notebooks and every message of the package."""
    texts = {"README.md": README}
    for folder, pattern in ((ROOT / "comet_jupyter", "*.py"), (ROOT / "notebooks", "*.ipynb")):
        texts |= {str(path): path.read_text("utf-8") for path in folder.rglob(pattern)}
    mentioned = {
        (verb, name)
        for name, text in texts.items()
        for verb in re.findall(r"`%comet ([a-z]+)", text)
    }
    assert {verb for verb, _ in mentioned} <= set(VERBS), mentioned
    assert len(mentioned) > 20


def test_the_public_face_is_complete():
    """Every name of ``__all__`` is there, once, and has a docstring."""
    names = comet_jupyter.__all__
    assert len(names) == len(set(names))
    for name in names:
        value = getattr(comet_jupyter, name)
        assert name in dir(comet_jupyter)
        assert name == "__version__" or value.__doc__


def test_the_first_lines_run(kernel):
    """The first block of the five minutes, as it is copied: no key, and then there is a sandbox."""
    load, _ = blocks("python")
    done = kernel.run(load)
    assert done.ok, done.error
    assert "drawn on this machine" in str(done.outputs)


def test_the_same_again_runs(sandbox, start_kernel, monkeypatch):
    """A kernel records as the README says; another one, without a key, shows the same picture."""
    [story] = [block for block in blocks() if block.startswith("%comet record")]
    record = story.partition("\n")[0]
    assert set(re.findall(r"^%comet (\w+)", story, re.MULTILINE)) == {"record", "share"}
    cell = "%%comet\na paper boat"
    first = start_kernel()
    assert first.run(f"%load_ext comet_jupyter\n{record}").ok
    made = first.run(cell)
    assert made.ok, made.error
    second = start_kernel(COMETAPI_KEY="", COMETAPI_BASE_URL="http://127.0.0.1:9")
    assert second.run(f"%load_ext comet_jupyter\n{record.replace('record', 'replay', 1)}").ok
    again = second.run(cell)
    assert again.ok, again.error
    assert again.pictures == made.pictures != []


def test_the_commands_of_the_same_again_run(tmp_path):
    """The shipped notebook passes the check, with the command that the README gives."""
    [commands] = [block for block in blocks("bash") if "comet_jupyter share" in block]
    words = commands.partition("  #")[0].split()
    assert words[:2] == ["python", "-m"]
    done = subprocess.run(
        [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "nothing wrong" in done.stdout


@pytest.mark.parametrize("number", range(3))
def test_the_readme_examples_run(sandbox, kernel, number):
    """The five minutes and the Python example, cell by cell, as a newcomer types them."""
    load, python = blocks("python")
    cells = blocks(text=part("Five minutes"))
    assert len(cells) == 2
    kernel.run(load.partition("\n")[0])
    kernel.run('time_of_day = "dusk"')
    source = [cells[0], cells[1], python][number]
    done = kernel.run(source.rstrip("\n"))
    assert done.ok, done.error
    if number == 1:
        assert kernel.evaluate("len(boats.images), 'dusk' in boats[0].prompt") == (4, True)
        for example in re.search(r"^`boats` is there.*", README, re.MULTILINE)[0].split("`")[3::2]:
            assert kernel.run(example).ok, example


def test_iterating_runs(sandbox, kernel, home):
    """Its cells, one after the other, as they are copied; each number that is named is right."""
    kernel.run(f"%load_ext comet_jupyter\nimport os; os.chdir({str(home)!r})")
    text = part("Iterating")
    sweep, *others = blocks(text=text)
    assert [cell.split()[0] for cell in others] == ["%%comet", "%%comet", "%comet"]
    for cell in (sweep, *others):
        done = kernel.run(cell.rstrip("\n"))
        assert done.ok, (cell, done.error)
    assert kernel.evaluate("grid.shape") == (3, 3)
    assert len(list((home / "chosen").iterdir())) == 1
    for line in re.findall(r"`(%comet [^`]+)`", text):
        done = kernel.run(line)
        assert done.ok, (line, done.error)
    limits = (f"At most {sweeping.MOST} on an axis", f"{options.MOST_ON_SHEET} pictures on a sheet")
    for limit in (*limits, f"{options.MOST:,} in a cell", f"at most {MAX_INLINE // 10**6} MB"):
        assert limit in text, limit
    assert f"at most {('no', 'one', 'two', 'three')[expansion.MOST_AXES]}." in text
    assert [name for name in saving.NAMES if f"`{{{name}}}`" not in text] == []
    over = kernel.evaluate("get_ipython().magics_manager.registry['CometMagics'].confirm_over")
    assert f"More than {over} new pictures" in text
