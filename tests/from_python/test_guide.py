"""The law of the guide's section on Python: its lines run as they stand."""

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import striped_images
from PIL import Image
from servers import ROOT, tiny_experiment

from gan_core.config import EXPERIMENTS, Experiment
from gan_core.images.labelled_images import LabelledImages
from synthetic_data import Generator, Report, Verdict

FRUIT = ("apple", "pear", "quince")


def write_fruit(images: LabelledImages, folder: Path) -> None:
    for number, (pixels, label) in enumerate(zip(images.images, images.labels, strict=True)):
        (folder / FRUIT[label]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[..., 0]).save(folder / FRUIT[label] / f"{number}.png")


@pytest.mark.usefixtures("on_server", "elsewhere")
def test_the_lines_of_the_guide_run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    section = (ROOT / "docs/guide.md").read_text("utf-8").partition("\n## From Python\n")[2].partition("\n## ")[0]
    tiny = Experiment.model_validate(tiny_experiment(Path("unnamed"), epochs=1) | {"source": None, "worth": 0})
    for name in ("smoke", "standard"):  # or it would take minutes
        monkeypatch.setitem(EXPERIMENTS, name, tiny)
    write_fruit(striped_images(600, seed=1, classes=3, side=16), Path("fruit/train"))
    write_fruit(striped_images(200, seed=2, classes=3, side=16), Path("fruit/test"))
    names: dict[str, Any] = {}

    for block in re.findall(r"```python\n(.*?)```", section, re.DOTALL):
        exec(block, names)

    assert [type(names[name]) for name in ("report", "generator", "verdict")] == [Report, Generator, Verdict]
    assert names["images"].shape == (300, 16, 16, 1) and names["generator"] == names["report"].generator
    said = capfd.readouterr()
    assert said.err == "" and "taught_by" in said.out
