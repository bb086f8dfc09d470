"""What a run leaves, as a value: its figures as a frame, its page, and its generator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flows.from_python.generator import Generator, load

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Report:
    """A finished run; a notebook shows its results and pictures."""

    run: str  # its folder or URL
    headline: str  # the lines that the command prints
    page: str  # a path or URL, as is
    synthetic: str  # the file of the images
    release: str = ""  # what may leave of a private run

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row for each teaching set, classifier and seed."""
        from gan_core.files import located, read_frame
        from tasks.runs.run_folder import Run

        return read_frame(Run(located(self.run)).frame)

    @cached_property
    def generator(self) -> Generator:
        """What the run trained."""
        return load(self.run)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from gan_core.files import located
        from tasks.reports.show_in_notebook import show_run
        from tasks.runs.run_folder import Run

        return show_run(Run(located(self.run)))
