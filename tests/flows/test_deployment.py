"""The commands of the README in a real Prefect server: deploy, run by name, the schedule, no two runs at once."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.states import Cancelled, Pending
from servers import ROOT, WORK, Prefect, prefect_command, tiny_experiment, wait_until

FULL_NAME = "synthetic-data/synthetic-data"
SCHEDULER_LOOP = 1  # seconds, as in conftest.py

Runs = Callable[[], list[FlowRun]]


@pytest.fixture(scope="module")
def prefect(server: dict[str, str]) -> Prefect:
    return prefect_command(server)


@pytest.fixture(scope="module")
def deploy(prefect: Prefect) -> Callable[[], None]:
    def deploy_all() -> None:
        done = prefect("deploy", "--all")
        assert done.returncode == 0, done.stdout + done.stderr

    prefect(*WORK)  # makes the pool
    deploy_all()
    return deploy_all


@pytest.fixture
def client(server: dict[str, str]) -> Iterator[SyncPrefectClient]:
    with SyncPrefectClient(server["PREFECT_API_URL"]) as client:
        yield client


@pytest.fixture
def deployment(deploy: Callable[[], None], client: SyncPrefectClient) -> DeploymentResponse:
    return client.read_deployment_by_name(FULL_NAME)


def runs_of(deployment: DeploymentResponse, client: SyncPrefectClient) -> list[FlowRun]:
    return client.read_flow_runs(deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])))


@pytest.fixture
def runs(deployment: DeploymentResponse, client: SyncPrefectClient) -> Iterator[Runs]:
    """The deployment's runs since the test began, deleted when it ends."""
    yield lambda: runs_of(deployment, client)
    for run in runs_of(deployment, client):
        client.delete_flow_run(run.id)


