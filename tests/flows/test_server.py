"""A real server on PostgreSQL with a password, a worker and a webhook: faults and what comes of them, and alerts."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from conftest import striped_images, write_source
from killed import Command
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, State
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.states import Failed
from servers import (
    ROOT,
    Server,
    own_surroundings,
    postgres_binaries,
    prefect_command,
    running_postgres,
    running_server,
    running_worker,
    tiny_experiment,
    wait_until,
)

from tasks.automations import ALERTS, TAG, install

POSTGRES = postgres_binaries()
USER = ("admin", "password")
NAME = "synthetic-data/synthetic-data"
FOR_EVER = 100_000  # epochs

pytestmark = pytest.mark.skipif(POSTGRES is None, reason="no PostgreSQL here; Debian's package is postgresql")

Post = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def source(folder: Path) -> Path:
    return write_source(folder / "source", striped_images(600, seed=1), striped_images(200, seed=2))


@pytest.fixture(scope="module")
def surroundings(folder: Path) -> Iterator[dict[str, str]]:
    assert POSTGRES is not None
    with running_postgres(POSTGRES) as database:
        yield own_surroundings(folder) | {
            "PREFECT_API_AUTH_STRING": ":".join(USER),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
            "PREFECT_SERVER_API_AUTH_STRING": ":".join(USER),
            "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
            "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }


@pytest.fixture(scope="module")
def server(surroundings: dict[str, str], folder: Path) -> Iterator[Server]:
    with running_server(surroundings, folder / "server.log") as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[SyncPrefectClient]:
    with SyncPrefectClient(server.environment["PREFECT_API_URL"], auth_string=":".join(USER)) as client:
        yield client


@pytest.fixture(scope="module")
def posts() -> Iterator[tuple[str, list[Post]]]:
    """The address of a webhook, and what has been posted to it."""
    received: list[Post] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as webhook:
        Thread(target=webhook.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{webhook.server_port}/alerts", received
        webhook.shutdown()


@pytest.fixture(scope="module")
def deployment(server: Server, client: SyncPrefectClient, folder: Path) -> UUID:
    with running_worker(server.environment, folder / "worker.log"):  # makes the pool
        wait_until(client.read_work_pools, seconds=60)
        deployed = prefect_command(server.environment)("deploy", "--all")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    return client.read_deployment_by_name(NAME).id


def setup(surroundings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `synthetic-data server setup` did."""
    command = [sys.executable, "-m", "flows.commands.main", "server", "setup", *arguments]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)


@pytest.fixture(scope="module")
def alerts(server: Server, posts: tuple[str, list[Post]]) -> list[Post]:
    """What is posted by a server that has been set up."""
    address, received = posts
    done = setup(server.environment, "--webhook", address)
    assert done.returncode == 0, done.stderr
    return received


def posted(alerts: list[Post], event: str, resource: str) -> Post:
    """The one post about an event of a resource, once it has come."""

    def about() -> list[Post]:
        return [
            post for post in alerts if (post["event"], post["resource"]["prefect.resource.id"]) == (event, resource)
        ]

    wait_until(about, seconds=20)
    [post] = about()
    return post


def environments_of(run: FlowRun) -> dict[int, bytes]:
    """The run's process and those it has started, with the environments in which they all have its id."""
    found = {int(path.parent.name): contents(path) for path in Path("/proc").glob("[0-9]*/environ")}
    return {process: environment for process, environment in found.items() if str(run.id).encode() in environment}


def contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # its process has ended
        return b""


@dataclass(frozen=True)
class Live:
    """A deployment on a server, and what is done with it."""

    surroundings: dict[str, str]
    client: SyncPrefectClient
    deployment: UUID
    source: Path
    log: Path

    def allow_silence(self, *, seconds: int) -> None:
        """As `setup --silence`, in this process, which takes less time."""
        url = {PREFECT_API_URL: self.surroundings["PREFECT_API_URL"], PREFECT_API_AUTH_STRING: ":".join(USER)}
        with temporary_settings(url):
            install(None, silence=timedelta(seconds=seconds))

    def start_run(self, *, epochs: int) -> FlowRun:
        """A run that a worker has brought to running."""
        parameters = {"experiment": tiny_experiment(self.source, epochs=epochs)}
        run = self.client.create_flow_run_from_deployment(self.deployment, parameters=parameters)
        wait_until(lambda: self.state(run).is_running(), seconds=120)
        return run

    def state(self, run: FlowRun) -> State:
        state = self.client.read_flow_run(run.id).state
        assert state is not None
        return state

    def lease(self, run: FlowRun) -> UUID:
        lease = self.state(run).state_details.deployment_concurrency_lease_id
        assert lease is not None
        return lease


@pytest.fixture(scope="module")
def live(surroundings: dict[str, str], client: SyncPrefectClient, deployment: UUID, source: Path, folder: Path) -> Live:
    return Live(surroundings, client, deployment, source, folder / "worker.log")


def test_who_has_no_password_is_refused(server: Server) -> None:
    url = f"{server.environment['PREFECT_API_URL']}/admin/version"
    without, wrong, right = (httpx.get(url, auth=auth).status_code for auth in (None, ("admin", "wrong"), USER))

    assert (without, wrong, right) == (401, 401, 200)


