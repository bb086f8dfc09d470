"""Laws of destinations: the same bytes in a folder, in an object store and by Dask's workers; nothing half done."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from conftest import surroundings
from exported import exported, rdflib_warns, untrained_generator
from servers import running_store
from upath import UPath

from gan_core.errors import BadInput
from gan_core.files import atomic_write, located
from tasks.destination import staged
from tasks.finish_export import SUMS
from tasks.formats import FORMATS as ALL_FORMATS
from tasks.verify import verify_export

FORMATS = tuple(ALL_FORMATS)
WANTED = ("--per-class", "60", "--counts", "6=100", "--test-per-class", "7", "--shard-images", "250", "--seed", "3")


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained_generator(tmp_path_factory.mktemp("generator") / "generator.npz")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of the commands here: a home of their own."""
    return surroundings(PREFECT_HOME=tmp_path_factory.mktemp("prefect"))


@pytest.fixture
def bucket(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty bucket of a real S3 API."""
    with running_store() as store:
        environment |= store
        for name, value in store.items():
            monkeypatch.setenv(name, value)
        UPath("s3://any").fs.clear_instance_cache()
        yield "s3://bucket"
        UPath("s3://any").fs.clear_instance_cache()


def start(environment: dict[str, str], folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flows.command_line", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    output, errors = process.communicate(timeout=240)
    assert process.returncode == code, output + errors
    return output if code == 0 else errors


@pytest.fixture(scope="module")
def sums(generator: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checksums of the dataset in a folder."""
    return (exported(generator, tmp_path_factory.mktemp("here") / "dataset") / SUMS).read_text()


def export(generator: Path | str, out: Path | str, *more: str) -> tuple[str, ...]:
    return ("export", "--generator", str(generator), "--out", str(out), "--format", ",".join(FORMATS), *WANTED, *more)


def test_two_workers_of_dask_write_the_same_bytes(
    generator: Path, environment: dict[str, str], sums: str, tmp_path: Path
) -> None:
    finish(start(environment, tmp_path, *export(generator, "dataset", "--dask", "2")))
    assert (tmp_path / "dataset" / SUMS).read_text() == sums
    assert list(tmp_path.glob(".*")) == []


@rdflib_warns
def test_a_killed_export_to_an_object_store_goes_on_and_ends_the_same(
    generator: Path, environment: dict[str, str], bucket: str, sums: str, tmp_path: Path
) -> None:
    source, out = located(f"{bucket}/generator.npz"), located(f"{bucket}/some/dataset")
    source.write_bytes(generator.read_bytes())
    command = export(f"{bucket}/generator.npz", f"{bucket}/some/dataset")

    def there(prefix: str) -> bool:
        found = boto3.client("s3").list_objects_v2(Bucket="bucket", Prefix=f"some/dataset/{prefix}")
        return bool(found.get("Contents"))

    killed = start(environment, tmp_path, *command)
    while killed.poll() is None and not there(".done"):
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL, "it ended before it could be killed"
    assert not there("manifest.json")

    finish(start(environment, tmp_path, *command))
    assert (out / SUMS).read_text() == sums
    assert not there(".")
    assert "710 images" in verify_export(out)


def test_what_lies_in_an_object_store_is_replaced_only_when_told(generator: Path, bucket: str, sums: str) -> None:
    out = located(f"{bucket}/dataset")
    (out / "precious").write_text("x")
    with pytest.raises(BadInput, match="--overwrite"):
        exported(generator, out)
    assert (out / "precious").exists()
    assert (exported(generator, out, overwrite=True) / SUMS).read_text() == sums
    assert not (out / "precious").exists()


def test_an_object_that_could_not_be_written_whole_is_not_there(bucket: str) -> None:
    path = located(f"{bucket}/object")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as file:
        _ = file.write(b"half of it") / 0
    assert not path.exists()
    with atomic_write(path) as file:
        file.write(b"all of it")
    assert path.read_bytes() == b"all of it"


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
def test_counts_that_are_none_get_one_line(environment: dict[str, str], tmp_path: Path, counts: str) -> None:
    errors = finish(start(environment, tmp_path, *export("nowhere", "dataset", "--counts", counts)), code=2)
    assert len(errors.splitlines()) == 1 and errors.startswith("synthetic-data: Expected") and "counts.6" in errors
    assert list(tmp_path.iterdir()) == []
