"""Settings side by side: by name, what differs between two, and experiments that vary."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from gan_core.config import Experiment
from gan_core.errors import BadInput

Value = bool | int | float | str

TOGETHER = {  # names that stand for others
    "gan.width": ("gan.generator_width", "gan.discriminator_width"),
    "gan.averaging": ("gan.ema_decay",),
    "gan.class_weight": ("gan.class_head_weight",),
    "dataset.latent_spread": ("dataset.latent_std",),
    "dataset.refined_spread": ("dataset.refined_std",),
}
WHOLE = ("counts", "class_images")  # settings that hold numbers by classes
MOST_RUNS = 10_000
RULER = ("classifier.", "data.validation_images")  # what all are measured by


def by_name(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by names with dots: {"gan": {"epochs": 4}} becomes {"gan.epochs": 4}."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        inner = isinstance(value, Mapping) and name not in WHOLE
        flat |= by_name(value, f"{prefix}{name}.") if inner else {f"{prefix}{name}": value}
    return flat


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What has another value in `after`, with both values; None where there is none."""
    pairs = {name: (before.get(name), after.get(name)) for name in {**before, **after}}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def format_value(value: Any) -> str:
    """A setting's value as a reader would write it."""
    if value is None or value == {}:
        return "—"
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple() | list():
            return ", ".join(map(format_value, value))
        case dict():
            return ", ".join(f"{key}: {format_value(item)}" for key, item in value.items())
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def combinations(experiment: Experiment, seeds: Sequence[int], grid: Mapping[str, Sequence[Value]]) -> list[Experiment]:
    """The experiment from each seed with each combination of the settings in `grid`, the seeds changing fastest.

    Raises BadInput for a name that is no setting, for settings that would measure the runs by different rulers, for
    values that do the same, for private runs, and for more runs than anybody waits for.
    """
    known = by_name(experiment.model_dump())
    for name, values in grid.items():
        _check(name, values, known)
    names = [real for name in grid for real in TOGETHER.get(name, (name,))]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"Expected each setting once, got {', '.join(twice)} twice; gan.width stands for both widths.")
    if (runs := prod(map(len, grid.values())) * len(seeds)) > MOST_RUNS:
        raise BadInput(f"Expected at most {MOST_RUNS:,} runs, got {runs:,}; name fewer seeds or values.")
    varied = (
        replace_settings(experiment, dict(zip(grid, values, strict=True)) | {"seed": seed})
        for *values, seed in product(*grid.values(), seeds)
    )
    made = list({each.settings_digest(): each for each in varied}.values())
    _require_unlike(made)
    _require_public(made)
    return made


def _require_public(experiments: Sequence[Experiment]) -> None:
    """Raise BadInput for private runs: to choose between them by validation images is a reading nobody charges."""
    if any(experiment.private for experiment in experiments):
        raise BadInput(
            "Expected runs without a privacy budget in a sweep, which compares them on real images that no budget "
            "covers, got private ones; make each with synthetic-data run, or tune on another set."
        )


def varying(experiments: Sequence[Experiment]) -> list[str]:
    """The names of the settings that are not the same in all, without the seed."""
    dumps = [by_name(experiment.model_dump()) for experiment in experiments]
    return [name for name in dumps[0] if name != "seed" and any(dump[name] != dumps[0][name] for dump in dumps)]


def _require_unlike(experiments: Sequence[Experiment]) -> None:
    """Raise BadInput for two experiments whose settings differ and do the same."""
    seen: dict[str, Experiment] = {}
    for each in experiments:
        alike = seen.setdefault(_effective(each).settings_digest(), each)
        found = differences(by_name(alike.model_dump()), by_name(each.model_dump()))
        for name, (one, other) in list(found.items())[:1]:
            raise BadInput(
                f"Expected values that differ in what they do, got {name} {format_value(one)} and "
                f"{format_value(other)}, which do the same here; name one of them."
            )


def _effective(experiment: Experiment) -> Experiment:
    """The same with what has no effect left out: images beyond whole rounds, and settings of what is not asked for."""
    gan, dataset = experiment.gan, experiment.dataset
    if gan.epoch_images:
        gan = gan.model_copy(update={"epoch_images": gan.rounds(0) * gan.round_images})
    if not gan.conditional:
        gan = gan.model_copy(update={"embedding_size": 1})
    if not dataset.refinements:
        dataset = dataset.model_copy(update={"refined_std": 1.0})
    return experiment.model_copy(update={"gan": gan, "dataset": dataset})


def _check(name: str, values: Sequence[Value], known: Mapping[str, Any]) -> None:
    if name not in known.keys() | TOGETHER.keys() or name == "seed":
        raise BadInput(f"Expected a setting such as gan.epochs, got {name!r}; `sweep --help` names them all.")
    if not values:
        raise BadInput(f"Expected one or more values of {name}, got none; name some.")
    if len(values) > 1 and name.startswith(RULER):
        raise BadInput(f"Expected one value of {name}, by which all runs are measured, got {len(values)}; choose one.")


def replace_settings(experiment: Experiment, values: Mapping[str, Value]) -> Experiment:
    """The experiment with the settings of these names replaced."""
    settings: dict[str, Any] = experiment.model_dump()
    for name, value in values.items():
        for real in TOGETHER.get(name, (name,)):
            *sections, last = real.split(".")
            place = settings
            for section in sections:
                place = place[section]
            place[last] = value
    return Experiment.model_validate(settings)
