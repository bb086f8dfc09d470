"""Laws of what a command line may say: numbers as they are meant, and one sentence of one form for each mistake."""

import errno
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from conftest import surroundings
from pydantic import ValidationError

from flows.commands.entry import INTERRUPTED
from flows.commands.main import main
from flows.commands.options import customise_experiment
from flows.commands.prefect_settings import PREFECT
from gan_core.config import (
    SMOKE,
    STANDARD,
    STORED,
    Experiment,
    ExportSettings,
    GanSettings,
    RetrainSettings,
    Settings,
)
from gan_core.errors import BadInput, Unsound
from gan_core.settings_grid import combinations
from tasks.reports.publish_report import Collapsed
from tasks.reports.publish_sweep import Incomplete, Sweep

ALL = (Experiment, ExportSettings, RetrainSettings)
SENTENCE = re.compile(r"synthetic-data: Expected .+, got .+; .+\.")


def numbers(settings: type[Settings], kind: type, *path: str) -> Iterator[tuple[str, ...]]:
    """Where in the settings numbers of a kind are."""
    for name, field in settings.model_fields.items():
        annotation: Any = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Settings):
            yield from numbers(annotation, kind, *path, name)
        elif get_origin(annotation) is dict:
            yield from [(*path, name, "0")] if kind is int else []
        elif get_origin(annotation) is not tuple and kind in bare_types(annotation):
            yield (*path, name)


def bare_types(annotation: Any) -> set[Any]:
    """The type itself, and those of a union, without what Annotated adds."""
    return {annotation, *(next(iter(get_args(part)), part) for part in get_args(annotation))}


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *inner = path
    return {name: nested(tuple(inner), value) if inner else value}


@pytest.mark.parametrize("settings", ALL)
def test_whole_numbers_are_whole_as_they_were_typed(settings: type[Settings]) -> None:
    paths = list(numbers(settings, int))
    assert paths
    for path in paths:
        for value in ("1.5", "5.0", "1e3", "inf", "nan", "", "0x10", "٣", "5_0", 1.5, 4.0, True):
            with pytest.raises(ValidationError, match="a whole number") as caught:
                settings.model_validate(nested(path, value))
            assert [problem["loc"] for problem in caught.value.errors()] == [path]


@pytest.mark.parametrize("settings", ALL)
def test_a_whole_number_that_is_too_large_is_told_its_limit(settings: type[Settings]) -> None:
    for path in numbers(settings, int):
        with pytest.raises(ValidationError, match=r"less than (or equal to )?\d+ "):
            settings.model_validate(nested(path, f"{10**19}"))


@pytest.mark.parametrize(("option", "told"), [("--seed", "seed"), ("--classifier.seeds", "classifier.seeds.0")])
def test_a_seed_that_is_too_large_gets_its_limit_and_nothing_else(
    refusal: Callable[..., str], option: str, told: str
) -> None:
    said = refusal("run", option, f"{10**19}")
    assert said.endswith(f"mend {told}: Input should be less than or equal to 1000000, got {10**19}.")


@pytest.mark.parametrize("name", ["a b", "Big", "-a", "", "é", "a\n"])
def test_a_name_gets_words_and_no_pattern(refusal: Callable[..., str], name: str) -> None:
    said = refusal("run", f"--name={name}")
    assert "small letters" in said and "[a-z" not in said


@pytest.mark.parametrize("settings", ALL)
def test_every_other_number_is_finite(settings: type[Settings]) -> None:
    paths = list(numbers(settings, float))
    assert paths
    for path in paths:
        for value in ("inf", "-inf", "nan", "1e999", float("inf"), float("nan")):
            with pytest.raises(ValidationError):
                settings.model_validate(nested(path, value))


