"""Opening a run: the unfinished one of the same settings, data and program, or a new one.

In a folder here, a lock keeps two processes from one run. At a URL nothing can be locked: the run works in a temporary
folder and sends what it must not lose, the checkpoint last, so that any machine goes on from there. Two that go on
with one run at once send the same bytes.
"""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.files import Place, copy, find_below, is_local, name_below, read_text, refreshed, write_text, writing_to
from gan_core.provenance import identify
from tasks.locks import try_locked
from tasks.runs.run_folder import Run, describe, runs_folder

LOCK = ".lock"

logger = logging.getLogger("synthetic_data.runs")


@contextmanager
def open_run(
    experiment: Experiment, data_digest: str, start_digest: str = "", *, finished: bool = False
) -> Iterator[Run]:
    """An unfinished run of the same settings, data and program, or a new one.

    `start_digest` stands for the networks that it begins with, where they are not random. With `finished`, a run that
    has its report will do as well. Raises BadInput for a full disk, a folder that is read-only or a bucket that is not
    there.
    """
    runs, identity = runs_folder(), identify(experiment, data_digest + start_digest)
    wanted = experiment, identity, finished
    opened = _opened_here(runs, *wanted) if is_local(runs) else _opened_at_url(runs, *wanted)
    remedy = "make room or choose another place, the same run goes on where it stopped."
    with writing_to(runs, remedy), opened as run:
        yield run


@contextmanager
def _opened_here(runs: Path, experiment: Experiment, identity: str, finished: bool) -> Iterator[Run]:
    """The run in its folder, which no other process has meanwhile."""
    for run in _find_runs(runs, identity, finished):
        with try_locked(runs / run.id / LOCK) as ours:
            if ours:
                yield _going_on(run)
                return
    run = _new_run(runs, experiment, identity)
    with try_locked(runs / run.id / LOCK):
        yield run


@contextmanager
def _opened_at_url(runs: Place, experiment: Experiment, identity: str, finished: bool) -> Iterator[Run]:
    """The run in a temporary folder, with all that is stored of it."""
    stored = next(_find_runs(runs, identity, finished), None)
    with tempfile.TemporaryDirectory(prefix="synthetic-data-") as scratch:
        if stored:
            run = Run(Path(scratch, stored.id), stored.folder)
            for file in (path for path in stored.folder.rglob("*") if path.is_file()):
                copy(file, run.folder / name_below(stored.folder, file))
            yield _going_on(run)
        else:
            yield _new_run(Path(scratch), experiment, identity, stored_in=runs)


def _find_runs(runs: Place, identity: str, finished: bool) -> Iterator[Run]:
    """The runs of that identity, without a report unless finished ones will do, the newest first."""
    for folder in reversed(find_below(refreshed(runs), f"*-{identity[:8]}")):
        run = Run(folder)
        if run.identity.is_file() and read_text(run.identity) == identity and (finished or not run.report.exists()):
            yield run


def _going_on(run: Run) -> Run:
    """The run without its damaged files, and without the report if there were any: they are made again.

    Raises BadInput for a damaged file that only another reading of the training images could make again.
    """
    if damaged := run.find_damaged():
        if read := [file for file in damaged if file in (run.means, run.private_teacher)]:
            raise BadInput(run.describe_lost(read[0], "a damaged file"))
        for file in [*damaged, run.report]:
            file.unlink(missing_ok=True)
        names = ", ".join(name_below(run.folder, file) for file in damaged)
        logger.warning("Damaged in %s and made again: %s", run.id, names)
    logger.info("Going on with the %s run %s", "finished" if run.report.exists() else "unfinished", run.id)
    return run


def _new_run(runs: Path, experiment: Experiment, identity: str, stored_in: Place | None = None) -> Run:
    folder = _new_folder(runs, experiment, identity)
    run = Run(folder, stored_in and stored_in / folder.name)
    write_text(run.experiment, describe(experiment))
    write_text(run.identity, identity)
    run.send(run.experiment, run.identity)
    logger.info("Run %s", run.id)
    return run


def _new_folder(runs: Path, experiment: Experiment, identity: str) -> Path:
    started = datetime.now().strftime("%Y%m%d-%H%M%S")
    number = 0
    while True:
        suffix = f"-{number}" if number else ""
        folder = runs / f"{started}{suffix}-{experiment.name}-{identity[:8]}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder
