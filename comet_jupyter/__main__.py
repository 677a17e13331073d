"""``python -m comet_jupyter share NOTEBOOK``: the check of a saved notebook, for CI.

Exit status: 0 when there is no problem (notices may be there), 1 when there is, 2 when a
notebook could not be checked.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from ._version import __version__
from .errors import CometError

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m comet_jupyter", description="Pictures in a notebook: what a shell can do."
    )
    parser.add_argument("--version", action="version", version=f"comet_jupyter {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="share")
    share = commands.add_parser(
        "share",
        help="check saved notebooks before they go out",
        description="Checks saved notebooks for keys, outputs that do not show, dead links, "
        "half-saved widgets, private paths, weight and missing recordings.",
        epilog="Exit status: 0 no problem, 1 problems, 2 could not be checked.",
    )
    share.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    share.add_argument("--fix", action="store_true", help="mend what can be mended, and say so")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; gives the exit status."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Windows' own code pages lack some characters
            stream.reconfigure(errors="replace")
    return max(_share(path, fix=options.fix) for path in options.notebooks)


def _share(path: Path, *, fix: bool) -> int:
    from .notebook.share import report, share

    try:
        found = share(path, fix=fix)
    except CometError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.writelines(f"{line}\n" for line in report.lines(found))
    return 1 if found.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
