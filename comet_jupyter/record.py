"""All that is known of one prediction: frozen, replaced whole, and its JSON form.

The engine makes new ones, the store keeps them, ``show`` draws them, and the same JSON goes
into a notebook output's ``metadata.comet``. Nothing here reads, writes or displays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timezone
from typing import Any

from ._version import __version__
from .errors import CometError, by_name
from .wire.request import PredictionRequest
from .wire.state import PredictionState


@dataclass(frozen=True, slots=True)
class FileRef:
    """One output file that we hold, known by its content.

    Attributes
    ----------
    sha256 : str
        64 hex digits.
    media_type : str
        From the magic bytes, ``image/webp`` for example.
    size : int
        Bytes.
    width, height : int or None
        Pixels as displayed; None for a file that is no picture.
    url : str
        Where it came from, without query; empty for a ``data:`` URI.
    """

    sha256: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    url: str = ""

    @property
    def is_image(self) -> bool:
        """True for a picture that Pillow could decode."""
        return self.width is not None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a prediction gave nothing: an error as data, by the name of its class."""

    kind: str
    cause: str
    remedy: str = ""
    details: str = ""

    @classmethod
    def of(cls, error: CometError) -> Failure:
        """The failure that `error` says."""
        return cls(type(error).__name__, error.cause, error.remedy, error.details)

    def error(self) -> CometError:
        """A fresh exception, with no traceback of the place where it was first met."""
        return by_name(self.kind)(self.cause, self.remedy, details=self.details)


