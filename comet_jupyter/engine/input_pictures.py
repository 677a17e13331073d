"""The pictures that are given to a model, as a session keeps, shows and names them.

What a reference to one looks like, and how it becomes part of a request, is in ``input_files``.
"""

from __future__ import annotations

from .. import images
from ..wire.request import PredictionRequest
from . import input_files
from .resources import Resources


class InputPictures(Resources):
    """Input pictures in the session's store."""

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
        input_files.check(data)
        return input_files.keep(data, self.store.files)

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
        return input_files.shortened(requests, self.store.files)[0]
