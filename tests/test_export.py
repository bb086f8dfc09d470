"""Laws of exports: every format holds the drawn images pixel for pixel, whatever happened on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import striped_images
from PIL import Image

from gan_core.config import ExportSettings, GanSettings
from gan_core.drawing import GeneratorCard, draw, plan_labels, save_generator
from gan_core.errors import BadInput
from gan_core.idx import read_idx
from gan_core.images import LabelledImages
from gan_core.networks import Generator
from tasks.destination import staged
from tasks.finish_export import finish_export
from tasks.formats import FORMATS
from tasks.formats.png import folder_names
from tasks.plan_export import ExportPlan, plan_export
from tasks.shards import Split
from tasks.verify import Unsound, verify_export
from tasks.write_shard import write_shard

SETTINGS = ExportSettings(per_class=60, counts={"6": 100}, test_per_class=7, shard_images=250, seed=3)
NAMES = ("T-shirt/top", "..", "Çà et là", "コート", "5", "Sandal", "a b", "x" * 300, "CON", "Ankle boot")


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an untrained generator of ten classes with difficult names."""
    gan = GanSettings(generator_width=8, latent_size=8)
    path = tmp_path_factory.mktemp("generator") / "generator.npz"
    card = GeneratorCard(gan=gan, side=28, class_names=NAMES, data_digest="d" * 64, seed=1)
    save_generator(path, Generator(gan, side=28, classes=10, seed=1), card)
    return path


def exported(generator: Path, out: Path, *, backwards: bool = False) -> Path:
    """An export made shard by shard, without Prefect."""
    plan = plan_export.fn(generator, tuple(FORMATS), SETTINGS)
    with staged(out, plan.identity, overwrite=False) as staging:
        write_shards(plan, staging, backwards)
        finish_export.fn(plan, SETTINGS, staging=staging)
    return out


def write_shards(plan: ExportPlan, staging: Path, backwards: bool = False) -> None:
    numbered = [(split, shard) for split in plan.export.splits for shard in range(split.shards)]
    for split, shard in reversed(numbered) if backwards else numbered:
        write_shard.fn(split, shard, formats=plan.formats, staging=staging)


