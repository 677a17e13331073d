"""``--save TEMPLATE``: files where people want them, over none that is there, never outside."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from support.recorded import picture, success

from comet_jupyter.engine.prediction import Prediction
from comet_jupyter.engine.replay import served
from comet_jupyter.engine.runner import THREAD
from comet_jupyter.engine.session import Session
from comet_jupyter.errors import InputError, StoreError, UnknownNameError
from comet_jupyter.images import Image, OutputFile, read_metadata
from comet_jupyter.notebook.file_names import LONGEST_NAME, cleaned, fitted, is_portable
from comet_jupyter.notebook.saving import NAMES, Saved, SaveTemplate
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.store import Files
from comet_jupyter.wire.request import PredictionRequest

NOW = datetime(2026, 11, 21, 14, 3, 22).astimezone()
"""Local time."""

PROPERTY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The notebook's folder, with others beside it."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A store's files, away from the notebook."""
    return Files(tmp_path / "store")


def opened(files: Files, file: FileRef, form: type[Image] = Image) -> OutputFile:
    """What a prediction holds of a file."""
    known: dict[str, Any] = {
        "media_type": file.media_type,
        "sha256": file.sha256,
        "size": file.size,
        "load": lambda: files.read(file.sha256, file.media_type),
    }
    if file.width is None or file.height is None:
        return OutputFile(**known)
    return form(**known, width=file.width, height=file.height)


def made(files: Files, *originals: bytes, form: type[Image] = Image, **values: Any) -> Prediction:
    """A prediction with these files, PNG of seed 7 unless another was asked for."""
    record = success(files, *originals, **values)
    return Prediction(record, open_file=lambda file: opened(files, file, form))


def save(
    text: str,
    folder: Path,
    prediction: Prediction,
    labels: Mapping[str, str] | None = None,
    *,
    index: int = 1,
    count: int = 1,
) -> Saved:
    """Reads a template and saves a prediction by it."""
    template = SaveTemplate.read(text, folder, tuple(labels or ()))
    return template.save(prediction, index, count, NOW, labels)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


# -- names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("boat", "boat.png"),
        ("boat.png", "boat.png"),
        ("out/{model}/{seed}", "out/flux-schnell/7.png"),
        ("run-{index}", "run-03.png"),
        ("{date} {time}", "2026-11-21 14-03-22.png"),
        ("{id}", "an-id_1.png"),
        ("{prompt}", "a-paper-boat-at-sunrise.png"),
        ("{guidance}/{style}-{seed}", "3.5/oil-on-wood-7.png"),
        ("out/./{seed}", "out/7.png"),
        ("out//{seed}", "out/7.png"),
        ("flux-1.1", "flux-1.1.png"),
        ("boat, in oil (1)", "boat, in oil (1).png"),
    ],
)
def test_place_holders_stand_for_what_is_known(
    text: str, name: str, here: Path, files: Files
) -> None:
    """Seed, model, position, time, id, prompt and the values of a sweep; folders are made."""
    prediction = made(files, id="an-id_1", input={"prompt": "a paper boat\nat sunrise", "seed": 7})
    labels = {"guidance": "3.5", "style": "oil, on wood"}
    count = 12 if "{index}" in text else 1  # of several, each has a name of its own
    saved = save(text, here, prediction, labels, index=3, count=count)
    assert saved == Saved((here / name,))
    assert list(tree(here)) == [name]


def test_a_long_prompt_gives_its_first_words(here: Path, files: Files) -> None:
    """At most 60 characters, and no half of a word."""
    prediction = made(files, input={"prompt": "many words " * 20, "seed": 7})
    (path,) = save("{prompt}", here, prediction).paths
    assert path.stem == "many-words-many-words-many-words-many-words-many-words-many"


def test_what_is_not_known_has_a_name_too(here: Path, files: Files) -> None:
    """No seed, and a prompt of which no letter can stand in a name."""
    prediction = made(files, input={"prompt": "???"}, logs="")
    (path,) = save("{prompt}-{seed}", here, prediction).paths
    assert path.name == "none-none.png"


