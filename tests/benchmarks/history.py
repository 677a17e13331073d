"""How long a history of 10,000 predictions takes to search, to sum, to mark and to forget from.

    python tests/benchmarks/history.py

Records are as large as real ones: prompts of 60 to 300 characters, logs of 2 kB, four links to
output files. Everything is in milliseconds. A fresh store includes opening the database, and
comes after the system has written it, so the disk itself is not measured.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from statistics import median

from comet_jupyter.record import FileRef, Record
from comet_jupyter.store import Holder, Store
from comet_jupyter.store.identity import request_hash
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

COUNT = 10_000
ROUNDS = 15
BEGIN = datetime(2025, 1, 1, tzinfo=timezone.utc)
MODELS = ("black-forest-labs/flux-schnell", "black-forest-labs/flux-1.1-pro", "openai/gpt-image-1")
WORDS = """
    boat dawn lake mountain forest cat painting watercolour oil fog morning harbour glass city
    neon rain sunset portrait child bird tree river stone paper lantern bridge market snow desert
    café über façade 山 湖 夜明け лодка рассвет detailed cinematic soft light wide angle of a the
    in with under over by at and
""".split()


def history(draw: random.Random) -> Iterator[Record]:
    """Made-up predictions, the oldest first; nine of ten succeeded."""
    for number in range(COUNT):
        size, prompt = draw.randint(60, 300), ""
        while len(prompt) < size:
            prompt += draw.choice(WORDS) + " "
        succeeded = number % 10 > 0
        name = f"{draw.getrandbits(256):064x}"
        state = PredictionState(
            id=f"{draw.getrandbits(104):026x}",
            status="succeeded" if succeeded else "failed",
            logs="".join(f"{step:3}%|####      | {step}/100 [00:01<00:01]\n" for step in range(60)),
            metrics={"predict_time": 1.5},
            outputs=tuple(f"https://delivery.example/{name}/out-{n}.webp" for n in range(4)),
            created_at=BEGIN,
        )
        wanted = {"prompt": prompt, "seed": draw.getrandbits(32), "aspect_ratio": "16:9"}
        yield Record(
            key=f"{draw.getrandbits(128):032x}",
            request=PredictionRequest(draw.choice(MODELS), wanted),
            submitted_at=BEGIN + timedelta(minutes=number),
            state=state,
            files=(FileRef(name, "image/webp", 250_000, 1024, 576),) if succeeded else (),
            finished=True,
            cost=0.003 if number % 3 else None,
            cost_estimated=number % 2 > 0,
        )


def elapsed(action: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    begin = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - begin)


def report(name: str, values: list[float]) -> None:
    """One line."""
    print(f"{name:44} median {median(values):7.1f} ms   worst {max(values):7.1f} ms")


@contextmanager
def busy_thread() -> Iterator[None]:
    """Another thread computes in Python all the while, as a cell of the user may."""
    stop = threading.Event()

    def compute() -> None:
        while not stop.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def main() -> None:
    """Prints one line a figure."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        records = list(history(random.Random(7)))
        with closing(Store(home)) as store:
            report(f"write {COUNT:,} records", [elapsed(lambda: store.put(*records))])
            for record in records[1::50]:
                store.set_favourite(record.key, True)
            print(f"the database holds {store.path.stat().st_size / 1e6:.0f} MB")

        def first_page() -> None:
            with closing(Store(home)) as fresh:
                fresh.search(pictures=True)

        def first_search() -> None:
            with closing(Store(home)) as fresh:
                fresh.search("boat dawn", pictures=True)

        def bring_up_to_date() -> None:
            with closing(Store(home)) as fresh:
                fresh.spending()

        with closing(sqlite3.connect(home / "comet.db")) as earlier, earlier:
            earlier.execute("UPDATE predictions SET derived_status = NULL, search_text = NULL")
        report("fill the columns of an earlier version", [elapsed(bring_up_to_date)])
        report("a fresh store: open, first page", [elapsed(first_page) for _ in range(ROUNDS)])
        report("a fresh store: open, 'boat dawn'", [elapsed(first_search) for _ in range(ROUNDS)])
        with closing(Store(home)) as store:
            wanted = request_hash(records[5].request)
            day = BEGIN + timedelta(minutes=COUNT - 1440)
            searches: dict[str, Callable[[], object]] = {
                "first page": lambda: store.search(pictures=True),
                "page at offset 6,000": lambda: store.search(pictures=True, offset=6000),
                "everything, page at offset 9,000": lambda: store.search(offset=9000),
                "favourites": lambda: store.search(favourites=True),
                "pictures that are favourites": lambda: store.search(
                    pictures=True, favourites=True
                ),
                "pictures of the last day": lambda: store.search(pictures=True, since=day),
                "'boat dawn'": lambda: store.search("boat dawn"),
                "'boat dawn', offset 600": lambda: store.search("boat dawn", offset=600),
                "'рассвет'": lambda: store.search("рассвет"),
                "'nothing-like-it'": lambda: store.search("nothing-like-it"),
                "'boat dawn' of the last day": lambda: store.search("boat dawn", since=day),
                "seed": lambda: store.search(f"seed:{records[5].request.seed}"),
                "beginning of an id": lambda: store.search(records[5].id[:8]),
                "'status:failed since:2025-01-03'": lambda: store.search(
                    "status:failed since:2025-01-03"
                ),
                "'model:pro before:2025-01-05 boat'": lambda: store.search(
                    "model:pro before:2025-01-05 boat"
                ),
                "'since:2025-01-07', pictures": lambda: store.search(
                    "since:2025-01-07", pictures=True
                ),
                "made before": lambda: store.made_before(wanted, 1, sandbox=False),
                "not made before": lambda: store.made_before("0" * 64, 1, sandbox=False),
                "spending": store.spending,
                "outcome unknown": store.unknown,
                "not finished": lambda: store.recent(50, unfinished=True),
            }
            for name, action in searches.items():
                report(name, [elapsed(action) for _ in range(ROUNDS)])
            with busy_thread():
                for name in ("first page", "'boat dawn'"):
                    report(f"{name}, beside a busy thread", [elapsed(searches[name])])
            holder = Holder.of_this_process()
            few, many = ([f"{n:032x}" for n in range(count)] for count in (8, 2000))
            for keys in (few, many):
                report(
                    f"take and renew {len(keys):,} leases",
                    [elapsed(partial(store.take, holder, keys)) for _ in range(ROUNDS)],
                )
            keys = [record.key for record in records if record.files]
            marks = [elapsed(partial(store.set_favourite, key, True)) for key in keys[:ROUNDS]]
            report("mark a favourite", marks)
            report("forget", [elapsed(partial(store.forget, key)) for key in keys[:ROUNDS]])


if __name__ == "__main__":
    main()