def test_setup_again_changes_nothing_and_what_was_paused_stays_paused(
    server: Server, client: SyncPrefectClient, alerts: list[Post], deployment: UUID
) -> None:
    before = client.read_automations()
    [refused] = [each for each in before if each.name == f"{TAG}: challenger refused" and each.id is not None]
    client.pause_automation(refused.id)

    done = setup(server.environment)

    after = client.read_automations()
    client.resume_automation(refused.id)
    assert done.stdout.splitlines() == [f"{TAG}: silent runs are crashed"]
    assert {each.id for each in after} == {each.id for each in before} and len(before) == 1 + len(ALERTS)
    assert [each.id for each in after if not each.enabled] == [refused.id]


@pytest.mark.parametrize(
    ("settings", "arguments", "sentence"),
    [
        ({"PREFECT_API_URL": ""}, (), "Expected a server's address in PREFECT_API_URL, got none"),
        ({"PREFECT_API_URL": "http://127.0.0.1:9/api"}, (), "Expected a server at http://127.0.0.1:9/api, got Connect"),
        ({"PREFECT_API_AUTH_STRING": "admin:x"}, (), "let us in, got status 401; set PREFECT_API_AUTH_STRING"),
        ({}, ("--webhook", "chat"), "Expected a webhook such as https://HOST/PATH, got 'chat'"),
        ({}, ("--silence", "9"), "Expected a silence of at least 10 seconds, got 9"),
    ],
)
def test_what_setup_cannot_use_gives_one_clear_line(
    server: Server, folder: Path, settings: dict[str, str], arguments: tuple[str, ...], sentence: str
) -> None:
    said = Command("server", "setup", *arguments, folder=folder, environment=server.environment | settings).finish(2)

    assert sentence in said and said.count("\n") == 1


@pytest.mark.parametrize("event", sorted(event for events, tag in ALERTS.values() if not tag for event in events))
def test_our_own_events_are_posted_with_their_payload(
    client: SyncPrefectClient, alerts: list[Post], event: str
) -> None:
    resource, payload = f"synthetic-data.{uuid4()}", {"reason": 'It looks "alike".', "figures": {"accuracy": 0.9}}
    occurred = datetime.now(UTC).isoformat()
    emitted = {"id": str(uuid4()), "event": event, "occurred": occurred, "payload": payload}
    client.request("POST", "/events", json=[emitted | {"resource": {"prefect.resource.id": resource}}])

    post = posted(alerts, event, resource)

    assert post["payload"] == payload
    assert datetime.fromisoformat(post["occurred"]) == datetime.fromisoformat(occurred)
    assert post["text"] == f'{event}: {resource} It looks "alike".'


def test_a_failed_run_is_posted(client: SyncPrefectClient, deployment: UUID, alerts: list[Post]) -> None:
    run = client.create_flow_run_from_deployment(deployment)
    client.set_flow_run_state(run.id, Failed(message="The generator has collapsed."))

    post = posted(alerts, "prefect.flow-run.Failed", f"prefect.flow-run.{run.id}")

    assert post["text"] == f"prefect.flow-run.Failed: {run.name} The generator has collapsed."
    assert post["payload"]["validated_state"]["type"] == "FAILED"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("the worker is stopped", "No heartbeat for 10 s"),
        ("the worker is killed", "aborted"),  # its run notices, and says so
        ("the machine dies", "No heartbeat for 10 s"),
    ],
)
def test_a_dead_run_is_crashed_and_posted_and_frees_its_slot(
    live: Live, alerts: list[Post], fault: str, message: str
) -> None:
    live.allow_silence(seconds=10)
    with running_worker(live.surroundings, live.log) as worker:
        run = live.start_run(epochs=FOR_EVER)
        if fault == "the worker is killed":
            worker.kill()
        if fault == "the machine dies":
            worker.send_signal(signal.SIGSTOP)  # so that it cannot tell
            for process in environments_of(run):
                os.kill(process, signal.SIGKILL)
            worker.kill()

    wait_until(lambda: live.state(run).is_final(), seconds=40)

    assert live.state(run).is_crashed()
    assert message in posted(alerts, "prefect.flow-run.Crashed", f"prefect.flow-run.{run.id}")["text"]
    assert not any(limit.active_slots for limit in live.client.read_global_concurrency_limits())


def test_the_next_run_completes_though_its_server_is_restarted(server: Server, live: Live) -> None:
    live.allow_silence(seconds=90)
    with running_worker(live.surroundings, live.log):
        run = live.start_run(epochs=2)
        assert all(b"PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30" in each for each in environments_of(run).values())
        server.stop()
        server.start()
        live.client.renew_concurrency_lease(live.lease(run), lease_duration=300)  # as the run does, which ends without

        wait_until(lambda: live.state(run).is_final(), seconds=120)

    assert live.state(run).is_completed(), live.state(run)
    artifacts = {artifact.key for artifact in live.client.read_artifacts() if artifact.flow_run_id == run.id}
    assert {"report", "pictures"} <= artifacts


def test_one_variable_deploys_to_kubernetes_whose_template_the_server_takes(
    server: Server, client: SyncPrefectClient, deployment: UUID
) -> None:
    template, pool = ROOT / "deploy/kubernetes.json", {"SYNTHETIC_DATA_POOL": "kubernetes"}
    prefect = prefect_command(server.environment | pool)
    made = prefect("work-pool", "create", "kubernetes", "--type", "kubernetes", "--base-job-template", str(template))
    assert made.returncode == 0, made.stdout + made.stderr

    deployed = prefect("deploy", "--all")

    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    there = client.read_deployment(deployment)
    assert (there.work_pool_name, there.job_variables["image"]) == ("kubernetes", "synthetic-data")
