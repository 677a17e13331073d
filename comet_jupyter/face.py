"""The Python face: the same engine as the magic, in plain functions."""

from __future__ import annotations

from typing import Any

from .engine import session as sessions
from .engine.batch import Batch
from .engine.prediction import Prediction
from .wire.request import PredictionRequest


def submit(
    prompt: str,
    *,
    model: str | None = None,
    timeout: float | None = None,
    cache: str = "auto",
    **input: Any,
) -> Prediction:
    """Submits one picture and returns at once.

    Parameters
    ----------
    prompt : str
        Sent exactly as given.
    model : str, optional
        ``owner/name`` or an alias; the configured default when left out.
    timeout : float, optional
        Seconds to follow it, 31 minutes by default; the id is kept.
    cache : {"auto", "replay", "refresh", "off"}
        Whether an earlier result may be served, free: ``auto`` does so where a seed is given,
        ``replay`` always and makes nothing, ``refresh`` and ``off`` make a new picture, which
        is served later (``refresh``) or never.
    **input
        Any model input, sent as given; but for a picture whatever there is of one: bytes, a path
        object, a PIL image, a numpy array, a matplotlib figure, an `Image` or `Prediction`, and,
        where the model's schema declares a picture, a path as text. Where the model has a
        seed and none is given, one is drawn, sent and kept.

    Returns
    -------
    Prediction
        Its ``images`` wait.

    Raises
    ------
    InputError, SettingsError, StoreError, NotRecordedError
        Nothing was sent. The same is true of what went wrong with a prediction that is given
        as a picture, and is waited for.

    Examples
    --------
    >>> prediction = submit("a paper boat", model="flux-schnell", aspect_ratio="16:9")
    >>> prediction.images[0].width
    1344
    >>> submit("make it evening", model="kontext", input_image=prediction)  # doctest: +SKIP
    """
    session = sessions.current()
    name = session.resolve_model(model or session.settings.model.value)
    request = session.with_pictures(PredictionRequest(name, {"prompt": prompt, **input}))
    return session.submit(*session.complete(request), timeout=timeout, cache=cache)[0]


def run(
    prompt: str,
    *,
    model: str | None = None,
    timeout: float | None = None,
    cache: str = "auto",
    **input: Any,
) -> Prediction:
    """`submit`, then wait; returns the finished prediction.

    Raises
    ------
    CometError
        As `submit`, and what went wrong when the prediction failed.
    """
    prediction = submit(prompt, model=model, timeout=timeout, cache=cache, **input)
    prediction.result()
    return prediction


def gather(*predictions: Prediction) -> Batch:
    """Waits for several predictions and returns them as one batch, in the given order.

    Raises
    ------
    CometError
        The first failure in order, after all are done.
    """
    batch = Batch(predictions)
    batch.result()
    return batch


def get(ref: str) -> Prediction:
    """The prediction of this id, or of the beginning of one, from the store.

    One that was acknowledged and not finished is followed again: no create, no cost.

    Raises
    ------
    InputError
        When there is none, or more than one.
    """
    return sessions.current().get(ref)
