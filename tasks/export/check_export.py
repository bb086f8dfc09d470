"""What an export would refuse, told before a server starts or anything is drawn: formats, generator, counts, place."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gan_core.config import STORED, Experiment, ExportSettings
from gan_core.errors import BadInput
from gan_core.exports.shards import SplitName, planned_counts
from gan_core.files import Place, is_local, located, sha256
from gan_core.formats import FORMATS, require
from gan_core.gan.generator_card import GeneratorCard, read_card
from gan_core.gan.network_sizes import generator_bytes
from gan_core.generator_formats import GENERATOR_FORMATS
from gan_core.images.requirements import require_names
from gan_core.images.shape import ImageShape
from gan_core.parsing.idx_arrays import idx_header
from gan_core.sources.listing import files_in
from tasks.export.contents import ALL_FORMATS
from tasks.export.on_hub import check_hub, require_few_files
from tasks.export.staging import check_place
from tasks.hub import is_on_hub
from tasks.places import cache_home, standing
from tasks.runs.run_folder import Run, resolve_latest


@dataclass(frozen=True)
class Wanted:
    """What an export is asked for, as far as the generator's file can tell."""

    formats: tuple[str, ...]  # of the drawn images, in the order of FORMATS
    generator_formats: tuple[str, ...]  # of the generator itself, in the order of GENERATOR_FORMATS
    run: Run | None  # that trained the generator, where its folder was named
    weights: Place
    card: GeneratorCard
    counts: Mapping[SplitName, Mapping[int, int]]  # images of each class in the drawn splits, if images are wanted

    @property
    def images(self) -> int:
        """The images of the drawn splits."""
        return sum(sum(split.values()) for split in self.counts.values())


def check_export(
    generator: str, out: str, formats: Sequence[str], settings: ExportSettings, overwrite: bool = False
) -> None:
    """Raise BadInput for whatever an export of these would refuse later; imports neither Prefect nor TensorFlow."""
    wanted, place = read_wanted(located(generator), formats, settings), located(out)
    if is_on_hub(place):
        require_few_files(wanted.formats, wanted.images)
        check_hub(place, "dataset" if wanted.formats else "model", describe_making(wanted, settings), overwrite)
        return require_room(cache_home(), wanted)
    check_place(place, overwrite)
    if is_local(place):
        require_room(place, wanted)


def describe_making(wanted: Wanted, settings: ExportSettings) -> dict[str, Any]:
    """What an export is made from, as far as it is known before, as its manifest will say."""
    return {
        "generator_digest": sha256(wanted.weights),
        "formats": [*wanted.formats, *wanted.generator_formats],
        **({"settings_digest": settings.digest()} if wanted.formats else {}),
    }


def read_wanted(generator: Place, formats: Sequence[str], settings: ExportSettings) -> Wanted:
    """Look at the generator, a run's folder or its file, and at what is wanted; BadInput for what cannot be."""
    require_formats(formats)
    run, weights = find_weights(generator)
    card = read_card(weights)
    require_names(card.class_names)
    drawn = tuple(name for name in FORMATS if name in formats)
    if not drawn:
        require_no_settings(formats, settings)
    counts = require_images(drawn, settings, run, card) if drawn else {}
    return Wanted(drawn, tuple(name for name in GENERATOR_FORMATS if name in formats), run, weights, card, counts)


def require_images(
    formats: Sequence[str], settings: ExportSettings, run: Run | None, card: GeneratorCard
) -> Mapping[SplitName, Mapping[int, int]]:
    """The images of each class to draw, by split; BadInput for those that no generator can draw or no format hold."""
    require_classes(card)
    require_colours(formats, card.shape)
    counts = planned_counts(settings, card)
    if settings.real_test and card.privacy:
        raise BadInput(
            "Expected synthetic test images beside those of a private generator, as no budget covers real ones, got "
            "--real-test; leave it out."
        )
    if settings.real_test:
        read_experiment(run)
    else:
        require_counts(formats, counts, card.class_names)
    return counts


def require_no_settings(formats: Sequence[str], settings: ExportSettings) -> None:
    """Raise BadInput for settings of images where none are drawn."""
    if chosen := sorted(settings.model_dump(exclude_defaults=True)):
        raise BadInput(
            f"Expected no setting of images for {', '.join(formats)}, which hold the generator itself, got "
            f"{', '.join(chosen)}; leave that out, or add a format of images such as npz."
        )


