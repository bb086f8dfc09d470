"""The command at a prompt, in processes of its own: whole runs, kills, and one clear line for each mistake."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import striped_images, surroundings, write_source
from PIL import Image
from servers import own_surroundings, running_server

from flows.command_line import customised
from gan_core.config import (
    CLASSIC,
    EXPERIMENTS,
    FULL,
    SMOKE,
    STANDARD,
    ClassifierSettings,
    Experiment,
    GanSettings,
    Settings,
)
from gan_core.errors import BadInput
from gan_core.images import LabelledImages

COMMAND = (sys.executable, "-m", "flows.command_line")
EPOCHS = "--gan.epochs"
TINY = (
    *(
        "--name",
        "tiny",
        "--tolerate-collapse",
        "--gan.batch-size",
        "16",
        "--gan.generator-width",
        "8",
        "--gan.discriminator-width",
        "8",
    ),
    *("--dataset.per-class", "9", "--classifier.steps", "6", "--classifier.batch-size", "32"),
    *("--classifier.seeds", "0", "--classifier.seeds", "1"),
)

Command = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all commands here: a new one costs seconds."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="module")
def with_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Environment variables of commands that share a server; of its own each has to start one, which takes seconds."""
    folder = tmp_path_factory.mktemp("server")
    environment = own_surroundings(folder)
    with running_server(environment, folder / "log"):
        yield environment