@pytest.mark.parametrize("setting", ["latent_std", "refined_std"])
def test_latents_too_wide_for_any_picture_are_refused(setting: str) -> None:
    with pytest.raises(ValidationError):
        customise_experiment("smoke", {"dataset": {setting: "1e30"}})


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--gan.epochs", "1.5"),
        ("run", "--seed", "1e3"),
        ("run", "--data.validation-images", "0"),
        ("run", "--dataset.latent-std", "inf"),
        ("run", "--gan.shift", "128"),
        ("run", "--gan.epoch-images", "512"),
        ("run", "--classifier.seeds", "0,1,0"),
        ("retrain", "--classifier.seeds", "0-2,1"),
        ("sweep", "--seeds", "3,3"),
        ("run", "--gan.epochs"),
        ("run", "--gan.epochs", "1", "--gan.epochs", "2"),
        ("run", "--gan.epochz", "1"),
        ("run", "--gan.loss", "hinge"),
        ("run", "--gan.flip=maybe"),
        ("run", "extra"),
        ("run", "--minutes", "2"),
        ("run", "--minutes", "soon"),
        ("run", "--minutes="),
        ("run", "--experiment", "private", "--dataset.refinements", "filtered"),
        ("run", "--experiment", "private", "--gan.no-conditional"),
        ("run", "--experiment", "private", "--privacy.epsilon", "11"),
        ("run", "--experiment", "private", "--minutes", "5"),
        ("run", "--privacy.total", "3"),
        ("examine", "--gan.epochs", "1"),
        ("worth", "--privacy.epsilon", "1"),
        ("audit", "--privacy.epsilon", "1"),
        ("export", "--out", "x", "--per-class", "2.7"),
        ("export", "--out", "x", "--latent-std", "nan"),
        ("export",),
        ("retrain", "--keep", "2.5"),
        ("sweep", "--gan.epochs", "1,1.5"),
        ("models", "show"),
        ("models", "show", "v0001", "v0002"),
        ("server", "setup", "--silence", "10.5"),
        ("nothing",),
    ],
    ids=" ".join,
)
def test_every_mistake_on_a_command_line_gets_a_sentence_of_one_form(
    refusal: Callable[..., str], elsewhere: Path, arguments: tuple[str, ...]
) -> None:
    said = refusal(*arguments)
    assert SENTENCE.fullmatch(said) or re.fullmatch(r"synthetic-data: Expected sound settings; mend [a-z].+\.", said)
    assert "mend :" not in said and "mend Expected" not in said


@pytest.mark.parametrize("place", ["a file/x", "a link", "file://{here}/a file", "ftp://me:secret@127.0.0.1:9/x"])
@pytest.mark.parametrize(
    ("variable", "arguments"),
    [
        ("SYNTHETIC_DATA_RUNS", ("run",)),
        ("SYNTHETIC_DATA_RUNS", ("sweep",)),
        ("SYNTHETIC_DATA_RUNS", ("compare",)),
        ("SYNTHETIC_DATA_MODELS", ("retrain",)),
        ("XDG_CACHE_HOME", ("run",)),
        ("SYNTHETIC_DATA_SOURCE", ("run",)),
        ("", ("compare", "--out")),
        ("", ("export", "--out", "x", "--generator")),
        ("", ("examine",)),
        ("", ("verify",)),
    ],
    ids=str,
)
def test_a_place_that_cannot_be_read_or_written_to_gets_one_sentence_before_the_work(
    refusal: Callable[..., str],
    tiny_source: Path,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    arguments: tuple[str, ...],
    place: str,
) -> None:
    (elsewhere / "a file").write_text("")
    (elsewhere / "a link").symlink_to(elsewhere / "a file")
    named = place.format(here=elsewhere)
    monkeypatch.setenv("SYNTHETIC_DATA_SOURCE", str(tiny_source))
    if variable == "XDG_CACHE_HOME":
        named = str(elsewhere / named) if "://" not in named else str(elsewhere / "a file")
    if variable:
        monkeypatch.setenv(variable, named)
    said = refusal(*arguments, *([] if variable else [named]))
    assert SENTENCE.fullmatch(said) and "secret" not in said


