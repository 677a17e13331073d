"""Plain words in a prompt that make the sandbox misbehave: the one table of them.

Behaviour over time is played by `simulation`, behaviour on the wire by `routes`. The table is
also what the server's front page shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["WORDS", "without_words", "words_in"]

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "[fail]": "the model fails in the middle of its run, with a traceback in the logs",
        "[nsfw]": "fails: input or output flagged as sensitive (E005)",
        "[unsafe]": "fails: all generated images contained NSFW content",
        "[abort]": "aborted: its deadline passed before it started",
        "[cancel]": "canceled by the service in the middle of its run",
        "[queue]": "waits 15 s in the queue",
        "[slow]": "runs for 20 s",
        "[stuck]": "keeps processing for ever",
        "[instant]": "has finished in the answer to the create already",
        "[empty]": "succeeds with output null, filled in 2 s later",
        "[nothing]": "succeeds with output null for ever",
        "[expired]": "data removed as soon as it has finished",
        "[noisy]": "a flood of log lines, with colours, carriage returns and markup",
        "[enveloped]": 'answers wrapped in {"code": "success", "data": {…}}',
        "[object]": "the output is an object that holds addresses",
        "[datauri]": "the output is a data: URI",
        "[text]": "the output is a text",
        "[video]": "the output file is a video",
        "[svg]": "the output file is an SVG with a script in it",
        "[gone]": "the output file answers 404",
        "[truncated]": "the output file ends in the middle",
        "[notanimage]": "the output file is a web page under an image's name",
        "[429]": "the first create is answered 429 with Retry-After: 1, the next one accepted",
        "[busy]": "the first create is answered 429 with an empty body, the next one accepted",
        "[lost]": "the prediction is made, but its create is answered by a 502 page",
        "[flaky]": "every second status answer is a 502 page",
        "[404]": "status answers are 404 for the first second",
    }
)

_BRACKETED = re.compile(r"\[[a-z0-9]+\]")


def words_in(prompt: object) -> frozenset[str]:
    """The words of the table that stand in a prompt."""
    found = _BRACKETED.findall(prompt) if isinstance(prompt, str) else []
    return frozenset(word for word in found if word in WORDS)


def without_words(prompt: str) -> str:
    """The prompt as the drawing sees it: without the words of the table."""
    return _BRACKETED.sub(lambda match: "" if match[0] in WORDS else match[0], prompt).strip()
