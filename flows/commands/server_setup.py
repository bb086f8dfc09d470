"""The command `synthetic-data server`: makes a Prefect server ready to be left alone."""

from datetime import timedelta
from typing import Annotated

from cyclopts import App, Parameter

from flows.commands.prefect_settings import HEARTBEAT
from gan_core.config import read_whole
from gan_core.errors import BadInput

SILENCE = 3 * HEARTBEAT  # seconds
SHORTEST_SILENCE = 10  # seconds, Prefect's least

server_app = App(name="server", help="Make a Prefect server ready to be left alone.")


@server_app.command
def setup(
    *,
    webhook: Annotated[str | None, Parameter(help="where failures, crashes and promotions are posted")] = None,
    silence: Annotated[
        str, Parameter(help="seconds without heartbeat after which a run is crashed", metavar="INT")
    ] = str(SILENCE),
) -> None:
    """Install our automations on the server in PREFECT_API_URL; to do it again is harmless.

    Without a webhook the alerts stay as they are: not there, or posted where they were.
    """
    if webhook is not None and not webhook.startswith(("http://", "https://")):
        raise BadInput(f"Expected a webhook such as https://HOST/PATH, got {webhook!r}; name its whole address.")
    try:
        seconds = timedelta(seconds=read_whole(silence))
    except (OverflowError, ValueError) as error:
        raise BadInput(f"Expected a whole number of seconds as silence, got {silence!r}; correct it.") from error
    if seconds < timedelta(seconds=SHORTEST_SILENCE):
        raise BadInput(f"Expected a silence of at least {SHORTEST_SILENCE} seconds, got {silence}; allow more.")
    from tasks.automations import install

    for name in install(webhook, silence=seconds):
        print(name)
