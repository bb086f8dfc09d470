"""The command `synthetic-data sweep`: settings as in `run`, each with one value or more."""

import re
from typing import TYPE_CHECKING, Annotated, Any, get_origin

from cyclopts import Parameter
from pydantic import BaseModel, ConfigDict, Field, create_model

from flows.command_line import Named, Verbose, customised, quiet
from gan_core.config import STANDARD, Experiment, Settings
from gan_core.errors import BadInput
from gan_core.variation import Value
from tasks.runners import DASK, task_runner

WIDTH = "generator_width and discriminator_width in one"


def _listed(section: type[Settings]) -> type[BaseModel]:
    """The settings of a section as text with commas between values; those that are lists themselves stay lists."""
    fields: dict[str, Any] = {"width": (str | None, Field(None, description=WIDTH))} if section is _GAN else {}
    for name, field in section.model_fields.items():
        kind: Any = field.annotation if get_origin(field.annotation) in (tuple, dict) else str
        fields[name] = kind | None, Field(None, description=field.description)
    return create_model(f"Listed{section.__name__}", __config__=ConfigDict(extra="forbid"), **fields)


def _varied() -> type[BaseModel]:
    """All settings of an experiment but its seed, with sections of lists."""
    fields: dict[str, Any] = {}
    for name, field in Experiment.model_fields.items():
        section = isinstance(field.annotation, type) and issubclass(field.annotation, Settings)
        kind: Any = _listed(field.annotation) if section else field.annotation  # type: ignore[arg-type]
        fields[name] = kind | None, Field(None, description=field.description)
    del fields["seed"]
    return create_model("Varied", __config__=ConfigDict(extra="forbid"), **fields)


_GAN = type(STANDARD.gan)
if TYPE_CHECKING:
    Varied = BaseModel
else:
    Varied = _varied()


def sweep(
    *,
    experiment: Named = STANDARD.name,
    seeds: Annotated[str | None, Parameter(help="as 0-4 or 1,5,7: a run from each; the experiment's if none")] = None,
    settings: Annotated[Varied | None, Parameter(name="*")] = None,
    dask: Annotated[str | None, Parameter(env_var=DASK, help="a number of processes, or a scheduler's address")] = None,
    verbose: Verbose = False,
) -> None:
    """Train with each combination of settings (--gan.width 64,128) from each seed, and compare on validation images.

    Runs that are there already are not repeated, a killed one goes on. The test images are not read.
    """
    fixed, grid = parted(settings.model_dump(exclude_unset=True) if settings else {})
    wanted = customised(experiment, Experiment.model_validate(fixed))
    if not verbose:
        quiet()
    from flows.server import server
    from flows.sweep import sweep as flow
    from tasks.publish_sweep import Incomplete

    on_runner = flow.with_options(task_runner=task_runner(dask))
    with server(log=2):
        try:
            result = on_runner(wanted, numbers(seeds) if seeds else (), grid)
        except Incomplete as error:
            print(f"\n{error.sweep.table}")
            raise
    print(f"\n{result.table}\n\n{result.frame}")


def numbers(text: str) -> tuple[int, ...]:
    """0-2,7 as (0, 1, 2, 7)."""
    sound = re.fullmatch(r"\d{1,7}(-\d{1,7})?(,\d{1,7}(-\d{1,7})?)*", text)
    ends = [[int(end) for end in part.split("-")] for part in text.split(",")] if sound else []
    if not sound or any(pair[0] > pair[-1] for pair in ends):
        raise BadInput(f"Expected seeds such as 0-4 or 1,5,7, got {text!r}; correct them.")
    return tuple(number for pair in ends for number in range(pair[0], pair[-1] + 1))


def parted(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[Value, ...]]]:
    """What all runs have, nested as it came, and the values of the rest by the names of the settings."""
    sections = {name: values for name, values in given.items() if isinstance(values, dict)}
    grid: dict[str, tuple[Value, ...]] = {
        f"{section}.{name}": tuple(text.split(","))
        for section, values in sections.items()
        for name, text in values.items()
        if isinstance(text, str)
    }
    whole = {
        section: {name: value for name, value in values.items() if not isinstance(value, str)}
        for section, values in sections.items()
    }
    return given | whole, grid
