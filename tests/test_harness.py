"""The harness tells the truth: environment, services, gates, notebook runners."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from support.environment import KEY, clean_environment
from support.foreign_service import HTML, Fault, ForeignService
from support.headless import RUNNERS, count_html_pictures, write_notebook
from support.png import png, png_size
from support.process import ServerProcess
from support.threads import left_behind, started

MODEL = "black-forest-labs/flux-schnell"
CREATE = f"/replicate/v1/models/{MODEL}/predictions"


# -- environment ------------------------------------------------------------------


def test_the_environment_is_clean(home):
    """A test sees an empty home of its own and no setting of the package."""
    assert os.environ["HOME"] == str(home)
    assert os.environ["COMET_JUPYTER_HOME"].startswith(str(home))
    assert not [n for n in os.environ if n.startswith("COMET") and n != "COMET_JUPYTER_HOME"]
    assert list(home.iterdir()) == []


def test_whatever_was_set_is_gone(tmp_path):
    """Keys, proxies and Jupyter's folders of the surrounding environment do not get through."""
    noise = dict.fromkeys(
        ["COMETAPI_KEY", "COMET_API_KEY", "https_proxy", "HTTP_PROXY", "REPLICATE_API_TOKEN"], "x"
    )
    base = {**noise, "JUPYTER_PATH": "x", "XDG_CONFIG_HOME": "x", "PATH": "/bin", "LANG": "C"}
    environment = clean_environment(tmp_path, base)
    assert not set(noise) & set(environment)
    assert "JUPYTER_PATH" not in environment
    assert environment["XDG_CONFIG_HOME"] == str(tmp_path / "config")
    assert environment["LANG"] == "C"
    assert environment["PATH"].endswith("/bin")


def test_a_subprocess_finds_the_package(home):
    """Another process with the clean environment imports the same package."""
    code = "import comet_jupyter, os; print(comet_jupyter.__file__, os.environ['HOME'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    import comet_jupyter

    assert done.stdout.split() == [comet_jupyter.__file__, str(home)]


# -- processes --------------------------------------------------------------------


def test_a_server_is_waited_for_and_ended(home):
    """wait_for_line returns the line, and stop ends the process."""
    code = "print('noise'); print('ready on 7', flush=True); import signal; signal.pause()"
    server = ServerProcess([sys.executable, "-c", code], env=os.environ)
    assert server.wait_for_line("ready") == "ready on 7"
    server.stop()
    assert server.process.returncode == -signal.SIGTERM
    assert server.lines == ["noise", "ready on 7"]


def test_a_server_that_ends_early_says_why():
    """A server that dies before its line is an error with what it wrote."""
    server = ServerProcess([sys.executable, "-c", "print('no such port')"], env=os.environ)
    with pytest.raises(RuntimeError, match="no such port"):
        server.wait_for_line("ready")
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG exists on Linux only")
def test_a_server_ends_when_its_parent_is_killed():
    """Killing the process that started a server ends the server: its pipe closes."""
    parent_code = """
import os, subprocess, sys
from support.process import tied_to_us
child = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
subprocess.Popen(tied_to_us(child))
import signal; signal.pause()
"""
    tests = str(Path(__file__).parent)
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": tests},
    )
    with parent:
        assert parent.stdout.readline() == b"up\n"
        parent.kill()
        # The end of the stream comes when the last holder of the pipe, the server, is gone.
        assert parent.stdout.read() == b""


# -- threads ----------------------------------------------------------------------


def test_a_thread_that_stays_is_seen():
    """A thread that keeps the process alive is named; one that ends, or a daemon, is not."""
    before, go = threading.enumerate(), threading.Event()
    threads = [
        threading.Thread(target=go.wait, name="stays"),
        threading.Thread(target=go.wait, name="daemon", daemon=True),
        threading.Thread(target=str, name="ends"),
    ]
    for thread in threads:
        thread.start()
    assert left_behind(before, patience=0.1) == ["stays"]
    assert started(before) == ["daemon", "stays"]
    go.set()
    assert left_behind(before) == []


# -- gates ------------------------------------------------------------------------


def test_a_gate_holds_until_it_is_opened(gate):
    """Code stands still before a gate, the test sees it there, and opening lets it pass."""
    namespace = {}
    exec(gate.code, namespace)
    passed = threading.Event()
    threading.Thread(
        target=lambda: (namespace["pass_gate"]("a"), passed.set()), daemon=True
    ).start()
    gate.wait_reached("a")
    assert not passed.is_set()
    gate.open("a")
    assert passed.wait(10)


# -- the foreign service ------------------------------------------------------------


