"""Settings by keyword, as the options of the command: gan={"epochs": 4}, size=32, seed=7."""

import os
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import Any

from gan_core.errors import BadInput, show_value


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
                f"Expected a dictionary of the settings of {section}, got {show_value(others)}; "
                f"write {section}={{...}}."
            )
        nested[section] = {**others, name: given[name]}
    return nested


def as_place(place: Any, named: str) -> str:
    """A place as the command takes it; BadInput for what is neither a name nor a path."""
    if not isinstance(place, str | PathLike):
        raise BadInput(f"Expected {named} as a name or path, got {show_value(place)}; give one.")
    return os.fsdecode(place)


def as_names(names: Any, named: str) -> str:
    """Names as the command takes them, with commas; BadInput for what is neither a name nor several."""
    several = [names] if isinstance(names, str) else names
    if not isinstance(several, Sequence) or not all(isinstance(name, str) for name in several):
        raise BadInput(f"Expected {named} as a name or a list of names, got {show_value(names)}; give one.")
    return ",".join(several)


def as_text(value: Any) -> Any:
    """The same with paths and the numbers of classes as texts, as settings have them."""
    if isinstance(value, Mapping):
        return {str(name): as_text(inner) for name, inner in value.items()}
    return fspath(value) if isinstance(value, PathLike) else value
