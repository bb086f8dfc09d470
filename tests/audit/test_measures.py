"""Laws of the list of measures: each is known by its name, and a frame gives its figures back."""

from pathlib import Path

from gan_core.audit.measures import MEASURES, by_name, figures_in
from gan_core.files import read_frame, write_frame
from gan_core.measures.measure import Figure, build_measures_frame


def test_each_measure_is_known_by_a_name_of_its_own() -> None:
    assert [by_name(measure.name) for measure in MEASURES] == list(MEASURES)


def test_a_stored_frame_gives_its_figures_back(tmp_path: Path) -> None:
    first, second, *_ = MEASURES
    figures = [
        Figure(first, "synthetic", 0.5, 0.4, 0.6, images=9),
        Figure(first, "real", 0.5, seed=3),
        Figure(second, "both", 0.1, group="a class"),
    ]
    write_frame(build_measures_frame(figures), tmp_path / "measures.parquet")

    assert list(map(str, figures_in(read_frame(tmp_path / "measures.parquet")))) == list(map(str, figures))


def test_a_measure_that_is_not_known_is_left_out() -> None:
    frame = build_measures_frame([Figure(MEASURES[0], "synthetic", 0.5), Figure(MEASURES[1], "synthetic", 0.5)])

    assert [each.measure for each in figures_in(frame.replace(MEASURES[0].name, "of another time"))] == [MEASURES[1]]
