"""Faults of a retraining with a champion present: what is seen after each, and that the next retraining completes."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
import numpy as np
import pandas as pd
import pytest
from conftest import striped_images, write_source, write_sums
from http_server import serving
from killed import MOMENTS, call, kill
from servers import running_store

from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.measures.challenger_comparison import Verdict
from tasks.data.checksums import TRAIN_IMAGES
from tasks.registry.model_registry import ModelRegistry
from tasks.registry.records import Record, VersionOrigin

RETRAIN = "flows.retrain:retrain"
CLASSES = striped_images(1, seed=1).class_names


@dataclass(frozen=True)
class Place:
    """A folder with models and runs of its own, whose first version is champion, and the digest of the next one."""

    folder: Path
    experiment: Experiment
    environment: Mapping[str, object]
    expected: str

    @property
    def models(self) -> ModelRegistry:
        return ModelRegistry(self.folder / "models")

    def retrain(self, moment: str = "") -> Record:
        return call(RETRAIN, self.experiment, environment=self.environment, moment=moment)

    def check(self) -> None:
        """A valid champion, and not half a file among those that can be seen."""
        champion = self.models.champion()
        assert champion is not None
        for version in self.models.versions():
            version.check()
        for path in self.folder.rglob("*"):
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(self.folder).parts):
                assert whole(path), path

    def check_recovered(self) -> None:
        """The version is what it would have been without the fault, and nothing else is left."""
        self.check()
        assert self.models.version("v0002").record.digests["generator.npz"] == self.expected
        files = (path for folder in ("models", "runs") for path in (self.folder / folder).rglob("*") if path.is_file())
        left = {path.name for path in files if path.parent.name not in ("v0001", "v0002", "v0003")}
        assert left == {"champion.json", ".lock", ".retraining"}


def whole(path: Path) -> bool:
    """Read a file to its end, as far as its kind is known."""
    match path.suffix:
        case ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return all(arrays[name] is not None for name in arrays)
        case ".parquet":
            return len(pd.read_parquet(path)) > 0
        case ".json":
            return bool(json.loads(path.read_text(encoding="utf-8")))
        case suffix:
            return suffix in (".png", ".gif") and path.stat().st_size > 0


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, prefect_server: dict[str, str]) -> Place:
    """A champion, and a retraining that nothing disturbed, which left no version in `folder`."""
    folder = tmp_path_factory.mktemp("reference")
    source = write_source(folder / "source", striped_images(600, seed=1), striped_images(200, seed=2))
    write_sums(source)
    experiment = Experiment.model_validate(
        {
            "name": "tiny",
            "tolerate_collapse": True,
            "source": str(source),
            "data": {"validation_images": 100},
            "gan": {"epochs": 3, "epoch_images": 500, "batch_size": 16, "generator_width": 4, "discriminator_width": 4},
            "dataset": {"per_class": 8, "batch_size": 20},
            "classifier": {"steps": 4, "batch_size": 32, "seeds": [0, 1]},
        }
    )
    untrained = call("exported:untrained_generator", folder / "generator.npz", CLASSES, environment={})
    origin, verdict = VersionOrigin("me@here", "run", "data", None), Verdict(True, "The first.", {"accuracy": 0.1})
    ModelRegistry(folder / "models").add_version("v0001", {"generator.npz": untrained}, verdict, origin, 5)
    place = copied(Place(folder, experiment, prefect_server, ""), folder / "undisturbed")
    record = place.retrain()
    assert (record.version, record.champion) == ("v0002", "v0001")
    return Place(folder, experiment, place.environment, record.digests["generator.npz"])


def placed(
    folder: Path, experiment: Experiment, server: Mapping[str, object], caches: Path, expected: str = ""
) -> Place:
    own = {"SYNTHETIC_DATA_MODELS": folder / "models", "SYNTHETIC_DATA_RUNS": folder / "runs"}
    return Place(folder, experiment, {**server, **own, "XDG_CACHE_HOME": caches / "cache"}, expected)


def copied(reference: Place, folder: Path) -> Place:
    shutil.copytree(reference.folder / "models", folder / "models")
    return placed(folder, reference.experiment, reference.environment, reference.folder, reference.expected)


def test_a_retraining_killed_again_and_again_leaves_the_champion_and_ends_as_if_nothing_had_happened(
    reference: Place, tmp_path: Path
) -> None:
    place = copied(reference, tmp_path)
    for moment in MOMENTS:
        kill(RETRAIN, place.experiment, environment=place.environment, moment=moment)
        place.check()
        assert place.models.lineage() == ModelRegistry(reference.folder / "models").lineage()
    place.retrain()
    place.check_recovered()


def test_a_full_disk_gets_one_line_and_with_room_the_next_retraining_ends_the_same(
    reference: Place, small_disk: Path
) -> None:
    place = copied(reference, small_disk)
    ballast = small_disk / ".ballast"
    free = os.statvfs(small_disk)
    ballast.write_bytes(bytes(free.f_bavail * free.f_bsize - 50_000))  # less than a checkpoint has
    with pytest.raises(BadInput, match=rf"Expected to write to {small_disk}.*No space left on device.*make room"):
        place.retrain()
    place.check()
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    place.retrain()
    place.check_recovered()


def test_a_source_that_fails_in_any_way_changes_nothing_and_once_it_is_well_the_next_retraining_completes(
    reference: Place, tmp_path: Path
) -> None:
    place = copied(reference, tmp_path)
    folder = shutil.copytree(str(reference.experiment.source), tmp_path / ".source")
    with contextmanager(serving)(folder) as server:
        served = place.experiment.model_copy(update={"source": server.url})
        place = replace(
            place, experiment=served, environment={**place.environment, "XDG_CACHE_HOME": tmp_path / ".new"}
        )
        images = (folder / TRAIN_IMAGES).read_bytes()

        server.answers_503 = 1_000
        with pytest.raises(BadInput, match="status 503"):
            place.retrain("impatience")
        server.answers_503, server.drops = 0, 1_000
        with pytest.raises(BadInput, match="tried in vain"):
            place.retrain("impatience")
        server.drops = 0
        (folder / TRAIN_IMAGES).write_bytes(bytes(len(images)))
        with pytest.raises(BadInput, match=f"Expected {TRAIN_IMAGES}"):
            place.retrain("impatience")
        place.check()
        assert [version.name for version in place.models.versions()] == ["v0001"]

        (folder / TRAIN_IMAGES).write_bytes(images)
        place.retrain("impatience")
    place.check_recovered()


def test_at_a_url_a_killed_retraining_is_continued_on_another_machine(reference: Place, tmp_path: Path) -> None:
    with running_store() as store:
        place = copied(reference, tmp_path)
        machines = [tmp_path / name for name in (".one", ".other")]
        for folder in machines:
            (folder / "tmp").mkdir(parents=True)
        one, other = (
            {
                **place.environment,
                **store,
                "SYNTHETIC_DATA_RUNS": "s3://bucket/runs",
                "TMPDIR": folder / "tmp",
                "XDG_CACHE_HOME": folder / "cache",
            }
            for folder in machines
        )
        kill(RETRAIN, place.experiment, environment=one, moment="checkpoint")
        place.check()
        names = kept(store)
        assert any(name.endswith("generator/checkpoint.npz") for name in names)
        assert not any(name.endswith("generator/generator.npz") for name in names)

        replace(place, environment=other).retrain()
        assert kept(store) == set() and not list((machines[1] / "tmp").iterdir())
    place.check_recovered()


def kept(store: Mapping[str, str]) -> set[str]:
    """The names of all objects."""
    client = boto3.client(
        "s3",
        endpoint_url=store["AWS_ENDPOINT_URL"],
        aws_access_key_id=store["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=store["AWS_SECRET_ACCESS_KEY"],
        region_name=store["AWS_DEFAULT_REGION"],
    )
    return {found["Key"] for found in client.list_objects_v2(Bucket="bucket").get("Contents", [])}
