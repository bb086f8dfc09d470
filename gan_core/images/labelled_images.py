"""Labelled images: the one array format of all steps, and the one home of the range [-1, 1]."""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import numpy as np

from gan_core.errors import BadInput
from gan_core.files import Place, atomic_write, is_local, undamaged
from gan_core.images.mapped import join, map_member, pick, walk
from gan_core.images.shape import ImageShape

AT_ONCE = 4_096  # images that are taken to be saved

FASHION_MNIST_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True)
class LabelledImages:
    """Images of one shape with their classes, read-only; many lie in a file, as `gan_core.images.mapped` says."""

    images: np.ndarray  # uint8 [N, height, width, channels], one channel for grey or three for RGB
    labels: np.ndarray  # uint8 [N], each below the number of class names
    class_names: tuple[str, ...] = FASHION_MNIST_CLASSES
    soft_labels: np.ndarray | None = None  # float32 [N, K]: what a classifier makes of each image, where one was asked

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
            raise ValueError(
                f"Expected uint8 images [N, height, width, 1 or 3], got {images.dtype} {list(images.shape)}."
            )
        if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise ValueError(f"Expected uint8 labels [{len(images)}], got {labels.dtype} {list(labels.shape)}.")
        if len(labels) and labels.max() >= len(self.class_names):
            raise ValueError(f"Expected labels below {len(self.class_names)}, got {labels.max()}.")
        if self.soft_labels is not None and self.soft_labels.shape != (len(labels), len(self.class_names)):
            raise ValueError(
                f"Expected soft labels [{len(labels)}, {len(self.class_names)}], got {list(self.soft_labels.shape)}."
            )

        for name in ("images", "labels", "soft_labels"):
            object.__setattr__(self, name, _read_only(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> ImageShape:
        """That of each image."""
        return ImageShape(*self.images.shape[1:])

    def take(self, indices: np.ndarray) -> "LabelledImages":
        """The images at `indices`, in that order."""
        soft_labels = None if self.soft_labels is None else self.soft_labels[indices]
        return LabelledImages(pick(self.images, indices), self.labels[indices], self.class_names, soft_labels)

    def save(self, path: Place) -> None:
        """Write an NPZ file with the keys images, labels, class_names, and soft labels as beliefs if there are any.

        Grey images are [N, height, width] there. Equal images give equal bytes.
        """
        save_stream(path, [self], count=len(self))

    def save_some(self, path: Place, indices: np.ndarray) -> None:
        """Write a file as `take(indices).save(path)` would, holding few images at a time."""
        parts = np.array_split(indices, max(1, len(indices) // AT_ONCE))
        save_stream(path, map(self.take, parts), count=len(indices))

    @classmethod
    def load(cls, path: Place) -> "LabelledImages":
        """Read what `save` wrote, or map it where it is large; BadInput for a damaged file."""
        with path.open("rb") as file, undamaged(path), np.load(file, allow_pickle=False) as arrays:
            names = tuple(map(str, arrays["class_names"]))
            mapped = map_member(path, "images") if is_local(path) else None
            images = arrays["images"] if mapped is None else mapped
            return cls(with_channels(images), arrays["labels"], names, arrays.get("beliefs"))


def with_channels(images: np.ndarray) -> np.ndarray:
    """Images [N, height, width] or [N, height, width, C] with the axis of channels in any case."""
    return images[..., np.newaxis] if images.ndim == 3 else images


def _read_only(array: np.ndarray | None) -> np.ndarray | None:
    """A view that cannot be written to; the caller's array stays as it is."""
    if array is not None:
        array = array.view()
        array.flags.writeable = False
    return array


def save_stream(path: Place, batches: Iterable[LabelledImages], *, count: int) -> None:
    """Write batches of `count` images in all as `LabelledImages.save` would, holding one batch of images at a time.

    Raises ValueError, and leaves no file, when the batches hold fewer or more images than `count`.
    """
    labels, soft_labels = [np.zeros(0, np.uint8)], []
    with atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        with archive.open(zipfile.ZipInfo("images.npy"), "w", force_zip64=True) as member:
            for batch in batches:
                if len(labels) == 1:
                    _write_header(member, (count, *batch.shape.stored))
                for part in walk(batch.images):
                    member.write(part.tobytes())
                labels.append(batch.labels)
                soft_labels += [] if batch.soft_labels is None else [batch.soft_labels]
        if sum(map(len, labels)) != count or len(labels) == 1:
            raise ValueError(f"Expected {count} images in at least one batch, got {sum(map(len, labels))}.")
        arrays = {"labels": np.concatenate(labels), "class_names": np.array(batch.class_names)}
        for name, array in (arrays | ({"beliefs": np.concatenate(soft_labels)} if soft_labels else {})).items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _write_header(member: Any, shape: tuple[int, ...]) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, header)


def concatenate(sets: Sequence[LabelledImages]) -> LabelledImages:
    """All sets in one; they must have the same shape and classes, and several must have labels alone."""
    first, *others = sets
    if not others:
        return first
    if strange := next((each for each in others if each.class_names != first.class_names), None):
        raise ValueError(f"Expected sets of the same classes, got {first.class_names} and {strange.class_names}.")
    if any(each.soft_labels is not None for each in sets):
        raise ValueError("Expected sets with labels alone, got one with soft labels.")
    return LabelledImages(
        join([each.images for each in sets]),
        np.concatenate([each.labels for each in sets]),
        first.class_names,
    )


def repeat_small_sets(sets: Sequence[LabelledImages]) -> tuple[LabelledImages, np.ndarray]:
    """All sets in one, each once, and the places int64 [M] that repeat the small ones up to about the largest.

    A permutation of the places shows each set about as often as the others; the images stand in memory once.
    """
    largest, start, places = max(map(len, sets)), 0, list[np.ndarray]()
    for each in sets:
        places.append(np.tile(np.arange(start, start + len(each)), max(1, round(largest / len(each)))))
        start += len(each)
    return concatenate(sets), np.concatenate(places)


def require_images(path: Place) -> None:
    """Raise BadInput for a file that does not begin as one that `LabelledImages.save` wrote."""
    try:
        read_shape(path)
    except (EOFError, KeyError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise BadInput(f"Expected labelled images in {path}, got “{error}”; make the run again.") from error


def read_shape(path: Place) -> tuple[int, ImageShape, int]:
    """How many images are in a file that `save` wrote, their shape, and the number of classes; no image is read."""
    with path.open("rb") as file, zipfile.ZipFile(file) as archive, archive.open("images.npy") as member:
        np.lib.format.read_magic(cast(BinaryIO, member))
        (images, height, width, *colours), _, _ = np.lib.format.read_array_header_1_0(cast(BinaryIO, member))
        shape = ImageShape(height, width, *(colours or [1]))
        with archive.open("class_names.npy") as names:
            return images, shape, len(np.lib.format.read_array(cast(BinaryIO, names), allow_pickle=False))


@dataclass(frozen=True)
class Outline:
    """What a file of labelled images holds beside the images."""

    shape: ImageShape  # of each image
    labels: np.ndarray  # uint8 [N]
    class_names: tuple[str, ...]


def read_outline(path: Place) -> Outline:
    """The labels, their names and the images' shape in a file that `save` wrote; no image is read."""
    _, shape, _ = read_shape(path)
    with path.open("rb") as file, undamaged(path), np.load(file, allow_pickle=False) as arrays:
        return Outline(shape, arrays["labels"], tuple(map(str, arrays["class_names"])))


def to_signed(pixels: Any) -> Any:
    """Map float pixels in [0, 255] to [-1, 1]; arrays and tensors alike."""
    return pixels / 127.5 - 1.0


def to_pixels(signed: np.ndarray) -> np.ndarray:
    """Map [-1, 1] to the nearest uint8 pixel, the inverse of `to_signed`."""
    return np.clip(np.rint((signed + 1.0) * 127.5), 0, 255).astype(np.uint8)
