"""What people see of the past: a page of the history, what was left, forgotten and spent."""

from __future__ import annotations

import io
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from support.png import png

from comet_jupyter.errors import DownloadError, StoreError, UnknownOutcomeError
from comet_jupyter.images import Image
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.show import grid
from comet_jupyter.show.history import FOLDED_FROM, Listing, listed, sheet, short_names
from comet_jupyter.show.past import ROWS, Forgotten, forgotten, resumed
from comet_jupyter.show.spending import MODELS, Spent, spending

Make = Callable[..., Record]
Read = Callable[[str], Any]

EVIL = '<script>alert(1)</script>\x1b[31m\u202egnp `x` $5 & "q"'


def numbered(make: Make, count: int, **fields: Any) -> tuple[Record, ...]:
    """Records with keys and ids of their own, the newest first."""
    return tuple(
        make(
            state={"id": f"{number:04d}{'z' * 22}"},
            key=f"{number:032x}",
            at=-60.0 * number,
            **fields,
        )
        for number in range(count)
    )


def opener(data: bytes | Exception) -> Callable[[FileRef], Image]:
    """Opens every file with these bytes, or with this trouble."""

    def load() -> bytes:
        if isinstance(data, Exception):
            raise data
        return data

    def open_file(file: FileRef) -> Image:
        return Image(
            media_type=file.media_type,
            sha256=file.sha256,
            size=file.size,
            url="",
            path=Path.home() / "comet" / "abcd.webp",
            load=load,
            width=file.width or 1,
            height=file.height or 1,
        )

    return open_file


GREEN = opener(png(96, 64, (20, 160, 60)))


# -- the list -----------------------------------------------------------------------------------


def test_a_list_says_everything_in_text_and_in_markup(
    make: Make, read: Read, start: datetime
) -> None:
    """Id, when, model, status, seed, cost and prompt of each, in both forms."""
    records = (*numbered(make, 1), *numbered(make, 1, status="failed", seed=8, prompt="an owl"))
    bundle = listed(Listing(records, frozenset(), 2), start)
    head, first, second, last = bundle["text/plain"].splitlines()
    assert head.split() == ["id", "when", "(UTC)", "model", "status", "seed", "cost", "prompt"]
    assert first.split()[:7] == [
        "0000" + "z" * 22, "2026-03-12", "11:27", "flux-dev", "succeeded", "7", "$0.025",
    ]  # fmt: skip
    assert "A paper boat floating" in first
    assert second.split()[4:] == ["failed", "8", "$0.025", "an", "owl"]
    assert last == "1–2 of 2, newest first · 1 without a picture"
    seen = read(bundle["text/html"])
    assert seen.dropped == []
    for word in ("0000" + "z" * 22, "2026-03-12 11:27", "flux-dev", "failed", "$0.025", "an owl"):
        assert word in seen.text


def test_the_next_page_is_a_line_to_type(make: Make, read: Read, start: datetime) -> None:
    """Which ones of how many, and what shows the next ones; nothing of it on the last page."""
    records = numbered(make, 12)
    page = Listing(records, frozenset(), 231, page=2, size=12, command="%comet history boat")
    line = "13–24 of 231, newest first · page 3: %comet history boat --page 3"
    assert listed(page, start)["text/plain"].endswith(line)
    assert line in read(listed(page, start)["text/html"]).text
    last = replace(page, records=records[:3], page=20)
    assert listed(last, start)["text/plain"].endswith("229–231 of 231, newest first")


def test_a_long_list_is_folded_below_pictures_only(make: Make, read: Read, start: datetime) -> None:
    """Beside a sheet it would be said twice; without one it is all there is."""
    pictured, bare = numbered(make, FOLDED_FROM), numbered(make, FOLDED_FROM, status="failed")
    folded = read(listed(Listing(pictured, frozenset(), 9), start)["text/html"])
    assert "details" in folded.tags
    assert f"list of these {FOLDED_FROM}" in folded.text
    assert "details" not in read(listed(Listing(bare, frozenset(), 9), start)["text/html"]).tags
    short = listed(Listing(pictured[:-1], frozenset(), 8), start)
    assert "details" not in read(short["text/html"]).tags


def test_favourites_are_starred_and_counted(make: Make, start: datetime) -> None:
    """The star stands before the prompt, and what it means below the list."""
    records = numbered(make, 3)
    text = listed(Listing(records, frozenset({records[1].key}), 3), start)["text/plain"]
    assert [line.count("★ A paper") for line in text.splitlines()] == [0, 0, 1, 0, 0]
    assert "★ 1 favourite" in text.splitlines()[-1]


