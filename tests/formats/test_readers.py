"""Every format of an export, opened pixel for pixel by the library that people read it with."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import keras
import mlcroissant as mlc
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from exported import (
    COLOUR,
    GREY,
    NAMES,
    assert_holds,
    drawn_in_one_go,
    exported,
    rdflib_warns,
    untrained_generator,
)
from huggingface_hub import DatasetCard
from PIL import Image

from gan_core.config import ExportSettings
from gan_core.descriptions.dataset_card import HUB_PATHS
from gan_core.exports.shards import Export, ExportSplit
from gan_core.formats import FORMATS
from gan_core.formats.webdataset import images_in_tar
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.parsing.idx_arrays import read_idx

Loader = Callable[..., Any]
pandas_warns = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")  # of mlcroissant's calls


@pytest.fixture(scope="module", params=[GREY, COLOUR], ids=str)
def shape(request: pytest.FixtureRequest) -> ImageShape:
    """That of the pictures, each test's turn by turn."""
    return request.param


@pytest.fixture(scope="module")
def dataset(shape: ImageShape, dataset: Path, request: pytest.FixtureRequest) -> Path:
    """The export of such pictures; not to be changed."""
    return dataset if shape == GREY else request.getfixturevalue("colour_dataset")


@pytest.fixture(scope="module")
def drawn(
    shape: ImageShape, drawn: dict[str, LabelledImages], request: pytest.FixtureRequest
) -> dict[str, LabelledImages]:
    """What its splits must hold."""
    return drawn if shape == GREY else drawn_in_one_go(request.getfixturevalue("colour_generator"))


