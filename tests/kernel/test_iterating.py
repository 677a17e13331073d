"""Iterating on prompts in real cells: sweeps, variants, remix, pictures, prices, files."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.foreign_service import Fault
from support.png import png

DRY_RUN = "dry run: "
MANY = "%%comet flux-dev --sweep seed=1..4 --sweep guidance={values} -o grid\na boat"
CATALOGUE_WITHOUT_PRICES = (200, "application/json", b'{"data": [{"code": "gpt", "pricing": {}}]}')


@pytest.fixture
def loaded(foreign_service, kernel):
    """A kernel with the extension, talking to the foreign service."""
    assert kernel.run("%load_ext comet_jupyter", live=True).ok
    return kernel


def bodies(service) -> list[bytes]:
    """What was sent, create by create."""
    return [create.body for create in service.creates]


def notes(cell) -> list[dict]:
    """The record that goes with each picture output."""
    return [o.metadata["comet"] for o in cell.outputs if "comet" in o.get("metadata", {})]


# -- sweeps -----------------------------------------------------------------------------


def test_a_sweep_is_one_sheet_and_a_grid_of_predictions(loaded, foreign_service):
    """One plain picture; every place by row and column."""
    cell = loaded.run(MANY.format(values="2,3.5,5"))
    assert cell.ok, cell.error
    assert len(cell.pictures) == 1
    assert len(foreign_service.creates) == 12
    assert loaded.evaluate("grid.shape") == (4, 3)
    assert loaded.evaluate("(grid[2, 1].seed, grid[2, 1].input['guidance'])") == (3, 3.5)
    assert loaded.evaluate("[p.seed for p in grid[:, 0]]") == [1, 2, 3, 4]
    assert loaded.evaluate("len(grid), len(grid.images), grid[-1, -1].seed") == (12, 12, 4)
    (note,) = notes(cell)
    assert [axis["name"] for axis in note["axes"]] == ["seed", "guidance"]


@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
def test_a_column_more_sends_only_that_column(loaded, foreign_service, live):
    """Four by four, then four by five: four creates; the rest is in the store, and free."""
    cell = loaded.run(MANY.format(values="2,3,4,5"), live=live)
    loaded.wait_for(lambda: len(cell.pictures) == 1 and loaded.evaluate("grid.done()"))
    assert len(foreign_service.creates) == 16
    again = loaded.run(MANY.format(values="2,3,4,4.5,5"), live=live)
    loaded.wait_for(lambda: len(again.pictures) == 1 and loaded.evaluate("grid.done()"))
    added = [json.loads(body)["input"] for body in bodies(foreign_service)[16:]]
    assert sorted((one["seed"], one["guidance"]) for one in added) == [
        (1, 4.5), (2, 4.5), (3, 4.5), (4, 4.5),
    ]  # fmt: skip
    assert loaded.evaluate("grid.shape") == (4, 5)


def test_a_sweep_fills_in_while_it_runs(loaded, foreign_service, held):
    """The sheet is there before the last picture, and becomes the final one in its place."""
    foreign_service.break_next("POST", Fault(hold=held))
    cell = loaded.run(MANY.format(values="2,3"), live=True)
    loaded.wait_for(lambda: len(cell.pictures) == 1)
    before = cell.pictures[0]
    assert not loaded.evaluate("grid.done()")
    held.set()
    loaded.wait_for(lambda: loaded.evaluate("grid.done()"))
    loaded.wait_for(lambda: cell.pictures[0] != before)
    assert len(cell.pictures) == 1


def test_a_failure_leaves_a_hole_and_the_rest_goes_on(loaded, foreign_service):
    """The sheet is drawn, the place is named, and the cell stops the notebook."""
    refused = Fault(status=422, body=b'{"detail": "guidance is odd", "status": 422}')
    foreign_service.break_next("POST", refused)
    cell = loaded.run("%%comet flux-dev --sweep guidance=2,3,4 -o row --seed 7\na boat")
    assert not cell.ok
    assert "1 of 3 pictures failed" in cell.error
    assert len(cell.pictures) == 1
    assert loaded.evaluate("sorted(row.status.values())") == [1, 2]
    quiet = loaded.run("%%comet flux-dev --sweep guidance=2,3,4 --no-raise-error --seed 7\na boat")
    assert quiet.ok


def test_a_third_axis_makes_a_sheet_for_each_value(loaded, foreign_service):
    """Two sheets of two by two."""
    cell = loaded.run(
        "%%comet flux-dev --sweep seed=1,2 --sweep guidance=2,3 --sweep style=oil,ink -o cube\n"
        "a boat, {{ style }}"
    )
    assert cell.ok, cell.error
    assert len(cell.pictures) == 2
    assert loaded.evaluate("cube.shape") == (2, 2, 2)
    assert loaded.evaluate("cube[1, 0, 1].prompt") == "a boat, ink"


def test_prompts_can_be_swept(loaded, foreign_service):
    """In a line, for IPython takes no cell without a body."""
    cell = loaded.run('%comet run --sweep \'prompt=["a boat", "a barn, old"]\' --seed 7')
    assert cell.ok, cell.error
    prompts = sorted(json.loads(body)["input"]["prompt"] for body in bodies(foreign_service))
    assert prompts == ["a barn, old", "a boat"]


def test_what_was_drawn_can_be_kept(loaded, foreign_service):
    """A sweep without a seed says which one it drew, and what keeps it."""
    cell = loaded.run("%%comet flux-dev --sweep guidance=2,3 -o row\na boat")
    seed = loaded.evaluate("row[0].seed")
    assert loaded.evaluate("row[1].seed") == seed
    assert any(f"--seed {seed}" in text for text in cell.data("text/plain"))
    again = loaded.run(f"%%comet flux-dev --sweep guidance=2,3,4 --seed {seed} -o row\na boat")
    assert again.ok, again.error
    assert len(foreign_service.creates) == 3  # as it said: only what is new
    cell = loaded.run("%%comet flux-dev --variants random:2 -o row\na {red|green|blue} boat")
    assert not any("--seed" in text for text in cell.data("text/plain"))


def test_variants_keep_template_and_prompt(loaded, foreign_service):
    """Both stand in the record."""
    cell = loaded.run("%%comet --variants all -o both\na {red|blue} boat")
    assert cell.ok, cell.error
    assert loaded.evaluate("[p.prompt for p in both]") == ["a red boat", "a blue boat"]
    records = loaded.evaluate("[p.record.to_dict()['prompt_template'] for p in both]")
    assert records == ["a {red|blue} boat"] * 2


# -- dry run and price ----------------------------------------------------------------------


HARD = [
    "a boat",
    "émigré 🚣\u200d♀️ \U0001f600 שלום",
    "quotes \" ' ` and \\ back\\slashes\\n",
    '{"json": {"deep": [1, 2]}} $HOME %%cell --seed 4 # no comment',
    "a\tb\n\nc  d",
    "control \x07 \x7f \u2028 \u202e reversed",
]


@pytest.mark.parametrize("prompt", HARD)
def test_a_dry_run_prints_the_bytes_that_are_sent(loaded, foreign_service, prompt):
    """Through IPython, the kernel's messages and the socket; and nothing goes out before."""
    line = "flux-dev --seed 7 -n 2 --sweep guidance=2,3.5 -p go_fast=false"

    def call(option: str) -> str:
        return f"get_ipython().run_cell_magic('comet', {f'{line} {option}'!r}, {prompt!r})"

    shown = loaded.run(call("--dry-run")).data("text/plain")[-1]
    assert shown.startswith(DRY_RUN)
    assert foreign_service.creates == []
    printed = [text.encode() for text in shown.split("\n") if text.startswith('{"input"')]
    cell = loaded.run(call("--wait"))
    assert cell.ok, cell.error
    assert sorted(bodies(foreign_service)) == sorted(printed)
    assert len(printed) == 4


