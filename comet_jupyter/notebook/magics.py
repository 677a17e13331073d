"""``%%comet`` and ``%comet``: the magic itself, its settings, and loading and unloading it."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Enum, Float, Int, Unicode

from ..engine import session as sessions
from ..engine.batch import Batch
from ..engine.prediction import Prediction
from ..engine.session import Session
from ..errors import WaitInterrupted
from ..show import remarks, result
from ..wire.request import PredictionRequest
from . import options
from .live import Appearance, LiveCell
from .publish import Mode, Publisher, in_voila, mode

if TYPE_CHECKING:
    from .approval import Estimate
    from .cell_request import CellRequest
    from .panel import CometPanel
    from .publish import Cell
    from .saves import Saves
    from .saving import Saved

HOLD_HEADLESS = 20.0
"""Seconds to wait for a new key in mid-run where nobody is there to give one."""


@magics_class
class CometMagics(Magics):
    """Settings of the ``%%comet`` magic; ``%config CometMagics`` shows them.

    The API key is no setting here: notebooks are shared. ``%comet login`` takes it.
    """

    model = Unicode("", help="Model of %%comet cells that name none: owner/name or an alias.").tag(
        config=True
    )
    base_url = Unicode(
        "", help="Root URL of the service; beats COMETAPI_BASE_URL. May carry a path."
    ).tag(config=True)
    api_prefix = Unicode(
        "", help="Path between the root URL and /models or /predictions: /replicate/v1, or /v1."
    ).tag(config=True)
    wait = Enum(
        ("auto", "always", "never"),
        "auto",
        help="Whether a cell waits for its pictures: auto returns at once where the front end "
        "can show them later, and waits in a headless run.",
    ).tag(config=True)
    embed = Enum(
        ("preview", "full", "none"),
        "preview",
        help="What goes into the notebook; the original is always kept on disk.",
    ).tag(config=True)
    cache = Enum(
        options.CACHE,
        "auto",
        help="Whether an earlier result may be served, free: auto does so where the seed was "
        "given, replay always and makes nothing, refresh and off make a new picture.",
    ).tag(config=True)
    max_cost_per_cell = Float(
        None,
        allow_none=True,
        help="US dollars that one cell may cost at most, by the service's prices; --max-cost "
        "sets another limit for one cell. Panel and Python calls are not held by it.",
    ).tag(config=True)
    confirm_over = Int(
        16,
        min=0,
        help="Pictures that one cell makes unasked; before more there is a question, and a "
        "refusal where nobody can answer. --yes answers it.",
    ).tag(config=True)
    timeout = Float(
        None,
        allow_none=True,
        help="Seconds after which a prediction is no longer followed; its id is kept.",
    ).tag(config=True)

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._shell = shell
        self.publisher = Publisher(shell)
        self._panel: CometPanel | None = None
        sessions.configure(self.explicit)

    def explicit(self) -> Mapping[str, tuple[Any, str]]:
        """The settings given here, with their origin."""
        given = {"model": self.model, "root": self.base_url, "prefix": self.api_prefix}
        traits = {"model": "model", "root": "base_url", "prefix": "api_prefix"}
        return {
            name: (value, f"%config CometMagics.{traits[name]}")
            for name, value in given.items()
            if value
        }

    @property
    def session(self) -> Session:
        """The session of this kernel."""
        return sessions.current()

    def help_text(self) -> str:
        """The whole help."""
        return _help_text()

    def mode(self, override: str | None = None) -> Mode:
        """Whether the running cell may return before its pictures are there."""
        override = self.wait if override is None else override
        if override == "auto" and self.publisher.captured:
            return Mode(False, "the cell's output is captured")
        return mode(self.publisher.parent(), override)

    @no_var_expand
    @line_cell_magic
    def comet(self, line: str, cell: str | None = None) -> None:
        """Make pictures: ``%%comet`` in the first line of a cell, the prompt below it."""
        if cell is None:
            from . import verbs  # not before the first one: loading the magic is to be quick

            verbs.run(self, line)
        else:
            self.make(line, cell)

    def make(self, line: str, body: str) -> None:
        """Parses one cell, submits what it asks for, and shows it."""
        from .expansion import held_seed, with_seeds

        wanted = self.read(line, body)
        requests = self.session.complete_all(wanted.requests, wanted.count, wanted.seed)
        wanted = replace(wanted, axes=with_seeds(wanted.axes, requests, wanted.count))
        told = [self.session.alias_trouble, *wanted.warnings]
        if not (wanted.variants_drawn or wanted.dry_run):
            told.append(held_seed(wanted.axes, requests))
        for text in filter(None, () if wanted.quiet else told):
            self.publisher.show((remarks.notice(text), {}))
        if wanted.dry_run:
            self._dry_run(requests, wanted)
            return
        approved = self._approve(requests, wanted)
        may_click = self.mode("auto").live
        background = (
            self.mode().live if wanted.background is None else wanted.background
        ) and bool(self.publisher.parent())
        predictions = self.session.submit(
            *requests,
            timeout=wanted.timeout,
            hold=600.0 if may_click else HOLD_HEADLESS,
            cache=wanted.cache,
            place=self.publisher.place(),
            at_most=approved,
        )
        if wanted.out:
            self._shell.user_ns[wanted.out] = sessions.as_one(predictions, wanted.axes)
        self.follow(predictions, wanted, background=background, may_click=may_click)

    def read(self, line: str, body: str) -> CellRequest:
        """What a cell asks for; nothing is sent.

        Raises
        ------
        CometError
            What is wrong with it.
        """
        from . import remix, template
        from .cell_request import Defaults, Surroundings
        from .parsing import parse  # not before the first cell: loading the magic is to be quick

        session, names = self.session, self._shell.user_ns
        around = Surroundings(
            evaluate=template.evaluator_with(names),
            picture=lambda value, shrink: session.picture(value, shrink=shrink),
            earlier=lambda ref, model: remix.base(remix.find(session, ref, names), model),
            aliases=session.aliases,
            folder=Path.cwd(),
            is_secret=session.is_secret,
        )
        model, timeout = session.settings.model.value, self.timeout
        return parse(line, body, around, Defaults(model, self.embed, self.cache, timeout))

    def _dry_run(self, requests: Sequence[PredictionRequest], wanted: CellRequest) -> None:
        """Shows what would be sent, at what price, and what would be served instead."""
        recorded = self.session.as_recorded(*requests)
        found = self._estimate(recorded, wanted, only_looking=True)
        axes = wanted.axes.axes if wanted.axes else ()
        varied = " × ".join(f"{axis.name} {', '.join(axis.labels)}" for axis in axes)
        shown = remarks.dry_run(recorded, found.words, served=found.served, varied=varied)
        self.publisher.show((shown, {}))

    def _estimate(
        self,
        recorded: Sequence[PredictionRequest],
        wanted: CellRequest,
        *,
        only_looking: bool = False,
    ) -> Estimate:
        from .approval import estimate

        return estimate(
            self.session,
            recorded,
            cache=wanted.cache,
            place=self.publisher.place(),
            only_looking=only_looking,
        )

    def _approve(self, requests: Sequence[PredictionRequest], wanted: CellRequest) -> int | None:
        """Raises unless the limits hold and, for many pictures, somebody says yes.

        Returns how many may be made; None where there is nothing to hold.
        """
        from . import approval

        limit, name = wanted.max_cost, "--max-cost"
        if limit is None:
            limit, name = self.max_cost_per_cell, "CometMagics.max_cost_per_cell"
        many = len(requests) > self.confirm_over and not wanted.yes
        if limit is None and not many:
            return None
        found = self._estimate(self.session.as_recorded(*requests), wanted)
        approval.within(limit, name, found)
        if many:
            approval.confirmed(found, self.confirm_over, input if self._is_answered() else None)
        return found.made

    def _is_answered(self) -> bool:
        """True where somebody can answer a question: in a live front end, or a terminal."""
        if self.publisher.parent():
            return self.mode("auto").live
        return sys.stdin is not None and sys.stdin.isatty()

    def panel(self) -> CometPanel:
        """The panel of this notebook, which opens when it is shown."""
        from .panel import CometPanel

        if self._panel is None:
            self._panel = CometPanel(self)
        return self._panel

    def newest(self) -> CometMagics:
        """The magics of the same shell that are loaded now."""
        from . import extension

        magics: CometMagics = extension.magics_of(self._shell)
        return magics

    def follow(
        self,
        predictions: Sequence[Prediction],
        wanted: CellRequest,
        *,
        background: bool,
        may_click: bool,
    ) -> None:
        """Shows predictions in the running cell, and waits for them unless in background."""
        if all(prediction.done() for prediction in predictions):  # served, not made
            background = may_click = False
        # Voila takes the text of an error away, so that the cause has to stand in the output.
        told = wanted.raise_error and not in_voila(os.environ)
        appearance = Appearance(
            wanted.embed,
            wanted.each,
            wanted.logs,
            raises=told and not background,
            axes=wanted.axes,
        )
        view: LiveCell | None = None
        if not wanted.quiet and not self.publisher.captured and (background or may_click):
            view = LiveCell(
                self.publisher.cell(),
                self.session,
                list(predictions),
                appearance,
                buttons=may_click,
                late_outputs=may_click,
            )
            view.start()
        saves = self._saves(predictions, wanted, view)
        if background:
            return
        try:
            self.wait_for(predictions)
        except WaitInterrupted:
            if view is not None:
                view.detach()
            raise
        if view is not None:
            view.finished.wait(30.0)
        elif not wanted.quiet:
            records = [prediction.record for prediction in predictions]
            for bundle in result.outputs(
                records,
                self.session.keeper.open,
                embed=wanted.embed,
                each=wanted.each,
                with_logs=wanted.logs,
                raised=told,
                axes=wanted.axes,
            ):
                self.publisher.show(bundle)
        if saves is not None:
            saved = saves.wait()  # the next cell may open them
            if view is None:
                self._show_saved(self.publisher.cell(), wanted, saved)
        if wanted.raise_error:
            raise_first_failure(predictions)

    def _saves(
        self, predictions: Sequence[Prediction], wanted: CellRequest, view: LiveCell | None
    ) -> Saves | None:
        """Begins to save the pictures where the cell wants them; a live cell tells of it."""
        if wanted.save is None:
            return None
        from .saves import Saves

        saves = Saves(wanted.save, predictions, wanted.axes)
        if view is None:
            saves.start(self.session)
        else:
            report = functools.partial(self._show_saved, self.publisher.cell(), wanted)
            saves.start(self.session, report, view.finished)
        return saves

    @staticmethod
    def _show_saved(cell: Cell, wanted: CellRequest, saved: Saved) -> None:
        if saved.troubles or not wanted.quiet:
            cell.append((remarks.saved(saved.paths, saved.there, saved.troubles), {}))

    def wait_for(self, predictions: Sequence[Prediction]) -> None:
        """Waits for all; an interrupt leaves them running and stops the notebook."""
        Batch(predictions).wait()

    def close(self) -> None:
        """Removes every trace from the shell; what is paid for stays in the store."""
        if self._panel is not None:
            self._panel.close()
        self.publisher.close()
        sessions.close()
        sessions.configure()
        shell = self._shell
        shell.configurables[:] = [one for one in shell.configurables if one is not self]
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop("comet", None)
        shell.magics_manager.registry.pop(type(self).__name__, None)


def raise_first_failure(predictions: Sequence[Prediction]) -> None:
    """Raises the first failure of predictions that are done, naming how many there are."""
    errors = [error for prediction in predictions if (error := prediction.exception())]
    if not errors:
        return
    first = errors[0]
    if len(predictions) > 1:
        cause = f"{len(errors)} of {len(predictions)} pictures failed. {first.cause}"
        raise type(first)(cause, first.remedy, details=first.details)
    raise first


def _help_text() -> str:
    """What `%%comet?` and `%comet help` show: the grammar, the options, the verbs."""
    from . import verbs

    return (
        "Make pictures: `%%comet` in the first line of a cell, the prompt below it.\n\n"
        "    %%comet [MODEL] [options]\n"
        "    a paper boat at sunrise, {{ python_expression }} allowed\n\n"
        "MODEL is owner/name or an alias such as flux-schnell; `%config CometMagics.model`\n"
        "sets the default. Everything but {{ ... }} in the prompt is sent as typed.\n\n"
        f"Options\n{options.help_text()}\n\n"
        f"`%comet VERB` does the rest:\n{verbs.overview()}\n\n"
        "`%comet help VERB` says more.\n"
    )


# IPython asks an object for its own text before it looks at the docstring.
setattr(CometMagics.comet, "getdoc", _help_text)  # noqa: B010 (mypy knows no such member)
