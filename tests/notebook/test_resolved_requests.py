"""One request, three times: what a dry run prints, what is sent, what the equivalent cell sends."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cells import read_cell, through_ipython

from comet_jupyter import models
from comet_jupyter.engine import seeds
from comet_jupyter.notebook import equivalent
from comet_jupyter.notebook.cell_request import CellRequest
from comet_jupyter.show import remarks
from comet_jupyter.wire.request import PredictionRequest

MODELS = sorted(models.short_name(name) for name in models.all_models())
NEITHER = ("\x00", "\r")
"""Characters that no body of a cell has."""

prompts = st.text(min_size=1, max_size=60).filter(
    lambda text: (
        text.strip()
        and "sk-" not in text.lower()
        and not any(char in text for char in NEITHER)
        and text.encode("utf-8", "replace").decode() == text
    )
)
words = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="\"'{}|,;=\\"),
    min_size=1,
    max_size=8,
)


@st.composite
def cells(draw: st.DrawFn) -> tuple[str, str]:
    """A first line and a body that can be sent, with anything that can vary."""
    line = [draw(st.sampled_from(MODELS)), f"-n {draw(st.integers(1, 3))}"]
    prompt = draw(prompts)
    if draw(st.booleans()):
        line.append(f"--seed {draw(st.integers(0, 10**9))}")
    if draw(st.booleans()):
        line.append(f"-p odd_{draw(st.integers(0, 9))}={draw(words)}")
    if draw(st.booleans()):
        line.append(f"-p number={draw(st.floats(-1e6, 1e6))}")
    if draw(st.booleans()):
        line.append("--size 512x512" if "sdxl" in line else "--ar 1:1")
    if draw(st.booleans()):
        line.append(f"--sweep style={','.join(draw(st.lists(words, min_size=1, max_size=3)))}")
        prompt = prompt.replace("{{", "(") + " {{ style }}"
    if draw(st.booleans()):
        line.append("--variants all")
        prompt = prompt.replace("{{ style }}", "in {a|{b|c} d} {{ style }}")
    is_swept = any(word.startswith("--sweep") for word in line)
    return " ".join(line), prompt if is_swept else prompt.replace("{{ style }}", "")


def resolved(cell: CellRequest) -> list[PredictionRequest]:
    """Every picture's request."""
    return seeds.spread(
        cell.requests, cell.count, cell.seed, last=lambda: None, draw=lambda below: 1000
    )


def printed(requests: list[PredictionRequest]) -> list[bytes]:
    """The bodies that a dry run shows as text."""
    lines = remarks.dry_run(requests)["text/plain"].split("\n")
    return [line.encode() for line in lines if line.startswith('{"input"')]


def again(request: PredictionRequest) -> bytes:
    """What the equivalent cell sends, read as IPython reads it."""
    (one,) = resolved(read_cell(*through_ipython(equivalent.cell(request)), model=""))
    assert one.model == request.model
    return one.body()


@given(cells())
def test_a_dry_run_prints_what_is_sent_and_what_the_equivalent_cell_sends(cell) -> None:
    """Byte for byte, whatever stands in the prompt, whatever is swept."""
    requests = resolved(read_cell(*cell))
    assert printed(requests) == [request.body() for request in requests]
    for request in requests:
        assert again(request) == request.body()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells())
def test_the_service_gets_these_very_bytes(foreign_service, session, cell) -> None:
    """In front of a real server, in the order of the cell."""
    requests = resolved(read_cell(*cell))
    before = len(foreign_service.creates)
    for prediction in session.submit(*requests, cache="off"):
        prediction.wait()
    sent = [create.body for create in foreign_service.creates[before:]]
    assert sorted(sent) == sorted(printed(session.as_recorded(*requests)))


def test_a_difference_would_be_seen() -> None:
    """Control: pretty JSON is the same request in other bytes."""
    request = PredictionRequest(
        "a/model", {"prompt": "a boat", "seed": 7, "text": "\u202e\u2028\x7f"}
    )
    (shown,) = printed([request])
    assert json.loads(shown) == {"input": request.input}
    assert shown != json.dumps({"input": request.input}, indent=2).encode()


def test_the_order_of_the_options_changes_nothing() -> None:
    """Prompt first, then by name."""
    one, other = (
        read_cell(line).request.body()
        for line in ("flux-dev -p guidance=3 --ar 16:9", "flux-dev --ar 16:9 -p guidance=3")
    )
    assert one == other == b'{"input": {"prompt": "a boat", "aspect_ratio": "16:9", "guidance": 3}}'
