"""Faults of a retraining with a champion present: what is seen after each, and that the next retraining completes."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import striped_images, write_source, write_sums
from killed import MOMENTS, call, kill
from tenacity import wait_none
from test_download import serving

from gan_core.config import Experiment
from gan_core.errors import BadInput
from tasks.models import Models
from tasks.records import Record

RETRAIN = "flows.retrain:retrain"


@dataclass(frozen=True)
class Place:
    """A folder with models and runs of its own, whose first version is champion, and the digest of the next one."""

    folder: Path
    experiment: Experiment
    environment: Mapping[str, object]
    expected: str

    @property
    def models(self) -> Models:
        return Models(self.folder / "models")

    def retrain(self, experiment: Experiment | None = None) -> Record:
        return call(RETRAIN, experiment or self.experiment, environment=self.environment)

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
        left = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}
        assert {name for name in left if not name.startswith("models/v")} == {
            *("models/champion.json", "models/.lock", "models/.retraining")
        }


def whole(path: Path) -> bool:
    """Read a file to its end, as far as its kind is known."""
    match path.suffix:
        case ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return all(arrays[name] is not None for name in arrays)
        case ".parquet":
            return len(pd.read_parquet(path)) > 0
        case ".json":
            return bool(json.loads(path.read_text()))
        case suffix:
            return suffix in (".png", ".gif") and path.stat().st_size > 0


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, prefect_server: dict[str, str]) -> Place:
    """Two retrainings that nothing disturbed; of the models only those after the first are there."""
    folder = tmp_path_factory.mktemp("reference")
    source = write_source(folder / "source", striped_images(600, seed=1), striped_images(200, seed=2))
    write_sums(source)
    experiment = Experiment.model_validate(
        {
            "name": "tiny",
            "tolerate_collapse": True,
            "source": str(source),
            "data": {"validation_images": 100},
            "gan": {"epochs": 3, "batch_size": 16, "generator_width": 4, "discriminator_width": 4},
            "dataset": {"per_class": 8, "batch_size": 20},
            "classifier": {"steps": 4, "batch_size": 32, "seeds": [0, 1]},
        }
    )
    place = placed(folder / "place", experiment, prefect_server, folder)
    place.retrain()
    shutil.copytree(place.models.folder, folder / "models")
    second = place.retrain()
    assert (second.version, second.champion) == ("v0002", "v0001")
    return Place(folder, experiment, place.environment, second.digests["generator.npz"])


def placed(folder: Path, experiment: Experiment, server: Mapping[str, object], caches: Path, expected: str = "") -> Place:
    own = {"SYNTHETIC_DATA_MODELS": folder / "models", "SYNTHETIC_DATA_RUNS": folder / "runs"}
    return Place(folder, experiment, {**server, **own, "XDG_CACHE_HOME": caches / "cache"}, expected)


def copied(reference: Place, folder: Path) -> Place:
    shutil.copytree(reference.folder / "models", folder / "models")
    return placed(folder, reference.experiment, reference.environment, reference.folder, reference.expected)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_retraining_leaves_the_champion_and_the_next_ends_as_if_nothing_had_happened(
    reference: Place, tmp_path: Path, moment: str
) -> None:
    place = copied(reference, tmp_path)
    kill(RETRAIN, place.experiment, environment=place.environment, moment=moment)
    place.check()
    assert place.models.throne() == Models(reference.folder / "models").throne()
    place.retrain()
    place.check_recovered()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of four mebibytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder], check=False).returncode
    ):
        pytest.skip("nothing may be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)
