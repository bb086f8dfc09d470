"""The errand from a source to the three sets of labelled images that all later steps read."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gan_core.config import DataSettings, Experiment
from gan_core.errors import BadInput
from gan_core.files import is_whole, name_below, read_text, sha256, undamaged, write_text
from gan_core.images.labelled_images import LabelledImages, read_outline
from gan_core.images.plausibility import describe_images, find_doubts, find_leak
from gan_core.images.requirements import require_shift, require_sound
from gan_core.images.stratified_split import divide, hold_out, validation_images
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
DECODING = 2  # the number of ways in which pictures were decoded and fitted so far: another one makes other sets

logger = logging.getLogger("synthetic_data.normalize")


@dataclass(frozen=True)
class RealSets:
    """Three files of labelled images: to learn from, to choose by, to judge by."""

    train: Path
    validation: Path
    test: Path
    digest: str  # of everything that they were made from
    source_digest: str = ""  # of the files alone, however they are cut


@dataclass(frozen=True)
class CutSets:
    """The images to learn from, to choose by and to judge by."""

    train: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    places: Mapping[Split, tuple[Split, np.ndarray]]  # of each set: the split it was taken from, and indices there


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
    files = [sha256(path) for path in found.files]
    identity = identify_splits(found, files, data, seed)
    made = folder / identity
    splits = RealSets(made / "train.npz", made / "validation.npz", made / "test.npz", identity, digest(files))
    notes = made / "understood.json"
    if all(map(is_whole, (splits.train, splits.validation, splits.test, notes))):
        logger.info("They were read before; the sets made of them are in %s", made)
    else:
        write_text(notes, json.dumps(asdict(save_splits(splits, found, data, seed))))
        for path in unvouched(found):
            logger.info("%s has no published checksum; its SHA-256 is %s", path.name, sha256(path))
    with undamaged(notes):
        understood = Understood(**json.loads(read_text(notes)))
    tell(understood, data)
    return splits


def tell(understood: Understood, data: DataSettings) -> None:
    """Say what was understood; BadInput for what spoils the results unless the settings tolerate it."""
    for line in understood.lines:
        logger.info(line)
    for doubt in understood.doubts:
        logger.warning(doubt)
    for spoiling in understood.spoiling:
        if not data.tolerate_doubts:
            raise BadInput(
                f"{spoiling}; mend the source (synthetic-data inspect names the pictures), or say "
                "--data.tolerate-doubts to go on all the same."
            )
        logger.warning("%s.", spoiling)


def require_fit(splits: RealSets, experiment: Experiment) -> None:
    """Raise BadInput unless the experiment can end well with these images, as a command has made sure before."""
    train, validation = read_outline(splits.train), read_outline(splits.validation)
    require_sound(experiment, train.labels, train.class_names)
    require_shift(experiment.gan.shift, train.shape)
    require_enough(len(validation.labels))


def identify_splits(found: Found, files: Sequence[str], data: DataSettings, seed: int) -> str:
    """A SHA-256 that changes with each thing that the three sets depend on; `files` are those of the files found."""
    numbers = number_labels(found)
    names = numbers.classes.names if numbers else found.class_names
    if numbers and "validation" not in found.parts:
        data = data.model_copy(update={"validation_images": validation_images(numbers.train, data)})
    depends = list(files), names, data.shaping(), seed
    if found.format == "idx" and [*found.parts] == ["train", "test"]:
        return digest(*depends)
    labels = [part.labels for part in found.parts.values()]
    places = [name_below(found.root, path) for path in found.files] if found.one_by_one else []
    return digest(*depends, found.format, [*found.parts], labels, places, DECODING)


def save_splits(splits: RealSets, found: Found, data: DataSettings, seed: int) -> Understood:
    """Decode the pictures and save each set under its path; what was understood of them."""
    pictures = read_pictures(found, data)
    paths: dict[Split, Path] = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    places = choose_places(pictures, data, seed)
    for name, (split, indices) in places.items():
        pictures.sets[split].save_some(paths[name], indices)
    train, validation, test = (LabelledImages.load(path) for path in paths.values())
    return understand(found, pictures, CutSets(train, validation, test, places), data)


def cut_sets(pictures: Pictures, data: DataSettings, seed: int) -> CutSets:
    """The three sets that a run makes of the pictures of a source."""
    places = choose_places(pictures, data, seed)
    taken = {name: pictures.sets[split].take(indices) for name, (split, indices) in places.items()}
    return CutSets(taken["train"], taken["validation"], taken["test"], places)


def choose_places(pictures: Pictures, data: DataSettings, seed: int) -> dict[Split, tuple[Split, np.ndarray]]:
    """For each of the sets that a run makes, the split that it is taken from, and indices there."""
    labels = {split: images.labels for split, images in pictures.sets.items()}
    kept, held = hold_out(labels["train"], "test" in labels)
    learnt_from, chosen_by = divide(labels["train"][kept], labels.get("validation"), data, seed)
    return {
        "train": ("train", kept[learnt_from]),
        "validation": ("validation", chosen_by) if "validation" in labels else ("train", kept[chosen_by]),
        "test": ("test", np.arange(len(labels["test"]))) if "test" in labels else ("train", held),
    }


def understand(found: Found, pictures: Pictures, sets: CutSets, data: DataSettings) -> Understood:
    """What is said of a source's pictures and of the sets that were made of them."""
    whole, remarks = pictures.sets["train"], [pictures.classes.remark, *found.remarks]
    held = 0 if "test" in pictures.sets else len(sets.test)
    if held:
        remarks.append("no test pictures came with them, so a sixth of each class is held out for the test")
    given = len(pictures.sets.get("validation") or ())
    counts: dict[Split, int] = {"train": len(whole) - held, "validation": given, "test": len(sets.test)}
    line = describe_source(found, pictures.surveys, whole.shape, data, len(whole.class_names), counts, remarks)
    unreadable, spoiling = find_unreadable(pictures)
    return Understood(
        [line, describe_images(sets.train, sets.validation, sets.test)],
        [*unreadable, *find_doubts(sets.train, sets.validation, sets.test)],
        [*spoiling, *find_leak(sets.train, sets.validation, sets.test)],
    )


def find_unreadable(pictures: Pictures) -> tuple[list[str], list[str]]:
    """A sentence on pictures that cannot be read, among the doubts or, if they are many, what spoils the results."""
    names, total = pictures.unreadable, sum(len(survey.labels) for survey in pictures.surveys.values())
    if not names:
        return [], []
    shown = "; ".join(names[:FEW]) + (f" and {len(names) - FEW:,} more" if len(names) > FEW else "")
    verb = "is" if len(names) == 1 else "are"
    if len(names) < MOST_UNREADABLE * total:
        return [f"{len(names):,} of {total:,} pictures cannot be read and {verb} left out: {shown}"], []
    return [], [f"Expected pictures that can be read, got {len(names):,} of {total:,} that cannot: {shown}"]
