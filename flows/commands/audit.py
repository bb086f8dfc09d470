"""The command `synthetic-data audit`: a synthetic set, whoever made it, beside real images."""

import hashlib
import json
import re
import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_args

from cyclopts import Parameter

from flows.commands.options import (
    Listed,
    Named,
    Verbose,
    build_options,
    customise_experiment,
    join_list,
    merge_settings,
    read_settings,
)
from flows.commands.screen import hide_library_messages
from gan_core.config import STANDARD, Experiment, split_names
from gan_core.errors import BadInput, Unsound
from gan_core.files import Place, located, require_reachable

if TYPE_CHECKING:
    Audited = object
else:
    Audited = build_options(Experiment, without=("source", "name", "tolerate_collapse", "worth", "privacy"))

Holdout = Literal["validation", "test"]

MOST_REFERENCES = 100
WEIGHTS = b"\x89HDF", b"PK\x03\x04"  # how the files begin that Keras writes


def audit(
    place: Annotated[
        str, Parameter(name="SET", help="a run, an export, or any source of labelled pictures")
    ] = "runs/latest",
    *,
    real: Annotated[
        str | None, Parameter(help="the real images, as --source of run; those of the run or generator")
    ] = None,
    generator: Annotated[str | None, Parameter(help="the run or version that made the set, for its settings")] = None,
    holdout: Annotated[
        Holdout | None,
        Parameter(help="real images that nothing was learned from; test if this program did not make the set"),
    ] = None,
    references: Annotated[
        str,
        Parameter(
            metavar="INT",
            help="short games on random halves of the real images, for membership; 5 say much",
        ),
    ] = "0",
    classifiers: Annotated[
        Listed | None,
        Parameter(help="what is taught beside that of the settings, as mlp,residual or all; two light ones, if none"),
    ] = None,
    inception: Annotated[
        str | None, Parameter(help="file of Keras's InceptionV3 weights, for FID and KID in these")
    ] = None,
    out: Annotated[str | None, Parameter(help="folder for the page, the frame and the findings")] = None,
    experiment: Named = STANDARD.name,
    settings: Annotated[Audited | None, Parameter(name="*")] = None,
    verbose: Verbose = False,
) -> None:
    """Say whether a set is useful, diverse, memorised, and whether that can be trusted.

    Exit code 0 if nothing is wrong, 1 if it copies, has collapsed or its labels are wrong, 2 if it cannot be read.
    It leaves audit.html, measures.parquet, audit.json and what they are made of. A part of the settings is that of the
    run or generator.
    """
    request = request_audit(
        place,
        real=real,
        generator=generator,
        holdout=holdout,
        references=references,
        classifiers=None if classifiers is None else join_list(classifiers),
        inception=inception,
        out=out,
        experiment=experiment,
        replaced=read_settings(settings),
    )
    if not verbose:
        hide_library_messages()
    from flows.audit_set import audit_set
    from flows.commands.local_server import server

    with server():
        report = audit_set(*request, shlex.join(["synthetic-data", *sys.argv[1:]]))
    print(f"\n{report.text}\n\npage  {report.page}")
    if report.faults:
        raise Unsound(*report.faults)


class AuditRequest(NamedTuple):
    """What the flow is asked for, in the order of its parameters."""

    place: str
    folder: str  # where page and figures go
    experiment: Experiment
    holdout: Holdout
    references: int
    inception: str
    classifiers: tuple[str, ...]


def request_audit(
    place: str,
    *,
    real: str | None,
    generator: str | None,
    holdout: Holdout | None,
    references: str,
    classifiers: str | None,
    inception: str | None,
    out: str | None,
    experiment: str,
    replaced: Mapping[str, Any],
    named: str | None = None,
) -> AuditRequest:
    """What an audit will look at and where it leaves what it finds; BadInput for whatever the flow would refuse.

    A set that has no place of its own is `named`.
    """
    from tasks.audit.check_set import FILES, check_audit
    from tasks.places import check_folder, check_own_folder
    from tasks.runs.run_experiment import read_run_experiment, require_same_cut
    from tasks.runs.run_folder import Run

    if holdout not in (None, *get_args(Holdout)):
        raise BadInput(f"Expected one of {', '.join(get_args(Holdout))} as holdout, got {holdout!r}; name one of them.")
    games, weights, asked = read_references(references), require_weights(inception), read_classifiers(classifiers)
    origin = find_origin(place, generator)
    start = read_run_experiment(Run(origin)) if origin else customise_experiment(experiment, {})
    wanted = merge_settings(start, {**replaced, **({"source": real} if real else {})})
    if origin:
        require_same_cut(start, wanted)
    check_audit(place, wanted)
    folder = located(out) if out else audit_folder(named or name_set(place), wanted)
    if out:
        check_own_folder(folder, FILES, unfinished=True)
    else:
        check_folder(folder, "choose another --out.")
    nothing_learned = holdout or ("validation" if origin else "test")
    return AuditRequest(place, str(folder), wanted, nothing_learned, games, weights, asked)


def read_references(text: str) -> int:
    """A number of references; BadInput for what is none, and for more than anybody waits for."""
    if not text.isascii() or not text.isdigit() or int(text) > MOST_REFERENCES:
        raise BadInput(f"Expected 0 to {MOST_REFERENCES} references, got {text!r}; name as many, such as 5.")
    return int(text)


def read_classifiers(names: str | None) -> tuple[str, ...]:
    """The classifiers that were named, the light ones if none was; BadInput for what is none."""
    from gan_core.audit.opinions import LIGHT, require_classifiers

    return LIGHT if names is None else require_classifiers(split_names(names))


def require_weights(inception: str | None) -> str:
    """The absolute path of the file, empty for none; BadInput for what is none that Keras writes."""
    if not inception:
        return ""
    place = located(inception)
    if not (place.is_file() and read_start(place) in WEIGHTS):
        got = inception if place.is_file() else f"no file {inception}"
        raise BadInput(f"Expected a file of InceptionV3's weights (HDF5 or .keras), got {got}; name one of Keras's.")
    return str(place)


def read_start(place: Place) -> bytes:
    """The first bytes of a file."""
    with place.open("rb") as file:
        return file.read(4)


def find_origin(place: str, generator: str | None) -> Place | None:
    """The folder with the settings of what made the set: that of the generator, or the set itself if it is a run."""
    from tasks.runs.run_folder import Run, resolve_latest

    if generator:
        named = resolve_latest(require_reachable(located(generator)))
        found = next(
            (each for each in (named, named.parent, named.parent.parent) if Run(each).experiment.is_file()), None
        )
        if found is None:
            raise BadInput(f"Expected the folder of a run or version as --generator, got {generator}; name one.")
        return found
    folder = resolve_latest(require_reachable(located(place))) if "://" not in place else None
    return folder if folder and Run(folder).experiment.is_file() else None


def name_set(place: str) -> str:
    """The set at a place by its whole name, whatever it was called."""
    from tasks.runs.run_folder import resolve_latest

    return place if "://" in place else str(resolve_latest(located(place)))


def audit_folder(named: str, wanted: Experiment) -> Place:
    """Where the audit of a set lies if nobody says: a folder among the runs for each set and settings."""
    from tasks.runs.run_folder import runs_folder

    told = hashlib.sha256(json.dumps([named, wanted.settings_digest(), wanted.source]).encode()).hexdigest()[:8]
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", named.rstrip("/").rpartition("/")[2]).strip(".-")
    return runs_folder() / "audits" / f"{name or 'set'}-{told}"
