"""Whether an exported dataset is what its manifest says."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any, cast

import numpy as np

from gan_core.config import DataSettings
from gan_core.errors import BadInput
from gan_core.files import Place, sha256
from gan_core.formats import FORMATS, require
from gan_core.generator_formats import GENERATOR_FORMATS, READ_IN_PYTHON, draw_from
from gan_core.images.decode import decode
from gan_core.images.shape import ImageShape
from gan_core.sources.found_pictures import Picture, Split
from gan_core.sources.listing import files_in, list_place
from tasks.export.contents import ALL_FORMATS, CROISSANT, SUMS, is_litter, is_staging
from tasks.places import MANIFEST, manifest_in

GIT = (".git", ".gitattributes")  # at the top of what was fetched from the hub by Git
READ = (".gz", ".jpg", ".npz", ".parquet", ".png", ".tar")  # what readers take for data wherever it lies

TRIALS, LEVELS = 3, 1  # pictures that a generator draws, and how far their values are apart in two formats at most,
RARE = 0.01  # but for this share: sums in another order may be rounded to another number of bfloat16
SAMPLE = 100  # images of each split that are compared between the formats


class Damaged(BadInput):
    """A dataset is not what its manifest says."""


def verify_export(folder: Place) -> str:
    """Check the files and read every format but pages with its own reader; one line that says what was found sound.

    Raises Damaged for the first thing that is not as the manifest says, and BadInput where a reader is not installed.
    """
    manifest = read_manifest(folder)
    litter = check_files(folder, manifest)
    require(manifest["formats"])
    if not {"tfds", "savedmodel", "keras"}.isdisjoint(manifest["formats"]):
        import_quietly("tensorflow")
    drawn = [name for name in manifest["formats"] if name in FORMATS]
    for split, described in manifest["splits"].items():
        samples = {}
        for name in drawn:
            counts, samples[name] = read_split(folder / name, name, split, manifest)
            _require(
                counts == list(described["counts"].values()),
                f"{described['counts']} images in {name}, {split}",
                str(dict(zip(described["counts"], counts, strict=True))),
            )
        for name, sample in samples.items():
            _require(
                np.array_equal(sample, samples[drawn[0]]),
                f"the same images in {drawn[0]} and {name}, {split}",
                "others",
            )
    check_generators(folder, manifest)
    if drawn:
        check_croissant(folder, manifest)
    sound = f"{' and '.join(_told(manifest))} are sound"
    return f"{sound}; beside them lies {', '.join(litter)}, which is no part of them" if litter else sound


def _told(manifest: dict[str, Any]) -> Iterator[str]:
    """What an export holds."""
    images = sum(split["images"] for split in manifest["splits"].values())
    if drawn := [name for name in manifest["formats"] if name in FORMATS]:
        yield f"{images:,} images in {', '.join(drawn)}"
    if itself := [name for name in manifest["formats"] if name in GENERATOR_FORMATS]:
        yield f"the generator in {', '.join(itself)}"
    yield f"{len(manifest['files']):,} files"


def check_generators(folder: Place, manifest: dict[str, Any]) -> None:
    """The generator draws in each format that Python reads, and the same pictures to within one of 256 levels."""
    found: dict[str, np.ndarray] = {}
    for name in [name for name in manifest["formats"] if name in READ_IN_PYTHON]:
        latents, classes = _trial(manifest)
        images = draw_from(folder / name, name, latents, classes)
        expected = (len(latents), *shape_of(manifest))
        _require(
            (images.dtype, images.shape) == (np.uint8, expected),
            f"uint8 images {list(expected)} of {name}",
            f"{images.dtype} {list(images.shape)}",
        )
        _require(bool(np.ptp(images) > 0), f"images of more than one colour of {name}", "one")
        first, known = next(iter(found.items()), (name, images))
        _require(
            float((np.abs(images.astype(int) - known) > LEVELS).mean()) <= RARE,
            f"the same images of {first} and {name}",
            "others",
        )
        found[name] = images


def _trial(manifest: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """A few latents float32 and classes int32 to draw from."""
    latents = np.random.default_rng(0).normal(size=(TRIALS, manifest["generator"]["latent_size"]))
    return latents.astype(np.float32), np.arange(TRIALS, dtype=np.int32) % len(manifest["class_names"])


def import_quietly(library: str) -> None:
    """Import a library without what its C++ prints meanwhile; an error of Python's is raised as ever."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        suppress(OSError),
    ):  # of a closed stderr, which shows nothing anyhow
        screen = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            import_module(library)
        finally:
            os.dup2(screen, 2)
            os.close(screen)


def read_manifest(folder: Place) -> dict[str, Any]:
    """The manifest of a complete dataset."""
    try:
        manifest = manifest_in((folder / MANIFEST).read_text("utf-8"))
    except OSError as error:
        raise Damaged(
            f"Expected an exported dataset with a {MANIFEST}, got {folder}; name one that is complete."
        ) from error
    except ValueError:
        manifest = None
    if manifest is None:
        _require(False, f"the manifest of a dataset in {folder / MANIFEST}", "another or a damaged file")
    _require((folder / SUMS).is_file(), f"the file {SUMS}", "none")
    return cast(dict[str, Any], manifest)


