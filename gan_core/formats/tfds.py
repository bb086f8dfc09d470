"""TFRecord shards of PNG bytes and labels, described so that TensorFlow Datasets opens the folder as it is."""

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gan_core.config import DataSettings
from gan_core.errors import BadInput, show_names
from gan_core.exports.encode_png import encode_png
from gan_core.exports.shards import Export, ExportSplit
from gan_core.files import Place, copy, is_local, local_file, write_text
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.parsing.text_lines import read_lines
from gan_core.sources.found_pictures import Found, Label, Part, Picture, Split
from gan_core.sources.listing import Listing
from gan_core.sources.split_names import split_of

NAME, VERSION = "synthetic_images", "1.0.0"
BY_NAME = f"{NAME}/{VERSION}"  # where `tfds.load` looks for a description; it leads to the same files
DESCRIPTION = "dataset_info.json"
KEYS = IMAGE, LABEL = "image", "label"  # of features, where the description says nothing else
FEATURES = "tensorflow_datasets.core.features"  # the modules of their kinds


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Write one file of examples; TensorFlow needs a local file."""
    import tensorflow as tf

    reasons = {tf.errors.ResourceExhaustedError: errno.ENOSPC, tf.errors.PermissionDeniedError: errno.EACCES}

    path = folder / _file_name(split, shard)
    with local_file(path) as local:
        try:
            with tf.io.TFRecordWriter(str(local)) as writer:
                for image, label in zip(encode_png(images.images), images.labels.tolist(), strict=True):
                    writer.write(_example(image, label))
        except tf.errors.OpError as error:
            number = reasons.get(type(error), errno.EIO)
            raise OSError(number, os.strerror(number)) from error
        with local.open("rb") as file:
            os.fsync(file.fileno())


def finish(folder: Place, export: Export) -> None:
    """Describe the splits as `tensorflow_datasets.folder_dataset.write_metadata` would, to the byte.

    The library takes seconds to import, longer than thousands of images take to write.
    """
    texts = {
        DESCRIPTION: _describe(export, [_bytes(folder, split) for split in export.splits]),
        "features.json": _describe_features(export),
        f"{LABEL}.labels.txt": "".join(f"{name}\n" for name in export.class_names),
    }
    for name, text in texts.items():
        write_text(folder / name, text)
        write_text(folder / BY_NAME / name, _from_below(text) if name == DESCRIPTION else text)


def room(images: int, shape: ImageShape) -> int:
    """PNG bytes, half as many as there are pixels."""
    return images * shape.values // 2


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """A dataset that TensorFlow Datasets has prepared, in a folder or below it; None if there is none.

    Raises BadInput where there are several, or one without pictures and labels.
    """
    records = [name for name in listing.names if ".tfrecord" in name]
    folders = {name.rpartition("/")[0] for name in records}
    places = sorted(folder for folder in folders if f"{folder}/{DESCRIPTION}".lstrip("/") in listing.names)
    if not places:
        return None
    if len(places) > 1:
        raise BadInput(f"Expected one dataset in {listing.root}, got {show_names(places)}; name one of these folders.")
    place = listing.root / places[0]
    described = json.loads((place / DESCRIPTION).read_text("utf-8"))
    keys = _feature_keys(described, settings)
    parts: dict[Split, Part] = {}
    for split in (each["name"] for each in described["splits"]):
        own = [name for name in records if f"-{split}." in name and name.rpartition("/")[0] == places[0]]
        if (meant := split_of(split)) and own:
            parts[meant] = Part(tuple(listing.root / name for name in own), None, (split, *keys))
    names = listing.beside(f"{keys[1]}.labels.txt")
    return Found("tfds", "TensorFlow dataset", place, parts, tuple(read_lines(names)) if names else None)


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The examples, as TensorFlow Datasets reads them, one file after the other."""
    import tensorflow_datasets as tfds

    one_by_one = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False, add_tfds_id=False)
    name, image, label = found.parts[split].keys
    with _local(found.root) as files:
        builder = tfds.builder_from_directory(str(files))
        encoded = {image: tfds.decode.SkipDecoding()}
        examples = builder.as_dataset(split=name, shuffle_files=False, read_config=one_by_one, decoders=encoded)
        for number, example in enumerate(tfds.as_numpy(examples)):
            yield Picture(f"example {number} of {name}", _as_label(example[label]), example[image])


def _feature_keys(described: dict[str, Any], settings: DataSettings) -> tuple[str, str]:
    """The features that are the picture and the label, as the dataset says or somebody has."""
    pair = described.get("supervisedKeys", {}).get("tuple", {}).get("items", [])
    image, label = (each["featureKey"] for each in pair) if len(pair) == 2 else KEYS
    return settings.image_column or image, settings.label_column or label


def _as_label(value: Any) -> Label:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else int(value)


@contextmanager
def _local(folder: Place) -> Iterator[Path]:
    """The folder, or a copy of it where it is none of this machine's."""
    if is_local(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory() as local:
        for path in folder.iterdir():
            if path.is_file():
                copy(path, Path(local, path.name))
        yield Path(local)


def _file_name(split: ExportSplit, shard: int) -> str:
    return f"{NAME}-{split.name}.tfrecord-{shard:05d}-of-{split.shards:05d}"


def _example(image: bytes, label: int) -> bytes:
    import tensorflow as tf

    features = tf.train.Features(
        feature={
            IMAGE: tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])),
            LABEL: tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
        }
    )
    return tf.train.Example(features=features).SerializeToString(deterministic=True)


def _bytes(folder: Place, split: ExportSplit) -> int:
    return sum((folder / _file_name(split, shard)).stat().st_size for shard in range(split.shards))


def _describe(export: Export, sizes: list[int]) -> str:
    """What is in the folder; `sizes` are bytes of each split."""
    described = {
        "description": "Labelled images, some or all of them synthetic; the card beside this folder says which.",
        "fileFormat": "tfrecord",
        "name": NAME,
        "splits": [_describe_split(split, size) for split, size in zip(export.splits, sizes, strict=True)],
        "supervisedKeys": {"tuple": {"items": [{"featureKey": IMAGE}, {"featureKey": LABEL}]}},
        "version": VERSION,
    }
    return json.dumps(described, indent=2)


def _describe_split(split: ExportSplit, size: int) -> dict[str, Any]:
    return {
        "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
        "name": split.name,
        "numBytes": str(size),
        "shardLengths": [str(len(split.range(shard))) for shard in range(split.shards)],
    }


def _describe_features(export: Export) -> str:
    """What an example consists of."""
    pixels = {"dtype": "uint8", "encodingFormat": "png", "shape": {"dimensions": list(map(str, export.shape))}}
    features = {
        IMAGE: {"image": pixels, "pythonClassName": f"{FEATURES}.image_feature.Image"},
        LABEL: {
            "classLabel": {"numClasses": str(len(export.class_names))},
            "pythonClassName": f"{FEATURES}.class_label_feature.ClassLabel",
        },
    }
    whole = {"featuresDict": {"features": features}, "pythonClassName": f"{FEATURES}.features_dict.FeaturesDict"}
    return json.dumps(whole, indent=4)


def _from_below(description: str) -> str:
    """A description of the same files for a folder two floors below them."""
    described = json.loads(description)
    for split in described["splits"]:
        split["filepathTemplate"] = f"../../{split['filepathTemplate']}"
    return json.dumps(described, indent=2, ensure_ascii=False)