def require_classes(card: GeneratorCard) -> None:
    """Raise BadInput for a generator that is not told the class."""
    if not card.gan.conditional:
        raise BadInput(
            "Expected a generator that draws by class, got an unconditional one; train one with classes, or export it "
            f"itself as {' or '.join(GENERATOR_FORMATS)}."
        )


def require_formats(formats: Sequence[str]) -> None:
    """Raise BadInput unless each format is known, named once, and its library is installed."""
    told = ", ".join(formats) or "none"
    if not formats or not set(formats) <= set(ALL_FORMATS):
        raise BadInput(f"Expected formats of {', '.join(ALL_FORMATS)}, got {told}; name one or more of them.")
    if len(set(formats)) < len(formats):
        raise BadInput(f"Expected each format once, got {told}; leave out what stands there twice.")
    require(formats)


def require_colours(formats: Sequence[str], shape: ImageShape) -> None:
    """Raise BadInput for pictures in colour in a format of grey ones."""
    if "idx" in formats and shape.channels > 1:
        raise BadInput(
            f"Expected a generator of grey images for idx, whose readers know no colours, got one of {shape}; "
            "choose another format, such as npz."
        )


def find_weights(generator: Place) -> tuple[Run | None, Place]:
    """The run, where its folder was named, and the generator's file."""
    try:
        meant = resolve_latest(generator)
        run = Run(meant) if meant.is_dir() else None
        weights = run.generator if run else meant
        if run and not weights.is_file():  # the folder of a version, or that within a run's
            run, weights = None, meant / weights.name
        found = weights.is_file()
    except Exception as error:  # each of fsspec's libraries has errors of its own
        if is_local(generator) and not isinstance(error, OSError):
            raise
        at, told = getattr(error, "filename", None) or generator, getattr(error, "strerror", None) or error
        raise BadInput(f"Expected to look at {at}, got “{told}”; let it be read or name another generator.") from error
    if not found:
        raise BadInput(
            f"Expected a generator, got {generator}; name the folder of a run that has trained one, or its file."
        )
    return run, weights


def require_counts(
    formats: Sequence[str], counts: Mapping[SplitName, Mapping[int, int]], class_names: Sequence[str]
) -> None:
    """Raise BadInput for splits that the readers of a format could not open, or would number otherwise."""
    if "idx" in formats:
        idx_header((max(sum(split.values()) for split in counts.values()),))
        if "test" not in counts:
            raise BadInput(
                "Expected test images for idx, whose readers want all four files and would fetch real ones in their "
                "place, got none; raise --test-per-class, say --real-test or leave out idx."
            )
    if "imagefolder" in formats:
        for name, split in counts.items():
            if empty := [class_names[number] for number, count in split.items() if not count]:
                raise BadInput(
                    f"Expected an image of each class in {name} for imagefolder, whose readers number the classes by "
                    f"their files, got none of {', '.join(map(repr, empty))}; raise their counts or leave out "
                    "imagefolder."
                )


def read_experiment(run: Run | None) -> Experiment:
    """The experiment of a run, which says where its real test images come from."""
    if run is None or not run.experiment.is_file():
        raise BadInput("Expected the folder of a run as generator, to find its real test images; name one.")
    try:
        return Experiment.model_validate_json(run.experiment.read_text("utf-8"), context=STORED)
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise BadInput(
            f"Expected the settings of a run in {run.experiment}, to find its real test images, got none that can be "
            "read; leave out --real-test or train again."
        ) from error


def require_room(out: Path, wanted: Wanted) -> None:
    """Raise BadInput where the disk has less room than is needed at least, beside what is there of it."""
    above = standing(out.resolve())
    needed = sum(FORMATS[name].room(wanted.images, wanted.card.shape) for name in wanted.formats)
    needed += len(wanted.generator_formats) * least_bytes(wanted.card)
    free = shutil.disk_usage(above).free
    if free < needed and free + begun(out.resolve()) < needed:
        raise BadInput(
            f"Expected room for at least {needed / 1e6:,.0f} MB at {above}, got {free / 1e6:,.0f} MB; "
            "make room, choose another --out, fewer images or fewer formats."
        )


def least_bytes(card: GeneratorCard) -> int:
    """What a generator takes in any format: numbers of bfloat16, the shortest that they are written as."""
    return generator_bytes(card.gan, card.shape, len(card.class_names)) // 2


def begun(out: Path) -> int:
    """Bytes on the disk of the exports to this place that were interrupted."""
    folders = [*out.glob(".*.staging"), *out.parent.glob(f".{escape(out.name)}.*.staging")]
    files = (folder / name for folder in folders for name in files_in(folder))
    return sum(512 * file.lstat().st_blocks for file in files)
