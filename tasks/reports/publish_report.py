"""The errand of publishing: the tidy frame, the mosaic, the page, Prefect's artifacts, and the run as the latest."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from gan_core.audit.measures import figures_in
from gan_core.audit.opinions import Opinion, measure_opinions
from gan_core.audit.record import Audit, read_audit, to_json
from gan_core.audit.use import check_use
from gan_core.config import Experiment
from gan_core.errors import Unsound
from gan_core.files import (
    Place,
    is_local,
    read_frame,
    read_text,
    remove_tree,
    save_arrays,
    write_csv,
    write_frame,
    write_text,
)
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.measure import Figure, build_measures_frame
from gan_core.measures.tstr import Examination
from gan_core.pages.html_page import embed_png
from gan_core.provenance import program_digest
from gan_core.reports import run_table as report
from gan_core.reports.examination_arrays import to_arrays
from gan_core.reports.pictures import mosaic, save_png
from tasks.data.normalize import RealSets
from tasks.registry.events import emit_collapse
from tasks.reports.render_report import format_run_headline, render_report
from tasks.runs.epochs import diversity_after
from tasks.runs.run_folder import Run, publish_latest
from tasks.runs.run_provenance import run_provenance
from tasks.runs.tracking import track_figures
from tasks.uncached_task import uncached_task
from tasks.worth.measure_curve import known_worth

MOST_SHOWN = 350_000  # bytes of a picture in an artifact, of which base64 makes a third more: the server takes 512 KB


class Collapsed(Unsound):
    """The generator shows too little of the real variety for its run to count as a success."""


@dataclass(frozen=True)
class Report:
    """Where the results of a run are, and the headline."""

    run_id: str
    headline: str
    page: str  # paths or URLs
    frame: str
    synthetic: str
    release: str = ""  # what may leave of a private run


@uncached_task
def publish_report(
    examinations: Sequence[Examination],
    trts: Examination,
    audit: Place,
    *,
    splits: RealSets,
    experiment: Experiment,
    run: Run,
) -> Report:
    """Write all parts of the report into the run's folder, the page last."""
    synthetic, real = LabelledImages.load(run.synthetic), LabelledImages.load(splits.train)
    frame = report.build_run_frame(examinations, trts, run_provenance(splits, experiment, run), real.class_names)
    write_frame(frame, run.frame)
    write_csv(frame, run.frame_csv)
    found = read_audit(audit).begin_with(check_use(examinations, real.class_names))
    write_text(audit, to_json(found))
    worth = known_worth(splits, experiment, run)
    figures = collect_figures([Opinion(tuple(examinations), trts)], found, real.class_names)
    figures += [worth.curve.figure] if worth else []
    write_frame(build_measures_frame(figures), run.measures)
    save_arrays(run.examinations, to_arrays(examinations, trts))
    save_png(mosaic(synthetic, real), run.mosaic)
    _save_walks(run, experiment.seed)
    track_figures(run, figures)
    headline = format_run_headline(run, worth)
    _publish_artifacts(frame, headline, run)
    write_text(run.headline, headline + "\n")
    write_text(run.report, render_report(run, experiment, worth))
    remove_tree(run.classifiers)
    run.send_all()
    return publish_run(run, experiment)


def collect_figures(opinions: Sequence[Opinion], audit: Audit, class_names: Sequence[str]) -> list[Figure]:
    """All figures of a set: how it teaches and how its labels are seen, by each classifier, and what was audited."""
    return list(dict.fromkeys([*measure_opinions(opinions, class_names), *audit.all_figures]))


def is_published(run: Run) -> bool:
    """Whether the run has its report, by the classifiers and measures of this program."""
    return run.is_complete() and set(read_frame(run.frame)["program_digest"]) == {program_digest()}


def publish_run(run: Run, experiment: Experiment) -> Report:
    """Make a run that has its report the latest one; raises Collapsed where its generator has collapsed."""
    diversity, stored = diversity_after(run), run.stored
    if diversity.collapse and not experiment.tolerate_collapse:
        emit_collapse(run.id, diversity, figures_in(read_frame(run.measures)))
        raise Collapsed(f"{diversity.collapse} The report is in {stored.report}; runs/latest stays where it was.")
    publish_latest(run)
    headline = read_text(run.headline).rstrip("\n")
    release = str(stored.release) if experiment.private else ""
    return Report(run.id, headline, str(stored.report), str(stored.frame), str(stored.synthetic), release)


def _save_walks(run: Run, seed: int) -> None:
    """Write the picture of walks through the latents of the run's generator."""
    from gan_core.gan.drawing import load_generator
    from gan_core.reports.walks import draw_walks

    generator, card = load_generator(run.generator)
    save_png(draw_walks(generator, card.class_names, seed), run.walks)


def _publish_artifacts(frame: pd.DataFrame, headline: str, run: Run) -> None:
    """Show the figures, the headline with the mosaic, and the way to the page in Prefect's UI."""
    columns = ["taught_by", "classifier", "seed", "images", "accuracy", "label_fidelity", "seconds"]
    rows = json.loads(frame[columns].to_json(orient="records"))
    create_table_artifact(rows, key="report", description=f"Accuracy on real test images, run {run.id}")
    page, grids = run.stored.report, run.stored.grids
    shown = embed_png(run.mosaic.read_bytes(), MOST_SHOWN)
    create_markdown_artifact(
        f"# {run.id}\n\n```\n{headline}\n```\n\n![Synthetic images at the left, real ones at the right]({shown})\n\n"
        f"- Page: `{page}`\n- Grids: `{grids}`\n",
        key="pictures",
    )
    link = page.absolute().as_uri() if is_local(page) else str(page)
    create_link_artifact(link, link_text=f"report of {run.id}", key="page", description=f"`{page}`")
