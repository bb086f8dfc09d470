"""The command that makes a run again, and the call from Python that makes an audit again."""

import shlex
from collections.abc import Mapping
from typing import Any

from gan_core.config import EXPERIMENTS, STANDARD, Experiment
from gan_core.settings_grid import by_name, differences


def command_line(experiment: Experiment) -> str:
    """The line for a shell: `synthetic-data run`, the named experiment, and each setting that is another one there."""
    start = EXPERIMENTS.get(experiment.name, STANDARD)
    words = ["synthetic-data", "run"]
    if start is not STANDARD:
        words += ["--experiment", start.name]
    for name, (_, value) in differences(by_name(start.model_dump()), by_name(experiment.model_dump())).items():
        words += _option(name.replace("_", "-"), value)
    return shlex.join(words)


def python_call(function: str, about: str, given: Mapping[str, Any]) -> str:
    """A call from Python: what it is about, and each option that is none of its defaults by its name."""
    return f"{function}({', '.join([about, *(f'{name}={value!r}' for name, value in given.items())])})"


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        *section, last = name.rsplit(".", 1)
        return [f"--{name}" if value else f"--{'.'.join([*section, f'no-{last}'])}"]
    typed = _typed(value)
    return [f"--{name}={typed}"] if typed.startswith("-") else [f"--{name}", typed]


def _typed(value: Any) -> str:
    match value:
        case dict():
            return ",".join(f"{number}={count}" for number, count in value.items())
        case tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)
