"""`audit`: is a set of images useful, is it diverse, was it memorised; as the command `audit` finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from flows.from_python.generator import Generator
from flows.from_python.report import Report
from flows.from_python.settings import as_names, as_place, nest
from flows.from_python.surroundings import calling, running

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Verdict:
    """What an audit found; a notebook shows its checks and pictures."""

    passed: bool  # whether no check fails
    faults: tuple[str, ...]  # a sentence for each that does
    text: str  # the lines that the command prints
    page: str  # a path or URL, as is

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Every figure: measure, of which set, class, value, and the ends of its interval."""
        from gan_core.files import located, read_frame
        from tasks.audit.check_set import MEASURES

        return read_frame(located(self.page).with_name(MEASURES))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from gan_core.files import located
        from tasks.reports.show_in_notebook import show_audit

        return show_audit(located(self.page).parent)


def audit(
    images: ArrayLike | str | PathLike[str],
    labels: ArrayLike | None = None,
    *,
    real: str | PathLike[str] | None = None,
    generator: Report | Generator | str | PathLike[str] | None = None,
    holdout: Literal["validation", "test"] | None = None,
    references: int = 0,
    classifiers: str | Sequence[str] | None = None,
    inception: str | PathLike[str] | None = None,
    out: str | PathLike[str] | None = None,
    experiment: str = "standard",
    verbose: bool = False,
    **settings: Any,
) -> Verdict:
    """Compare images and their labels with the `real` ones that they imitate; the verdict.

    In place of arrays `images` may be a run, an export or any source of labelled pictures. `generator` is what drew
    them, for its settings. All else is as in the command `audit`. Raises BadInput with one sentence for what cannot be
    audited, before any long work.
    """
    with calling():
        from flows.commands.audit import request_audit
        from gan_core.reports.command_line import python_call
        from tasks.audit.place_arrays import placed

        asked: dict[str, Any] = {
            "real": _named(real, "real images"),
            "generator": None if generator is None else _place_of(generator),
            "holdout": holdout,
            "references": str(references),
            "classifiers": None if classifiers is None else as_names(classifiers, "classifiers"),
            "inception": _named(inception, "Inception's weights"),
            "out": _named(out, "the folder for the page"),
            "experiment": experiment,
        }
        with placed(images, labels) as (place, named):
            request = request_audit(place, **asked, replaced=nest(settings), named=named)
            given = {name: value for name, value in asked.items() if value not in (None, "0", "standard")} | settings
            with running(verbose=verbose):
                from flows.audit_set import audit_set

                report = audit_set(*request, python_call("audit", "images, labels" if named else repr(place), given))
        return Verdict(not report.faults, report.faults, report.text, report.page)


def _named(place: str | PathLike[str] | None, named: str) -> str | None:
    """A place as the command takes it."""
    return None if place is None else as_place(place, named)


def _place_of(generator: Report | Generator | str | PathLike[str]) -> str:
    """Where what drew the images lies."""
    match generator:
        case Report():
            return generator.run
        case Generator():
            return generator.file
        case _:
            return as_place(generator, "the generator")
