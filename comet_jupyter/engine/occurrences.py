"""The how manieth of its kind a request is: what tells two identical ones apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """Where something is submitted.

    Attributes
    ----------
    cell : str
        The front end's name of the cell, which stays when it runs again; empty when unknown.
    run : str
        This run of it.
    """

    cell: str = ""
    run: str = ""


NOWHERE = Place()


class Turn(NamedTuple):
    """Which of its kind a request is.

    Attributes
    ----------
    number : int
        From 1.
    again : bool
        Its cell has asked for this one before, and was run again.
    """

    number: int
    again: bool = False


class Occurrences:
    """Numbers requests of one session.

    Requests with a seed that was asked for are counted within one submission: the same cell
    run again, or another one that asks for the same, means the same pictures. All others are
    counted through the session, in the order of their first run: a cell that runs again has
    the numbers it had.
    """

    def __init__(self) -> None:
        self._amounts: Counter[str] = Counter()
        self._numbers: dict[tuple[str, str, int], int] = {}
        self._runs: dict[str, tuple[str, Counter[str]]] = {}

    def turns(self, hashes: Sequence[tuple[str, bool]], place: Place = NOWHERE) -> list[Turn]:
        """The turns of requests that are submitted together.

        Parameters
        ----------
        hashes : sequence of (str, bool)
            The hash of each request, and whether its seed was asked for.
        place : Place
        """
        together: Counter[str] = Counter()
        turns = []
        for request_hash, repeatable in hashes:
            together[request_hash] += 1
            turns.append(
                Turn(together[request_hash]) if repeatable else self._through(request_hash, place)
            )
        return turns

    def _through(self, request_hash: str, place: Place) -> Turn:
        if not place.cell:
            return Turn(self._next(request_hash))
        run, amounts = self._runs.get(place.cell, ("", Counter()))
        if run != place.run:
            amounts = Counter()
            self._runs[place.cell] = (place.run, amounts)
        amounts[request_hash] += 1
        name = (request_hash, place.cell, amounts[request_hash])
        again = name in self._numbers
        if not again:
            self._numbers[name] = self._next(request_hash)
        return Turn(self._numbers[name], again)

    def _next(self, request_hash: str) -> int:
        self._amounts[request_hash] += 1
        return self._amounts[request_hash]
