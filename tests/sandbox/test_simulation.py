"""The simulated life of a prediction, as a function of its creation and the clock."""

from __future__ import annotations

import json
import re
import statistics
from dataclasses import replace
from datetime import datetime

import pytest

from comet_jupyter.sandbox.catalogue import MODELS, picture_size, problems
from comet_jupyter.sandbox.simulation import (
    KEPT,
    SECOND,
    Course,
    Creation,
    course,
    file_names,
    prediction,
)
from comet_jupyter.sandbox.words import WORDS, without_words, words_in

ROOT = "http://127.0.0.1:9"
BORN = 1_760_000_000_258_000_000
SCHNELL = "black-forest-labs/flux-schnell"
SDXL = "stability-ai/sdxl"
BAR = re.compile(r"(\d{1,3})%\s*\|[^|\n]*\|\s*(\d+)/(\d+)")


def creation(prompt: str = "a boat", model: str = SCHNELL, **more: object) -> Creation:
    """A creation at the test's epoch."""
    return Creation("a" * 26, "t" * 44, model, {"prompt": prompt, **more}, 42, BORN)


def at(made: Creation, seconds: float) -> dict[str, object]:
    """The state so many seconds after the creation."""
    return prediction(made, BORN + round(seconds * SECOND), ROOT)


def finished(made: Creation) -> dict[str, object]:
    """The state long after the end."""
    return at(made, 300)


def ended(plan: Course) -> int:
    """The end, which there is."""
    assert plan.completed is not None
    return plan.completed


def began(plan: Course) -> int:
    """The start, which there is."""
    assert plan.started is not None
    return plan.started


def test_a_prediction_starts_runs_and_succeeds() -> None:
    """Seen over time, the status goes starting, processing, succeeded, and never back."""
    made = creation()
    plan = course(made)
    moments = [
        BORN,
        began(plan) - 1,
        began(plan),
        ended(plan) - 1,
        ended(plan),
        ended(plan) + SECOND,
    ]
    statuses = [prediction(made, moment, ROOT)["status"] for moment in moments]
    assert statuses == ["starting"] * 2 + ["processing"] * 2 + ["succeeded"] * 2


def test_the_same_question_has_the_same_answer() -> None:
    """The state depends on nothing but the creation and the clock."""
    assert at(creation(), 0.7) == at(creation(), 0.7)
    other = replace(creation(), id="b" * 26)
    assert at(other, 300)["completed_at"] != at(creation(), 300)["completed_at"]


def test_the_fields_are_the_documented_ones() -> None:
    """A finished answer has the documented fields, and JSON can hold it."""
    answer = finished(creation())
    assert set(answer) == {
        "id", "model", "version", "input", "logs", "output", "data_removed", "error", "source",
        "status", "created_at", "started_at", "completed_at", "urls", "metrics",
    }  # fmt: skip
    assert answer["model"] == SCHNELL
    assert answer["source"] == "sandbox"
    assert json.loads(json.dumps(answer)) == answer


def test_unfinished_answers_leave_out_what_is_not_known_yet() -> None:
    """Times and metrics are absent before they exist."""
    answer = at(creation(), 0)
    assert not {"started_at", "completed_at", "metrics"} & set(answer)
    assert answer["output"] is None
    assert answer["logs"] == ""


def test_times_have_nine_digits_and_agree_with_the_metrics() -> None:
    """Started and completed carry nine fractional digits, and their distance is predict_time."""
    answer = finished(creation())
    started, completed = str(answer["started_at"]), str(answer["completed_at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", started)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(answer["created_at"]))
    metrics = answer["metrics"]
    assert isinstance(metrics, dict)
    run = (_parsed(completed) - _parsed(started)).total_seconds()
    assert metrics["predict_time"] == pytest.approx(run, abs=2e-6)
    assert metrics["image_count"] == 1
    assert str(answer["created_at"]) < started < completed


def _parsed(text: str) -> datetime:
    return datetime.strptime(text[:26] + "+0000", "%Y-%m-%dT%H:%M:%S.%f%z")


