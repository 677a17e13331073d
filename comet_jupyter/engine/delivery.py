"""The end of a success: its output files fetched, checked and kept, and what it cost."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from time import monotonic

from .. import images
from ..errors import CometError
from ..record import Failure, FileRef, Record
from ..wire.download import Downloader
from . import verdict
from .keeper import Keeper
from .prices import Prices


async def kept(
    record: Record, downloader: Downloader, keeper: Keeper, prices: Prices
) -> tuple[Record, Failure | None]:
    """The record with its files, and why it has none.

    Outputs of which only some could be fetched are a success with notices.
    """
    detected = monotonic()
    state = record.state
    found: list[FileRef | CometError]
    if state.outputs:
        fetching = (_fetched(url, downloader, keeper) for url in state.outputs)
        found = list(await asyncio.gather(*fetching))
    else:  # an output without links is the output itself: text, numbers
        text = state.output if isinstance(state.output, str) else json.dumps(state.output)
        found = [keeper.keep(text.encode("utf-8", "replace"), "text/plain", "")]
    files = tuple(one for one in found if isinstance(one, FileRef))
    errors = [one for one in found if isinstance(one, CometError)]
    record = replace(record, files=files, download_time=monotonic() - detected)
    record = prices.charge(record)
    if errors and not files:
        return record, Failure.of(errors[0])
    record = replace(record, state=verdict.without_inline_files(record.state))
    for error in errors:
        record = record.with_notice(f"one output is missing: {error}")
    if any(keeper.only_in_memory(file) for file in files):
        record = record.with_notice(
            "the disk refused the picture, it is held in memory only: keep it with "
            "`.images[0].save(...)`"
        )
    return record, None


async def _fetched(url: str, downloader: Downloader, keeper: Keeper) -> FileRef | CometError:
    try:
        got = await downloader.fetch(url)
        return keeper.keep(got.data, images.sniff(got.data) or "", got.url)
    except CometError as error:
        return error