def test_what_has_no_id_is_named_by_its_key(make: Make, start: datetime) -> None:
    """As much of it as is to be typed."""
    unknown = make("starting", state={"id": ""}, key="abcdef0123456789" * 2, finished=True)
    text = listed(Listing((unknown,), frozenset(), 1), start)["text/plain"]
    assert text.splitlines()[1].startswith("abcdef012345  2026")


@pytest.mark.parametrize(
    ("listing", "text"),
    [
        (Listing((), frozenset(), 0), "the history is empty: what you make is kept here"),
        (Listing((), frozenset(), 0, search="zebra"), "nothing in the history matches zebra"),
        (Listing((), frozenset(), 231, page=99), "231 predictions on 10 pages: page 99 has none"),
    ],
)
def test_an_empty_page_says_why(listing: Listing, text: str, read: Read, start: datetime) -> None:
    """No table and no picture, one line in either form."""
    bundle = listed(listing, start)
    assert bundle["text/plain"] == text
    assert read(bundle["text/html"]).text == text
    assert sheet(listing, GREEN, start) is None


def test_dates_are_the_readers(make: Make) -> None:
    """In the zone of the clock that is handed in, also at the end of time."""
    zone = timezone(timedelta(hours=5, minutes=30))
    now = datetime(2026, 3, 12, 20, 0, tzinfo=zone)
    text = listed(Listing((make(),), frozenset(), 1), now)["text/plain"]
    assert "2026-03-12 16:57" in text
    assert "UTC" not in text
    assert grid.date(datetime.max.replace(tzinfo=timezone.utc), now) == "9999-12-31 23:59"


# -- the sheet ----------------------------------------------------------------------------------


def test_a_sheet_is_a_plain_picture_with_keys_and_a_text(make: Make, start: datetime) -> None:
    """No markup beside it; keys and ids in the metadata, in order; every reader gets words."""
    records = (*numbered(make, 3), *numbered(make, 1, status="failed"))
    drawn = sheet(Listing(records, frozenset(), 4), GREEN, start)
    assert drawn is not None
    data, metadata = drawn
    assert set(data) == {"image/jpeg", "text/plain"}
    picture = Pillow.open(io.BytesIO(b64decode(data["image/jpeg"])))
    shown = metadata["image/jpeg"]
    assert 1.5 < picture.width / shown["width"] < 2
    assert data["text/plain"] == shown["alt"]
    assert shown["alt"].startswith("Overview of 3 earlier pictures, newest first — A paper boat")
    named = metadata["comet"]["history"]
    assert named == [{"key": record.key, "id": record.id} for record in records[:3]]


def test_the_text_alternative_says_what_is_special(make: Make, start: datetime) -> None:
    """Each prompt once, eight at most; and what the sandbox drew."""
    records = tuple(
        make(prompt=f"boat {number // 2}", key=str(number), origin="sandbox")
        for number in range(20)
    )
    drawn = sheet(Listing(records, frozenset(), 20), GREEN, start)
    assert drawn is not None
    alt = drawn[0]["text/plain"]
    assert "boat 0; boat 1; boat 2" in alt
    assert alt.endswith("boat 7; and 2 more — sandbox · drawn locally")


def test_nothing_to_draw_is_no_sheet(make: Make, start: datetime) -> None:
    """A page of failures has a list only."""
    assert sheet(Listing(numbered(make, 2, status="failed"), frozenset(), 2), GREEN, start) is None


@pytest.mark.parametrize(
    "data",
    [
        StoreError("~/comet/abcd.webp is no longer there", "Bring it back"),
        DownloadError("the webp picture is damaged", ""),
        b"",
        b"<html>not here</html>",
        png(96, 64, (1, 2, 3))[:-20],
    ],
    ids=["gone", "damaged", "empty", "page", "cut short"],
)
def test_a_picture_that_cannot_be_shown_leaves_a_hole(
    make: Make, start: datetime, data: bytes | Exception
) -> None:
    """The sheet is there all the same, and is not the one with the picture."""
    listing = Listing(numbered(make, 1), frozenset(), 1)
    hole, whole = sheet(listing, opener(data), start), sheet(listing, GREEN, start)
    assert hole is not None
    assert whole is not None
    assert set(hole[0]) == {"image/png", "text/plain"}  # words only: png keeps them sharp
    assert hole[1]["comet"] == whole[1]["comet"]


