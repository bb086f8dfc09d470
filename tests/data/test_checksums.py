"""Laws of the checksums of a download or a folder: a file is the one that its SHA-256 names, or it is refused."""

import gzip
from pathlib import Path

import pytest
from conftest import REAL, needs_real_files, striped_images, write_sums

from gan_core.config import DataSettings
from gan_core.files import sha256
from gan_core.images.labelled_images import FASHION_MNIST_CLASSES
from gan_core.parsing.idx_arrays import write_idx
from gan_core.sources.found_pictures import Found
from tasks.data.checksums import (
    FILES,
    SUMS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    IncompleteSource,
    WrongChecksum,
    require_fashion_mnist,
)
from tasks.data.open_source import open_source


def opened(folder: Path) -> Found:
    """What is in a source on this machine."""
    return open_source(folder, DataSettings())


def test_a_changed_file_in_a_folder_with_sums_is_refused(tiny_source: Path) -> None:
    write_sums(tiny_source)
    opened(tiny_source)
    write_idx(tiny_source / TRAIN_LABELS, striped_images(600, seed=3).labels)
    with pytest.raises(WrongChecksum, match=TRAIN_LABELS):
        opened(tiny_source)


def test_sums_without_a_line_for_each_file_are_refused(tiny_source: Path) -> None:
    (tiny_source / SUMS).write_text(f"{'0' * 64}  {TRAIN_IMAGES}\n")
    with pytest.raises(IncompleteSource, match=TRAIN_LABELS):
        opened(tiny_source)


def test_sums_in_another_form_are_told_how_to_be_written(tiny_source: Path) -> None:
    digest = sha256(tiny_source / TRAIN_IMAGES).upper()
    (tiny_source / SUMS).write_text(f"\nAlgorithm  Hash  Path\n---------  ----  ----\nSHA256  {digest}  C:\\x.gz\n")
    with pytest.raises(IncompleteSource, match=r"Algorithm.*sha256sum \*\.gz > SHA256SUMS"):
        opened(tiny_source)


@needs_real_files
def test_the_original_is_known_however_it_is_compressed(tmp_path: Path) -> None:
    for name in FILES:
        content = gzip.decompress((REAL / name).read_bytes())
        (tmp_path / name.removesuffix(".gz")).write_bytes(content)
    require_fashion_mnist(tmp_path)
    assert opened(tmp_path).class_names == FASHION_MNIST_CLASSES
    (tmp_path / TRAIN_LABELS).write_bytes(gzip.compress((tmp_path / TRAIN_LABELS.removesuffix(".gz")).read_bytes(), 1))
    require_fashion_mnist(tmp_path)
    assert opened(tmp_path).class_names == FASHION_MNIST_CLASSES
