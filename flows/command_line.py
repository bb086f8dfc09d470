"""The command `synthetic-data`: the flows at a prompt, with a quiet screen and one clear line for each error."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter
from pydantic import ValidationError

from flows.server_command import HEARTBEAT, server_app
from gan_core.config import EXPERIMENTS, STANDARD, Experiment, ExportSettings
from gan_core.errors import BadInput
from gan_core.files import is_local, located
from tasks.download import cache_home
from tasks.runners import DASK, task_runner
from tasks.runs import Run, resolved, runs_folder

PREFECT = {  # what `[tool.prefect]` in pyproject.toml says, for those who call from another folder
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT),
    "PREFECT_LOGGING_EXTRA_LOGGERS": "synthetic_data",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}

Named = Annotated[str, Parameter(help=f"what to start from: {', '.join(EXPERIMENTS)}")]
Replaced = Annotated[Experiment | None, Parameter(name="*")]
Verbose = Annotated[bool, Parameter(negative="", help="show TensorFlow's and Prefect's own messages too")]

EXPORT = ExportSettings()
INTERRUPTED = "Interrupted; the same command goes on from the last finished epoch."


def _explained(setting: str, **options: Any) -> Parameter:
    """The option for a setting of exports, with its description."""
    return Parameter(help=ExportSettings.model_fields[setting].description, **options)


app = App(
    name="synthetic-data",
    help="Synthetic labelled image datasets, proven useful.",
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,
)
app.command(server_app)

app.command("flows.history_command:compare", name="compare")
app.command("flows.sweep_command:sweep", name="sweep")
app.command("flows.models_command:retrain", name="retrain")
app.command("flows.models_command:models", name="models")


@app.command
def run(
    *,
    experiment: Named = STANDARD.name,
    settings: Replaced = None,
    verbose: Verbose = False,
) -> None:
    """Download, train, draw, examine and report; goes on with an unfinished run of the same settings."""
    wanted = customised(experiment, settings)
    if not verbose:
        quiet()
    from flows.server import server
    from flows.synthetic_data import synthetic_data

    with server(log=2):
        report = synthetic_data(wanted)
    if report is None:  # another host has it
        return
    print(f"\n{report.headline}")
    print(f"\nreport  {_short(report.page)}")
    print(f'images  {_loading(report.synthetic)}; data["images"], data["labels"]')


@app.command
def examine(
    folder: Annotated[str, Parameter(help="the folder of a finished run, or its URL")] = "runs/latest",
    *,
    settings: Replaced = None,
    verbose: Verbose = False,
) -> None:
    """Examine the images of a finished run again, by another classifier or from other seeds."""
    finished = Run(resolved(located(folder)))
    if not finished.report.is_file():
        raise BadInput(f"Expected the folder of a finished run, got {folder}; name one that holds a report.html.")
    wanted = merged(Experiment.model_validate_json(finished.experiment.read_text()), settings)
    if not verbose:
        quiet()
    from flows.examine_run import examine_run
    from flows.server import server

    with server(log=2):
        print(examine_run(str(finished.folder), wanted))


@app.command
def export(
    *,
    out: Annotated[str, Parameter(help="the folder to make, or an fsspec URL")],
    generator: Annotated[str, Parameter(help="a run's folder or a generator's file, or its URL")] = "runs/latest",
    format: Annotated[str, Parameter(help="one or more of those named above, with commas between them")] = "npz",
    per_class: Annotated[int, _explained("per_class")] = EXPORT.per_class,
    counts: Annotated[tuple[str, ...], Parameter(help="as 6=12000: training images of classes where they differ")] = (),
    test_per_class: Annotated[int, _explained("test_per_class")] = EXPORT.test_per_class,
    real_test: Annotated[bool, _explained("real_test", negative="")] = EXPORT.real_test,
    seed: Annotated[int, _explained("seed")] = EXPORT.seed,
    latent_spread: Annotated[float, _explained("latent_spread")] = EXPORT.latent_spread,
    shard_images: Annotated[int, _explained("shard_images")] = EXPORT.shard_images,
    overwrite: Annotated[bool, Parameter(negative="", help="replace what is there")] = False,
    dask: Annotated[str | None, Parameter(env_var=DASK, help="a number of processes, or a scheduler's address")] = None,
    verbose: Verbose = False,
) -> None:
    """Write datasets as idx, npz, parquet, imagefolder, tfds or webdataset; goes on with one that was interrupted."""
    settings = ExportSettings.model_validate(
        {
            "per_class": per_class,
            "counts": {name: number for name, _, number in (pair.partition("=") for pair in counts)},
            "test_per_class": test_per_class,
            "real_test": real_test,
            "seed": seed,
            "latent_spread": latent_spread,
            "shard_images": shard_images,
        }
    )
    if not verbose:
        quiet()
    from flows.export_dataset import export_dataset
    from flows.server import server

    with server(log=2):
        on_runner = export_dataset.with_options(task_runner=task_runner(dask))
        on_runner(generator, out, tuple(format.split(",")), settings, overwrite)
    print(f"{out}  {', '.join(sorted(path.name for path in located(out).iterdir()))}")


@app.command
def verify(folder: Annotated[str, Parameter(help="an exported dataset")]) -> None:
    """Check a dataset's manifest, digests, counts and descriptions, and read all its images in each format."""
    from tasks.verify import verify_export

    print(verify_export(located(folder)))