def test_several_pictures_of_one_prediction_are_numbered(here: Path, files: Files) -> None:
    """Behind the index, or behind the name where there is none."""
    prediction = made(files, picture(colour="navy"), picture(colour="olive"))
    paths = save("{index}-{seed}", here, prediction, index=2, count=10).paths
    assert [path.name for path in paths] == ["02-1-7.png", "02-2-7.png"]
    paths = save("{seed}", here, prediction).paths
    assert [path.name for path in paths] == ["7-1.png", "7-2.png"]
    assert paths[0].read_bytes() != paths[1].read_bytes()


def test_the_home_folder_is_a_tilde(here: Path, files: Files, home: Path) -> None:
    """As in a shell, at the beginning only."""
    saved = save("~/pictures/{seed}", here, made(files))
    assert saved.paths == (Path.home() / "pictures" / "7.png",)
    assert saved.paths[0].is_file()
    assert save("~{seed}", here, made(files)).paths == (here / "~7.png",)


def test_a_folder_that_is_named_may_lie_anywhere(here: Path, files: Files) -> None:
    """Beside the notebook, or at an absolute path."""
    assert save("../beside/{seed}", here, made(files)).paths == (here.parent / "beside" / "7.png",)
    there = here.parent / "there"
    assert save(f"{there}/{{seed}}", here, made(files)).paths == (there / "7.png",)


# -- what a picture becomes ----------------------------------------------------------------


def test_a_picture_keeps_its_format_and_says_how_it_was_made(here: Path, files: Files) -> None:
    """Its own suffix, its own pixels, and its record in it."""
    (path,) = save("{seed}", here, made(files, picture("webp"))).paths
    assert path.suffix == ".webp"
    assert '"seed": 7' in read_metadata(path.read_bytes()).texts["comet"]


@pytest.mark.parametrize(("suffix", "name"), [(".png", "PNG"), (".jpg", "JPEG"), (".JPEG", "JPEG")])
def test_png_and_jpeg_are_made_of_any_picture(
    suffix: str, name: str, here: Path, files: Files
) -> None:
    """As `Image.save` does it, by the suffix."""
    saved = save("{seed}" + suffix, here, made(files, picture("webp")))
    assert saved.paths == (here / f"7{suffix}",)
    assert saved.troubles == ()
    with Pillow.open(saved.paths[0]) as image:
        assert image.format == name


def test_what_cannot_become_webp_keeps_its_format(here: Path, files: Files) -> None:
    """What the service delivers is known only then: the picture is saved, and it is said."""
    saved = save("{seed}.webp", here, made(files, picture("png")))
    assert [path.name for path in saved.paths] == ["7.png"]
    assert len(saved.troubles) == 1
    assert "7.png is not .webp" in saved.troubles[0]
    assert save("{seed}.webp", here, made(files, picture("webp"))).troubles == ()


def test_a_file_that_is_no_picture_is_saved_too(here: Path, files: Files) -> None:
    """Byte for byte, under its own suffix."""
    saved = save("{seed}", here, made(files, b'{"caption": "a boat"}'))
    assert len(saved.paths) == 1
    assert saved.paths[0].read_bytes() == b'{"caption": "a boat"}'


def test_a_failure_saves_nothing(here: Path, files: Files) -> None:
    """There is nothing to save, and nothing to say: its cell says it."""
    failure = Failure("PredictionFailedError", "the model failed")
    record = replace(made(files).record, failure=failure, files=())
    prediction = Prediction(record, open_file=lambda file: opened(files, file))
    assert save("{seed}", here, prediction) == Saved()
    assert tree(here) == {}


# -- never over a file -----------------------------------------------------------------------


def test_a_file_that_is_there_is_never_overwritten(here: Path, files: Files) -> None:
    """The next one is called name-2, then name-3."""
    (here / "boat.png").write_bytes(b"mine")
    colours = ("navy", "olive", "teal")
    saved = [save("boat", here, made(files, picture(colour=one))).paths[0].name for one in colours]
    assert saved == ["boat-2.png", "boat-3.png", "boat-4.png"]
    assert (here / "boat.png").read_bytes() == b"mine"


def test_folders_and_dead_links_are_no_place_to_write(here: Path, files: Files) -> None:
    """A folder of that name is left empty, and what a link names is not made."""
    (here / "boat.png").mkdir()
    (here / "boat-2.png").symlink_to(here.parent / "elsewhere.png")
    assert save("boat", here, made(files)).paths == (here / "boat-3.png",)
    assert list((here / "boat.png").iterdir()) == []
    assert not (here.parent / "elsewhere.png").exists()


def test_many_at_once_take_a_name_each(here: Path, files: Files) -> None:
    """Two kernels in one folder do not write over each other: a name is taken exclusively."""
    predictions = [made(files, picture(colour=f"#{n:02x}{n:02x}00")) for n in range(0, 240, 20)]
    start = threading.Barrier(len(predictions))
    saved: list[Saved] = []

    def one(prediction: Prediction) -> None:
        start.wait()
        saved.append(save("boat", here, prediction))

    threads = [threading.Thread(target=one, args=(one_,)) for one_ in predictions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paths = {path for one_ in saved for path in one_.paths}
    assert len(paths) == len(predictions) == len(tree(here))
    assert len({path.read_bytes() for path in paths}) == len(predictions)


@pytest.mark.parametrize("format_name", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("suffix", ["", ".png", ".jpg"])
def test_a_picture_that_is_served_again_is_there_already(
    format_name: str, suffix: str, here: Path, files: Files
) -> None:
    """Though it says of itself that it was served, the one that is there is the same."""
    text = "{seed}" + suffix
    prediction = made(files, picture(format_name))
    first = save(text, here, prediction)
    before = tree(here)
    again = Prediction(
        served(prediction.record, "store"), open_file=lambda file: opened(files, file)
    )
    saved = save(text, here, again)
    assert saved == Saved(first.paths, there=first.paths)
    assert first.there == ()
    assert tree(here) == before


def test_each_of_several_under_one_name_finds_itself(here: Path, files: Files) -> None:
    """A cell that runs again makes no file when its pictures are served, whatever their order."""
    predictions = [made(files, picture(colour=one)) for one in ("navy", "olive", "teal")]
    first = [save("boat", here, one).paths[0] for one in predictions]
    again = [save("boat", here, one) for one in reversed(predictions)]
    assert [one.paths[0] for one in again] == first[::-1]
    assert len(tree(here)) == 3


def test_a_picture_that_was_edited_is_another_one(here: Path, files: Files) -> None:
    """Also when the editor kept what is written in it: then the picture is saved beside it."""
    prediction = made(files, picture("png"))
    (path,) = save("boat", here, prediction).paths
    data = path.read_bytes()
    path.write_bytes(data + b"\x00")
    saved = save("boat", here, prediction)
    assert saved == Saved((here / "boat-2.png",))
    path.write_bytes(data)  # control: as it was, it is the same
    assert save("boat", here, prediction).there == (path,)


# -- never outside ------------------------------------------------------------------------------


def test_a_link_may_not_lead_out_of_the_folder(here: Path, files: Files) -> None:
    """A folder below the one named is followed only when it stays inside."""
    outside = here.parent / "outside"
    outside.mkdir()
    (here / "out" / "inside").mkdir(parents=True)
    link = here / "out" / "flux-schnell"
    link.symlink_to(outside, target_is_directory=True)
    saved = save("out/{model}/deeper/{seed}", here, made(files))
    assert saved.paths == ()
    assert len(saved.troubles) == 1
    assert "leads out" in saved.troubles[0]
    assert list(outside.iterdir()) == []

    link.unlink()  # control: the same link inside the folder is followed
    link.symlink_to(here / "out" / "inside", target_is_directory=True)
    saved = save("out/{model}/deeper/{seed}", here, made(files))
    assert saved.troubles == ()
    assert list(tree(here / "out" / "inside")) == ["deeper/7.png"]


def test_the_folder_named_may_be_a_link(here: Path, files: Files) -> None:
    """It was typed by its owner: a link to a large disk, say."""
    disk = here.parent / "disk"
    disk.mkdir()
    (here / "out").symlink_to(disk, target_is_directory=True)
    assert save("out/{model}/{seed}", here, made(files)).troubles == ()
    assert list(tree(disk)) == ["flux-schnell/7.png"]


HOSTILE = st.one_of(
    st.text(),
    st.text(st.sampled_from("./\\ ~:-\x00\u202e%$"), max_size=12),
    st.sampled_from(["..", "../..", "/", "\\", "CON", "nul.txt", "C:\\", "~", "", ".", "\ud800"]),
)


@given(labels=st.fixed_dictionaries({"a": HOSTILE, "b": HOSTILE}), prompt=HOSTILE)
@PROPERTY
def test_no_value_leads_out_of_the_folder(
    labels: dict[str, str], prompt: str, tmp_path: Path
) -> None:
    """Whatever stands in a value, it is one part of a path below the folder, and no more."""
    prediction = Prediction(
        Record("k" * 32, PredictionRequest("some/model", {"prompt": prompt}), NOW),
        open_file=lambda file: pytest.fail("no file is opened for a name"),
    )
    template = SaveTemplate.read("out/{a}{b}/{b}/x-{a}.{prompt}", tmp_path, ("a", "b"))
    path = template.path(prediction, 1, 1, NOW, labels)
    inside = path.relative_to(tmp_path / "out")
    assert len(inside.parts) == 3
    assert all(is_portable(part) for part in inside.parts)
    assert Path(os.path.normpath(path)) == path


@given(label=HOSTILE)
@PROPERTY
def test_what_is_written_lies_in_the_folder(label: str, tmp_path: Path) -> None:
    """On a real disk: one file, where it was said to be, and none beside the folder."""
    files = Files(tmp_path / "store")
    folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    before = {path for path in tmp_path.iterdir() if path.name != "store"}
    saved = save("out/{a}/{a}", folder, made(files), {"a": label})
    assert saved.troubles == ()
    assert [folder / name for name in tree(folder)] == list(saved.paths)
    assert saved.paths[0].is_relative_to(folder / "out")
    assert {path for path in tmp_path.iterdir() if path.name != "store"} == before


@given(HOSTILE)
@settings(deadline=None)
def test_a_cleaned_value_stays_as_it_is(value: str) -> None:
    """It is a name on every system, of at most 80 characters, and not cleaned again."""
    name = cleaned(value)
    assert is_portable(name)
    assert 0 < len(name) <= 80
    assert len(name.encode()) <= LONGEST_NAME
    assert cleaned(name) == name
    assert fitted(name) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("3.5", "3.5"),
        ("-1", "-1"),
        ("16:9", "16-9"),
        ("a - b", "a-b"),
        (".hidden", "hidden"),
        ("trailing. ", "trailing"),
        ("CON", "_CON"),
        ("con.tar", "_con.tar"),
        ("Lpt1", "_Lpt1"),
        ("CONE", "CONE"),
        ("a\x00b\nc", "a-b-c"),
        ("gnp\u202egpj", "gnpgpj"),
        ("лодка на рассвете", "лодка-на-рассвете"),
        ("हिन्दी", "हिन्दी"),
        ("🛶 canoe", "🛶-canoe"),
        ("cafe\u0301", "café"),
        ("x" * 99, "x" * 80),
    ],
)
def test_a_value_stays_readable(value: str, name: str) -> None:
    """Letters of every script, digits and symbols are kept; what steers or separates is not."""
    assert cleaned(value) == name


