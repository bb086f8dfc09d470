"""Retraining at a prompt: challengers, the registry, what is told of decisions; test_faults.py has the kills."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from conftest import striped_images, write_source
from exported import untrained_generator
from killed import TINY

from flows.commands.main import app
from gan_core.config import Experiment, RetrainSettings
from gan_core.errors import BadInput
from gan_core.images.shape import ImageShape
from gan_core.measures.challenger_comparison import Verdict
from gan_core.measures.diversity import Diversity
from tasks.data.normalize import RealSets, normalize
from tasks.registry import events
from tasks.registry.challenge import open_challenge
from tasks.registry.model_registry import ModelRegistry
from tasks.registry.records import Record, VersionOrigin

ROOT = Path(__file__).parents[2]
RETRAIN = ("retrain", "--verbose", *TINY, "--gan.epochs", "2", "--gan.latent-size", "8")


@pytest.mark.usefixtures("on_server")
def test_challengers_at_a_prompt_and_what_the_registry_tells_of_them(
    tiny_source: Path,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry = ModelRegistry(elsewhere / "models")
    monkeypatch.setenv("SYNTHETIC_DATA_SOURCE", str(tiny_source))

    def told(*arguments: str) -> str:
        app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        output, errors = capfd.readouterr()
        return output + errors

    told(*RETRAIN)
    [first] = registry.versions()
    assert "--tolerate-collapse" in RETRAIN and first.record.decision == "refused"
    assert "collapsed" in first.record.reason and registry.champion() is None
    told("models", "promote", "1")
    assert registry.champion() == first

    said = told(*RETRAIN, "--start", "champion", "--standard-errors", "100")
    assert "Beginning with the networks in" in said + caplog.text
    assert registry.champion() == first and not list(elsewhere.glob("runs/*/generator"))
    first.check()
    second = registry.versions()[-1]
    second.check()
    assert (second.name, second.record.champion, second.record.decision) == ("v0002", "v0001", "refused")
    assert "v0002 was refused, champion v0001 stays" in said and second.record.reason in said
    assert {"gain", "gain_noise", "copied", "coverage", "density", "authenticity"} <= set(second.record.figures)
    seeds = [json.loads((version.folder / "experiment.json").read_text())["seed"] for version in registry.versions()]
    assert seeds == [1, 2]

    assert [line[:7] for line in told("models", "list").splitlines()[:2]] == ["* v0001", "  v0002"]
    told("models", "promote", "2")
    shown = told("models", "show", "v0002")
    assert "promoted" in shown and "By hand." in shown and str(second.generator) in shown
    assert told("models", "rollback").startswith("v0001 rolled back") and registry.champion() == first
    with pytest.raises(BadInput, match=r"\(v0001, v0002\)"):
        told("models", "show", "7")


def test_a_second_retraining_waits_for_the_first(tmp_path: Path) -> None:
    models = ModelRegistry(tmp_path)
    waiting = (
        "import pathlib, sys, tasks.registry.model_registry as m\n"
        "with m.ModelRegistry(pathlib.Path(sys.argv[1])).retraining(): print('mine')"
    )
    with models.retraining():
        second = subprocess.Popen([sys.executable, "-c", waiting, tmp_path], cwd=ROOT, stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            second.communicate(timeout=3)
        with models.writing():  # by hand another champion may be chosen meanwhile
            pass
    assert second.communicate(timeout=60)[0] == b"mine\n"


@pytest.mark.parametrize("decision", ["promoted", "refused"])
def test_a_decision_is_told_in_an_event_that_is_documented(monkeypatch: pytest.MonkeyPatch, decision: str) -> None:
    sent: list[dict] = []
    monkeypatch.setattr(events, "emit_event", lambda event, **parts: sent.append({"event": event, **parts}))
    facts = {"version": "v0002", "when": "", "who": "me", "run_id": "run", "data_digest": "", "champion": None}
    record = Record.model_validate(
        {**facts, "decision": decision, "reason": "Why.", "figures": {"gain": 0.1}, "digests": {}}
    )
    events.emit_decision(record)
    [event] = sent
    assert event["event"] == f"synthetic-data.challenger.{decision}" and event["event"] in str(events.__doc__)
    assert event["resource"] == {"prefect.resource.id": "synthetic-data.models.v0002"}
    assert event["payload"] == {"version": "v0002", "champion": None, "reason": "Why.", "figures": {"gain": 0.1}}


def test_a_collapse_is_told_in_an_event_that_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict]] = []
    monkeypatch.setattr(events, "emit_event", lambda event, **parts: sent.append((event, parts)))
    collapsed = Diversity(coverage=0.1, manifold_recall=0, repeated=0, evenness=1, worst_class_coverage=0, frechet=9)
    events.emit_collapse("a-run", collapsed, [])
    [(event, parts)] = sent
    assert event == "synthetic-data.generator.collapsed" and event in str(events.__doc__)
    assert parts["payload"] == {"run": "a-run", "reason": collapsed.collapse, "figures": asdict(collapsed)}


@pytest.mark.usefixtures("elsewhere")
def test_what_cannot_be_compared_is_refused_before_the_long_work(tmp_path: Path) -> None:
    source = write_source(tmp_path, striped_images(60, seed=1), striped_images(20, seed=2))
    experiment = Experiment.model_validate(
        {"source": str(source), "data": {"validation_images": 20}, "classifier": {"seeds": [0]}}
    )
    splits = normalize.fn(source, tmp_path / "normalized", experiment.data, 0)
    with pytest.raises(BadInput, match="two or more classifier seeds"):
        enter(ModelRegistry(tmp_path / "models"), experiment, RetrainSettings(), splits)
    several = experiment.model_copy(update={"classifier": Experiment().classifier})
    assert enter(ModelRegistry(tmp_path / "models"), several, RetrainSettings(), splits) == ("v0001", 1, None)
    with pytest.raises(BadInput, match=r"a champion in .* to start from, got none; .*--start scratch"):
        enter(ModelRegistry(tmp_path / "models"), several, RetrainSettings(start="champion"), splits)


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        ((28, 28, 1), "of 28 x 28 pixels, grey and of the classes that champion v0001 draws, got .* and other classes"),
        ((28, 20, 1), "of 20 x 28 pixels, grey .*got 28 x 28 pixels, grey;"),
        ((28, 28, 3), "of 28 x 28 pixels, RGB .*got 28 x 28 pixels, grey;"),
    ],
)
@pytest.mark.usefixtures("elsewhere")
def test_a_champion_that_draws_other_images_is_refused_before_the_long_work(
    tiny_source: Path, tmp_path: Path, shape: tuple[int, int, int], named: str
) -> None:
    experiment, models = Experiment(source=str(tiny_source)), ModelRegistry(tmp_path / "models")
    splits = normalize.fn(tiny_source, tmp_path / "normalized", experiment.data, 0)
    generator = untrained_generator(tmp_path / "generator.npz", shape=ImageShape(*shape))
    origin = VersionOrigin("me@here", "run", "data", None)
    models.add_version("v0001", {"generator.npz": generator}, Verdict(True, "Better.", {}), origin, 1)
    with pytest.raises(BadInput, match=f"Expected images {named}.*SYNTHETIC_DATA_MODELS"):
        enter(models, experiment, RetrainSettings(), splits)
    assert [version.name for version in models.versions()] == ["v0001"]


def enter(
    models: ModelRegistry, experiment: Experiment, settings: RetrainSettings, splits: RealSets
) -> tuple[str, int, Path | None]:
    with open_challenge(models, experiment, settings, splits) as challenge:
        return challenge.name, challenge.experiment.seed, challenge.start
