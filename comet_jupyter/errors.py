"""Every exception of the package, and nothing else.

Each one is a single readable line: the cause first, then the remedy to type.

::

    CometError
    ├── InputError (ValueError)             refused here, before anything was sent
    │   └── UnknownNameError                 … with the nearest name that exists
    ├── SettingsError                        key, root URL or folder is missing or malformed
    │   └── KeyMissingError
    ├── NotRecordedError                     nothing to replay for this request; nothing was sent
    ├── StoreError (OSError)                 the record could not be written or read
    ├── ServiceError                         the service refused, or did not answer usefully
    │   ├── NotSentError (ConnectionError)   no connection: not sent, not charged
    │   ├── AuthenticationError              401: bad, missing or exhausted key
    │   ├── QuotaError                       402, 403: no money
    │   ├── ModelNotFoundError               503 model_not_found
    │   ├── InvalidInputError                400, 422: the request's input was refused
    │   ├── RateLimitError                   429 for longer than we wait
    │   ├── WrongAddressError                a redirect or a page instead of an answer
    │   └── UnknownOutcomeError              sent, no usable answer: may have been charged
    ├── PredictionError                      a prediction ended without pictures
    │   ├── PredictionFailedError            the model failed
    │   │   └── ModerationError              … because prompt or picture were flagged
    │   ├── PredictionCanceledError          canceled or aborted
    │   ├── NoOutputError                    finished without output
    │   └── OutputExpiredError               finished, but the files or the record are gone
    ├── DownloadError                        an output could not be fetched, or is no picture
    └── StillRunningError (TimeoutError)     we stopped waiting; the prediction goes on

    KeyboardInterrupt
    └── WaitInterrupted                      interrupt while waiting; the prediction goes on
"""

from __future__ import annotations

__all__ = [
    "AuthenticationError",
    "CometError",
    "CostLimitError",
    "DownloadError",
    "InputError",
    "InvalidInputError",
    "KeyMissingError",
    "ModelNotFoundError",
    "ModerationError",
    "NoOutputError",
    "NotRecordedError",
    "NotSentError",
    "OutputExpiredError",
    "PredictionCanceledError",
    "PredictionError",
    "PredictionFailedError",
    "QuotaError",
    "RateLimitError",
    "ServiceError",
    "SettingsError",
    "StillRunningError",
    "StoreError",
    "UnknownNameError",
    "UnknownOutcomeError",
    "WaitInterrupted",
    "WrongAddressError",
    "by_name",
]


class _OneLine(BaseException):
    """Cause and remedy, shown by IPython as one line instead of a traceback."""

    cause: str
    remedy: str
    details: str

    def __init__(self, cause: str, remedy: str = "", *, details: str = "") -> None:
        super().__init__(cause, remedy)
        self.cause = cause
        self.remedy = remedy
        self.details = details

    def __str__(self) -> str:
        """The line: the cause, then the remedy."""
        return f"{_sentence(self.cause)} {_sentence(self.remedy)}".strip()

    def _render_traceback_(self) -> list[str]:
        # IPython calls this instead of formatting a traceback, in every %xmode, and the
        # lines become a real error output: nbclient and papermill stop, people can read it.
        lines = [f"{type(self).__name__}: {self}"]
        if self.details:
            lines += ["", self.details]
        return lines


def _sentence(text: str) -> str:
    """Ends a text with a full stop when it has no ending of its own."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…:`" else f"{text}."


class CometError(_OneLine, Exception):
    """Base of every error of this package.

    Parameters
    ----------
    cause : str
        What happened, without a full stop.
    remedy : str
        What to type or do now.
    details : str
        More lines for the reader, such as the log's tail; shown below the line.
    """


class InputError(CometError, ValueError):
    """Something typed here cannot be right; nothing was sent, nothing was spent."""


class UnknownNameError(InputError):
    """An option, verb, model or input that does not exist; names the nearest one."""


class SettingsError(CometError):
    """A setting is malformed; the message says which and where it came from."""


class KeyMissingError(SettingsError):
    """No API key anywhere, and no sandbox asked for."""


class NotRecordedError(CometError):
    """A replay has nothing for this request; it was not sent."""


class CostLimitError(CometError):
    """It would cost more than is allowed, or nobody said yes; nothing was sent."""


class StoreError(CometError, OSError):
    """The store could not be written or read."""


class ServiceError(CometError):
    """The service refused or gave no usable answer.

    Attributes
    ----------
    status_code : int or None
        The HTTP status, when there was one.
    request_id : str or None
        What the vendor's support asks for.
    """

    def __init__(
        self,
        cause: str,
        remedy: str = "",
        *,
        details: str = "",
        status_code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(cause, remedy, details=details)
        self.status_code = status_code
        self.request_id = request_id


class NotSentError(ServiceError, ConnectionError):
    """No connection could be made: not sent, not charged."""


class AuthenticationError(ServiceError):
    """The key is wrong, missing or exhausted."""


class QuotaError(ServiceError):
    """The account has no money or quota left."""


class ModelNotFoundError(ServiceError):
    """The service has no such model, or none that this key may use."""


class InvalidInputError(ServiceError):
    """The service refused the model's input; nothing was charged."""


class RateLimitError(ServiceError):
    """Too many requests, and the wait asked for is longer than we wait by ourselves."""


class WrongAddressError(ServiceError):
    """The address answers, but it is not the predictions API."""


class UnknownOutcomeError(ServiceError):
    """The create was sent and no usable answer came back: it may have been charged."""


class PredictionError(CometError):
    """A prediction ended without pictures."""


class PredictionFailedError(PredictionError):
    """The model reported a failure."""


class ModerationError(PredictionFailedError):
    """The prompt or the picture was flagged by the model's safety check."""


class PredictionCanceledError(PredictionError):
    """The prediction was canceled, here or by the service."""


class NoOutputError(PredictionError):
    """The prediction succeeded and its output stayed empty."""


class OutputExpiredError(PredictionError):
    """The output files, or the prediction itself, are no longer kept by the service."""


class DownloadError(CometError):
    """An output file could not be fetched, or is not what it should be."""


class StillRunningError(CometError, TimeoutError):
    """We stopped waiting; the prediction goes on and its id is kept."""


class WaitInterrupted(_OneLine, KeyboardInterrupt):
    """The wait was interrupted; the prediction goes on, and later cells do not run."""


def by_name(name: str) -> type[CometError]:
    """The error class of this name, `CometError` for an unknown one.

    Records keep the class of a failure by name, so that a failure read back from the
    store raises as what it was.
    """
    found = globals().get(name)
    return found if isinstance(found, type) and issubclass(found, CometError) else CometError
