"""The errand of advice: what classifiers say on validation images of the run's synthetic images and parts of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gan_core.audit.record import read_audit
from gan_core.config import EXPERIMENTS, STANDARD, Experiment
from gan_core.images.labelled_images import read_shape
from gan_core.reports.command_line import command_line
from gan_core.worth.advice import Advice, advise_classes, advise_epoch, advise_number, advise_size
from gan_core.worth.subsets import nest
from tasks.data.normalize import RealSets
from tasks.runs.run_experiment import read_run_experiment
from tasks.runs.run_folder import Run
from tasks.uncached_task import uncached_task
from tasks.worth.classroom import Classroom, ImageFile, Lesson
from tasks.worth.find_lengths import find_lengths

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)  # of the synthetic images that are drawn
MOST_CLASSES = 10  # that are left out, one after another
AUDIT = "synthetic-data audit {} --references 5"


@uncached_task
def give_advice(real: RealSets, experiment: Experiment, run: Run) -> tuple[Advice, ...]:
    """Advice on the classes, the number of images, the epoch and the size of the real set, chosen by validation images.

    Of many classes those are tried of which the synthetic images teach the least. Other runs stand for other epochs.
    """
    seeds, made_by = experiment.classifier.seeds, read_run_experiment(run)
    train, synthetic, validation = map(ImageFile, (real.train, run.synthetic, real.validation))
    classroom = Classroom(experiment.classifier, {"validation": validation})
    names = train.images.class_names

    def command(changes: Mapping[str, Any]) -> str:
        return command_line(made_by.model_copy(update={"dataset": made_by.dataset.model_copy(update=changes)}))

    by_number = recognise_by_number(classroom, synthetic, seeds)
    labels = choose_classes(by_number[max(by_number)], validation.images.labels, synthetic.images.labels)
    whole, without = recognise_without_classes(classroom, train, synthetic, labels, seeds)
    by_length = recognise_by_length(classroom, find_lengths(run, real.digest), seeds)
    return (
        advise_classes(whole, without, names, command=command),
        advise_number(by_number, classes=len(np.unique(synthetic.images.labels)), command=command),
        *advise_on_epochs(by_length, made_by),
        *advise_on_size(real, run),
    )


def advise_by_run(real: RealSets, run: Run) -> tuple[Advice, ...]:
    """The advice that needs no classifier: what it takes to know the epoch, and the size of the real set."""
    made_by = read_run_experiment(run)
    return *advise_on_epochs({}, made_by), *advise_on_size(real, run)


def advise_on_epochs(by_length: Mapping[int, np.ndarray], made_by: Experiment) -> tuple[Advice, ...]:
    """The advice on the length of a training, from what trainings of several lengths teach.

    There is none for a private run: each training would spend another budget.
    """
    if made_by.private:
        return ()

    def train(epochs: int) -> str:
        return command_line(made_by.model_copy(update={"gan": made_by.gan.model_copy(update={"epochs": epochs})}))

    return (advise_epoch(by_length, made_by.gan.epochs, command=train, sweep=sweep_epochs(made_by)),)


def advise_on_size(real: RealSets, run: Run) -> tuple[Advice, ...]:
    """The advice on the size of the real set, by the copies that the run's audit found; none without an audit."""
    checks = read_audit(run.audit).checks if run.audit.is_file() else ()
    command, images = AUDIT.format(run.folder), read_shape(real.train)[0]
    return tuple(
        advise_size(check.verdict, check.figures[0].text, images=images, command=command)
        for check in checks
        if check.name == "copies" and check.figures
    )


def sweep_epochs(made_by: Experiment) -> str:
    """The command that compares trainings of other lengths on validation images."""
    start, epochs = EXPERIMENTS.get(made_by.name, STANDARD), made_by.gan.epochs
    gan = made_by.gan.model_copy(update={"epochs": start.gan.epochs})
    line = command_line(made_by.model_copy(update={"gan": gan, "worth": start.worth, "seed": start.seed}))
    lengths = sorted({max(1, epochs // 2), epochs, 2 * epochs})
    seed = f"--seeds {made_by.seed} " if made_by.seed != start.seed else ""
    return f"{line.replace(' run', ' sweep', 1)} {seed}--gan.epochs {','.join(map(str, lengths))}"


def recognise_by_number(classroom: Classroom, synthetic: ImageFile, seeds: Sequence[int]) -> dict[int, np.ndarray]:
    """The validation images recognised, bool [S, N], by how many synthetic images taught, each number in the next."""
    labels = synthetic.images.labels
    numbers = sorted({max(len(np.unique(labels)), round(share * len(labels))) for share in SHARES})
    orders = {seed: nest(labels, seed) for seed in seeds}
    courses = [[Lesson(((synthetic, orders[seed][:number]),), seed) for seed in seeds] for number in numbers]
    right = classroom.recognised(courses, "Teaching by fewer images")["validation"]
    return dict(zip(numbers, right, strict=True))


def recognise_by_length(classroom: Classroom, runs: Mapping[int, Run], seeds: Sequence[int]) -> dict[int, np.ndarray]:
    """The validation images recognised, bool [S, N], by the epochs of the run whose synthetic images taught.

    Those of a run alone are nothing to compare.
    """
    if len(runs) < 2:
        return {}
    files = [ImageFile(run.synthetic) for run in runs.values()]
    courses = [[Lesson(((file, nest(file.images.labels, seed)),), seed) for seed in seeds] for file in files]
    right = classroom.recognised(courses, "Teaching by other trainings")["validation"]
    return dict(zip(runs, right, strict=True))


def choose_classes(right: np.ndarray, true: np.ndarray, drawn: np.ndarray) -> list[int]:
    """The classes to leave out one after another: those that were drawn, and of many those recognised the least."""
    recalls = {label: right[:, true == label].mean() for label in np.unique(drawn).tolist() if (true == label).any()}
    return sorted(sorted(recalls, key=lambda label: recalls[label])[:MOST_CLASSES])


def recognise_without_classes(
    classroom: Classroom, train: ImageFile, synthetic: ImageFile, classes: Sequence[int], seeds: Sequence[int]
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """The validation images recognised, bool [S, N], where all real and synthetic images teach, and by class without
    the synthetic images of that."""
    labels = synthetic.images.labels
    kept = [np.flatnonzero(labels != label) for label in classes]
    parts = [(train.whole, synthetic.whole), *((train.whole, (synthetic, some)) for some in kept)]
    courses = [[Lesson(each, seed) for seed in seeds] for each in parts]
    whole, *without = classroom.recognised(courses, "Teaching without a class")["validation"]
    return whole, dict(zip(classes, without, strict=True))
