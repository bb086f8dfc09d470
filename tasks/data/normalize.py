"""The errand from a source to the three sets of labelled images that all later steps read."""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from gan_core.config import DataSettings, Experiment
from gan_core.errors import BadInput
from gan_core.files import name_below, sha256, write_text
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.plausibility import describe_images, find_doubts, find_leak
from gan_core.images.requirements import require_sound
from gan_core.images.stratified_split import divide, hold_out
from gan_core.measures.diversity import require_enough
from gan_core.provenance import digest
from gan_core.sources.found_pictures import Found, Split
from gan_core.sources.summary import describe_source
from tasks.data.checksums import unvouched
from tasks.data.open_source import number_labels, open_source
from tasks.data.read_pictures import Pictures, read_pictures
from tasks.uncached_task import uncached_task

FEW = 3  # names in a sentence
MOST_UNREADABLE = 0.1  # of the pictures, or nobody knows what the others are
DECODING = 1  # the number of ways in which pictures were decoded and fitted so far: another one makes other sets

logger = logging.getLogger("synthetic_data.normalize")


@dataclass(frozen=True)
class RealSets:
    """Three files of labelled images: to learn from, to choose by, to judge by."""

    train: Path
    validation: Path
    test: Path
    digest: str  # of everything that they were made from


@dataclass(frozen=True)
class Understood:
    """What is said of the images, kept beside them since most of what is to come must not read test images."""

    lines: list[str]
    doubts: list[str]  # what is probably not meant
    spoiling: list[str]  # what would spoil all results silently


@uncached_task
def normalize(raw: Path, folder: Path, data: DataSettings, seed: int) -> RealSets:
    """Make of the source in `raw` three NPZ files under `folder`, or find those made before; say what is in them.

    Raises BadInput for what would spoil the results, unless the settings tolerate it.
    """
    found = open_source(raw, data)
    digest = identify_splits(found, data, seed)
    made = folder / digest
    splits = RealSets(made / "train.npz", made / "validation.npz", made / "test.npz", digest)
    notes = made / "understood.json"
    if all(path.is_file() for path in (splits.train, splits.validation, splits.test, notes)):
        logger.info("Using the images in %s", made)
    else:
        write_text(notes, json.dumps(asdict(save_splits(splits, found, data, seed))))
        for path in unvouched(found):
            logger.info("%s has no published checksum; its SHA-256 is %s", path.name, sha256(path))
    tell(Understood(**json.loads(notes.read_text("utf-8"))), data)
    return splits


def tell(understood: Understood, data: DataSettings) -> None:
    """Say what was understood; BadInput for what spoils the results unless the settings tolerate it."""
    for line in understood.lines:
        logger.info(line)
    for doubt in understood.doubts:
        logger.warning(doubt)
    for spoiling in understood.spoiling:
        if not data.tolerate_doubts:
            raise BadInput(f"{spoiling}; mend the source, or say --data.tolerate-doubts to go on all the same.")
        logger.warning("%s.", spoiling)


def require_fit(splits: RealSets, experiment: Experiment) -> None:
    """Raise BadInput unless the experiment can end well with these images, as a command has made sure before."""
    train, validation = LabelledImages.load(splits.train), LabelledImages.load(splits.validation)
    require_sound(experiment, train.labels, train.class_names)
    require_enough(len(validation))


def identify_splits(found: Found, data: DataSettings, seed: int) -> str:
    """A SHA-256 that changes with each thing that the three sets depend on."""
    numbers = number_labels(found)
    names = numbers.classes.names if numbers else found.class_names
    settled = data.settled(len(numbers.train)) if numbers and "validation" not in found.parts else data
    depends = [sha256(path) for path in found.files], names, settled.shaping(), seed
    if found.format == "idx" and [*found.parts] == ["train", "test"]:
        return digest(*depends)
    labels = [part.labels for part in found.parts.values()]
    places = [name_below(found.root, path) for path in found.files] if found.one_by_one else []
    return digest(*depends, found.format, [*found.parts], labels, places, DECODING)


def save_splits(splits: RealSets, found: Found, data: DataSettings, seed: int) -> Understood:
    """Decode the pictures and save each set under its path; what was understood of them."""
    pictures = read_pictures(found, data)
    whole, remarks = pictures.sets["train"], [pictures.classes.remark, *found.remarks]
    kept, held = hold_out(whole.labels, "test" in pictures.sets)
    test = pictures.sets.get("test") or whole.take(held)
    if len(held):
        remarks.append("no test pictures came with them, so a sixth of each class is held out for the test")
    given = pictures.sets.get("validation")
    learnt_from, chosen_by = divide(whole.labels[kept], given.labels if given else None, data, seed)
    train = whole.take(kept[learnt_from])
    validation = given.take(chosen_by) if given else whole.take(kept[chosen_by])
    for images, path in ((train, splits.train), (validation, splits.validation), (test, splits.test)):
        images.save(path)
    counts: dict[Split, int] = {"train": len(kept), "validation": len(given or ()), "test": len(test)}
    line = describe_source(found, pictures.surveys, whole.shape, data, len(whole.class_names), counts, remarks)
    unreadable, spoiling = find_unreadable(pictures)
    return Understood(
        [line, describe_images(train, validation, test)],
        [*unreadable, *find_doubts(train, validation, test)],
        [*spoiling, *find_leak(train, validation, test)],
    )


def find_unreadable(pictures: Pictures) -> tuple[list[str], list[str]]:
    """A sentence on pictures that cannot be read, among the doubts or, if they are many, what spoils the results."""
    names, total = pictures.unreadable, sum(len(survey.labels) for survey in pictures.surveys.values())
    if not names:
        return [], []
    shown = "; ".join(names[:FEW]) + (f" and {len(names) - FEW:,} more" if len(names) > FEW else "")
    if len(names) < MOST_UNREADABLE * total:
        return [f"{len(names):,} of {total:,} pictures cannot be read and are left out: {shown}"], []
    return [], [f"Expected pictures that can be read, got {len(names):,} of {total:,} that cannot: {shown}"]
