"""Earlier predictions as a beginning: what they are called, and what is asked for again."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any

import pytest

from comet_jupyter import models
from comet_jupyter.engine.batch import Batch
from comet_jupyter.engine.prediction import Prediction
from comet_jupyter.errors import InputError
from comet_jupyter.images import OutputFile
from comet_jupyter.models import moving
from comet_jupyter.notebook import remix
from comet_jupyter.notebook.verbs.iterating import split_changes, written
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.show.axes import Axes, Axis
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

SCHNELL = "black-forest-labs/flux-schnell"
DEV = "black-forest-labs/flux-dev"
KONTEXT = "black-forest-labs/flux-kontext-pro"
FLUX2 = "black-forest-labs/flux-2-pro"
PICTURES = ["comet:" + letter * 64 for letter in "abcdefghijkl"]


def record(model: str = DEV, *, id: str = "", **inputs: Any) -> Record:
    """A prediction that succeeded, with these inputs beside a prompt."""
    request = PredictionRequest(model, {"prompt": "a boat", **inputs}, "a {{ thing }}")
    state = PredictionState(id=id or uuid.uuid4().hex, status="succeeded")
    now = datetime.now(timezone.utc)
    return Record(uuid.uuid4().hex, request, now, state, finished=True)


# -- what is asked for again -----------------------------------------------------------


def test_everything_is_asked_for_again():
    """All inputs in their order, the prompt as it was sent, and no template."""
    earlier = record(seed=7, guidance=3.5, odd={"deep": [1, None]})
    request, dropped = remix.base(earlier)
    assert request == PredictionRequest(DEV, dict(earlier.request.input))
    assert list(request.input) == ["prompt", "seed", "guidance", "odd"]
    assert request.template is None
    assert dropped == ()


def test_a_drawn_seed_is_asked_for_now():
    """The same seed with other words is what a remix is for, whoever drew it."""
    drawn = record()
    sent = PredictionRequest(DEV, {"prompt": "a boat", "seed": 41}, seed_drawn=True)
    request, _ = remix.base(Record("k" * 32, sent, drawn.submitted_at, drawn.state))
    assert [request.seed, request.seed_drawn, request.repeatable] == [41, False, True]
    logged = PredictionState(id="abcdef", logs="Using seed: 4242\n")
    request, _ = remix.base(Record("k" * 32, drawn.request, drawn.submitted_at, logged))
    assert request.seed == 4242
    assert remix.base(drawn)[0].seed is None


@pytest.mark.parametrize("status", ["failed", "starting", "processing"])
def test_what_failed_or_runs_can_be_remixed(status):
    """The request counts, not what came of it."""
    state = PredictionState(id="abcdef", status=status)
    failure = Failure("ModerationError", "flagged") if status == "failed" else None
    request = PredictionRequest(DEV, {"prompt": "a boat", "seed": 3})
    now = datetime.now(timezone.utc)
    one = Record("k" * 32, request, now, state, finished=bool(failure), failure=failure)
    assert remix.base(one) == (request, ())


def test_another_model_gets_what_it_takes():
    """The picture goes by the other model's name; what it has not is named; an alias will do."""
    earlier = record(seed=7, image=PICTURES[0], guidance=3.5, aspect_ratio="16:9")
    request, dropped = remix.base(earlier, "kontext")
    assert request == PredictionRequest(
        KONTEXT,
        {"prompt": "a boat", "seed": 7, "input_image": PICTURES[0], "aspect_ratio": "16:9"},
    )
    assert dropped == ("guidance = 3.5",)
    assert remix.base(earlier, DEV) == remix.base(earlier)
    assert remix.base(earlier, SCHNELL)[1] == ("image (a picture)", "guidance = 3.5")


def test_an_unknown_model_gets_everything():
    """Nothing is known of it, so the service decides."""
    request, dropped = remix.base(record(seed=7, guidance=3.5), "somebody/else")
    assert request.input == {"prompt": "a boat", "seed": 7, "guidance": 3.5}
    assert dropped == ()


def test_of_many_pictures_as_many_move_as_fit():
    """One field takes a list, another one picture; those left over are named."""
    several = {"prompt": "a boat", "input_images": PICTURES[:3]}
    kept, dropped = moving.moved(several, FLUX2, KONTEXT)
    assert kept == {"prompt": "a boat", "input_image": PICTURES[0]}
    assert dropped == {"input_images": PICTURES[1:3]}
    assert moving.in_words("input_images", PICTURES[1:3]) == "input_images (2 pictures)"
    back, dropped = moving.moved({"input_image": PICTURES[0]}, KONTEXT, FLUX2)
    assert [back, dropped] == [{"input_images": [PICTURES[0]]}, {}]
    kept, dropped = moving.moved({"input_images": PICTURES[:10]}, "flux-2-flex", FLUX2)
    assert [kept, dropped] == [{"input_images": PICTURES[:8]}, {"input_images": PICTURES[8:10]}]


