"""The ledger of a private run: what was read of the training images, and what that cost so far."""

import json
import math
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from gan_core.errors import BadInput, BudgetExceeded
from gan_core.files import Place, read_text, undamaged, write_text
from gan_core.privacy.accounting import compose, find_epsilon

Positive = Annotated[float, Field(gt=0)]
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
ROUNDING = 1e-9  # of the budget, by which rounding may seem to exceed it
DIGITS = 1e-6  # to which the epsilon in a file is what its readings cost, whichever library computed it


@dataclass(frozen=True, config=STRICT)
class Reading:
    """A sum over all training images of vectors no longer than the sensitivity, with Gaussian noise, read so often."""

    what: Annotated[str, Field(min_length=1)]
    sensitivity: Positive  # by which the sum moves at most, in Euclidean length, when one image comes or goes
    sigma: Positive  # standard deviation of the noise in each number of the sum, in sensitivities
    images: Annotated[int, Field(gt=0)]  # in the sum; this number itself is no secret
    times: Annotated[int, Field(gt=0)] = 1

    @property
    def mu(self) -> float:
        """What it costs, see `gan_core.privacy.accounting`."""
        return math.sqrt(self.times) / self.sigma


@dataclass(frozen=True, config=STRICT)
class Ledger:
    """The budget of a private run and all readings that were charged to it.

    A reading is charged, and the ledger saved, before anything is computed from the images. So one that was killed
    counts as taken, and a resumed run goes on after those that are counted.
    """

    budget: Positive  # epsilon
    delta: Annotated[float, Field(gt=0, lt=0.5)]
    readings: tuple[Reading, ...] = ()
    noise_seed: Annotated[int, Field(ge=0)] | None = None  # of tests alone: whoever knows it can take the noise away
    adjacency: Literal["add or remove one image"] = "add or remove one image"
    sampling: Literal["each reading is of all images"] = "each reading is of all images"

    @property
    def mu(self) -> float:
        """What all readings cost together."""
        return compose(reading.mu for reading in self.readings)

    @property
    def epsilon(self) -> float:
        """What was spent of the budget, at this delta."""
        return find_epsilon(self.mu, self.delta)

    def count(self, what: str | None = None) -> int:
        """How many readings of this name were taken, or of any."""
        return sum(reading.times for reading in self.readings if what in (None, reading.what))

    def charge(self, reading: Reading) -> "Ledger":
        """The ledger with this reading too, raises BudgetExceeded where the budget does not suffice."""
        equal = next((each for each in self.readings if replace(each, times=reading.times) == reading), None)
        if equal is None:
            readings = (*self.readings, reading)
        else:
            more = replace(equal, times=equal.times + reading.times)
            readings = tuple(more if each is equal else each for each in self.readings)
        charged = replace(self, readings=readings)
        if charged.epsilon > self.budget * (1 + ROUNDING):
            raise BudgetExceeded(
                f"Expected readings within the budget of epsilon {self.budget:g}, got {charged.epsilon:.4g} with one "
                f"more of the {reading.what}; raise the budget, or go on with what was read."
            )
        return charged

    def to_json(self) -> str:
        """The ledger as JSON, with the epsilon that was spent; equal ledgers give equal texts."""
        contents = ADAPTER.dump_python(self, mode="json") | {"epsilon": self.epsilon}
        return json.dumps(contents, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Ledger":
        """What `to_json` wrote; raises ValueError, LookupError or TypeError for anything else."""
        contents = dict(json.loads(text))
        epsilon = contents.pop("epsilon")
        ledger = ADAPTER.validate_json(json.dumps(contents))
        if not math.isclose(epsilon, ledger.epsilon, rel_tol=DIGITS):
            raise ValueError(f"Expected an epsilon of {ledger.epsilon} by the readings, got {epsilon}.")
        return ledger

    def save(self, path: Place) -> None:
        """Write the ledger, whole or not at all; BadInput where one is there that counts more than this one."""
        if path.is_file() and (there := self.load(path).mu) > self.mu:
            raise BadInput(
                f"Expected to add readings to {path}, got a ledger that forgets some (mu {self.mu:.6g} instead of "
                f"{there:.6g}); does another process use the same run?"
            )
        write_text(path, self.to_json())

    @classmethod
    def load(cls, path: Place) -> "Ledger":
        """Read what `save` wrote; BadInput for a damaged file."""
        with undamaged(path, "restore it from a copy, as nobody knows otherwise what was read"):
            return cls.from_json(read_text(path))


ADAPTER = TypeAdapter(Ledger)


def read_ledger(value: Any) -> Any:
    """The ledger that a part of a JSON text says; what is no mapping stays as it is."""
    return ADAPTER.validate_json(json.dumps(value)) if isinstance(value, dict) else value


def describe_guarantee(ledger: Ledger) -> str:
    """What the ledger promises, in a sentence for whoever is to decide."""
    if ledger.noise_seed is not None:
        return "Nothing is promised: the noise came from a fixed seed, which is for tests."
    spent = ledger.epsilon
    likelier = float(f"{math.exp(spent):.3g}")
    return (
        f"(epsilon, delta)-differential privacy with epsilon {spent:.4g} and delta {ledger.delta:g}, for each training "
        f"image: whatever anybody concludes from the generator or its images is at most {likelier:,g} times "
        f"as likely as if any one image had not been there, but for a chance of {ledger.delta:g}."
    )
