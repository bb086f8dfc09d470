"""The command `synthetic-data inspect`: a source, read once, and what is probably wrong with it."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows.commands.entry import import_tensorflow
from flows.commands.options import Named, Verbose, build_options, customise_experiment, read_settings
from flows.commands.screen import hide_library_messages
from gan_core.config import STANDARD, Experiment
from gan_core.files import located

if TYPE_CHECKING:
    Inspected = object
else:
    Inspected = build_options(Experiment, without=("source",))


def inspect(
    source: Annotated[str | None, Parameter(help="as --source of run, and looked for likewise if not given")] = None,
    *,
    out: Annotated[
        str | None, Parameter(help="folder for the page and the table; one in runs/inspections/ if not given")
    ] = None,
    quick: Annotated[bool, Parameter(negative="", help="train nothing: doubt no labels and forecast no time")] = False,
    experiment: Named = STANDARD.name,
    settings: Annotated[Inspected | None, Parameter(name="*")] = None,
    verbose: Verbose = False,
) -> None:
    """Read a source and say what is in it, what is probably wrong with it, and what a run would do with it.

    It takes the options of run. It leaves inspection.html, with pictures, and findings.csv.
    """
    from tasks.places import check_folder, check_own_folder

    replaced = read_settings(settings) | ({"source": source} if source else {})
    wanted = customise_experiment(experiment, replaced)
    if not verbose:
        hide_library_messages()
    import_tensorflow()
    from gan_core.reports.inspection_table import format_findings
    from tasks.inspection.inspect_source import inspect_source
    from tasks.inspection.publish_inspection import PAGE, REMEDY, TABLE, inspection_folder, publish_inspection

    folder = located(out) if out else inspection_folder(wanted)
    if out:
        check_own_folder(folder, (PAGE, TABLE))
    else:
        check_folder(folder, REMEDY)
    findings = inspect_source(wanted, quick=quick)
    page = publish_inspection(findings, folder)
    print(f"{format_findings(findings)}\n\npage  {page}")
