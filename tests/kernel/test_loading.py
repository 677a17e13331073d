"""Load, reload, unload: one of everything, then none; and terminals and scripts work too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STATE = """
def state():
    import threading
    ip = get_ipython()
    hooks = [c for name in ("pre_run_cell", "post_run_cell") for c in ip.events.callbacks[name]]
    return {
        "threads": sum(t.name.startswith("comet") for t in threading.enumerate()),
        "hooks": sum("comet_jupyter" in (getattr(c, "__module__", "") or "") for c in hooks),
        "configurables": sum(type(c).__name__ == "CometMagics" for c in ip.configurables),
        "magics": sum("comet" in ip.magics_manager.magics[kind] for kind in ("line", "cell")),
    }
"""
NONE = {"threads": 0, "hooks": 0, "configurables": 0, "magics": 0}
ONE = {"threads": 1, "hooks": 2, "configurables": 1, "magics": 2}


def test_loading_twice_and_reloading_leave_one_of_everything(sandbox, kernel):
    """After use there is one thread, one pair of hooks, one magic; unloading leaves none."""
    kernel.run(STATE)
    assert kernel.evaluate("state()") == NONE
    for line in ("%load_ext", "%load_ext", "%reload_ext", "%reload_ext"):
        assert kernel.run(f"{line} comet_jupyter").ok
    assert kernel.evaluate("state()") == {**ONE, "threads": 0}
    assert len(kernel.run("%%comet\na boat").pictures) == 1
    assert kernel.evaluate("state()") == ONE
    kernel.run("%reload_ext comet_jupyter")
    assert len(kernel.run("%%comet\na boat").pictures) == 1
    assert kernel.evaluate("state()") == ONE
    kernel.run("%unload_ext comet_jupyter")
    assert kernel.evaluate("state()") == NONE
    assert "`%comet` not found" in kernel.run("%comet status").text
    kernel.run("%load_ext comet_jupyter")
    assert len(kernel.run("%%comet\na boat").pictures) == 1


def test_a_hundred_loads_and_unloads_return_to_the_start(foreign_service, kernel):
    """Threads and descriptors do not grow; a leaked descriptor would be seen."""
    kernel.run(STATE + "\nimport os\ndef descriptors(): return len(os.listdir('/proc/self/fd'))")
    once = "%reload_ext comet_jupyter\nget_ipython().run_cell_magic('comet', '-q --bg', 'a boat')"
    kernel.run(f"{once}\n%unload_ext comet_jupyter")
    before = kernel.evaluate("descriptors()")
    many = once.replace("\n", "\n    ")
    kernel.run(f"for _ in range(100):\n    {many}\n    %unload_ext comet_jupyter", timeout=120)
    assert kernel.evaluate("state()") == NONE
    # The kernel itself opens and closes some meanwhile; one leaked each time would be a hundred.
    assert kernel.evaluate("descriptors()") < before + 50
    kernel.run("kept = [open('/dev/null') for _ in range(100)]")
    assert kernel.evaluate("descriptors()") > before + 50


def test_loading_touches_neither_network_nor_store(foreign_service, kernel, home):
    """Until somebody asks, nothing is read, written or sent."""
    kernel.run("%load_ext comet_jupyter")
    kernel.run("%%comet?\n")
    kernel.run("%comet help")
    assert foreign_service.requests == []
    assert not (home / "comet").exists()
    kernel.run("import sys; heavy = {'httpx', 'ipywidgets', 'PIL', 'tornado.web'}")
    assert kernel.evaluate("heavy & set(sys.modules)") == set()


def test_help_reads_well(kernel):
    """`%%comet?` and `%comet help VERB` name every option and verb."""
    kernel.run("%load_ext comet_jupyter")
    shown = kernel.run("%%comet?").reply["payload"][0]["data"]["text/plain"]
    for word in ("--seed", "--no-raise-error", "a paper boat", "%comet help VERB", "sandbox"):
        assert word in shown
    for verb in ("run", "status", "show", "wait", "cancel", "login", "sandbox", "config"):
        text = kernel.run(f"%comet help {verb}").data("text/plain")[0]
        assert text.startswith(f"%comet {verb}")
        assert len(text) > 60


def test_config_shows_values_with_their_origin(sandbox, kernel):
    """Traits beat the environment, and `%comet config` says which won."""
    kernel.run("%load_ext comet_jupyter")
    kernel.run('%config CometMagics.model = "flux-dev"')
    text = kernel.run("%comet config").data("text/plain")[0]
    assert "%config CometMagics.model" in text
    assert "environment variable COMETAPI_BASE_URL" in text
    assert "configured" in text
    kernel.run('%config CometMagics.wait = "never"')
    cell = kernel.run("%%comet -o cat\na boat")
    assert kernel.evaluate("cat.model") == "black-forest-labs/flux-dev"
    assert cell.pictures == []


def test_the_sandbox_starts_and_ends_with_one_line(kernel):
    """No key, no network: one line, then pictures; afterwards its process is gone."""
    kernel.run("%load_ext comet_jupyter")
    assert "KeyMissingError" in kernel.run("%%comet\na boat").error
    said = kernel.run("%comet sandbox --if-no-key").data("text/plain")[0]
    assert "drawn on this machine" in said
    made = kernel.run("%%comet -p megapixels=0.25\na boat")
    assert "sandbox · drawn locally" in made.data("text/plain")[0]
    process = "__import__('comet_jupyter.notebook.local_sandbox', fromlist=['x'])._process"
    pid = kernel.evaluate(f"{process}.pid")
    assert Path(f"/proc/{pid}").exists()
    kernel.run("%comet sandbox stop")
    assert not Path(f"/proc/{pid}").exists()
    assert "KeyMissingError" in kernel.run("%%comet\na boat").error


def test_with_a_key_the_sandbox_stays_off_if_asked_so(foreign_service, kernel):
    """`--if-no-key` never sends a paying user to the sandbox by accident."""
    kernel.run("%load_ext comet_jupyter")
    assert "come from the service" in kernel.run("%comet sandbox --if-no-key").data("text/plain")[0]
    kernel.run("%%comet\na boat")
    assert len(foreign_service.creates) == 1


def test_the_sandbox_is_not_taken_for_a_key(kernel):
    """Asked again it says the same, and a key typed meanwhile does not end it unnoticed."""
    kernel.run("%load_ext comet_jupyter")
    first, again = (kernel.run("%comet sandbox --if-no-key").data("text/plain") for _ in range(2))
    assert first == again
    assert "drawn on this machine" in again[0]
    kernel.answers.append("sk-0123456789abcdef")
    typed = kernel.run("%comet login", live=True).data("text/plain")[0]
    assert "`%comet sandbox stop` ends it" in typed
    kernel.run("%comet sandbox stop")
    assert "come from the service" in kernel.run("%comet sandbox --if-no-key").data("text/plain")[0]


def test_a_fork_follows_nothing_and_can_work(foreign_service, kernel):
    """The child has no thread of ours, reopens what it needs, and the parent goes on."""
    kernel.run("%load_ext comet_jupyter")
    kernel.run("%%comet -o cat\na boat")
    code = """