@pytest.fixture
def command(tmp_path: Path, tiny_source: Path, prefect_home: Path, with_server: dict[str, str]) -> Command:
    """Starts `synthetic-data run` on the tiny source in a folder of its own, with a cache of its own."""
    with_none = surroundings(PREFECT_HOME=prefect_home)
    places = {"SYNTHETIC_DATA_SOURCE": str(tiny_source), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def start(*arguments: str, runs: str = "runs", own_server: bool = False) -> subprocess.Popen[str]:
        environment = with_none if own_server else with_server
        return subprocess.Popen(
            [*COMMAND, "run", "--data.validation-images", "100", *arguments],
            cwd=tmp_path,
            env=environment | places | {"SYNTHETIC_DATA_RUNS": str(tmp_path / runs)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    output, errors = process.communicate(timeout=240)
    assert process.returncode == code, output + errors
    return output, errors


def stop(process: subprocess.Popen[str], signal_number: int, *, once: Callable[[], object]) -> None:
    """Send a signal to the process and its children as soon as something has happened."""
    deadline = time.monotonic() + 120
    while not once():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.02)
    os.killpg(process.pid, signal_number)


def test_a_run_from_nothing_to_report(command: Command, tmp_path: Path) -> None:
    output, errors = finish(command(*TINY, EPOCHS, "4", own_server=True))
    run = (tmp_path / "runs" / "latest").resolve()
    assert Experiment.model_validate_json((run / "experiment.json").read_text()).name == "tiny"

    with np.load(run / "synthetic.npz", allow_pickle=False) as synthetic:
        assert synthetic["images"].dtype == np.uint8 and synthetic["images"].shape == (90, 28, 28)
        assert np.bincount(synthetic["labels"]).tolist() == [9] * 10

    report = pd.read_parquet(run / "report.parquet")
    assert report.groupby("taught_by", sort=False)["seed"].apply(list).to_dict() == {
        "real": [0, 1],
        "synthetic": [0, 1],
        "both": [0, 1],
    }
    assert set(report["run_id"]) == {run.name}
    assert report["accuracy"].between(0, 1).all()
    assert list(pd.read_csv(run / "report.csv").columns) == list(report.columns)

    assert pd.read_parquet(run / "history.parquet")["epoch"].tolist() == [1, 2, 3, 4]
    assert sorted(path.name for path in (run / "grids").iterdir()) == [
        *("epoch-0002.png", "epoch-0004.png", "evolution.gif", "mosaic.png"),
    ]
    with Image.open(run / "grids" / "evolution.gif") as film:
        assert getattr(film, "n_frames", 1) == 2
    for accuracy in ("taught by real", "taught by synthetic", "taught by both", "label fidelity"):
        assert accuracy in output
    assert "report.html" in output and "synthetic.npz" in output
    assert errors.count("epoch ") == 4 and "INFO" not in errors
    assert "oneDNN" not in errors and (tmp_path / "runs" / "log.txt").stat().st_size > 0


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(command: Command, tmp_path: Path) -> None:
    finish(command(*TINY, EPOCHS, "12", runs="uninterrupted"))
    killed = command(*TINY, EPOCHS, "12")
    stop(killed, signal.SIGKILL, once=lambda: list(tmp_path.glob("runs/*/generator/checkpoint.npz")))
    killed.communicate()
    assert not list(tmp_path.glob("runs/*/generator/generator.npz")) and not (tmp_path / "runs" / "latest").exists()

    _, errors = finish(command(*TINY, EPOCHS, "12"))
    assert "Going on with the unfinished run" in errors and "Going on after epoch" in errors
    resumed, uninterrupted = tmp_path / "runs" / "latest", tmp_path / "uninterrupted" / "latest"
    for name in ("generator/generator.npz", "synthetic.npz", "grids/mosaic.png", "grids/evolution.gif"):
        assert (resumed / name).read_bytes() == (uninterrupted / name).read_bytes(), name
    shaped_by_settings = ["epoch", "generator_loss", "discriminator_loss"]
    for name, columns in (("history.parquet", shaped_by_settings), ("report.parquet", ["seed", "accuracy"])):
        one, other = (pd.read_parquet(run / name)[columns] for run in (resumed, uninterrupted))
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_an_interrupted_run_says_how_to_go_on(command: Command, tmp_path: Path) -> None:
    process = command(*TINY, EPOCHS, "500", own_server=True)
    stop(process, signal.SIGINT, once=lambda: list(tmp_path.glob("runs/*/generator/checkpoint.npz")))
    _, errors = finish(process, code=130)
    assert "the same command goes on" in errors.splitlines()[-1]
    assert "Traceback" not in errors


def test_an_interruption_that_compiled_code_reports_in_its_way_is_one_too(
    monkeypatch: pytest.MonkeyPatch, refusal: Callable[..., str]
) -> None:
    def interrupted(name: str, settings: Experiment | None) -> Experiment:
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

    monkeypatch.setattr("flows.command_line.customised", interrupted)
    assert "the same command goes on" in refusal("run", code=130)


def test_a_collapsed_generator_is_no_success(command: Command, tmp_path: Path) -> None:
    intolerant = [argument for argument in TINY if argument != "--tolerate-collapse"]
    _, errors = finish(command(*intolerant, EPOCHS, "1", "--gan.learning-rate", "1e-9"), code=1)
    assert "has collapsed: " in errors.splitlines()[-1] and "Traceback" not in errors
    (page,) = tmp_path.glob("runs/*/report.html")
    assert "has collapsed: " in page.read_text()
    assert not (tmp_path / "runs" / "latest").exists()


def test_larger_images_of_other_classes_need_no_change(command: Command, tmp_path: Path) -> None:
    parts = (striped_images(count, seed=count, classes=4, side=32) for count in (600, 200))
    (tmp_path / "other").mkdir()
    other = write_source(tmp_path / "other", *parts)
    finish(command(*TINY, EPOCHS, "1", "--source", str(other)))
    synthetic = LabelledImages.load(tmp_path / "runs" / "latest" / "synthetic.npz")
    assert synthetic.side == 32 and np.bincount(synthetic.labels).tolist() == [9] * 4
    report = pd.read_parquet(tmp_path / "runs" / "latest" / "report.parquet")
    recalls = [name for name in map(str, report) if name.startswith("recall_")]
    assert recalls == [f"recall_stripes-{label}" for label in range(4)]


def test_refined_sets_are_taught_beside_the_raw_one(command: Command, tmp_path: Path) -> None:
    refined = ("--dataset.refinements", "filtered", "--dataset.refinements", "soft")
    finish(command(*TINY, EPOCHS, "2", *refined))
    run = tmp_path / "runs" / "latest"
    raw, filtered, soft = (LabelledImages.load(run / f"synthetic{suffix}.npz") for suffix in ("", "-filtered", "-soft"))
    report = pd.read_parquet(run / "report.parquet").groupby("taught_by")["images"].first()
    assert report[["synthetic", "filtered", "soft"]].tolist() == [len(raw), len(filtered), len(soft)]
    assert soft.beliefs is not None
    agreed = np.argmax(soft.beliefs, axis=1) == raw.labels
    assert np.array_equal(filtered.images, raw.images[agreed]) and 0 < len(filtered) < len(raw)


def test_the_classic_experiment_is_labelled_by_a_real_taught_classifier(command: Command, tmp_path: Path) -> None:
    finish(command("--experiment", "classic", *TINY, EPOCHS, "2"))
    page = (tmp_path / "runs" / "latest" / "report.html").read_text()
    assert "labelled by a real-taught two-conv classifier" in page and "Images seen in each class" in page


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--source", "/nowhere"), "/nowhere"),
        ((*TINY, "--dataset.counts.10", "3"), "classes 0 to 9"),
        (("--data.train-images", "501"), "501"),
    ],
)
def test_a_mistake_gets_one_clear_line(command: Command, arguments: tuple[str, ...], expected: str) -> None:
    _, errors = finish(command(*arguments), code=2)
    line = errors.splitlines()[-1]
    assert line.startswith("synthetic-data: ") and expected in line
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--gan.epochs", "0"), "gan.epochs"),
        (("--gan.epoch", "3"), "--gan.epochs"),
        (("--experiment", "nope"), "standard, smoke, full, classic"),
        (("--gan.loss", "hinge"), "'relativistic' or 'cross-entropy'"),
    ],
)
def test_a_wrong_setting_gets_one_clear_line(
    arguments: tuple[str, ...], expected: str, refusal: Callable[..., str]
) -> None:
    assert expected in refusal("run", *arguments)


