"""What a Prefect server does by itself for our runs: calls silent ones crashed, and tells a webhook what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import cast
from uuid import UUID

import httpx
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events import AutomationCore, EventTrigger
from prefect.events.actions import CallWebhook, ChangeFlowRunState
from prefect.events.schemas.automations import Posture
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL

from gan_core.errors import BadInput

TAG = "synthetic-data"  # on all our runs; those of others on the same server may beat at another frequency
OUR_RUNS = {"prefect.resource.id": f"prefect.tag.{TAG}"}
START = "prefect.flow-run.Running"
BEAT = "prefect.flow-run.heartbeat"
RETRAINED = ("Promoted", "Refused")  # the names that completed retrainings give their states
NO_API = {404, 405, 501}  # what other web servers answer, and Prefect's own beside its API
FINAL = ("Completed", *RETRAINED, "Failed", "TimedOut", "Cancelled", "Crashed")
ENDS = {f"prefect.flow-run.{state}" for state in FINAL}
ALERTS: dict[str, tuple[set[str], dict[str, str]]] = {  # the events that one automation posts, and the tag they need
    "run failed": ({"prefect.flow-run.Failed", "prefect.flow-run.TimedOut"}, OUR_RUNS),
    "run crashed": ({"prefect.flow-run.Crashed"}, OUR_RUNS),
    "challenger promoted": ({"synthetic-data.challenger.promoted"}, {}),
    "challenger refused": ({"synthetic-data.challenger.refused"}, {}),
    "generator collapsed": ({"synthetic-data.generator.collapsed"}, {}),
}
PAYLOAD = """{
  "text": {{ (event.event ~ ": " ~ (event.resource.name or event.resource.id) ~ " " ~
              (event.resource["prefect.state-message"] or event.payload.reason)) | trim | tojson }},
  "event": {{ event.event | tojson }},
  "occurred": {{ event.occurred.isoformat() | tojson }},
  "resource": {{ event.resource | tojson }},
  "payload": {{ event.payload | tojson }}
}"""


def install(address: str | None, *, silence: timedelta) -> list[str]:
    """Install the automations on the configured server, anew where they are there; returns their names.

    Runs without a heartbeat for the time of `silence` become Crashed; alerts go to `address`, if there is one.
    """
    with configured_server() as client:
        automations = [heartbeats(silence)]
        if address:
            block = Webhook(url=address, headers={"Content-Type": "application/json"})
            automations += alerts(cast(UUID, block.save(TAG, overwrite=True)))
        for automation in automations:
            _replace(automation, client)
    return [automation.name for automation in automations]


def heartbeats(silence: timedelta) -> AutomationCore:
    """Runs whose heartbeats stop become Crashed: nobody else tells the server that a machine or a worker has died.

    The start counts too, or a run killed before its first beat would seem to run for ever. A run that has ended is
    left as it is: Prefect takes no Crashed state after a final one.
    """
    trigger = EventTrigger(
        after={START, BEAT},
        expect={BEAT} | ENDS,
        match_related=OUR_RUNS,
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        within=silence,
    )
    message = f"No heartbeat for {silence.total_seconds():.0f} s: its process, worker or machine has died."
    crash = ChangeFlowRunState(state=StateType.CRASHED, message=message)
    return AutomationCore(name=f"{TAG}: silent runs are crashed", trigger=trigger, actions=[crash])


def alerts(webhook: UUID) -> list[AutomationCore]:
    """Automations that post events to the webhook, one for each kind, so that any of them may be paused."""
    post = CallWebhook(block_document_id=webhook, payload=PAYLOAD)
    triggers = {name: EventTrigger(expect=events, match_related=tag) for name, (events, tag) in ALERTS.items()}
    return [AutomationCore(name=f"{TAG}: {name}", trigger=triggers[name], actions=[post]) for name in triggers]


def _replace(automation: AutomationCore, client: SyncPrefectClient) -> None:
    """Update the automation of this name, which stays paused if it was, or create it."""
    known = client.read_automations_by_name(automation.name)
    for each in known:
        assert each.id is not None
        client.update_automation(each.id, automation.model_copy(update={"enabled": each.enabled}))
    if not known:
        client.create_automation(automation)


@contextmanager
def configured_server() -> Iterator[SyncPrefectClient]:
    """A client of the server that the settings name; BadInput if there is none, or none that lets us in."""
    url = PREFECT_API_URL.value()
    if not url:
        raise BadInput("Expected a server's address in PREFECT_API_URL, got none; set it, as http://HOST:4200/api.")
    try:
        with get_client(sync_client=True) as client:
            yield client
    except httpx.TransportError as error:
        raise BadInput(f"Expected a server at {url}, got {error!r}; start it, or mend PREFECT_API_URL.") from error
    except PrefectHTTPStatusError as error:
        status = error.response.status_code
        if status in NO_API:
            raise BadInput(
                f"Expected Prefect's API at {url}, got status {status}; set PREFECT_API_URL, as http://HOST:4200/api."
            ) from error
        if status not in (401, 403):
            raise
        raise BadInput(f"Expected {url} to let us in, got status {status}; set PREFECT_API_AUTH_STRING.") from error