def test_a_run_by_bare_name_completes_with_its_report_and_pictures(
    prefect: Prefect, runs: Runs, client: SyncPrefectClient, tiny_source: Path
) -> None:
    experiment = json.dumps(tiny_experiment(tiny_source))

    asked = prefect("deployment", "run", "synthetic-data", "--param", f"experiment={experiment}")
    worked = prefect(*WORK)

    output = asked.stdout + asked.stderr + worked.stdout + worked.stderr
    [run] = runs()
    assert run.state is not None and run.state.is_completed(), output
    assert "Traceback" not in output
    artifacts = client.read_artifacts(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
    assert {("report", "table"), ("pictures", "markdown")} <= {(artifact.key, artifact.type) for artifact in artifacts}


def test_a_retraining_where_a_worker_was_started_says_in_state_and_event_why_the_challenger_was_refused(
    server: dict[str, str],
    prefect: Prefect,
    deploy: Callable[[], None],
    client: SyncPrefectClient,
    tiny_source: Path,
    tmp_path: Path,
) -> None:
    for_results = {"PYTHONPATH", "SYNTHETIC_DATA_MODELS", "SYNTHETIC_DATA_RUNS"}  # and what leads to the checkout
    theirs = {name: value for name, value in server.items() if name not in for_results}
    (tmp_path / "elsewhere").mkdir()
    deployment = client.read_deployment_by_name("retrain/retrain")
    experiment = {
        "name": "tiny",
        "source": str(tiny_source),
        "data": {"validation_images": 100},
        "gan": {
            "epochs": 1,
            "epoch_images": 500,
            "batch_size": 16,
            "generator_width": 4,
            "discriminator_width": 4,
            "learning_rate": 1e-9,
        },
        "dataset": {"per_class": 8},
        "classifier": {"steps": 4, "batch_size": 32, "seeds": [0, 1]},
    }

    asked = prefect("deployment", "run", "retrain", "--param", f"experiment={json.dumps(experiment)}")
    worked = prefect_command(theirs, tmp_path / "elsewhere")(*WORK)

    [run] = runs_of(deployment, client)
    assert run.state is not None and run.state.is_completed(), asked.stderr + worked.stdout + worked.stderr
    assert run.state.name == "Refused" and "collapsed" in str(run.state.message)
    assert (tmp_path / "elsewhere" / "models" / "v0001").is_dir()

    def told() -> list[dict]:
        wanted = {"filter": {"event": {"name": ["synthetic-data.challenger.refused"]}}}
        events = client.request("POST", "/events/filter", json=wanted).json()["events"]
        return [event for event in events if str(run.id) in json.dumps(event["related"])]

    wait_until(told, seconds=30)
    [event] = told()
    assert event["payload"]["reason"] in str(run.state.message) and event["payload"]["version"] == "v0001"


def test_the_retraining_has_a_schedule_that_is_off_and_runs_alone(
    deploy: Callable[[], None], client: SyncPrefectClient
) -> None:
    deployment = client.read_deployment_by_name("retrain/retrain")
    [schedule] = deployment.schedules
    assert not schedule.active and getattr(schedule.schedule, "timezone", None) == "UTC"
    assert deployment.global_concurrency_limit and deployment.global_concurrency_limit.limit == 1
    assert deployment.concurrency_options and deployment.concurrency_options.collision_strategy == "CANCEL_NEW"


@pytest.mark.usefixtures("deploy", "on_server")
def test_an_export_needs_no_more_than_its_deployment_names(
    client: SyncPrefectClient, generator: Path, tmp_path: Path
) -> None:
    deployment = client.read_deployment_by_name("export-dataset/export-dataset")
    assert deployment.entrypoint
    export: Flow[..., str] = load_flow_from_entrypoint(deployment.entrypoint)
    settings = {"per_class": 3, "test_per_class": 1}
    export(generator=str(generator), out=str(tmp_path / "dataset"), formats=["npz"], settings=settings)
    with np.load(tmp_path / "dataset" / "npz" / "dataset.npz") as arrays:
        assert np.bincount(arrays["y_train"]).tolist() == [3] * 10


@pytest.mark.parametrize("name", ["synthetic-data", FULL_NAME])
def test_the_bare_and_the_full_name_create_the_same_run(prefect: Prefect, runs: Runs, name: str) -> None:
    done = prefect("deployment", "run", name, "--start-in", "2 days")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [run.state_name for run in runs()] == ["Scheduled"]


def test_an_unknown_name_gives_one_clear_line(prefect: Prefect, deployment: DeploymentResponse) -> None:
    done = prefect("deployment", "run", "nothing")

    assert done.returncode != 0
    assert (done.stdout + done.stderr).split("\n") == ["Deployment 'nothing/nothing' not found!", ""]


def test_deploying_again_replaces_a_schedule_in_another_time_zone_and_turns_it_off(
    deploy: Callable[[], None], deployment: DeploymentResponse, runs: Runs, client: SyncPrefectClient
) -> None:
    [schedule] = deployment.schedules
    old = CronSchedule(cron="0 3 * * 1", timezone="Asia/Tokyo")
    client.update_deployment_schedule(deployment.id, schedule.id, active=True, schedule=old)
    wait_until(runs, seconds=30)
    assert {f"{run.expected_start_time:%a %H:%M}" for run in runs() if run.auto_scheduled} == {"Sun 18:00"}

    deploy()

    again = client.read_deployment_by_name(FULL_NAME)
    assert again.id == deployment.id
    assert [(each.id, each.slug, each.active) for each in again.schedules] == [(schedule.id, "weekly", False)]
    assert again.schedules[0].schedule == schedule.schedule
    assert getattr(schedule.schedule, "timezone", None) == "UTC"
    wait_until(lambda: not runs(), seconds=30)


def test_without_further_words_the_pool_is_local_and_the_worker_chooses_the_folder(
    deployment: DeploymentResponse,
) -> None:
    assert deployment.work_pool_name == "local"
    assert deployment.job_variables == {"working_dir": ".", "image": "synthetic-data"}


def test_no_folder_of_this_machine_is_stored(deployment: DeploymentResponse) -> None:
    assert deployment.path is None and not deployment.pull_steps
    assert str(ROOT) not in deployment.model_dump_json()


def test_a_schedule_creates_runs_while_it_is_on_and_only_then(
    prefect: Prefect, runs: Runs, deployment: DeploymentResponse
) -> None:
    [schedule] = deployment.schedules
    time.sleep(3 * SCHEDULER_LOOP)
    assert not runs()

    prefect("deployment", "schedule", "resume", FULL_NAME, str(schedule.id))
    wait_until(runs, seconds=30)
    assert {f"{run.expected_start_time:%a %H:%M}" for run in runs() if run.auto_scheduled} == {"Mon 03:00"}

    prefect("deployment", "schedule", "pause", FULL_NAME, str(schedule.id))
    wait_until(lambda: not runs(), seconds=30)


def test_a_run_that_comes_while_another_is_at_work_is_cancelled(
    runs: Runs, deployment: DeploymentResponse, client: SyncPrefectClient
) -> None:
    first, second, third = (client.create_flow_run_from_deployment(deployment.id) for _ in range(3))

    def take_up(run: FlowRun) -> str:
        client.set_flow_run_state(run.id, Pending())  # what a worker does first
        return client.read_flow_run(run.id).state_name or ""

    assert [take_up(first), take_up(second)] == ["Pending", "Cancelled"]
    client.set_flow_run_state(first.id, Cancelled())
    assert take_up(third) == "Pending"
    client.set_flow_run_state(third.id, Cancelled())
