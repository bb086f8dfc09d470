"""Laws of destinations: the same bytes in a folder, in an object store and by Dask's workers; nothing half done."""

import itertools
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from exported import OPTIONS, SETTINGS, exported, rdflib_warns
from killed import Command
from prefect.settings import PREFECT_API_URL, temporary_settings
from servers import running_store
from upath import UPath

from flows.export_dataset import export_dataset
from gan_core.config import ExportSettings
from gan_core.errors import BadInput
from gan_core.files import atomic_write, located
from gan_core.formats import FORMATS as ALL_FORMATS
from tasks.export.check_export import find_weights
from tasks.export.finish_export import SUMS
from tasks.export.staging import OWNER, check_place, staged
from tasks.export.verify_export import verify_export
from tasks.places import TRIAL
from tasks.task_runners import task_runner

FORMATS = tuple(ALL_FORMATS)
FEW_FILES = tuple(name for name in FORMATS if name != "imagefolder")  # for the object store, which is slow here
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    """A real S3 API on loopback; it comes first, as what starts later must know where it is."""
    with running_store() as store, pytest.MonkeyPatch.context() as patch:
        for name, value in store.items():
            patch.setenv(name, value)
        UPath("s3://any").fs.clear_instance_cache()
        yield store
        UPath("s3://any").fs.clear_instance_cache()


@pytest.fixture
def bucket(store: dict[str, str]) -> str:
    """The URL of an empty bucket."""
    name = f"bucket-{next(NUMBERS)}"
    boto3.client("s3").create_bucket(Bucket=name)
    return f"s3://{name}"


@pytest.fixture(scope="module")
def environment(store: dict[str, str], prefect_server: dict[str, str]) -> Iterator[dict[str, str]]:
    """Of the commands here: the object store, and the server for them and for flows in this process."""
    with temporary_settings({PREFECT_API_URL: prefect_server["PREFECT_API_URL"]}):
        yield prefect_server | store


@pytest.fixture(scope="module")
def scheduler(environment: dict[str, str]) -> Iterator[str]:
    """The address of Dask's scheduler of the two worker processes that the setting 2 starts."""
    with task_runner("2") as runner:
        client = getattr(runner, "client")  # noqa: B009  a task runner of Prefect need not have one
        client.wait_for_workers(2)
        yield client.scheduler.address


@pytest.fixture(scope="module")
def sums(dataset: Path) -> str:
    """The checksums of the dataset in a folder."""
    return (dataset / SUMS).read_text()


