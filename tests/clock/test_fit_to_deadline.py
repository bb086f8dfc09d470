"""A run by the clock: what is chosen becomes its settings, by which it is found again without the clock."""

from pathlib import Path

import pytest
from servers import tiny_experiment

from flows.synthetic_data import synthetic_data
from gan_core.clock import choice, pace
from gan_core.clock.stages import Stage
from gan_core.config import PRIVATE, STORED, Experiment
from gan_core.errors import BadInput
from gan_core.settings_grid import by_name, replace_settings
from tasks.clock.fit_to_deadline import find_changes
from tasks.training.team import DISTRIBUTE

SMALL = {"gan.generator_width": "8", "gan.discriminator_width": "4", "dataset.per_class": "9", "classifier.steps": "16"}

pytestmark = pytest.mark.usefixtures("on_server", "elsewhere")


@pytest.fixture
def small_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of one stage of small networks, measured in a moment."""
    stage = Stage(SMALL, (1.0, 2.0), (50.0, 60.0), "synthetic")
    monkeypatch.setattr(choice, "read_stages", lambda: (stage,))
    monkeypatch.setattr(pace, "LONG_ENOUGH", 0.0)
    monkeypatch.setattr(pace, "CHUNKS", 2)


@pytest.mark.usefixtures("small_table")
def test_what_was_chosen_is_in_the_runs_settings_and_finds_it_again_without_the_clock(
    tiny_source: Path, elsewhere: Path
) -> None:
    tiny = Experiment.model_validate(tiny_experiment(tiny_source, epochs=1))
    tiny = tiny.model_copy(update={"worth": 0})
    free = {"gan.generator_width": 64, "gan.discriminator_width": 64, "dataset.per_class": 6_000}  # the named one's

    report = synthetic_data(replace_settings(tiny, free), 10)

    assert report is not None
    [stored] = elsewhere.glob("runs/2*/experiment.json")
    made = Experiment.model_validate_json(stored.read_text(), context=STORED)
    chosen = {"gan.generator_width": 8, "gan.discriminator_width": 4, "dataset.per_class": 9}
    assert made == replace_settings(tiny, chosen)  # what differed from the named one stayed
    assert synthetic_data(made) == report


def test_settings_that_differ_from_the_named_experiment_are_kept_without_being_named() -> None:
    changed = replace_settings(Experiment(name="smoke"), {"gan.generator_width": 96})
    named = {"gan.generator_width", "gan.epochs", "dataset.per_class", "classifier.steps", "worth"}
    assert find_changes(changed) == named
    assert not find_changes(Experiment()) and by_name(changed.model_dump()).keys() >= named


def test_several_hosts_do_not_choose_each_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DISTRIBUTE, "workers")
    with pytest.raises(BadInput, match=r"^Expected one host .+, got SYNTHETIC_DATA_DISTRIBUTE=workers; .+\.$"):
        synthetic_data(Experiment(), 30)


def test_a_private_run_has_no_table_to_choose_by() -> None:
    with pytest.raises(BadInput, match=r"^Expected a run that is not private.+, got an epsilon of 1; .+\.$"):
        synthetic_data(PRIVATE, 30)