def customised(name: str, settings: Experiment | None) -> Experiment:
    """The named experiment with those settings replaced that were given."""
    if name not in EXPERIMENTS:
        raise BadInput(f"Expected an experiment of {', '.join(EXPERIMENTS)}, got {name!r}; name one of them.")
    return merged(EXPERIMENTS[name], settings)


def merged(experiment: Experiment, settings: Experiment | None) -> Experiment:
    """The experiment with those settings replaced that were given."""
    given = settings.model_dump(exclude_unset=True) if settings else {}
    return Experiment.model_validate(_merged(experiment.model_dump(), given))


def quiet() -> None:
    """Keep what C++ libraries and the loggers of others write in a log file; our own messages go to the screen."""
    runs = runs_folder()
    log = (runs if is_local(runs) else cache_home()) / "log.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    screen = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    sys.stderr = os.fdopen(screen, "w", buffering=1)
    import prefect  # noqa: F401  its import sets up logging, which the next line replaces

    logging.basicConfig(filename=log, level=logging.INFO, format="%(asctime)s %(name)s %(message)s", force=True)
    logging.getLogger("synthetic_data").addHandler(Screen())


class Screen(logging.Handler):
    """Prints messages above a progress bar that may be on the terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        from tasks.progress import CONSOLE

        CONSOLE.print(self.format(record), soft_wrap=True, markup=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments say, or those of this process.

    Exit code 2 for what the user can mend, 130 after Ctrl-C, 1 for the rest.
    """
    for name, value in PREFECT.items():
        os.environ.setdefault(name, value)
    try:
        app(sys.argv[1:] if arguments is None else arguments, exit_on_error=False, print_error=False)
    except (BadInput, CycloptsError, ValidationError) as error:
        _end(_sentence(error), 2)
    except KeyboardInterrupt:
        _end(INTERRUPTED, 130)
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # a SystemError: Ctrl-C came while compiled code was at work
            _end(INTERRUPTED, 130)
        logging.getLogger("synthetic-data").exception("unexpected")
        _end(f"{type(error).__name__}: {error}", 1)


def _sentence(error: Exception) -> str:
    cause = error if isinstance(error, ValidationError) else error.__cause__
    if isinstance(cause, ValidationError):
        problems = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}, got {e['input']!r}" for e in cause.errors())
        return f"Expected sound settings; mend {'; '.join(problems)}."
    return str(error)


def _end(message: str, code: int) -> None:
    print(f"synthetic-data: {message}", file=sys.stderr)
    raise SystemExit(code)


def _merged(settings: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    nested = {key: _merged(settings[key], value) for key, value in given.items() if isinstance(value, dict)}
    return settings | given | nested


def _short(place: str) -> str:
    return place.removeprefix(f"{Path.cwd()}/")


def _loading(place: str) -> str:
    """The Python that loads an NPZ file, from here or from a URL."""
    if "://" in place:
        return f'import fsspec, numpy as np; data = np.load(fsspec.open("{place}").open())'
    return f'import numpy as np; data = np.load("{_short(place)}")'


if __name__ == "__main__":
    main()
