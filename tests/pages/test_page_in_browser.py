"""Laws of the pages as a real browser shows them: on a desk, on a phone, in the dark, with and without its script."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from browser import Tab, needs_browser, running_browser
from finished import FLAT, NAMES, SOUND, finished_run
from reported import CLASSES, save_audit, save_pictures, whole_page

from flows.commands.compare import compare
from gan_core.config import STANDARD

PHONE = 380  # pixels
READABLE = 4.5  # contrast of text, WCAG 2.2, 1.4.3
CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text("utf-8")

pytestmark = needs_browser

each_scheme = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with running_browser(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.html").write_text(whole_page(save_pictures(folder)), "utf-8")
    return folder / "report.html"


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The page of two runs, and that of all runs."""
    folder = tmp_path_factory.mktemp("runs")
    for name, share in zip(NAMES, (0.85, 0.88, 0.3), strict=True):
        run = finished_run(folder, name, STANDARD, share, seen=FLAT if share == 0.3 else SOUND)
        run.grids.mkdir()
        save_audit(run, said=9 if name == NAMES[1] else 1)
        run.mosaic.write_bytes(save_pictures(folder)[0].read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNTHETIC_DATA_RUNS", str(folder))
        patch.setenv("SYNTHETIC_DATA_MODELS", str(folder / "models"))
        compare()
        compare(*NAMES[1:], out=str(folder / "two"))
    return [folder / "two" / "comparison.html", folder / "history.html"]


@each_scheme
def test_the_pages_of_two_and_of_all_runs_are_as_readable(tab: Tab, others: list[Path], dark: bool) -> None:
    for page in others:
        tab.open(page, width=PHONE, dark=dark)

        assert tab.faults == [] and tab.evaluate("document.documentElement.scrollWidth") <= PHONE
        assert [text for text in tab.evaluate(CONTRASTS) if text["contrast"] < READABLE] == []
        assert tab.evaluate("document.querySelectorAll('th button').length") > 5
        assert tab.evaluate("[...document.images].every((image) => image.naturalWidth > 0 && image.alt)")
        assert tab.evaluate("[...document.querySelectorAll('th')].every((e) => e.scope && e.textContent.trim())")


def test_two_runs_have_pairs_power_and_confusion_side_by_side(tab: Tab, others: list[Path]) -> None:
    tab.open(others[0], width=1280)
    tops = "[...document.querySelectorAll('{}')].map((e) => e.getBoundingClientRect().top)"

    assert tab.evaluate("document.querySelectorAll('.pairs img').length") == 20
    for tables in (".pair .power", ".confusions .confusion"):
        found = tab.evaluate(tops.format(tables))
        assert len(found) >= 2 and all(first == second for first, second in zip(found[::2], found[1::2], strict=True))
    assert {"#pairs", "#power", "#confusion"} <= set(
        tab.evaluate("[...document.querySelectorAll('nav a')].map((e) => e.hash)")
    )


def test_two_runs_stand_in_line_whatever_the_length_of_their_sentences(tab: Tab, others: list[Path]) -> None:
    tops = "[...document.querySelectorAll('{}')].map((e) => Math.round(e.getBoundingClientRect().top))"
    tab.open(others[0], width=1280)
    first, second = tab.evaluate(tops.format(".questions h3"))[:2]

    assert second > first + 100
    assert tab.evaluate(tops.format(".questions h3")) == [first, second] * 4
    tab.open(others[0], width=PHONE)
    heights = "[...document.querySelectorAll('.verdicts strong')].map((e) => e.getClientRects().length)"
    assert tab.evaluate(heights) == [1] * 8


@each_scheme
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_the_page_shows_all_its_pictures_and_asks_and_complains_of_nothing(
    tab: Tab, shown: Path, width: int, dark: bool
) -> None:
    tab.open(shown, width=width, dark=dark)

    assert tab.faults == []
    assert [url for url in tab.requests if not url.startswith("data:")] == [shown.as_uri()]
    assert tab.evaluate("document.images.length") > 20
    assert tab.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")


def test_a_script_that_is_not_ours_is_refused(tab: Tab, shown: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled.html"
    spoiled.write_text(
        shown.read_text("utf-8").replace("</main>", "<script>window.spoiled = 1</script></main>"), "utf-8"
    )
    tab.open(spoiled)

    assert tab.evaluate("window.spoiled") is None and tab.faults


@each_scheme
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_every_text_stands_out_from_what_is_behind_it(tab: Tab, shown: Path, width: int, dark: bool) -> None:
    tab.open(shown, width=width, dark=dark)
    texts = tab.evaluate(CONTRASTS)

    assert len(texts) > 300
    assert [text for text in texts if text["contrast"] < READABLE] == []


def test_a_faint_text_is_noticed(tab: Tab, tmp_path: Path) -> None:
    faint = tmp_path / "faint.html"
    faint.write_text("<body style='background:#fff'><p style='color:#999'>faint<p style='color:#000'>clear", "utf-8")
    tab.open(faint)

    assert [text["text"] for text in tab.evaluate(CONTRASTS) if text["contrast"] < READABLE] == ["faint"]


@pytest.mark.parametrize("script", [False, True])
def test_a_phone_shows_the_page_without_sideways_scrolling(tab: Tab, shown: Path, script: bool) -> None:
    tab.open(shown, width=PHONE, script=script)

    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE
    assert tab.evaluate("[...document.querySelectorAll('main p, h2, h3')].every((e) => e.scrollWidth <= innerWidth)")


def column_of(tab: Tab, column: int) -> list[str]:
    """The texts of a column of the table of classes, as it stands."""
    rows = "[...document.querySelectorAll('.classes-by tbody tr')]"
    return tab.evaluate(f"{rows}.map((row) => row.cells[{column}].innerText)")


def test_a_heading_sorts_its_table_up_and_then_down(tab: Tab, shown: Path) -> None:
    tab.open(shown)
    press = "document.querySelectorAll('.classes-by thead button')[{}].click()"
    assert column_of(tab, 0) == list(CLASSES)

    tab.evaluate(press.format(0))
    assert column_of(tab, 0) == sorted(CLASSES)
    tab.evaluate(press.format(2))
    rising = [float(text) for text in column_of(tab, 2)]
    tab.evaluate(press.format(2))
    falling = [float(text) for text in column_of(tab, 2)]

    assert rising == sorted(rising) and falling == rising[::-1] and len(set(rising)) == len(CLASSES)
    assert tab.evaluate("document.querySelectorAll('.classes-by [aria-sort=descending]').length") == 1


def test_a_keyboard_reaches_what_scrolls_and_what_sorts(tab: Tab, shown: Path) -> None:
    tab.open(shown, width=PHONE)
    wide = "[...document.querySelectorAll('main *')].filter((e) => getComputedStyle(e).overflowX === 'auto')"

    assert tab.evaluate(f"{wide}.length > 5 && {wide}.every((e) => e.tabIndex === 0 && e.ariaLabel)")
    assert tab.evaluate("[...document.querySelectorAll('th button')].every((e) => e.tabIndex === 0)")


def test_the_page_says_the_same_without_its_script(tab: Tab, shown: Path) -> None:
    words: Callable[[], list[str]] = lambda: tab.evaluate("document.body.innerText").split()  # noqa: E731
    tab.open(shown)
    with_script = words()
    tab.open(shown, script=False)

    assert words() == with_script and tab.evaluate("document.querySelectorAll('button').length") == 0


def test_headings_descend_by_single_steps_and_every_table_and_picture_has_a_name(tab: Tab, shown: Path) -> None:
    tab.open(shown, script=False)
    levels = tab.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((e) => Number(e.tagName[1]))")

    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert tab.evaluate("[...document.querySelectorAll('table')].every((e) => e.caption.textContent.trim())")
    assert tab.evaluate("[...document.querySelectorAll('th')].every((e) => e.scope && e.textContent.trim())")
    assert tab.evaluate("[...document.images].every((e) => e.alt.trim())")
    assert tab.evaluate("[...document.querySelectorAll('svg')].every((e) => e.closest('[role=img]').ariaLabel)")
    assert tab.evaluate("[...document.querySelectorAll('nav a')].every((e) => document.querySelector(e.hash))")


def test_a_printed_page_is_as_wide_as_the_paper(tab: Tab, shown: Path) -> None:
    tab.open(shown, width=760)
    tab.call("Emulation.setEmulatedMedia", media="print")

    assert tab.evaluate("document.documentElement.scrollWidth") <= 760
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
