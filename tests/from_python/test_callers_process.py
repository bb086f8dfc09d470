"""Laws of a call from Python: the caller's process is after it as it was before, and nothing is said unasked."""

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from conftest import surroundings

from flows.from_python.surroundings import VISIT, calling, telling
from gan_core.config import GanSettings
from gan_core.errors import BadInput, Unsound
from tasks.progress import CONSOLE

HEAVY = ("tensorflow", "keras", "prefect", "numpy", "pandas", "pydantic", "cyclopts", "fsspec", "rich", "matplotlib")


def python(script: str, **variables: object) -> subprocess.CompletedProcess[str]:
    """What a new interpreter says to a script."""
    environment = surroundings(**variables)
    return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)


def test_importing_the_names_imports_nothing_that_takes_long_and_leaves_the_callers_drawings_alone() -> None:
    done = python(
        "import os, sys\n"
        "from synthetic_data import BadInput, Generator, Report, Verdict, audit, load, synthesise\n"
        f"print([name for name in {HEAVY} if name in sys.modules], os.environ['MPLBACKEND'])",
        MPLBACKEND="svg",
    )
    assert (done.stdout, done.stderr) == ("[] svg\n", "")


def test_a_call_leaves_no_handler_no_variable_and_no_stream_and_says_nothing(tmp_path: Path, generator: Path) -> None:
    done = python(
        "import logging, os, sys\n"
        "from synthetic_data import load\n"
        "def state():\n"
        "    theirs = {name: value for name, value in os.environ.items() if name != 'TF2_BEHAVIOR'}\n"
        "    return theirs, list(logging.getLogger().handlers), sys.stderr, os.readlink('/proc/self/fd/2')\n"
        "before = state()\n"
        f"images, labels = load({str(generator)!r}).draw(per_class=2)\n"
        "assert state() == before, (state(), before)\n"
        "print(images.shape, images.dtype, labels.shape, labels.dtype, images.flags.writeable)",
        XDG_CACHE_HOME=tmp_path,
    )
    assert (done.stdout, done.stderr) == ("(20, 28, 28, 1) uint8 (20,) uint8 True\n", "")


def test_what_libraries_print_goes_to_the_log_and_what_python_prints_to_the_screen(
    elsewhere: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with calling():
        os.write(2, b"from a library\n")
        print("from the caller", file=sys.stderr)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    os.write(2, b"afterwards\n")
    said = capfd.readouterr().err
    assert "from a library" not in said and said.endswith("afterwards\n")
    assert "from a library" in (elsewhere / "cache" / "synthetic-data" / "log.txt").read_text()


def test_tensorflow_gives_no_advice_within_a_call_and_all_of_it_afterwards(elsewhere: Path) -> None:
    told: list[str] = []
    theirs, handler = logging.getLogger("tensorflow"), logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    theirs.addHandler(handler)
    with VISIT:
        theirs.warning("triggered retracing")
        theirs.error("failed")
    theirs.warning("afterwards")
    theirs.removeHandler(handler)
    assert told == ["failed", "afterwards"]


def test_of_calls_at_once_the_last_gives_everything_back(elsewhere: Path) -> None:
    before = os.environ.get("PREFECT_PLUGINS_ENABLED")
    with VISIT:
        with VISIT:
            pass
        assert os.environ["PREFECT_PLUGINS_ENABLED"] == "false"
    assert os.environ.get("PREFECT_PLUGINS_ENABLED") == before


@pytest.mark.parametrize(("level", "told"), [(logging.INFO, ["epoch", "collapsed"]), (logging.WARNING, ["collapsed"])])
def test_the_callers_own_logging_gets_the_messages_that_it_asks_for(
    level: int, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(level)
    with telling(False):
        logging.getLogger("synthetic_data.train").info("epoch")
        logging.getLogger("synthetic_data.train").warning("collapsed")
    assert [record.getMessage() for record in caplog.records] == told


@pytest.mark.parametrize("verbose", [True, False])
def test_our_own_messages_are_shown_when_asked_for(verbose: bool, capfd: pytest.CaptureFixture[str]) -> None:
    with telling(verbose):
        logging.getLogger("synthetic_data.train").info("epoch 1")
    assert ("epoch 1" in capfd.readouterr().err) == verbose
    assert not CONSOLE.quiet


def test_an_interruption_that_compiled_code_reports_in_its_way_is_one_too(elsewhere: Path) -> None:
    with pytest.raises(KeyboardInterrupt), calling():
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()


@pytest.mark.parametrize("raised", [BadInput("Expected a run."), Unsound("Collapsed.")])
def test_what_is_no_defect_is_raised_without_the_lines_of_libraries(elsewhere: Path, raised: Exception) -> None:
    def library() -> None:
        raise raised

    with pytest.raises(type(raised)) as told, calling():
        library()
    assert str(told.value) == str(raised) and "library" not in {entry.name for entry in told.traceback}
    assert told.value.__cause__ is None and told.value.__suppress_context__


def test_unsound_settings_are_a_sentence_without_what_pydantic_says(elsewhere: Path) -> None:
    with pytest.raises(BadInput, match="mend epochs: ") as told, calling():
        GanSettings.model_validate({"epochs": 0})
    assert told.value.__cause__ is None and told.value.__suppress_context__


def test_what_the_machine_lacks_is_one_sentence(elsewhere: Path) -> None:
    with pytest.raises(BadInput, match="make room there"), calling():
        raise OSError(28, "No space left on device", "runs/x")
