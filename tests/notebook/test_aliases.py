"""The user's own short names of models: the file, what may be one, and who else writes it."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comet_jupyter import aliases, models
from comet_jupyter.aliases import Change
from comet_jupyter.errors import InputError, StoreError, UnknownNameError

DEV, SDXL = "black-forest-labs/flux-dev", "stability-ai/sdxl"


@pytest.fixture
def folder(tmp_path):
    """The store's folder, which is not there yet."""
    return tmp_path / "comet"


def test_an_alias_is_kept(folder):
    """In a private file that a person can read and edit; none are there before."""
    assert aliases.read(folder) == {}
    assert aliases.put(folder, "boat", DEV) == Change()
    assert aliases.read(folder) == {"boat": DEV}
    path = folder / "aliases.json"
    assert json.loads(path.read_text("utf-8")) == {"boat": DEV}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_reading_makes_nothing(folder):
    """Without an alias there is no folder and no file."""
    aliases.read(folder)
    assert not folder.exists()


def test_a_new_meaning_tells_the_old_one(folder):
    """In any case: Boat and boat are one alias."""
    aliases.put(folder, "boat", DEV)
    assert aliases.put(folder, "Boat", SDXL) == Change(former=DEV)
    assert aliases.read(folder) == {"Boat": SDXL}


def test_a_deleted_alias_is_gone(folder):
    """It is said what it stood for; the others stay."""
    aliases.put(folder, "boat", DEV)
    aliases.put(folder, "owl", SDXL)
    assert aliases.delete(folder, "BOAT") == DEV
    assert aliases.read(folder) == {"owl": SDXL}


def test_an_alias_that_is_not_there_names_the_nearest(folder):
    """Nothing is deleted by a typo."""
    aliases.put(folder, "lighthouse", DEV)
    with pytest.raises(UnknownNameError, match="Did you mean lighthouse"):
        aliases.delete(folder, "lighthose")
    with pytest.raises(UnknownNameError, match="`%comet alias` lists them"):
        aliases.delete(folder, "zzz")
    assert aliases.read(folder) == {"lighthouse": DEV}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a/b",
        "a b",
        "-n",
        "--delete",
        "a\tb",
        "a=b",
        '"a"',
        "{{a}}",
        "a\n",
        "x" * 61,
        ".a",
        "a\x00",
    ],
)
def test_what_could_not_be_typed_is_no_alias(folder, name):
    """Slashes, blanks, dashes at the beginning, quotation marks, braces; nothing is written."""
    with pytest.raises(InputError, match="can be no alias"):
        aliases.put(folder, name, DEV)
    assert not (folder / "aliases.json").exists()


@pytest.mark.parametrize(
    "name", ["a", "7", "flux_2", "v1.5", "a-b", "x" * 60, "Boot", "лодка", "_x"]
)
def test_words_of_any_language_are_aliases(folder, name):
    """Letters, digits and a few marks."""
    aliases.put(folder, name, DEV)
    assert models.canonical(name, aliases.read(folder)) == DEV


@pytest.mark.parametrize("model", ["", "flux-dev", "a/b/c", "a/b?x", "../x", "a../b", "a b/c"])
def test_an_alias_stands_for_a_full_name(folder, model):
    """Anything that a path could not carry is refused; nothing is written."""
    with pytest.raises(InputError, match="is not a model name"):
        aliases.put(folder, "boat", model)
    assert not (folder / "aliases.json").exists()


# -- a file that somebody else wrote -----------------------------------------------------------

DAMAGED = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"{" + b" " * 2_000_000 + b"}"]


@pytest.mark.parametrize("content", DAMAGED, ids=lambda content: repr(content[:9]))
def test_a_damaged_file_is_one_clear_line(folder, content):
    """It names the file and what helps, and the file stays as it is; so it does for a delete."""
    folder.mkdir()
    (folder / "aliases.json").write_bytes(content)
    for use in (lambda: aliases.read(folder), lambda: aliases.delete(folder, "boat")):
        with pytest.raises(StoreError, match=r"aliases\.json is damaged\. Mend it") as caught:
            use()
        assert "\n" not in str(caught.value)
    assert (folder / "aliases.json").read_bytes() == content


@pytest.mark.parametrize("content", DAMAGED, ids=lambda content: repr(content[:9]))
def test_a_damaged_file_is_never_lost(folder, content):
    """A new alias moves it aside, and tells where to."""
    folder.mkdir()
    (folder / "aliases.json").write_bytes(content)
    change = aliases.put(folder, "boat", DEV)
    assert aliases.read(folder) == {"boat": DEV}
    [aside] = folder.glob("aliases.damaged-*.json")
    assert aside.read_bytes() == content
    assert aside.name in change.set_aside


def test_what_is_no_alias_is_passed_over_and_stays(folder):
    """One bad line spoils no other, and is not dropped by the next write."""
    folder.mkdir()
    strange = {"boat": DEV, "a/b": DEV, "x": 5, "y": "no-slash", "z": None, "": DEV}
    (folder / "aliases.json").write_text(json.dumps(strange))
    assert aliases.read(folder) == {"boat": DEV}
    aliases.put(folder, "owl", SDXL)
    assert json.loads((folder / "aliases.json").read_text()) == {**strange, "owl": SDXL}