# -- troubles ---------------------------------------------------------------------------------


def test_a_file_in_the_way_of_a_folder_is_one_line(here: Path, files: Files) -> None:
    """It came there after the template was read; nothing is raised, nothing is lost."""
    template = SaveTemplate.read("out/{model}/{seed}", here)
    (here / "out").write_text("mine")
    saved = template.save(made(files), 1, 1, NOW)
    assert saved.paths == ()
    assert len(saved.troubles) == 1
    assert "not saved as" in saved.troubles[0]
    assert "\n" not in saved.troubles[0]
    assert (here / "out").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_forbidden_folder_is_one_line(here: Path, files: Files) -> None:
    """It says what the system said."""
    here.chmod(0o500)
    try:
        saved = save("{seed}", here, made(files))
    finally:
        here.chmod(0o700)
    assert saved.paths == ()
    assert "Permission denied" in saved.troubles[0]


def test_a_folder_that_takes_no_files_is_one_line(files: Files) -> None:
    """Whoever asks: the kernel's own file system takes none from anybody."""
    if not Path("/proc/self").is_dir():
        pytest.skip("no such file system here")
    saved = SaveTemplate.read("/proc/self/{seed}", Path("/")).save(made(files), 1, 1, NOW)
    assert saved.paths == ()
    assert len(saved.troubles) == 1


