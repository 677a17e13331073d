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
        """The turns of requests that are submitted together; none is taken yet.

        Parameters
        ----------
        hashes : sequence of (str, bool)
            The hash of each request, and whether its seed was asked for.
        place : Place
        """
        together: Counter[str] = Counter()
        new: Counter[str] = Counter()
        before = self._asked_in(place)
        turns = []
        for request_hash, repeatable in hashes:
            together[request_hash] += 1
            amount = together[request_hash]
            known = self._numbers.get((request_hash, place.cell, before[request_hash] + amount))
            if repeatable:
                turns.append(Turn(amount))
            elif known is not None:
                turns.append(Turn(known, again=True))
            else:
                new[request_hash] += 1
                turns.append(Turn(self._amounts[request_hash] + new[request_hash]))
        return turns

    def take(self, request_hash: str, place: Place = NOWHERE) -> None:
        """Counts a request that was submitted, and whose seed was not asked for."""
        if place.cell:
            amounts = self._asked_in(place)
            amounts[request_hash] += 1
            self._runs[place.cell] = (place.run, amounts)
            name = (request_hash, place.cell, amounts[request_hash])
            if name in self._numbers:
                return
            self._numbers[name] = self._amounts[request_hash] + 1
        self._amounts[request_hash] += 1

    def _asked_in(self, place: Place) -> Counter[str]:
        """How often each was submitted in this run of the cell."""
        run, amounts = self._runs.get(place.cell, ("", Counter()))
        return amounts if place.cell and run == place.run else Counter()