def test_ids_are_cut_as_far_as_they_stay_apart(make: Make) -> None:
    """Eight characters, more where the beginnings are the same, all of it where one is a part."""
    ids = ["q4chw5rey9rm", "q4chw5reaaaa", "zzzzzzzzzzzz", "same00000001", "same00000002", "abc"]
    records = [make(state={"id": id}) for id in ids]
    assert short_names(records) == [
        "q4chw5rey", "q4chw5rea", "zzzzzzzz", "same00000001", "same00000002", "abc",
    ]  # fmt: skip


# -- what was left, what was forgotten ------------------------------------------------------------


def test_nothing_left_is_one_line(start: datetime, read: Read) -> None:
    """And no empty headings."""
    bundle = resumed([], [], [], [], start)
    assert bundle["text/plain"] == "nothing was left unfinished"
    assert read(bundle["text/html"]).text == "nothing was left unfinished"


def test_a_resume_says_what_becomes_of_each(make: Make, read: Read, start: datetime) -> None:
    """Four fates with when, model, prompt and id; the reason where something ended."""
    expired = make("failed", failure=Failure("OutputExpiredError", "removed after an hour"))
    bundle = resumed(
        [make("processing", prompt="one")],
        [make("starting", prompt="two", state={"id": ""}, key="ab" * 16)],
        [
            replace(expired, request=make(prompt="three").request),
            make("failed", prompt="four", files=()),
        ],
        [make("processing", prompt="five")],
        start,
    )
    text = bundle["text/plain"]
    found = [text.index(f"“{word}”") for word in ("one", "two", "three", "four", "five")]
    assert found == sorted(found)
    assert text.startswith("1 followed again")
    for part in (
        "1 of unknown outcome",
        "2 ended meanwhile",
        "removed after an hour",
        "live about an hour",
        "1 followed by another kernel",
        "2026-03-12 11:27 · flux-dev · “two” · abababababab",
    ):
        assert part in text
    seen = read(bundle["text/html"])
    assert seen.dropped == []
    for part in ("one", "abababababab", "removed after an hour", "by another kernel"):
        assert part in seen.text


def test_an_unknown_outcome_comes_with_the_choice(make: Make, read: Read, start: datetime) -> None:
    """Check, forget, or run the cell again, which is there, folded, with what it may cost."""
    unknown = make(
        "starting",
        state={"id": ""},
        key="ab" * 16,
        finished=True,
        failure=Failure.of(UnknownOutcomeError("no answer")),
    )
    bundle = resumed([], [unknown], [], [], start, lambda record: "%%comet flux-dev\na boat")
    choice = (
        "check your usage at the service; then `%comet forget abababababab` drops it, "
        "or run its cell again (may charge twice)"
    )
    assert choice in bundle["text/plain"]
    assert "      %%comet flux-dev\n      a boat" in bundle["text/plain"]
    seen = read(bundle["text/html"])
    assert choice.replace("`", "") in seen.text
    assert "details" in seen.tags
    assert "%%comet flux-dev\na boat" in seen.text
    bare = resumed([unknown], [unknown], [], [], start)
    assert "%%comet" not in bare["text/plain"]
    assert bare["text/plain"].count("may charge twice") == 1


def test_thousands_of_leftovers_are_counted(make: Make, start: datetime) -> None:
    """Fifty of a kind are listed."""
    text = resumed([make("processing")] * 1234, [], [], [], start)["text/plain"]
    assert text.startswith("1,234 followed again")
    assert len(text.splitlines()) == ROWS + 2
    assert text.endswith("and 1,184 more")


def test_forgetting_says_what_went_and_what_stays(make: Make, read: Read) -> None:
    """The sum first, then each with its files."""
    gone = [Forgotten(make(), 2, 1), Forgotten(make(prompt="an owl"), 0, 1), Forgotten(make())]
    bundle = forgotten(gone)
    lines = bundle["text/plain"].splitlines()
    assert lines[0] == "forgotten: 3 predictions, 2 files deleted"
    assert lines[1].startswith("  q4chw5rey9rmt0cww76t4h3ma4 · flux-dev · “A paper boat")
    assert lines[1].endswith("2 files deleted, 1 file kept, which another result uses")
    assert lines[2].endswith("“an owl” · 1 file kept, which another result uses")
    assert lines[3].endswith("it had no files")
    seen = read(bundle["text/html"])
    assert seen.dropped == []
    assert "forgotten: 3 predictions, 2 files deleted" in seen.text
    assert len(forgotten(gone[:1] * 60)["text/plain"].splitlines()) == ROWS + 2


