"""``%%comet`` in a real kernel: which cell shows what, whenever the work ends."""

from __future__ import annotations

import threading

import pytest
from support.foreign_service import Fault

LOAD = "%load_ext comet_jupyter"
CELL = "%%comet --seed 7\na boat"


@pytest.fixture
def loaded(foreign_service, kernel):
    """A kernel with the extension, talking to a service that the test holds back."""
    assert kernel.run(LOAD, live=True).ok
    return kernel


def kinds(cell) -> list[list[str]]:
    """The media types of every output, sorted."""
    return [sorted(o.get("data", {})) or [o.output_type] for o in cell.outputs]


SHOWN = [["text/html", "text/plain"], ["image/png", "text/plain"]]


def asked(service, questions: int = 1) -> None:
    """Returns when the service has been asked for the state that often."""
    service.wait_for_requests(1)
    service.wait_for_requests(len(service.creates) + questions)


def finished(kernel, cell) -> None:
    """Returns when the cell shows its pictures."""
    kernel.wait_for(lambda: len(cell.pictures) == 1 and len(cell.outputs) == 2)


def test_a_live_cell_returns_while_the_work_goes_on(loaded, foreign_service, held):
    """It shows the line at once; the next cell runs; then caption and picture come."""
    cell = loaded.run(CELL, live=True)
    assert kinds(cell) == [["text/html", "text/plain"]]
    asked(foreign_service)
    other = loaded.run("6 * 7", live=True)
    assert other.data("text/plain") == ["42"]
    held.set()
    finished(loaded, cell)
    assert kinds(cell) == SHOWN
    assert len(other.outputs) == 1


def test_a_headless_cell_waits_and_needs_no_updates(loaded, foreign_service):
    """Caption and picture are plain outputs of the running cell, nothing is updated."""
    cell = loaded.run(CELL)
    assert kinds(cell) == SHOWN
    assert {m["msg_type"] for m in cell.messages} & {"update_display_data", "comm_open"} == set()


@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
@pytest.mark.parametrize("order", ["between", "inside", "after", "same", "waiting", "captured"])
def test_a_late_result_lands_in_its_own_cell(loaded, foreign_service, held, gate, live, order):
    """Two parents, six orders: whenever the work ends, only the cell that asked shows it."""
    loaded.run(gate.code, live=live)
    source = CELL.replace("%%comet", "%%comet --bg")
    others = []
    if order == "same":
        cell = loaded.start_cell(
            "get_ipython().run_cell_magic('comet', '--bg --seed 7', 'a boat')\npass_gate('a')",
            live=live,
        )
        gate.wait_reached("a")
        held.set()
        loaded.wait_for(lambda: "display_data" in published(loaded, cell)[1:], 30)
        loaded.wait_for(lambda: ended(loaded), 30)
        gate.open("a")
        loaded.finish(cell)
    else:
        cell = loaded.run(source, live=live)
        asked(foreign_service)
    if order == "between":
        held.set()
        loaded.wait_for(lambda: ended(loaded))
    elif order in ("inside", "captured"):
        capture = "%%capture\n" if order == "captured" else ""
        other = loaded.start_cell(f"{capture}pass_gate('b')", live=live)
        gate.wait_reached("b")
        held.set()
        loaded.wait_for(lambda: ended(loaded))
        gate.open("b")
        others.append(loaded.finish(other))
    elif order == "after":
        others.append(loaded.run("6 * 7", live=live))
        held.set()
        loaded.wait_for(lambda: ended(loaded))
    elif order == "waiting":
        other = loaded.start_cell("%comet wait", live=live)
        held.set()
        others.append(loaded.finish(other))
    others.append(loaded.run("'last'", live=live))
    loaded.settle()
    assert kinds(cell) == SHOWN
    assert len(cell.pictures) == 1
    assert not any(other.pictures for other in others)


def published(kernel, cell) -> list[str]:
    """The kinds of display messages sent so far."""
    return [m["msg_type"] for m in kernel.messages if m["msg_type"].endswith("display_data")]


def ended(kernel) -> bool:
    """The caption and the picture have been sent, to whichever cell."""
    sent = [m["content"]["data"] for m in kernel.messages if "data" in m["content"]]
    return any("image/png" in data for data in sent) and any(
        "total" in data.get("text/plain", "") for data in sent
    )


# -- what a cell leaves behind -----------------------------------------------------------------