def read_digests(folder: Place) -> dict[str, str]:
    """What SHA256SUMS says of each file."""
    try:
        lines = [line.partition("  ") for line in (folder / SUMS).read_text("utf-8").splitlines()]
    except ValueError:
        lines = []
    sums = {name: digest for digest, _, name in lines}
    _require(MANIFEST in sums, f"the digests of all files in {folder / SUMS}", "another or a damaged file")
    return sums


def check_files(folder: Place, manifest: dict[str, Any]) -> list[str]:
    """Each file is there with its size and digest, the manifest itself has its digest, and no other file is there.

    What systems and readers leave where they have been is returned, unless a reader would take it for data.
    """
    sums = read_digests(folder)
    _require(sums.pop(MANIFEST) == sha256(folder / MANIFEST), f"{MANIFEST} as in {SUMS}", "another one")
    _require(
        sums == {name: file["sha256"] for name, file in manifest["files"].items()}, f"the digests of {SUMS}", "others"
    )
    check_listed(folder, manifest)
    others = sorted(set(files_in(folder)) - {*manifest["files"], MANIFEST, SUMS})
    others += stray_folders(folder, manifest)
    if strangers := [name for name in others if not is_harmless(name)]:
        raise Damaged(f"Expected no files but those of the manifest in {folder}, got {strangers[0]}; remove it.")
    return others


def check_listed(folder: Place, manifest: dict[str, Any]) -> None:
    """Each file of the manifest is there with its size and digest."""
    for name, file in manifest["files"].items():
        path = folder / name
        found = f"{path.stat().st_size} bytes" if path.is_file() else "none"
        _require(found == f"{file['bytes']} bytes", f"{name} with {file['bytes']} bytes", found)
        _require(sha256(path) == file["sha256"], f"{name} with SHA-256 {file['sha256']}", "another one")


def is_harmless(name: str) -> bool:
    """Whether Git, a system, a reader or an interrupted export left the file or folder, which no reader takes for data.

    An export that was fetched from the hub by Git has its files beside it.
    """
    path = PurePosixPath(name)
    if path.parts[0] in GIT:
        return True
    read = path.parts[0] in ALL_FORMATS and (path.suffix in READ or name.endswith(("-ubyte", "/")))
    return is_staging(name) or (is_litter(name) and not read)


def stray_folders(folder: Place, manifest: dict[str, Any]) -> list[str]:
    """Folders among those of the classes, each of which readers take for a class even if it is empty."""
    splits = [folder / "imagefolder" / split for split in manifest["splits"] if "imagefolder" in manifest["formats"]]
    ours = {str(PurePosixPath(name).parent) for name in manifest["files"]}
    found = (f"imagefolder/{split.name}/{path.name}" for split in splits for path in split.iterdir() if path.is_dir())
    return [f"{name}/" for name in sorted(found) if name not in ours]


def check_croissant(folder: Place, manifest: dict[str, Any]) -> None:
    """The machine-readable description is valid, and has the digests of the manifest."""
    import mlcroissant as mlc

    try:
        metadata = mlc.Dataset(jsonld=json.loads((folder / CROISSANT).read_text("utf-8"))).metadata
    except (AssertionError, OSError, ValueError, mlc.ValidationError) as error:
        raise Damaged(f"Expected a valid {CROISSANT} in {folder}, got another; export the dataset again.") from error
    listed = {file.id: file.sha256 for file in metadata.file_objects}
    files = {name: file["sha256"] for name, file in manifest["files"].items()}
    left_out = {name for name in files if name.endswith(".png")} | {CROISSANT}
    _require(listed == {name: files[name] for name in files.keys() - left_out}, f"the digests of {CROISSANT}", "others")


def read_split(folder: Place, name: str, split: str, manifest: dict[str, Any]) -> tuple[list[int], np.ndarray]:
    """Images of each class in a format's split, and the first few images, uint8 [n, ...]; all are looked at."""
    classes, shape = len(manifest["class_names"]), shape_of(manifest)
    counts, sample = [0] * classes, list[np.ndarray]()
    for picture in read_pictures(folder, name, split):
        image, label = decode(picture.content), picture.label
        if image.shape != shape or image.dtype != np.uint8:
            _require(False, f"uint8 images of {shape} in {name}", f"{image.dtype} {list(image.shape)}")
        if not isinstance(label, int) or not 0 <= label < classes:
            raise Damaged(f"Expected labels below {classes} in {name}, got {label}; export the dataset again.")
        counts[label] += 1
        if len(sample) < SAMPLE:
            sample.append(image)
    _require(len(sample) > 0, f"images in {name}, {split}", "none")
    _require(bool(np.ptp(sample) > 0), f"images of more than one colour in {name}, {split}", "one")
    return counts, np.stack(sample)


def read_pictures(folder: Place, name: str, split: str) -> Iterator[Picture]:
    """The pictures of a format's split, as its reader finds them."""
    found = FORMATS[name].recognise(list_place(folder), DataSettings())
    if found is None or split not in found.parts:
        raise Damaged(f"Expected {split} images in {folder}, got none; export the dataset again.")
    return FORMATS[name].read(found, cast(Split, split))


def shape_of(manifest: dict[str, Any]) -> ImageShape:
    """That of the images; older manifests name the side of grey square ones."""
    return ImageShape(*manifest["shape"]) if "shape" in manifest else ImageShape(manifest["side"], manifest["side"], 1)


def _require(sound: bool, expected: str, got: str) -> None:
    if not sound:
        raise Damaged(f"Expected {expected}, got {got}; export the dataset again.")
