"""Settings: where each value comes from, what is refused, and that the key shows nowhere."""

from __future__ import annotations

import base64
import copy
import html
import inspect
import json
import os
import pickle
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from comet_jupyter.errors import SettingsError
from comet_jupyter.key import REMOVED, Key, looks_like_key
from comet_jupyter.settings import (
    DEFAULT_ROOT,
    Settings,
    forget_key,
    resolve,
    save_key,
)

CANARY = "sk-canary-0123456789abcdef"
OTHER = "sk-other-fedcba9876543210"
MISSING = Path("/nowhere/config.toml")

key_texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=64)


def quiet(
    environ: dict[str, str] | None = None,
    explicit: dict[str, tuple[Any, str]] | None = None,
    config_file: Path = MISSING,
) -> Settings:
    """Settings from these sources alone."""
    return resolve(
        explicit or {}, environ=environ or {}, config_file=config_file, use_keyring=False
    )


def spellings(key: str) -> dict[str, str]:
    """The key in every encoding that a text may hold it in."""
    raw = key.encode()
    spelled = {
        "plain": key,
        "quoted": quote(key, safe=""),
        "quoted in lower case": re.sub("%..", lambda m: m[0].lower(), quote(key, safe="")),
        "quoted plus": quote_plus(key),
        "quoted twice": quote(quote(key, safe=""), safe=""),
        "every character quoted": "".join(f"%{byte:02X}" for byte in raw),
        "json": json.dumps(key)[1:-1],
        "json in json": json.dumps(json.dumps(key))[3:-3],
        "json of javascript": json.dumps(key)[1:-1].replace("/", "\\/"),
        "unicode escapes": "".join(f"\\u{byte:04x}" for byte in raw),
        "html": html.escape(key),
        "character references": "".join(f"&#{byte};" for byte in raw),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "hex with spaces": raw.hex(" "),
        "reversed": key[::-1],
    }
    for before in ("", "u", "u:"):
        # Three bytes behind, so that the last characters of the key are whole.
        text = before.encode() + raw + b"\n\n\n"
        spelled[f"base64 at {len(before)}"] = base64.b64encode(text).decode()
        spelled[f"url-safe base64 at {len(before)}"] = base64.urlsafe_b64encode(text).decode()
    return spelled


def found(key: str, text: str) -> list[str]:
    """The encodings in which a text holds the key; base64 by decoding whatever looks like it."""
    hits = [name for name, spelled in spellings(key).items() if spelled in text]
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        for skip in range(4):
            part = run[skip:]
            part = part[: len(part) // 4 * 4].replace("-", "+").replace("_", "/")
            if key.encode() in base64.b64decode(part):
                hits.append("base64")
    return hits


# -- the key shows nowhere ---------------------------------------------------------------


def views() -> dict[str, Callable[[Any], str]]:
    """Ways of looking at an object, each as text."""
    return {
        "repr": repr,
        "str": str,
        "format": lambda it: f"{it} {it!r} {it:>40}",
        "dir": lambda it: repr(dir(it)),
        "members": lambda it: repr(inspect.getmembers(it)),
        "slots": lambda it: repr([getattr(it, name, "") for name in dir(it)]),
        "vars": lambda it: repr(getattr(it, "__dict__", {})),
        "members of members": lambda it: repr(
            [inspect.getmembers(value) for _, value in inspect.getmembers(it)]
        ),
    }


@pytest.mark.parametrize("view", views().values(), ids=views())
def test_no_view_of_a_key_shows_it(view: Callable[[Any], str]) -> None:
    """Nothing that prints, lists or completes an object shows the text of a key."""
    shown = view(Key(CANARY))
    assert shown
    assert not found(CANARY, shown)


def test_the_views_find_a_key_that_is_an_attribute() -> None:
    """The same views show the text of a holder that merely keeps it."""

    class Holder:
        def __init__(self) -> None:
            self.text = CANARY

        def __repr__(self) -> str:
            return f"Holder({self.text})"

        def __format__(self, spec: str) -> str:
            return repr(self)

    seen = {name for name, view in views().items() if found(CANARY, view(Holder()))}
    assert seen == set(views()) - {"dir"}


def test_a_key_says_configured() -> None:
    """A key prints as the word configured, without a masked prefix or suffix."""
    key = Key(CANARY)
    assert repr(key) == str(key) == f"{key}" == "Key(configured)"
    assert not hasattr(key, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_is_not_pickled(protocol: int) -> None:
    """No pickle protocol takes a key."""
    with pytest.raises(TypeError):
        pickle.dumps(Key(CANARY), protocol)


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda key: asdict(quiet({"COMETAPI_KEY": CANARY}))]
)
def test_a_key_is_not_copied(duplicate: Callable[[Any], Any]) -> None:
    """Copying a key, or settings with their values, is refused."""
    with pytest.raises(TypeError):
        duplicate(Key(CANARY))


