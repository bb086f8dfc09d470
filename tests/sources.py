"""One small set of pictures as people may have it: in folders, archives, tables and the files of many programs."""

import csv
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from gan_core.config import DataSettings
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.parsing.idx_arrays import write_idx
from tasks.data.normalize import normalize

NAMES = ("apple", "pear", "quince")
SHAPE = ImageShape(10, 12, 3)
COUNTS = {"train": 48, "test": 15}
Sets = Mapping[str, LabelledImages]
Builder = Callable[[Path, Sets], Path]


def coloured_sets(shape: ImageShape = SHAPE, names: tuple[str, ...] = NAMES) -> dict[str, LabelledImages]:
    """Noise, each class with a lightness of its own, the classes in turn."""
    random = np.random.default_rng(5)
    sets = {}
    for split, count in COUNTS.items():
        labels = (np.arange(count) % len(names)).astype(np.uint8)
        pixels = random.integers(0, 150, (count, *shape)) + 50 * labels[:, None, None, None]
        sets[split] = LabelledImages(pixels.clip(0, 255).astype(np.uint8), labels, names)
    return sets


def encode(pixels: np.ndarray, kind: str = "png") -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, kind)
    return file.getvalue()


def write_folder(folder: Path, sets: Sets, names: Mapping[str, str] | None = None) -> Path:
    """train/<class>/00000012.png and so on, where `names` may call the folders of the splits otherwise."""
    for split, images in sets.items():
        for number, (pixels, label) in enumerate(zip(images.images, images.labels, strict=True)):
            path = folder / (names or {}).get(split, split) / images.class_names[label] / f"{number:08d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode(pixels))
    return folder


def write_zip(folder: Path, sets: Sets) -> Path:
    write_folder(folder / "pictures", sets)
    return Path(shutil.make_archive(str(folder / "packed"), "zip", folder, "pictures"))


def write_tar(folder: Path, sets: Sets) -> Path:
    write_folder(folder / "pictures", sets)
    return Path(shutil.make_archive(str(folder / "packed"), "tar", folder / "pictures"))


def write_packed_tar(folder: Path, sets: Sets) -> Path:
    write_folder(folder / "pictures", sets)
    return Path(shutil.make_archive(str(folder / "packed"), "xztar", folder, "pictures"))


def write_pictures(folder: Path, sets: Sets) -> list[tuple[str, str, str]]:
    """All pictures in one folder; the path from above it on, the class and the split of each."""
    rows = []
    (folder / "all of them").mkdir(parents=True)
    for split, images in sets.items():
        for number, (pixels, label) in enumerate(zip(images.images, images.labels, strict=True)):
            path = f"all of them/{split} {number:03d}.png"
            (folder / path).write_bytes(encode(pixels))
            rows.append((path, images.class_names[label], split))
    return rows


