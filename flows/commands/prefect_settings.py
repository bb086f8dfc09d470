"""Prefect's settings of this project, for those who call the command from another folder than the checkout's."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("prefect.toml")
LOOPBACK = "127.0.0.1,localhost"  # which no proxy can reach for us


def read_prefect_settings() -> dict[str, str]:
    """The settings in prefect.toml by the names of their environment variables."""
    return dict(_variables(tomllib.loads(FILE.read_text("utf-8")), "PREFECT"))


def _variables(settings: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        variable = f"{prefix}_{name.upper()}"
        if isinstance(value, dict):
            yield from _variables(value, variable)
        else:
            yield variable, str(value).lower() if isinstance(value, bool) else str(value)


PREFECT = read_prefect_settings()
HEARTBEAT = int(PREFECT["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])  # seconds between two of a run


def build_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables to add to those of a process: our settings that it lacks, and no proxy to this machine."""
    lacking = {name: value for name, value in PREFECT.items() if name not in environment}
    return lacking | {
        name: ",".join(filter(None, (environment.get(name), LOOPBACK))) for name in ("NO_PROXY", "no_proxy")
    }
