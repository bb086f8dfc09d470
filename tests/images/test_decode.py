"""Laws of decoding and fitting: every mode becomes grey or RGB bytes, upright, in the size asked for."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from gan_core.images.decode import Unreadable, decode, is_grey, look, strict_pillow, to_channels
from gan_core.images.fit import choose_size, fit

RAMP = np.linspace(0, 255, 20 * 30).reshape(20, 30).astype(np.uint8)
COLOURS = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=-1)


def stored(image: Image.Image, kind: str = "png", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def with_alpha(pixels: np.ndarray) -> Image.Image:
    image = Image.fromarray(pixels)
    image.putalpha(Image.fromarray(np.where(RAMP < 100, 255, 0).astype(np.uint8)))
    return image


OVER_WHITE = np.where(RAMP[..., None] < 100, COLOURS, 255)


@pytest.mark.parametrize(
    ("content", "expected", "off"),
    [
        (stored(Image.fromarray(RAMP)), RAMP[..., None], 0),
        (stored(Image.fromarray(RAMP > 100)), np.where(RAMP > 100, 255, 0)[..., None], 0),
        (stored(Image.fromarray(COLOURS)), COLOURS, 0),
        (stored(Image.fromarray(RAMP.astype(np.uint16) * 257)), RAMP[..., None], 0),
        (stored(Image.fromarray(RAMP.astype(np.uint16) * 257), "tiff"), RAMP[..., None], 0),
        (stored(Image.fromarray(RAMP.astype(np.int32)), "tiff"), RAMP[..., None], 0),
        (stored(Image.fromarray((RAMP / 255).astype(np.float32)), "tiff"), RAMP[..., None], 0),
        (stored(with_alpha(COLOURS)), OVER_WHITE, 0),
        (stored(with_alpha(RAMP)), np.where(RAMP < 100, RAMP, 255)[..., None], 0),
        (stored(Image.fromarray(COLOURS).quantize(256)), COLOURS, 40),
        (stored(Image.fromarray(COLOURS).convert("CMYK"), "jpeg", quality=100), COLOURS, 16),
        (stored(Image.fromarray(COLOURS).convert("YCbCr"), "jpeg", quality=100, subsampling=0), COLOURS, 6),
        (stored(Image.fromarray(COLOURS), "webp", lossless=True), COLOURS, 0),
        (stored(Image.fromarray(COLOURS), "bmp"), COLOURS, 0),
        (
            stored(Image.fromarray(RAMP), "gif", save_all=True, append_images=[Image.fromarray(255 - RAMP)]),
            RAMP[..., None],
            0,
        ),
        (RAMP, RAMP[..., None], 0),
        (COLOURS, COLOURS, 0),
        (np.dstack([COLOURS, np.where(RAMP < 100, 255, 0)]).astype(np.uint8), OVER_WHITE, 0),
    ],
)
def test_every_mode_becomes_grey_or_rgb_bytes(content: bytes | np.ndarray, expected: np.ndarray, off: int) -> None:
    with strict_pillow():
        seen, pixels = look(content), decode(content)
    assert pixels.dtype == np.uint8 and pixels.shape[:2] == expected.shape[:2] == (seen.height, seen.width)
    compared = to_channels(pixels, expected.shape[2])
    assert np.abs(compared.astype(int) - expected).max() <= off
    assert seen.grey <= (pixels.shape[2] == 1)


def test_pictures_are_turned_upright() -> None:
    image, exif = Image.fromarray(COLOURS), Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    content = stored(image, exif=exif)
    seen, pixels = look(content), decode(content)
    assert np.array_equal(pixels, np.rot90(COLOURS, -1)) and (seen.height, seen.width) == (30, 20)


def test_a_large_jpeg_comes_in_a_smaller_size_that_is_large_enough() -> None:
    content = stored(Image.new("RGB", (1600, 1200), (200, 30, 60)), "jpeg")
    pixels = decode(content, least=128)
    assert min(pixels.shape[:2]) >= 128 and max(pixels.shape[:2]) < 800
    assert np.abs(pixels.astype(int) - (200, 30, 60)).max() < 4


def test_a_bomb_is_not_unpacked() -> None:
    for side in (10_000, 20_000):
        content = stored(Image.new("1", (side, side)))
        for read in (look, decode):
            with strict_pillow(), pytest.raises(Unreadable, match="safe to unpack"):
                read(content)


def test_damage_of_any_kind_is_unreadable() -> None:
    random = np.random.default_rng(0)
    for kind in ("png", "jpeg", "gif", "bmp", "webp", "tiff"):
        content = stored(Image.fromarray(COLOURS), kind)
        for _ in range(60):
            broken = bytearray(content[: random.integers(1, len(content))])
            broken[random.integers(len(broken))] ^= int(random.integers(1, 256))
            with strict_pillow():
                for read in (look, decode):
                    told = damage_told(read, bytes(broken))
                    assert told is None or (told and "\n" not in told)


def damage_told(read: Callable[[bytes], object], content: bytes) -> str | None:
    """What is said of bytes that cannot be read; any error but this one ends the test."""
    try:
        read(content)
    except Unreadable as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    "values", [-RAMP.astype(np.int32) - 1, RAMP * np.float32(np.nan), RAMP.astype(np.int32) + 70_000]
)
def test_numbers_that_are_no_pixels_are_unreadable(values: np.ndarray) -> None:
    with pytest.raises(Unreadable, match="beyond 16 bits"):
        decode(stored(Image.fromarray(values), "tiff"))


def test_grey_and_colour_are_told_by_the_pixels() -> None:
    assert is_grey(RAMP[..., None]) and is_grey(to_channels(RAMP[..., None], 3)) and not is_grey(COLOURS)
    assert np.array_equal(to_channels(to_channels(RAMP[..., None], 3), 1), RAMP[..., None])


SQUARE = np.zeros((40, 80, 3), np.uint8)
SQUARE[:, 20:60] = (255, 128, 0)


@pytest.mark.parametrize(
    ("how", "size", "middle"),
    [
        ("crop", (20, 20), lambda made: (made[:, 2:-2] == (255, 128, 0)).all()),
        (
            "pad",
            (20, 20),
            lambda made: (made[7:13, 8:12] == (255, 128, 0)).all() and not made[:5].any() and not made[15:].any(),
        ),
        ("stretch", (20, 20), lambda made: (made[:, 7:13] == (255, 128, 0)).all() and not made[:, :3].any()),
    ],
)
def test_pictures_are_cropped_padded_or_stretched_about_their_centre(
    how: str, size: tuple[int, int], middle: Callable[[np.ndarray], bool]
) -> None:
    made = fit(SQUARE, size, how)  # type: ignore[arg-type]
    assert made.shape == (*size, 3) and middle(made)
    assert np.array_equal(made, made[:, ::-1]) and np.array_equal(made, made[::-1])
    grey = fit(SQUARE[..., :1], size, how)  # type: ignore[arg-type]
    assert np.array_equal(grey[..., 0], made[..., 0])


def test_a_picture_of_the_size_asked_for_stays_as_it_is() -> None:
    assert all(fit(COLOURS, (20, 30), how) is COLOURS for how in ("crop", "pad", "stretch"))


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ({(28, 28): 5}, (28, 28)),
        ({(8, 128): 5}, (8, 128)),
        ({(7, 28): 5}, (8, 28)),
        ({(129, 129): 5}, (64, 64)),
        ({(480, 640): 5}, (48, 64)),
        ({(1000, 50): 5}, (64, 8)),
        ({(20, 20): 3, (22, 40): 1}, (20, 20)),
        ({(100, 200): 3, (300, 200): 3, (200, 200): 1}, (64, 64)),
    ],
)
def test_one_size_is_kept_and_several_come_to_the_median(
    sizes: dict[tuple[int, int], int], chosen: tuple[int, int]
) -> None:
    assert choose_size(sizes) == chosen
