"""The command `synthetic-data sweep`: settings as in `run`, each with one value or more."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from flows.commands.options import (
    Named,
    Tracked,
    Verbose,
    build_options,
    customise_experiment,
    join_lists,
    read_options,
)
from flows.commands.screen import hide_library_messages
from gan_core.config import STANDARD, Experiment, require_different, split_numbers
from gan_core.errors import BadInput
from gan_core.settings_grid import Value, combinations
from tasks.task_runners import DASK, check_workers, task_runner

if TYPE_CHECKING:
    Varied = object
else:
    Varied = build_options(Experiment, several_in_sections=True, without=("seed", "worth"))


def sweep(
    *,
    experiment: Named = STANDARD.name,
    seeds: Annotated[str | None, Parameter(help="as 0-4 or 1,5,7: a run from each; the experiment's if none")] = None,
    settings: Annotated[Varied | None, Parameter(name="*")] = None,
    dask: Annotated[str | None, Parameter(env_var=DASK, help="a number of processes, or a scheduler's address")] = None,
    track: Tracked = None,
    verbose: Verbose = False,
) -> None:
    """Train with each combination of settings (--gan.width 64,128) from each seed, and compare on validation images.

    Runs that are there already are not repeated, a killed one goes on. The test images are not read.
    """
    from tasks.data.check_experiment import check_experiment
    from tasks.runs.run_folder import check_runs_folder
    from tasks.runs.tracking import choose_trackers

    fixed, grid = split_grid(read_options(settings))
    wanted = customise_experiment(experiment, join_lists(fixed))
    chosen = () if seeds is None else parse_seeds(seeds)
    choose_trackers(track)
    check_workers(dask)
    first = combinations(wanted, chosen or (wanted.seed,), grid)[0]
    check_runs_folder(check_experiment(first), first)
    if not verbose:
        hide_library_messages()
    from flows.commands.local_server import server
    from flows.sweep import sweep as flow
    from tasks.reports.publish_sweep import Incomplete

    on_runner = flow.with_options(task_runner=task_runner(dask))
    with server():
        try:
            result = on_runner(wanted, chosen, grid)
        except Incomplete as error:
            print(f"\n{error.sweep.table}")
            raise
    print(f"\n{result.table}\n\n{result.frame}")


def parse_seeds(text: str) -> tuple[int, ...]:
    """0-2,7 as (0, 1, 2, 7); BadInput for what is no such text."""
    try:
        return require_different(split_numbers(text))
    except ValueError as error:
        raise BadInput(str(error)) from error


def split_grid(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[Value, ...]]]:
    """What all runs have, nested as it came, and the values of the rest by the names of the settings."""
    sections = {name: values for name, values in given.items() if isinstance(values, dict)}
    grid: dict[str, tuple[Value, ...]] = {
        f"{section}.{name}": tuple(text.split(","))
        for section, values in sections.items()
        for name, text in values.items()
        if isinstance(text, str)
    }
    whole = {
        section: {name: value for name, value in values.items() if not isinstance(value, str)}
        for section, values in sections.items()
    }
    return given | whole, grid
