"""The command `synthetic-data`: the flows at a prompt, with a quiet screen and one clear line for each error."""

import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from pydantic import ValidationError

from flows.commands.entry import DEFECT, INTERRUPTED, MENDABLE, STOPPED, UNSOUND, was_interrupted
from flows.commands.options import (
    ExaminedOptions,
    ExportOptions,
    Named,
    Replaced,
    Timed,
    Tracked,
    Verbose,
    customise_experiment,
    merge_settings,
    read_settings,
)
from flows.commands.prefect_settings import build_variables
from flows.commands.refusals import describe_lack, describe_refusal
from flows.commands.screen import forgive_output, forgive_warnings, hide_library_messages, log_file
from gan_core.clock.minutes import read_minutes
from gan_core.config import STANDARD, ExportSettings
from gan_core.errors import BadInput, Unsound, say_error
from gan_core.files import located, refreshed, require_reachable, require_working_folder
from gan_core.installed_package import program_version
from gan_core.settings_grid import by_name
from tasks.task_runners import DASK, check_workers, task_runner

FORMAT_NAMES = (  # FORMATS takes long to import
    "idx, npz, parquet, imagefolder, tfds and webdataset of images, and savedmodel, onnx, keras and playground of the "
    "generator itself"
)


app = App(
    name="synthetic-data",
    help="Synthetic labelled image datasets, proven useful.",
    version=lambda: program_version() or "not installed",
    version_flags=["--version"],
    help_format="plaintext",  # as it is written; what reads Markdown takes long to import
    suppress_keyboard_interrupt=False,
)
LATER = {  # imported when they are called, with what their help says
    "inspect": ("flows.commands.inspect:inspect", "Say what is in a source of images, and what is wrong with it."),
    "audit": ("flows.commands.audit:audit", "Say whether a set is useful and diverse, and whether it was memorised."),
    "worth": (
        "flows.commands.worth:worth",
        "Say as how many real images those of a run teach, and what to do.",
    ),
    "compare": ("flows.commands.compare:compare", "Compare runs and versions, and say what changed between them."),
    "sweep": ("flows.commands.sweep:sweep", "Train with each combination of settings from each seed, and compare."),
    "retrain": ("flows.commands.models:retrain", "Train a challenger, promote it if it is better."),
    "push": ("flows.commands.push:push", "Send a generator to the Hugging Face hub, with its card."),
    "models": ("flows.commands.models:models", "Versions of the generator, and which of them is champion."),
    "server": ("flows.commands.server_setup:server_app", "Make a Prefect server ready to be left alone."),
}
for name, (place, said) in LATER.items():
    app.command(place, name=name, help=said)


@app.command
def run(
    *,
    experiment: Named = STANDARD.name,
    minutes: Timed = None,
    settings: Replaced = None,
    track: Tracked = None,
    verbose: Verbose = False,
) -> None:
    """Download, train, draw, examine and report; goes on with an unfinished run of the same settings."""
    from tasks.clock.fit_to_deadline import set_deadline
    from tasks.data.check_experiment import check_experiment
    from tasks.runs.run_folder import check_runs_folder
    from tasks.runs.tracking import choose_trackers

    started, typed = time.monotonic(), read_settings(settings)
    given = read_minutes(minutes) if minutes is not None else None
    wanted = customise_experiment(experiment, typed)
    set_deadline(given, wanted)
    choose_trackers(track)
    check_runs_folder(check_experiment(wanted), wanted)
    if not verbose:
        hide_library_messages()
    from flows.commands.local_server import server
    from flows.synthetic_data import synthetic_data

    with server():
        left = given and given - (time.monotonic() - started) / 60
        report = synthetic_data(wanted, left, tuple(by_name(typed)))
    if report is None:  # another host has it
        return
    print(f"\n{report.headline}")
    print(f"\nreport  {_short(report.page)}")
    if report.release:
        print(f"release {_short(report.release)}  what may leave; the rest is the owner's")
    print(f'images  {_loading(report.synthetic)}; data["images"], data["labels"]')