class FillsTheDisk(Image):
    """A picture after which no file of this process may be larger than 100 bytes."""

    def save(self, path: Any, **options: Any) -> Path:
        """As usual, then the limit."""
        written = super().save(path, **options)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
        return written


def test_a_disk_that_fills_up_leaves_no_half_picture(here: Path, files: Files) -> None:
    """What could not be written whole is removed, and what was there stays."""
    (here / "7.png").write_bytes(b"mine")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    prediction = made(files, form=FillsTheDisk)
    try:
        saved = save("{seed}", here, prediction)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert saved.paths == ()
    assert "too large" in saved.troubles[0]
    assert tree(here) == {"7.png": b"mine"}
    assert save("{seed}", here, made(files)).troubles == ()  # control: with room it is there


def test_a_picture_that_is_gone_is_one_line_and_the_others_are_saved(
    here: Path, files: Files
) -> None:
    """Each file of a prediction stands for itself."""
    prediction = made(files, picture(colour="navy"), picture(colour="olive"))
    gone = prediction.record.files[0]
    files.path(gone.sha256, gone.media_type).unlink()
    saved = save("{index}", here, prediction)
    assert [path.name for path in saved.paths] == ["1-2.png"]
    assert len(saved.troubles) == 1
    assert "1-1.png" in saved.troubles[0]


def test_whatever_a_file_raises_becomes_a_line(here: Path, files: Files) -> None:
    """An exception on the background thread would be heard by nobody."""

    class Broken(Image):
        def save(self, path: Any, **options: Any) -> Path:
            raise ZeroDivisionError("two\nlines")

    saved = save("{seed}", here, made(files, form=Broken))
    assert saved.paths == ()
    assert "ZeroDivisionError: two lines" in saved.troubles[0]


