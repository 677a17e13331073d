"""Tab in a real kernel: what its complete reply holds, and what asking for it leaves alone."""

from __future__ import annotations

import pytest
from support.kernel import Kernel

from comet_jupyter.notebook.options import CACHE

KEY = "sk-" + "x" * 24

STATE = """
def state():
    import sys, threading
    heavy = {"httpx", "ipywidgets", "PIL", "tornado.web", "keyring"}
    completer = get_ipython().Completer
    ids = [getattr(one, "matcher_identifier", "") for one in completer.custom_matchers]
    return {
        "threads": sum(one.name.startswith("comet") for one in threading.enumerate()),
        "heavy": sorted(heavy & set(sys.modules) - before),
        "completers": ids.count("comet_jupyter") + ("completions" in vars(completer)),
    }
import sys
before = set(sys.modules)
"""

REPLIES = {
    "%%comet --see|": ("--see", ["--seed"]),
    "\n\n  %%comet --see| 4\na boat": ("--see", ["--seed"]),
    "%%comet --cache |": ("", [*CACHE]),
    "%%comet --cache=re|": ("re", ["replay", "refresh"]),
    "%%comet --seed=+|": ("+", ["+1"]),
    "%%comet --variants random:|": ("random:", ["random:"]),
    "%%comet flux-dev -p gui|dance=3": ("gui", ["guidance="]),
    "%%comet flux-dev -p guidance=|": ("", []),
    "%%comet flux-dev -p go_fast=|": ("", ["true", "false"]),
    "%%comet flux-2-pro -p resolution=2|": ("2", ['"2 MP"']),
    '%%comet flux-2-pro -p "resolution=2|"': ("2", ["2 MP"]),
    "%%comet --sweep aspect_ratio=16:9,1|": ("1", ["1:1"]),
    "%%comet black-forest-labs/flux-sch|": (
        "black-forest-labs/flux-sch",
        ["black-forest-labs/flux-schnell"],
    ),
    "%%comet --no '🎨 é' --see|": ("--see", ["--seed"]),
    "%comet sho|": ("sho", ["show"]),
    "x = '🎨'\nif x:\n    %comet help canc|": ("canc", ["cancel"]),
    "%comet run --see|": ("--see", ["--seed"]),
    "%%comet\n🎨 {{ seedl| }} 🎨": ("seedl", ["seedling"]),
    "%%comet\n{{ seedling.upp|": ("upp", ["upper"]),
    "%%comet\na boat at d|": ("", []),
    "%%comet\nimport o|": ("", []),
    "%%comet\n%tim|": ("", []),
    "%%comet\n./|": ("", []),
    "%%comet\n\\alpha|": ("", []),
    "%%comet --unknown nonsense.|": ("", []),
}
"""By the text, whose ``|`` is the cursor: what is replaced, and everything that is offered."""


def tab(kernel: Kernel, marked: str) -> tuple[str, list[str]]:
    """What is replaced, and what is offered."""
    cursor = marked.index("|")
    code = marked[:cursor] + marked[cursor + 1 :]
    reply = kernel.complete(code, cursor)
    assert (reply["status"], reply["cursor_end"]) == ("ok", cursor)
    return code[reply["cursor_start"] : cursor], reply["matches"]


@pytest.fixture
def loaded(kernel: Kernel) -> Kernel:
    """A kernel with the extension, and a variable."""
    cell = kernel.run(f"{STATE}\n%load_ext comet_jupyter\nseedling = 'words'")
    assert cell.ok, cell.error
    return kernel


def test_a_reply_holds_ours_and_nothing_else(loaded):
    """Neither Python names nor magics nor files are mixed in, and the cursor is right."""
    assert {text: tab(loaded, text) for text in REPLIES} == REPLIES


def test_ipython_would_offer_its_own(loaded):
    """Control: without the extension the same texts get names, magics and files."""
    loaded.run("%unload_ext comet_jupyter")
    for text in ("%%comet --see|", "%%comet\nimport o|", "%%comet\n%tim|", "%%comet\n\\alpha|"):
        assert tab(loaded, text) != REPLIES[text]
        assert tab(loaded, text)[1]


def test_python_is_completed_as_before(loaded):
    """Other cells, and the name of the magic, are left to IPython."""
    assert "seedling" in tab(loaded, "seed|")[1]
    assert "%%comet" in tab(loaded, "%%com|")[1]
    assert "upper" in str(tab(loaded, "seedling.up|")[1])


def test_each_option_comes_with_its_help(loaded):
    """Front ends show what stands as the type: the words of the help, on one line."""
    types = loaded.complete("%%comet --see")["metadata"]["_jupyter_types_experimental"]
    shown = types[0]["type"].replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")
    assert shown == "the first seed; without it one is drawn, and shown"
    assert " " not in types[0]["type"]


def test_asking_opens_nothing(foreign_service, loaded, home):
    """No store is made, no thread started, nothing sent, nothing heavy imported."""
    for text in (*REPLIES, "%comet show |", "%%comet --image |", "%%comet --from |", "%comet |"):
        tab(loaded, text)
    assert loaded.evaluate("state()") == {"threads": 0, "heavy": [], "completers": 1}
    assert foreign_service.requests == []
    assert not (home / "comet").exists()
    loaded.run("%%comet\na boat")
    assert loaded.evaluate("state()")["threads"] == 1
    assert "httpx" in loaded.evaluate("state()")["heavy"]


