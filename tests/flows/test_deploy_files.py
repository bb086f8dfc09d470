"""Laws of deploy/: units, compose file, Dockerfile and Kubernetes template say what Prefect and this project know."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import prefect.server.api.collections_data
import pytest
import yaml
from prefect import tags
from prefect.context import TagsContext
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.schema_tools import validate
from prefect.utilities.templating import apply_values, find_placeholders
from servers import ROOT

from flows.commands.local_server import server
from flows.commands.prefect_settings import HEARTBEAT, PREFECT
from tasks.automations import ALERTS, TAG

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
EXAMPLES = sorted(DEPLOY.glob("*.env.example"))
COLLECTIONS = Path(prefect.server.api.collections_data.__path__[0])
TEMPLATE = json.loads((DEPLOY / "kubernetes.json").read_text())
DEFAULTS = {name: each["default"] for name, each in TEMPLATE["variables"]["properties"].items() if "default" in each}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def settings_in(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_every_deployment_bears_the_tag_by_which_the_server_knows_our_runs() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]

    assert all(TAG in deployment["tags"] for deployment in deployments)


def test_runs_of_the_command_bear_it_on_a_server_that_is_named(prefect_server: dict[str, str]) -> None:
    with temporary_settings({PREFECT_API_URL: prefect_server["PREFECT_API_URL"]}), server(), tags("nightly"):
        assert TagsContext.get().current_tags == {TAG, "nightly"}


def test_the_handbook_names_every_alert_and_only_tests_that_exist() -> None:
    handbook = (ROOT / "docs/operations.md").read_text()
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))

    for name, (events, _) in ALERTS.items():
        assert {name, *events} <= set(re.findall(r"`([^`\n]+)`", handbook))
    assert all(f"def {name}(" in tests for name in re.findall(r"`(test_\w+)`", handbook))


def test_prefect_has_the_same_settings_in_a_checkout_and_from_the_command_elsewhere() -> None:
    here, elsewhere = shown_settings({}, folder=ROOT), shown_settings(PREFECT, folder=Path("/"))

    assert here == elsewhere
    assert PREFECT.keys() <= here.keys()


def shown_settings(environment: dict[str, str], *, folder: Path) -> dict[str, str]:
    """All settings that Prefect finds set in the environment or the folder, by the names of their variables."""
    load = "import json; from prefect.settings import get_current_settings as get; "
    show = "print(json.dumps(get().to_environment_variables(exclude_unset=True, include_secrets=True)))"
    return json.loads(subprocess.check_output([sys.executable, "-c", load + show], env=environment, cwd=folder))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_variable_is_a_setting_of_prefect_with_a_sound_value(path: Path) -> None:
    given = {name: value for name, value in settings_in(path).items() if name.startswith("PREFECT_")}

    assert given.keys() <= shown_settings(given, folder=Path("/")).keys()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_finds_no_fault_with_the_unit(unit: Path, tmp_path: Path) -> None:
    here = unit.read_text(encoding="utf-8").replace("/opt/synthetic-data/.venv/bin", str(Path(sys.executable).parent))
    (tmp_path / unit.name).write_text(here)

    done = subprocess.run(["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, text=True)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_service_is_watched_restarted_and_waits_for_a_healthy_one(compose: dict[str, Any]) -> None:
    services = compose["services"]

    for service in services.values():
        assert service["healthcheck"]["test"][0] == "CMD" and service["restart"] == "unless-stopped"
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services and how == {"condition": "service_healthy"}


def test_containers_keep_their_data_in_volumes_and_their_secrets_in_files_and_listen_on_loopback(
    compose: dict[str, Any],
) -> None:
    services = compose["services"].values()

    assert {volume.split(":")[0] for service in services for volume in service["volumes"]} == set(compose["volumes"])
    assert {f"{service['env_file']}.example" for service in services} == {path.name for path in EXAMPLES}
    assert all(port.startswith("127.0.0.1:") for service in services for port in service.get("ports", ()))


def test_the_image_copies_what_is_here_checks_digests_and_is_not_root() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]]

    assert copied and all((ROOT / name).exists() for name in copied)
    assert {f"!{name}" for name in copied} <= set((DEPLOY / "Dockerfile.dockerignore").read_text().split())
    assert any("--require-hashes" in line for line in lines)
    assert [line for line in lines if line.startswith("USER")] == ["USER runner"]


def test_the_template_keeps_all_variables_of_prefects_own() -> None:
    workers = json.loads((COLLECTIONS / "views/aggregate-worker-metadata.json").read_text())
    own = workers["prefect-kubernetes"]["kubernetes"]["default_base_job_configuration"]

    assert set(own["variables"]["properties"]) <= set(TEMPLATE["variables"]["properties"])
    assert set(own["job_configuration"]) == set(TEMPLATE["job_configuration"])


def test_every_placeholder_of_the_template_is_a_variable_and_every_default_is_sound() -> None:
    placeholders = {placeholder.name for placeholder in find_placeholders(TEMPLATE["job_configuration"])}

    assert placeholders == set(TEMPLATE["variables"]["properties"])
    validate(DEFAULTS, TEMPLATE["variables"], raise_on_error=True)


def test_the_rendered_job_runs_our_image_on_a_volume_and_not_as_root() -> None:
    values = DEFAULTS | {"image": "registry.example/synthetic-data:1", "command": "prefect flow-run execute"}

    job = apply_values(TEMPLATE["job_configuration"], values)["job_manifest"]

    pod = job["spec"]["template"]["spec"]
    [container], [volume] = pod["containers"], pod["volumes"]
    assert (job["kind"], container["image"]) == ("Job", "registry.example/synthetic-data:1")
    assert container["volumeMounts"] == [{"name": volume["name"], "mountPath": "/data"}]
    assert container["resources"]["requests"] == {"cpu": "2", "memory": "4Gi"}
    assert container["env"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == str(HEARTBEAT)
    assert pod["securityContext"]["runAsNonRoot"]
    assert not find_placeholders(job)