@pytest.fixture
def load_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    """Hugging Face's loader, offline, with its caches in a temporary folder."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()

    def load(*names: str, **options: Any) -> Any:
        return datasets.load_dataset(*names, cache_dir=str(tmp_path / "cache"), **options)

    return load


grey_alone = pytest.mark.parametrize("shape", [GREY], indirect=True, ids=str)


def unzipped(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """The pictures and the labels of rows that are mappings."""
    pairs = [(np.asarray(row["image"]), row["label"]) for row in rows]
    return np.stack([image for image, _ in pairs]), np.array([label for _, label in pairs])


@grey_alone
def test_keras_opens_the_idx_files(dataset: Path, drawn: dict[str, LabelledImages], tmp_path: Path) -> None:
    load = (
        "import keras, numpy as np; (a, b), (c, d) = keras.datasets.fashion_mnist.load_data(); "
        "np.savez('all', a, b, c, d)"
    )
    environment = os.environ | {"KERAS_HOME": str(dataset / "idx")}
    before = sorted(path for path in dataset.rglob("*") if path.name != "keras.json")
    subprocess.run([sys.executable, "-c", load], cwd=tmp_path, env=environment, check=True)
    (dataset / "idx" / "keras.json").unlink(missing_ok=True)  # Keras leaves its settings in its home
    assert sorted(dataset.rglob("*")) == before, "it fetched something"
    with np.load(tmp_path / "all.npz") as arrays:
        assert_holds(arrays["arr_0"], arrays["arr_1"], drawn["train"])
        assert_holds(arrays["arr_2"], arrays["arr_3"], drawn["test"])


@grey_alone
def test_the_plain_idx_files_lie_where_torchvision_reads_them(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    folder = dataset / "idx" / "FashionMNIST" / "raw"
    for prefix, name in (("train", "train"), ("t10k", "test")):
        images, labels = (folder / f"{prefix}-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1"))
        split = drawn[name]
        assert images.read_bytes()[:16] == bytes([0, 0, 8, 3]) + np.array((len(split), 28, 28), ">u4").tobytes()
        assert images.read_bytes()[16:] == split.images.tobytes()
        assert (
            labels.read_bytes() == bytes([0, 0, 8, 1]) + np.array(len(split), ">u4").tobytes() + split.labels.tobytes()
        )


def test_numpy_opens_the_npz(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    with np.load(dataset / "npz" / "dataset.npz", allow_pickle=False) as arrays:
        for name, split in drawn.items():
            assert arrays[f"x_{name}"].shape == (len(split), *split.shape.stored)
            assert_holds(arrays[f"x_{name}"], arrays[f"y_{name}"], split)


def test_pandas_opens_the_parquet_files(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    for name, split in drawn.items():
        files = sorted((dataset / "parquet" / "data").glob(f"{name}-*.parquet"))
        frame = pd.concat(map(pd.read_parquet, files))
        images = [np.asarray(Image.open(BytesIO(image["bytes"]))) for image in frame["image"]]
        assert_holds(np.stack(images), frame["label"].to_numpy(), split)


def test_keras_opens_the_image_folder(dataset: Path, drawn: dict[str, LabelledImages], shape: ImageShape) -> None:
    for name, split in drawn.items():
        loaded = keras.utils.image_dataset_from_directory(
            dataset / "imagefolder" / name,
            color_mode="grayscale" if shape == GREY else "rgb",
            image_size=(shape.height, shape.width),
            batch_size=None,
            shuffle=False,
            verbose=False,
        )
        images, labels = zip(*loaded.as_numpy_iterator(), strict=True)
        by_class = np.argsort(split.labels, kind="stable")  # the loader goes from folder to folder
        assert_holds(np.stack(images), np.array(labels), split.take(by_class))


@grey_alone
def test_torchvision_reads_the_plain_idx_files(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    if importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed; the layout that it reads is checked above")
    from torchvision.datasets import FashionMNIST

    for name, split in drawn.items():
        loaded = FashionMNIST(str(dataset / "idx"), train=name == "train", download=False)
        assert_holds(loaded.data.numpy(), loaded.targets.numpy(), split)


def test_datasets_opens_the_parquet_files(
    dataset: Path, drawn: dict[str, LabelledImages], load_dataset: Loader
) -> None:
    loaded = load_dataset(str(dataset / "parquet"))
    assert set(loaded) == set(drawn)
    for name, split in drawn.items():
        assert loaded[name].features["label"].names == list(NAMES)
        assert_holds(*unzipped(loaded[name]), split)


def test_datasets_opens_the_whole_export_by_its_card(
    dataset: Path, drawn: dict[str, LabelledImages], load_dataset: Loader
) -> None:
    loaded = load_dataset(str(dataset))
    assert set(loaded) == set(drawn)
    for name, split in drawn.items():
        assert loaded[name].features["label"].names == list(NAMES)
        assert_holds(*unzipped(loaded[name]), split)


def test_datasets_opens_the_image_folder(dataset: Path, drawn: dict[str, LabelledImages], load_dataset: Loader) -> None:
    for name, split in drawn.items():
        loaded = load_dataset("imagefolder", data_dir=str(dataset / "imagefolder" / name), split="train")
        assert loaded.features["label"].names[0] == "0_t-shirt-top"
        by_class = np.argsort(split.labels, kind="stable")  # the loader goes from folder to folder
        assert_holds(*unzipped(loaded), split.take(by_class))


@pytest.fixture(scope="module")
def namesakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Two exports of other data under one name, as all formats together and with the hub's formats alone."""
    folder = tmp_path_factory.mktemp("namesakes")
    generators = [
        untrained_generator(folder / f"{letter}.npz", class_names=tuple(f"{letter} {n}" for n in range(10)))
        for letter in "ab"
    ]
    return {
        kind: [
            exported(
                generator,
                folder / kind / generator.stem / "dataset",
                formats=formats,
                settings=ExportSettings(per_class=3, test_per_class=1, seed=seed),
            )
            for seed, generator in enumerate(generators)
        ]
        for kind, formats in (("all", tuple(FORMATS)), *((name, ("npz", name)) for name in HUB_PATHS))
    }


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        *((kind, ("{}",)) for kind in ("all", *HUB_PATHS)),
        *(("all", (f"{{}}/{name}",)) for name in HUB_PATHS),
        ("all", ("imagefolder", "{}/imagefolder/train")),
    ],
)
def test_datasets_takes_no_export_for_another_of_the_same_name(
    namesakes: dict[str, list[Path]], load_dataset: Loader, kind: str, place: tuple[str, ...]
) -> None:
    for letter, folder in zip("ab", namesakes[kind], strict=True):
        name, *within = (part.format(folder) for part in place)
        loaded = load_dataset(name, split="train", **({"data_dir": within[0]} if within else {}))
        image, label = ("png", "cls") if "png" in loaded.features else ("image", "label")
        with np.load(folder / "npz" / "dataset.npz") as arrays:
            expected = sorted(map(bytes, arrays["x_train"]))
        assert sorted(bytes(np.asarray(picture)) for picture in loaded[image]) == expected
        names = getattr(loaded.features[label], "names", [letter])
        assert all(letter in name for name in names)


