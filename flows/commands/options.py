"""Options that several commands have: settings by their names, lists with commas, the named experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass, make_dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from cyclopts import Parameter
from pydantic.fields import FieldInfo

from gan_core.config import EXPERIMENTS, Experiment, ExportSettings, RetrainSettings, Settings
from gan_core.errors import BadInput

Listed = Annotated[list[str], Parameter(consume_multiple=True, negative="")]  # 0,1,2 or 0 1 2 or one option each
Named = Annotated[str, Parameter(help=f"what to start from: {', '.join(EXPERIMENTS)}")]
Verbose = Annotated[bool, Parameter(negative="", help="show TensorFlow's and Prefect's own messages too")]
Tracked = Annotated[
    str | None,
    Parameter(
        name="track", env_var="SYNTHETIC_DATA_TRACK", help="tensorboard, mlflow or both, with commas: who is told"
    ),
]
Timed = Annotated[
    str | None,
    Parameter(
        name="minutes",
        metavar="FLOAT",
        help="from now to the end: a measurement chooses what is not given here, to fill 3 minutes to 10 hours",
    ),
]
NUMBERS = {int: "INT", float: "FLOAT"}
WIDTH = "generator_width and discriminator_width in one"


def build_options(
    settings: type[Settings],
    *,
    several: bool = False,
    several_in_sections: bool = False,
    without: Sequence[str] = (),
    show_defaults: bool = False,
) -> type:
    """A dataclass of the settings as options, each None if not given; lists and counts are text with commas.

    Numbers are text too, which the settings read: cyclopts would round them. Where there may be `several` values, all
    settings are such text. (The help of pydantic models takes twice the time.)
    """
    fields: dict[str, Any] = {}
    if several and "generator_width" in settings.model_fields:
        fields["width"] = Annotated[str | None, Parameter(help=WIDTH)]
    for name, field in settings.model_fields.items():
        kind: Any = field.annotation
        number = None if several or _is_listed(field) else _number_in(kind)
        if isinstance(kind, type) and issubclass(kind, Settings):
            kind = build_options(kind, several=several_in_sections)
        elif _is_listed(field):
            kind = Listed
        elif several or number:
            kind = str
        names = (name, f"--{name}") if name in settings.SHORT else None  # within the section, and without its name
        default = str(field.default) if show_defaults and not _is_listed(field) else None
        said = Parameter(name=names, help=_description(field), show_default=default, metavar=number)
        fields[name] = Annotated[kind | None, said]
    for old in settings.RENAMED:
        fields[old] = Annotated[str | None, Parameter(show=False)]
    wanted = [(name, kind, dataclass_field(default=None)) for name, kind in fields.items() if name not in without]
    return make_dataclass(f"{settings.__name__}Options", wanted, frozen=True, namespace={"__module__": __name__})


def _is_listed(field: FieldInfo) -> bool:
    return get_origin(field.annotation) in (tuple, dict)


def _number_in(kind: Any) -> str | None:
    """What help calls the number that a setting of this type holds, if it holds one."""
    return NUMBERS.get(kind) or next(filter(None, map(_number_in, get_args(kind))), None)


def _description(field: FieldInfo) -> str | None:
    """The setting's own, with an example of how a list or counts are typed."""
    if not field.description or not _is_listed(field):
        return field.description
    choices = get_args(get_args(field.annotation)[0]) if _is_choice(field) else ()
    example = ",".join(choices) or ("6=30,7=12" if get_origin(field.annotation) is dict else "0,1,2 or 0-2")
    return f"{field.description} (as {example})"


def _is_choice(field: FieldInfo) -> bool:
    return get_origin(get_args(field.annotation)[0]) is Literal


if TYPE_CHECKING:
    ExperimentOptions = object
    ExaminedOptions = object
    ExportOptions = object
    RetrainOptions = object
else:
    ExperimentOptions = build_options(Experiment)
    ExaminedOptions = build_options(
        Experiment, without=("name", "tolerate_collapse", "worth", "gan", "dataset", "privacy")
    )
    ExportOptions = build_options(ExportSettings, show_defaults=True)
    RetrainOptions = build_options(RetrainSettings, show_defaults=True)

Replaced = Annotated[ExperimentOptions | None, Parameter(name="*")]


def join_list(listed: list[str] | None) -> str:
    """What was typed for a list, in one text with commas."""
    return ",".join(listed or ())


def read_settings(options: object | None) -> dict[str, Any]:
    """The settings that were typed, nested, lists and counts as text."""
    return join_lists(read_options(options))


def read_options(options: object | None) -> dict[str, Any]:
    """The settings that were typed, nested, as they came."""
    return _without_none(asdict(options)) if is_dataclass(options) and not isinstance(options, type) else {}


def join_lists(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The nested settings with what was typed for a list as one text."""
    return {
        name: join_lists(value) if isinstance(value, dict) else join_list(value) if isinstance(value, list) else value
        for name, value in settings.items()
    }


def _without_none(settings: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in settings.items() if value is not None}
    return {name: _without_none(value) if isinstance(value, dict) else value for name, value in given.items()}


def customise_experiment(name: str, replaced: Mapping[str, Any]) -> Experiment:
    """The named experiment with those settings replaced that were given."""
    if name not in EXPERIMENTS:
        raise BadInput(f"Expected an experiment of {', '.join(EXPERIMENTS)}, got {name!r}; name one of them.")
    return merge_settings(EXPERIMENTS[name], replaced)


def merge_settings(experiment: Experiment, replaced: Mapping[str, Any]) -> Experiment:
    """The experiment with those settings replaced that were given."""
    return Experiment.model_validate(_merged(experiment.model_dump(), replaced))


def _merged(settings: dict[str, Any], replaced: Mapping[str, Any]) -> dict[str, Any]:
    nested = {
        key: _merged(settings[key], value)
        for key, value in replaced.items()
        if isinstance(value, dict) and isinstance(settings.get(key), dict)
    }
    return settings | dict(replaced) | nested