def test_a_dry_run_tells_count_and_price(loaded, foreign_service):
    """By the catalogue, which is asked now; and less when something is there already."""
    line = "%%comet flux-schnell --sweep seed=1..4 {}\na boat"
    shown = loaded.run(line.format("--dry-run")).data("text/plain")[-1]
    assert shown.startswith("dry run: 4 predictions, nothing was sent, 4 × ~$0.003 = ~$0.012")
    loaded.run("%%comet flux-schnell --seed 2\na boat")
    shown = loaded.run(line.format("--dry-run")).data("text/plain")[-1]
    assert "1 there already, free, 3 × ~$0.003 = ~$0.009 for the rest" in shown


def test_a_limit_holds(loaded, foreign_service):
    """By option and by configuration; the option wins."""
    cell = loaded.run("%%comet flux-schnell -n 4 --max-cost 0.01\na boat")
    assert "is more than --max-cost = $0.01; nothing was sent" in cell.error
    loaded.run("%config CometMagics.max_cost_per_cell = 0.01")
    cell = loaded.run("%%comet flux-schnell -n 4\na boat")
    assert "CometMagics.max_cost_per_cell = $0.01" in cell.error
    assert foreign_service.creates == []
    assert loaded.run("%%comet flux-schnell -n 3\na boat").ok
    assert loaded.run("%%comet flux-schnell -n 4 --max-cost 0.02\na boat").ok
    assert len(foreign_service.creates) == 7


