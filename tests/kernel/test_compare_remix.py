"""``%comet compare`` and ``%comet remix`` in real cells."""

from __future__ import annotations

import re

import pytest

LOAD = "%load_ext comet_jupyter"
DEV = "black-forest-labs/flux-dev"
BOAT = "%%comet flux-dev --seed 7 -p guidance=3 -o boat\na boat at {{ 'sunrise' }}"
SHIP = "%%comet flux-dev --seed 7 -p guidance=5 -o ship\na ship at sunrise"


@pytest.fixture
def made(foreign_service, kernel):
    """A kernel with two results: ``boat`` and ``ship``."""
    foreign_service.questions = 1
    for source in (LOAD, BOAT, SHIP, "boat.wait(), ship.wait()"):
        cell = kernel.run(source, live=True)
        assert cell.ok, cell.error
    return kernel


def next_cell(cell) -> str:
    """What a front end puts below this cell."""
    assert cell.ok, cell.error
    (payload,) = [one for one in cell.reply["payload"] if one["source"] == "set_next_input"]
    assert payload["replace"] is False
    return payload["text"]


def plain(cell) -> str:
    """All plain text of a cell's outputs."""
    assert cell.ok, cell.error
    return "\n".join(cell.data("text/plain"))


def kinds(cell) -> list[set[str]]:
    """The media types of each output."""
    return [set(output.data) for output in cell.outputs]


# -- compare ---------------------------------------------------------------------------


def test_two_results_are_compared(made, foreign_service):
    """A plain picture of both, then a slider and a table; nothing is sent."""
    for live in (True, False):
        cell = made.run("%comet compare boat ship", live=live)
        text = plain(cell)
        assert kinds(cell) == [{"image/jpeg", "text/plain"}, {"text/html", "text/plain"}]
        assert re.search(r"^prompt +a boat at sunrise +a ship at sunrise", text, re.MULTILINE)
        assert re.search(r"^guidance +3 +5", text, re.MULTILINE)
        assert "resize:horizontal" in cell.data("text/html")[0]
    assert len(foreign_service.creates) == 2


def test_ids_and_their_beginnings_and_the_newest_will_do(made, foreign_service):
    """Two names in any form; one and the newest; none for the two newest, the older one as A."""
    ids = [made.evaluate(f"{name}.id") for name in ("boat", "ship")]
    expected = plain(made.run(f"%comet compare {ids[0]} {ids[1]}"))
    assert ids[0] in expected
    for line in (f"{made.evaluate('boat.key[:8]')} ship", ids[0], "", "boat"):
        assert plain(made.run(f"%comet compare {line}")) == expected


def test_places_of_a_batch_are_compared(loaded_batch):
    """By index, by row and column, negative too."""
    text = plain(loaded_batch.run("%comet compare grid[0, -1] four[-1]"))
    assert re.search(r"^seed +2 +13", text, re.MULTILINE)


@pytest.fixture
def loaded_batch(foreign_service, kernel):
    """A kernel with a grid and a batch."""
    for source in (
        LOAD,
        "%%comet flux-dev --sweep guidance=2,3 --sweep seed=1..2 -o grid\na boat",
        "%%comet flux-dev -n 4 --seed 10 -o four\na boat",
    ):
        assert kernel.run(source).ok
    return kernel


def test_what_is_in_flight_is_waited_for(made, foreign_service, held):
    """As where the result is used: "Run All" shows both pictures."""
    late = made.run(SHIP.replace("--seed 7", "--seed 8").replace("-o ship", "-o late"), live=True)
    assert late.ok, late.error
    cell = made.start_cell("%comet compare boat late", live=True)
    held.set()
    made.finish(cell)
    assert len(cell.pictures) == 1
    assert re.search(r"^seed +7 +8", plain(cell), re.MULTILINE)
    assert "state" not in plain(cell)


def test_a_failure_is_compared_too(made, foreign_service):
    """A hole that says why, and what was asked for differently."""
    foreign_service.failure = "it was flagged"
    made.run("%%comet flux-dev --seed 7 -o bad --no-raise-error\na boat")
    cell = made.run("%comet compare boat bad")
    assert kinds(cell)[0] == {"image/jpeg", "text/plain"}
    assert re.search(r"^state +succeeded +failed", plain(cell), re.MULTILINE)
    assert "resize:" not in cell.data("text/html")[0]


def test_pictures_that_are_gone_from_disk_leave_holes(made):
    """Both files deleted: still one picture, and the words."""
    made.run("for one in (boat, ship):\n    one.images[0].path.unlink()")
    cell = made.run("%comet compare boat ship")
    assert kinds(cell) == [{"image/png", "text/plain"}, {"text/html", "text/plain"}]


def test_mistakes_are_one_line(made):
    """Cause and remedy, and nothing is shown."""
    for line, cause in (
        ("boat boat", "A and B are the same prediction"),
        ("boat cat", "there is no prediction and no variable 'cat'"),
        ("boat ship boat", "%comet compare takes two, not 3"),
        ("--each boat", "there is no option --each"),
        ("boat[0] ship", "boat is no batch but of type Prediction"),
        ("boat " + "sk-" + "x" * 24, "an API key stands in this line"),
    ):
        cell = made.run(f"%comet compare {line}")
        assert cause in cell.error
        assert "x" * 24 not in cell.error
        assert [output.output_type for output in cell.outputs] == ["error"]