@pytest.mark.parametrize("empty", [None, "", []])
def test_no_picture_is_no_picture(empty):
    """An empty field is neither moved nor named."""
    assert moving.moved({"image": empty}, DEV, KONTEXT) == ({}, {})


def test_every_model_moves_to_every_other():
    """What is kept draws no warning that was not there, and nothing is lost in silence."""
    for one in models.all_models().values():
        inputs = {"prompt": "a boat", "seed": 7}
        for spec in one.inputs.values():
            if spec.type == "uri":
                inputs[spec.name] = PICTURES[0]
            elif spec.type == "uri[]":
                inputs[spec.name] = PICTURES[:2]
            elif spec.allowed:
                inputs[spec.name] = spec.allowed[-1]
            elif spec.maximum is not None and spec.type != "string":
                inputs[spec.name] = int(spec.maximum)
        for other in models.all_models().values():
            kept, dropped = moving.moved(inputs, one.name, other.name)
            moved = {other.image_field if n == one.image_field else n for n in inputs}
            assert moved - set(kept) - {None} <= {*dropped, other.image_field}
            for name, value in kept.items():
                assert name in other.inputs or not other.complete or name == "prompt"
                assert name not in other.inputs or not models.doubts(other.inputs[name], value)


def test_what_is_dropped_is_said_shortly():
    """One line of at most a few words, whatever the value was."""
    assert moving.in_words("guidance", 3.5) == "guidance = 3.5"
    assert moving.in_words("image", "data:image/png;base64,AAAA") == "image (a picture)"
    assert moving.in_words("odd", {"a": [None]}) == 'odd = {"a": [null]}'
    assert moving.in_words("text", "many\nwords " * 30).startswith("text = many words many")
    assert len(moving.in_words("text", "many\nwords " * 30)) < 60


# -- what they are called --------------------------------------------------------------


@pytest.fixture
def kept(session):
    """Three predictions in the store."""
    records = [
        record(id=f"{name}{'0' * 20}", seed=n) for n, name in enumerate(("bcdf", "ghjk1", "ghjk2"))
    ]
    session.store.put(*records)
    return records


def test_an_id_or_its_beginning_or_a_key_is_found(session, kept):
    """In the store, without a key and without the service."""
    one = kept[0]
    for ref in (one.id, one.id[:6], f" {one.id} ", one.key, one.key[:10]):
        assert remix.find(session, ref) == one


def test_what_is_in_flight_is_found_and_not_followed_twice(foreign_service, held, session):
    """The handle's record, newer than the disk's; no question and no create for it."""
    request = PredictionRequest(SCHNELL, {"prompt": "a boat", "seed": 7})
    [prediction] = session.submit(request)
    foreign_service.wait_for_requests(2)
    assert remix.find(session, prediction.id[:20]) is prediction.record
    assert remix.find(session, prediction.key) is prediction.record
    assert len(foreign_service.creates) == 1
    held.set()
    prediction.wait()
    assert remix.find(session, prediction.id).succeeded


def test_what_an_earlier_kernel_left_is_not_followed(session, kept):
    """Only read: there is no key here, and none is missed."""
    left = Record(
        uuid.uuid4().hex,
        PredictionRequest(DEV, {"prompt": "a boat"}),
        datetime.now(timezone.utc),
        PredictionState(id="leftbehind00", status="processing"),
    )
    session.store.put(left)
    assert remix.find(session, "leftbehind") == left
    assert session.unfinished() == []


def test_a_prediction_itself_is_found(session):
    """A handle, a record, and a batch of one; of several one has to be chosen."""
    one = handle()
    assert remix.find(session, one) is one.record
    assert remix.find(session, one.record) is one.record
    assert remix.find(session, Batch([one])) is one.record
    with pytest.raises(InputError, match=r"this is a batch of 2 predictions\. Choose one"):
        remix.find(session, Batch([one, one]))
    with pytest.raises(InputError, match="this is no prediction but of type dict"):
        remix.find(session, {})


def opened(file: FileRef) -> OutputFile:
    """Nobody looks at the files here."""
    raise AssertionError(file)


def handle(**inputs: Any) -> Prediction:
    """A finished prediction that nobody sent."""
    return Prediction(record(**inputs), open_file=opened)


