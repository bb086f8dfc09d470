"""Writing speed of every export format beside the library that people would write it with, and beside drawing.

    python -m benchmarks.exports --source DIR --turns 5

All write the same real images, as a shard of them would be, and take turns in one process, so that a busy machine slows
all of them alike. The table holds medians, and ratios within each turn with their spread over the turns. All files stay
until the last turn is over: ext4 is slow to make new files for minutes after thousands were removed.
"""

import argparse
import gzip
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from benchmarks.real import real_images
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.config import GanSettings
from gan_core.exports.shards import Export, ExportSplit
from gan_core.formats import FORMATS
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.parsing.idx_arrays import idx_header

Writer = Callable[[Path, LabelledImages], object]
DRAWING = "drawing"


def ours(name: str) -> Writer:
    """One shard of this project's format, finished to a dataset."""

    def write(folder: Path, images: LabelledImages) -> None:
        split = ExportSplit("train", len(images), len(images), folder, real=True)
        FORMATS[name].write_shard(folder, split, 0, images)
        FORMATS[name].finish(folder, Export((split,), images.class_names, images.shape))

    return write


def pictures(images: LabelledImages) -> np.ndarray:
    """The images as Pillow takes them, grey ones without a channel."""
    return images.images[..., 0] if images.shape.channels == 1 else images.images


def idx_by_hand(folder: Path, images: LabelledImages) -> None:
    for name, array in (("images", images.images), ("labels", images.labels)):
        content = idx_header(array.shape) + array.tobytes()
        (folder / name).write_bytes(content)
        with gzip.open(folder / f"{name}.gz", "wb") as file:
            file.write(content)


def numpy_savez(folder: Path, images: LabelledImages) -> None:
    np.savez(folder / "dataset.npz", allow_pickle=False, x_train=images.images, y_train=images.labels)


def datasets_parquet(folder: Path, images: LabelledImages) -> None:
    import datasets

    label = datasets.ClassLabel(names=list(images.class_names))
    rows = {"image": list(map(Image.fromarray, pictures(images))), "label": images.labels.tolist()}
    features = datasets.Features({"image": datasets.Image(), "label": label})
    datasets.Dataset.from_dict(rows, features=features).to_parquet(folder / "train.parquet")


def pillow_files(folder: Path, images: LabelledImages) -> None:
    for label in range(len(images.class_names)):
        (folder / str(label)).mkdir()
    for number, (image, label) in enumerate(zip(pictures(images), images.labels, strict=True)):
        Image.fromarray(image).save(folder / str(label) / f"{number}.png")


def tfds_sequential(folder: Path, images: LabelledImages) -> None:
    import tensorflow_datasets as tfds

    image = tfds.features.Image(shape=tuple(images.shape), encoding_format="png")
    label = tfds.features.ClassLabel(names=list(images.class_names))
    identity = tfds.core.dataset_info.DatasetIdentity("images", tfds.core.Version("1.0.0"), str(folder), "")
    info = tfds.core.DatasetInfo(
        builder=identity, features=tfds.features.FeaturesDict({"image": image, "label": label})
    )
    writer = tfds.core.SequentialWriter(info, max_examples_per_shard=len(images))
    writer.initialize_splits(["train"])
    pairs = zip(images.images, images.labels.tolist(), strict=True)
    writer.add_examples({"train": [{"image": image, "label": label} for image, label in pairs]})
    writer.close_all()


def webdataset_tar(folder: Path, images: LabelledImages) -> None:
    import webdataset

    with webdataset.TarWriter(str(folder / "train.tar")) as archive:
        for number, (image, label) in enumerate(zip(pictures(images), images.labels.tolist(), strict=True)):
            archive.write({"__key__": f"{number:08d}", "png": image, "cls": label})


REFERENCES: dict[str, tuple[str, Writer]] = {
    "idx": ("gzip, by hand", idx_by_hand),
    "npz": ("numpy.savez", numpy_savez),
    "parquet": ("datasets", datasets_parquet),
    "imagefolder": ("Pillow", pillow_files),
    "tfds": ("tfds.SequentialWriter", tfds_sequential),
    "webdataset": ("webdataset.TarWriter", webdataset_tar),
}