@app.command
def examine(
    folder: Annotated[str, Parameter(help="the folder of a finished run, or its URL")] = "runs/latest",
    *,
    settings: Annotated[ExaminedOptions | None, Parameter(name="*")] = None,
    verbose: Verbose = False,
) -> None:
    """Examine the images of a finished run again, by another classifier or from other seeds."""
    from gan_core.images.labelled_images import require_images
    from tasks.places import check_cache
    from tasks.runs.run_experiment import read_run_experiment, require_same_cut
    from tasks.runs.run_folder import Run, resolve_latest

    finished = Run(resolve_latest(require_reachable(located(folder))))
    if not finished.report.is_file():
        raise BadInput(f"Expected the folder of a finished run, got {folder}; name one that holds a report.html.")
    made_by = read_run_experiment(finished)
    wanted = merge_settings(made_by, read_settings(settings))
    require_same_cut(made_by, wanted)
    require_images(finished.synthetic)
    check_cache()
    if not verbose:
        hide_library_messages()
    from flows.commands.local_server import server
    from flows.examine_run import examine_run

    with server():
        print(examine_run(str(finished.folder), wanted))


@app.command
def export(
    *,
    out: Annotated[str, Parameter(help="the folder to make, or an fsspec URL")],
    generator: Annotated[str, Parameter(help="a run's folder or a generator's file, or its URL")] = "runs/latest",
    format: Annotated[str, Parameter(help=f"one or more of {FORMAT_NAMES}, with commas")] = "npz",
    settings: Annotated[ExportOptions | None, Parameter(name="*")] = None,
    overwrite: Annotated[bool, Parameter(negative="", help="replace what is there")] = False,
    dask: Annotated[str | None, Parameter(env_var=DASK, help="a number of processes, or a scheduler's address")] = None,
    verbose: Verbose = False,
) -> None:
    """Write images or the generator itself in the formats of others; goes on with an export that was interrupted."""
    from tasks.export.check_export import check_export

    wanted = ExportSettings.model_validate(read_settings(settings))
    formats = tuple(filter(None, map(str.strip, format.split(","))))
    check_export(generator, out, formats, wanted, overwrite)
    check_workers(dask)
    if not verbose:
        hide_library_messages()
    from flows.commands.local_server import server
    from flows.export_dataset import export_dataset

    with server():
        on_runner = export_dataset.with_options(task_runner=task_runner(dask))
        on_runner(generator, out, formats, wanted, overwrite)
    print(f"{out}  {', '.join(sorted(path.name for path in refreshed(located(out)).iterdir()))}")


@app.command
def verify(
    folder: Annotated[str, Parameter(help="an exported dataset, or the release of a private run")],
    *,
    verbose: Verbose = False,
) -> None:
    """Check an export's manifest, digests, counts and descriptions, read all its images and try its generator."""
    if not verbose:
        hide_library_messages()
    from tasks.export.verify_export import verify_export
    from tasks.export.verify_release import is_release, verify_release

    place = require_reachable(located(folder))
    print(verify_release(place) if is_release(place) else verify_export(place))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments say, or those of this process.

    Exit code 1 if what was made or looked at is at fault, 2 for what the user can mend, 130 after Ctrl-C, 70 for the
    rest.
    """
    if arguments is None:
        forgive_output()
        forgive_warnings()
    os.environ.update(build_variables(os.environ))
    try:
        require_working_folder()
        app(sys.argv[1:] if arguments is None else arguments, exit_on_error=False, print_error=False)
    except (BadInput, CycloptsError, ValidationError) as error:
        _end(describe_refusal(error), MENDABLE)
    except Unsound as error:
        _end(str(error), UNSOUND)
    except KeyboardInterrupt:
        _end(INTERRUPTED, STOPPED)
    except Exception as error:
        if was_interrupted(error):
            _end(INTERRUPTED, STOPPED)
        if said := describe_lack(error):
            _end(said, MENDABLE)
        logging.basicConfig(filename=log_file(), encoding="utf-8")  # unless a command has done it
        logging.getLogger("synthetic-data").exception("unexpected")
        _end(f"{type(error).__name__}: {say_error(error)}", DEFECT)


def _end(message: str, code: int) -> None:
    for line in message.splitlines():
        print(f"synthetic-data: {line}", file=sys.stderr)
    raise SystemExit(code)


def _short(place: str) -> str:
    return place.removeprefix(f"{Path.cwd()}/")


def _loading(place: str) -> str:
    """The Python that loads an NPZ file, from here or from a URL."""
    if "://" in place:
        return f'import fsspec, numpy as np; data = np.load(fsspec.open("{place}").open())'
    return f'import numpy as np; data = np.load("{_short(place)}")'


if __name__ == "__main__":
    main()