# -- money --------------------------------------------------------------------------------------


def test_sums_are_marked_where_they_are_no_more_than_estimates(read: Read) -> None:
    """A tilde for catalogue prices, "at least" and a count for unknown ones, in both forms."""
    spans = [
        Spent("this session", 0.05, False, 2),
        Spent("today", 0.075, True, 3),
        Spent("last 7 days", 0.1, True, 7, 3),
        Spent("all", 0.0, False, 4, 4),
    ]
    bundle = spending(spans, [Spent("openai/gpt-image-1", 0.1, True, 7, 3)])
    rows = [line.split("  ") for line in bundle["text/plain"].splitlines()]
    cells = [[cell.strip() for cell in row if cell] for row in rows]
    assert cells[1] == ["this session", "$0.05", "2"]
    assert cells[2] == ["today", "~$0.075", "3"]
    assert cells[3] == ["last 7 days", "at least ~$0.10", "7", "3 of unknown cost"]
    assert cells[4] == ["all", "unknown", "4", "4 of unknown cost"]
    assert cells[7] == ["openai/gpt-image-1", "at least ~$0.10", "7", "3 of unknown cost"]
    assert "~ is an estimate" in bundle["text/plain"]
    seen = read(bundle["text/html"])
    assert seen.dropped == []
    assert {"at least ~$0.10", "3 of unknown cost", "~$0.075"} <= set(seen.texts)


def test_what_was_free_is_said_to_be(read: Read) -> None:
    """Nothing spent is $0.00; replays and store hits are counted beside it."""
    bundle = spending([Spent("this session", served=12)])
    line = "this session  $0.00  0        12 replayed or from the store: no charge"
    assert line in bundle["text/plain"]
    assert "12 replayed or from the store: no charge" in read(bundle["text/html"]).text
    assert "estimate" not in bundle["text/plain"]
    assert "the sandbox and replays are free" in bundle["text/plain"]


def test_requests_of_unknown_outcome_stand_beside_the_sum() -> None:
    """They may have been charged, and are in no figure."""
    text = spending([Spent("all")], unsettled=2)["text/plain"]
    assert "2 requests of unknown outcome may have been charged besides" in text
    assert "unknown outcome" not in spending([Spent("all")])["text/plain"]


def test_models_without_a_charge_are_left_out_and_many_are_counted() -> None:
    """The list is by what was paid for."""
    sold = [Spent(f"owner/m{number}", 1.0, False, 1) for number in range(MODELS + 2)]
    text = spending([Spent("all")], [*sold, Spent("owner/free")])["text/plain"]
    assert "owner/free" not in text
    assert f"owner/m{MODELS - 1} " in text
    assert f"owner/m{MODELS} " not in text
    assert "and 2 more models" in text


# -- what comes from outside --------------------------------------------------------------------


def test_markup_from_the_store_is_text_everywhere(make: Make, read: Read, start: datetime) -> None:
    """Prompt, id, key, error and cell: shown as typed, without control characters."""
    evil = make(
        "failed",
        prompt=EVIL,
        key=EVIL,
        state={"id": EVIL, "logs": ""},
        failure=Failure("PredictionFailedError", EVIL, EVIL),
        files=make().files,
    )
    listing = Listing((evil,), frozenset(), 30, size=1, command=f"%comet history {EVIL}")
    drawn = sheet(listing, GREEN, start)
    assert drawn is not None
    bundles = [
        listed(listing, start),
        listed(Listing((), frozenset(), 0, search=EVIL), start),
        resumed([evil], [evil], [evil], [evil], start, lambda record: EVIL),
        forgotten([Forgotten(evil, 1)]),
        spending([Spent(EVIL, 1.0, False, 1)], [Spent(EVIL, 1.0, False, 1)]),
    ]
    for bundle in bundles:
        seen = read(bundle["text/html"])
        assert seen.dropped == []
        assert "<script>alert(1)</script>" in seen.text
        for text in (bundle["text/plain"], seen.text):
            assert "\x1b" not in text
            assert "\u202e" not in text
        assert "mathjax_ignore" in bundle["text/html"]
    assert "\x1b" not in str(drawn[0]["text/plain"]) + str(drawn[1])
