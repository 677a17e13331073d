"""Whether what killed kernels showed, what the service was asked and what the store holds agree.

Reads a store with SQLite and a look at its files, not with the package's store.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comet_jupyter.record import Record

from .rounds import Round

PHASES = (
    "before the intent",
    "before the POST",
    "during the POST",
    "after the POST",
    "between two questions",
    "during a question",
    "before the download",
    "during the download",
    "after the download",
    "after the end",
    "taking up",
)
"""Where a kernel's death may meet one of its predictions."""


@dataclass(frozen=True)
class Kept:
    """What a store holds.

    Attributes
    ----------
    records : tuple of Record
    damaged : tuple of str
        What is wrong with the database or a file; empty for a sound store.
    halves : int
        Files that somebody was writing when he was killed; they have no final name.
    """

    records: tuple[Record, ...]
    pictures: frozenset[str]
    damaged: tuple[str, ...]
    halves: int


@dataclass(frozen=True)
class Outcome:
    """What became of all predictions.

    Attributes
    ----------
    lost : tuple of str
        Ids that a handle had shown, or the store knew, and that have no picture in the end.
    twice : tuple of str
        Prompts that were sent more than once.
    vanished : tuple of str
        Prompts that the service has made, and the store knows nothing of.
    untold : tuple of str
        Prompts without an id that do not stand in the store as requests of unknown outcome.
    damaged : tuple of str
        See `Kept`; after the kills, and at the end.
    phases : Counter
        Rounds in which the death met a prediction there.
    """

    lost: tuple[str, ...]
    twice: tuple[str, ...]
    vanished: tuple[str, ...]
    untold: tuple[str, ...]
    damaged: tuple[str, ...]
    phases: Counter[str]
    halves: int


def look(home: Path) -> Kept:
    """The store of a folder, as it lies on the disk."""
    damaged = [f"{path.name} was set aside" for path in home.glob("comet.db.damaged*")]
    records = []
    with closing(sqlite3.connect(home / "comet.db")) as connection:
        damaged += [text for (text,) in connection.execute("PRAGMA integrity_check")]
        for key, data in connection.execute("SELECT key, record FROM predictions"):
            try:
                records.append(Record.from_dict(json.loads(data)))
            except Exception as error:
                damaged.append(f"record {key}: {error}")
    damaged.remove("ok")
    pictures, halves = set(), 0
    for path in (home / "files").glob("*/*"):
        if path.name.startswith("."):
            halves += 1
        elif hashlib.sha256(path.read_bytes()).hexdigest() == path.stem:
            pictures.add(path.stem)
        else:
            damaged.append(f"{path.name} holds something else, or half of it")
    return Kept(tuple(records), frozenset(pictures), tuple(damaged), halves)


def judge(
    rounds: Sequence[Round], service: Mapping[str, Any], before: Kept, after: Kept
) -> Outcome:
    """Compares what is known of every prediction.

    Parameters
    ----------
    rounds : sequence of Round
    service : mapping
        Its own log.
    before, after : Kept
        The store after the kills, and after everything was taken up.
    """
    made = service["made"]
    shown = {line["id"] for one in rounds for line in one.said if line.get("id")}
    shown |= {record.id for record in before.records if record.id}
    sha256 = {one["id"]: one["sha256"] for one in made}
    whole = {
        record.id
        for record in after.records
        if record.succeeded
        and [file.sha256 for file in record.files] == [sha256.get(record.id)]
        and sha256[record.id] in after.pictures
    }
    known = {(record.request.prompt, record.id) for record in after.records}
    sent = Counter(one["prompt"] for one in made)
    return Outcome(
        lost=tuple(sorted(shown - whole)),
        twice=tuple(sorted(prompt for prompt, times in sent.items() if times > 1)),
        vanished=tuple(
            one["prompt"]
            for one in made
            if not known & {(one["prompt"], one["id"]), (one["prompt"], "")}
        ),
        untold=tuple(
            record.request.prompt
            for record in after.records
            if not record.id and record.status != "unknown"
        ),
        damaged=before.damaged + after.damaged,
        phases=Counter(phase for one in rounds for phase in phases(one, service, before)),
        halves=before.halves,
    )


def phases(round: Round, service: Mapping[str, Any], before: Kept) -> set[str]:
    """Where the death of one kernel met its predictions."""
    if round.kind == "taking up":
        return {"taking up"} if _last_words(round) else set()
    records = {record.request.prompt: record for record in before.records}
    ids = {one["prompt"]: one["id"] for one in service["made"]}
    asked = defaultdict(list)
    for one in service["asked"]:
        if one["received"] <= round.killed or one["what"] == "create":
            asked[one["id"]].append(one)
    last = _last_words(round)
    return {
        _phase(records.get(prompt), last.get(prompt, {}), asked[ids.get(prompt)], round.killed)
        for prompt in round.prompts
    }


def _last_words(round: Round) -> dict[str, dict[str, Any]]:
    """What each handle of a kernel showed last."""
    return {line["prompt"]: line for line in round.said if "prompt" in line}


def _phase(
    record: Record | None,
    last: Mapping[str, Any],
    asked: Iterable[Mapping[str, Any]],
    killed: float,
) -> str:
    answered = defaultdict(list)
    for one in asked:
        answered[one["what"]].append(one["answered"] is not None and one["answered"] <= killed)
    if record is None:
        return "before the intent"
    if not answered["create"]:
        return "before the POST"
    if not record.id:
        return "after the POST" if all(answered["create"]) else "during the POST"
    if last.get("finished"):
        return "after the end"
    if last.get("status") != "downloading":
        return "between two questions" if all(answered["question"]) else "during a question"
    if not answered["file"]:
        return "before the download"
    return "after the download" if all(answered["file"]) else "during the download"