def test_logs_only_grow() -> None:
    """Each log begins with the one before it, and names the seed."""
    made, previous = creation(model="black-forest-labs/flux-dev"), ""
    for step in range(80):
        logs = str(at(made, step * 0.1)["logs"])
        assert logs.startswith(previous)
        previous = logs
    assert "Using seed: 42\n" in previous
    assert "\r" not in previous
    assert previous.endswith("Total safe images: 1 out of 1\n")


def test_progress_rises_to_the_end() -> None:
    """The bar's percentages rise from 0 to 100 in the model's own number of steps."""
    found = BAR.findall(str(finished(creation())["logs"]))
    assert [int(percent) for percent, _, _ in found] == [0, 25, 50, 75, 100, 100]
    assert {total for _, _, total in found} == {"4"}
    assert str(finished(creation(num_inference_steps=2))["logs"]).count("/2 [") == 4


def test_sdxl_shows_two_bars() -> None:
    """SDXL's progress jumps back once, when the refiner takes over."""
    steps = BAR.findall(str(finished(creation(model=SDXL, num_inference_steps=20))["logs"]))
    assert [int(total) for _, _, total in steps] == sorted(
        (int(t) for *_, t in steps), reverse=True
    )
    assert {total for _, _, total in steps} == {"16", "5"}


def test_kontext_shows_a_bar_without_a_total() -> None:
    """Kontext counts its steps without saying how many there will be."""
    logs = str(finished(creation(model="black-forest-labs/flux-kontext-pro"))["logs"])
    assert re.search(r"^4it \[00:0\d, ", logs, re.MULTILINE)
    assert not BAR.search(logs)


def test_closed_models_log_nothing() -> None:
    """flux-1.1-pro has empty logs from start to end."""
    made = creation(model="black-forest-labs/flux-1.1-pro")
    assert {at(made, second)["logs"] for second in range(40)} == {""}


@pytest.mark.parametrize("name", MODELS)
def test_outputs_have_the_shape_of_the_model(name: str) -> None:
    """A model gives a list of addresses or a single one, as it is documented."""
    output = finished(creation(model=name))["output"]
    assert isinstance(output, list) == MODELS[name].returns_list
    first = output[0] if isinstance(output, list) else output
    assert re.fullmatch(rf"{ROOT}/sandbox/files/t{{44}}/out-0\.(webp|png|jpg)", str(first))


def test_several_outputs_and_other_formats() -> None:
    """num_outputs and output_format decide the files."""
    assert file_names(creation(num_outputs=3, output_format="png")) == [
        "out-0.png", "out-1.png", "out-2.png",
    ]  # fmt: skip
    assert file_names(creation(model=SDXL)) == ["out-0.png"]
    assert file_names(creation(model="black-forest-labs/flux-1.1-pro-ultra")) == ["out-0.jpg"]


def test_addresses_point_where_the_service_points() -> None:
    """The urls of an answer lead to Replicate, where a client's key must not go."""
    urls = at(creation(), 0)["urls"]
    assert isinstance(urls, dict)
    hosts = {name: url.split("/")[2] for name, url in urls.items()}
    assert hosts == {
        "get": "api.replicate.com", "cancel": "api.replicate.com",
        "stream": "stream.replicate.com", "web": "replicate.com",
    }  # fmt: skip


def test_speed_divides_all_durations() -> None:
    """A server ten times as fast has queues and runs a tenth as long."""
    slow, fast = course(creation()), course(replace(creation(), speed=10))
    assert ended(fast) - BORN == pytest.approx((ended(slow) - BORN) / 10, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [(SCHNELL, 0.8), ("black-forest-labs/flux-dev", 4.5), ("black-forest-labs/flux-1.1-pro", 6.9)],
)
def test_run_times_are_those_of_the_models(name: str, seconds: float) -> None:
    """Over many ids, the median run is the model's, and runs differ."""
    plans = [course(replace(creation(model=name), id=f"{at:026d}")) for at in range(400)]
    runs = [(ended(plan) - began(plan)) / SECOND for plan in plans]
    assert statistics.median(runs) == pytest.approx(seconds, rel=0.1)
    assert statistics.pstdev(runs) > seconds * 0.1


