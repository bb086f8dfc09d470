"""Laws of exports: every format holds the drawn images, whatever happened on the way; test_readers.py opens them."""

import html
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import striped_images, surroundings
from exported import (
    COLOUR,
    GREY,
    NAMES,
    OPTIONS,
    SETTINGS,
    assert_holds,
    drawn_in_one_go,
    exported,
    formats_for,
    rdflib_warns,
    untrained_generator,
)
from killed import Command
from markdown_it import MarkdownIt

from gan_core.config import DataSettings, Experiment, ExportSettings
from gan_core.descriptions.dataset_card import escape_markdown
from gan_core.errors import BadInput
from gan_core.exports.class_folders import folder_names
from gan_core.exports.shards import ExportSplit, planned
from gan_core.files import sha256
from gan_core.formats import EXTRAS, FORMATS
from gan_core.gan.generator_card import read_card
from gan_core.images.decode import decode
from gan_core.images.shape import ImageShape
from gan_core.sources.listing import files_in
from tasks.data.download import download
from tasks.data.normalize import normalize
from tasks.export.plan_export import plan_export
from tasks.export.staging import staged
from tasks.export.verify_export import Damaged, read_pictures, verify_export
from tasks.export.write_shard import write_shard
from tasks.runs.run_folder import Run


@pytest.mark.parametrize("shape", [GREY, COLOUR], ids=str)
def test_every_format_reads_back_what_it_wrote(shape: ImageShape, request: pytest.FixtureRequest) -> None:
    kind = "" if shape == GREY else "colour_"
    dataset = request.getfixturevalue(f"{kind}dataset")
    for split, expected in drawn_in_one_go(request.getfixturevalue(f"{kind}generator")).items():
        for name in formats_for(shape):
            pictures = list(read_pictures(dataset / name, name, split))
            assert np.array_equal([decode(picture.content) for picture in pictures], expected.images)
            assert [picture.label for picture in pictures] == expected.labels.tolist()


def test_the_order_of_the_shards_leaves_no_trace(dataset: Path, generator: Path, tmp_path: Path) -> None:
    other = exported(generator, tmp_path / "other", backwards=True)
    assert (other / "SHA256SUMS").read_bytes() == (dataset / "SHA256SUMS").read_bytes()


def test_records_are_described_without_tensorflow_datasets(
    generator: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_export.fn(generator, ("tfds",), SETTINGS)
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)  # who imports it here fails
    for shard in (dataset / "tfds").glob("*.tfrecord-*"):
        shutil.copy(shard, tmp_path)
    FORMATS["tfds"].finish(tmp_path, plan.export)
    for name in files_in(dataset / "tfds"):
        assert (tmp_path / name).read_bytes() == (dataset / "tfds" / name).read_bytes()


def test_checksums_are_as_sha256sum_wants_them(dataset: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=dataset, check=True)


def test_manifest_and_card_say_what_is_synthetic(dataset: Path) -> None:
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert {split["made_by"] for split in manifest["splits"].values()} == {"generator"}
    assert manifest["splits"]["train"]["counts"]["a b"] == 100
    assert "**synthetic**" in (dataset / "README.md").read_text()


def test_real_images_are_taken_shard_by_shard(tmp_path: Path) -> None:
    real = striped_images(300, seed=5)
    real.save(tmp_path / "test.npz")
    split = ExportSplit("test", 300, 250, tmp_path / "test.npz", real=True)
    assert np.array_equal(np.concatenate([split.load(n).images for n in (0, 1)]), real.images)


def test_real_test_images_of_another_shape_than_the_drawn_ones_are_refused(
    colour_generator: Path, tmp_path: Path
) -> None:
    striped_images(30, seed=5).save(tmp_path / "test.npz")
    with pytest.raises(BadInput, match=r"of 20 x 12 pixels, RGB, .* got 28 x 28 pixels, grey; leave out --real-test"):
        planned(colour_generator, read_card(colour_generator), SETTINGS, tmp_path / "test.npz")