def test_the_header_carries_the_key() -> None:
    """The header is the one place where the text comes out, without the white space around."""
    assert Key(f"  {CANARY}\n").header() == f"Bearer {CANARY}"


def test_keys_are_equal_by_their_text() -> None:
    """Two holders of one key are equal and hash alike; other keys and texts differ."""
    assert Key(CANARY) == Key(f" {CANARY} ")
    assert hash(Key(CANARY)) == hash(Key(CANARY))
    assert Key(CANARY) != Key(OTHER)
    assert Key(CANARY) != CANARY


def test_an_equal_key_outlives_the_other() -> None:
    """A key keeps its text when an equal one is gone."""
    first, second = Key(CANARY), Key(CANARY)
    del first
    assert second.header() == f"Bearer {CANARY}"


@pytest.mark.parametrize("text", ["", "short", "a" * 513, "sk-with a space", "sk-ünicode-1", None])
def test_a_malformed_key_is_refused_without_an_echo(text: Any) -> None:
    """What is no key is refused in words that do not repeat it."""
    with pytest.raises(SettingsError) as caught:
        Key(text)
    assert "8 to 512" in str(caught.value)
    assert not text or text not in str(caught.value)


MALFORMED = f"{CANARY} and more"


def own_frames(error: BaseException) -> str:
    """The traceback of an error with all local variables of the package's own frames."""
    seen = ""
    link: traceback.TracebackException | None
    link = traceback.TracebackException.from_exception(error, capture_locals=True)
    while link is not None:
        own = [frame for frame in link.stack if "comet_jupyter" in frame.filename]
        seen += "".join(traceback.StackSummary.from_list(own).format()) + str(link)
        link = link.__cause__ or link.__context__
    return seen


@pytest.mark.parametrize(
    "fail",
    [
        lambda: Key(MALFORMED),
        lambda: save_key(MALFORMED),
        lambda: quiet({"COMETAPI_KEY": MALFORMED}),
        lambda: quiet(explicit={"key": (MALFORMED, "argument")}),
        lambda: quiet({"COMETAPI_KEY": CANARY, "COMETAPI_BASE_URL": "ftp://x"}),
        lambda: quiet({"COMETAPI_BASE_URL": f"https://x.example/?key={CANARY}"}),
        lambda: quiet(explicit={"root": (f"https://{CANARY}@x.example", "argument")}),
        lambda: quiet({"COMETAPI_KEY": CANARY, "COMET_JUPYTER_API_PREFIX": "/../"}),
        lambda: quiet({"COMETAPI_KEY": CANARY, "COMET_JUPYTER_HOME": "a\0b"}),
    ],
)
def test_no_traceback_shows_a_key(fail: Callable[[], Any]) -> None:
    """No error of this module shows a key, not even with the local variables of its frames."""
    with pytest.raises(SettingsError) as caught:
        fail()
    shown = own_frames(caught.value)
    assert "SettingsError" in repr(caught.value)
    assert "line" in shown
    assert not found(CANARY, shown + repr(caught.value.args))
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_the_traceback_shows_the_variables_of_a_careless_caller() -> None:
    """The same check goes red for a frame that keeps the text in a variable."""
    source = "def careless(text):\n    kept = text.strip()\n    raise ValueError(len(kept))\n"
    namespace: dict[str, Any] = {}
    exec(compile(source, "comet_jupyter/careless.py", "exec"), namespace)
    with pytest.raises(ValueError, match=str(len(CANARY))) as caught:
        namespace["careless"](CANARY)
    assert found(CANARY, own_frames(caught.value))


