"""Options that several commands have: settings by their names, lists with commas, the named experiments."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from cyclopts import Parameter
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from gan_core.config import EXPERIMENTS, Experiment, Settings
from gan_core.errors import BadInput

Listed = Annotated[list[str], Parameter(consume_multiple=True, negative="")]  # 0,1,2 or 0 1 2 or one option each
Named = Annotated[str, Parameter(help=f"what to start from: {', '.join(EXPERIMENTS)}")]
Verbose = Annotated[bool, Parameter(negative="", help="show TensorFlow's and Prefect's own messages too")]
WIDTH = "generator_width and discriminator_width in one"


def typed(
    settings: type[Settings], *, several: bool = False, several_in_sections: bool = False, without: Sequence[str] = ()
) -> type[BaseModel]:
    """The settings as options, lists and tables as text with commas; where there may be several values, all are."""
    fields: dict[str, Any] = {}
    if several and "generator_width" in settings.model_fields:
        fields["width"] = str | None, Field(None, description=WIDTH)
    for name, field in settings.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, Settings):
            kind = typed(kind, several=several_in_sections)
        elif _is_listed(field):
            kind = Listed
        elif several:
            kind = str
        fields[name] = kind | None, Field(None, description=_description(field))
    kept = {name: field for name, field in fields.items() if name not in without}
    return create_model(f"{settings.__name__}Options", __config__=ConfigDict(extra="forbid"), **kept)


def _is_listed(field: FieldInfo) -> bool:
    return get_origin(field.annotation) in (tuple, dict)


def _description(field: FieldInfo) -> str | None:
    """The setting's own, with an example of how a list or a table is typed."""
    if not field.description or not _is_listed(field):
        return field.description
    kind, *arguments = get_origin(field.annotation), *get_args(field.annotation)
    example = "6=30,7=12" if kind is dict else "0,1,2 or 0-2" if arguments[0] is not str else "a,b"
    return f"{field.description} (as {example})"


if TYPE_CHECKING:
    ExperimentOptions = BaseModel
else:
    ExperimentOptions = typed(Experiment)

Replaced = Annotated[ExperimentOptions | None, Parameter(name="*")]


def joined(listed: list[str] | None) -> str:
    """What was typed for a list, in one text with commas."""
    return ",".join(listed or ())


def given(options: BaseModel | None) -> dict[str, Any]:
    """The settings that were typed, nested, lists and tables as text."""
    return with_text(options.model_dump(exclude_unset=True)) if options else {}


def with_text(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The nested settings with what was typed for a list as one text."""
    return {
        name: with_text(value) if isinstance(value, dict) else joined(value) if isinstance(value, list) else value
        for name, value in settings.items()
    }


def customised(name: str, replaced: Mapping[str, Any]) -> Experiment:
    """The named experiment with those settings replaced that were given."""
    if name not in EXPERIMENTS:
        raise BadInput(f"Expected an experiment of {', '.join(EXPERIMENTS)}, got {name!r}; name one of them.")
    return merged(EXPERIMENTS[name], replaced)


def merged(experiment: Experiment, replaced: Mapping[str, Any]) -> Experiment:
    """The experiment with those settings replaced that were given."""
    return Experiment.model_validate(_merged(experiment.model_dump(), replaced))


def _merged(settings: dict[str, Any], replaced: Mapping[str, Any]) -> dict[str, Any]:
    nested = {
        key: _merged(settings[key], value)
        for key, value in replaced.items()
        if isinstance(value, dict) and isinstance(settings.get(key), dict)
    }
    return settings | dict(replaced) | nested
