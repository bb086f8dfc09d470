"""The errand of inspecting a source: all its pictures are read once, as a run would read them, and looked through."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from gan_core.clock.duration import Images, estimate
from gan_core.clock.pace import measure_pace
from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.files import without_password
from gan_core.images.fit import Size
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.requirements import require_sound
from gan_core.inspection import doubtful_labels
from gan_core.inspection.collection import Collection, collect
from gan_core.inspection.doubtful_labels import Doubt, assign_folds, find_doubtful, probabilities_out_of_fold, shorten
from gan_core.inspection.duplicates import SIDE, Near, find_equal, find_near
from gan_core.inspection.findings import Findings
from gan_core.inspection.forecast import Forecast
from gan_core.inspection.plan import describe_plan
from gan_core.inspection.thumbnails import describe, shrink_to_bytes
from gan_core.measures.diversity import require_enough
from tasks.data.download import locate
from tasks.data.normalize import CutSets, Understood, cut_sets, understand
from tasks.data.open_source import open_source
from tasks.data.read_pictures import read_pictures
from tasks.data.source_places import named
from tasks.progress import progress_bar


def inspect_source(experiment: Experiment, *, quick: bool = False) -> Findings:
    """What is in the experiment's source, and what is probably wrong with it; BadInput for what cannot be read at all.

    A quick inspection trains nothing: it doubts no label and forecasts no time.
    """
    place = locate(named(experiment.source))
    found = open_source(place, experiment.data)
    pictures = read_pictures(found, experiment.data)
    sets = cut_sets(pictures, experiment.data, experiment.seed)
    understood = understand(found, pictures, sets, experiment.data)
    collection = collect(pictures.sets, pictures.names, sets.places)
    equal, near = find_copies(collection, experiment.seed)
    doubts, agreement = (None, 0.0) if quick else doubt_labels(collection, equal, near, experiment)
    return Findings(
        source=without_password(experiment.source or place),
        lines=understood.lines,
        warnings=[*understood.doubts, *describe_refusals(experiment, understood, sets)],
        plan=list(describe_plan(experiment, sets.train)),
        collection=collection,
        sizes=sum((each.sizes for each in pictures.surveys.values()), Counter[Size]()),
        modes=sum((each.modes for each in pictures.surveys.values()), Counter[str]()),
        unreadable=pictures.unreadable,
        equal=equal,
        near=near,
        doubts=doubts,
        agreement=agreement,
        forecast=None if quick else measure(experiment, sets),
    )


def find_copies(collection: Collection, seed: int) -> tuple[list[list[int]], list[Near]]:
    """Groups of equal pictures, and pairs of nearly equal ones, of which each group has one at most."""
    parts = [images.images for images in collection.parts]
    equal = find_equal(parts)
    again = [number for group in equal for number in group[1:]]
    vectors = np.concatenate([describe(images, SIDE) for images in parts])
    numbers = np.delete(np.arange(len(collection)), again)
    with progress_bar("Looking for copies", len(numbers)) as advance:
        near = find_near(vectors[numbers], seed, advance)
    return equal, [Near(int(numbers[first]), int(numbers[second]), distance) for first, second, distance in near]


def doubt_labels(
    collection: Collection, equal: Sequence[Sequence[int]], near: Sequence[Near], experiment: Experiment
) -> tuple[list[Doubt], float]:
    """The labels that are doubted, the most doubtful first, and the share of all labels that would be given again."""
    small = shrink_to_bytes((images.images for images in collection.parts), doubtful_labels.LONGEST)
    images = LabelledImages(small, collection.labels, collection.class_names)
    settings = shorten(experiment.classifier, len(images))
    folds = assign_folds(images.labels, [*(pair[:2] for pair in near), *equal], experiment.seed)
    with progress_bar("Doubting the labels", doubtful_labels.FOLDS * settings.steps) as advance:
        probabilities = probabilities_out_of_fold(images, folds, settings, experiment.seed, advance)
    agreement = float((probabilities.argmax(axis=1) == images.labels).mean())
    return find_doubtful(images.labels, probabilities), agreement


def describe_refusals(experiment: Experiment, understood: Understood, sets: CutSets) -> Iterator[str]:
    """A sentence for each reason for which a run would stop."""
    tolerated = experiment.data.tolerate_doubts
    for spoiling in understood.spoiling:
        yield f"{spoiling}." if tolerated else f"A run would stop: {spoiling}."
    try:
        require_sound(experiment, sets.train.labels, sets.train.class_names)
        require_enough(len(sets.validation))
    except BadInput as error:
        yield f"A run would stop: {error}"


def measure(experiment: Experiment, sets: CutSets) -> Forecast:
    """How long a run would take, with no classifier taught before."""
    train, validation = sets.train, sets.validation
    images = Images(len(train), len(validation), len(sets.test), len(train.class_names))
    with progress_bar("Measuring a few steps", None):
        return estimate(experiment, measure_pace(experiment.gan, experiment.classifier, train, validation), images)