def test_the_record_is_in_the_metadata_of_the_picture(loaded):
    """Model, input, seed and sha256, without the service's address."""
    cell = loaded.run(CELL)
    record = cell.outputs[1].metadata["comet"]
    assert record["model"] == "black-forest-labs/flux-schnell"
    assert record["input"] == {"prompt": "a boat", "seed": 7}
    assert len(record["files"][0]["sha256"]) == 64
    assert "127.0.0.1" not in str(record)


def test_four_pictures_are_one_labelled_sheet(loaded, foreign_service):
    """Four creates with four seeds, one plain picture, one caption."""
    cell = loaded.run("%%comet -n 4 --seed 7\na boat")
    assert next(sorted(o.data) for o in cell.outputs) == ["text/html", "text/plain"]
    assert len(cell.pictures) == 1
    seeds = [create.json["input"]["seed"] for create in foreign_service.creates]
    assert sorted(seeds) == [7, 8, 9, 10]
    assert "seeds 7–10" in cell.outputs[1].data["text/plain"]


def test_a_live_sheet_fills_in_and_ends_whole(loaded, foreign_service):
    """The sheet is one output that is replaced, not many."""
    cell = loaded.run("%%comet -n 4 --seed 7 -o four\na boat", live=True)
    loaded.run("four.wait()", live=True)
    loaded.run("%comet wait", live=True)
    assert len(cell.outputs) == 2
    assert len(cell.pictures) == 1
    assert len(cell.outputs[1].metadata["comet"]["predictions"]) == 4


def test_each_shows_one_below_the_other(loaded):
    """In the order of the seeds."""
    cell = loaded.run("%%comet -n 3 --seed 7 --each\na boat")
    assert len(cell.pictures) == 3
    seeds = [o.metadata["comet"]["input"]["seed"] for o in cell.outputs[1:]]
    assert seeds == [7, 8, 9]


def test_quiet_shows_nothing_and_binds(loaded):
    """The variable is all there is."""
    cell = loaded.run("%%comet -q -o cat\na boat")
    assert cell.outputs == []
    assert loaded.evaluate("len(cat.images), cat.seed is not None") == (1, True)


def test_out_binds_at_once_and_waits_lazily(loaded, foreign_service, held):
    """In a live cell the name is there before the picture; its attributes wait."""
    loaded.run("%%comet -o cat\na boat", live=True)
    assert loaded.evaluate("cat.done()") is False
    held.set()
    assert loaded.evaluate("cat.images[0].width") > 0


def test_logs_stay_only_on_request(sandbox, kernel):
    """Without --logs there are none, with it they come after the picture."""
    kernel.run(LOAD)
    plain = kernel.run(CELL)
    logged = kernel.run(CELL.replace("7", "8 --logs"))
    assert not any("Using seed" in text for text in plain.data("text/plain"))
    assert "Using seed: 8" in logged.data("text/plain")[-1]


@pytest.mark.parametrize(("embed", "pictures"), [("preview", 1), ("full", 1), ("none", 0)])
def test_embed_decides_what_the_notebook_holds(sandbox, kernel, embed, pictures):
    """The original is on disk in any case."""
    kernel.run(LOAD)
    cell = kernel.run(f"%%comet --embed {embed} -o cat\na boat")
    assert len(cell.pictures) == pictures
    assert ".webp" in cell.data("text/plain")[-1]
    assert kernel.evaluate("cat.images[0].path.exists()")


def test_four_pictures_stay_under_two_megabytes(sandbox, kernel):
    """A cell with --each 4 at full size, as it is saved."""
    kernel.run(LOAD)
    cell = kernel.run("%%comet -n 4 --each\na city in the rain, trees, mountains, birds")
    assert sum(len(str(output)) for output in cell.outputs) < 2_000_000


# -- failures ------------------------------------------------------------------------------------


def test_a_failure_raises_one_line_and_the_next_cell_can_look(loaded, foreign_service):
    """A real error output with cause and remedy; -o holds the failed prediction."""
    foreign_service.failure = "CUDA out of memory"
    cell = loaded.run("%%comet -o cat\na boat")
    assert not cell.ok
    assert cell.reply["ename"] == "PredictionFailedError"
    assert "CUDA out of memory" in cell.error
    assert "Traceback" not in cell.error
    assert loaded.evaluate("cat.status, cat.done()") == ("failed", True)


def test_no_raise_error_shows_it_and_goes_on(loaded, foreign_service):
    """The cell succeeds and says what happened."""
    foreign_service.failure = "CUDA out of memory"
    cell = loaded.run("%%comet --no-raise-error\na boat")
    assert cell.ok
    assert "CUDA out of memory" in cell.data("text/plain")[0]


