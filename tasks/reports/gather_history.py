"""The errand of gathering: what the folders of runs and models say, whatever program wrote them."""

import json
import re
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from gan_core.audit.measures import figures_in, with_figures
from gan_core.errors import BadInput, say_error
from gan_core.files import Place, read_frame, read_text, without_password, write_csv, write_frame, write_text
from gan_core.measures.diversity import Diversity, recorded_diversity
from gan_core.measures.measure import Figure
from gan_core.reports.history_table import EXAMINED_ON, WORTH, HistoryEntry, Kind
from gan_core.worth.curve import EQUIVALENT_REAL_IMAGES
from tasks.registry.model_registry import RECORD, ModelRegistry, Version
from tasks.registry.records import Lineage
from tasks.runs.run_folder import Run, resolve_latest

Found = Run | Version
UNREADABLE = (
    BadInput,
    OSError,
    ValueError,
    KeyError,
    TypeError,
)  # those of JSON and pydantic are ValueErrors


def find_entries(names: Sequence[str], runs: Place, models: ModelRegistry) -> list[Found]:
    """The runs and versions of these names or folders, in this order; all, the oldest first, if none is named.

    One that is named twice, as `runs/*` has `latest` too, counts once; BadInput where no other is left to compare.
    """
    if names:
        named = (_named(name, runs, models) for name in names)
        found = list({each.folder: each for each in named}.values())
        if len(found) == 1 < len(names):
            raise BadInput(f"Expected different runs or versions, got {found[0].folder.name} alone; name another.")
        return found
    folders = (path for path in runs.glob("*") if not path.is_symlink() and Run(path).experiment.is_file())
    return [*map(Run, sorted(folders, key=lambda folder: folder.name)), *models.versions()]


def read_entries(found: Sequence[Found], models: ModelRegistry) -> tuple[list[dict[str, Any]], list[str]]:
    """The records of the frame, and a sentence for each run or version that was left out."""
    lineage, left_out = read_lineage(models)
    records: list[dict[str, Any]] = []
    for each in found:
        if isinstance(each, Run) and not each.frame.is_file():
            why = "it is part of a sweep" if each.validation_report.is_file() else "it is unfinished"
            left_out.append(f"{each.id} has no report, {why}.")
            continue
        try:
            if isinstance(each, Run):
                records += _of_run(each)
            else:
                records.append(_of_version(each, champion=bool(lineage and lineage.champion == each.name)))
        except UNREADABLE as error:
            kind = "" if isinstance(error, BadInput) else f"{type(error).__name__}, "
            left_out.append(f"{each.folder.name} cannot be read: {kind}{say_error(error)}")
    return records, left_out


def read_lineage(models: ModelRegistry) -> tuple[Lineage | None, list[str]]:
    """All promotions, or why they cannot be read: runs are compared all the same."""
    try:
        return models.lineage(), []
    except BadInput as error:
        return None, [f"the champion: {error}"]


def _named(name: str, runs: Place, models: ModelRegistry) -> Found:
    for folder in (resolve_latest(runs / name), Path(name).resolve()):
        if Run(folder).experiment.is_file() and not (folder / RECORD).is_file():
            return Run(folder)
    if re.fullmatch(r"v?[0-9]{1,999}", Path(name).name):
        return models.version(Path(name).name)
    raise BadInput(f"Expected a run in {runs} or a version such as v0003, got {name!r}; name one of them.")


def _of_run(run: Run) -> list[dict[str, Any]]:
    report = read_frame(run.frame)
    if missing := {"taught_by", "accuracy"} - set(report.columns):
        raise ValueError(f"{run.frame.name} lacks {', '.join(sorted(missing))}")
    last = read_frame(run.history).to_dict("records")[-1]
    seen = {field.name: last[field.name] for field in fields(Diversity) if field.name in last}
    diversity = recorded_diversity(seen)
    note = diversity.collapse if diversity else ""
    about = _about(run.id, "run", run.id, run.experiment) | {"champion": False, "note": note}
    figures = figures_in(read_frame(run.measures)) if run.measures.is_file() else []
    about |= _worth(figures)
    rows = [{str(name): value for name, value in row.items()} | about for row in report.to_dict("records")]
    return [with_figures(row, figures, row["taught_by"], sampled=seen) for row in rows]


def _worth(figures: Sequence[Figure]) -> dict[str, float]:
    """As how many real images those of a run teach, with the ends of the interval; nothing where it is not known."""
    found = next((each for each in figures if each.measure == EQUIVALENT_REAL_IMAGES), None)
    return dict(zip(WORTH, (found.value, found.low, found.high), strict=True)) if found else {}


def _of_version(version: Version, *, champion: bool) -> dict[str, Any]:
    """A record has means over the seeds: its row has none of them."""
    record = version.record
    about = _about(version.name, "version", record.run_id, version.experiment)
    libraries = {f"version_{library}": number for library, number in record.versions.items()}
    made_by = {"data_digest": record.data_digest, "program_digest": record.program_digest}
    classifier = json.loads(about["settings"])["classifier"]["name"]
    taught = {"run_id": record.run_id, "taught_by": "synthetic", "classifier": classifier, "champion": champion}
    generator = {"generator_digest": record.digests.get(version.generator.name)}
    return about | taught | record.figures | made_by | libraries | generator | {"note": record.decision}


def _about(name: str, kind: Kind, run_id: str, experiment: Place) -> dict[str, Any]:
    """What both have; the time is that in the name of the run, by the clock of its machine."""
    settings = json.loads(read_text(experiment))
    settings["source"] = settings.get("source") and without_password(settings["source"])
    begun = re.match(r"\d{8}-\d{6}", run_id)
    return {
        "name": name,
        "kind": kind,
        "started": datetime.strptime(begun[0], "%Y%m%d-%H%M%S") if begun else None,
        "examined_on": EXAMINED_ON[kind],
        "settings": json.dumps(settings),
    }


def publish_history(
    frame: pd.DataFrame,
    pairs: Sequence[tuple[HistoryEntry, HistoryEntry]],
    models: ModelRegistry,
    left_out: Sequence[str],
    folder: Place,
) -> Place:
    """Write history.parquet, history.csv and the page, which is returned."""
    from gan_core.pages.history_page import render

    lineage, _ = read_lineage(models)
    promotions = [promotion.model_dump(exclude={"figures"}) for promotion in (lineage.promotions if lineage else ())]
    page = folder / "history.html"
    write_frame(frame, page.with_suffix(".parquet"))
    write_csv(frame, page.with_suffix(".csv"))
    write_text(page, render(frame, pairs=pairs, promotions=promotions, left_out=left_out))
    return page
