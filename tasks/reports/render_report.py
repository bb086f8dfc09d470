"""The errand of writing a run's page and headline from what is in its folder."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gan_core.audit.measures import figures_in
from gan_core.audit.record import pairs_from_arrays, read_audit
from gan_core.config import Experiment
from gan_core.files import load_arrays, read_frame, without_password
from gan_core.gan.generator_card import read_card
from gan_core.images.labelled_images import LabelledImages
from gan_core.pages import run_page
from gan_core.privacy.ledger import Ledger, describe_guarantee
from gan_core.reports.check_table import format_checks
from gan_core.reports.examination_arrays import from_arrays
from gan_core.reports.run_table import format_headline
from gan_core.worth.worth import Worth
from tasks.runs.epochs import diversity_after
from tasks.runs.run_folder import Run


def format_run_headline(run: Run, worth: Worth | None) -> str:
    """The lines that the command prints of a run whose folder has everything but the page."""
    accuracies = format_headline(*from_arrays(load_arrays(run.examinations)))
    valued = f"{accuracies}\n\n{worth.sentence}" if worth else accuracies
    said = [diversity_after(run).collapse, valued, "", format_checks(read_audit(run.audit).checks)]
    return "\n".join(said).lstrip()


def render_report(run: Run, experiment: Experiment, worth: Worth | None) -> str:
    """The page of a run whose folder has everything else."""
    examinations, trts = from_arrays(load_arrays(run.examinations))
    history, audit = read_frame(run.history), read_audit(run.audit)
    return run_page.render(
        examinations=examinations,
        trts=trts,
        labelled_by=None if experiment.gan.conditional else f"a real-taught {experiment.classifier.name} classifier",
        frame=read_frame(run.frame),
        history=history,
        experiment=experiment.model_copy(update={"source": experiment.source and without_password(experiment.source)}),
        mosaic=run.mosaic,
        grids=run.epoch_grids(),
        evolution=run.evolution,
        class_names=read_card(run.generator).class_names,
        notes=_notes(run, experiment, history),
        walks=run.walks,
        diversity=diversity_after(run),
        checks=audit.checks,
        figures=figures_in(read_frame(run.measures)),
        pairs=pairs_from_arrays(load_arrays(run.pairs)),
        worth=worth,
    )


def _notes(run: Run, experiment: Experiment, history: pd.DataFrame) -> Sequence[str]:
    """What a reader must know before the figures."""
    balance = "" if experiment.gan.conditional else _balance(LabelledImages.load(run.synthetic))
    said = [diversity_after(run).collapse, _private(run, experiment), _refined(experiment), balance, _replicas(history)]
    return list(filter(None, said))


def _private(run: Run, experiment: Experiment) -> str:
    """What may leave of a private run, and what not."""
    if not experiment.private:
        return ""
    return (
        f"The generator is private: {describe_guarantee(Ledger.load(run.ledger))} What may leave is in "
        f"{run.release.name}/. This page is for the owner: it shows real images, and its figures were measured on real "
        "images, which the guarantee does not cover."
    )


def _refined(experiment: Experiment) -> str:
    """What the refined sets are, where there are any."""
    if not experiment.dataset.refinements:
        return ""
    spread = experiment.dataset.refined_std
    dropout = "" if experiment.classifier.soft_dropout else " and is learned without dropout"
    if experiment.private:
        return (
            f"Soft is drawn with a latent spread of {spread} and has the probabilities of the private teacher in place "
            f"of labels{dropout}."
        )
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
