"""The errand from downloaded files to the three sets of labelled images that all later steps read."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

from gan_core.config import DataSettings, Experiment
from gan_core.files import sha256, write_text
from gan_core.formats.idx_codec import count_labels
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.requirements import require_sound
from gan_core.images.stratified_split import split_validation
from gan_core.images.understanding import describe_images, find_doubts
from gan_core.measures.diversity import require_enough
from gan_core.provenance import digest
from tasks.data.sources import FILES, TRAIN_LABELS, Source, find, read_class_names, read_sets
from tasks.uncached_task import uncached_task

logger = logging.getLogger("synthetic_data.normalize")


@dataclass(frozen=True)
class RealSets:
    """Three files of labelled images: to learn from, to choose by, to judge by."""

    train: Path
    validation: Path
    test: Path
    digest: str  # of everything that they were made from


@uncached_task
def normalize(raw: Path, folder: Path, data: DataSettings, seed: int) -> RealSets:
    """Cut the files in `raw` into three NPZ files under `folder`, or find those made before; say what is in them."""
    source = find(raw)
    settled = data.settled(count_labels(source.files[TRAIN_LABELS]))
    digest = identify_splits(source, settled, seed)
    made = folder / digest
    splits = RealSets(made / "train.npz", made / "validation.npz", made / "test.npz", digest)
    notes = made / "notes.json"
    if all(path.is_file() for path in (splits.train, splits.validation, splits.test, notes)):
        logger.info("Using the images in %s", made)
    else:
        write_text(notes, json.dumps(save_splits(splits, *read_sets(source), settled, seed)))
    line, *doubted = json.loads(
        notes.read_text("utf-8")
    )  # kept, since most of what is to come must not read test images
    logger.info(line)
    for doubt in doubted:
        logger.warning(doubt)
    return splits


def require_fit(splits: RealSets, experiment: Experiment) -> None:
    """Raise BadInput unless the experiment can end well with these images, as a command has made sure before."""
    train, validation = LabelledImages.load(splits.train), LabelledImages.load(splits.validation)
    require_sound(experiment, train.labels, train.class_names)
    require_enough(len(validation))


def identify_splits(source: Source, data: DataSettings, seed: int) -> str:
    """A SHA-256 that changes with each thing that the three sets depend on."""
    files = [sha256(source.files[name]) for name in FILES]
    return digest(files, read_class_names(source), data.model_dump(mode="json"), seed)


def save_splits(
    splits: RealSets, real: LabelledImages, test: LabelledImages, data: DataSettings, seed: int
) -> list[str]:
    """Save each set under its path; a line that says what was understood of them, and what looks like a mistake."""
    train, validation = split_validation(real, data, seed)
    train.save(splits.train)
    validation.save(splits.validation)
    test.save(splits.test)
    return [describe_images(train, validation, test), *find_doubts(train, validation, test)]