def test_an_editors_byte_order_mark_is_no_damage(folder):
    """Windows editors write one."""
    folder.mkdir()
    (folder / "aliases.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"boat": DEV}).encode())
    assert aliases.read(folder) == {"boat": DEV}


def test_a_link_is_not_followed(folder, tmp_path):
    """Somebody's file elsewhere is neither read nor overwritten."""
    folder.mkdir()
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(json.dumps({"boat": DEV}))
    (folder / "aliases.json").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="a symbolic link stands in its place"):
        aliases.read(folder)
    with pytest.raises(StoreError):
        aliases.put(folder, "boat", SDXL)
    assert json.loads(elsewhere.read_text()) == {"boat": DEV}


def test_a_disk_that_takes_nothing_is_one_clear_line(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="your aliases could not be"):
        aliases.put(tmp_path / "file" / "below", "boat", DEV)


@given(st.binary(max_size=60))
def test_no_file_raises_anything_else(tmp_path_factory, content):
    """Whatever it holds, it is aliases or a `StoreError`."""
    folder = tmp_path_factory.mktemp("any")
    (folder / "aliases.json").write_bytes(content)
    try:
        found = aliases.read(folder)
    except StoreError:
        return
    assert all(models.canonical(name, found) == model for name, model in found.items())


# -- others who write --------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from comet_jupyter import aliases
for number in range(25):
    aliases.put(Path(sys.argv[1]), f"{sys.argv[2]}{number}", "me/model")
"""


def test_two_kernels_at_once_lose_nothing(folder):
    """Three processes write 25 aliases each; all 75 are there."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    writers = [subprocess.Popen([*command, name]) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(aliases.read(folder)) == 75


def test_threads_lose_nothing(folder):
    """The same within one process."""

    def write(name: str) -> None:
        for number in range(10):
            aliases.put(folder, f"{name}{number}", DEV)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(aliases.read(folder)) == 30


def test_without_the_lock_something_is_lost(folder, monkeypatch):
    """Control: writers that do not wait for each other overwrite what another has written."""
    monkeypatch.setattr(aliases, "_lock", lambda descriptor: True)
    both_have_read = threading.Barrier(2)
    read = aliases._mended

    def slow(path):
        found = read(path)
        both_have_read.wait(10)
        return found

    monkeypatch.setattr(aliases, "_mended", slow)
    threads = [threading.Thread(target=aliases.put, args=(folder, name, DEV)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(aliases.read(folder)) == 1


def test_who_holds_the_lock_for_long_is_not_waited_for(folder, monkeypatch):
    """After a while it is one clear line, and nothing is written."""
    monkeypatch.setattr(aliases, "PATIENCE", 0.05)
    with aliases._alone(folder), pytest.raises(StoreError, match="another kernel is writing"):
        aliases.put(folder, "boat", DEV)
    assert aliases.read(folder) == {}
    aliases.put(folder, "boat", DEV)
    assert aliases.read(folder) == {"boat": DEV}


# -- in a session ------------------------------------------------------------------------------


def test_a_session_reads_them_anew(session):
    """What another kernel has made counts here at once, and wins over the package's names."""
    home = session.settings.home.value
    assert session.aliases == {}
    aliases.put(home, "sdxl", DEV)
    assert session.aliases == {"sdxl": DEV}
    assert session.resolve_model("SDXL") == DEV
    assert session.resolve_model("owner/name") == "owner/name"


def test_an_alias_may_be_made_of_an_alias(session):
    """It stands for the model that this one means now, whatever becomes of it."""
    session.set_alias("boat", "kontext")
    session.set_alias("ship", "boat")
    session.delete_alias("boat")
    assert session.aliases == {"ship": "black-forest-labs/flux-kontext-pro"}
    with pytest.raises(UnknownNameError):
        session.set_alias("x", "boat")


def test_the_nearest_name_may_be_ones_own(session):
    """A typo in an alias names the alias."""
    session.set_alias("lighthouse", "flux-dev")
    with pytest.raises(UnknownNameError, match="Did you mean lighthouse"):
        session.resolve_model("lighthous")
    with pytest.raises(UnknownNameError, match="one of lighthouse, flux-schnell"):
        session.resolve_model("zzzzzz")


def test_a_damaged_file_stops_no_cell(session):
    """The package's names still work, and the trouble is there to be told."""
    home = session.settings.home.value
    home.mkdir(parents=True)
    assert session.alias_trouble == ""
    (home / "aliases.json").write_text("{")
    assert session.aliases == {}
    assert session.resolve_model("flux-dev") == DEV
    assert "is damaged" in session.alias_trouble


def test_a_price_is_known_by_alias(foreign_service, session):
    """What it stands for is looked up in the service's list."""
    session.set_alias("quick", "schnell")
    assert session.known_price("quick") == session.known_price("schnell")
    assert session.known_price("quick").amount == 0.003
