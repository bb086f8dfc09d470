"""Laws of the section on worth: it says what was found in words, in a picture and in a table, or that nothing was."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from reported import page, save_pictures, valued

from gan_core.pages.worth_section import chart_worth
from gan_core.reports.worth_table import format_worth


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    return save_pictures(tmp_path)


def section(html: str) -> str:
    [found] = re.findall(r'<h2 id="worth">.*?(?=<h2 )', html, re.DOTALL)
    return found


def test_the_section_and_the_table_on_a_screen_say_each_number(pictures: list[Path]) -> None:
    worth = valued()
    html, screen = section(page(pictures, worth=worth)), format_worth(worth)
    assert html.count("<svg") == 1 and worth.sentence in html and worth.sentence in screen
    for point in (*worth.curve.points, worth.curve.synthetic):
        for number in (f"{point.images:,}", *(f"{100 * each:.2f}" for each in (point.accuracy, point.low, point.high))):
            assert number in html and number in screen
    for gain in worth.gains:
        assert gain.gain.text in html and gain.over_rival.text in screen
    assert html.count("best by validation") == 1
    for item in worth.advice:
        assert item.sentence in unescape(html) and item.sentence in screen
        assert f"<code>{item.command}</code>" in html or not item.command
    assert "<b>&" not in html and not re.search(r"\b(nan|inf)\b", html)


def test_what_was_not_measured_is_said_with_the_command_that_measures_it(pictures: list[Path]) -> None:
    html = section(page(pictures))
    assert "Not measured" in html and "synthetic-data worth runs/latest" in html and "<svg" not in html
    curve_alone = section(page(pictures, worth=replace(valued(), gains=(), advice=())))
    assert "Advice" not in curve_alone and "Beside" not in curve_alone


@pytest.mark.parametrize("ends", [(0.0, 0.0, 0.0), (float("inf"),) * 3, (100.0, 0.0, float("inf"))])
def test_the_chart_is_drawn_and_told_wherever_the_set_stands(ends: tuple[float, float, float]) -> None:
    curve = valued().curve
    images, low, high = ends
    moved = replace(curve, equivalent=replace(curve.equivalent, images=images, low=low, high=high))
    chart = chart_worth(moved)
    assert chart.picture.startswith("<svg") and moved.sentence in chart.description
    assert chart_worth(moved) == chart and not re.search(r"\b(nan|inf)\b", chart.picture)
    alone = replace(curve, points=curve.points[-1:])
    assert chart_worth(alone).picture.startswith("<svg")
