"""Run folders: where the files of a run lie, here or at a URL, and which run is the latest."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from gan_core.config import Experiment, Refinement
from gan_core.errors import BadInput
from gan_core.files import (
    Place,
    copy,
    find_below,
    is_local,
    is_whole,
    link,
    list_folder,
    located,
    name_below,
    read_text,
    write_text,
)
from gan_core.measures.tstr import TeachingSet
from tasks.places import MANIFEST, check_folder, classifier_cache, standing

LATEST = "latest"
PAGE_END = b"</html>"
AUDIT = "audit.json"  # of a run and of a version
PAIRS = "suspicious-pairs.npz"

logger = logging.getLogger("synthetic_data.runs")


@dataclass(frozen=True)
class Run:
    """The folder of a run and the names of what is in it; a run at a URL works in a folder here and is stored there."""

    folder: Place
    home: Place | None = None  # the URL

    @property
    def stored(self) -> Run:
        """The run where it stays."""
        return Run(self.home or self.folder)

    def send(self, *files: Place) -> None:
        """Send files, in this order, to where the run is stored, unless it works there."""
        for file in files if self.home else ():
            copy(file, self.stored.folder / name_below(self.folder, file))

    def send_all(self) -> None:
        """Send everything that can be seen, the page last."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
        self.send(*sorted(files, key=lambda file: file == self.report))

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def experiment(self) -> Place:
        return self.folder / "experiment.json"

    @property
    def identity(self) -> Place:
        return self.folder / ".identity"

    @property
    def checkpoint(self) -> Place:
        return self.folder / "generator" / "checkpoint.npz"

    @property
    def generator(self) -> Place:
        return self.folder / "generator" / "generator.npz"

    @property
    def ledger(self) -> Place:
        """What a private run has read of the training images, as JSON."""
        return self.folder / "private" / "ledger.json"

    @property
    def means(self) -> Place:
        """The noisy means of the classes' features, which a private generator imitates."""
        return self.folder / "private" / "means.npz"

    @property
    def private_teacher(self) -> Place:
        """The private teacher, after its last step so far."""
        return self.folder / "private" / "teacher.npz"

    @property
    def release(self) -> Place:
        """What may leave of a private run; nothing else may."""
        return self.folder / "release"

    @property
    def history(self) -> Place:
        return self.folder / "history.parquet"

    @property
    def grids(self) -> Place:
        return self.folder / "grids"

    def grid(self, epoch: int) -> Place:
        return self.grids / f"epoch-{epoch:04d}.png"

    def epoch_grids(self) -> list[Place]:
        """The grids of all epochs that have one, the last epoch's last."""
        return find_below(self.grids, "epoch-*.png")

    @property
    def tensorboard(self) -> Place:
        """The folder of event files, where TensorBoard was to be told."""
        return self.folder / "tensorboard"

    def events(self) -> list[Place]:
        """The event files that are there."""
        return list_folder(self.tensorboard) if self.tensorboard.is_dir() else []

    @property
    def evolution(self) -> Place:
        return self.grids / "evolution.gif"

    @property
    def mosaic(self) -> Place:
        return self.grids / "mosaic.png"

    @property
    def walks(self) -> Place:
        return self.grids / "walks.png"

    @property
    def synthetic(self) -> Place:
        return self.folder / "synthetic.npz"

    def refined(self, refinement: Refinement) -> Place:
        return self.folder / f"synthetic-{refinement}.npz"

    def refined_sets(self) -> dict[TeachingSet, list[Place]]:
        """Those that were made, each a teaching set of one file."""
        files = {refinement: self.refined(refinement) for refinement in get_args(Refinement)}
        return {refinement: [file] for refinement, file in files.items() if file.exists()}

    def drawn_by(self, version: str) -> Place:
        """What a champion drew for the comparison."""
        return self.folder / f"{version}.npz"

    @property
    def classifiers(self) -> Place:
        """Those that the run's own images taught, until it has its report."""
        return self.folder / "classifiers"

    def classifier_cache(self, taught_by: TeachingSet) -> Place:
        """Where the classifiers of a teaching set are cached; other runs need those of the real images too."""
        return classifier_cache() if taught_by == "real" else self.classifiers

    @property
    def validation_report(self) -> Place:
        """What classifiers said about validation images, where the run is part of a sweep."""
        return self.folder / "validation.parquet"

    @property
    def frame(self) -> Place:
        """The report as a frame: a row for each teaching set, classifier and seed."""
        return self.folder / "report.parquet"

    @property
    def frame_csv(self) -> Place:
        return self.folder / "report.csv"

    @property
    def measures(self) -> Place:
        """All figures in one long frame: a row for each measure, set, class and seed."""
        return self.folder / "measures.parquet"

    @property
    def examinations(self) -> Place:
        """What each classifier answered about the test images, and what was taken for what."""
        return self.folder / "examinations.npz"

    @property
    def worth(self) -> Place:
        """As how many real images the synthetic ones teach, as JSON."""
        return self.folder / "worth.json"

    @property
    def worth_frame(self) -> Place:
        """The same as a frame: a row for each teaching set."""
        return self.folder / "worth.parquet"

    @property
    def audit(self) -> Place:
        """What the audit of the synthetic images found, as JSON."""
        return self.folder / AUDIT

    @property
    def pairs(self) -> Place:
        """The most suspicious pairs of a synthetic and a training image."""
        return self.folder / PAIRS

    @property
    def headline(self) -> Place:
        """The lines that the command prints."""
        return self.folder / "headline.txt"

    @property
    def report(self) -> Place:
        """The page, written last: a run that has one is complete."""
        return self.folder / "report.html"

    def find_damaged(self) -> list[Place]:
        """The files that are there and are not as they were written, as after a fault of the disk or of somebody."""
        files = [path for path in self.folder.rglob("*") if path.suffix in (".npz", ".parquet") and path.is_file()]
        damaged = [path for path in files if not is_whole(path)]
        page = self.report
        cut = page.is_file() and not page.read_bytes().rstrip().endswith(PAGE_END)
        return [*damaged, page] if cut else damaged

    def describe_lost(self, file: Place, got: str = "no such file") -> str:
        """What to say where a file is lost that only another reading of the training images could bring back."""
        return (
            f"Expected what was read of the training images in {file}, got {got}; restore it from a copy, or remove "
            f"the run {self.id} and begin again, which spends another budget."
        )

    def is_complete(self) -> bool:
        """Whether the run has its report, and still the images that it is about, and a private one what may leave."""
        files = (self.report, self.frame, self.headline, self.history, self.generator, self.synthetic)
        released = (self.release / MANIFEST,) if self.ledger.exists() else ()
        return all(file.exists() for file in (*files, *released))


