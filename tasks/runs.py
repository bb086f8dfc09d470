"""Run folders: where the files of a run lie, which unfinished run to go on with, and which one is the latest."""

import fcntl
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import gan_core
from gan_core.config import Experiment
from gan_core.files import write_text
from gan_core.report import library_versions

logger = logging.getLogger("synthetic_data.runs")


@dataclass(frozen=True)
class Run:
    """The folder of a run and the names of what is in it."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def experiment(self) -> Path:
        return self.folder / "experiment.json"

    @property
    def identity(self) -> Path:
        return self.folder / ".identity"

    @property
    def checkpoint(self) -> Path:
        return self.folder / "generator" / "checkpoint.npz"

    @property
    def generator(self) -> Path:
        return self.folder / "generator" / "generator.npz"

    @property
    def history(self) -> Path:
        return self.folder / "history.parquet"

    @property
    def grids(self) -> Path:
        return self.folder / "grids"

    @property
    def evolution(self) -> Path:
        return self.grids / "evolution.gif"

    @property
    def mosaic(self) -> Path:
        return self.grids / "mosaic.png"

    @property
    def synthetic(self) -> Path:
        return self.folder / "synthetic.npz"

    def refined(self, refinement: str) -> Path:
        return self.folder / f"synthetic-{refinement}.npz"

    def drawn_by(self, version: str) -> Path:
        """What a champion drew for the comparison."""
        return self.folder / f"{version}.npz"

    @property
    def classifiers(self) -> Path:
        return self.folder / "classifiers"

    @property
    def trial(self) -> Path:
        """What classifiers said about validation images, where the run is part of a sweep."""
        return self.folder / "validation.parquet"

    @property
    def report(self) -> Path:
        """The page, written last: a run that has one is complete."""
        return self.folder / "report.html"


def runs_folder() -> Path:
    """Where all runs lie: $SYNTHETIC_DATA_RUNS, or runs/ here."""
    return Path(os.environ.get("SYNTHETIC_DATA_RUNS") or "runs").absolute()


@contextmanager
def open_run(
    experiment: Experiment, data_digest: str, start_digest: str = "", *, finished: bool = False
) -> Iterator[Run]:
    """An unfinished run of the same settings, data and program, or a new one; no other process has it meanwhile.

    `start_digest` stands for the networks that it begins with, where they are not random. With `finished`, a run that
    has its report will do as well.
    """
    identity = identify(experiment, data_digest + start_digest)
    for folder in sorted(runs_folder().glob(f"*-{identity[:8]}"), reverse=True):
        run = Run(folder)
        if run.identity.is_file() and run.identity.read_text() == identity and (finished or not run.report.exists()):
            with _locked(folder) as alone:
                if alone:
                    logger.info("Going on with the %sfinished run %s", "" if run.report.exists() else "un", run.id)
                    yield run
                    return
    run = _new_run(experiment, identity)
    with _locked(run.folder):
        logger.info("Run %s", run.id)
        yield run


def publish_latest(run: Run) -> None:
    """Let `latest` beside the run folder point at it."""
    temporary = run.folder.parent / f".latest.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(run.id)
    temporary.replace(run.folder.parent / "latest")


def program_digest() -> str:
    """SHA-256 of the science's source and this machine's arithmetic: what others computed is not taken for our own."""
    from gan_core.precision import native

    digest = hashlib.sha256(native().encode())
    for path in sorted(Path(gan_core.__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def identify(experiment: Experiment, data_digest: str) -> str:
    """SHA-256 of all that a result depends on."""
    parts = [experiment.settings_digest(), data_digest, program_digest(), *map(str, library_versions().items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _new_run(experiment: Experiment, identity: str) -> Run:
    started = datetime.now().strftime("%Y%m%d-%H%M%S")
    number = 0
    while True:
        suffix = f"-{number}" if number else ""
        folder = runs_folder() / f"{started}{suffix}-{experiment.name}-{identity[:8]}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
            continue
        run = Run(folder)
        write_text(run.experiment, experiment.model_dump_json(indent=2) + "\n")
        write_text(run.identity, identity)
        return run


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether the folder is ours; a lock dies with its process, so a crash leaves none behind."""
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
