"""Typed use of the public face, as a user writes it; mypy reads this file, nothing runs it."""

from __future__ import annotations

from pathlib import Path

from typing_extensions import assert_type

import comet_jupyter
from comet_jupyter import Batch, CometError, Image, Prediction


async def use() -> None:
    """Every public function once."""
    prediction = comet_jupyter.submit("a boat", model="flux-dev", guidance=3.5, seed=7)
    assert_type(prediction, Prediction)
    assert_type(prediction.images, tuple[Image, ...])
    assert_type(prediction.seed, int | None)
    assert_type(prediction.progress, float | None)
    assert_type(prediction.wait(timeout=3), Prediction)
    assert_type(prediction.exception(), CometError | None)
    assert_type(prediction.images[0].save("boat"), Path)
    assert_type(await prediction, tuple[Image, ...])
    batch = comet_jupyter.gather(prediction, comet_jupyter.run("another"))
    assert_type(batch, Batch)
    assert_type(batch[0], Prediction)
    assert_type(batch[:1], Batch)
    assert_type(await batch, tuple[Image, ...])
    assert_type(comet_jupyter.get("abcd").cancel(), bool)
    prediction.add_done_callback(lambda done: print(done.status))