def test_an_unknown_price_is_above_every_limit(loaded, foreign_service):
    """Nothing is sent, and the way out works."""
    foreign_service.catalogue = CATALOGUE_WITHOUT_PRICES
    cell = loaded.run("%%comet flux-schnell --max-cost 5\na boat")
    assert "nobody knows what flux-schnell costs" in cell.error
    assert foreign_service.creates == []
    assert loaded.run("%%comet flux-schnell --max-cost none\na boat").ok


def test_many_pictures_are_asked_for(loaded, foreign_service):
    """In a live front end there is a question; anything but yes sends nothing."""
    loaded.answers.extend(["", "y"])
    source = "%%comet flux-schnell -n 17 --wait\na boat"
    cell = loaded.run(source, live=True)
    assert "CostLimitError" in cell.error
    assert foreign_service.creates == []
    cell = loaded.run(source, live=True)
    assert cell.ok, cell.error
    assert len(foreign_service.creates) == 17
    assert loaded.run("%%comet flux-schnell -n 16 --wait\na boat", live=True).ok


def test_where_nobody_can_answer_many_pictures_are_refused(loaded, foreign_service):
    """A headless run says what allows them; and does as it is told."""
    cell = loaded.run("%%comet flux-schnell -n 17\na boat")
    assert "nobody is here to ask" in cell.error
    assert "--yes" in cell.error
    assert foreign_service.creates == []
    assert loaded.run("%%comet flux-schnell -n 17 --yes\na boat").ok
    loaded.run("%config CometMagics.confirm_over = 20")
    assert loaded.run("%%comet flux-schnell -n 18\na boat").ok
    assert len(foreign_service.creates) == 35


def test_the_sandbox_asks_nobody(kernel):
    """It takes nothing, so there is nothing to confirm."""
    kernel.run("%load_ext comet_jupyter\n%comet sandbox")
    cell = kernel.run("%%comet -n 17 -p megapixels=0.25 --max-cost 0\na boat")
    assert cell.ok, cell.error
    assert len(cell.pictures) == 1


# -- earlier ones, and pictures -----------------------------------------------------------------


