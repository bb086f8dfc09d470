"""The command `synthetic-data compare`: all runs and versions beside each other, in a frame, a table and a page."""

from itertools import pairwise
from typing import Annotated

from cyclopts import Parameter

from gan_core.errors import BadInput
from gan_core.files import located, require_reachable


def compare(
    *names: Annotated[str, Parameter(help="runs or versions, as latest or v0003; all of them, if none is named")],
    out: Annotated[str | None, Parameter(help="folder for the page and the frame; that of the runs for all")] = None,
) -> None:
    """Compare runs and versions, and say what changed from one to the next; leaves history.html and history.parquet.

    Those that are named are only printed, unless --out says where to leave them; two runs then have comparison.html.
    """
    from gan_core.reports.history_table import (
        build_history_frame,
        describe_changes,
        format_history,
        neighbours,
        summarise_entries,
    )
    from tasks.places import check_folder, check_own_folder
    from tasks.registry.model_registry import ModelRegistry, models_folder
    from tasks.reports.compare_runs import FILES, publish_comparison
    from tasks.reports.gather_history import find_entries, publish_history, read_entries
    from tasks.runs.run_folder import Run, runs_folder

    runs, models = require_reachable(runs_folder()), ModelRegistry(models_folder())
    place = None if names and not out else located(out) if out else runs
    found = find_entries(names, runs, models)
    two = [each for each in found if isinstance(each, Run)] if len(names) == len(found) == 2 else []
    if place and out and place != runs:
        check_own_folder(place, FILES)
    elif place:
        check_folder(place, "let --out name another one.")
    records, left_out = read_entries(found, models)
    for sentence in left_out:
        print(f"left out: {sentence}")
    if not records:
        remedy = "mend what is left out above, or name others." if left_out else "make a run first."
        raise BadInput(
            f"Expected finished runs in {runs} or versions in {models.folder}, got none that can be compared; {remedy}"
        )
    frame = build_history_frame(records)
    those = summarise_entries(frame)
    if len(those) < len(names) and len(those) < 2:
        raise BadInput(f"Expected two runs or versions to compare, got {those[0].name} alone; name another.")
    pairs = list(pairwise(those) if names else neighbours(those))
    print(format_history(those), "", *(describe_changes(*pair) for pair in pairs), sep="\n")
    if not place:
        return
    if len(two) == 2 and [each.id for each in two] == [each.name for each in those]:
        page = publish_comparison(those, two, frame, place)
    else:
        page = publish_history(frame, pairs, models, left_out, place)
    print(f"\npage  {page}")
