"""Paths as people read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from comet_jupyter.paths import readable


def test_paths_are_shown_from_home(home, tmp_path, monkeypatch) -> None:
    """A path below the home is shown with a tilde, others as they are."""
    monkeypatch.chdir(tmp_path)
    assert readable(Path.home() / "a" / "b") == "~/a/b"
    assert readable("/elsewhere/b") == "/elsewhere/b"
    assert readable(Path.home()) == str(Path.home())


def test_paths_below_the_working_directory_are_relative(tmp_path, monkeypatch) -> None:
    """A notebook that names its own files works on every machine."""
    monkeypatch.chdir(tmp_path)
    assert readable(tmp_path / "kept" / "one.png") == "kept/one.png"
    assert readable(tmp_path) == str(tmp_path)
    assert readable(tmp_path.with_name(tmp_path.name + "-2") / "x").endswith("-2/x")


@pytest.mark.parametrize("above", [0, 1, 2])
def test_the_home_folder_and_those_above_are_no_notebooks_folder(home, monkeypatch, above) -> None:
    """There the tilde says more."""
    monkeypatch.chdir([home, *home.parents][above])
    assert readable(home / "a") == "~/a"


def test_a_working_directory_that_is_gone_matters_to_nobody(tmp_path, monkeypatch) -> None:
    """The path is shown all the same."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert readable(Path.home() / "a") == "~/a"
