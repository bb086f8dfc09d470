"""Laws of the IDX format: reading undoes writing, equal arrays give equal bytes, damage has a name."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from gan_core.parsing.idx_arrays import (
    BrokenGzip,
    InvalidIdx,
    WrongCount,
    WrongMagic,
    content_digest,
    count_images,
    idx_header,
    read_idx,
    read_labels,
    read_rows,
    require_whole,
    write_idx,
)

IMAGES = np.arange(3 * 8 * 8, dtype=np.uint8).reshape(3, 8, 8)
LABELS = np.array([0, 2, 1], np.uint8)


def read_images(path: Path) -> np.ndarray:
    return read_idx(path, 3)


def saved(path: Path, array: np.ndarray) -> Path:
    write_idx(path, array)
    return path


def test_reading_undoes_writing(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_images(saved(tmp_path / "images.gz", IMAGES)), IMAGES)
    np.testing.assert_array_equal(read_labels(saved(tmp_path / "labels.gz", LABELS)), LABELS)


def test_rows_are_read_one_after_the_other(tmp_path: Path) -> None:
    np.testing.assert_array_equal(list(read_rows(saved(tmp_path / "images.gz", IMAGES), 3)), IMAGES)
    np.testing.assert_array_equal(list(read_rows(saved(tmp_path / "labels.gz", LABELS), 1)), LABELS)


@pytest.mark.parametrize("rows", [2, 4])
def test_fewer_and_more_rows_than_the_header_says_are_refused(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx_header((rows, 8, 8)) + IMAGES.tobytes()))
    with pytest.raises(WrongCount, match=f"{rows} rows"):
        list(read_rows(path, 3))


def test_the_bytes_are_those_of_the_published_format(tmp_path: Path) -> None:
    content = gzip.decompress(saved(tmp_path / "images.gz", IMAGES).read_bytes())
    assert content[:16] == b"\x00\x00\x08\x03\x00\x00\x00\x03\x00\x00\x00\x08\x00\x00\x00\x08"
    assert content[16:] == IMAGES.tobytes()


def test_equal_arrays_give_equal_bytes_under_any_name(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "first.gz", IMAGES), saved(tmp_path / "second.gz", IMAGES.copy())
    assert first.read_bytes() == second.read_bytes()


def test_only_bytes_are_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="uint8"):
        write_idx(tmp_path / "images.gz", IMAGES.astype(float))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kept", [0, 1, 5, 12, 40, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, kept: int) -> None:
    path = saved(tmp_path / "images.gz", IMAGES)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InvalidIdx, match=r"images\.gz"):
        read_images(path)


def test_a_changed_byte_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "images.gz", IMAGES)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(BrokenGzip):
        read_images(path)
    with pytest.raises(BrokenGzip):
        require_whole(path)


def test_an_uncompressed_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "images.gz", IMAGES)
    packed = content_digest(path)
    path.write_bytes(gzip.decompress(path.read_bytes()))
    np.testing.assert_array_equal(read_images(path), IMAGES)
    assert content_digest(path) == packed


def test_a_file_that_was_compressed_twice_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "images.gz", IMAGES)
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(WrongMagic, match="unpack it once"):
        read_images(path)


def test_a_page_of_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_text("<!DOCTYPE html>")
    with pytest.raises(BrokenGzip, match="compress"):
        read_images(tmp_path / "images.gz")


def test_swapped_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongMagic, match=r"00000803.*00000801"):
        read_images(saved(tmp_path / "labels.gz", LABELS))
    with pytest.raises(WrongMagic, match=r"00000801.*00000803"):
        read_labels(saved(tmp_path / "images.gz", IMAGES))


@pytest.mark.parametrize("sizes", [(2, 8, 8), (4, 8, 8), (2**32 - 1,) * 3, (3, 8), ()])
def test_sizes_that_do_not_fit_the_content_are_refused(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    header = b"\x00\x00\x08\x03" + b"".join(size.to_bytes(4, "big") for size in sizes)
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(header + (IMAGES.tobytes() if len(sizes) == 3 else b"")))
    with pytest.raises(WrongCount):
        read_images(path)


@pytest.mark.parametrize(("kind", "dtype"), [(0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4")])
def test_labels_of_other_kinds_are_read(tmp_path: Path, kind: int, dtype: str) -> None:
    header = bytes([0, 0, kind, 1]) + len(LABELS).to_bytes(4, "big")
    (tmp_path / "labels").write_bytes(header + LABELS.astype(dtype).tobytes())
    assert read_labels(tmp_path / "labels").tolist() == LABELS.tolist()


def test_of_several_columns_the_first_has_the_labels(tmp_path: Path) -> None:
    header = bytes([0, 0, 0x0C, 2]) + b"".join(size.to_bytes(4, "big") for size in (3, 8))
    rows = np.column_stack([LABELS, *[LABELS + 7] * 7])
    (tmp_path / "qmnist").write_bytes(header + rows.astype(">i4").tobytes())
    assert read_labels(tmp_path / "qmnist").tolist() == LABELS.tolist()


def test_pictures_are_counted_only_if_all_are_there(tmp_path: Path) -> None:
    path = saved(tmp_path / "images.gz", IMAGES)
    assert count_images(path) == 3
    path.write_bytes(gzip.decompress(path.read_bytes())[:-1])
    with pytest.raises(WrongCount, match="192 bytes"):
        count_images(path)
