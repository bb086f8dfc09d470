"""What an audit found, as values, as JSON, and its pairs as arrays."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_core.audit.check import Check, Control
from gan_core.audit.measures import by_name
from gan_core.audit.suspicious_pair import Pair
from gan_core.files import Place, read_text, undamaged
from gan_core.measures.measure import Figure


@dataclass(frozen=True)
class Audit:
    """The checks of one set with their answers, and all figures that were measured."""

    checks: tuple[Check, ...]
    figures: tuple[Figure, ...]
    ruler: str = ""  # SHA-256 of the weights of the classifier in whose features they are

    @property
    def all_figures(self) -> tuple[Figure, ...]:
        """Those of the checks and the others, each once."""
        return tuple(dict.fromkeys((*(figure for check in self.checks for figure in check.figures), *self.figures)))

    def begin_with(self, check: Check) -> "Audit":
        """The same with this check as the first, in the place of an earlier one of its name."""
        others = [each for each in self.checks if each.name != check.name]
        return Audit((check, *others), self.figures, self.ruler)

    @property
    def faults(self) -> list[str]:
        """The sentence of each check that fails."""
        return [check.sentence for check in self.checks if check.verdict == "fails"]


def to_json(audit: Audit) -> str:
    """The audit as JSON; equal audits give equal texts."""
    contents = {
        "checks": [
            {
                "name": check.name,
                "title": check.title,
                "aspect": check.aspect,
                "verdict": check.verdict,
                "sentence": check.sentence,
                "figures": list(map(_figure_to_json, check.figures)),
                "controls": [vars(control) | {"figure": _figure_to_json(control.figure)} for control in check.controls],
                "passes_where": check.passes_where,
                "unplanted": check.unplanted,
            }
            for check in audit.checks
        ],
        "figures": list(map(_figure_to_json, audit.figures)),
        "ruler": audit.ruler,
    }
    return json.dumps(contents, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_audit(path: Place) -> Audit:
    """What `to_json` wrote, in a file; BadInput for a damaged one."""
    with undamaged(path):
        return from_json(read_text(path))


def from_json(text: str) -> Audit:
    """What `to_json` wrote; raises KeyError for a measure that this program does not know."""
    contents = json.loads(text)
    checks = [
        Check(**check | {"figures": _figures(check["figures"]), "controls": tuple(map(_control, check["controls"]))})
        for check in contents["checks"]
    ]
    return Audit(tuple(checks), _figures(contents["figures"]), contents["ruler"])


def _figure_to_json(figure: Figure) -> dict[str, Any]:
    """The figure with the name of its measure; null stands for what is not a number."""
    values = vars(figure) | {"measure": figure.measure.name}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in values.items()}


def _figures(rows: Sequence[Mapping[str, Any]]) -> tuple[Figure, ...]:
    return tuple(map(_figure, rows))


def _figure(row: Mapping[str, Any]) -> Figure:
    numbers = {name: math.nan if row[name] is None else row[name] for name in ("value", "low", "high")}
    return Figure(**{**row, **numbers, "measure": by_name(row["measure"])})


def _control(row: Mapping[str, Any]) -> Control:
    return Control(**{**row, "figure": _figure(row["figure"])})


def pairs_to_arrays(pairs: Sequence[Pair]) -> dict[str, np.ndarray]:
    """The pairs as arrays that one file can hold: pixels uint8 [P, height, width, C], ratios, transformations."""
    return {
        "generated": np.array([pair.generated for pair in pairs], np.uint8),
        "training": np.array([pair.training for pair in pairs], np.uint8),
        "ratio": np.array([pair.ratio for pair in pairs], np.float64),
        "transformation": np.array([pair.transformation for pair in pairs], np.str_),
    }


def pairs_from_arrays(arrays: Mapping[str, np.ndarray]) -> tuple[Pair, ...]:
    """What `pairs_to_arrays` made arrays of."""
    columns = (arrays[name] for name in ("generated", "training", "ratio", "transformation"))
    return tuple(
        Pair(generated, training, float(ratio), str(transformation))
        for generated, training, ratio, transformation in zip(*columns, strict=True)
    )