def drawing(wanted: LabelledImages) -> Callable[[], Any]:
    """Drawing as many images of the same classes from a generator of the standard size."""
    from gan_core.gan.drawing import draw
    from gan_core.gan.networks import Generator

    generator = Generator(GanSettings(), shape=wanted.shape, classes=len(wanted.class_names), seed=0)
    return lambda: list(draw(generator, wanted.labels, seed=0))


def compete(images: LabelledImages, turns: int, formats: Sequence[str]) -> pd.DataFrame:
    """Images a second of each contestant (columns) in each turn (rows); the first turn, which compiles, is left out."""
    draw = drawing(images)
    contestants: dict[tuple[str, str], Writer] = {(DRAWING, "us"): lambda folder, images: draw()}
    for name in formats:
        contestants |= {(name, "us"): ours(name), (name, "reference"): REFERENCES[name][1]}
    with tempfile.TemporaryDirectory() as files:
        rows = [
            {who: speed(write, images, Path(files, *who, str(turn))) for who, write in contestants.items()}
            for turn in range(turns + 1)
        ]
    return pd.DataFrame(rows[1:])


def speed(write: Writer, images: LabelledImages, folder: Path) -> float:
    """Images a second of one turn, which writes into a new folder."""
    folder.mkdir(parents=True)
    started = time.perf_counter()
    write(folder, images)
    return len(images) / (time.perf_counter() - started)


def summarise(turns: pd.DataFrame) -> pd.DataFrame:
    """Median speeds, and within a turn: how much faster we write than the reference, and than we draw."""
    rows = {}
    for name, (reference, _) in REFERENCES.items():
        if (name, "us") not in turns:
            continue
        we, they, drawn = turns[(name, "us")], turns[(name, "reference")], turns[(DRAWING, "us")]
        rows[name] = {
            "we, images/s": we.median(),
            "reference": reference,
            "images/s": they.median(),
            "we: times": (we / they).median(),
            "±": (we / they).std(),
            "writing: times drawing": (we / drawn).median(),
            "± ": (we / drawn).std(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def found(turns: pd.DataFrame, images: int, shape: ImageShape) -> list[Result]:
    """The rows of all formats, and of drawing."""
    drawn = turns[(DRAWING, "us")]
    setting = (
        f"{images:,} real images of {shape}, medians of {len(turns)} turns; "
        "ratios within each turn, spread over the turns"
    )
    own = [Result(setting, "drawing by a generator of the standard width", "images/s", drawn.median(), drawn.std())]
    for name, row in summarise(turns).iterrows():
        usual = row["reference"]
        own += [
            Result(setting, f"{name}", "images/s", row["we, images/s"]),
            Result(setting, f"{name} by {usual}", "images/s", row["images/s"]),
            Result(
                setting, f"{name} beside {usual}", "writing: this project is times as fast", row["we: times"], row["±"]
            ),
            Result(
                *(setting, f"{name} beside drawing", "writing: times as fast as drawing"),
                *(row["writing: times drawing"], row["± "]),
            ),
        ]
    return own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    results_option(parser)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--formats", nargs="+", choices=REFERENCES, default=list(REFERENCES))
    chosen = parser.parse_args()
    if chosen.turns < 2:
        parser.error("expected at least two turns, to say how they differ")
    results = ResultTable("exports", chosen.results)
    images = real_images(chosen.source).train.take(np.arange(chosen.images))
    turns = compete(images, chosen.turns, chosen.formats)
    drawn = turns[(DRAWING, "us")]
    print(f"drawing: {drawn.median():,.0f} images/s ± {drawn.std():,.0f}")
    print(summarise(turns).to_string(float_format="{:,.2f}".format))
    results.append(found(turns, chosen.images, images.shape))


if __name__ == "__main__":
    main()
