"""What people hold of a finished prediction: its files, known by their content."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, StoreError
from ..paths import readable
from .media import is_suffix, suffix_of
from .picture import load, open_picture
from .previews import converted, preview
from .provenance import with_provenance

if TYPE_CHECKING:
    import os

    import PIL.Image

_CONVERSIONS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
_SAME_SUFFIXES = {".jpeg": ".jpg", ".jpe": ".jpg", ".tiff": ".tif", ".htm": ".html"}


@dataclass(frozen=True, kw_only=True, repr=False)
class OutputFile:
    """A file that a prediction made.

    Attributes
    ----------
    media_type : str
        From its bytes, ``image/webp`` for example.
    sha256 : str
        64 hex digits.
    size : int
        Bytes.
    url : str
        Where it came from; such links are dead after about an hour.
    path : pathlib.Path or None
        Where the original is kept, None when it could not be stored.
    about : mapping or None
        The public JSON form of the record that made it; goes into saved pictures.
    """

    media_type: str
    sha256: str
    size: int
    url: str = ""
    path: Path | None = None
    load: Callable[[], bytes] | None = field(default=None, compare=False)
    about: Mapping[str, Any] | None = field(default=None, compare=False)

    def read(self) -> bytes:
        """The original's bytes, as the service delivered them.

        Raises
        ------
        StoreError
            When they are gone from disk.
        """
        if self.load is not None:
            return self.load()
        try:
            if self.path is not None:
                return self.path.read_bytes()
            reason = "it was not stored"
        except OSError as error:
            reason = error.strerror or type(error).__name__
        raise StoreError(f"the file {self.sha256[:12]} cannot be read: {reason}", "Make it again")

    def save(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, metadata: bool = True
    ) -> Path:
        """Writes a copy; of a picture, with how it was made.

        A PNG, JPEG or WebP gets its record (model, input, seed, times, cost) and the
        ``parameters`` that other tools read; ``%comet info FILE`` shows both. The pixels are
        never encoded again for that, and what the file has of its own stays. A file that is
        signed (C2PA) or damaged is copied as it is.

        Parameters
        ----------
        path : path
            A file name, whose suffix is added when it has none; or an existing folder, for a
            name made from the content. ``~`` is the home folder.
        overwrite : bool
            Replace a file that is there.
        metadata : bool
            False writes nothing but the original's own bytes.

        Returns
        -------
        pathlib.Path
            What was written.

        Raises
        ------
        InputError
            When the file exists, its folder does not, its suffix says another format, or it
            is no name of a file.
        StoreError
            When it cannot be written.

        Examples
        --------
        >>> image.save("boat")  # doctest: +SKIP
        PosixPath('boat.webp')
        """
        target = self._target(_located(path))
        data = self._bytes_for(target)
        if metadata:
            data = self._described(data)
        try:
            with target.open("wb" if overwrite else "xb") as file:
                file.write(data)
            return target
        except FileExistsError:
            exists, reason = True, ""
        except OSError as error:
            exists, reason = False, error.strerror or type(error).__name__
        if exists:
            raise InputError(
                f"{target} is there already",
                "Use another name, or save(..., overwrite=True)",
            )
        raise StoreError(f"{target} cannot be written: {reason}", "Use another name or folder")

    def _target(self, path: Path) -> Path:
        usual = suffix_of(self.media_type)
        if path.is_dir():
            return path / f"comet-{self.sha256[:12]}{usual}"
        if not path.parent.is_dir():
            raise InputError(
                f"there is no folder {path.parent}",
                f"Make it first: Path({str(path.parent)!r}).mkdir(parents=True)",
            )
        is_complete = is_suffix(path.suffix) or (usual == ".bin" and path.suffix)
        return path if is_complete else path.with_name(path.name + usual)

    def _bytes_for(self, target: Path) -> bytes:
        """The bytes that the suffix promises."""
        usual, suffix = suffix_of(self.media_type), target.suffix.lower()
        if usual not in (".bin", _SAME_SUFFIXES.get(suffix, suffix)):
            raise InputError(
                f"the file is {self.media_type}, not {suffix}",
                f"Save it as {target.with_suffix(usual).name}",
            )
        return self.read()

    def _described(self, data: bytes) -> bytes:
        """The bytes with what is known of them; of a picture only."""
        return data

    def _line(self) -> str:
        """One line for people; the path only where there is one."""
        if self.path is None:
            return f"{self._kind()} · {_size(self.size)} · not stored"
        return f"{self._kind()} · file: {_printable(readable(self.path))}"

    def _kind(self) -> str:
        return f"File {_printable(self.media_type)}"

    def __repr__(self) -> str:
        return f"<{self._line()}>"


@dataclass(frozen=True, kw_only=True, repr=False)
class Image(OutputFile):
    """A picture that a prediction made; shows itself at the end of a cell.

    Attributes
    ----------
    width, height : int
        Pixels as displayed.
    """

    width: int
    height: int

    def to_pil(self) -> PIL.Image.Image:
        """The picture as a Pillow image, fully decoded and turned the right way up.

        Raises
        ------
        StoreError, DownloadError
            When the original is gone or damaged.
        """
        return load(open_picture(self.read()))

    def _bytes_for(self, target: Path) -> bytes:
        suffix = target.suffix.lower()
        is_original = _SAME_SUFFIXES.get(suffix, suffix) == suffix_of(self.media_type)
        if suffix in _CONVERSIONS and not is_original:
            return converted(self.read(), _CONVERSIONS[suffix])
        return super()._bytes_for(target)

    def _described(self, data: bytes) -> bytes:
        if self.about is None:
            return data
        size = (self.width, self.height)
        return with_provenance(data, self.about, sha256=self.sha256, size=size)

    def _kind(self) -> str:
        short = _printable(self.media_type.removeprefix("image/"))
        return f"Image {self.width}×{self.height} {short}"

    def _repr_mimebundle_(
        self,
        include: Container[str] | None = None,
        exclude: Container[str] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A preview and a line of text; trouble becomes text, never an exception."""
        line = self._line()
        try:
            shown = preview(self.read())
        except Exception as error:  # noqa: BLE001 - a repr that raises shows nothing at all
            return {"text/plain": f"{line} · cannot be shown: {error}"}, {}
        # Text is what IPython's own classes give: not every publisher encodes bytes.
        picture = b64encode(shown.data).decode("ascii")
        metadata = {shown.media_type: {"width": shown.display_width, "alt": line}}
        return {shown.media_type: picture, "text/plain": line}, metadata


def _located(path: str | os.PathLike[str]) -> Path:
    """The path with its home folder, once the system has understood it."""
    shown = _printable(str(path)[:80])
    try:
        found = Path(path).expanduser()
        found.stat()
        return found
    except (FileNotFoundError, NotADirectoryError):
        return found
    except RuntimeError:  # what `expanduser` raises
        cause = f"there is no home folder for {shown}"
    except ValueError:  # a NUL, or letters that no file name can hold
        cause = f"{shown} is no name of a file"
    except OSError as error:
        cause = f"{shown}{'…' * (len(str(path)) > 80)} cannot be used: {error.strerror}"
    raise InputError(cause, "Use another name or folder")


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)