@pytest.fixture(scope="module")
def sums_of_few(generator: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checksums of the same in a few files."""
    return (exported(generator, tmp_path_factory.mktemp("few") / "dataset", formats=FEW_FILES) / SUMS).read_text()


def export(generator: Path | str, out: Path | str, *more: str) -> tuple[str, ...]:
    formats = ",".join(FEW_FILES)
    return ("export", "--generator", str(generator), "--out", str(out), "--format", formats, *OPTIONS, *more)


def exported_by_dask(scheduler: str, generator: Path | str, out: Path | str, formats: tuple[str, ...]) -> None:
    by_dask = export_dataset.with_options(task_runner=task_runner(scheduler))
    by_dask(str(generator), str(out), formats, SETTINGS)


def test_two_workers_of_dask_write_the_same_bytes(generator: Path, scheduler: str, sums: str, tmp_path: Path) -> None:
    exported_by_dask(scheduler, generator, tmp_path / "dataset", FORMATS)
    assert (tmp_path / "dataset" / SUMS).read_text() == sums
    assert list(tmp_path.glob(".*")) == []


def test_two_workers_of_dask_write_the_same_objects(
    generator: Path, scheduler: str, bucket: str, sums_of_few: str
) -> None:
    located(f"{bucket}/generator.npz").write_bytes(generator.read_bytes())
    exported_by_dask(scheduler, f"{bucket}/generator.npz", f"{bucket}/dataset", FEW_FILES)
    out = located(f"{bucket}/dataset")
    assert (out / SUMS).read_text() == sums_of_few
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_a_killed_export_to_an_object_store_goes_on_and_ends_the_same(
    generator: Path, environment: dict[str, str], bucket: str, sums_of_few: str, tmp_path: Path
) -> None:
    source, out = located(f"{bucket}/generator.npz"), located(f"{bucket}/some/dataset")
    source.write_bytes(generator.read_bytes())

    def there(prefix: str) -> bool:
        name = bucket.removeprefix("s3://")
        return bool(boto3.client("s3").list_objects_v2(Bucket=name, Prefix=f"some/dataset/{prefix}").get("Contents"))

    wanted = export(f"{bucket}/generator.npz", f"{bucket}/some/dataset")
    killed = Command(*wanted, folder=tmp_path, environment=environment)
    killed.stop(signal.SIGKILL, once=lambda: there(".done"))
    killed.finish(-signal.SIGKILL)
    assert there(OWNER) and not there("manifest.json")

    assert (exported(source, out, formats=FEW_FILES) / SUMS).read_text() == sums_of_few
    assert not there(".")


def test_of_two_exports_to_one_place_in_an_object_store_the_second_is_refused(bucket: str) -> None:
    out = located(f"{bucket}/dataset")
    first, second = (staged(out, letter * 64, overwrite=False) for letter in "ab")
    with first as folder:
        (folder / "new").write_text("x")
        with pytest.raises(BadInput, match="--overwrite"), second:
            raise AssertionError("not refused")
    assert [path.name for path in out.iterdir()] == ["new"]


def test_of_two_exports_that_begin_at_one_moment_one_is_refused(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = located(f"{bucket}/dataset")
    with staged(out, "a" * 64, overwrite=False):
        monkeypatch.setattr("tasks.export.staging.refuse", lambda out, overwrite: None)  # looked before there was any
        with pytest.raises(BadInput, match="just begun there"), staged(out, "b" * 64, overwrite=False):
            raise AssertionError("not refused")


def test_an_export_that_was_overwritten_meanwhile_does_not_succeed(bucket: str) -> None:
    out = located(f"{bucket}/dataset")
    with (
        pytest.raises(BadInput, match="overwritten by another"),
        staged(out, "a" * 64, overwrite=False),
        staged(out, "b" * 64, overwrite=True) as folder,
    ):
        (folder / "new").write_text("x")
    assert [path.name for path in out.iterdir()] == ["new"]


@rdflib_warns
def test_what_lies_in_an_object_store_is_replaced_only_when_told(generator: Path, bucket: str, tmp_path: Path) -> None:
    out, wanted = located(f"{bucket}/dataset"), ExportSettings(per_class=3, test_per_class=1)
    exported(generator, out, settings=ExportSettings(per_class=1, test_per_class=0), formats=("npz", "imagefolder"))
    before = (out / SUMS).read_text()
    with pytest.raises(BadInput, match="--overwrite"):
        exported(generator, out, settings=wanted, formats=FEW_FILES)
    (out / "npz" / "precious").write_text("x")
    for refused in (lambda: check_place(out, True), lambda: exported(generator, out, settings=wanted, overwrite=True)):
        with pytest.raises(BadInput, match="got npz/precious; move that away"):
            refused()
    assert (out / "npz" / "precious").read_text() == "x" and (out / SUMS).read_text() == before
    (out / "npz" / "precious").unlink()
    (out / ".DS_Store").write_text("x")
    there = exported(generator, out, settings=wanted, formats=FEW_FILES, overwrite=True)
    here = exported(generator, tmp_path / "dataset", settings=wanted, formats=FEW_FILES)
    assert (there / SUMS).read_text() == (here / SUMS).read_text()
    assert not (out / "imagefolder").exists()
    assert "40 images" in verify_export(there)


def test_a_bucket_with_something_in_it_is_never_overwritten(bucket: str) -> None:
    located(f"{bucket}/precious").write_text("x")
    with pytest.raises(BadInput, match="is a root"), staged(located(bucket), "a" * 64, overwrite=True):
        raise AssertionError("not refused")
    assert located(f"{bucket}/precious").read_text() == "x"


def test_an_object_that_could_not_be_written_whole_is_not_there(bucket: str) -> None:
    path = located(f"{bucket}/object")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as file:
        _ = file.write(b"half of it") / 0
    assert not path.exists()
    with atomic_write(path) as file:
        file.write(b"all of it")
    assert path.read_bytes() == b"all of it"


def test_a_bucket_that_is_not_there_is_told_before_the_work(
    generator: Path,
    store: dict[str, str],
    refusal: Callable[..., str],
    tiny_source: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = refusal(*export(generator, "s3://nowhere/some/dataset"))
    assert "got s3://nowhere/some/dataset and “The specified bucket does not exist”; choose another --out" in line
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", "s3://nowhere/runs")
    line = refusal("run", "--source", str(tiny_source), "--data.validation-images", "100")
    assert "got s3://nowhere/runs and “The specified bucket does not exist”; let SYNTHETIC_DATA_RUNS name" in line


def test_a_store_that_does_not_answer_is_told_before_the_work(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    place = UPath(f"{bucket}/dataset", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(BadInput, match=r"got s3://.* and “Could not connect.*; choose another --out"):
        check_place(place, True)
    with pytest.raises(BadInput, match=r"look at s3://.*, got “Could not connect.*; let it be read"):
        find_weights(place)


def test_a_place_that_was_tried_is_as_it_was(bucket: str) -> None:
    out = located(f"{bucket}/dataset")
    check_place(out, False)
    assert not out.exists() and not list(located(bucket).iterdir())
    (out / f"{TRIAL}left").write_bytes(b"")  # by a process that was killed in the middle of it
    check_place(out, False)


@pytest.mark.parametrize(
    ("url", "expected"), [("nothing://x/y", "nothing://x/y"), ("gs://bucket/x", "fsspec's documentation")]
)
def test_a_url_that_nothing_can_open_is_refused(url: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected):
        located(url)


def test_a_path_and_a_file_url_are_the_same_place(tmp_path: Path) -> None:
    assert located(f"file://{tmp_path}/x") == located(tmp_path / "x") == tmp_path / "x"


def test_a_full_disk_gets_one_line_and_room_lets_it_go_on(generator: Path, sums: str, small_disk: Path) -> None:
    with pytest.raises(BadInput, match=r"No space left on device.*--out"):
        exported(generator, small_disk / "dataset")
    assert not (small_disk / "dataset").exists()
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert (exported(generator, small_disk / "dataset") / SUMS).read_text() == sums


def test_a_read_only_folder_gets_one_line(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(BadInput, match="Read-only file system"), staged(small_disk / "x", "i" * 64, overwrite=False):
        raise AssertionError("not refused")


@pytest.mark.parametrize("counts", ["6=-3", "6=many", "6"])
def test_counts_that_are_none_get_one_line(
    counts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: Callable[..., str]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = refusal(*export("nowhere", "dataset", "--counts", counts))
    assert line.startswith("synthetic-data: Expected") and "6=30,7=12" in line and "Value error" not in line
    assert list(tmp_path.iterdir()) == []


def test_a_full_temporary_folder_is_named_as_that(
    generator: Path, bucket: str, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small_disk / "ballast").write_bytes(bytes(1 << 20))
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    for formats in (("npz",), ("tfds",)):
        with pytest.raises(BadInput, match=rf"write to {small_disk}.*No space left.*TMPDIR"):
            exported(generator, located(f"{bucket}/{formats[0]}"), formats=formats)
    assert (exported(generator, tmp_path / "dataset", formats=("npz", "tfds")) / SUMS).is_file()