@pytest.fixture(scope="module")
def dataset(generator: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(generator, tmp_path_factory.mktemp("export") / "dataset")


@pytest.fixture(scope="module")
def drawn(generator: Path) -> dict[str, LabelledImages]:
    """What the splits must hold, drawn in one go."""
    from gan_core.drawing import load_generator

    network, _ = load_generator(generator)
    counts = dict.fromkeys(range(10), 60) | {6: 100}
    return {
        name: LabelledImages(np.concatenate(list(draw(network, labels, seed, spread=1.1))), labels, NAMES)
        for name, labels, seed in (
            ("train", plan_labels(counts, 3), 3),
            ("test", plan_labels(dict.fromkeys(range(10), 7), 1_000_004), 1_000_004),
        )
    }


def assert_holds(images: np.ndarray, labels: np.ndarray, split: LabelledImages) -> None:
    assert np.array_equal(images, split.images)
    assert np.array_equal(labels, split.labels)


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


def test_the_plain_idx_files_lie_where_torchvision_reads_them(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    folder = dataset / "idx" / "FashionMNIST" / "raw"
    for prefix, name in (("train", "train"), ("t10k", "test")):
        images, labels = (folder / f"{prefix}-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1"))
        split = drawn[name]
        assert images.read_bytes()[:16] == bytes([0, 0, 8, 3]) + np.array(split.images.shape, ">u4").tobytes()
        assert images.read_bytes()[16:] == split.images.tobytes()
        assert (
            labels.read_bytes() == bytes([0, 0, 8, 1]) + np.array(len(split), ">u4").tobytes() + split.labels.tobytes()
        )


def test_numpy_opens_the_npz(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    with np.load(dataset / "npz" / "dataset.npz", allow_pickle=False) as arrays:
        for name, split in drawn.items():
            assert_holds(arrays[f"x_{name}"], arrays[f"y_{name}"], split)


def test_pandas_opens_the_parquet_files(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    for name, split in drawn.items():
        files = sorted((dataset / "parquet" / "data").glob(f"{name}-*.parquet"))
        frame = pd.concat(map(pd.read_parquet, files))
        images = [np.asarray(Image.open(BytesIO(image["bytes"]))) for image in frame["image"]]
        assert_holds(np.stack(images), frame["label"].to_numpy(), split)


def test_keras_opens_the_image_folder(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    for name, split in drawn.items():
        loaded = keras.utils.image_dataset_from_directory(
            dataset / "imagefolder" / name,
            color_mode="grayscale",
            image_size=(28, 28),
            batch_size=None,
            shuffle=False,
            verbose=False,
        )
        images, labels = zip(*loaded.as_numpy_iterator(), strict=True)
        by_class = np.argsort(split.labels, kind="stable")  # the loader goes from folder to folder
        assert_holds(np.stack(images)[..., 0], np.array(labels), split.take(by_class))


def test_tar_files_hold_pairs_with_one_key(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    for name, split in drawn.items():
        contents: dict[str, bytes] = {}
        for path in sorted((dataset / "webdataset").glob(f"{name}-*.tar")):
            with tarfile.open(path) as archive:
                for entry in archive:
                    file = archive.extractfile(entry)
                    assert file is not None
                    contents[entry.name] = file.read()
        keys = sorted({key.partition(".")[0] for key in contents})
        images = np.stack([np.asarray(Image.open(BytesIO(contents[f"{key}.png"]))) for key in keys])
        assert_holds(images, np.array([int(contents[f"{key}.cls"]) for key in keys]), split)


def test_every_format_reads_back_what_it_wrote(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    for name, module in FORMATS.items():
        for split, expected in drawn.items():
            images, labels = zip(*module.read(dataset / name, split), strict=True)
            assert_holds(np.stack(images), np.array(labels), expected)


def test_the_order_of_the_shards_leaves_no_trace(dataset: Path, generator: Path, tmp_path: Path) -> None:
    other = exported(generator, tmp_path / "other", backwards=True)
    assert (other / "SHA256SUMS").read_bytes() == (dataset / "SHA256SUMS").read_bytes()


def test_checksums_are_as_sha256sum_wants_them(dataset: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=dataset, check=True)


def test_manifest_and_card_say_what_is_synthetic(dataset: Path) -> None:
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert {split["made_by"] for split in manifest["splits"].values()} == {"generator"}
    assert manifest["splits"]["train"]["counts"]["a b"] == 100
    assert "**synthetic**" in (dataset / "README.md").read_text()


def test_real_test_images_are_called_real(tmp_path: Path, generator: Path) -> None:
    real = striped_images(300, seed=5)
    real.save(tmp_path / "test.npz")
    split = Split("test", 300, 250, tmp_path / "test.npz", real=True)
    assert np.array_equal(np.concatenate([split.load(n).images for n in (0, 1)]), real.images)


def test_verify_finds_a_sound_dataset_sound(dataset: Path) -> None:
    assert "710 images" in verify_export(dataset)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda folder: (folder / "npz" / "dataset.npz").unlink(), "dataset.npz"),
        (lambda folder: (folder / "stranger").write_text("x"), "stranger"),
        (lambda folder: (folder / "README.md").write_text("x"), "README.md"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "manifest.json"),
        (lambda folder: shutil.rmtree(folder), "manifest.json"),
    ],
)
def test_verify_names_what_is_wrong(
    dataset: Path, tmp_path: Path, damage: Callable[[Path], object], named: str
) -> None:
    copy = shutil.copytree(dataset, tmp_path / "copy")
    damage(copy)
    with pytest.raises(Unsound, match=named):
        verify_export(copy)


def test_verify_reads_the_labels_and_not_only_the_digests(generator: Path, tmp_path: Path) -> None:
    """A dataset whose digests fit but whose manifest counts other classes."""
    folder = exported(generator, tmp_path / "dataset")
    manifest = json.loads((folder / "manifest.json").read_text())
    counts = manifest["splits"]["train"]["counts"]
    counts["Sandal"], counts["a b"] = counts["a b"], counts["Sandal"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    sums = (folder / "SHA256SUMS").read_text().splitlines()
    digest = subprocess.run(["sha256sum", "manifest.json"], cwd=folder, capture_output=True, text=True, check=True)
    kept = [line for line in sums if not line.endswith("  manifest.json")]
    (folder / "SHA256SUMS").write_text("\n".join(sorted([*kept, digest.stdout.strip()])) + "\n")
    with pytest.raises(Unsound, match="Sandal"):
        verify_export(folder)


def test_a_failed_export_leaves_the_destination_absent_and_goes_on(
    dataset: Path, generator: Path, tmp_path: Path
) -> None:
    plan = plan_export.fn(generator, tuple(FORMATS), SETTINGS)
    out = tmp_path / "dataset"
    with pytest.raises(ZeroDivisionError), staged(out, plan.identity, overwrite=False) as staging:
        _ = write_shard.fn(plan.export.splits[0], 1, formats=plan.formats, staging=staging) / 0
    assert not out.exists()
    assert (exported(generator, out) / "SHA256SUMS").read_bytes() == (dataset / "SHA256SUMS").read_bytes()
    assert list(tmp_path.iterdir()) == [out]


def test_what_is_there_is_replaced_only_when_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious").write_text("x")
    with pytest.raises(BadInput, match="--overwrite"), staged(out, "i" * 64, overwrite=False):
        raise AssertionError("not refused")
    with staged(out, "i" * 64, overwrite=True) as staging:
        (staging / "new").write_text("y")
    assert [path.name for path in out.iterdir()] == ["new"] and list(tmp_path.iterdir()) == [out]


def test_folder_names_sort_like_the_classes_and_stay_inside() -> None:
    names = folder_names(NAMES)
    assert names == sorted(set(names)) and len(names) == len(NAMES)
    assert names[0] == "0_t-shirt-top"
    for name in names:
        assert Path(name).name == name and name.isascii() and "." not in name and len(name) < 50
    assert folder_names([""] * 12)[0] == "00"


def test_a_killed_command_goes_on_and_ends_the_same(dataset: Path, generator: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flows.command_line", "export", "--generator", str(generator), "--out", "dataset"]
    command += ["--format", ",".join(FORMATS), "--per-class", "60", "--counts", "6=100", "--test-per-class", "7"]
    command += ["--shard-images", "250", "--seed", "3"]
    root = str(Path(__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": root, "PREFECT_HOME": str(tmp_path / "prefect"), "NO_PROXY": "*"}
    (tmp_path / "work").mkdir()

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, cwd=tmp_path / "work", env=environment, start_new_session=True)

    first = start()
    while first.poll() is None and not list(tmp_path.glob("work/.dataset.*/.done/*")):
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL, "it ended before it could be killed"
    assert not (tmp_path / "work" / "dataset").exists()
    assert start().wait(timeout=240) == 0
    assert (tmp_path / "work" / "dataset" / "SHA256SUMS").read_bytes() == (dataset / "SHA256SUMS").read_bytes()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({"counts": {"10": 3}}, "classes 0 to 9"), ({"per_class": 0}, "at least one image")],
)
def test_what_cannot_be_drawn_is_refused(generator: Path, settings: dict, expected: str) -> None:
    with pytest.raises(BadInput, match=expected):
        plan_export.fn(generator, ("npz",), ExportSettings(**settings))


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04 half of one"])
def test_what_is_no_generator_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "generator.npz").write_bytes(content)
    with pytest.raises(BadInput, match=r"^Expected a generator"):
        plan_export.fn(tmp_path / "generator.npz", ("npz",), ExportSettings())


def test_an_unknown_format_is_refused(generator: Path) -> None:
    with pytest.raises(BadInput, match="webdataset, got csv"):
        plan_export.fn(generator, ("csv",), ExportSettings())


def test_an_unconditional_generator_is_refused(tmp_path: Path) -> None:
    gan = GanSettings(generator_width=8, latent_size=8, conditional=False)
    card = GeneratorCard(gan=gan, side=28, class_names=NAMES, data_digest="d" * 64, seed=1)
    save_generator(tmp_path / "generator.npz", Generator(gan, side=28, classes=10, seed=1), card)
    with pytest.raises(BadInput, match="unconditional"):
        plan_export.fn(tmp_path / "generator.npz", ("npz",), ExportSettings())


def test_gzipped_members_are_one_file_for_our_own_reader(dataset: Path, drawn: dict[str, LabelledImages]) -> None:
    path = dataset / "idx" / "datasets" / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    assert np.array_equal(read_idx(path, dimensions=3), drawn["train"].images)