# -- before anything is sent --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "names no file"),
        ("out/", "names no file"),
        ("out/{model}/", "names no file"),
        ("there", "names no file"),
        ("{seed", "brace without a partner"),
        ("seed}", "brace without a partner"),
        ("{{seed}}", "brace without a partner"),
        ("a\x00b", "NUL"),
        ("taken/{seed}", "taken is no folder"),
        ("taken/deeper/{seed}", "taken is no folder"),
        ("dead/{seed}", "dead is no folder"),
        ("~nobody-of-this-name/{seed}", "no home folder"),
        ("{seed}.gif", r"writes no \.gif"),
        ("{seed}.pdf", r"writes no \.pdf"),
        ("{seed}/../{id}", "no file name"),
        ("{seed}/..", "no file name"),
        ("..", "no file name"),
        (".{seed}", "no file name"),
        ("{seed}:{id}", "no file name"),
        ("{model}/CON/{seed}", "no file name"),
        ("nul.png", "no file name"),
        ("a\nb{seed}", "no file name"),
        ("a\\{seed}", "no file name"),
        ("x" * 300, "no file name"),
    ],
)
def test_a_template_that_cannot_work_is_refused(text: str, problem: str, here: Path) -> None:
    """In one line, and nothing is made."""
    (here / "there").mkdir()
    (here / "taken").write_text("mine")
    (here / "dead").symlink_to(here / "nothing")
    with pytest.raises(InputError, match=problem) as caught:
        SaveTemplate.read(text, here)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    assert sorted(path.name for path in here.iterdir()) == ["dead", "taken", "there"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{sed}", "Did you mean {seed}"),
        ("{Model}", "Did you mean {model}"),
        ("{guidence}", "Did you mean {guidance}"),
        ("{seed:04}", "Did you mean {seed}"),
        ("{xyzzy}", "It knows {seed}, {model}"),
        ("{}", "It knows"),
    ],
)
def test_an_unknown_place_holder_names_the_nearest(text: str, hint: str, here: Path) -> None:
    """Those of this cell's sweep are known too."""
    with pytest.raises(UnknownNameError, match=hint):
        SaveTemplate.read(text, here, ("guidance",))


def test_a_template_makes_nothing_when_it_is_read(here: Path) -> None:
    """A dry run leaves no folder behind."""
    template = SaveTemplate.read("out/deeper/{seed}.png", here)
    assert (template.folder, template.names) == (here / "out" / "deeper", ("{seed}",))
    assert list(here.iterdir()) == []


@given(text=st.text(), name=st.sampled_from(NAMES))
@PROPERTY
def test_any_text_is_a_template_or_one_line(text: str, name: str, tmp_path: Path) -> None:
    """Never another exception."""
    for typed in (text, f"{text}/{{{name}}}", f"{{{name}}}{text}"):
        try:
            template = SaveTemplate.read(typed, tmp_path)
        except InputError:
            continue
        assert template.names[-1]
        assert template.text == typed


# -- in a session ---------------------------------------------------------------------------


def test_pictures_are_saved_as_they_arrive(here: Path, sandbox: object) -> None:
    """From a callback on the background thread; what the store serves later is there already."""
    template = SaveTemplate.read("out/{model}/{index}-{seed}", here)
    session = Session()
    try:
        asked = [
            PredictionRequest("black-forest-labs/flux-schnell", {"prompt": "a boat", "seed": seed})
            for seed in (7, 8)
        ]
        saved: dict[int, Saved] = {}
        threads: set[str] = set()

        def arrived(prediction: Prediction, index: int) -> None:
            saved[index] = template.save(prediction, index, 2, datetime.now(timezone.utc))
            threads.add(threading.current_thread().name)

        for round_ in range(2):
            ended = threading.Semaphore(0)
            for index, prediction in enumerate(session.submit(*asked), 1):
                prediction.add_done_callback(lambda one, index=index: arrived(one, index))
                prediction.add_done_callback(lambda one, ended=ended: ended.release())
            assert all(ended.acquire(timeout=60) for _ in asked)
            paths = [saved[index].paths[0] for index in (1, 2)]
            assert [path.stem for path in paths] == ["1-7", "2-8"]
            assert [bool(saved[index].there) for index in (1, 2)] == [round_ == 1] * 2
            assert not saved[1].troubles
        assert THREAD in threads
        assert sorted(tree(here)) == sorted(path.relative_to(here).as_posix() for path in paths)
    finally:
        session.close()


def test_saving_raises_where_it_is_asked_for_by_hand(here: Path, files: Files) -> None:
    """Control: the same trouble is an exception of `Image.save`, and would be lost."""
    prediction = made(files)
    gone = prediction.record.files[0]
    files.path(gone.sha256, gone.media_type).unlink()
    with pytest.raises(StoreError):
        prediction.images[0].save(here / "boat")