def test_an_epoch_of_less_than_a_round_is_refused_but_for_stored_settings() -> None:
    few = {"epoch_images": 1_023}
    with pytest.raises(ValidationError, match="at least 1,024, a round of 16 batches of 64, got 1,023"):
        GanSettings.model_validate(few)
    assert GanSettings.model_validate(few, context=STORED).rounds(60_000) == 1
    assert GanSettings(epoch_images=1_024).rounds(60_000) == 1


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        ({"gan.epoch_images": ("1024", "1500")}, "gan.epoch_images 1024 and 1500"),
        ({"dataset.refined_std": ("1.2", "1.4")}, "dataset.refined_std 1.2 and 1.4"),
        ({"gan.conditional": ("false",), "gan.embedding_size": ("8", "16")}, "gan.embedding_size 8 and 16"),
    ],
)
def test_settings_of_a_sweep_that_do_the_same_are_refused(grid: dict[str, tuple[str, ...]], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        combinations(SMOKE, (0, 1), grid)


def test_settings_of_a_sweep_that_differ_are_taken() -> None:
    assert len(combinations(STANDARD, (0,), {"gan.epoch_images": ("1024", "2500", "5000")})) == 3
    assert len(combinations(STANDARD, (0,), {"gan.embedding_size": ("8", "16")})) == 2


FAILING_IMPORT = """
import sys
class Interrupting:
    def find_spec(self, name, *_):
        if name == "cyclopts":
            raise {raised}
sys.meta_path.insert(0, Interrupting())
from flows.commands.entry import main
main()
"""


@pytest.mark.parametrize("raised", ["KeyboardInterrupt()", "ImportError('half of it') from KeyboardInterrupt()"])
def test_an_interruption_while_libraries_are_imported_gets_its_line(raised: str) -> None:
    ended = run_failing_import(raised)
    assert ended.returncode == 130
    assert ended.stderr == f"synthetic-data: {INTERRUPTED}\n"


def test_a_library_that_cannot_be_imported_is_no_verdict() -> None:
    ended = run_failing_import("ImportError('half of it')")
    assert ended.returncode == 70 and ended.stderr.endswith("ImportError: half of it\n")


def run_failing_import(raised: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, where the import of a library raises something."""
    code = FAILING_IMPORT.format(raised=raised)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=surroundings(), check=False)


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (Unsound("It copies.", "It has collapsed."), 1, ["It copies.", "It has collapsed."]),
        (Collapsed("The generator has collapsed."), 1, ["The generator has collapsed."]),
        (Incomplete("1 failed.", Sweep("s.parquet", "")), 1, ["1 failed. All runs are in s.parquet."]),
        (BadInput("Expected x, got y; do z."), 2, ["Expected x, got y; do z."]),
        (LookupError("no such thing"), 70, ["LookupError: no such thing"]),
        (OSError("of the net"), 70, ["OSError: of the net"]),
        (AssertionError(), 70, ["AssertionError: AssertionError"]),
    ],
)
def test_the_exit_code_tells_a_verdict_from_a_defect(
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: Path,
    capfd: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
    told: list[str],
) -> None:
    def fail(*_: object) -> None:
        raise error

    for name, value in PREFECT.items():
        monkeypatch.setenv(name, value)  # so that what the command sets ends with the test
    monkeypatch.setattr("flows.commands.main.customise_experiment", fail)
    with pytest.raises(SystemExit) as ended:
        main(["run"])
    assert ended.value.code == code
    assert capfd.readouterr().err.splitlines() == [f"synthetic-data: {line}" for line in told]


class ResourceExhaustedError(Exception):
    """As TensorFlow has one, with what it says."""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError("Unable to allocate 800. TiB for an array with shape (1, 2)"), "for 800. TiB;"),
        (MemoryError(), "got too little; "),
        (ImportError("libx.so.2: failed to map segment from shared object"), "enough memory"),
        (RuntimeError("can't start new thread"), "enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "enough memory"),
        (OSError(errno.EFBIG, "File too large", "x-train"), "write to x-train, got “File too large”; raise the limit"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "write to /x, got “No space left on device”; make"),
        (
            ResourceExhaustedError("\x1b[1mlines\nOOM when allocating tensor with shape[9,8] and type"),
            "for shape[9,8];",
        ),
    ],
)
def test_too_little_of_a_machine_gets_one_line(
    monkeypatch: pytest.MonkeyPatch, refusal: Callable[..., str], error: Exception, told: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    def fail_behind(*_: object) -> None:
        try:
            fail()
        except type(error) as cause:
            raise LookupError("of a library") from cause

    for failing in (fail, fail_behind):
        monkeypatch.setattr("flows.commands.main.customise_experiment", failing)
        said = refusal("run")
        assert SENTENCE.fullmatch(said) and told in said


def test_a_working_folder_that_is_gone_gets_one_sentence(
    refusal: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for arguments in (("models", "list"), ("run",), ("export", "--out", "x"), ("verify", "../x")):
        said = refusal(*arguments)
        assert SENTENCE.fullmatch(said) and "Expected a working folder" in said