def test_an_empty_history_says_so(foreign_service, kernel):
    """Nothing to compare."""
    kernel.run(LOAD)
    assert "the history has no two pictures to compare" in kernel.run("%comet compare").error


# -- remix -----------------------------------------------------------------------------


def test_remix_writes_a_cell_that_asks_for_the_same(made, foreign_service):
    """Run as it is, it is served from the store: the same request to the byte."""
    text = next_cell(made.run("%comet remix boat", live=True))
    assert text == "%%comet flux-dev --seed 7 -p guidance=3\na boat at sunrise"
    cell = made.run(text)
    assert cell.ok, cell.error
    assert "from store" in plain(cell)
    assert len(foreign_service.creates) == 2


def test_remix_applies_changes_and_keeps_other_options(made, foreign_service):
    """Inputs are written anew, the other words stay as typed; a new seed is drawn."""
    line = "%comet remix ship -p guidance=4 --ar 16:9 -n 2 --seed random -o more --save out/{seed}"
    text = next_cell(made.run(line, live=True))
    assert text == (
        "%%comet flux-dev -n 2 --ar 16:9 -p guidance=4 -o more --save out/{seed}\na ship at sunrise"
    )
    assert len(foreign_service.creates) == 2
    cell = made.run(text)
    assert cell.ok, cell.error
    sent = [create.json["input"] for create in foreign_service.creates[2:]]
    assert [one["guidance"] for one in sent] == [4, 4]
    seeds = sorted(one["seed"] for one in sent)  # the two arrive in any order
    assert seeds[1] == seeds[0] + 1
    assert made.evaluate("len(more)") == 2


def test_changes_of_all_kinds(made):
    """Each written cell can be run: a dry run takes it."""
    for changes, line in (
        ("--seed 9", "%%comet flux-dev --seed 9 -p guidance=3"),
        ("--seed +1", "%%comet flux-dev --seed 8 -p guidance=3"),
        ("--sweep guidance=2,3", "%%comet flux-dev --seed 7 --sweep guidance=2,3"),
        ("--sweep seed=1..2", "%%comet flux-dev -p guidance=3 --sweep seed=1..2"),
        ("-p guidance={{ 1 + 3 }}", "%%comet flux-dev --seed 7 -p guidance=4"),
        ("schnell", "%%comet flux-schnell --seed 7"),
        ("--model somebody/else", "%%comet somebody/else --seed 7 -p guidance=3"),
    ):
        text = next_cell(made.run(f"%comet remix boat {changes}", live=True))
        assert text == f"{line}\na boat at sunrise"
        assert "nothing was sent" in plain(made.run(text.replace("\n", " --dry-run\n", 1)))


def test_what_another_model_does_not_take_is_said(made):
    """A line above the cell that was written."""
    text = plain(made.run("%comet remix boat --model schnell", live=True))
    assert "flux-schnell does not take guidance = 3: left out" in text


def test_the_cell_is_shown_where_no_front_end_writes_it(made):
    """In a live front end a line is enough; else the cell's text can be copied."""
    for live in (True, False):
        cell = made.run("%comet remix boat -p guidance=4", live=live)
        (markup,) = cell.data("text/html")
        assert ("comet-cell" in markup) is not live
        assert "guidance 4 instead of 3; nothing was sent" in markup
        assert next_cell(cell) in plain(cell)


def test_what_is_in_flight_can_be_remixed(made, foreign_service, held):
    """Nobody waits for it."""
    made.run("%%comet flux-dev --seed 9 -o late\na kite", live=True)
    text = next_cell(made.run("%comet remix late --seed 10", live=True))
    assert text == "%%comet flux-dev --seed 10\na kite"
    held.set()
    made.run("late.wait()")


def test_a_sweep_of_prompts_leaves_the_body_empty(made, foreign_service):
    """The words come from the line; the cell can be run."""
    text = next_cell(made.run("%comet remix boat --sweep 'prompt=a kite, a tent'", live=True))
    cell = made.run(text)
    assert cell.ok, cell.error
    prompts = [create.json["input"]["prompt"] for create in foreign_service.creates[2:]]
    assert sorted(prompts) == ["a kite", "a tent"]


def test_mistakes_write_no_cell(made):
    """One line, and nothing is put below."""
    for line, cause in (
        ("", "%comet remix needs an id"),
        ("kite", "there is no prediction and no variable 'kite'"),
        ("boat --guidance 5", "there is no option --guidance"),
        ("boat --from ship", "--from and remix contradict each other"),
        ("boat two words", "unexpected"),
        ("-p guidance=5", "there is no option -p"),
        ("boat -p guidance=" + "sk-" + "x" * 24, "an API key stands in this line"),
    ):
        cell = made.run(f"%comet remix {line}", live=True)
        assert cause in cell.error
        assert "x" * 24 not in cell.error
        written = [one["source"] for one in cell.reply.get("payload", ())]
        assert "set_next_input" not in written


def test_from_takes_a_variable_in_braces(made):
    """`%%comet --from {{ boat }}` asks for what remix would write."""
    cell = made.run("%%comet --from {{ boat }} --dry-run\na kite")
    assert '"guidance": 3' in plain(cell)
    assert '"prompt": "a kite"' in plain(cell)