import os, comet_jupyter
pid = os.fork()
if pid == 0:
    try:
        code = 10 + len(comet_jupyter.run("from the child").images)
    except BaseException:
        code = 1
    os._exit(code)
os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""
    assert kernel.run(code).data("text/plain") == ["11"]
    assert len(kernel.run("%%comet\nfrom the parent").pictures) == 1
    assert len(foreign_service.creates) == 3


SCRIPT = """
import comet_jupyter
prediction = comet_jupyter.run("a boat", seed=7)
print(prediction.status, prediction.images[0].path.exists())
print(repr(prediction._repr_mimebundle_()[0]["text/plain"]))
"""


def test_a_plain_script_works(foreign_service):
    """No IPython anywhere: submit, wait, a file on disk, and the process ends by itself."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT], capture_output=True, text=True, timeout=60
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.startswith("succeeded True")
    assert "seed 7" in done.stdout


def test_a_script_that_does_not_wait_ends_quietly(foreign_service):
    """What it submitted is on disk; nothing is printed into the void."""
    code = "import comet_jupyter; print(comet_jupyter.submit('a boat').key)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert (done.stderr, done.returncode) == ("", 0)
    from comet_jupyter.engine.session import Session

    assert Session().store.get(done.stdout.strip()) is not None


def test_terminal_ipython_shows_text_and_file_paths(foreign_service, tmp_path):
    """A magic without a kernel waits and prints; an error is one line."""
    script = tmp_path / "cells.ipy"
    script.write_text(
        "%load_ext comet_jupyter\n"
        "get_ipython().run_cell_magic('comet', '--seed 7', 'a boat')\n"
        "%comet status\n"
        "%comet statsu\n"
    )
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "seed 7" in done.stdout
    assert "file: " in done.stdout
    assert "Did you mean `%comet status`?" in done.stdout + done.stderr


NESTED = """
import asyncio, comet_jupyter

async def answer():
    await asyncio.sleep(0)
    return 42

def synchronous():
    return comet_jupyter.run_sync(answer())
"""


def test_run_sync_finishes_a_coroutine_inside_the_running_kernel(kernel):
    """From synchronous code in a cell, and in a plain script; the kernel goes on working."""
    kernel.run(NESTED)
    assert kernel.run("synchronous()").data("text/plain") == ["42"]
    assert kernel.run("await answer()").data("text/plain") == ["42"]
    queued = [kernel.start_cell(str(number)) for number in range(3)]
    assert [kernel.finish(cell).data("text/plain") for cell in queued] == [["0"], ["1"], ["2"]]
    done = subprocess.run(
        [sys.executable, "-c", NESTED + "print(synchronous())"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "42\n"