# -- redaction ---------------------------------------------------------------------------


@given(key_texts, st.text(max_size=20), st.text(max_size=20))
def test_redaction_leaves_no_encoding_of_the_key(key: str, before: str, behind: str) -> None:
    """Whatever stands around it, no encoding of a key is left in a redacted text."""
    assume(key not in REMOVED)
    for name, spelled in spellings(key).items():
        cleaned = Key(key).redact(f"{before} {spelled} {behind}")
        assert REMOVED in cleaned, name
        assert spelled not in cleaned, name


@given(key_texts, st.binary(max_size=5), st.binary(max_size=5), st.booleans())
def test_redaction_finds_the_key_in_base64_of_more(
    key: str, before: bytes, behind: bytes, url_safe: bool
) -> None:
    """A key inside bytes that were base64-encoded together is removed at any offset."""
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    text = encode(before + key.encode() + behind).decode()
    assert REMOVED in Key(key).redact(f"token: {text}")
    assert not found(key, Key(key).redact(text).replace(REMOVED, " "))


def test_the_search_for_encodings_finds_what_was_not_redacted() -> None:
    """The same search goes red for each encoding in a text that nobody redacted."""
    for name, spelled in spellings(CANARY).items():
        assert found(CANARY, f"a {spelled} b"), name


@given(st.text(max_size=200))
def test_redaction_leaves_other_texts_alone(text: str) -> None:
    """A text without the key stays as it is."""
    assume("sk-c" not in text and "cdef" not in text)
    assert Key(CANARY).redact(text) == text


@pytest.mark.parametrize(
    "masked", ["sk-canar***cdef", "sk-c...abcdef", "sk-ca…", "••••••cdef", "****9abcdef"]
)
def test_redaction_removes_what_a_service_masked_by_halves(masked: str) -> None:
    """The visible ends of a masked key are removed as well, the sentence around it stays."""
    cleaned = Key(CANARY).redact(f'{{"message": "Incorrect API key provided: {masked}"}}')
    assert cleaned == f'{{"message": "Incorrect API key provided: {REMOVED}"}}'


def test_redaction_finds_base64_broken_into_lines() -> None:
    """Base64 with line breaks, as mails have it, is found."""
    text = base64.encodebytes(b"x" * 50 + CANARY.encode()).decode()
    assert "\n" in text.strip()
    assert REMOVED in Key(CANARY).redact(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CANARY, True),
        (f"a house, key={CANARY}, at dawn", True),
        ("sk-" + "a" * 20, True),
        ("sk-proj-AAAAAAAAAAAAAAAAAAAAAAAA", True),
        ("sk-" + "a" * 19, False),
        ("a sk-8 board in a disk-shaped park", False),
        ("risk-averse-investors-at-a-long-table", False),
        ("", False),
    ],
)
def test_what_looks_like_a_key(text: str, expected: bool) -> None:
    """A text with the shape of a key is recognised, ordinary words are not."""
    assert looks_like_key(text) is expected


# -- precedence --------------------------------------------------------------------------


@pytest.fixture
def vendor_file(tmp_path: Path) -> Path:
    """A file as the vendor's command line tool writes it."""
    path = tmp_path / "config.toml"
    path.write_text('api_key = "sk-file-0123456789"\nbase_url = "https://file.example/v1"\n')
    return path


def key_of(settings: Settings) -> tuple[str, str]:
    """The key in clear, and its origin."""
    assert settings.key.value is not None
    return settings.key.value.header().removeprefix("Bearer "), settings.key.origin