def runs_folder() -> Place:
    """Where all runs lie: $SYNTHETIC_DATA_RUNS, a path or an fsspec URL, or runs/ here."""
    return located(os.environ.get("SYNTHETIC_DATA_RUNS") or "runs")


def check_runs_folder(needed: int = 0, experiment: Experiment | None = None) -> None:
    """Raise BadInput for a place for runs that cannot be made or written to, or without room for so many bytes.

    What is there already of a run of the experiment counts as room.
    """
    folder = runs_folder()
    check_folder(folder, "let SYNTHETIC_DATA_RUNS name another one, or work elsewhere.")
    if not is_local(folder) or (free := shutil.disk_usage(standing(folder.resolve())).free) >= needed:
        return
    if experiment is None or free + begun(folder, experiment) < needed:
        raise BadInput(
            f"Expected room for at least {needed / 1e6:,.1f} MB of networks and images in {folder}, got "
            f"{free / 1e6:,.1f} MB; make room, let SYNTHETIC_DATA_RUNS name another folder, or make fewer images or "
            "smaller networks."
        )


def begun(folder: Path, experiment: Experiment) -> int:
    """Bytes on the disk of the runs of an experiment, as far as they came."""
    runs = [path.parent for path in folder.glob("*/experiment.json") if read_text(path) == describe(experiment)]
    return sum(512 * file.lstat().st_blocks for run in runs if not run.is_symlink() for file in run.rglob("*"))


def describe(experiment: Experiment) -> str:
    """What a run's experiment.json says."""
    return experiment.model_dump_json(indent=2) + "\n"


def publish_latest(run: Run) -> None:
    """Let `latest` beside the run's folder name it: a link, or a file with its name at a URL and where links are none.

    A folder of that name, as a copy of all runs may leave one, stays as it is.
    """
    latest = run.stored.folder.with_name(LATEST)
    if not is_local(latest):
        write_text(latest, run.id)
    elif latest.is_dir() and not latest.is_symlink():
        logger.warning("Expected a link at %s, got a folder; it stays, the newest run is %s", latest, run.id)
    else:
        link(latest, run.id)


def resolve_latest(place: Place) -> Place:
    """The folder or file that is meant, where `place` may be `latest`."""
    if place.name == LATEST and place.is_file():
        return place.with_name(Path(read_text(place)).name)
    return place.resolve() if is_local(place) else place
