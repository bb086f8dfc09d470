"""Retraining at a prompt, in processes of its own: killed in the middle of an epoch and of a promotion, then whole."""

import json
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from conftest import striped_images, surroundings, write_source
from test_command_line import TINY, Command, finish, stop

from gan_core.config import Experiment, RetrainSettings
from gan_core.diversity import Diversity
from gan_core.errors import BadInput
from tasks import events
from tasks.challenge import open_challenge
from tasks.models import Models
from tasks.normalize import Splits, normalize
from tasks.records import Record

ROOT = Path(__file__).parents[1]
MAIN = "from flows.command_line import main; main()"
KILLED_AT_THE_CROWNING = f"""
import os, signal
from tasks.models import Models
Models._crown = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
{MAIN}
"""
RETRAIN = ("retrain", "--data.validation-images", "100", *TINY, "--gan.epochs", "8", "--gan.latent-size", "8")


@pytest.fixture
def command(tmp_path: Path, tiny_source: Path, server: dict[str, str]) -> Command:
    """Starts `synthetic-data` on the tiny source in a folder of its own, by a program that may kill itself."""
    environment = surroundings(
        PREFECT_API_URL=server["PREFECT_API_URL"],
        SYNTHETIC_DATA_SOURCE=tiny_source,
        XDG_CACHE_HOME=tmp_path / "cache",
    )

    def start(*arguments: str, program: str = MAIN) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


@pytest.mark.timeout(600)  # three retrainings and seven processes
def test_killed_retrainings_go_on_and_the_champion_is_valid_all_the_time(command: Command, tmp_path: Path) -> None:
    models = Models(tmp_path / "models")
    killed = command(*RETRAIN)
    stop(killed, signal.SIGKILL, once=lambda: list(tmp_path.glob("runs/*/generator/checkpoint.npz")))
    killed.communicate()
    assert not models.versions()

    _, errors = finish(command(*RETRAIN, program=KILLED_AT_THE_CROWNING), code=-signal.SIGKILL)
    assert "Going on with the unfinished run" in errors and "Going on after epoch" in errors
    [first] = models.versions()
    assert first.record.decision == "promoted" and models.champion() is None

    output, errors = finish(command(*RETRAIN, "--start", "champion", "--standard-errors", "100"))
    assert "Ending what a killed retraining began" in errors and "Beginning with the networks in" in errors
    assert models.champion() == first and not list(tmp_path.glob("runs/*/generator"))
    first.check()
    second = models.versions()[-1]
    second.check()
    assert (second.name, second.record.champion, second.record.decision) == ("v0002", "v0001", "refused")
    assert "v0002 was refused, champion v0001 stays" in output and second.record.reason in output
    assert {"gain", "gain_noise", "copied", "coverage"} <= set(second.record.figures)
    seeds = [json.loads((version.folder / "experiment.json").read_text())["seed"] for version in models.versions()]
    assert seeds == [1, 2]

    listed, _ = finish(command("models", "list"))
    assert [line[:7] for line in listed.splitlines()[:2]] == ["* v0001", "  v0002"]
    finish(command("models", "promote", "2"))
    shown, _ = finish(command("models", "show", "v0002"))
    assert "promoted" in shown and "By hand." in shown and str(second.generator) in shown
    back, _ = finish(command("models", "rollback"))
    assert back.startswith("v0001 rolled back") and models.champion() == first
    _, errors = finish(command("models", "show", "7"), code=2)
    assert "(v0001, v0002)" in errors


def test_a_second_retraining_waits_for_the_first(tmp_path: Path) -> None:
    models = Models(tmp_path)
    waiting = (
        "import pathlib, sys, tasks.models as m\nwith m.Models(pathlib.Path(sys.argv[1])).retraining(): print('mine')"
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
    collapsed = Diversity(coverage=0.1, recall=0, repeated=0, evenness=1, worst_class_coverage=0, frechet=9)
    events.emit_collapse("a-run", collapsed)
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
        enter(Models(tmp_path / "models"), experiment, RetrainSettings(), splits)
    several = experiment.model_copy(update={"classifier": Experiment().classifier})
    challenge = enter(Models(tmp_path / "models"), several, RetrainSettings(start="champion"), splits)
    assert challenge == ("v0001", 1, None)


def enter(
    models: Models, experiment: Experiment, settings: RetrainSettings, splits: Splits
) -> tuple[str, int, Path | None]:
    with open_challenge(models, experiment, settings, splits) as challenge:
        return challenge.name, challenge.experiment.seed, challenge.start