def test_nothing_set_means_the_defaults() -> None:
    """Without any source there is no key, and every other setting has its default."""
    settings = quiet()
    assert settings.key.value is None
    assert settings.root.value == "https://api.cometapi.com"
    assert settings.prefix.value == "/replicate/v1"
    assert settings.model.value == "black-forest-labs/flux-schnell"
    assert settings.home.value.is_absolute()
    assert settings.home.value.name == "comet_jupyter"
    names = [field.name for field in fields(settings) if field.name != "notes"]
    assert {getattr(settings, name).origin for name in names} == {"default"}
    assert settings.notes == ()


def test_an_argument_beats_the_environment(vendor_file: Path) -> None:
    """An explicit value wins over variable and file, and says its own origin."""
    settings = quiet(
        {"COMETAPI_KEY": OTHER, "COMETAPI_BASE_URL": "https://env.example"},
        {"key": (CANARY, "argument"), "root": ("https://x.example", "%config CometMagics.root")},
        vendor_file,
    )
    assert key_of(settings) == (CANARY, "argument")
    assert (settings.root.value, settings.root.origin) == (
        "https://x.example",
        "%config CometMagics.root",
    )


def test_an_explicit_key_may_be_in_its_holder_already() -> None:
    """A `Key` is taken as it is."""
    key = Key(CANARY)
    assert quiet(explicit={"key": (key, "%comet login")}).key.value is key


def test_the_environment_beats_the_file(vendor_file: Path) -> None:
    """Variables win over the vendor's file."""
    settings = quiet(
        {"COMETAPI_KEY": CANARY, "COMETAPI_BASE_URL": "https://env.example/"},
        config_file=vendor_file,
    )
    assert key_of(settings) == (CANARY, "environment variable COMETAPI_KEY")
    assert settings.root.value == "https://env.example"


def test_the_file_is_the_last_source(vendor_file: Path) -> None:
    """Key and address come from the vendor's file when nothing else has them."""
    settings = quiet(config_file=vendor_file)
    assert key_of(settings) == ("sk-file-0123456789", f"file {vendor_file}")
    assert settings.root.value == "https://file.example"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"COMETAPI_KEY": CANARY, "COMETAPI_API_KEY": OTHER}, CANARY),
        ({"COMETAPI_API_KEY": OTHER}, OTHER),
        ({"COMETAPI_KEY": " \t", "COMETAPI_API_KEY": OTHER}, OTHER),
        ({"COMETAPI_KEY": f"\n{CANARY} "}, CANARY),
        ({"COMETAPI_KEY": "", "COMETAPI_API_KEY": ""}, None),
        ({"COMET_API_KEY": CANARY}, None),
    ],
)
def test_which_variable_holds_the_key(environ: dict[str, str], expected: str | None) -> None:
    """COMETAPI_KEY, then COMETAPI_API_KEY, blank as missing; another company's name never."""
    key = quiet(environ).key.value
    assert (key and key.header()) == (expected and f"Bearer {expected}")


def test_the_other_settings_have_variables_of_their_own() -> None:
    """Prefix, home and model come from COMET_JUPYTER_* variables."""
    settings = quiet(
        {
            "COMET_JUPYTER_API_PREFIX": "v1/",
            "COMET_JUPYTER_HOME": "~/pictures",
            "COMET_JUPYTER_MODEL": " flux-dev ",
        }
    )
    assert settings.prefix.value == "/v1"
    assert settings.home.value == Path("~/pictures").expanduser()
    assert settings.model.value == "flux-dev"
    assert settings.model.origin == "environment variable COMET_JUPYTER_MODEL"