def test_the_card_of_other_data_has_another_head(namesakes: dict[str, list[Path]]) -> None:
    heads = [DatasetCard.load(folder / "README.md").data.to_dict() for folder in namesakes["all"]]
    assert heads[0]["dataset_info"]["splits"] == [
        {"name": "train", "num_bytes": ANY, "num_examples": 30},
        {"name": "test", "num_bytes": ANY, "num_examples": 10},
    ]
    assert heads[0]["configs"][0]["description"] != heads[1]["configs"][0]["description"]


def test_the_card_has_the_figures_that_datasets_finds(dataset: Path, load_dataset: Loader) -> None:
    told = DatasetCard.load(dataset / "README.md").data.to_dict()["dataset_info"]
    found = load_dataset(str(dataset / "parquet"))["train"].info  # which knows no card
    assert told["splits"] == [
        {"name": name, "num_bytes": split.num_bytes, "num_examples": split.num_examples}
        for name, split in found.splits.items()
    ]
    assert (told["download_size"], told["dataset_size"]) == (found.download_size, found.dataset_size)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # it leaves the last one open
@pytest.mark.parametrize("workers", [2, 4, 16])
def test_many_workers_read_each_image_of_the_tar_files_once(
    dataset: Path, drawn: dict[str, LabelledImages], monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    import webdataset

    monkeypatch.setenv("NUM_WORKERS", str(workers))
    for name, split in drawn.items():
        paths = [str(path) for path in sorted((dataset / "webdataset").glob(f"{name}-*.tar"))]
        read = []
        for worker in range(workers):
            monkeypatch.setenv("WORKER", str(worker))
            loaded = webdataset.WebDataset(paths, shardshuffle=False).decode("l8").to_tuple("__key__", "cls")
            read += list(loaded)
        assert sorted(read) == [(f"{number:08d}", label) for number, label in enumerate(split.labels.tolist())]


@pytest.mark.parametrize(
    ("images", "each", "tars"),
    [(5, 250, 1), (63, 250, 1), (64, 2, 32), (640, 25, 26), (10**4, 625, 16), (10**7, 10**4, 1000)],
)
def test_a_split_has_enough_tar_files_for_many_workers_and_no_more_than_it_must(
    images: int, each: int, tars: int
) -> None:
    split = ExportSplit("train", images, 250 if images < 10**4 else 10**4, Path(), real=False)
    assert images_in_tar(split) == each and -(-images // each) == tars


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # it leaves the last one open
def test_webdataset_opens_the_tar_files(dataset: Path, drawn: dict[str, LabelledImages], shape: ImageShape) -> None:
    import webdataset

    for name, split in drawn.items():
        paths = [str(path) for path in sorted((dataset / "webdataset").glob(f"{name}-*.tar"))]
        loaded = webdataset.WebDataset(paths, shardshuffle=False, empty_check=True)
        images, labels = zip(*loaded.decode("l8" if shape == GREY else "rgb8").to_tuple("png", "cls"), strict=True)
        assert_holds(np.stack(images), np.array(labels), split)


def test_tensorflow_datasets_opens_the_records(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(str(dataset / "tfds"))
    assert builder.info.features["label"].names == list(NAMES)
    assert {name: split.num_examples for name, split in builder.info.splits.items()} == {"train": 640, "test": 70}
    in_order = tfds.ReadConfig(interleave_cycle_length=1)
    for name, split in drawn.items():
        loaded = tfds.as_numpy(builder.as_dataset(split=name, shuffle_files=False, read_config=in_order))
        images, labels = unzipped(loaded)
        assert_holds(images, labels, split)


def test_tensorflow_datasets_loads_by_name_in_pairs(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    import tensorflow_datasets as tfds

    before = sorted(dataset.rglob("*"))
    for name, split in drawn.items():
        options: dict[str, Any] = {"split": name, "as_supervised": True, "shuffle_files": False}
        in_order = tfds.ReadConfig(interleave_cycle_length=1)
        loaded, info = tfds.load(
            "synthetic_images", data_dir=str(dataset / "tfds"), read_config=in_order, with_info=True, **options
        )
        opened = tfds.builder_from_directory(str(dataset / "tfds")).as_dataset(read_config=in_order, **options)
        for pairs in (loaded, opened):
            images, labels = zip(*tfds.as_numpy(pairs), strict=True)
            assert_holds(np.stack(images), np.array(labels), split)
        assert info.features["label"].names == list(NAMES)
    assert sorted(dataset.rglob("*")) == before


def test_tensorflow_opens_the_records(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    described = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}
    for name, split in drawn.items():
        paths = sorted(map(str, (dataset / "tfds").glob(f"*-{name}.tfrecord-*")))
        records = tf.data.TFRecordDataset(paths).map(lambda record: tf.io.parse_single_example(record, described))
        images, labels = zip(
            *((tf.io.decode_png(row["image"]).numpy(), row["label"].numpy()) for row in records), strict=True
        )
        assert_holds(np.stack(images), np.array(labels), split)


def croissant_of(folder: Path) -> mlc.Dataset:
    return mlc.Dataset(jsonld=folder / "croissant.json")


def fetched(of: mlc.Dataset) -> dict[str, Any]:
    """The step that brings each file and checks its digest, which mlcroissant itself takes before it reads records."""
    steps = {step.node.id: step for step in of.operations.operations if type(step).__name__ == "Download"}
    assert steps.keys() == {file.id for file in of.metadata.file_objects}
    return steps


def records(of: mlc.Dataset, name: str) -> Iterator[dict[str, Any]]:
    for record in of.records(name):
        yield {key.rpartition("/")[2]: value for key, value in record.items()}


@rdflib_warns
def test_croissant_is_valid_and_names_every_file_with_its_digest(dataset: Path) -> None:
    issues = croissant_of(dataset).metadata.ctx.issues
    assert not issues.errors and not issues.warnings
    manifest = json.loads((dataset / "manifest.json").read_text())
    listed = {file.id: file.sha256 for file in croissant_of(dataset).metadata.file_objects}
    pictures = {name for name in manifest["files"] if name.endswith(".png")}
    assert listed.keys() == manifest["files"].keys() - pictures - {"croissant.json"}
    assert all(manifest["files"][name]["sha256"] == digest for name, digest in listed.items())


@rdflib_warns
@pandas_warns
def test_mlcroissant_reads_the_splits(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    described = croissant_of(dataset)
    for name, split in drawn.items():
        assert_holds(*unzipped(records(described, f"parquet-{name}")), split)
        by_class = np.argsort(split.labels, kind="stable")
        images, labels = unzipped(records(described, f"imagefolder-{name}"))
        assert_holds(images[..., : split.shape.channels], labels, split.take(by_class))
        assert split.shape == COLOUR or (images == images[..., :1]).all()  # it makes three equal channels of one
    assert [record["name"] for record in records(described, "classes")] == list(NAMES)


@rdflib_warns
@pandas_warns
def test_mlcroissant_reads_each_parquet_file_alone(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    described = croissant_of(dataset)
    for name, parts in (("train", 3), ("test", 1)):
        rows = [row for n in range(parts) for row in records(described, f"parquet-{name}-{n:05d}-of-{parts:05d}")]
        assert_holds(*unzipped(rows), drawn[name])


@rdflib_warns
@pandas_warns
def test_mlcroissant_refuses_every_file_with_another_digest(dataset: Path, tmp_path: Path) -> None:
    for file in fetched(croissant_of(dataset)).values():
        file.call()
    described = json.loads((dataset / "croissant.json").read_text())
    for file in described["distribution"]:
        file |= {"sha256": "0" * 64} if "sha256" in file else {}
    (tmp_path / "croissant.json").write_text(json.dumps(described))
    for path in dataset.iterdir():
        if path.name != "croissant.json":
            (tmp_path / path.name).symlink_to(path)
    changed = croissant_of(tmp_path)
    for file in fetched(changed).values():
        with pytest.raises(ValueError, match="is not identical"):
            file.call()
    with pytest.raises(mlc.GenerationError) as refused:
        list(changed.records("parquet-train-00000-of-00003"))
    assert "is not identical" in str(refused.value.__cause__)


def test_the_hub_accepts_the_card(dataset: Path) -> None:
    card = DatasetCard.load(dataset / "README.md")
    assert card.data.to_dict()["license"] == "unknown"
    assert card.data.to_dict()["configs"][0]["data_files"][0]["split"] == "train"
    assert "**synthetic**" in card.text


@grey_alone
def test_gzipped_members_are_one_file_for_our_own_reader(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    path = dataset / "idx" / "datasets" / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    assert np.array_equal(read_idx(path, 3), drawn["train"].images[..., 0])


@pytest.mark.parametrize("shape", [ImageShape(28, 20, 3), ImageShape(8, 8, 1)], ids=str)
def test_records_are_described_as_tensorflow_datasets_would(tmp_path: Path, shape: ImageShape) -> None:
    import tensorflow_datasets as tfds

    ours, theirs, names = tmp_path / "ours", tmp_path / "theirs", ('Ä “q” "', "two words", "3")
    export = Export(
        (
            ExportSplit("train", 25, 10, tmp_path, real=False),
            ExportSplit("test", 7, 10, tmp_path, real=True),
        ),
        names,
        shape,
    )
    sizes = {"train": 0, "test": 0}
    for split in export.splits:
        for shard in range(split.shards):
            name = f"synthetic_images-{split.name}.tfrecord-{shard:05d}-of-{split.shards:05d}"
            for folder in (ours, theirs):
                folder.mkdir(exist_ok=True)
                (folder / name).write_bytes(bytes(100 + shard))
            sizes[split.name] += 100 + shard

    FORMATS["tfds"].finish(ours, export)
    tfds.folder_dataset.write_metadata(
        data_dir=str(theirs),
        features=tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=tuple(shape), dtype=np.uint8, encoding_format="png"),
                "label": tfds.features.ClassLabel(names=list(names)),
            }
        ),
        split_infos=[
            tfds.core.SplitInfo(
                name=split.name,
                shard_lengths=[len(split.range(shard)) for shard in range(split.shards)],
                num_bytes=sizes[split.name],
                filename_template=tfds.core.ShardedFileTemplate(
                    data_dir="", dataset_name="synthetic_images", split=split.name, filetype_suffix="tfrecord"
                ),
            )
            for split in export.splits
        ],
        version="1.0.0",
        description="Labelled images, some or all of them synthetic; the card beside this folder says which.",
        supervised_keys=("image", "label"),
        check_data=False,
    )

    described = sorted(path.name for path in theirs.iterdir() if ".tfrecord" not in path.name)
    assert described == ["dataset_info.json", "features.json", "label.labels.txt"]
    for name in described:
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()