def test_a_failure_in_the_background_shows_in_its_cell_and_raises_later(loaded, foreign_service):
    """Shown where it was asked for, raised where the result is used."""
    foreign_service.failure = "CUDA out of memory"
    cell = loaded.run("%%comet -o cat\na boat", live=True)
    assert cell.ok
    used = loaded.run("cat.images", live=True)
    assert used.reply["ename"] == "PredictionFailedError"
    loaded.wait_for(lambda: "CUDA out of memory" in cell.outputs[0].data["text/plain"])
    assert len(cell.outputs) == 1


def test_a_typo_is_an_error_before_anything_is_sent(loaded, foreign_service):
    """Options, verbs, models and names, each with the nearest one."""
    for source, near in (
        ("%%comet --sed 7\na boat", "--seed"),
        ("%comet statsu", "status"),
        ("%%comet flux-schnel\na boat", "flux-schnell"),
        ("boat = 1", ""),
        ("%%comet\na {{ boart }}", "boat"),
        ("%comet a paper boat", "%%comet"),
    ):
        cell = loaded.run(source)
        assert near in cell.error
        assert cell.ok is not bool(near)
    assert foreign_service.requests == []


def test_dry_run_shows_what_would_be_sent(loaded, foreign_service):
    """The requests with every seed, and none is sent; the price is asked for without the key."""
    cell = loaded.run("%%comet --dry-run -n 2 --seed 7\na boat")
    text = cell.data("text/plain")[0]
    assert '"seed": 7' in text
    assert text.endswith('{"input": {"prompt": "a boat", "seed": 8}}')
    (question,) = foreign_service.requests
    assert question.path.partition("?")[0] == "/api/models"
    assert foreign_service.key not in str(question)


# -- interrupt, kill, restart ----------------------------------------------------------------------


def test_an_interrupt_stops_the_notebook_and_keeps_the_prediction(loaded, foreign_service, held):
    """The cell ends with one line; the prediction goes on and can be shown."""
    cell = loaded.start_cell("%%comet -o cat\na boat")
    asked(foreign_service)
    loaded.interrupt()
    loaded.finish(cell)
    assert cell.reply["ename"] == "WaitInterrupted"
    assert "goes on" in cell.error
    assert loaded.evaluate(
        "issubclass(__import__('comet_jupyter').WaitInterrupted, KeyboardInterrupt)"
    )
    held.set()
    assert loaded.evaluate("len(cat.images)") == 1
    assert len(foreign_service.creates) == 1


def test_an_interrupt_speaks_of_all_that_go_on(loaded, foreign_service, held):
    """One line for three predictions; what it names waits for them all."""
    foreign_service.break_next("GET", Fault(hold=held), Fault(hold=held))
    cell = loaded.start_cell("%%comet -n 3\na boat")
    foreign_service.wait_for_requests(6)
    loaded.interrupt()
    loaded.finish(cell)
    assert cell.reply["ename"] == "WaitInterrupted"
    assert "stopped waiting; 3 predictions go on. `%comet status`" in cell.error
    held.set()
    assert "3 of 3 succeeded" in loaded.run("%comet wait").data("text/plain")[0]
    assert len(foreign_service.creates) == 3


def test_a_killed_kernel_loses_nothing_that_was_acknowledged(start_kernel, foreign_service, held):
    """After the restart `%comet status` names it, and `%comet show` finishes it, free of charge."""
    first = start_kernel()
    first.run(LOAD)
    first.run("%%comet --bg\na boat")
    asked(foreign_service)
    first.kill()
    held.set()
    [name] = foreign_service.predictions
    second = start_kernel()
    second.run(LOAD)
    assert name in second.run("%comet status").data("text/plain")[0]
    shown = second.run(f"%comet show {name[:9]}")
    assert len(shown.pictures) == 1
    assert len(foreign_service.creates) == 1


def test_a_kernel_killed_in_mid_create_says_that_it_may_be_charged(start_kernel, foreign_service):
    """The intent was on disk, the answer never came: unknown, not lost."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    first = start_kernel()
    first.run(LOAD)
    first.run("%%comet --bg -o cat\na boat")
    foreign_service.wait_for_requests(1)
    key = first.evaluate("cat.key")
    first.kill()
    hold.set()
    second = start_kernel()
    second.run(LOAD)
    assert "a boat" in second.run("%comet status").data("text/plain")[0]
    shown = second.run(f"%comet show {key[:12]}").data("text/plain")[0]
    assert "may have been charged" in shown
    assert len(foreign_service.creates) == 1
