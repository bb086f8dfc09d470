"""A real server on PostgreSQL with a password, a worker and a webhook: faults and what comes of them, and alerts."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from conftest import striped_images, write_source
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
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
            "PREFECT_API_DATABASE_CONNECTION_URL": database,
            "PREFECT_SERVER_API_AUTH_STRING": ":".join(USER),
            "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
            "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }


@pytest.fixture(scope="module")
def server(surroundings: dict[str, str], folder: Path) -> Iterator[Server]:
    with running_server(surroundings, folder / "server.log") as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[SyncPrefectClient]:
    with SyncPrefectClient(server.surroundings["PREFECT_API_URL"], auth_string=":".join(USER)) as client:
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
    with running_worker(server.surroundings, folder / "worker.log"):  # makes the pool
        wait_until(client.read_work_pools, seconds=60)
        deployed = prefect_command(server.surroundings)("deploy", "--all")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    return client.read_deployment_by_name(NAME).id


def setup(surroundings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `synthetic-data server setup` did."""
    command = [sys.executable, "-m", "flows.command_line", "server", "setup", *arguments]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)


@pytest.fixture(scope="module")
def alerts(server: Server, posts: tuple[str, list[Post]]) -> list[Post]:
    """What is posted by a server that has been set up."""
    address, received = posts
    done = setup(server.surroundings, "--webhook", address)
    assert done.returncode == 0, done.stderr
    return received


def silence_allowed(server: Server, silence: timedelta) -> None:
    """As `setup --silence`, in this process, which takes less time."""
    url = {PREFECT_API_URL: server.surroundings["PREFECT_API_URL"], PREFECT_API_AUTH_STRING: ":".join(USER)}
    with temporary_settings(url):
        install(None, silence=silence)


def posted(alerts: list[Post], event: str, resource: str) -> Post:
    """The one post about an event of a resource, once it has come."""

    def about() -> list[Post]:
        return [
            post for post in alerts if (post["event"], post["resource"]["prefect.resource.id"]) == (event, resource)
        ]

    wait_until(about, seconds=20)
    [post] = about()
    return post


def start_run(client: SyncPrefectClient, deployment: UUID, source: Path, *, epochs: int) -> FlowRun:
    """A run that a worker has brought to running."""
    parameters = {"experiment": tiny_experiment(source, epochs=epochs)}
    run = client.create_flow_run_from_deployment(deployment, parameters=parameters)
    wait_until(lambda: state_of(client, run) == "Running", seconds=120)
    return run


def state_of(client: SyncPrefectClient, run: FlowRun) -> str | None:
    return client.read_flow_run(run.id).state_name


def process_of(client: SyncPrefectClient, run: FlowRun) -> int:
    host, _, process = (client.read_flow_run(run.id).infrastructure_pid or "").rpartition(":")
    assert host
    return int(process)


def lease_of(client: SyncPrefectClient, run: FlowRun) -> UUID:
    state = client.read_flow_run(run.id).state
    assert state is not None and state.state_details.deployment_concurrency_lease_id is not None
    return state.state_details.deployment_concurrency_lease_id


def test_who_has_no_password_is_refused(server: Server) -> None:
    url = f"{server.surroundings['PREFECT_API_URL']}/admin/version"
    without, wrong, right = (httpx.get(url, auth=auth).status_code for auth in (None, ("admin", "wrong"), USER))

    assert (without, wrong, right) == (401, 401, 200)


def test_setup_again_changes_nothing_and_what_was_paused_stays_paused(
    server: Server, client: SyncPrefectClient, alerts: list[Post], deployment: UUID
) -> None:
    before = client.read_automations()
    [refused] = [each for each in before if each.name == f"{TAG}: challenger refused" and each.id is not None]
    client.pause_automation(refused.id)

    done = setup(server.surroundings)

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
    server: Server, settings: dict[str, str], arguments: tuple[str, ...], sentence: str
) -> None:
    done = setup(server.surroundings | settings, *arguments)

    assert done.returncode == 2
    assert sentence in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("event", sorted(event for events, tag in ALERTS.values() if not tag for event in events))
def test_our_own_events_are_posted_with_their_payload(
    client: SyncPrefectClient, alerts: list[Post], event: str
) -> None:
    resource = {"prefect.resource.id": f"synthetic-data.{uuid4()}", "prefect.resource.name": 'say "cheese"'}
    occurred = datetime.now(UTC).isoformat()
    emitted = {"id": str(uuid4()), "event": event, "occurred": occurred, "resource": resource, "payload": {"tstr": 0.9}}
    client.request("POST", "/events", json=[emitted])

    post = posted(alerts, event, resource["prefect.resource.id"])

    assert (post["payload"], post["resource"]) == ({"tstr": 0.9}, resource)
    assert datetime.fromisoformat(post["occurred"]) == datetime.fromisoformat(occurred)
    assert post["text"] == f'{event}: say "cheese" '


def test_a_failed_run_is_posted(client: SyncPrefectClient, deployment: UUID, alerts: list[Post]) -> None:
    run = client.create_flow_run_from_deployment(deployment)
    client.set_flow_run_state(run.id, Failed(message="The generator has collapsed."))

    post = posted(alerts, "prefect.flow-run.Failed", f"prefect.flow-run.{run.id}")

    assert post["text"] == f"prefect.flow-run.Failed: {run.name} The generator has collapsed."
    assert post["payload"]["validated_state"]["type"] == "FAILED"


@pytest.mark.parametrize("fault", ["the worker is stopped", "the machine dies"])
def test_a_silent_run_is_crashed_and_posted_and_frees_its_slot(
    server: Server,
    client: SyncPrefectClient,
    deployment: UUID,
    source: Path,
    alerts: list[Post],
    folder: Path,
    fault: str,
) -> None:
    silence_allowed(server, timedelta(seconds=10))
    with running_worker(server.surroundings, folder / "worker.log") as worker:
        run = start_run(client, deployment, source, epochs=FOR_EVER)
        if fault == "the machine dies":
            worker.kill()
            os.kill(process_of(client, run), signal.SIGKILL)
    assert state_of(client, run) == "Running"

    wait_until(lambda: state_of(client, run) == "Crashed", seconds=40)

    post = posted(alerts, "prefect.flow-run.Crashed", f"prefect.flow-run.{run.id}")
    assert "No heartbeat for 10 s" in post["text"]
    [limit] = client.read_global_concurrency_limits()
    assert limit.active_slots == 0


def test_a_run_completes_though_its_worker_is_killed_and_its_server_restarted(
    server: Server, client: SyncPrefectClient, deployment: UUID, source: Path, alerts: list[Post], folder: Path
) -> None:
    silence_allowed(server, timedelta(seconds=90))
    with running_worker(server.surroundings, folder / "worker.log") as worker:
        run = start_run(client, deployment, source, epochs=2)
        worker.kill()
    server.stop()
    server.start()

    client.renew_concurrency_lease(lease_of(client, run), lease_duration=300)  # as the run does, which ends without it
    wait_until(lambda: state_of(client, run) not in ("Pending", "Running"), seconds=120)
    assert state_of(client, run) == "Completed"
    artifacts = [artifact.key for artifact in client.read_artifacts() if artifact.flow_run_id == run.id]
    assert {"report", "pictures"} <= set(artifacts)
