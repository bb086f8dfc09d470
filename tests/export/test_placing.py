"""Laws of folders that an export appears in: they stay the same ones, and nothing of anybody else's is lost in them."""

import itertools
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from exported import exported, rdflib_warns
from upath import UPath

from gan_core.config import ExportSettings
from gan_core.errors import BadInput
from gan_core.files import AnyPlace, Place, located, remove_tree
from gan_core.sources.listing import files_in
from tasks.export.contents import SUMS
from tasks.export.plan_export import plan_export
from tasks.export.staging import check_place, staged
from tasks.export.verify_export import verify_export
from tasks.places import MANIFEST, check_folder
from tasks.registry.challenge import remove_left_run

FEW = ExportSettings(per_class=3, test_per_class=1, shard_images=250)
OTHERS = FEW.model_copy(update={"seed": 9})


def export(generator: Path, out: AnyPlace, settings: ExportSettings = FEW, *, overwrite: bool = False) -> AnyPlace:
    return exported(generator, out, formats=("npz", "webdataset"), settings=settings, overwrite=overwrite)


def refused(out: Path, expected: str, identity: str = "a" * 64) -> None:
    """Both the check before the work and the export itself refuse to overwrite, in the same words."""
    for refusal in (lambda: check_place(out, True), lambda: staged(out, identity, overwrite=True).__enter__()):
        with pytest.raises(BadInput, match=expected):
            refusal()


