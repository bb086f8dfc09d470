"""The ledger forgets nothing, refuses what is too much, and knows what was killed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from gan_core.errors import BadInput, BudgetExceeded
from gan_core.privacy.accounting import find_epsilon, sigma_for
from gan_core.privacy.ledger import Ledger, Reading
from gan_core.privacy.reader import Reader

SIGMA = sigma_for(1.0, 1e-5, readings=30)
READING = Reading("gradient", 1.0, SIGMA, images=55_000)
EMPTY = Ledger(1.0, 1e-5)
FULL = EMPTY.charge(replace(READING, times=30))


def test_a_budget_suffices_for_just_what_it_was_split_into() -> None:
    ledger = EMPTY
    assert ledger.epsilon == 0
    for number in range(30):
        ledger = ledger.charge(READING)
        assert ledger.count("gradient") == number + 1
    assert ledger == FULL
    assert 0.9999 < ledger.epsilon <= 1
    with pytest.raises(BudgetExceeded, match=r"within the budget of epsilon 1, got 1\.0\d+ with one more of the grad"):
        ledger.charge(READING)
    with pytest.raises(BudgetExceeded):
        ledger.charge(Reading("means", 1.0, 200.0, images=55_000))


def test_readings_of_other_kinds_stand_apart_and_cost_together() -> None:
    other = Reading("means", 2.0, 10.0, images=55_000)
    ledger = EMPTY.charge(READING).charge(other).charge(READING)
    assert [(each.what, each.times) for each in ledger.readings] == [("gradient", 2), ("means", 1)]
    assert ledger.epsilon == pytest.approx(find_epsilon((2 / SIGMA**2 + 1 / 100) ** 0.5, 1e-5))
    assert (ledger.count(), ledger.count("means"), ledger.count("labels")) == (3, 1, 0)


@pytest.mark.parametrize("ledger", [EMPTY, FULL, replace(FULL, noise_seed=7)])
def test_a_file_holds_the_whole_ledger(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    ledger.save(path)
    assert Ledger.load(path) == ledger
    assert json.loads(path.read_text("utf-8"))["epsilon"] == ledger.epsilon


@pytest.mark.parametrize(
    "change",
    [
        lambda contents: contents.pop("budget"),
        lambda contents: contents.pop("epsilon"),
        lambda contents: contents.update(epsilon=0.5),
        lambda contents: contents.update(budget="1.0"),
        lambda contents: contents.update(delta=0),
        lambda contents: contents.update(adjacency="replace one image"),
        lambda contents: contents.update(sampling="Poisson"),
        lambda contents: contents.update(note="a word"),
        lambda contents: contents["readings"][0].update(times=29),
        lambda contents: contents["readings"][0].update(sigma=-SIGMA),
        lambda contents: contents["readings"][0].update(sampling_rate=0.1),
        lambda contents: contents["readings"].clear(),
    ],
)
def test_a_file_that_was_changed_is_refused(change: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    contents = json.loads(FULL.to_json())
    change(contents)
    path = tmp_path / "ledger.json"
    path.write_text(json.dumps(contents), "utf-8")
    with pytest.raises(BadInput, match="got another or a damaged one"):
        Ledger.load(path)


@pytest.mark.parametrize("text", ["", "[]", "1", "{}", FULL.to_json()[:-20]])
def test_a_file_that_holds_no_ledger_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "ledger.json").write_text(text, "utf-8")
    with pytest.raises(BadInput, match=r"ledger\.json as this program wrote it"):
        Ledger.load(tmp_path / "ledger.json")


@pytest.mark.parametrize(
    "wrong", [{"sigma": 0.0}, {"sigma": np.inf}, {"sensitivity": -1.0}, {"times": 0}, {"images": 0}, {"what": ""}]
)
def test_readings_without_meaning_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        replace(READING, **wrong)


def test_a_ledger_is_not_overwritten_by_one_that_forgets(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    FULL.save(path)
    FULL.save(path)
    with pytest.raises(BadInput, match="a ledger that forgets some"):
        EMPTY.charge(READING).save(path)
    assert Ledger.load(path) == FULL


def test_a_killed_reading_counts_as_taken(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    seen = list[int]()

    def killed() -> np.ndarray:
        seen.append(Ledger.load(path).count())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Reader(EMPTY, lambda ledger: ledger.save(path))(READING, killed)
    assert seen == [1]
    resumed = Reader(Ledger.load(path), lambda ledger: ledger.save(path))
    for _ in range(29):
        resumed(READING, lambda: np.zeros(1))
    with pytest.raises(BudgetExceeded):
        resumed(READING, killed)
    assert seen == [1] and Ledger.load(path) == FULL


def test_nothing_is_read_where_the_ledger_cannot_be_kept() -> None:
    def full_disk(ledger: Ledger) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        Reader(EMPTY, full_disk)(READING, lambda: pytest.fail("the images were read"))
