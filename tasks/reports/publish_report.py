"""The errand of publishing: the tidy frame, the mosaic, the page, Prefect's artifacts, and the run as the latest."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from gan_core.config import Experiment
from gan_core.files import read_frame, read_text, remove_tree, without_password, write_csv, write_frame, write_text
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.tstr import Examination
from gan_core.pages import run_page as page
from gan_core.provenance import program_digest
from gan_core.reports import run_table as report
from gan_core.reports.pictures import mosaic, save_png
from tasks.data.normalize import RealSets
from tasks.registry.events import emit_collapse
from tasks.runs.epochs import diversity_after
from tasks.runs.run_folder import Run, publish_latest
from tasks.runs.run_provenance import run_provenance
from tasks.uncached_task import uncached_task


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
    save_png(mosaic(synthetic, real), run.mosaic)
    diversity, history = diversity_after(run), read_frame(run.history)
    warning = diversity.collapse
    notes = [
        warning,
        _refined(experiment),
        "" if experiment.gan.conditional else _balance(synthetic),
        _replicas(history),
    ]
    html = page.render(
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
        diversity=diversity,
    )
    headline = f"{warning}\n{report.format_headline(examinations, trts)}".lstrip()
    _publish_artifacts(frame, headline, run.stored)
    write_text(run.headline, headline + "\n")
    write_text(run.report, html)
    remove_tree(run.classifiers)
    run.send_all()
    return publish_run(run, experiment)


def is_published(run: Run) -> bool:
    """Whether the run has its report, by the classifiers and measures of this program."""
    return run.is_complete() and set(read_frame(run.frame)["program_digest"]) == {program_digest()}


def publish_run(run: Run, experiment: Experiment) -> Report:
    """Make a run that has its report the latest one; raises Collapsed where its generator has collapsed."""
    diversity, stored = diversity_after(run), run.stored
    if diversity.collapse and not experiment.tolerate_collapse:
        emit_collapse(run.id, diversity)
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


def _publish_artifacts(frame: pd.DataFrame, headline: str, run: Run) -> None:
    columns = ["taught_by", "classifier", "seed", "images", "accuracy", "label_fidelity", "seconds"]
    rows = json.loads(frame[columns].to_json(orient="records"))
    create_table_artifact(rows, key="report", description=f"Accuracy on real test images, run {run.id}")
    pictures = "\n".join(f"- {name}: `{path}`" for name, path in (("Grids", run.grids), ("Page", run.report)))
    create_markdown_artifact(f"# {run.id}\n\n```\n{headline}\n```\n\n{pictures}\n", key="pictures")
