"""A Prefect plugin for the `prefect` command: deployments by their bare names, and what is not said otherwise."""

import os
import sys
from pathlib import Path

from prefect.plugins import HookContext, SetupResult, register_hook

FLAGS = {"--", "--help", "--no-prompt", "--no-watch", "--prompt", "--watch"}  # every other option takes a value
LOCAL_SERVER = {"PREFECT_API_URL": "http://127.0.0.1:4200/api"}  # where `prefect server start` listens
DEPLOYED_TO = {"SYNTHETIC_DATA_POOL": "local", "SYNTHETIC_DATA_IMAGE": "synthetic-data"}  # for prefect.yaml


@register_hook
def setup_environment(*, ctx: HookContext) -> SetupResult | None:
    """Complete the command line before `prefect` reads it, and name local server, pool and image where none is set.

    Every other program stays as it is: a flow started by Python itself still brings a server of its own.
    """
    if Path(sys.argv[0]).stem != "prefect":
        return None
    sys.argv[:] = with_full_name(sys.argv)
    env = {name: value for name, value in DEPLOYED_TO.items() if not os.environ.get(name)}
    return SetupResult(env=env if ctx.api_url else env | LOCAL_SERVER)


def with_full_name(argv: list[str]) -> list[str]:
    """The command line with NAME/NAME for the bare NAME of `deployment run NAME`: flow and deployment share a name."""
    command = next_word(argv, start=1)
    name = next_word(argv, start=command + 2)
    if argv[command : command + 2] != ["deployment", "run"] or name >= len(argv) or "/" in argv[name]:
        return argv
    return [*argv[:name], f"{argv[name]}/{argv[name]}", *argv[name + 1 :]]


def next_word(argv: list[str], *, start: int) -> int:
    """Index of the first argument from `start` on that is neither an option nor an option's value, or past the end."""
    while start < len(argv) and argv[start].startswith("-"):
        start += 1 if argv[start] in FLAGS or "=" in argv[start] else 2
    return start
