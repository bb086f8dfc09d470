"""The command at a prompt: a whole run from nothing, kills, and one clear line for each mistake."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import striped_images, surroundings, write_source
from killed import TINY, Command
from PIL import Image
from servers import wait_until

from flows.commands.main import FORMAT_NAMES, app
from flows.commands.options import customise_experiment, read_settings
from gan_core.config import (
    CLASSIC,
    EXPERIMENTS,
    FULL,
    PRIVATE,
    SMOKE,
    STANDARD,
    STORED,
    ClassifierSettings,
    Experiment,
    GanSettings,
    Settings,
    say_once,
)
from gan_core.errors import BadInput
from gan_core.formats import FORMATS
from gan_core.generator_formats import GENERATOR_FORMATS
from gan_core.settings_grid import combinations

RUN = (sys.executable, "-m", "flows.commands.main", "run")
EPOCHS = "--gan.epochs"

Whole = tuple[Path, str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("command-line")


@pytest.fixture(scope="module")
def settings(folder: Path) -> dict[str, str]:
    """The variables of a source, and of a cache and a home of Prefect of its own."""
    (folder / "source").mkdir()
    source = write_source(folder / "source", striped_images(600, seed=1), striped_images(200, seed=2))
    places = {"SYNTHETIC_DATA_SOURCE": source, "XDG_CACHE_HOME": folder / "cache", "PREFECT_HOME": folder / "prefect"}
    return {name: str(place) for name, place in places.items()}


@pytest.fixture(scope="module")
def whole(settings: dict[str, str], folder: Path) -> Whole:
    """A run from nothing to report, and what it said on both streams."""
    runs = folder / "whole"
    done = subprocess.run(
        [*RUN, *TINY, EPOCHS, "12"],
        cwd=folder,
        env=surroundings(SYNTHETIC_DATA_RUNS=runs, **settings),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return (runs / "latest").resolve(), done.stdout, done.stderr


def test_a_run_from_nothing_to_report(whole: Whole) -> None:
    run, output, errors = whole
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

    assert pd.read_parquet(run / "history.parquet")["epoch"].tolist() == list(range(1, 13))
    assert sorted(path.name for path in (run / "grids").iterdir()) == [
        *(f"epoch-{epoch:04d}.png" for epoch in range(2, 13, 2)),
        *("evolution.gif", "mosaic.png", "walks.png"),
    ]
    with Image.open(run / "grids" / "evolution.gif") as film:
        assert getattr(film, "n_frames", 1) == 6
    for accuracy in ("taught by real", "taught by synthetic", "taught by both", "label fidelity"):
        assert accuracy in output
    assert "report.html" in output and "synthetic.npz" in output
    assert errors.count("epoch ") == 12 and "INFO" not in errors
    assert "oneDNN" not in errors and not (run.parent / "log.txt").exists()
    assert (run.parents[1] / "cache" / "synthetic-data" / "log.txt").stat().st_size > 0


def test_a_run_hung_up_terminated_and_killed_goes_on_and_ends_with_the_same_bytes(
    settings: dict[str, str], whole: Whole, prefect_server: dict[str, str], tmp_path: Path
) -> None:
    def start() -> Command:
        own = settings | prefect_server | {"SYNTHETIC_DATA_RUNS": str(tmp_path)}
        return Command("run", *TINY, EPOCHS, "12", folder=tmp_path, environment=own)

    written: set[int] = set()

    def another_epoch() -> bool:
        return bool(checkpoints() - written)

    def checkpoints() -> set[int]:
        return {path.stat().st_mtime_ns for path in tmp_path.glob("*/generator/checkpoint.npz")}

    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
        stopped = start()
        stopped.stop(number, once=another_epoch)
        said = stopped.finish(-number)
        assert "epoch" in said.splitlines()[-1] and "Traceback" not in said
        written |= checkpoints()
        assert not list(tmp_path.glob("*/generator/generator.npz")) and not (tmp_path / "latest").exists()

    said = start().finish()
    assert "Going on with the unfinished run" in said and "Going on after epoch" in said
    resumed, uninterrupted = tmp_path / "latest", whole[0]
    for name in ("generator/generator.npz", "synthetic.npz", "grids/mosaic.png", "grids/evolution.gif"):
        assert (resumed / name).read_bytes() == (uninterrupted / name).read_bytes(), name
    shaped_by_settings = ["epoch", "generator_loss", "discriminator_loss"]
    for name, columns in (("history.parquet", shaped_by_settings), ("report.parquet", ["seed", "accuracy"])):
        one, other = (pd.read_parquet(run / name)[columns] for run in (resumed, uninterrupted))
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_an_interrupted_run_says_how_to_go_on(settings: dict[str, str], whole: Whole, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*RUN, *TINY, EPOCHS, "500"],
        cwd=tmp_path,
        env=surroundings(SYNTHETIC_DATA_RUNS=tmp_path, **settings),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # shells ignore it in the background
    )
    wait_until(lambda: list(tmp_path.glob("*/generator/checkpoint.npz")) or process.poll() is not None, seconds=120)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, which interrupts its server too
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 130 and "the same command goes on" in errors.splitlines()[-1], errors
    assert "Traceback" not in errors


def test_an_interruption_that_compiled_code_reports_in_its_way_is_one_too(
    monkeypatch: pytest.MonkeyPatch, refusal: Callable[..., str]
) -> None:
    def interrupted(name: str, replaced: Mapping[str, object]) -> Experiment:
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

    monkeypatch.setattr("flows.commands.main.customise_experiment", interrupted)
    assert "the same command goes on" in refusal("run", code=130)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--gan.epochs", "0"), "gan.epochs"),
        (("--gan.epoch", "3"), "--gan.epochs"),
        (("--experiment", "nope"), "standard, smoke, full, classic"),
        (("--gan.loss", "hinge"), "relativistic, cross-entropy"),
        (("--source", "/nowhere"), "/nowhere"),
        (("--source", ""), "source: "),
        (("--dataset.counts", "10=3"), "classes 0 to 9"),
        (("--data.train-images", "501"), "501"),
        (("--size", "7"), "WIDTHxHEIGHT such as 64x48"),
        (("--fit", "zoom"), "one of crop, pad, stretch"),
        (("--colour", "sepia"), "one of grey, rgb"),
        (("--source", __file__), "a folder of pictures in a folder for each class"),
    ],
)
def test_a_mistake_gets_one_clear_line(
    refusal: Callable[..., str],
    tiny_source: Path,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    expected: str,
) -> None:
    monkeypatch.setenv("SYNTHETIC_DATA_SOURCE", str(tiny_source))
    assert expected in refusal("run", "--verbose", *TINY, *arguments)


def test_a_run_whose_settings_cannot_be_read_is_named(refusal: Callable[..., str], tmp_path: Path) -> None:
    for name in ("report.html", "experiment.json"):
        (tmp_path / name).write_text("nothing", "utf-8")
    assert "got none that can be read" in refusal("examine", str(tmp_path))


def test_help_names_every_setting() -> None:
    wide = os.environ | {"COLUMNS": "200"}
    shown = subprocess.run([*RUN, "--help"], capture_output=True, text=True, check=True, env=wide).stdout
    for option, description in described(Experiment):
        assert f"--{option.replace('_', '-')}" in shown
        assert description[:40] in shown


@pytest.mark.parametrize(
    ("section", "name", "example"),
    [
        ("classifier", "seeds", "0,1,2 or 0-2"),
        ("dataset", "refinements", "filtered,soft"),
        ("dataset", "counts", "6=30,7=12"),
    ],
)
def test_the_help_of_a_list_shows_a_text_that_the_setting_takes(section: str, name: str, example: str) -> None:
    wide = os.environ | {"COLUMNS": "300"}
    shown = subprocess.run([*RUN, "--help"], capture_output=True, text=True, check=True, env=wide).stdout
    [line] = [line for line in shown.splitlines() if f"--{section}.{name} " in line]
    assert f"(as {example})" in line
    for text in example.split(" or "):
        assert getattr(getattr(customise_experiment("smoke", {section: {name: text}}), section), name)


def test_the_help_of_formats_names_them_all() -> None:
    of_images, of_itself = FORMAT_NAMES.split(" of images, and ")
    named = f"{of_images}, {of_itself.removesuffix(' of the generator itself')}"
    assert named.replace(" and ", ", ").split(", ") == [*FORMATS, *GENERATOR_FORMATS]


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
    assert customise_experiment("smoke", {"seed": 7, "gan": {"epochs": 4}}) == SMOKE.model_copy(
        update={"seed": 7, "gan": SMOKE.gan.model_copy(update={"epochs": 4})}
    )
    assert [customise_experiment(name, {}) for name in EXPERIMENTS] == [STANDARD, SMOKE, FULL, CLASSIC, PRIVATE]


def test_an_unknown_experiment_is_refused() -> None:
    with pytest.raises(BadInput, match="smoke"):
        customise_experiment("none", {})


def test_the_digest_tells_settings_apart_but_not_where_the_data_lie() -> None:
    assert Experiment(source="a", name="x").settings_digest() == STANDARD.settings_digest()
    four_conv = Experiment(classifier=ClassifierSettings(name="four-conv"))
    different = (Experiment(seed=1), Experiment(gan=GanSettings(epochs=1)), four_conv, SMOKE, CLASSIC)
    assert len({e.settings_digest() for e in (STANDARD, *different)}) == 1 + len(different)


def test_an_experiment_survives_json() -> None:
    for experiment in EXPERIMENTS.values():
        assert Experiment.model_validate(json.loads(experiment.model_dump_json())) == experiment


@pytest.mark.parametrize(
    ("section", "old", "new", "value"),
    [
        ("gan", "averaging", "ema_decay", 0.5),
        ("gan", "class_weight", "class_head_weight", 0.25),
        ("dataset", "latent_spread", "latent_std", 1.2),
        ("dataset", "refined_spread", "refined_std", 1.4),
    ],
)
def test_an_old_name_of_a_setting_is_taken_everywhere_and_said_to_be_old(
    section: str, old: str, new: str, value: float, caplog: pytest.LogCaptureFixture
) -> None:
    say_once.cache_clear()
    meant = getattr(customise_experiment("smoke", {section: {new: value}}), section)
    assert getattr(meant, new) == value
    typed = f"run --{section}.{old.replace('_', '-')} {value}"
    _, bound, _ = app.parse_args(typed, exit_on_error=False)
    assert getattr(customise_experiment("smoke", read_settings(bound.arguments["settings"])), section) == meant
    assert getattr(combinations(SMOKE, (0,), {f"{section}.{old}": (value,)})[0], section) == meant
    assert caplog.text.count(f"{old} is called {new} now") == 1
    say_once.cache_clear()
    stored = f'{{"{section}": {{"{old}": {value}}}}}'
    assert getattr(getattr(Experiment.model_validate_json(stored, context=STORED), section), new) == value
    assert caplog.text.count("is called") == 1


def test_old_names_stand_in_no_help() -> None:
    wide = os.environ | {"COLUMNS": "200"}
    shown = subprocess.run([*RUN, "--help"], capture_output=True, text=True, check=True, env=wide).stdout
    assert "--gan.ema-decay" in shown and "averaging" not in shown
