"""What the tests of the store share: a store in an empty folder, and records to put into it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from comet_jupyter.record import Record
from comet_jupyter.store import Store
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

BEGIN = datetime(2025, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
MODEL = "black-forest-labs/flux-schnell"

PRELUDE = f"""
import os, sys, uuid
from datetime import datetime, timezone
from pathlib import Path
from comet_jupyter.errors import StoreError
from comet_jupyter.record import Record
from comet_jupyter.store import Files, Store
from comet_jupyter.wire.request import PredictionRequest

HOME = Path(sys.argv[1])
store = Store(HOME)

def new(prompt="a lake"):
    request = PredictionRequest({MODEL!r}, {{"prompt": prompt}})
    return Record(uuid.uuid4().hex, request, datetime.now(timezone.utc))

def say(*words):
    print(*words, flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the store of this test is, or will be."""
    return tmp_path / "comet"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store(folder)
    yield opened
    opened.close()


@pytest.fixture
def new() -> Callable[..., Record]:
    """Makes records, each a second after the one before.

    Keyword arguments are fields of the state, of the record, or ``input``.
    """
    count = 0

    def make(**values: Any) -> Record:
        nonlocal count
        count += 1
        model = values.pop("model", MODEL)
        request = PredictionRequest(model, values.pop("input", {"prompt": f"lake {count}"}))
        state = {
            name: values.pop(name)
            for name in tuple(values)
            if name in PredictionState.__dataclass_fields__
        }
        record = Record(uuid.uuid4().hex, request, BEGIN + timedelta(seconds=count))
        return replace(record, state=PredictionState(**state), **values)

    return make


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python processes on the store of this test.

    Their code finds ``store``, ``new()``, ``say()`` and ``HOME``; what is left of them at the
    end is killed.
    """
    started: list[subprocess.Popen[str]] = []

    def begin(code: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + textwrap.dedent(code), str(folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def run(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., str]:
    """Runs Python code on the store of this test in a process of its own; returns its output."""

    def execute(code: str, *arguments: str) -> str:
        process = start(code, *arguments)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        return output

    return execute