def test_variables_are_looked_up_by_plain_names(session):
    """A name, with whole numbers behind it or not; in a batch, a list or a tuple."""
    made = [handle(seed=seed) for seed in range(3)]
    session.store.put(made[1].record)
    names = {"cat": made[0], "batch": Batch(made), "both": made[:2], "кот": made[2]}
    for text, expected in (
        ("cat", made[0]),
        ("batch[2]", made[2]),
        ("batch[ -1 ]", made[2]),
        ("both[1]", made[1]),
        ("кот", made[2]),
    ):
        assert remix.find(session, text, names) is expected.record
    assert remix.find(session, made[1].id, names) == made[1].record
    axes = Axes((Axis("seed", ("1", "2")), Axis("style", ("ink",))))
    assert remix.find(session, "g[1, -1]", {"g": Batch(made[:2], axes)}) is made[1].record


class Trap(dict):
    """Something whose looking up would run somebody's code."""

    def __getitem__(self, key):
        raise AssertionError("it was run")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("dog", "there is no prediction and no variable 'dog'"),
        ("no-such-id", "there is no prediction 'no-such-id'"),
        ("number", "number is no prediction but of type int"),
        ("batch", "batch is a batch of 2 predictions"),
        ("batch[2]", r"there is no batch\[2\]: batch has 2 predictions"),
        ("batch[0, 1]", r"there is no batch\[0, 1\]: this batch has no axes"),
        ("both[0, 1]", "both is no batch but of type list"),
        ("trap[0]", "trap is no batch but of type Trap"),
        ("cat[0]", "cat is no batch but of type Prediction"),
        ("batch[one]", "there is no prediction"),
        ("batch[0].record", "there is no prediction"),
        ("open('x')", "there is no prediction"),
        ("", "there is no prediction"),
        ("x" * 500, "there is no prediction"),
        ("ключ\u202e\n", "there is no prediction"),
    ],
)
def test_what_is_no_prediction_is_said_in_one_line(session, text, cause):
    """One clear line, and nothing but names and numbers is looked at."""
    one = handle()
    names = {
        "cat": one,
        "batch": Batch([one, one]),
        "both": [one, one],
        "number": 5,
        "trap": Trap(),
    }
    with pytest.raises(InputError, match=cause) as caught:
        remix.find(session, text, names)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 240


def test_a_beginning_of_several_is_refused(session, kept):
    """Both are named."""
    with pytest.raises(InputError, match=f"{kept[1].id}, {kept[2].id}|{kept[2].id}, {kept[1].id}"):
        remix.find(session, "ghjk")


def test_a_key_is_not_repeated(session):
    """What may be a key does not stand in the error."""
    key = "sk-" + "x" * 24
    with pytest.raises(InputError, match="there is no prediction") as caught:
        remix.find(session, key)
    assert key not in str(caught.value)


# -- the cell that is written ----------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "changes", "kept"),
    [
        ("", "", []),
        ("-p guidance=5 --ar 16:9 -n 4 --seed random", None, []),
        ("kontext -p 'style=oil, ink' --no \"a hand\"", None, []),
        ("-pguidance=5 -n4 --seed=+1", None, []),
        ("-o cats --model kontext -q", "--model kontext", ["-o cats", "-q"]),
        (
            "--sweep 'style=oil, ink' -n 2 --variants all --save out/{seed} --max-cost 0.5",
            "-n 2",
            ["--sweep 'style=oil, ink'", "--variants all", "--save out/{seed}", "--max-cost 0.5"],
        ),
        (
            "--sweep seed=1..4 --sweep={{ a_list }}",
            "",
            ["--sweep seed=1..4", "--sweep={{ a_list }}"],
        ),
        ("-p x={{ f(1, 'a b') }} --timeout=3", "-p x={{ f(1, 'a b') }}", ["--timeout=3"]),
        ("--image a.png --shrink 512 --strict", "--image a.png --shrink 512", ["--strict"]),
        ("--nonsense 5", None, []),
        ("-ocats", "", ["-ocats"]),
        ("-o", "", ["-o"]),
    ],
)
def test_changes_are_parted_from_what_a_cell_keeps(line, changes, kept):
    """Inputs are written anew; other options stay exactly as they are typed."""
    assert split_changes(line) == (line if changes is None else changes, kept)


def test_from_in_a_remix_is_refused():
    """There would be two beginnings."""
    with pytest.raises(InputError, match="--from and remix contradict each other"):
        split_changes("--from abcdef")


def test_further_options_stand_at_the_end_of_the_line():
    """The body stays as it is; one that is empty becomes a line, for IPython refuses none."""
    assert written("%%comet dev --seed 7\na boat\nat sea", ["-o cats", "-q"]) == (
        "%%comet dev --seed 7 -o cats -q\na boat\nat sea"
    )
    assert written("%%comet dev\n", []) == "%%comet dev\n\n"