def test_reloading_leaves_one(loaded):
    """Load, load again and reload leave one completer; unloading leaves none."""
    for line in ("%load_ext", "%reload_ext", "%reload_ext"):
        loaded.run(f"{line} comet_jupyter")
        assert loaded.evaluate("state()")["completers"] == 1
    assert tab(loaded, "%%comet --see|") == ("--see", ["--seed"])
    loaded.run("%unload_ext comet_jupyter")
    assert loaded.evaluate("state()")["completers"] == 0
    loaded.run("%load_ext comet_jupyter")
    assert tab(loaded, "%%comet --see|") == ("--see", ["--seed"])


def test_results_are_offered_newest_first(foreign_service, loaded, start_kernel, tmp_path):
    """Where an id is wanted, also those of an earlier kernel; pictures of the folder, too."""
    loaded.run("%%comet -o first\na lake")
    loaded.run("%%comet -o second\na boat")
    ids = [loaded.evaluate("second.id"), loaded.evaluate("first.id")]
    (tmp_path / "sea.png").touch()
    (tmp_path / "notes.txt").touch()
    for line in ("%comet show |", "%%comet --from |"):
        assert tab(loaded, line) == ("", ids)
    assert tab(loaded, "%%comet --image |") == ("", [*ids, "sea.png"])
    assert tab(loaded, "%comet info se|") == ("se", ["sea.png"])
    assert tab(loaded, f"%comet show {ids[1]}|") == (ids[1], [ids[1]])
    assert tab(loaded, f"%comet forget {ids[1]} |") == ("", [ids[0]])
    later = start_kernel()
    later.run("%load_ext comet_jupyter")
    assert tab(later, "%comet show |") == ("", ids)


def test_what_is_in_flight_can_be_canceled(foreign_service, held, loaded):
    """Behind `cancel` stands what this kernel follows, and all of it."""
    loaded.run("%%comet --bg\na boat", live=True)
    foreign_service.wait_for_requests(2)  # a question comes when the id is known
    assert tab(loaded, "%comet cancel |")[1][1:] == ["all"]
    assert len(tab(loaded, "%comet cancel |")[1][0]) > 6
    assert tab(loaded, "%comet resume |")[1] == tab(loaded, "%comet cancel |")[1][:1]


def test_the_users_own_aliases_are_offered(loaded):
    """As soon as they are made; the inputs are those of the model behind one."""
    made = loaded.run("%comet alias boats black-forest-labs/flux-2-pro")
    assert made.ok, made.error
    assert tab(loaded, "%%comet boa|") == ("boa", ["boats"])
    assert tab(loaded, "%%comet boats -p res|") == ("res", ["resolution="])


def test_the_configured_model_counts(loaded):
    """Inputs are those of the model that a cell without one would take."""
    loaded.run('%config CometMagics.model = "sdxl"')
    assert tab(loaded, "%%comet -p gui|") == ("gui", ["guidance_scale="])


def test_a_damaged_store_is_no_trouble(capfd, start_kernel, home):
    """Nothing is offered, said or repaired where the history cannot be read."""
    (home / "comet").mkdir()
    (home / "comet" / "comet.db").write_bytes(b"no database" * 1000)
    before = sorted((home / "comet").iterdir())
    kernel = start_kernel()
    kernel.run("%load_ext comet_jupyter")
    assert tab(kernel, "%comet show |") == ("", [])
    assert tab(kernel, "%%comet --see|") == ("--see", ["--seed"])
    assert sorted((home / "comet").iterdir()) == before
    assert complaints(kernel, capfd) == []


@pytest.mark.parametrize("variables", [{"COMETAPI_KEY": f"{KEY} é"}, {"COMETAPI_BASE_URL": "::"}])
def test_odd_settings_are_no_trouble(capfd, start_kernel, variables):
    """A malformed key or address is told when a cell runs, not while it is written."""
    kernel = start_kernel(**variables)
    kernel.run("%load_ext comet_jupyter")
    assert tab(kernel, "%comet show |") == ("", [])
    assert tab(kernel, "%%comet -p go_fast=|") == ("", ["true", "false"])
    assert complaints(kernel, capfd) == []
    assert "SettingsError" in kernel.run("%%comet\na boat").error


def complaints(kernel: Kernel, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """What the kernel has printed: into cells, or on the standard error that it has from us."""
    kernel.run("pass")  # a cell's end flushes what was printed before it
    kernel.settle()
    told = [one for one in kernel.messages if one["msg_type"] in ("stream", "error")]
    written = capfd.readouterr().err.splitlines()
    return [*map(str, told), *(line for line in written if not line.startswith("[IPKernelApp]"))]


def test_a_printed_error_is_seen(capfd, start_kernel):
    """Control: a matcher that raises is told of by IPython, and the check notices."""
    kernel = start_kernel()
    kernel.run("def broken(text):\n    raise ValueError\n")
    kernel.run("get_ipython().Completer.custom_matchers.append(broken)")
    kernel.complete("seed")
    assert "ValueError" in complaints(kernel, capfd)


def test_no_reply_holds_the_key(foreign_service, loaded):
    """Wherever it stands, variables are offered by name and never by value."""
    loaded.run(f"token = {foreign_service.key!r}; holder = {{'k': token}}")
    loaded.run("%%comet\na boat")
    texts = ("{{ |", "{{ to|", "{{ token.|", "{{ holder.|", "{{ holder['|", "-p |", "--image |")
    asked = [f"%%comet {text}" for text in texts] + [f"%%comet\n{text}" for text in texts]
    replies = [str(loaded.complete(text.replace("|", ""))) for text in (*asked, "%comet config |")]
    assert "'token'" in replies[0]
    assert [reply for reply in replies if foreign_service.key in reply] == []