def write_table(folder: Path, sets: Sets) -> Path:
    with_split = [("File Name", "Class", "split"), *write_pictures(folder, sets)]
    with (folder / "list.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=";").writerows(with_split)
    return folder


def write_named_table(folder: Path, sets: Sets) -> Path:
    return write_table(folder, sets) / "list.csv"


def write_tables(folder: Path, sets: Sets) -> Path:
    rows = write_pictures(folder, sets)
    for split in sets:
        lines = [json.dumps({"file_name": path, "label": label}) for path, label, where in rows if where == split]
        (folder / f"{split}.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


def write_parquet_table(folder: Path, sets: Sets) -> Path:
    rows = write_pictures(folder, sets)
    for split in sets:
        columns = {
            name: [row[place] for row in rows if row[2] == split] for place, name in enumerate(("path", "label"))
        }
        pq.write_table(pa.table(columns), folder / f"{split}.parquet")
    return folder


def write_hub_parquet(folder: Path, sets: Sets) -> Path:
    """As Hugging Face's library writes it, in shards, with a ClassLabel and pictures in bytes."""
    (folder / "data").mkdir(parents=True)
    for split, images in sets.items():
        features = {"img": {"_type": "Image"}, "fine": {"_type": "ClassLabel", "names": list(images.class_names)}}
        described = {"huggingface": json.dumps({"info": {"features": features}})}
        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        schema = pa.schema([("img", kind), ("fine", pa.int64())], metadata=described)
        for shard in (0, 1):
            part = images.take(np.array_split(np.arange(len(images)), 2)[shard])
            pixels = [{"bytes": encode(each), "path": None} for each in part.images]
            table = pa.table({"img": pixels, "fine": part.labels.astype(np.int64)}, schema=schema)
            pq.write_table(table, folder / "data" / f"{split}-{shard:05d}-of-00002.parquet")
    return folder


def write_keras_npz(folder: Path, sets: Sets) -> Path:
    folder.mkdir()
    arrays = {f"x_{split}": images.images for split, images in sets.items()}
    arrays |= {f"y_{split}": images.labels.astype(np.int64)[:, None] for split, images in sets.items()}
    np.savez(folder / "set.npz", allow_pickle=False, **arrays, class_names=np.array(NAMES))
    return folder / "set.npz"


def write_medical_npz(folder: Path, sets: Sets) -> Path:
    folder.mkdir()
    arrays = {f"{split}_images": images.images for split, images in sets.items()}
    arrays |= {f"{split}_labels": images.labels[:, None] for split, images in sets.items()}
    np.savez_compressed(folder / "medmnist.npz", allow_pickle=False, **arrays)
    (folder / "classes.txt").write_text("\n".join(NAMES), "utf-8")
    return folder


def write_other_npz(folder: Path, sets: Sets) -> Path:
    """Channels first, shares of one, one-hot labels, column by column."""
    folder.mkdir()
    arrays = {
        f"{split}_x": np.asfortranarray(images.images.transpose(0, 3, 1, 2) / 255) for split, images in sets.items()
    }
    arrays |= {f"{split}_y": np.eye(len(NAMES))[images.labels] for split, images in sets.items()}
    np.savez(folder / "set.npz", allow_pickle=False, **arrays, label_names=np.array(NAMES))
    return folder


def write_colour_idx(folder: Path, sets: Sets) -> Path:
    for split, images in sets.items():
        prefix = {"train": "train", "test": "t10k"}[split]
        write_idx(folder / f"{prefix}-images-idx4-ubyte.gz", images.images)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", images.labels)
    (folder / "classes.txt").write_text("\n".join(NAMES), "utf-8")
    return folder


def write_webdataset(folder: Path, sets: Sets) -> Path:
    """Tar files of pictures with labels in text, the names of the classes beside them."""
    folder.mkdir()
    for split, images in sets.items():
        for shard in range(3):
            numbers = np.array_split(np.arange(len(images)), 3)[shard]
            with tarfile.open(folder / f"{split}-{shard:06d}.tar", "w") as archive:
                for number in numbers:
                    add(archive, f"a/{number:06d}.json", json.dumps({"label": int(images.labels[number])}).encode())
                    add(archive, f"a/{number:06d}.rgb.png", encode(images.images[number]))
    (folder / "classnames.txt").write_text("\n".join(NAMES), "utf-8")
    return folder


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def zipped(path: Path, contents: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


BUILDERS: dict[str, Builder] = {
    "folder": write_folder,
    "ZIP": write_zip,
    "TAR": write_tar,
    "TAR, packed": write_packed_tar,
    "table": write_table,
    "table by its name": write_named_table,
    "tables": write_tables,
    "Parquet table": write_parquet_table,
    "the hub's Parquet": write_hub_parquet,
    "Keras' NPZ": write_keras_npz,
    "MedMNIST's NPZ": write_medical_npz,
    "another NPZ": write_other_npz,
    "IDX in colour": write_colour_idx,
    "WebDataset": write_webdataset,
}


def normalized(source: Path, folder: Path, **settings: object) -> dict[str, LabelledImages]:
    """The three sets that a run would have of a source."""
    splits = normalize.fn(source, folder / "made", DataSettings.model_validate(settings), seed=0)
    return {name: LabelledImages.load(getattr(splits, name)) for name in ("train", "validation", "test")}
