"""What runs and flows leave at a URL: files as in a folder, results as JSON, and nothing that is unpickled."""

import importlib
import json
import os
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import striped_images, write_source
from killed import call
from prefect import Flow, Task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.filesystems import RemoteFileSystem
from servers import running_store, tiny_experiment
from upath import UPath

import flows
import tasks
from gan_core.config import Experiment, ExportSettings
from gan_core.errors import BadInput
from gan_core.files import load_arrays, located, name_below
from gan_core.images.labelled_images import LabelledImages
from tasks.export.plan_export import plan_export
from tasks.registry.model_registry import models_folder
from tasks.reports.publish_report import Report
from tasks.runs.run_folder import resolve_latest

NAME = "at-a-url"
NAMES = {
    *(".identity", "experiment.json", "history.parquet", "headline.txt", "report.csv", "report.html", "report.parquet"),
    *("generator/checkpoint.npz", "generator/generator.npz", "synthetic.npz"),
    *("audit.json", "measures.parquet", "suspicious-pairs.npz"),
    *("examinations.npz", "worth.json", "worth.parquet"),
    *("grids/epoch-0002.png", "grids/evolution.gif", "grids/mosaic.png", "grids/walks.png"),
}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[UPath]:
    with running_store() as store:
        for name, value in store.items():
            monkeypatch.setenv(name, value)
        UPath("s3://bucket").fs.clear_instance_cache()
        yield UPath("s3://bucket")
        UPath("s3://bucket").fs.clear_instance_cache()


def save_block() -> None:
    """Tell the server of a place for results."""
    RemoteFileSystem(basepath="s3://bucket/results").save("results", overwrite=True)


def results() -> list[dict]:
    """What the completed runs of the experiment returned, as another process may ask the server."""
    with get_client(sync_client=True) as client:
        name = FlowFilter(name=FlowFilterName(any_=["synthetic-data"]))
        runs = client.read_flow_runs(flow_filter=name)
    ours = (run for run in runs if run.parameters["experiment"]["name"] == NAME)
    return [run.state.result() for run in ours if run.state and run.state.is_completed()]


class Bomb:
    """What is dangerous to unpickle."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return exec, ("raise SystemExit('unpickled')",)


def test_a_run_at_a_url_has_the_same_files_and_its_flow_a_result_in_json(
    bucket: UPath, prefect_server: dict[str, str], tmp_path: Path
) -> None:
    source = write_source(tmp_path / "source", striped_images(600, seed=1), striped_images(200, seed=2))
    (tmp_path / "tmp").mkdir()
    store = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    call("test_results:save_block", environment=prefect_server | store)
    environment = {
        **prefect_server,
        **store,
        "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK": "remote-file-system/results",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
        "PREFECT_TASKS_DEFAULT_PERSIST_RESULT": "true",
        "SYNTHETIC_DATA_RUNS": "s3://bucket/runs",
        "TMPDIR": tmp_path / "tmp",
        "XDG_CACHE_HOME": tmp_path / "cache",
    }

    def run(source: Path) -> Report:
        """In a process that dies where Prefect would pickle or unpickle."""
        experiment = Experiment.model_validate(tiny_experiment(source) | {"name": NAME, "worth": 2})
        return call("flows.synthetic_data:synthetic_data", experiment, environment=environment, moment="pickle")

    with pytest.raises(BadInput, match="/nowhere"):
        run(Path("/nowhere"))
    [failure] = (bucket / "results").iterdir()
    assert json.loads(failure.read_text())["__exc_type__"] == "gan_core.errors.BadInput"
    failure.write_bytes(pickle.dumps(Bomb()))

    report = run(source)
    assert list((tmp_path / "tmp").iterdir()) == []
    folder = resolve_latest(located("s3://bucket/runs/latest"))
    assert (folder.name, str(folder / "report.html")) == (report.run_id, report.page)
    assert {name_below(folder, path) for path in folder.rglob("*") if path.is_file()} == NAMES
    assert len(LabelledImages.load(located(report.synthetic))) == 80
    origin = plan_export.fn(located("s3://bucket/runs/latest"), ("npz",), ExportSettings()).origin
    assert (origin.run_id, origin.figures) == (report.run_id, folder / "report.parquet")

    bucket.fs.invalidate_cache()
    [result] = [path for path in (bucket / "results").iterdir() if path.name != failure.name]
    assert json.loads(result.read_text())["data"]["run_id"] == report.run_id
    assert asdict(report) in call("test_results:results", environment=environment, moment="pickle")


def members(package: ModuleType, kind: type) -> list:
    """All of a kind that the modules of a package define or use."""
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    modules = [importlib.import_module(module.name) for module in found]
    return [value for module in modules for value in vars(module).values() if isinstance(value, kind)]


def test_flows_keep_their_results_as_json_and_tasks_keep_none() -> None:
    assert {flow.result_serializer for flow in members(flows, Flow)} == {"json"}
    found = [*members(tasks, Task), *members(flows, Task)]
    assert len(found) > 5
    assert {task.persist_result for task in found} == {False} and all(task.cache_policy is NO_CACHE for task in found)


@pytest.mark.parametrize("read", [load_arrays, LabelledImages.load])
def test_an_array_that_is_a_pickle_is_not_read(read: Callable[[Path], object], tmp_path: Path) -> None:
    bomb = np.array([Bomb()], dtype=object)
    np.savez(tmp_path / "bomb.npz", images=bomb, labels=bomb, class_names=bomb)
    with pytest.raises(BadInput, match="as this program wrote it") as refused:
        read(tmp_path / "bomb.npz")
    assert "allow_pickle=False" in str(refused.value.__cause__)


def test_models_lie_on_this_machine_where_they_can_be_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTHETIC_DATA_MODELS", "memory://models")
    with pytest.raises(BadInput, match="SYNTHETIC_DATA_MODELS"):
        models_folder()
