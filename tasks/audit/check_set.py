"""The check before an audit: whatever its flow would refuse later, as far as it can be told on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from os.path import samefile

from gan_core.audit.set_classes import match_classes, require_enough_images
from gan_core.config import DataSettings, Experiment
from gan_core.errors import BadInput
from gan_core.files import is_local, is_whole, located, require_reachable
from gan_core.formats import read
from gan_core.images.decode import strict_pillow
from gan_core.images.labelled_images import read_outline, require_images
from gan_core.images.shape import ImageShape
from gan_core.sources.found_pictures import Found, Label
from tasks.data.check_experiment import OF_ONE_SIZE, check_source, known_shape
from tasks.data.open_source import number_labels
from tasks.data.source_places import is_web, named, source_here
from tasks.places import check_cache
from tasks.runs.run_folder import AUDIT, PAIRS, Run, resolve_latest

SET, PAGE, MEASURES, MOSAIC = "set.npz", "audit.html", "measures.parquet", "mosaic.png"
FILES = SET, AUDIT, PAIRS, MEASURES, MOSAIC, PAGE  # that an audit leaves
PEEKED = 100  # pictures whose labels are looked at where those of all take as long as to read them


def check_audit(place: str, experiment: Experiment) -> None:
    """Raise BadInput for real images or a set that the audit would refuse; what is not here yet is left to it.

    The pictures are listed and not decoded.
    """
    check_cache()
    with calling_it("--source", "--real"):
        real = source_here(named(experiment.source), experiment.data)
        check_source(real, experiment)
    numbered = real and number_labels(real)
    names = numbered.classes.names if numbered else None
    if is_web(place):
        return
    require_place(place)
    if run := find_run(place):
        check_drawn(run, real, experiment.data, names)
    else:
        with calling_it("--source", "SET"):
            check_foreign(place, real, names)


def find_run(place: str) -> Run | None:
    """The run that the set is, if it is one."""
    run = None if is_web(place) else Run(resolve_latest(located(place)))
    return run if run and run.experiment.is_file() else None


def require_place(place: str) -> None:
    """Raise BadInput where nothing is."""
    if not resolve_latest(require_reachable(located(place))).exists():
        raise BadInput(f"Expected a run, an export or another source of pictures, got {place}; name one.")


def check_drawn(run: Run, real: Found | None, data: DataSettings, names: tuple[str, ...] | None) -> None:
    """Raise BadInput for a run without whole images, and for one of another shape or other classes than the real."""
    require_images(run.synthetic)
    if is_local(run.synthetic) and not is_whole(run.synthetic):
        raise BadInput(f"Expected labelled images in {run.synthetic}, got a damaged file; make the run again.")
    drawn = read_outline(run.synthetic)
    require_enough_images(len(drawn.labels), run.folder)
    if real and (data.wanted_size or real.format in OF_ONE_SIZE) and (shape := known_shape(real, data)):
        require_shape(drawn.shape._replace(channels=shape.channels), shape, run)  # colours are seen in all pictures
    if names:
        match_classes(drawn.labels.tolist(), drawn.class_names, run.folder, real=names)


def require_shape(drawn: ImageShape, real: ImageShape, run: Run) -> None:
    """Raise BadInput unless what a run drew has the shape of the real images."""
    if drawn != real:
        raise BadInput(f"Expected images of {real} in {run.folder}, got {drawn}; audit them beside their own.")


def check_foreign(place: str, real: Found | None, names: tuple[str, ...] | None) -> None:
    """Raise BadInput for a set that is the real images, that is nearly empty, or whose classes are not in `names`."""
    there = source_here(str(resolve_latest(located(place))), DataSettings())
    if not there:
        return
    found = training_part(there)
    if real and samefile(*(str(each.parts["train"].files[0]) for each in (found, real))):
        raise BadInput(
            f"Expected a synthetic set beside the real images that it imitates, got {place} for both; "
            "name the set as SET and the real images by --real."
        )
    labels = found.parts["train"].labels
    if labels is not None:
        require_enough_images(len(labels), place)
    if names:
        match_classes(peek_labels(found) if labels is None else labels, found.class_names, place, real=names)


def training_part(found: Found) -> Found:
    """The same without its test and validation pictures, which are not audited."""
    return replace(found, parts={"train": found.parts["train"]})


def peek_labels(found: Found) -> list[Label]:
    """The labels of the first pictures."""
    with strict_pillow():
        return [picture.label for picture in islice(read(found, "train"), PEEKED)]


@contextmanager
def calling_it(option: str, name: str) -> Iterator[None]:
    """Let a refusal of a source name what was typed here."""
    try:
        yield
    except BadInput as error:
        raise type(error)(str(error).replace(option, name)) from error
