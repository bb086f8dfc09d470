"""The errands of a retraining: whom the challenger meets, how they compare, and its place among the versions."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from prefect import runtime
from prefect.states import Completed

from gan_core.audit.measures import with_figures
from gan_core.audit.record import read_audit
from gan_core.config import ClassifierSettings, Experiment, RetrainSettings
from gan_core.errors import BadInput
from gan_core.files import Place, remove_tree, sha256
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.requirements import require_comparison
from gan_core.measures.challenger_comparison import Verdict, compare, decide
from gan_core.provenance import library_versions, program_digest
from tasks.data.normalize import RealSets
from tasks.examination.examine import taught_classifier
from tasks.places import classifier_cache
from tasks.registry.events import emit_decision
from tasks.registry.model_registry import (
    CHECKPOINT,
    EXPERIMENT,
    GENERATOR,
    GRID,
    HISTORY,
    ModelRegistry,
    Version,
    require_start,
)
from tasks.registry.records import Record, VersionOrigin, whoami
from tasks.runs.epochs import diversity_after
from tasks.runs.run_folder import AUDIT, LATEST, Run, runs_folder
from tasks.uncached_task import uncached_task

logger = logging.getLogger("synthetic_data.retrain")


@dataclass(frozen=True)
class Challenge:
    """A version to be, and whom it has to beat."""

    models: ModelRegistry
    name: str  # of the version
    experiment: Experiment  # with a seed of its own
    champion: Version | None
    start: Path | None  # a checkpoint to begin with

    @property
    def start_digest(self) -> str:
        return sha256(self.start) if self.start else ""


@contextmanager
def open_challenge(
    models: ModelRegistry, experiment: Experiment, settings: RetrainSettings, splits: RealSets
) -> Iterator[Challenge]:
    """The next challenge, for one process at a time.

    The seed is the experiment's plus the version's number: a killed retraining goes on, one that ended is not repeated.
    """
    require_comparison(experiment)
    with models.retraining():
        if late := models.finish_interrupted_promotion():
            logger.info("Ending what a killed retraining began")
            announce(late)
        for version in models.versions()[-1:]:
            remove_left_run(version.record.run_id)
        require_start(models, settings, private=experiment.private)
        name, champion = models.next_name(), models.champion()
        seeded = experiment.model_dump() | {"seed": experiment.seed + int(name[1:])}
        if champion:
            check(champion, experiment, settings, LabelledImages.load(splits.train))
            logger.info("Challenger %s meets champion %s", name, champion.name)
        start = champion.checkpoint if champion and settings.start == "champion" else None
        yield Challenge(models, name, Experiment.model_validate(seeded), champion, start)


def remove_left_run(run_id: str) -> None:
    """Remove the run of a version, if a kill left it; nothing where a record names no folder right below the runs."""
    run = runs_folder() / run_id
    if run_id not in ("", "..", LATEST) and run.parent == runs_folder():
        remove_tree(run)


def check(champion: Version, experiment: Experiment, settings: RetrainSettings, real: LabelledImages) -> None:
    """Raise BadInput for a champion that draws other images, or whose networks the challenger cannot begin with."""
    from gan_core.gan.drawing import load_generator

    champion.check()
    card = load_generator(champion.generator)[1]
    if (card.shape, card.class_names) != (real.shape, real.class_names):
        raise BadInput(
            f"Expected images of {card.shape} and of the classes that champion {champion.name} draws, "
            f"got {real.shape}{'' if real.shape != card.shape else ' and other classes'}; "
            "keep the models of other data elsewhere, in $SYNTHETIC_DATA_MODELS."
        )
    if settings.start == "champion" and card.gan.shape() != experiment.gan.shape():
        raise BadInput(
            f"Expected networks of the sizes that champion {champion.name} has, got others; start from scratch."
        )


@uncached_task
def compare_generators(
    challenger: Place,
    champion: Place | None,
    audit: Place,
    *,
    splits: RealSets,
    run: Run,
    experiment: Experiment,
    standard_errors: float,
) -> Verdict:
    """Decide between the images that the two drew, by the audit of the challenger's too; no test image is read."""
    unseen, classifier = LabelledImages.load(splits.validation), experiment.classifier
    found, diversity = read_audit(audit), diversity_after(run)
    answers = recognised_images(challenger, unseen, classifier, run.classifiers)
    comparison = (
        compare(answers, recognised_images(champion, unseen, classifier, classifier_cache())) if champion else None
    )
    return decide(
        float(answers.mean()),
        comparison,
        faults=[*filter(None, [diversity.collapse]), *found.faults],
        measured=with_figures({}, found.all_figures, sampled=asdict(diversity)),
        standard_errors=standard_errors,
    )


def recognised_images(teaching: Place, on: LabelledImages, settings: ClassifierSettings, cache: Place) -> np.ndarray:
    """Which images a classifier that `teaching` taught from each seed recognises; bool [S, N]."""
    from gan_core.classifiers.classifier import answer

    rows = []
    for seed in settings.seeds:
        rows.append(answer(taught_classifier([teaching], settings, seed, cache)[0], on.images) == on.labels)
        logger.info("taught by %-9s  seed %d  accuracy on validation %.4f", teaching.stem, seed, rows[-1].mean())
    return np.stack(rows)


@uncached_task
def add_version(challenge: Challenge, verdict: Verdict, run: Run, *, splits: RealSets, keep: int) -> Record:
    """Make the challenger a version, champion if the verdict says so, and remove the run, whose files it has now."""
    flow_run = runtime.flow_run.name
    origin = VersionOrigin(
        who=f"{whoami()}, flow run {flow_run}" if flow_run else whoami(),
        run_id=run.id,
        data_digest=splits.digest,
        champion=challenge.champion.name if challenge.champion else None,
        program_digest=program_digest(),
        versions=library_versions(),
    )
    files = {
        GENERATOR: run.generator,
        CHECKPOINT: run.checkpoint,
        HISTORY: run.history,
        EXPERIMENT: run.experiment,
        GRID: run.epoch_grids()[-1],
        AUDIT: run.audit,
    }
    record = challenge.models.add_version(challenge.name, files, verdict, origin, keep)
    announce(record)
    remove_tree(run.stored.folder)
    return record


def announce(record: Record) -> None:
    """Say in the log and in an event what became of a challenger."""
    logger.info(describe_decision(record))
    emit_decision(record)


def describe_decision(record: Record) -> str:
    """What became of a challenger, and why."""
    if record.decision == "promoted":
        return f"Challenger {record.version} is champion. {record.reason}"
    stays = f"champion {record.champion} stays" if record.champion else "there is no champion yet"
    return f"Challenger {record.version} was refused, {stays}. {record.reason}"


def conclude_challenge(record: Record) -> Any:
    """The state of a flow run that ended well, promoted or refused; who called the flow gets the record in it."""
    return Completed(name=record.decision.capitalize(), message=describe_decision(record), data=record)
