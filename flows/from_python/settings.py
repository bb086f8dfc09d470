"""Settings by keyword, as the options of the command: gan={"epochs": 4}, size=32, seed=7."""

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

from gan_core.errors import BadInput


def nest(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in their sections, where some were named without, as size is; paths and counts are told as texts."""
    from gan_core.config import Experiment, Settings

    sections = [(name, field.annotation) for name, field in Experiment.model_fields.items()]
    short = {
        setting: section
        for section, kind in sections
        if isinstance(kind, type) and issubclass(kind, Settings)
        for setting in kind.SHORT
    }
    nested = {name: as_text(value) for name, value in given.items() if name not in short}
    for name in given.keys() & short.keys():
        section = short[name]
        others = nested.get(section, {})
        if not isinstance(others, Mapping):
            raise BadInput(
                f"Expected a dictionary of the settings of {section}, got {others!r}; write {section}={{...}}."
            )
        nested[section] = {**others, name: given[name]}
    return nested


def as_text(value: Any) -> Any:
    """The same with paths and the numbers of classes as texts, as settings have them."""
    if isinstance(value, Mapping):
        return {str(name): as_text(inner) for name, inner in value.items()}
    return fspath(value) if isinstance(value, PathLike) else value