def tree(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


@pytest.mark.parametrize("name", ["thesis.txt", "npz/notes.md", "deep/er/x", ".env", ".git/config", "run.npz"])
def test_a_folder_with_anything_foreign_in_it_is_not_overwritten(generator: Path, tmp_path: Path, name: str) -> None:
    plain, dataset = tmp_path / "plain", export(generator, tmp_path / "dataset")
    for out in (plain, dataset):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("years of work")
        before = tree(out)
        refused(out, f"got {name}; move that away")
        assert tree(out) == before
    assert sorted(tmp_path.iterdir()) == [dataset, plain]


def test_a_run_is_no_unfinished_export(tmp_path: Path) -> None:
    (tmp_path / ".identity").write_text("of a run")
    (tmp_path / "report.csv").write_text("a report")
    refused(tmp_path, r"got (\.identity|report\.csv); move that away")


def test_a_manifest_of_something_else_makes_no_dataset(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps({"name": "a browser's extension", "files": {"thesis.txt": {}}}))
    (tmp_path / "thesis.txt").write_text("years of work")
    refused(tmp_path, "got (manifest.json|thesis.txt)")


def test_a_link_in_a_dataset_is_foreign_and_what_it_leads_to_stays(generator: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("years of work")
    dataset = export(generator, tmp_path / "dataset")
    (dataset / "link").symlink_to(tmp_path / "thesis")
    refused(dataset, "got link")
    assert (tmp_path / "thesis" / "chapter").exists()


@rdflib_warns
def test_the_working_folder_a_home_and_what_is_above_them_are_not_overwritten(
    generator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = export(generator, tmp_path / "dataset")
    (dataset / "inside").mkdir()
    monkeypatch.chdir(dataset / "inside")
    for out in (dataset, Path("/"), Path.home().parent, Path.cwd().parent):
        refused(out, "a root, a home or the working folder")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(dataset))
    refused(dataset, "a root, a home or the working folder")
    for folder in (dataset, tmp_path, Path("/")):
        with pytest.raises(BadInput, match="may be removed"):
            remove_tree(folder)
    assert "40 images" in verify_export(dataset)


@pytest.mark.parametrize("place", [lambda folder: folder, lambda _: UPath("memory://placing-apart")])
def test_nothing_is_made_within_a_dataset(generator: Path, tmp_path: Path, place: Callable[[Path], Place]) -> None:
    dataset = exported(generator, place(tmp_path) / "dataset", formats=("npz",), settings=FEW)
    for below in ("sub", "npz/far/away"):
        with pytest.raises(BadInput, match=f"outside of exported datasets, got one within {dataset}; choose another"):
            check_place(dataset / below, overwrite=True)
        with pytest.raises(BadInput, match=f"outside of exported datasets, got one within {dataset}; another"):
            check_folder(dataset / below, "another.")
    with pytest.raises(BadInput, match="outside of exported datasets"):
        check_folder(dataset, "another.")
    check_place(dataset, overwrite=True)
    for beside in ("dataset-2", "sub/dataset"):
        check_place(dataset.with_name("x") / beside, overwrite=False)
        check_folder(dataset.with_name("x") / beside, "another.")


def test_litter_does_not_keep_a_dataset_from_being_overwritten(generator: Path, tmp_path: Path) -> None:
    out = export(generator, tmp_path / "dataset")
    for name in (".DS_Store", "npz/Thumbs.db", "._x", ".ipynb_checkpoints"):
        (out / name).write_text("x")
    export(generator, out, OTHERS, overwrite=True)
    assert (out / SUMS).read_text() == (export(generator, tmp_path / "other", OTHERS) / SUMS).read_text()


@pytest.mark.parametrize("kind", ["empty", "only litter", "link", "dataset"])
def test_a_folder_that_is_there_stays_the_same_one(generator: Path, tmp_path: Path, kind: str) -> None:
    """As a volume must, onto which nothing can be renamed."""
    real = tmp_path / "parent" / "real"
    real.mkdir(parents=True)
    out = real
    if kind == "only litter":
        (real / "lost+found").mkdir()
    elif kind == "link":
        (out := tmp_path / "link").symlink_to(real)
    elif kind == "dataset":
        export(generator, out, OTHERS)
    before = real.stat()
    export(generator, out, overwrite=kind == "dataset")
    assert (real.stat().st_dev, real.stat().st_ino) == (before.st_dev, before.st_ino)
    assert out.is_symlink() == (kind == "link")
    assert (out / SUMS).read_text() == (export(generator, tmp_path / "other") / SUMS).read_text()
    assert list(real.parent.iterdir()) == [real]
    assert not [path for path in real.iterdir() if path.name.startswith(".")]


def test_where_a_link_leads_nowhere_the_folder_is_made_at_its_end(generator: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("far/away")
    export(generator, tmp_path / "link")
    assert (tmp_path / "far" / "away" / MANIFEST).is_file() and (tmp_path / "link").is_symlink()


@rdflib_warns
def test_an_empty_working_folder_can_be_exported_into(
    generator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    export(generator, located("."))
    assert "40 images" in verify_export(located("."))


@rdflib_warns
def test_a_mounted_volume_takes_an_export_and_nothing_lies_beside_it(generator: Path, small_disk: Path) -> None:
    for settings in (FEW, OTHERS):
        check_place(small_disk, True)
        exported(generator, small_disk, formats=("npz",), settings=settings, overwrite=True)
        assert "40 images" in verify_export(small_disk)
    assert list(small_disk.parent.iterdir()) == [small_disk]


def test_an_export_killed_at_any_rename_leaves_the_old_dataset_or_goes_on_to_the_new_one(
    generator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = export(generator, tmp_path / "old")
    new = export(generator, tmp_path / "new", OTHERS)
    rename, moments = Path.rename, itertools.count()
    for moment in moments:
        out = export(generator, tmp_path / f"out-{moment}")
        left = iter(range(moment))

        def killed(path: Path, to: Path) -> Path:
            if next(left, None) is None:  # noqa: B023
                raise ZeroDivisionError
            return rename(path, to)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", killed)
            try:
                export(generator, out, OTHERS, overwrite=True)
            except ZeroDivisionError:
                complete = (out / MANIFEST).exists()
            else:
                break
        assert not complete or tree(out).items() >= tree(old).items()
        check_place(out, True)
        other = [OTHERS, FEW][moment % 2]  # the same command, or another one
        export(generator, out, other, overwrite=True)
        assert tree(out) == tree(new if other == OTHERS else old)
    assert next(moments) > 10


def test_an_export_that_is_at_work_in_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with staged(tmp_path, "b" * 64, overwrite=False) as staging:
        (staging / "new").write_text("x")
        with pytest.raises(BadInput, match="--overwrite"), staged(tmp_path, "a" * 64, overwrite=False):
            raise AssertionError("not refused")
        with pytest.raises(BadInput, match="at work"), staged(tmp_path, "a" * 64, overwrite=True):
            raise AssertionError("not refused")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_what_came_to_be_there_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def hinder() -> None:
        with staged(out, "a" * 64, overwrite=False):
            out.mkdir()
            (out / "thesis").write_text("years of work")

    with pytest.raises(BadInput, match="thesis"):
        hinder()
    assert [path.name for path in out.iterdir()] == ["thesis"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (lambda folder: folder / "file", "got the file"),
        (lambda folder: folder / "file" / "below" / "it", "got the file"),
        (lambda folder: folder / "loop", "got the file"),
        (lambda folder: folder / ("x" * 250), "at most"),
        (lambda folder: folder / ("x" * 300) / "y", "at most"),
        (lambda folder: Path("/proc/dataset"), "No such file"),
    ],
)
def test_a_place_where_no_folder_can_be_is_refused_before_the_work(
    tmp_path: Path, place: Callable[[Path], Path], expected: str
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(BadInput, match=expected) as told:
        check_place(place(tmp_path), False)
    assert "--out" in str(told.value)


def test_a_read_only_place_is_refused_before_the_work(small_disk: Path) -> None:
    os.system(f"mount -o remount,ro {small_disk}")
    for out in (small_disk, small_disk / "dataset"):
        with pytest.raises(BadInput, match="Read-only file system"):
            check_place(out, False)


@pytest.mark.parametrize("formats", [("tfds", "npz", "parquet", "idx")])
def test_no_temporary_folder_is_needed_for_an_export_to_a_folder(
    generator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, formats: tuple[str, ...]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    plan = plan_export.fn(generator, formats, FEW)
    exported(generator, tmp_path / "dataset", formats=formats, settings=FEW)
    assert plan.formats == ("idx", "npz", "parquet", "tfds")


@pytest.mark.parametrize("run_id", ["", ".", "..", "../..", "sub/run", "latest"])
def test_a_record_that_names_no_run_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_id: str
) -> None:
    runs = tmp_path / "above" / "runs"
    for name in ("run", "latest", "sub/run"):
        (runs / name).mkdir(parents=True)
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(runs))
    remove_left_run(run_id)
    assert sorted(path.name for path in runs.rglob("*")) == ["latest", "run", "run", "sub"]
    remove_left_run("run")
    assert not (runs / "run").exists()