def test_help_names_every_setting() -> None:
    shown = subprocess.run(
        [*COMMAND, "run", "--help"], capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "200"}
    ).stdout
    for option, description in described(Experiment):
        assert f"--{option.replace('_', '-')}" in shown
        assert description[:40] in shown


def described(settings: type[Settings], prefix: str = "") -> list[tuple[str, str]]:
    rows = []
    for name, field in settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Settings):
            rows += described(field.annotation, f"{prefix}{name}.")
        else:
            assert field.description, f"{prefix}{name} has no description"
            rows.append((prefix + name, field.description))
    return rows


def test_given_settings_replace_those_of_the_named_experiment_and_no_others() -> None:
    given = Experiment.model_validate({"seed": 7, "gan": {"epochs": 4}})
    assert customised("smoke", given) == SMOKE.model_copy(
        update={"seed": 7, "gan": SMOKE.gan.model_copy(update={"epochs": 4})}
    )
    assert [customised(name, None) for name in EXPERIMENTS] == [STANDARD, SMOKE, FULL, CLASSIC]


def test_an_unknown_experiment_is_refused() -> None:
    with pytest.raises(BadInput, match="smoke"):
        customised("none", None)


def test_the_digest_tells_settings_apart_but_not_where_the_data_lie() -> None:
    assert Experiment(source="a", name="x").settings_digest() == STANDARD.settings_digest()
    four_conv = Experiment(classifier=ClassifierSettings(name="four-conv"))
    different = (Experiment(seed=1), Experiment(gan=GanSettings(epochs=1)), four_conv, SMOKE, CLASSIC)
    assert len({e.settings_digest() for e in (STANDARD, *different)}) == 1 + len(different)


def test_an_experiment_survives_json() -> None:
    for experiment in EXPERIMENTS.values():
        assert Experiment.model_validate(json.loads(experiment.model_dump_json())) == experiment