@dataclass(frozen=True, slots=True)
class Record:
    """One prediction, from intent to picture.

    Attributes
    ----------
    key : str
        Our own name for it (32 hex digits), there before the service gives an id.
    request : PredictionRequest
    submitted_at : datetime
        Aware UTC, when the intent was written.
    state : PredictionState
        What the service last said; without an ``id`` it has not answered yet.
    files : tuple of FileRef
        What was downloaded, in the output's order.
    finished : bool
        Nothing more will happen here: pictures are in hand, or `failure` says why not.
    failure : Failure or None
    notices : tuple of str
        Things the reader should know, each one line.
    download_time, total_time : float or None
        Seconds by our own monotonic clock: from the answer that says succeeded until the
        files are kept, and from submit until finished.
    cost : float or None
        US dollars; None when unknown. `cost_estimated` marks a price from a catalogue.
    origin : str
        ``service``, ``sandbox``, ``store`` or ``replay``.
    root : str
        Root URL and prefix that the request went to, so that it is only asked for there.
    occurrence : int
        The how manieth of its kind it is: two identical requests of one cell are 1 and 2. 0
        for one that is never served again.
    """

    key: str
    request: PredictionRequest
    submitted_at: datetime
    state: PredictionState = field(default_factory=PredictionState)
    files: tuple[FileRef, ...] = ()
    finished: bool = False
    failure: Failure | None = None
    notices: tuple[str, ...] = ()
    download_time: float | None = None
    total_time: float | None = None
    cost: float | None = None
    cost_estimated: bool = False
    origin: str = "service"
    root: str = ""
    occurrence: int = 1
    package_version: str = __version__

    @property
    def id(self) -> str:
        """The service's id, empty before it answered."""
        return self.state.id

    @property
    def model(self) -> str:
        """``owner/name`` as asked for."""
        return self.request.model

    @property
    def status(self) -> str:
        """One word for people.

        The service's own status, or ``submitting`` (no answer yet), ``downloading``
        (succeeded, files on their way), ``refused`` (no prediction was made) or ``unknown``
        (the create was sent and its outcome could not be learned).
        """
        if self.failure is not None and not self.state.id:
            return "unknown" if self.failure.kind == "UnknownOutcomeError" else "refused"
        if not self.state.id:
            return "submitting"
        if self.failure is not None and self.failure.kind == "PredictionCanceledError":
            return "canceled"
        if self.state.status == "succeeded":
            if not self.finished:
                return "downloading"
            if self.failure is not None:
                return "failed"
        return self.state.status

    @property
    def succeeded(self) -> bool:
        """True when it is finished and nothing failed."""
        return self.finished and self.failure is None

    @property
    def sandbox(self) -> bool:
        """True when it was drawn by the local sandbox."""
        return self.origin == "sandbox" or self.state.source == "sandbox"

    @property
    def charged(self) -> bool:
        """True for a success at the service, also when its files were lost on the way."""
        return (
            self.state.status == "succeeded"
            and not self.sandbox
            and self.origin not in ("store", "replay")
        )

    @property
    def images(self) -> tuple[FileRef, ...]:
        """Those of `files` that are pictures."""
        return tuple(file for file in self.files if file.is_image)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: plain values, absent ones left out."""
        state = self.state
        full: dict[str, Any] = {
            "key": self.key,
            "id": state.id,
            "model": self.model,
            "version": state.version,
            "status": self.status,
            "input": dict(self.request.input),
            "prompt_template": self.request.template,
            "seed_drawn": self.request.seed_drawn or None,
            "occurrence": None if self.occurrence == 1 else self.occurrence,
            "submitted_at": _to_text(self.submitted_at),
            "created_at": _to_text(state.created_at),
            "started_at": _to_text(state.started_at),
            "completed_at": _to_text(state.completed_at),
            "queue_time": state.queue_time,
            "run_time": state.run_time,
            "download_time": self.download_time,
            "total_time": self.total_time,
            "metrics": dict(state.metrics),
            "logs": state.logs,
            "error": state.error,
            "files": [_file_to_dict(file) for file in self.files],
            "cost": self.cost,
            "cost_estimated": self.cost_estimated or None,
            "origin": self.origin,
            "root": self.root,
            "failure": _failure_to_dict(self.failure),
            "notices": list(self.notices),
            "finished": self.finished,
            "package_version": self.package_version,
            "service": {
                "status": state.status,
                "model": state.model,
                "source": state.source,
                "outputs": list(state.outputs),
                "output": state.output,
                "data_removed": state.data_removed,
                "notice": state.notice,
                "extra": dict(state.extra),
            },
        }
        return {name: value for name, value in full.items() if value not in (None, "", [], {})}

    def public(self) -> dict[str, Any]:
        """The JSON form for a notebook that others will read.

        Without what dies (output links live about an hour) or is nobody's business (the
        address of a proxy or gateway): pictures are named by their sha256.
        """
        full = self.to_dict()
        full.pop("root", None)
        full.pop("service", None)
        for file in full.get("files", ()):
            file.pop("url", None)
        if self.sandbox:
            full["sandbox"] = True
        return full

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """The record that `to_dict` wrote; unknown names are ignored.

        Raises
        ------
        InputError, KeyError, TypeError, ValueError
            When `data` is no such record.
        """
        service = data.get("service", {"status": data.get("status", "starting")})
        state = PredictionState(
            id=data.get("id", ""),
            status=service.get("status", "starting"),
            model=service.get("model", ""),
            version=data.get("version", ""),
            source=service.get("source", "") or ("sandbox" if data.get("sandbox") else ""),
            outputs=tuple(service.get("outputs", ())),
            output=service.get("output"),
            error=data.get("error"),
            logs=data.get("logs", ""),
            metrics=data.get("metrics", {}),
            created_at=_from_text(data.get("created_at")),
            started_at=_from_text(data.get("started_at")),
            completed_at=_from_text(data.get("completed_at")),
            data_removed=service.get("data_removed", False),
            notice=service.get("notice", ""),
            extra=service.get("extra", {}),
        )
        failure = data.get("failure")
        return cls(
            key=data["key"],
            request=PredictionRequest(
                data["model"],
                data.get("input", {}),
                data.get("prompt_template"),
                seed_drawn=bool(data.get("seed_drawn")),
            ),
            submitted_at=_from_text(data["submitted_at"]) or datetime.now(timezone.utc),
            state=state,
            files=tuple(FileRef(**_known(FileRef, file)) for file in data.get("files", ())),
            finished=data.get("finished", False),
            failure=Failure(**_known(Failure, failure)) if failure else None,
            notices=tuple(data.get("notices", ())),
            download_time=data.get("download_time"),
            total_time=data.get("total_time"),
            cost=data.get("cost"),
            cost_estimated=bool(data.get("cost_estimated")),
            origin=data.get("origin", "service"),
            root=data.get("root", ""),
            occurrence=data.get("occurrence", 1),
            package_version=data.get("package_version", ""),
        )

    def with_notice(self, notice: str) -> Record:
        """The same record and one more notice, unless it stands there already."""
        if not notice or notice in self.notices:
            return self
        return replace(self, notices=(*self.notices, notice))


def _known(form: type[FileRef] | type[Failure], data: Mapping[str, Any]) -> dict[str, Any]:
    names = [one.name for one in fields(form)]
    return {name: data[name] for name in names if name in data}


def _to_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(timezone.utc).isoformat()


def _from_text(text: str | None) -> datetime | None:
    return None if not text else datetime.fromisoformat(text)


def _file_to_dict(file: FileRef) -> dict[str, Any]:
    names = ("sha256", "media_type", "size", "width", "height", "url")
    values = {name: getattr(file, name) for name in names}
    return {name: value for name, value in values.items() if value not in (None, "")}


def _failure_to_dict(failure: Failure | None) -> dict[str, str] | None:
    if failure is None:
        return None
    names = ("kind", "cause", "remedy", "details")
    return {name: getattr(failure, name) for name in names if getattr(failure, name)}
