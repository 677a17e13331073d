"""What a cell asks for, and what it may refer to: data, and nothing that reads a cell.

Made of a cell's text by ``parsing``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..key import looks_like_key
from ..show.axes import Axes
from ..wire.request import PredictionRequest
from .expansion import Draw
from .saving import SaveTemplate
from .template import EvaluateWith

NO_LIMIT = float("inf")
"""US dollars of ``--max-cost none``."""


@dataclass(frozen=True, slots=True)
class CellRequest:
    """What a cell asks for, checked; nothing was sent.

    Attributes
    ----------
    requests : tuple of PredictionRequest
        One for each place of its axes, without drawn seeds.
    axes : Axes or None
        What varies between them.
    count : int
        Pictures of each, with seeds that count up.
    seed : int, str or None
        As `Session.complete_all` takes it.
    variants_drawn : bool
        Nobody gave what its variants were drawn with: another run draws others.
    warnings : tuple of str
        What the models' schemas have to say; the service decides.
    out : str or None
        The variable to bind.
    background : bool or None
        None leaves it to the front end.
    timeout : float or None
        Seconds.
    max_cost : float or None
        US dollars; infinite for no limit, None for the configured one.
    save : SaveTemplate or None
        Where the pictures are saved besides.
    """

    requests: tuple[PredictionRequest, ...]
    axes: Axes | None = None
    count: int = 1
    seed: int | str | None = None
    variants_drawn: bool = False
    warnings: tuple[str, ...] = ()
    out: str | None = None
    quiet: bool = False
    logs: bool = False
    each: bool = False
    background: bool | None = None
    timeout: float | None = None
    embed: str = "preview"
    cache: str = "auto"
    dry_run: bool = False
    raise_error: bool = True
    max_cost: float | None = None
    yes: bool = False
    save: SaveTemplate | None = None

    @property
    def request(self) -> PredictionRequest:
        """The first of its requests."""
        return self.requests[0]


def _as_it_is(value: Any, shrink: int | None = None) -> str:
    return str(value)


def _no_earlier(ref: Any, model: str | None) -> tuple[PredictionRequest, Sequence[str]]:
    raise InputError("there is no history here", "Leave --from out")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a cell refers to.

    Attributes
    ----------
    evaluate : callable
        Gives the value of a ``{{ expression }}``, with the names of swept values.
    picture : callable
        What stands in a request for a picture in whatever form, scaled down to a number of
        pixels where one is given (see `Session.picture`).
    earlier : callable
        The request of an earlier prediction, moved to a model where one is named, and what
        that one does not take (see `remix.base`).
    aliases : mapping
        The user's own.
    folder : Path
        Where relative file names begin.
    is_secret : callable
        True for a text that holds an API key.
    draw : callable
        A random number below its argument.
    """

    evaluate: EvaluateWith
    picture: Callable[[Any, int | None], str] = _as_it_is
    earlier: Callable[[Any, str | None], tuple[PredictionRequest, Sequence[str]]] = _no_earlier
    aliases: Mapping[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=Path)
    is_secret: Callable[[str], bool] = looks_like_key
    draw: Draw = secrets.randbelow


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where the first line says nothing; as the options of these names."""

    model: str
    embed: str = "preview"
    cache: str = "auto"
    timeout: float | None = None