def test_sdxl_boots_cold_now_and_then() -> None:
    """Some of SDXL's predictions wait long in the queue, most do not; schnell's never do."""

    def cold(name: str) -> int:
        plans = [course(replace(creation(model=name), id=f"{at:026d}")) for at in range(400)]
        return sum(began(plan) - BORN > 8 * SECOND for plan in plans)

    assert 20 < cold(SDXL) < 100
    assert cold(SCHNELL) == 0


def test_data_is_removed_after_an_hour() -> None:
    """Input, output and logs are there for an hour after the end, then gone."""
    made = creation()
    end = ended(course(made))
    before, after = (prediction(made, end + KEPT - shift, ROOT) for shift in (1, 0))
    assert before["output"]
    assert before["input"]
    assert not before["data_removed"]
    assert (after["output"], after["input"], after["logs"]) == (None, None, None)
    assert after["data_removed"] is True
    assert after["status"] == "succeeded"


@pytest.mark.parametrize(
    ("word", "status", "error"),
    [
        ("[fail]", "failed", "size of tensor"),
        ("[nsfw]", "failed", "(E005)"),
        ("[unsafe]", "failed", "NSFW content"),
        ("[abort]", "aborted", "deadline"),
        ("[cancel]", "canceled", None),
    ],
)
def test_words_choose_the_ending(word: str, status: str, error: str | None) -> None:
    """A word in the prompt ends the prediction as the table says, without output."""
    answer = finished(creation(f"a boat {word}"))
    assert (answer["status"], answer["output"]) == (status, None)
    assert error is None or error in str(answer["error"])
    assert "completed_at" in answer


def test_an_aborted_prediction_never_started() -> None:
    """What is aborted in the queue has no start, no run time and no logs."""
    answer = finished(creation("[abort]"))
    assert "started_at" not in answer
    assert "predict_time" not in str(answer["metrics"])
    assert answer["logs"] == ""


def test_a_failed_prediction_logs_a_traceback() -> None:
    """The traceback comes at the end of the logs, with the bar left unfinished."""
    logs = str(finished(creation("[fail]"))["logs"])
    assert logs.rstrip().splitlines()[-1].startswith("RuntimeError: ")
    assert "100%" not in logs


def test_words_change_the_times() -> None:
    """Slow and queued predictions take as long as the table says; an instant one no time."""
    slow, queued, instant = (course(creation(word)) for word in ("[slow]", "[queue]", "[instant]"))
    assert (ended(slow) - began(slow)) / SECOND == pytest.approx(20)
    assert (began(queued) - BORN) / SECOND == pytest.approx(15)
    assert at(creation("[instant]"), 0)["status"] == "succeeded"
    assert ended(instant) == BORN


def test_a_stuck_prediction_never_ends() -> None:
    """After a day it is still processing, with a part of its progress."""
    answer = at(creation("[stuck]"), 86_400)
    assert answer["status"] == "processing"
    assert "50%" in str(answer["logs"])
    assert "100%" not in str(answer["logs"])


def test_outputs_that_come_late_or_never() -> None:
    """An empty output fills in after two seconds, nothing stays nothing, expired is removed."""
    empty = creation("[empty]")
    end = (ended(course(empty)) - BORN) / SECOND
    assert (at(empty, end)["status"], at(empty, end)["output"]) == ("succeeded", None)
    assert at(empty, end + 2.01)["output"]
    assert finished(creation("[nothing]"))["output"] is None
    assert finished(creation("[nothing]"))["data_removed"] is False
    assert finished(creation("[expired]"))["data_removed"] is True


def test_outputs_of_other_shapes() -> None:
    """Words turn the output into an object, a text, a data URI, a video or an SVG."""
    output = finished(creation("[object]"))["output"]
    assert isinstance(output, dict)
    assert output["images"][0]["url"].startswith(ROOT)
    assert "/" not in str(finished(creation("[text]"))["output"])
    assert str(finished(creation("[datauri]"))["output"]).startswith("['data:image/png;base64,")
    assert file_names(creation("[video]")) == ["out-0.mp4"]
    assert file_names(creation("[svg]")) == ["out-0.svg"]


def test_noisy_logs_are_noisy() -> None:
    """A flood of lines with escapes and markup can be had for testing a display."""
    logs = str(finished(creation("[noisy]"))["logs"])
    assert logs.count("\n") > 2000
    assert all(part in logs for part in ("\x1b[31m", "\r", "</script>"))


