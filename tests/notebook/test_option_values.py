"""Values of options that look like something else."""

from __future__ import annotations

from typing import Any

import pytest
from support.cells import read_cell

from comet_jupyter.errors import InputError
from comet_jupyter.notebook.cell_request import CellRequest

MODEL = "somebody/a-model"
SECRET = "sk-" + "0123456789abcdefABCDEF0123456789"


def parse(line: str, **names: Any) -> CellRequest:
    """A cell as typed."""
    return read_cell(line, "a boat", names, model=MODEL)


@pytest.mark.parametrize("word", ["text", "objects", "0", "\\x00", "prompt"])
def test_every_word_is_a_value(word: str) -> None:
    """No word has a meaning of its own behind ``-p NAME=``."""
    assert str(parse(f"-p style={word}").request.input["style"]) == word


@pytest.mark.parametrize(
    "line",
    [
        "-p x={{ key }}",
        "-p 'x=before {{ key }}'",
        "--params {{ {'deep': [key]} }}",
    ],
)
def test_a_key_that_an_expression_gives_is_refused(line: str) -> None:
    """In any input, not only in the prompt: it would be sent, kept and shown."""
    with pytest.raises(InputError, match="API key") as caught:
        parse(line, key=SECRET)
    assert SECRET not in str(caught.value)
    assert parse(line, key="no secret").request.input


@pytest.mark.parametrize(
    "line",
    [
        *(f"{option} {{{{ key }}}}" for option in ("--seed", "-n", "-o", "--save", "--ar", "-p")),
        *(f"{option} {{{{ key }}}}" for option in ("--max-cost", "--variants", "--shrink", "")),
        "--save '{{{ key }}}'",
        "--sweep model={{ key }}",
        "--sweep 'model={{ [key] }}'",
        "-p {{ [key] }}",
    ],
)
def test_no_error_shows_a_key_that_an_expression_gives(line: str) -> None:
    """Not even where the value is wrong anyway, and the error would say which it was."""
    with pytest.raises(InputError, match="API key") as caught:
        parse(line, key=SECRET)
    assert SECRET[:12] not in str(caught.value)
