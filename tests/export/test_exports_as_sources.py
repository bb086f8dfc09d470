"""The law that what was exported can be a source: the same pixels, labels and names of classes, by each format."""

from pathlib import Path

import numpy as np
import pytest
from exported import COLOUR, GREY, NAMES, drawn_in_one_go, formats_for
from sources import normalized

from gan_core.formats import FORMATS
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape


@pytest.mark.parametrize("shape", [GREY, COLOUR], ids=str)
@pytest.mark.parametrize("format", [*FORMATS, "all of them"])
def test_an_export_is_a_source(
    shape: ImageShape, format: str, request: pytest.FixtureRequest, tmp_path: Path, elsewhere: Path
) -> None:
    if format == "idx" and shape == COLOUR:
        pytest.skip("IDX holds no colour")
    kind = "" if shape == GREY else "colour_"
    dataset, drawn = (
        request.getfixturevalue(f"{kind}dataset"),
        drawn_in_one_go(request.getfixturevalue(f"{kind}generator")),
    )
    assert format in (*formats_for(shape), "all of them")
    made = normalized(dataset / format if format in FORMATS else dataset, tmp_path, tolerate_doubts=True)
    assert np.array_equal(made["test"].images, drawn["test"].images)
    assert np.array_equal(made["test"].labels, drawn["test"].labels)
    assert all(images.class_names == NAMES for images in made.values())
    assert pairs(made["train"]) + pairs(made["validation"]) != pairs(drawn["train"])  # they were cut at random
    assert sorted(pairs(made["train"]) + pairs(made["validation"])) == sorted(pairs(drawn["train"]))


def pairs(images: LabelledImages) -> list[tuple[int, bytes]]:
    """The label and the pixels of each image."""
    return list(zip(images.labels.tolist(), map(bytes, images.images), strict=True))
