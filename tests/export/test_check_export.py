"""Laws of the check before an export: it refuses at once what the export would refuse, and nothing else."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import surroundings
from exported import COLOUR, GREY, exported, formats_for, rdflib_warns, untrained_generator

from gan_core.config import ExportSettings
from gan_core.errors import BadInput
from gan_core.files import load_arrays, located, save_arrays
from gan_core.formats import FORMATS
from gan_core.images.shape import ImageShape
from tasks.export.check_export import check_export, read_wanted
from tasks.export.plan_export import plan_export
from tasks.export.verify_export import verify_export

FEW = {"per_class": 2, "test_per_class": 1}


def refused(generator: Path, tmp_path: Path, formats: tuple[str, ...] = ("npz",), **settings: Any) -> str:
    """What both the check and the plan say, in the same words."""
    wanted, told = ExportSettings.model_validate(FEW | settings), set()
    for refusal in (
        lambda: check_export(str(generator), str(tmp_path / "dataset"), formats, wanted),
        lambda: plan_export.fn(generator, formats, wanted),
    ):
        with pytest.raises(BadInput, match=r"^Expected .*\.$") as said:
            refusal()
        told.add(str(said.value))
    assert not (tmp_path / "dataset").exists() and len(told) == 1
    return told.pop()


@pytest.mark.parametrize(
    ("formats", "settings", "expected"),
    [
        (("csv",), {}, "playground, got csv"),
        ((), {}, "got none"),
        (("",), {}, "name one or more"),
        (("npz", "idx", "npz"), {}, "each format once"),
        (("npz",), {"counts": {"10": 1}}, "classes 0 to 9"),
        (("npz",), {"per_class": 0}, "at least one image"),
        (("npz",), {"real_test": True}, "the folder of a run"),
        (("npz", "idx"), {"test_per_class": 0}, "test images for idx"),
        (("idx",), {"per_class": 2**32}, "choose another format"),
        (("imagefolder",), {"counts": {"3": 0}}, "none of 'コート'"),
        (("imagefolder",), {"per_class": 0, "counts": {"0": 5}}, "each class in train for imagefolder"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    generator: Path, tmp_path: Path, formats: tuple[str, ...], settings: dict[str, Any], expected: str
) -> None:
    assert expected in refused(generator, tmp_path, formats, **settings)


@rdflib_warns
@pytest.mark.parametrize(
    "settings", [{"test_per_class": 0}, {"per_class": 0, "counts": {"4": 3}}, {"counts": {"4": 0}}]
)
def test_the_other_formats_hold_splits_and_classes_without_images(
    generator: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    lacking = "idx" if settings.get("test_per_class") == 0 else "imagefolder"
    formats = tuple(name for name in FORMATS if name != lacking)
    wanted = ExportSettings.model_validate(FEW | settings)
    check_export(str(generator), str(tmp_path / "dataset"), formats, wanted)
    assert "images" in verify_export(exported(generator, tmp_path / "dataset", formats=formats, settings=wanted))


@pytest.mark.parametrize("settings", [{}, {"real_test": True}])
def test_idx_refuses_pictures_in_colour_and_the_other_formats_take_them(
    colour_generator: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    told = refused(colour_generator, tmp_path, ("npz", "idx"), **settings)
    assert "20 x 12 pixels, RGB; choose another format" in told
    check_export(str(colour_generator), str(tmp_path / "dataset"), formats_for(COLOUR), ExportSettings())


@rdflib_warns
def test_idx_holds_oblong_grey_pictures(tmp_path: Path) -> None:
    shape, wanted = ImageShape(12, 20, 1), ExportSettings.model_validate(FEW)
    generator = untrained_generator(tmp_path / "generator.npz", shape=shape)
    check_export(str(generator), str(tmp_path / "dataset"), ("idx", "npz"), wanted)
    out = exported(generator, tmp_path / "dataset", formats=("idx", "npz"), settings=wanted)
    assert "30 images" in verify_export(out)
    raw = (out / "idx" / "FashionMNIST" / "raw" / "train-images-idx3-ubyte").read_bytes()
    assert raw[:16] == bytes([0, 0, 8, 3]) + np.array((20, 12, 20), ">u4").tobytes()
    assert len(raw) == 16 + 20 * shape.values


def shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


def bit_flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def of_the_future(path: Path) -> None:
    arrays = load_arrays(path)
    card = json.loads(str(arrays["card"]))
    card["gan"]["wings"] = 2
    save_arrays(path, arrays | {"card": np.array(json.dumps(card))})


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (Path.unlink, "the folder of a run"),
        (lambda path: path.write_bytes(b""), "is none or is damaged"),
        (lambda path: np.savez(path, images=np.zeros(3)), "is none or is damaged"),
        (shortened, "is none or is damaged"),
        (bit_flipped, "is none or is damaged"),
        (of_the_future, "another version of this program wrote (gan.wings)"),
    ],
)
def test_a_generator_that_cannot_draw_is_refused(
    generator: Path, tmp_path: Path, damage: Callable[[Path], object], expected: str
) -> None:
    copy = Path(shutil.copy(generator, tmp_path))
    damage(copy)
    assert expected in refused(copy, tmp_path)


def test_another_file_of_a_run_or_version_gets_its_generator_named(generator: Path, tmp_path: Path) -> None:
    run, version = tmp_path / "run", tmp_path / "v0001"
    for folder in (run / "generator", version):
        folder.mkdir(parents=True)
        shutil.copy(generator, folder / "generator.npz")
        save_arrays(folder / "checkpoint.npz", {"variable_0": np.zeros(3)})
        assert f"name {folder / 'generator.npz'}." in refused(folder / "checkpoint.npz", tmp_path)
    (run / "report.csv").write_text("run,accuracy\n", "utf-8")
    assert f"name {run / 'generator' / 'generator.npz'}." in refused(run / "report.csv", tmp_path)


def test_a_folder_with_a_generator_in_it_is_taken_as_that(generator: Path, tmp_path: Path) -> None:
    shutil.copy(generator, tmp_path / "generator.npz")
    wanted = ExportSettings.model_validate(FEW)
    assert read_wanted(tmp_path, ("npz",), wanted) == read_wanted(tmp_path / "generator.npz", ("npz",), wanted)


def test_what_keeps_a_generator_from_being_read_is_told_as_that(
    generator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, reason in ((PermissionError(13, "Permission denied"), "Permission denied"), (TimeoutError(), "Timeout")):

        def fail(*_: object, error: OSError = error, **__: object) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr("zipfile.ZipFile.testzip", fail)
            told = refused(generator, tmp_path)
        assert reason in told and "train" not in told


def test_weights_of_other_networks_are_refused(generator: Path, tmp_path: Path) -> None:
    arrays = load_arrays(generator)
    save_arrays(tmp_path / "generator.npz", {name: array for name, array in arrays.items() if name != "variable_3"})
    with pytest.raises(BadInput, match="the weights of this program's generator"):
        plan_export.fn(tmp_path / "generator.npz", ("npz",), ExportSettings())


@pytest.mark.parametrize("shape", [GREY, ImageShape(20, 30, 3)], ids=str)
def test_a_disk_that_is_too_small_is_named_with_what_is_needed_and_what_is_free(
    shape: ImageShape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, formats = ExportSettings(per_class=100, test_per_class=100), formats_for(shape)
    generator = untrained_generator(tmp_path / "generator.npz", shape=shape)
    needed = sum(FORMATS[name].room(2_000, shape) for name in formats)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=needed))
    check_export(str(generator), str(tmp_path / "dataset"), formats, wanted)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=needed - 5_000_000))
    with pytest.raises(
        BadInput, match=rf"at least {needed / 1e6:,.0f} MB at {tmp_path}, got {needed / 1e6 - 5:,.0f} MB"
    ):
        check_export(str(generator), str(tmp_path / "dataset"), formats, wanted)
    begun = tmp_path / ".dataset.0123456789ab.staging" / "npz" / "part"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(bytes(6_000_000))
    check_export(str(generator), str(tmp_path / "dataset"), formats, wanted)


def test_no_more_room_is_asked_for_than_an_export_takes(dataset: Path, colour_dataset: Path) -> None:
    for folder, shape in ((dataset, GREY), (colour_dataset, COLOUR)):
        for name in formats_for(shape):
            files = [path for path in (folder / name).rglob("*") if path.is_file()]
            assert FORMATS[name].room(710, shape) <= 2 * sum(512 * path.stat().st_blocks for path in files)


def test_the_check_imports_neither_prefect_nor_tensorflow(generator: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from tasks.export.check_export import check_export; from gan_core.config import ExportSettings\n"
        f"check_export({str(generator)!r}, 'dataset', ('npz', 'tfds'), ExportSettings())\n"
        "assert not {'prefect', 'tensorflow', 'keras', 'tensorflow_datasets'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=surroundings(), check=True)
    assert not list(tmp_path.iterdir())


@rdflib_warns
def test_class_names_that_differ_in_case_signs_or_accents_alone_are_kept_apart_in_every_format(tmp_path: Path) -> None:
    names = ("A", "a", "+", "-", "C", "C++", "\u00e9", "e\u0301", "1", "|")
    generator = untrained_generator(tmp_path / "generator.npz", class_names=names)
    wanted = ExportSettings.model_validate(FEW)
    check_export(str(generator), str(tmp_path / "dataset"), tuple(FORMATS), wanted)
    out = exported(generator, tmp_path / "dataset", settings=wanted)
    assert "30 images" in verify_export(out)
    folders = {path.name.lower() for path in (out / "imagefolder" / "train").iterdir()}
    assert [name.partition("_")[0] for name in sorted(folders)] == list("0123456789")
    assert list(json.loads((out / "manifest.json").read_text("utf-8"))["splits"]["train"]["counts"]) == list(names)
    assert (out / "tfds" / "label.labels.txt").read_text("utf-8").splitlines() == list(names)


@pytest.mark.parametrize("place", ["~", "~/x", "~/some/where"])
def test_a_tilde_is_a_home(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert located(place) == Path(place.replace("~", str(tmp_path)))
    assert located(f"./{place}") == Path.cwd() / place


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        *[("", "empty"), ("~nobody-of-this-name/x", "a home for"), ("s3:/one/two", "as in s3://one/two, got")],
        *[("S3:one", "s3://one"), ("https:/me:secret@host/x", "https://host/x"), ("file:/tmp/x", "file://tmp/x")],
    ],
)
def test_a_place_that_is_none_is_refused(place: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected) as said:
        located(place)
    assert "secret" not in str(said.value)


@pytest.mark.parametrize("place", ["./s3:/one", "note:1", "a/s3:/one", "2026-11-27T10:30"])
def test_a_place_with_a_colon_in_it_is_a_folder(place: str) -> None:
    assert located(place) == Path.cwd() / place
