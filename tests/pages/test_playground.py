"""Laws of the page in which a generator runs: it draws what Python draws, in a real browser, and gives it away."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Tab, needs_browser, running_browser
from exported import COLOUR, GREY, NAMES, allowed, further_apart, vivid_generator
from PIL import Image
from servers import wait_until

from gan_core.gan.drawing import draw, draw_fixed, load_generator
from gan_core.gan.networks import Generator
from gan_core.generator_formats import playground
from gan_core.generator_formats.plain_generator import flatten_generator
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.reports.pictures import grid
from gan_core.reports.walks import interpolate, walk

PHONE = 380  # pixels
READABLE = 4.5  # contrast of text, WCAG 2.2, 1.4.3
CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text("utf-8")
KINDS: dict[str, tuple[ImageShape, dict[str, Any]]] = {
    "standard": (GREY, {"generator_width": 64, "latent_size": 64, "precision": "mixed_bfloat16"}),
    "in colour": (COLOUR, {"precision": "float32"}),
    "in colour, 32 pixels": (ImageShape(32, 32, 3), {"precision": "mixed_bfloat16"}),
    "padded": (ImageShape(33, 40, 3), {"precision": "mixed_bfloat16"}),
    "without classes": (ImageShape(8, 9, 1), {"precision": "float32", "conditional": False}),
}

pytestmark = needs_browser

each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with running_browser(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Generator, Path]]:
    """The generator and the page of each kind."""
    found = {}
    for kind, (shape, settings) in KINDS.items():
        folder = tmp_path_factory.mktemp("playground")
        generator, card = load_generator(vivid_generator(folder / "generator.npz", shape, **settings))
        playground.write(folder, flatten_generator(generator, card.class_names))
        found[kind] = generator, folder / playground.NAME
    return found


def ask(tab: Tab, *, seed: int, label: int = -1, count: int = 81) -> np.ndarray:
    """The pictures that the page draws when these are chosen; uint8 [N, values]."""
    tab.evaluate(f"[asked.seed.value, asked.label.value, asked.count.value] = [{seed}, {label}, {count}]; drawAll()")
    return np.array(tab.evaluate("drawn.map(({ picture }) => [...picture])"), np.uint8)


@each_kind
def test_the_page_draws_what_python_draws_from_a_seed(
    tab: Tab, made: dict[str, tuple[Generator, Path]], kind: str
) -> None:
    generator, page = made[kind]
    tab.open(page)
    for seed in (0, 1_000_000):
        expected = draw_fixed(generator, 9, seed)
        assert np.ptp(expected) > 100 and further_apart(ask(tab, seed=seed), expected) <= allowed(generator)
    labels = np.full(25, 7, np.uint8)
    expected = np.concatenate(list(draw(generator, labels, 5)))
    assert further_apart(ask(tab, seed=5, label=7, count=25), expected) <= allowed(generator)
    assert tab.faults == [] and tab.requests == [page.as_uri()]


def test_the_latents_after_the_first_block_are_those_of_the_next(
    tab: Tab, made: dict[str, tuple[Generator, Path]]
) -> None:
    generator, page = made["without classes"]
    tab.open(page)
    drawn = np.array(tab.evaluate("drawLatents(4, 260).slice(245).map((latent) => [...drawPicture(latent, weigh(0))])"))
    expected = np.concatenate(list(draw(generator, np.zeros(260, np.uint8), 4)))[245:]
    assert further_apart(drawn, expected) == 0


@each_kind
def test_the_slider_leads_from_one_picture_to_another(
    tab: Tab, made: dict[str, tuple[Generator, Path]], kind: str
) -> None:
    generator, page = made[kind]
    tab.open(page)
    drawn = ask(tab, seed=2, count=9)
    tab.evaluate("shelf.children[3].click(); shelf.children[8].click()")
    tab.evaluate(
        "globalThis.slide = (share) => { walk.share.value = share; walk.share.dispatchEvent(new Event('input'));"
        "return [...walk.between.getContext('2d').getImageData(0, 0, width, height).data]; }"
    )
    shape = generator.shape

    def shown(share: int) -> np.ndarray:
        return np.array(tab.evaluate(f"slide({share})"), np.uint8).reshape(*shape[:2], 4)[..., : shape.channels]

    assert further_apart(drawn[3], shown(0), 0) == 0 and further_apart(drawn[8], shown(100), 0) == 0
    assert tab.evaluate("slide(25); document.getElementById('way').textContent") == "25 % of the way from A to B"
    start, end = (np.array(tab.evaluate(f"[...drawn[{place}].latent]")) for place in (3, 8))
    classes = np.eye(10)[[3 * 10 // 9, 8 * 10 // 9]]
    latents, weights = interpolate(start, end, 5), np.linspace(classes[0], classes[1], 5)
    expected = walk(generator, latents, weights)
    found = np.stack([shown(share) for share in (0, 25, 50, 75, 100)])
    assert further_apart(found, expected, 2) <= allowed(generator)


@each_kind
def test_the_downloads_hold_what_is_shown(
    tab: Tab, made: dict[str, tuple[Generator, Path]], kind: str, tmp_path: Path
) -> None:
    generator, page = made[kind]
    tab.open(page)
    tab.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    drawn = ask(tab, seed=6).reshape(81, *generator.shape)
    for ending in ("png", "npz"):
        tab.evaluate(f"document.getElementById('{ending}').click()")
        wait_until((tmp_path / f"pictures-of-seed-6.{ending}").is_file, seconds=60)

    with Image.open(tmp_path / "pictures-of-seed-6.png") as sheet:
        expected = grid(drawn, 9)
        assert np.array_equal(np.asarray(sheet.convert(expected.mode)), np.asarray(expected))
    if generator.embedding is None:
        with np.load(tmp_path / "pictures-of-seed-6.npz") as arrays:
            assert sorted(arrays) == ["class_names", "images"] and np.array_equal(arrays["images"], drawn[..., 0])
        return
    loaded = LabelledImages.load(tmp_path / "pictures-of-seed-6.npz")
    assert np.array_equal(loaded.images, drawn) and loaded.class_names == NAMES
    assert loaded.labels.tolist() == [place * 10 // 81 for place in range(81)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_the_page_is_readable_and_complains_of_nothing(
    tab: Tab, made: dict[str, tuple[Generator, Path]], width: int, dark: bool
) -> None:
    tab.open(made["in colour"][1], width=width, dark=dark)
    ask(tab, seed=1)

    assert tab.faults == [] and tab.evaluate("document.documentElement.scrollWidth") <= width
    texts = tab.evaluate(CONTRASTS)
    assert len(texts) > 15 and [text for text in texts if text["contrast"] < READABLE] == []
    controls = "[...document.querySelectorAll('button, select, input')]"
    assert tab.evaluate(f"{controls}.every((e) => e.ariaLabel || e.textContent.trim() || e.labels.length)")
    assert tab.evaluate("document.querySelectorAll('#shelf [aria-pressed=true]').length") == 2


def test_a_seed_that_is_none_is_told_and_draws_nothing(tab: Tab, made: dict[str, tuple[Generator, Path]]) -> None:
    tab.open(made["in colour"][1])
    before = ask(tab, seed=3, count=9)
    for typed in ("", "-1", "1.5", "1000001"):
        tab.evaluate(f"asked.seed.value = '{typed}'; drawAll()")
        assert "Expected a seed from 0 to 1,000,000" in tab.evaluate("said.textContent")
    assert np.array_equal(tab.evaluate("drawn.map(({ picture }) => [...picture])"), before)


def test_what_is_no_longer_wanted_is_not_drawn_to_its_end(tab: Tab, made: dict[str, tuple[Generator, Path]]) -> None:
    generator, page = made["standard"]
    tab.open(page)
    tab.evaluate("asked.seed.value = 1; drawAll(); asked.seed.value = 2; drawAll()")
    time.sleep(0.1)
    assert (
        tab.evaluate("shelf.children.length") == 81 and tab.evaluate("new Set(drawn.map(({ seed }) => seed)).size") == 1
    )
    found = np.array(tab.evaluate("drawn.map(({ picture }) => [...picture])"))
    assert further_apart(found, draw_fixed(generator, 9, 2)) <= allowed(generator)


def test_names_of_classes_are_shown_letter_by_letter(tab: Tab, tmp_path: Path) -> None:
    names = ("</script><script>window.spoiled = 1</script>", "<b>&amp;", "\U0001f9e6")
    generator, _ = load_generator(vivid_generator(tmp_path / "generator.npz", GREY, precision="float32"))
    playground.write(tmp_path, flatten_generator(generator, (*names, *NAMES[3:])))
    tab.open(tmp_path / playground.NAME)
    assert tab.evaluate("window.spoiled") is None and tab.faults == []
    assert tab.evaluate("about.classes.slice(0, 3)") == list(names)
    assert tab.evaluate("asked.label.options[2].textContent") == names[1]
