"""The pictures that are given to a model: what people have in hand, kept and named by a session.

What a reference looks like, and how it becomes part of a request, is in ``input_files``; how
objects of other libraries become files is in ``images/from_objects.py``, and what a text may
mean in ``picture_names.py``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import images, models
from ..errors import InputError
from ..images import from_objects
from ..paths import readable
from ..show.text import one_line
from ..wire import inline
from ..wire.request import PredictionRequest
from . import input_files, picture_names
from .batch import Batch
from .prediction import Prediction
from .reproduction import Reproduction

_THIS = "this picture"
_JSON = (int, float, Mapping, type(None))


class InputPictures(Reproduction):
    """Input pictures in the session's store."""

    if TYPE_CHECKING:

        def get(self, ref: str) -> Prediction: ...  # noqa: D102 - of `Session`

    def picture(self, value: object, *, shrink: int | None = None) -> str:
        """What stands for a picture in an input; the picture itself is kept in the store.

        Parameters
        ----------
        value : object
            Text is the URL of a picture, a ``data:`` URI, a ``comet:`` reference, a path
            (``~`` is the home folder), or the id, or at least 6 characters of one, of an
            earlier prediction: ``ID`` is its first picture, ``ID[1]`` its second. A file that
            is there wins over an id. Anything else is a path object, what `from_objects.to_file`
            takes, an `Image`, a `Prediction` (its first picture; one that runs is waited for),
            or a `Batch` of one picture.
        shrink : int, optional
            Pixels that the longer side has at most. A picture that has no more stays as it
            is, byte for byte, and so do all when this is left out. URLs are not looked at.

        Returns
        -------
        str
            The URL, or ``comet:`` and 64 hex digits.

        Raises
        ------
        InputError
            When there is no such picture, or it is damaged, or too large to be sent.
        CometError
            What went wrong with the prediction that should have made it.
        StillRunningError, WaitInterrupted
            As `Prediction.wait`.
        StoreError
            When it could not be written, or is gone from the store.

        Examples
        --------
        >>> session.picture("boat.png")  # doctest: +SKIP
        'comet:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
        """
        _check_pixels(shrink)
        if isinstance(value, str):
            return self._of_text(value.strip(), shrink)
        if isinstance(value, os.PathLike):
            text = os.fsdecode(value)
            return self._of_path(text, picture_names.as_path(text), shrink)
        if isinstance(value, images.OutputFile):
            return self._of_file(value, _THIS, shrink)
        if isinstance(value, Prediction):
            return self._of_prediction(value, shrink)
        if isinstance(value, Batch):
            return self._of_batch(value, shrink)
        return self._keep(from_objects.to_file(value), _THIS, shrink)

    def with_pictures(self, request: PredictionRequest) -> PredictionRequest:
        """The request with what stands for the pictures that are given in its input as objects.

        In an input that the model's schema declares as a picture, text is one, too, unless it
        is a URL, a ``data:`` URI or a reference, which stay as they are; and one picture becomes
        a list where the model takes several. In one that is not declared only objects are, also
        in a list. Every other value stays as it is.

        Raises
        ------
        InputError
            Also when any value has no JSON form.
        CometError
            As `picture`.
        """
        known = models.spec(request.model)
        declared = {name: one.type for name, one in known.inputs.items()} if known else {}
        found = {
            name: self._as_input(value, declared.get(name)) for name, value in request.input.items()
        }
        complete = replace(request, input=found)
        complete.body()  # refuses what has no JSON form
        return complete

    def keep_input(self, data: bytes) -> str:
        """Keeps a picture to be given to a model, as it is; returns what stands for it.

        Parameters
        ----------
        data : bytes
            A whole file that Pillow can decode.

        Returns
        -------
        str
            ``comet:`` and 64 hex digits: the value of an input such as ``input_image``.

        Raises
        ------
        InputError
            When it is no picture, damaged, or too large to send.
        StoreError
            When it could not be written.
        """
        return self._keep(data, _THIS, None)

    def input_file(self, reference: str) -> images.OutputFile:
        """The file that a reference names, to show it; an `Image` when it is a picture.

        Parameters
        ----------
        reference : str
            ``comet:`` and at least 12 hex digits.

        Raises
        ------
        InputError
            When it is no reference, or the store has no such file.
        StoreError
            When the file is gone from disk, or no longer the same.
        """
        return self.keeper.open(input_files.described(reference, self.store.files))

    def as_recorded(self, *requests: PredictionRequest) -> list[PredictionRequest]:
        """The requests as records and notebooks hold them; keeps and sends nothing.

        A picture in a ``data:`` URI of more than 1,000 characters becomes a reference to a file,
        and a shortened reference is completed.

        Raises
        ------
        InputError, StoreError
            When `submit` would refuse them for their pictures.
        """
        self._bring_inputs(requests)
        return input_files.shortened(requests, self.store.files)[0]

    # -- by what it is -------------------------------------------------------------------

    def _of_text(self, text: str, shrink: int | None) -> str:
        scheme = picture_names.scheme(text)
        if scheme in ("http", "https"):
            return picture_names.checked_url(text)
        if scheme == "data":
            return self._keep(picture_names.in_data_uri(text), _THIS, shrink)
        if scheme == "comet":
            self._bring_input(text)
            return self._of_file(self.input_file(text), _THIS, shrink)
        path = picture_names.as_path(text)
        is_there = bool(text) and picture_names.is_there(path)
        if not is_there or path.is_dir():  # a file wins over an id, and an id over a folder
            ref, place = picture_names.as_id(text) or ("", 0)
            if ref and (self.store.get(ref) or self._served_as(ref)):
                return self._of_prediction(self.get(ref), shrink, place)
        return self._of_path(text, path, shrink)

    def _of_path(self, text: str, path: Path, shrink: int | None) -> str:
        if not text or not picture_names.is_there(path):
            raise picture_names.not_found(text, path, is_secret=self.is_secret(text))
        name = one_line(readable(path), 80)
        return self._keep(input_files.read(path, name), name, shrink)

    def _of_file(self, file: images.OutputFile, name: str, shrink: int | None) -> str:
        if shrink is None and isinstance(file, images.Image):
            kept = self.store.files.find(file.sha256)
            if kept is not None:
                return inline.reference(kept[0])
        return self._keep(file.read(), name, shrink)

    def _of_prediction(self, prediction: Prediction, shrink: int | None, place: int = 0) -> str:
        found = prediction.result()
        name = prediction.id or prediction.key[:12]
        if place < len(found):
            return self._of_file(found[place], f"the picture of {name}", shrink)
        if found:
            last = len(found) - 1
            raise InputError(
                f"{name} has {len(found)} picture{'s' * (last > 0)}, and {name}[{place}] is none",
                f"The first is {name}" + (f", the last {name}[{last}]" if last else ""),
            )
        made = ", ".join(file.media_type for file in prediction.files)
        raise InputError(f"{name} made no picture but {made}", "Give another result")

    def _of_batch(self, batch: Batch, shrink: int | None) -> str:
        found = batch.result()
        if len(found) == 1:
            return self._of_file(found[0], _THIS, shrink)
        raise InputError(
            f"this batch has {len(found)} pictures, and one is needed",
            "Give one of them, such as batch[0]; or batch.images to a model that takes several",
        )

    def _as_input(self, value: Any, wanted: str | None) -> Any:
        """A value of an input whose type by the schema is `wanted`, None when that is unknown."""
        is_declared = wanted in ("uri", "uri[]")
        if wanted is not None and not is_declared:
            return value
        if isinstance(value, (list, tuple)):
            if is_declared or any(_is_picture(one) for one in value):
                return [self._in_place(one, is_declared) for one in value]
            return value
        found = self._in_place(value, is_declared)
        return [found] if wanted == "uri[]" and found and isinstance(found, str) else found

    def _in_place(self, value: Any, is_declared: bool) -> Any:
        if isinstance(value, str):
            is_path = is_declared and value.strip() and not picture_names.scheme(value.strip())
            return self.picture(value) if is_path else value
        if _is_picture(value) or (is_declared and not isinstance(value, _JSON)):
            return self.picture(value)
        return value

    # -- keeping, and saying that there is none ------------------------------------------

    def _keep(self, data: bytes, name: str, shrink: int | None) -> str:
        return input_files.keep(input_files.prepared(data, name, shrink), self.store.files)

    def _bring_inputs(self, requests: Sequence[PredictionRequest]) -> None:
        """Keeps the input files that requests refer to and only a recording has."""
        for text in {text for one in requests for text in inline.strings(one.input)}:
            self._bring_input(text)

    def _bring_input(self, reference: str) -> None:
        """Keeps the file of a reference that only a recording has."""
        digits = inline.digits(reference)
        if digits is None or self.store.files.find(digits) is not None:
            return
        for recording in self._replay.recordings:
            found = recording.input(digits)
            if found is not None:
                self.store.files.add(*found)
                return


def _is_picture(value: object) -> bool:
    ours = (images.OutputFile, Prediction, Batch, os.PathLike)
    return isinstance(value, ours) or from_objects.is_picture(value)


def _check_pixels(shrink: object) -> None:
    if shrink is None or (isinstance(shrink, int) and shrink > 0 and shrink is not True):
        return
    raise InputError(
        f"shrink={shrink!r} is no number of pixels", "Give those of the longer side, such as 1024"
    )