def test_from_takes_everything_over(loaded, foreign_service):
    """Without a body, the prompt too; what is given wins; a variable will do for the id."""
    loaded.run("%%comet flux-dev --seed 7 -p guidance=2.5 --ar 16:9 -o first\na boat")
    name = loaded.evaluate("first.id")
    cell = loaded.run(f"%%comet --from {name} -p guidance=4\n\n")
    assert cell.ok, (cell.error, cell.outputs)
    assert loaded.run("%%comet --from {{ first }} --seed 8\na house").ok
    first, second, third = (json.loads(body)["input"] for body in bodies(foreign_service))
    assert second == {**first, "guidance": 4}
    assert third == {**first, "prompt": "a house", "seed": 8}
    again = loaded.run(f"%comet run --from {name}")
    assert again.ok, again.error
    assert len(foreign_service.creates) == 3
    assert "no prediction" in loaded.run("%%comet --from zzzzzzzz\na boat").error
    assert loaded.run("%%comet --from first --seed 9\na barn").ok  # the variable itself
    assert json.loads(bodies(foreign_service)[3])["input"]["guidance"] == 2.5


def test_a_picture_in_whatever_form_is_sent_by_the_models_name(loaded, foreign_service, home):
    """File, bytes, Pillow, earlier result, URL: in the field that each model has."""
    (home / "boat.png").write_bytes(png(40, 30, (200, 120, 40)))
    loaded.run(
        f"import os; os.chdir({str(home)!r})\n"
        "import PIL.Image\nphoto = PIL.Image.open('boat.png')\ndata = open('boat.png', 'rb').read()"
    )
    for line in (
        "kontext --image boat.png -o made",
        "kontext --image {{ data }}",
        "flux-dev --image {{ photo }}",
        "flux-2-pro --image boat.png --image {{ made }}",
        "flux-pro --image https://example.com/boat.png",
    ):
        cell = loaded.run(f"%%comet {line} --seed 7\nat night")
        assert cell.ok, cell.error
    sent = [json.loads(body)["input"] for body in bodies(foreign_service)]
    assert sent[0]["input_image"].startswith("data:image/png;base64,")
    # The very bytes are the very request, which is served.
    assert len(sent) == 4
    assert sent[1]["image"].startswith("data:image/png;base64,")
    assert [one[:11] for one in sent[2]["input_images"]] == ["data:image/"] * 2
    assert sent[3]["image_prompt"] == "https://example.com/boat.png"
    cell = loaded.run("%%comet flux-schnell --image boat.png\nat night")
    assert "takes no" in cell.error
    assert "no file" in loaded.run("%%comet kontext --image boot.png\nat night").error


# -- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
def test_pictures_are_saved_where_they_are_wanted(loaded, foreign_service, home, live):
    """Named by what is swept; a second run adds nothing; what is there is never replaced."""
    loaded.run(f"import os; os.chdir({str(home)!r})")
    source = "%%comet flux-dev --sweep guidance=2,3 --seed 7 --save out/{{model}}-{{guidance}}\na"
    source = source.replace("{{", "{").replace("}}", "}")
    cell = loaded.run(source, live=live)
    saved: Callable[[], list[str]] = lambda: sorted(  # noqa: E731
        str(path.relative_to(home)) for path in (home / "out").glob("*")
    )
    loaded.wait_for(lambda: len(saved()) == 2)
    assert saved() == ["out/flux-dev-2.png", "out/flux-dev-3.png"]
    before = [(home / name).read_bytes() for name in saved()]
    loaded.wait_for(lambda: any("saved" in text for text in cell.data("text/plain")))
    again = loaded.run(source)
    assert again.ok, again.error
    assert [(home / name).read_bytes() for name in saved()] == before
    loaded.run(source.replace("--seed 7", "--seed 8"))
    assert saved() == [
        "out/flux-dev-2-2.png", "out/flux-dev-2.png", "out/flux-dev-3-2.png", "out/flux-dev-3.png",
    ]  # fmt: skip


def test_a_wrong_template_is_refused_before_anything_is_sent(loaded, foreign_service):
    """With the nearest name."""
    cell = loaded.run("%%comet --save out/{sed}\na boat")
    assert "seed" in cell.error
    assert foreign_service.creates == []