def call(method, url, body=None, key=KEY):
    """Status, content type and body of a request."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


def create(service):
    """The answer to a create, parsed."""
    status, _, body = call("POST", service.url + CREATE, {"input": {"prompt": "a boat"}})
    assert status == 201
    return json.loads(body)


def test_a_foreign_prediction_runs_to_its_picture(foreign_service):
    """Created with 201, in progress, then SUCCESS with a PNG; every request is on record."""
    made = create(foreign_service)
    states = [
        json.loads(call("GET", f"{foreign_service.url}/replicate/v1/predictions/{made['id']}")[2])
        for _ in range(2)
    ]
    assert [made["status"], *(s["status"] for s in states)] == [
        "SUBMITTED",
        "IN_PROGRESS",
        "SUCCESS",
    ]
    status, _, picture = call("GET", states[1]["output"][0], key="")
    assert (status, picture) == (200, foreign_service.picture(made["id"]))
    assert png_size(picture) == (96, 64)
    assert [r.method for r in foreign_service.requests] == ["POST", "GET", "GET", "GET"]
    assert foreign_service.creates[0].json == {"input": {"prompt": "a boat"}}
    assert foreign_service.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in foreign_service.requests[-1].headers


def test_a_foreign_answer_may_be_wrapped_and_hold_a_string():
    """The envelope and the single string of some models are there on request."""
    with ForeignService(enveloped=True, string_output=True, questions=1) as service:
        made = create(service)["data"]["data"]
        answer = json.loads(call("GET", f"{service.url}/replicate/v1/predictions/{made['id']}")[2])
    assert answer["data"]["status"] == answer["data"]["data"]["status"] == "SUCCESS"
    assert isinstance(answer["data"]["data"]["output"], str)


def test_a_foreign_service_refuses_and_breaks_on_demand(foreign_service):
    """A wrong key is a 401; queued faults answer once each; a dropped create was made."""
    url = foreign_service.url + CREATE
    assert call("POST", url, {"input": {}}, key="wrong")[0] == 401
    limited = Fault(status=429, headers={"Retry-After": "1"})
    foreign_service.break_next("POST", limited, Fault(drop=True))
    assert call("POST", url, {"input": {}})[0] == 429
    assert foreign_service.predictions == {}
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        call("POST", url, {"input": {}})
    assert len(foreign_service.predictions) == 1
    assert len(foreign_service.creates) == 3


def test_an_unknown_foreign_path_is_a_page(foreign_service):
    """An unknown path answers 200 with HTML, as the service does."""
    status, kind, body = call("GET", foreign_service.url + "/v1/chat")
    assert (status, kind.split(";")[0], body) == (200, "text/html", HTML)


def test_a_held_answer_waits_for_its_event(foreign_service):
    """A request with a hold is received at once and answered after the event."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    answers = []
    thread = threading.Thread(target=lambda: answers.append(create(foreign_service)))
    thread.start()
    foreign_service.wait_for_requests(1)
    assert answers == []
    hold.set()
    thread.join(20)
    assert len(answers) == 1


# -- the sandbox --------------------------------------------------------------------


def test_the_sandbox_answers(sandbox):
    """The sandbox process takes a prediction and is set as the service of the test."""
    assert os.environ["COMETAPI_BASE_URL"] == sandbox.url
    body = {"input": {"prompt": "hills"}}
    status, kind, answer = call("POST", sandbox.url + CREATE, body, sandbox.key)
    assert status in (200, 201, 202), answer
    assert kind.startswith("application/json")
    assert json.loads(answer)["id"]


# -- notebook files -----------------------------------------------------------------

PICTURE = base64.b64encode(png()).decode()
SHOW = f"""
from IPython.display import display
display({{"image/png": "{PICTURE}", "text/plain": "one"}}, raw=True)
display({{"text/plain": "before"}}, raw=True, display_id="d");
"""
UPDATE = f"""
display({{"image/png": "{PICTURE}", "text/plain": "two"}}, raw=True, display_id="d", update=True)
"""


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_runner_saves_the_pictures(execute_notebook, runner):
    """Every runner reports success and saves both pictures, the updated one too."""
    done = execute_notebook(SHOW, UPDATE, runner=runner)
    assert done.ok, done.log
    assert done.pictures == 2
    assert [o.data["text/plain"] for o in done.outputs(0)] == ["one", "two"]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_runner_reports_a_failure(execute_notebook, runner):
    """Every runner ends with an error when a cell fails, and names it."""
    done = execute_notebook("1 / 0", runner=runner)
    assert not done.ok
    assert "ZeroDivisionError" in done.log


def test_an_export_shows_the_pictures(export_html, tmp_path):
    """The page nbconvert makes holds each PNG output once, and no webp."""
    cell = nbformat.v4.new_code_cell("")
    for data in (
        {"image/png": PICTURE, "text/plain": "png"},
        {"image/webp": PICTURE, "text/plain": "only text"},
    ):
        cell.outputs.append(nbformat.v4.new_output("display_data", data))
    page = export_html(write_notebook(tmp_path / "saved.ipynb", cell))
    assert count_html_pictures(page) == 1
    assert "only text" in page
