"""The command `synthetic-data worth`: as how many real images those of a run teach."""

import re
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows.commands.options import Verbose, build_options, merge_settings, read_settings
from flows.commands.screen import hide_library_messages
from gan_core.config import Experiment, require_different, split_names, split_numbers
from gan_core.errors import BadInput
from gan_core.files import located, require_reachable

if TYPE_CHECKING:
    Valued = object
else:
    Valued = build_options(
        Experiment, without=("name", "seed", "tolerate_collapse", "worth", "data", "gan", "dataset", "privacy")
    )


def worth(
    folder: Annotated[str, Parameter(name="RUN", help="the folder of a finished run, or its URL")] = "runs/latest",
    *,
    gains: Annotated[
        str | None,
        Parameter(help="as 550,5500: numbers of real images, beside which those of a generator of these are tried"),
    ] = None,
    ratios: Annotated[
        str | None, Parameter(help="with --gains: how many synthetic images to a real one; 0.25,2,20 if not given")
    ] = None,
    advice: Annotated[
        bool,
        Parameter(
            negative="", help="teach without a class, by fewer images and by other trainings' on validation ones"
        ),
    ] = False,
    subsets: Annotated[
        str | None, Parameter(metavar="INT", help="real subsets on the curve; those of the run, or 6 if it has none")
    ] = None,
    settings: Annotated[Valued | None, Parameter(name="*")] = None,
    verbose: Verbose = False,
) -> None:
    """Say as how many real images those of a run teach; goes on with what was stopped.

    It leaves worth.json and worth.parquet in the run's folder and the curve on its page.
    """
    from tasks.data.check_experiment import check_experiment
    from tasks.places import check_folder
    from tasks.runs.run_folder import Run, resolve_latest
    from tasks.worth.check_worth import check_worth, read_valued_experiment

    beside, added = read_sizes(gains), read_ratios(ratios, gains)
    finished = Run(resolve_latest(require_reachable(located(folder))))
    made_by = read_valued_experiment(finished, folder)
    wanted = merge_settings(made_by, read_settings(settings) | ({"worth": subsets} if subsets else {}))
    check_experiment(wanted)
    check_worth(wanted, beside, advice=advice)
    check_folder(finished.folder, "name another run.")
    if not verbose:
        hide_library_messages()
    from flows.commands.local_server import server
    from flows.worth import worth as flow

    with server():
        table = flow(str(finished.folder), wanted, beside, advice, added)
    where = f"page  {finished.report}" if finished.examinations.is_file() else f"figures  {finished.worth}"
    print(f"\n{table}\n\n{where}")


def read_sizes(text: str | None) -> tuple[int, ...]:
    """550,5500 as (550, 5500), none for nothing; BadInput for what is no such text."""
    try:
        return require_different(split_numbers(text)) if text else ()
    except ValueError as error:
        raise BadInput(str(error)) from error


def read_ratios(text: str | None, gains: str | None) -> tuple[float, ...]:
    """0.25,2,20 as (0.25, 2.0, 20.0), the usual ones if none is named; BadInput for what is no such text."""
    from gan_core.worth.gains import LEAST_RATIO, MOST_RATIO, RATIOS

    if text is None:
        return RATIOS
    if not gains:
        raise BadInput("Expected --gains beside --ratios, got none; name numbers of real images by it.")
    words = split_names(text)
    found = sorted({float(word) for word in words if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?", word)})
    if not words or len(found) < len(words) or not LEAST_RATIO <= found[0] <= found[-1] <= MOST_RATIO:
        raise BadInput(
            f"Expected ratios such as 0.25,1,4,20, each once and from {LEAST_RATIO:g} to {MOST_RATIO:g}, got {text!r}; "
            "correct --ratios."
        )
    return tuple(found)
