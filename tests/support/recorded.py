"""Results to record, with real files, and a look at what a recording holds."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from comet_jupyter import images
from comet_jupyter.record import FileRef, Record
from comet_jupyter.store import Files
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

MODEL = "black-forest-labs/flux-schnell"
BEGIN = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)


@cache
def picture(format: str = "png", colour: str = "teal", side: int = 24) -> bytes:
    """A picture file of one colour: ``png``, ``webp``, ``jpeg``, ``gif``, ``tiff``."""
    file = io.BytesIO()
    Image.new("RGB", (side, side + 8), colour).save(file, format)
    return file.getvalue()


def success(files: Files, *originals: bytes, **values: Any) -> Record:
    """A prediction that succeeded, its files in the store.

    Keyword arguments are fields of the record, of its state or of its request.
    """
    request = {"model": MODEL, "input": {"prompt": "a boat", "seed": 7}}
    state: dict[str, Any] = {
        "id": f"p{uuid.uuid4().hex[:20]}",
        "status": "succeeded",
        "created_at": BEGIN + timedelta(seconds=1),
        "started_at": BEGIN + timedelta(seconds=2),
        "completed_at": BEGIN + timedelta(seconds=4.5),
        "metrics": {"predict_time": 2.5},
        "logs": "Using seed: 7\n100%|██████████| 4/4 [00:01<00:00]",
    }
    for part, form in ((request, PredictionRequest), (state, PredictionState)):
        part |= {name: values.pop(name) for name in [*values] if name in form.__dataclass_fields__}
    record = Record(
        key=uuid.uuid4().hex,
        request=PredictionRequest(**request),  # type: ignore[arg-type]
        submitted_at=BEGIN,
        state=PredictionState(**state),
        files=tuple(kept(files, one) for one in originals or (picture(),)),
        finished=True,
        download_time=0.25,
        total_time=5.0,
        cost=0.003,
        root="https://api.cometapi.com/replicate/v1",
    )
    return replace(record, **values)


def kept(files: Files, data: bytes) -> FileRef:
    """A file, as the engine keeps it in the store."""
    media_type = images.sniff(data) or "application/octet-stream"
    sha256, _ = files.add(data, media_type)
    width = height = None
    if media_type.startswith("image/") and media_type != "image/svg+xml":
        media_type, width, height = images.measure(data)
    url = f"https://delivery.example/{sha256[:8]}/out-0"
    return FileRef(sha256, media_type, len(data), width, height, url)


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def changed(file: Path, /, **values: Any) -> None:
    """Changes some names of a JSON object on disk; None takes a name out."""
    data = {**json.loads(file.read_bytes()), **values}
    file.write_text(json.dumps({name: one for name, one in data.items() if one is not None}))
