"""The errand of publishing: the tidy frame, the mosaic, the page, Prefect's artifacts, and the run as the latest."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from gan_core.audit.measures import figures_in
from gan_core.audit.opinions import Opinion, measure_opinions
from gan_core.audit.record import Audit, pairs_from_arrays, read_audit, to_json
from gan_core.audit.use import check_use
from gan_core.config import Experiment
from gan_core.files import (
    Place,
    is_local,
    load_arrays,
    read_frame,
    read_text,
    remove_tree,
    without_password,
    write_csv,
    write_frame,
    write_text,
)
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.measure import Figure, build_measures_frame
from gan_core.measures.tstr import Examination
from gan_core.pages import run_page
from gan_core.pages.html_page import embed_png
from gan_core.provenance import program_digest
from gan_core.reports import run_table as report
from gan_core.reports.check_table import format_checks
from gan_core.reports.confusion_frame import build_confusion_frame
from gan_core.reports.pictures import mosaic, save_png
from tasks.data.normalize import RealSets
from tasks.registry.events import emit_collapse
from tasks.runs.epochs import diversity_after
from tasks.runs.run_folder import Run, publish_latest
from tasks.runs.run_provenance import run_provenance
from tasks.uncached_task import uncached_task

MOST_SHOWN = 350_000  # bytes of a picture in an artifact, of which base64 makes a third more: the server takes 512 KB


class Collapsed(RuntimeError):
    """The generator shows too little of the real variety for its run to count as a success."""


@dataclass(frozen=True)
class Report:
    """Where the results of a run are, and the headline."""

    run_id: str
    headline: str
    page: str  # paths or URLs
    frame: str
    synthetic: str


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
    figures = collect_figures([Opinion(tuple(examinations), trts)], found, real.class_names)
    write_frame(build_measures_frame(figures), run.measures)
    write_frame(build_confusion_frame(examinations, trts, real.class_names), run.confusions)
    save_png(mosaic(synthetic, real), run.mosaic)
    _save_walks(run, experiment.seed)
    diversity, history = diversity_after(run), read_frame(run.history)
    warning = diversity.collapse
    notes = [
        warning,
        _refined(experiment),
        "" if experiment.gan.conditional else _balance(synthetic),
        _replicas(history),
    ]
    html = run_page.render(
        examinations=examinations,
        trts=trts,
        labelled_by=None if experiment.gan.conditional else f"a real-taught {experiment.classifier.name} classifier",
        frame=frame,
        history=history,
        experiment=experiment.model_copy(update={"source": experiment.source and without_password(experiment.source)}),
        mosaic=run.mosaic,
        grids=run.epoch_grids(),
        evolution=run.evolution,
        class_names=real.class_names,
        notes=list(filter(None, notes)),
        walks=run.walks,
        diversity=diversity,
        checks=found.checks,
        figures=figures,
        pairs=pairs_from_arrays(load_arrays(run.pairs)),
    )
    said = [warning, report.format_headline(examinations, trts), "", format_checks(found.checks)]
    headline = "\n".join(said).lstrip()
    _publish_artifacts(frame, headline, run)
    write_text(run.headline, headline + "\n")
    write_text(run.report, html)
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
    return Report(run.id, headline, str(stored.report), str(stored.frame), str(stored.synthetic))


def _refined(experiment: Experiment) -> str:
    """What the refined sets are, where there are any."""
    if not experiment.dataset.refinements:
        return ""
    spread = experiment.dataset.refined_std
    dropout = "" if experiment.classifier.soft_dropout else " and is learned without dropout"
    return (
        f"Filtered and soft are drawn with a latent spread of {spread}. Filtered is without the images whose label "
        f"real-taught classifiers deny, soft has their probabilities in place of labels{dropout}: both pass on what "
        "those classifiers learned from real images."
    )


def _balance(synthetic: LabelledImages) -> str:
    counts = np.bincount(synthetic.labels, minlength=len(synthetic.class_names))
    pairs = (f"{name} {count:,}" for name, count in zip(synthetic.class_names, counts, strict=True))
    return f"Images seen in each class: {', '.join(pairs)}."


def _replicas(history: pd.DataFrame) -> str:
    """How many trained the GAN, where it were several: they round in another way than one would."""
    numbers = sorted(set(history["replicas"]))
    if numbers == [1]:
        return ""
    return f"The GAN was trained by {' and '.join(map(str, numbers))} replicas, each with a share of every batch."


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
