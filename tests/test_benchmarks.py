"""Laws of the benchmarks' results: a run adds its rows to a table and changes nothing else; every table reads alike."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import striped_images

from benchmarks import (
    exports,
    levers,
    playground,
    profile_step,
    quality,
    result_table,
    scaling,
    speed,
    stacked_modes,
    timed_command,
    tutorial_gan,
)
from benchmarks.result_table import COLUMNS, RESULTS, Result, ResultTable, command, commit, machine
from gan_core.errors import BadInput
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def turns(*columns: tuple[str, str]) -> pd.DataFrame:
    """Two turns in which the n-th contestant does n and then 2 n images a second."""
    speeds = np.arange(1.0, len(columns) + 1)
    return pd.DataFrame([speeds, 2 * speeds], columns=pd.MultiIndex.from_tuples(columns))


def test_a_run_adds_its_rows_and_keeps_the_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/benchmarks/speed.py", "--source", "/a/place", "--turns", "2"])
    ResultTable("speed", tmp_path).append([Result("two turns", "64 channels, “us”", "images/s", 23_709.4)])
    before = (tmp_path / "speed.csv").read_bytes()
    table = ResultTable("speed", tmp_path)

    table.append([Result("a", "b, c", "TSTR, %", 88.5712345, 0.08, 3), Result("a", "b", "spread of one", 1, np.nan)])

    assert table.path.read_bytes().startswith(before)
    rows = read(table.path)
    assert tuple(rows.columns) == COLUMNS
    assert rows["value"].tolist() == ["23709", "88.571", "1"]
    assert rows["spread"].tolist() == ["", "0.08", ""] and rows["seeds"].tolist() == ["", "3", ""]
    assert set(rows["command"]) == {"python -m benchmarks.speed --turns 2"}
    assert set(rows["machine"]) == {machine()} and set(rows["commit"]) == {commit()}
    assert [path.name for path in tmp_path.iterdir()] == ["speed.csv"]


def test_a_table_with_other_columns_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "speed.csv").write_text("something,else\n1,2\n")

    with pytest.raises(BadInput, match=r"^Expected the columns setting,.*move that file away\.$"):
        ResultTable("speed", tmp_path)

    assert (tmp_path / "speed.csv").read_text() == "something,else\n1,2\n"


@pytest.mark.parametrize("places", [["--source", "/a"], ["--source=/a"], ["--results=/b", "--source", "s3://c"]])
def test_a_command_is_told_without_the_places_of_a_machine(places: list[str]) -> None:
    assert command(["/x/levers.py", *places, "--all", "gan.epochs=3 seed=1"]) == (
        "python -m benchmarks.levers --all 'gan.epochs=3 seed=1'"
    )


def test_no_commit_is_named_without_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(result_table, "HERE", tmp_path / "no-checkout")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert commit() == ""


def test_each_benchmark_has_a_row_for_all_that_it_prints(tmp_path: Path) -> None:
    names = list(speed.CONTESTANTS)
    formats = [(name, who) for name in exports.REFERENCES for who in ("us", "reference")]
    trained = {"source": "/a/place", "images": 5_500, "width": 64, "batch": 64}
    one = {"": "classic", "seconds": 121.4, "TSTR": 0.8, "±": 0.01, "coverage": 0.5, "of one class": 0.3}
    table = ResultTable("all", tmp_path)

    columns = [(what, name) for what in (*speed.PLAYED, speed.MEMORY) for name in names]
    table.append(speed.found(turns(*columns), "64 channels", {"GFLOP/s": 93.0}))
    table.append(exports.found(turns((exports.DRAWING, "us"), *formats), 50_000, ImageShape(28, 28, 1)))
    table.append(scaling.found("trained", trained, trained | {"seconds": 2.0, "peak memory, GiB": 0.8}))
    table.append(scaling.found("drawn", {"images": 10}, {"images": 10, "seconds": 2.0, "peak memory, GiB": 0.8}))
    table.append(quality.found(one | {"collapsed": True}, seeds=3))
    table.append(stacked_modes.found("26,000 looked at", "real validation images", 998, 0.01, classes=10))
    table.append(playground.found(ImageShape(28, 28, 1), pd.DataFrame({"seconds": [0.5, 0.7, 0.6]})))
    table.append(levers.found("gan.epochs=5", "seed=1", {"seconds": 9.0, "TSTR": 0.884, "TSTR spread": 0.001}, 3))

    rows = read(table.path)
    found = rows.set_index(["case", "measure"])["value"]
    assert not found.index.has_duplicates and not rows.map(lambda cell: "/a/place" in cell).any(axis=None)
    assert found["64 channels, PyTorch eager", "training: this project is times as fast"] == "0.5"
    assert found["64 channels, this project", "peak memory, GiB"] == "18"
    assert found["drawing by a generator of the standard width", "images/s"] == "1.5"
    assert found["npz beside numpy.savez", "writing: this project is times as fast"] == "0.8"
    assert found["images 5,500, width 64, batch 64", "seconds"] == "2"
    assert found["images 10", "images/s"] == "5"
    assert found["classic, 121 seconds", "TSTR, %"] == "80" and found["classic, 121 seconds", "collapsed"] == "1"
    assert found["real validation images", "modes seen of 1,000"] == "998"
    assert found["28 x 28 pixels, grey", "seconds"] == "0.6"
    assert found["seed=1", "TSTR, %"] == "88.4" and found["seed=1", "seconds of training"] == "9"


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.csv")), ids=lambda path: path.stem)
def test_every_table_has_the_same_columns_and_numbers_for_values(path: Path) -> None:
    rows = read(path)

    assert tuple(rows.columns) == COLUMNS and path.read_text("utf-8").startswith(",".join(COLUMNS) + "\n")
    assert (rows[["setting", "case", "measure"]] != "").all(axis=None)
    for name in ("seeds", "value", "spread"):
        pd.to_numeric(rows[name])
    assert pd.to_datetime(rows["date"], format="%Y-%m-%d").notna().all()


def test_operations_grow_with_the_pixels_of_the_maps_and_not_with_the_padding() -> None:
    counted = [speed.operations(64, ImageShape(side, side, 3)) for side in (32, 64, 128)]
    assert 3 < counted[1] / counted[0] < 5 and 3 < counted[2] / counted[1] < 5
    assert speed.operations(64, ImageShape(33, 33, 3)) == pytest.approx(speed.operations(64, ImageShape(40, 40, 3)))


def test_a_step_is_told_by_the_shortest_call_of_each_operation_however_often_it_ran() -> None:
    calls = pd.DataFrame({"call": ["a", "a", "b", "c"], "of": ["casts", "casts", "casts", "Adam"], "ms": [3, 9, 1, 2]})
    told = profile_step.summarise(calls, steps=2)
    assert list(told.loc["casts"]) == [1.5, (3 + 3 + 1) / 2] and list(told.loc["Adam"]) == [0.5, 1.0]


def test_the_profile_of_a_step_finds_its_matrix_products_by_both_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["profile_step.py", "--width", "16", "--shape", "16x16x1", "--results", str(tmp_path)]
    )
    profile_step.main()
    rows = read(tmp_path / "speed.csv")
    assert (rows["measure"] == "ms a step").all() and (rows["value"].astype(float) > 0).all()
    assert rows["case"].str.fullmatch(r"16 channels, images of .*, TensorFlow, matrix products").sum() == 1
    assert rows["case"].str.contains(r"oneDNN, convolution (?:forward_training|backward_\w+) \S*ic\d+oc\d+").any()


def test_the_tutorials_gan_takes_and_draws_images_as_they_are_kept_here() -> None:
    gan, real = tutorial_gan.TutorialGan(), striped_images(tutorial_gan.BATCH, seed=0)
    gan.compile(run_eagerly=True)
    gan.fit(tutorial_gan.batches(real.images, real.labels), steps_per_epoch=1, shuffle=False, verbose=0)
    [drawn] = gan.draw(real.labels)
    assert LabelledImages(drawn, real.labels).shape == real.shape


def test_a_second_belongs_to_one_part_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0, 1, 3, 6, 10, 15, 21])
    monkeypatch.setattr(timed_command.time, "perf_counter", lambda: next(seconds))
    clock = timed_command.Clock()
    with clock.within("flow and tasks"), clock.within("server"):
        assert clock.timed(lambda: "done", "work")() == "done"
    assert clock.seconds == {"work": 1 + 4, "flow and tasks": 2 + 6, "server": 3 + 5}


def test_a_stack_has_a_grey_picture_in_each_channel_and_pictures_in_colour_are_refused() -> None:
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((5, 8, 8, 1), np.uint8)
    stacks = stacked_modes.stack_images(images, 2_000, seed=0)
    assert stacks.shape == (2_000, 8, 8, 3) and (stacks == stacks[:, :1, :1]).all()
    assert len(np.unique(stacks[:, 0, 0], axis=0)) == 125
    with pytest.raises(BadInput, match="Expected grey pictures to stack"):
        stacked_modes.stack_images(np.repeat(images, 3, axis=3), 2, seed=0)


def test_modes_are_all_that_come_and_diverge_where_some_come_too_often() -> None:
    shares = np.array([0.5, 0.25, 0.25])
    numbers = np.indices((4, 4, 4)).reshape(3, -1).T  # class 0 twice as often as the others, in each channel
    all_alike = np.maximum(numbers - 1, 0).astype(np.uint8)
    assert stacked_modes.count_modes(all_alike, shares) == (27, pytest.approx(0))
    assert stacked_modes.count_modes(np.zeros((9, 3), np.uint8), shares) == (1, pytest.approx(-3 * np.log(0.5)))
    only_two = all_alike[(all_alike < 2).all(axis=1)]
    modes, divergence = stacked_modes.count_modes(only_two, shares)
    assert modes == 8 and divergence == pytest.approx(-3 * np.log(0.75))