@pytest.mark.usefixtures("elsewhere")
def test_a_run_lends_its_figures_and_its_real_test_images_which_are_called_real(
    generator: Path, tiny_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path / "a-run")
    run.generator.parent.mkdir(parents=True)
    run.generator.write_bytes(generator.read_bytes())
    experiment = Experiment(source=str(tiny_source), data=DataSettings(validation_images=100))
    run.experiment.write_text(experiment.model_dump_json())
    rows = [("real", 0.9, 0.75), ("synthetic", 0.8125, np.nan), ("synthetic", 0.8175, np.nan)]
    report = pd.DataFrame(rows, columns=["taught_by", "accuracy", "label_fidelity"])
    report.assign(classifier="two-conv").to_parquet(tmp_path / "a-run" / "report.parquet")
    for task in (download, normalize):  # without Prefect
        monkeypatch.setattr(f"tasks.export.plan_export.{task.fn.__name__}", task.fn)

    settings = SETTINGS.model_copy(update={"real_test": True})
    out = exported(run.folder, tmp_path / "dataset", formats=("npz",), settings=settings)

    with np.load(out / "npz" / "dataset.npz") as arrays:
        assert_holds(arrays["x_test"], arrays["y_test"], striped_images(200, seed=2))
    manifest = json.loads((out / "manifest.json").read_text())
    assert {name: split["made_by"] for name, split in manifest["splits"].items()} == {
        "train": "generator",
        "test": "camera",
    }
    assert manifest["splits"]["test"]["seed"] is None and manifest["run_id"] == "a-run"
    assert manifest["splits"]["test"]["counts"] == dict.fromkeys(NAMES, 20)
    card = (out / "README.md").read_text()
    for told in (
        "with a real test split",
        "**real** test images",
        "81.50 ± 0.35 % (2 seeds)",
        "synthetic images: 75.00 %",
    ):
        assert told in card
    assert "test: 200 real images" in (out / "croissant.json").read_text()