def test_the_environment_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable set after the import counts."""
    monkeypatch.setenv("COMET_JUPYTER_MODEL", "one/model")
    assert resolve(use_keyring=False).model.value == "one/model"
    monkeypatch.setenv("COMET_JUPYTER_MODEL", "another/model")
    assert resolve(use_keyring=False).model.value == "another/model"


def test_the_file_is_found_where_the_vendor_keeps_it(tmp_path: Path) -> None:
    """The vendor's file is below XDG_CONFIG_HOME, or below ~/.config."""
    for folder, environ in (
        (tmp_path / "xdg", {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": "/nowhere"}),
        (tmp_path / ".config", {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "relative"}),
    ):
        (folder / "cometapi").mkdir(parents=True)
        (folder / "cometapi" / "config.toml").write_text(f'api_key = "{CANARY}"')
        assert key_of(resolve(environ=environ, use_keyring=False))[0] == CANARY


@pytest.mark.parametrize(
    "content",
    [
        b"api_key = sk-canary-0123456789abcdef",
        b"\xff\xfe",
        b"api_key = 12345678",
        b'api_key = "YOUR KEY"',
        b"a = " + b"[" * 5000,
    ],
)
def test_a_malformed_file_is_passed_over_with_a_note(tmp_path: Path, content: bytes) -> None:
    """A file that is no TOML, or has no usable key, is ignored and noted without its content."""
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    settings = quiet(config_file=path)
    assert settings.key.value is None
    assert len(settings.notes) == 1
    assert "config.toml" in settings.notes[0]
    assert not found(CANARY, repr(settings))
    assert "YOUR KEY" not in repr(settings)


def test_a_file_that_cannot_be_read_is_passed_over_with_a_note(tmp_path: Path) -> None:
    """A folder in the file's place is noted, not raised."""
    assert "could not be read" in quiet(config_file=tmp_path).notes[0]


@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can become an account without entry"
)
def test_an_account_without_home_is_told_what_to_set(tmp_path: Path) -> None:
    """Where the system knows no home, the remedy is a variable, not a folder called ~."""
    code = (
        "import os, pwd, sys\n"
        "from comet_jupyter.errors import SettingsError\n"
        "from comet_jupyter.settings import resolve\n"
        "resolve(environ={}, use_keyring=False)\n"
        "os.environ.pop('HOME')\n"
        "os.setuid(54321)\n"
        "print(resolve(environ={'COMET_JUPYTER_HOME': '/p'}, use_keyring=False).home.value)\n"
        "try:\n"
        "    resolve(environ={}, use_keyring=False)\n"
        "except SettingsError as error:\n"
        "    print(error)\n"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XDG")}
    outcome = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, cwd=tmp_path
    )
    assert outcome.stdout.startswith("/p\nthis account has no home folder"), outcome.stderr
    assert "COMET_JUPYTER_HOME" in outcome.stdout


def test_a_relative_home_is_no_place_for_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of a foreign notebook cannot say where requests go."""
    planted = tmp_path / "~" / ".config" / "cometapi" / "config.toml"
    planted.parent.mkdir(parents=True)
    planted.write_text('base_url = "https://evil.example"')
    monkeypatch.chdir(tmp_path)
    for environ in ({"HOME": "~"}, {"HOME": "~", "XDG_CONFIG_HOME": "~/.config"}):
        assert resolve(environ=environ, use_keyring=False).root.value == DEFAULT_ROOT
    absolute = {"HOME": str(tmp_path / "~")}
    assert resolve(environ=absolute, use_keyring=False).root.value == "https://evil.example"


# -- the root address --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://api.cometapi.com", DEFAULT_ROOT),
        ("https://api.cometapi.com/", DEFAULT_ROOT),
        ("https://api.cometapi.com/v1", DEFAULT_ROOT),
        ("https://api.cometapi.com/v1/", DEFAULT_ROOT),
        ("https://api.cometapi.com/v1beta//", DEFAULT_ROOT),
        ("https://api.cometapi.com/replicate", DEFAULT_ROOT),
        ("https://api.cometapi.com/replicate/v1/", DEFAULT_ROOT),
        ("HTTPS://API.CometAPI.com/v1", DEFAULT_ROOT),
        ("https://gateway.example/team-a", "https://gateway.example/team-a"),
        ("https://gateway.example/team-a/v1", "https://gateway.example/team-a"),
        ("https://gateway.example:8443", "https://gateway.example:8443"),
        ("https://gateway.example:", "https://gateway.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://10.0.0.7", "https://10.0.0.7"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://127.3.2.1", "http://127.3.2.1"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000/replicate/v1", "http://[::1]:8000"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        (" https://api.cometapi.com ", DEFAULT_ROOT),
        ("  ", DEFAULT_ROOT),
    ],
)
def test_a_root_address_is_brought_into_one_form(text: str, expected: str) -> None:
    """Addresses that people have for other clients become the root of this one."""
    assert quiet({"COMETAPI_BASE_URL": text}).root.value == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://api.cometapi.com", "plain http"),
        ("http://10.0.0.7", "plain http"),
        ("http://0.0.0.0:8000", "plain http"),
        ("http://127.0.0.1.example", "plain http"),
        ("http://localhost.example", "plain http"),
        ("http://[::ffff:127.0.0.1]", "plain http"),
        ("http://127.1", "no valid address"),
        ("http://2130706433", "no valid address"),
        ("http://0x7f.0.0.1", "no valid address"),
        ("https://0x7f000001", "no valid address"),
        ("api.cometapi.com", "begin with https://"),
        ("ftp://api.cometapi.com", "begin with https://"),
        ("https:api.cometapi.com", "begin with https://"),
        ("https://", "no valid address"),
        ("https:///v1", "no valid address"),
        ("https://user:secret@api.cometapi.com", "user name"),
        ("https://@api.cometapi.com", "user name"),
        ("https://api.cometapi.com?x=1", "query"),
        ("https://api.cometapi.com/?", "query"),
        ("https://api.cometapi.com/#", "fragment"),
        ("https://bücher.example", "ASCII"),
        ("https://api\u3002cometapi.com", "ASCII"),
        ("https://api.comet api.com", "space"),
        ("https://api.comet\napi.com", "space"),
        ("https://api.cometapi.com\\@evil.example", "user name"),
        ("https://api.cometapi.com\\evil.example", "no valid address"),
        ("https://api.cometapi.com/../x", "no valid address"),
        ("https://api.cometapi.com/%2e%2e/x", "no valid address"),
        ("https://api.cometapi.com//x", "no valid address"),
        ("https://api..com", "no valid address"),
        ("https://-a.example", "no valid address"),
        ("https://a.example:0", "no valid address"),
        ("https://a.example:99999", "no valid address"),
        ("https://a.example:port", "no valid address"),
        ("https://[::1", "no valid address"),
        ("https://[fe80::1%25eth0]", "no valid address"),
        ("https://" + "a" * 300 + ".example", "no valid address"),
    ],
)
def test_a_wrong_root_address_is_refused_with_its_origin(text: str, why: str) -> None:
    """Every other address is refused, with the reason and the place where it was set."""
    with pytest.raises(SettingsError) as caught:
        quiet({"COMETAPI_BASE_URL": text})
    line = str(caught.value)
    assert why in line
    assert "environment variable COMETAPI_BASE_URL" in line
    assert "secret" not in line


@given(st.text(max_size=40))
def test_any_root_address_is_taken_or_refused(rest: str) -> None:
    """No text makes anything but a plain https address, or one clear error."""
    try:
        root = quiet({"COMETAPI_BASE_URL": f"https://{rest}"}).root.value
    except SettingsError:
        return
    assert re.fullmatch(r"https://[a-z0-9.:\[\]_-]+(/[A-Za-z0-9._~-]+)*", root)


@pytest.mark.parametrize(
    ("text", "expected"), [("/v1", "/v1"), ("/", ""), ("a/b/", "/a/b"), ("", "/replicate/v1")]
)
def test_a_prefix_has_one_form(text: str, expected: str) -> None:
    """A prefix begins with a slash and ends without one; a lone slash is no prefix."""
    assert quiet({"COMET_JUPYTER_API_PREFIX": text}).prefix.value == expected


@pytest.mark.parametrize("text", ["/../x", "/a//b", "/a?b", "/a#b", "/a%2fb", "/a b", "/ä"])
def test_a_prefix_that_is_no_path_is_refused(text: str) -> None:
    """A prefix cannot leave its place in the address."""
    with pytest.raises(SettingsError, match="COMET_JUPYTER_API_PREFIX"):
        quiet({"COMET_JUPYTER_API_PREFIX": text})


# -- the keyring -------------------------------------------------------------------------


def backend(kind: str) -> Any:
    """A keyring in memory: one that works, one that keeps nothing, one that breaks."""
    from keyring.backend import KeyringBackend

    class Backend(KeyringBackend):
        priority = 1
        name = f"{kind} for tests"
        asked = 0

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.kept: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            self.asked += 1
            if kind == "broken":
                raise RuntimeError(f"cannot unlock {CANARY}")
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            if kind == "broken":
                raise RuntimeError("cannot unlock")
            if kind == "working":
                self.kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.kept[service, username]

    return Backend()


@pytest.fixture
def use_backend() -> Iterator[Callable[[str], Any]]:
    """Makes a keyring the system's for one test."""
    keyring = pytest.importorskip("keyring")
    before = keyring.get_keyring()

    def use(kind: str) -> Any:
        chosen = backend(kind)
        keyring.set_keyring(chosen)
        forget_key()
        return chosen

    yield use
    keyring.set_keyring(before)
    forget_key()


def from_keyring() -> Settings:
    """Settings for which only the keyring has a key."""
    return resolve(environ={}, config_file=MISSING)


def test_a_saved_key_comes_back_from_the_keyring(use_backend: Callable[[str], Any]) -> None:
    """`save_key` says where the key is, `resolve` finds it there, `forget_key` removes it."""
    kept = use_backend("working").kept
    assert save_key(f" {CANARY} ") == "keyring (working for tests)"
    assert kept == {("comet_jupyter", "api_key"): CANARY}
    assert key_of(from_keyring()) == (CANARY, "keyring")
    assert forget_key() == "keyring (working for tests)"
    assert kept == {}
    assert from_keyring().key.value is None
    assert forget_key() is None


def test_the_environment_beats_the_keyring_unasked(use_backend: Callable[[str], Any]) -> None:
    """A key in the environment is taken without asking the keyring, which may open a dialog."""
    keyring = use_backend("working")
    keyring.kept["comet_jupyter", "api_key"] = OTHER
    settings = resolve(environ={"COMETAPI_KEY": CANARY}, config_file=MISSING)
    assert key_of(settings)[0] == CANARY
    assert keyring.asked == 0


def test_the_keyring_beats_the_file(use_backend: Callable[[str], Any], vendor_file: Path) -> None:
    """The keyring comes before the vendor's file, and is asked once in a process."""
    keyring = use_backend("working")
    save_key(CANARY)
    asked = keyring.asked
    for _ in range(3):
        assert key_of(resolve(environ={}, config_file=vendor_file)) == (CANARY, "keyring")
    assert keyring.asked == asked == 1


def test_a_keyring_that_keeps_nothing_means_this_session_only(
    use_backend: Callable[[str], Any],
) -> None:
    """A keyring that accepts and forgets is not reported as a place where the key is."""
    use_backend("forgetful")
    assert save_key(CANARY) is None


def test_a_broken_keyring_is_passed_over_with_a_note(use_backend: Callable[[str], Any]) -> None:
    """Trouble with the keyring means no key and a note, without the error's own words."""
    use_backend("broken")
    assert save_key(CANARY) is None
    settings = from_keyring()
    assert settings.key.value is None
    assert settings.notes == ("the keyring could not be read (RuntimeError) and was ignored",)


def test_without_the_keyring_package_there_is_no_note() -> None:
    """The package works without keyring installed, and has nothing to say about it."""
    code = (
        "import sys; sys.modules['keyring'] = None\n"
        "from comet_jupyter.settings import resolve, save_key, forget_key\n"
        "from pathlib import Path\n"
        "found = resolve(environ={}, config_file=Path('/nowhere/config.toml'))\n"
        f"print(found.key.value, found.notes, save_key({CANARY!r}), forget_key())\n"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert outcome.stdout.strip() == "None () None None", outcome.stderr


def test_the_import_is_light() -> None:
    """Importing the settings imports neither keyring nor a TOML parser."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "import comet_jupyter.settings\n"
        "print(sorted({'keyring', 'tomllib', 'tomli', 'httpx', 'sqlite3'}"
        " & (set(sys.modules) - before)))\n"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert outcome.stdout.strip() == "[]", outcome.stderr
