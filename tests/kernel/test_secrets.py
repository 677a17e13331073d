"""The key is seen nowhere: each check finds a planted key first, then does not find ours."""

from __future__ import annotations

import base64
import urllib.parse
from pathlib import Path

import pytest
from support.foreign_service import Fault

CANARY = "sk-canary-0123456789abcdef"
ECHO = f'{{"error": {{"message": "Invalid token {CANARY} (request id: 1)"}}}}'.encode()


def spellings(key: str = CANARY) -> list[bytes]:
    """The key as it might be written down."""
    raw = key.encode()
    forms = [raw, raw.hex().encode(), raw[::-1], urllib.parse.quote(key, safe="").encode()]
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + raw)
        forms.append(encoded[4 if offset else 0 : len(encoded) // 4 * 4 - 4])
    return forms


def found_in(data: bytes) -> bool:
    """True when any spelling of the key stands in the bytes."""
    return any(form in data for form in spellings())


def files_with_key(folder: Path) -> list[Path]:
    """Every file below a folder that holds the key."""
    return [p for p in folder.rglob("*") if p.is_file() and found_in(p.read_bytes())]


@pytest.fixture
def canary_kernel(foreign_service, start_kernel, monkeypatch):
    """A kernel whose key is the canary, which the service accepts and echoes."""
    foreign_service.key = CANARY
    monkeypatch.setenv("COMETAPI_KEY", CANARY)
    kernel = start_kernel()
    kernel.run("%load_ext comet_jupyter")
    kernel.run("%xmode Verbose")
    kernel.run(
        "import logging, io; seen = io.StringIO()\n"
        "logging.basicConfig(level=logging.DEBUG, stream=seen, force=True)"
    )
    return kernel


FAULTS = {
    "fine": (),
    "refused": (Fault(401, body=ECHO, after_effect=False),),
    "page": (Fault(200, {"Content-Type": "text/html"}, f"<p>{CANARY}</p>".encode()),),
    "dropped": (Fault(drop=True),),
    "error": (Fault(500, body=ECHO),),
    "moved": (Fault(302, {"Location": f"http://127.0.0.1:1/{CANARY}"}),),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_byte_of_the_key_in_outputs_logs_store_or_tracebacks(
    canary_kernel, foreign_service, home, fault
):
    """Whatever the create meets, with verbose tracebacks and debug logs."""
    foreign_service.break_next("POST", *FAULTS[fault])
    canary_kernel.run("%%comet -o cat\na boat")
    canary_kernel.run("cat.images")
    canary_kernel.run("import comet_jupyter; comet_jupyter.submit(3)")
    for source in (
        "%comet config",
        "%comet doctor --online",
        "%comet status",
        "cat",
        "vars(cat), cat.record",
        "import comet_jupyter.engine.session as s; s.current().settings, vars(s.current())",
        "s.current().settings.key.value, dir(s.current().settings.key.value)",
        "%config CometMagics",
    ):
        canary_kernel.run(source)
    assert foreign_service.creates[0].headers["authorization"] == f"Bearer {CANARY}"
    canary_kernel.run("logging.debug('debug logs are kept')")
    logged = canary_kernel.evaluate("seen.getvalue()")
    assert "debug logs are kept" in logged
    assert not found_in(str(canary_kernel.messages).encode())
    assert not found_in(logged.encode())
    assert files_with_key(home) == []


def test_the_checks_find_a_key_that_is_there(canary_kernel, home):
    """The control: the same checks go red on a printed, a logged and a stored key."""
    canary_kernel.run(f"print('{CANARY}'); logging.debug('{CANARY}')")
    (home / "planted").write_bytes(b"...." + base64.b64encode(b"xx" + CANARY.encode()))
    assert found_in(str(canary_kernel.messages).encode())
    assert found_in(canary_kernel.evaluate("seen.getvalue()").encode())
    assert home / "planted" in files_with_key(home)
    assert all(found_in(form) for form in spellings())


def test_the_key_goes_to_no_other_host(canary_kernel, foreign_service):
    """Downloads, also from the service's own files, carry no header of ours with it."""
    canary_kernel.run("%%comet\na boat")
    files = [r for r in foreign_service.requests if r.path.startswith("/files/")]
    assert len(files) == 1
    assert all("authorization" not in r.headers and "cookie" not in r.headers for r in files)
    assert not any(found_in(str(r.headers).encode()) for r in files)


def test_login_takes_the_key_in_a_hidden_field(foreign_service, start_kernel, monkeypatch):
    """Typed once, used at once, shown nowhere; a cell that holds a key is refused."""
    foreign_service.key = CANARY
    monkeypatch.delenv("COMETAPI_KEY")
    kernel = start_kernel()
    kernel.run("%load_ext comet_jupyter", live=True)
    missing = kernel.run("%%comet\na boat")
    assert "%comet login" in missing.error
    assert "%comet sandbox" in missing.error
    refused = kernel.run(f"%comet login {CANARY}", live=True)
    assert "never stands in a cell" in refused.error
    kernel.answers.append(CANARY)
    assert kernel.run("%comet login", live=True).ok
    made = kernel.run("%%comet\na boat")
    assert len(made.pictures) == 1
    own = [m for m in kernel.messages if m["msg_type"] != "execute_input"]
    assert not found_in(str(own).encode())


def test_the_configured_key_in_a_cell_is_refused_whatever_its_shape(foreign_service, kernel):
    """Also a key that looks like nothing in particular is not sent as a prompt."""
    kernel.run("%load_ext comet_jupyter")
    refused = kernel.run(f"%%comet\na boat {foreign_service.key}")
    assert "API key stands in this cell" in refused.error
    assert foreign_service.key not in refused.error
    assert foreign_service.requests == []


def test_login_without_a_person_says_what_to_do(kernel):
    """A headless run has nobody to ask."""
    kernel.run("%load_ext comet_jupyter")
    assert "COMETAPI_KEY" in kernel.run("%comet login").error