@pytest.fixture(scope="module")
def few(generator: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few images in two formats; not to be changed."""
    settings = ExportSettings(per_class=2, test_per_class=1)
    out = tmp_path_factory.mktemp("few") / "dataset"
    return exported(generator, out, formats=("npz", "imagefolder"), settings=settings)


@rdflib_warns
@pytest.mark.parametrize("kind", ["dataset", "colour_dataset"])
def test_verify_finds_a_sound_dataset_sound(kind: str, request: pytest.FixtureRequest) -> None:
    assert "710 images" in verify_export(request.getfixturevalue(kind))


@rdflib_warns
def test_a_dataset_from_when_all_images_were_square_and_grey_is_found_sound(few: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(few, tmp_path / "copy")
    change_manifest(copy, lambda manifest: manifest.pop("shape") and manifest.update(side=28))
    assert "30 images" in verify_export(copy)


def test_the_descriptions_tell_size_and_colour(dataset: Path, colour_dataset: Path) -> None:
    for folder, shape in ((dataset, GREY), (colour_dataset, COLOUR)):
        assert json.loads((folder / "manifest.json").read_text())["shape"] == list(shape)
        for name in ("README.md", "croissant.json"):
            assert f"710 images of {shape} in 10 classes" in " ".join((folder / name).read_text().split())


@rdflib_warns
@pytest.mark.parametrize(
    "name",
    [
        *("idx/keras.json", ".DS_Store", "npz/.DS_Store", "Thumbs.db", "imagefolder/train/desktop.ini"),
        *("._README.md", "parquet/data/._x", ".ipynb_checkpoints/a.ipynb", ".cache/huggingface/x.lock"),
        *("__MACOSX/imagefolder/train/._0.png", ".0123456789ab.staging/npz/x", ".git/config", ".gitattributes"),
    ],
)
def test_verify_names_the_litter_of_others_and_finds_the_dataset_sound(few: Path, tmp_path: Path, name: str) -> None:
    copy = shutil.copytree(few, tmp_path / "copy")
    (copy / name).parent.mkdir(parents=True, exist_ok=True)
    (copy / name).write_text("x")
    assert verify_export(copy).endswith(f"sound; beside them lies {name}, which is no part of them")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "imagefolder/train/0_t-shirt-top/._x.png",
            "imagefolder/train/.ipynb_checkpoints/",
            "imagefolder/test/__MACOSX/",
        ),
        *("imagefolder/train/0_t-shirt-top/00000099.png", "imagefolder/test/10_new/", "imagefolder/train/metadata.csv"),
        *("parquet/data/train-x.parquet", "webdataset/train-000099.tar", "tfds/synthetic_images-train.tfrecord-9"),
        *("idx/FashionMNIST/raw/._x-ubyte", "npz/.cache/dataset.npz", "idx/datasets/fashion-mnist/._x.gz", ".env"),
    ],
)
def test_verify_refuses_what_a_reader_would_take_for_data(few: Path, tmp_path: Path, name: str) -> None:
    copy = shutil.copytree(few, tmp_path / "copy")
    (copy / name).parent.mkdir(parents=True, exist_ok=True)
    (copy / name).mkdir() if name.endswith("/") else (copy / name).write_text("x")
    with pytest.raises(Damaged, match=f"got {re.escape(name)}; remove it"):
        verify_export(copy)


def test_verify_is_quiet_needs_no_write_access_and_leaves_nothing(dataset: Path, tmp_path: Path) -> None:
    before = sorted(dataset.rglob("*"))
    code = (
        "from pathlib import Path; from tasks.export.verify_export import verify_export\n"
        f"verify_export(Path({str(dataset)!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, env=surroundings(), capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    assert sorted(dataset.rglob("*")) == before and not list(tmp_path.iterdir())


@rdflib_warns
@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda folder: (folder / "npz" / "dataset.npz").unlink(), "dataset.npz"),
        (lambda folder: (folder / "stranger").write_text("x"), "stranger"),
        (lambda folder: (folder / "README.md").write_text("x"), "README.md"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS"),
        (lambda folder: (folder / "SHA256SUMS").write_text(""), "SHA256SUMS, got another or a damaged file"),
        (lambda folder: (folder / "SHA256SUMS").write_bytes(b"\xff\n"), "SHA256SUMS, got another or a damaged file"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "manifest.json, got another or a damaged file"),
        (lambda folder: (folder / "manifest.json").write_text('{"a'), "manifest.json, got another or a damaged file"),
        (lambda folder: shutil.rmtree(folder), "manifest.json"),
    ],
)
def test_verify_names_what_is_wrong(
    dataset: Path, tmp_path: Path, damage: Callable[[Path], object], named: str
) -> None:
    copy = shutil.copytree(dataset, tmp_path / "copy")
    damage(copy)
    with pytest.raises(Damaged, match=named):
        verify_export(copy)


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest of a dataset, and have all digests fit again."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    for name, file in manifest["files"].items():
        file |= {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    names = [*manifest["files"], "manifest.json"]
    (folder / "SHA256SUMS").write_text("".join(f"{sha256(folder / name)}  {name}\n" for name in names))


def counted_otherwise(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    counts = manifest["splits"]["train"]["counts"]
    counts["Sandal"], counts["a b"] = counts["a b"], counts["Sandal"]
    (folder / "manifest.json").write_text(json.dumps(manifest))


def drawn_otherwise(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        with np.load(folder / "npz" / "dataset.npz") as arrays:
            changed = {name: change(array) if name[0] == "x" else array for name, array in arrays.items()}
        np.savez(folder / "npz" / "dataset.npz", allow_pickle=False, **changed)

    return rewrite


def described_otherwise(folder: Path) -> None:
    described = json.loads((folder / "croissant.json").read_text())
    described["distribution"][0]["sha256"] = "0" * 64
    (folder / "croissant.json").write_text(json.dumps(described))


@rdflib_warns
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (counted_otherwise, "Sandal"),
        (described_otherwise, "the digests of croissant.json"),
        (lambda folder: (folder / "croissant.json").write_text("{"), "a valid croissant.json"),
        (lambda folder: (folder / "croissant.json").write_text("{}"), "a valid croissant.json"),
        (drawn_otherwise(np.zeros_like), "more than one colour"),
        (drawn_otherwise(lambda images: images[:, :20]), "28 x 28"),
        (drawn_otherwise(lambda images: images / -255), "numbers of 16 bits"),
    ],
)
def test_verify_looks_behind_the_digests(
    generator: Path, tmp_path: Path, change: Callable[[Path], object], named: str
) -> None:
    """A dataset whose files are other ones, and whose digests were made to fit."""
    folder = exported(generator, tmp_path / "dataset", formats=("npz",))
    change(folder)
    change_manifest(folder, lambda manifest: None)
    with pytest.raises(BadInput, match=named):
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


def test_folder_names_sort_like_the_classes_and_stay_inside() -> None:
    names = folder_names(NAMES)
    assert names == sorted(set(names)) and len(names) == len(NAMES)
    assert names[0] == "0_t-shirt-top"
    for name in names:
        assert Path(name).name == name and name.isascii() and "." not in name and len(name) < 50
    assert folder_names([""] * 12)[0] == "00"


def test_a_killed_command_goes_on_and_ends_the_same(
    dataset: Path, generator: Path, prefect_server: dict[str, str], tmp_path: Path
) -> None:
    command = ["export", "--generator", str(generator), "--out", "dataset", "--format", ",".join(FORMATS)]

    def start() -> Command:
        return Command(*command, *OPTIONS, folder=tmp_path, environment=prefect_server)

    killed = start()
    killed.stop(signal.SIGKILL, once=lambda: list(tmp_path.glob(".dataset.*/.done/*")))
    killed.finish(-signal.SIGKILL)
    assert not (tmp_path / "dataset").exists()
    start().finish()
    assert (tmp_path / "dataset" / "SHA256SUMS").read_bytes() == (dataset / "SHA256SUMS").read_bytes()


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
    with pytest.raises(BadInput, match="playground, got csv"):
        plan_export.fn(generator, ("csv",), ExportSettings())


def test_an_unconditional_generator_is_refused(tmp_path: Path) -> None:
    unconditional = untrained_generator(tmp_path / "generator.npz", conditional=False)
    with pytest.raises(BadInput, match="unconditional"):
        plan_export.fn(unconditional, ("npz",), ExportSettings())


@pytest.mark.parametrize("class_names", [("Bag", "Coat", "Bag"), ("Bag", " Coat"), ("Bag", ""), ("Bag", "two\nlines")])
def test_class_names_that_some_reader_would_confuse_are_refused(tmp_path: Path, class_names: tuple[str, ...]) -> None:
    generator = untrained_generator(tmp_path / "generator.npz", class_names=class_names)
    with pytest.raises(BadInput, match=r"^Expected class names that differ, .*classes\.txt") as refused:
        plan_export.fn(generator, ("npz",), ExportSettings())
    assert "\n" not in str(refused.value)


def test_a_format_without_its_library_is_refused_with_the_name_of_the_extra(
    generator: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXTRAS, "tfds", "a_library_that_is_not_installed")
    with pytest.raises(BadInput, match=r"pip install 'synthetic-labelled-images\[tfds\]'"):
        plan_export.fn(generator, ("npz", "tfds"), ExportSettings())
    plan_export.fn(generator, ("npz",), ExportSettings())


@pytest.mark.parametrize(
    "name", ["<script>alert(1)<", "a|b", "*b* _c_ `d`", "[x](y)", "&amp; ~~s~~ # $e$ \\", "T-shirt/top"]
)
def test_a_card_shows_the_names_of_classes_letter_by_letter(name: str) -> None:
    table = f"| class |\n|---|\n| {escape_markdown(name)} |\n"
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(table)
    assert f"<td>{html.escape(name)}</td>" in page