def test_canceling_ends_a_prediction_where_it_is() -> None:
    """Canceled in the queue it never started, in the run it ran so far, later is too late."""
    made = creation("[slow]")
    plan = course(made)
    queued = finished(replace(made, canceled=BORN + 1))
    running = finished(replace(made, canceled=began(plan) + SECOND))
    late = finished(replace(made, canceled=ended(plan) + 1))
    assert (queued["status"], "started_at" in queued) == ("canceled", False)
    assert running["status"] == "canceled"
    assert running["metrics"] == {"predict_time": 1.0}
    assert late["status"] == "succeeded"


def test_words_are_cut_out_of_what_is_drawn() -> None:
    """The drawing never sees a word of the table; other brackets are left alone."""
    assert words_in("a [fail] boat [other]") == {"[fail]"}
    assert without_words("a boat [slow] [x1]") == "a boat  [x1]"
    assert all(re.fullmatch(r"\[[a-z0-9]+\]", word) for word in WORDS)


@pytest.mark.parametrize(
    ("name", "given", "size"),
    [
        ("flux-schnell", {"aspect_ratio": "16:9"}, (1344, 768)),
        ("flux-schnell", {"aspect_ratio": "9:21"}, (640, 1536)),
        ("flux-schnell", {"megapixels": "0.25"}, (512, 512)),
        ("flux-pro", {"aspect_ratio": "custom", "width": 640, "height": 512}, (640, 512)),
        ("flux-pro", {"width": 640, "height": 512}, (1024, 1024)),
        ("flux-1.1-pro-ultra", {}, (2048, 2048)),
        ("flux-2-pro", {"resolution": "4 MP", "aspect_ratio": "3:2"}, (2432, 1664)),
        ("flux-kontext-pro", {"aspect_ratio": "match_input_image"}, (1024, 1024)),
    ],
)
def test_sizes(name: str, given: dict[str, object], size: tuple[int, int]) -> None:
    """A picture has the documented size of its ratio, or the one that was asked for."""
    assert picture_size(MODELS[f"black-forest-labs/{name}"], given) == size


def test_sdxl_takes_width_and_height() -> None:
    """A model without ratios is sized in pixels, a thousand and twenty-four by default."""
    assert picture_size(MODELS[SDXL], {"width": 768}) == (768, 1024)


@pytest.mark.parametrize(
    ("name", "given", "field", "kind"),
    [
        ("flux-schnell", {}, "input", "required"),
        ("flux-schnell", {"prompt": 3}, "input.prompt", "invalid_type"),
        ("flux-schnell", {"prompt": "x", "megapixels": 1}, "input.megapixels", "invalid_type"),
        ("flux-schnell", {"prompt": "x", "num_outputs": 5}, "input.num_outputs", "number_lte"),
        ("flux-schnell", {"prompt": "x", "num_outputs": True}, "input.num_outputs", "invalid_type"),
        ("flux-schnell", {"prompt": "x", "output_quality": -1}, "input.output_quality",
         "number_gte"),
        ("flux-kontext-pro", {"prompt": "x", "output_format": "webp"}, "input.output_format",
         "enum"),
        ("flux-dev", {"prompt": "x", "image": "here"}, "input.image", "format"),
        ("flux-2-pro", {"prompt": "x", "input_images": [3]}, "input.input_images.0", "format"),
        ("flux-2-pro", {"prompt": "x", "input_images": ["data:,"] * 9}, "input.input_images",
         "array_max_items"),
    ],
)  # fmt: skip
def test_bad_input_is_named(name: str, given: dict[str, object], field: str, kind: str) -> None:
    """What a model refuses is named by its field and its kind."""
    found = problems(MODELS[f"black-forest-labs/{name}"], given)
    assert [(problem.field, problem.type) for problem in found] == [(field, kind)]


def test_good_input_has_no_problems() -> None:
    """Allowed values, a null seed, whole numbers for fractions and unknown names are accepted."""
    given = {"prompt": "x", "seed": None, "guidance": 3, "megapixels": "0.25", "unheard_of": {}}
    assert problems(MODELS["black-forest-labs/flux-dev"], given) == []
