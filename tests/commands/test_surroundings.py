"""The machines of others: their settings, locales, streams, proxies, homes, and what their file systems lack."""

import errno
import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from conftest import surroundings
from exported import exported
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, PREFECT_SERVER_DATABASE_CONNECTION_URL, temporary_settings
from servers import PREFECT

from flows.commands.entry import import_tensorflow
from flows.commands.local_server import _log_file, server
from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.files import atomic_write, link, make_read_only, sync
from gan_core.measures.challenger_comparison import Verdict
from gan_core.pages.charts import chart_curves
from tasks.locks import locked, try_locked
from tasks.places import cache_home, check_folder
from tasks.registry.model_registry import ModelRegistry
from tasks.registry.records import VersionOrigin
from tasks.runs.run_folder import Run, publish_latest, resolve_latest

COMMAND = Path(PREFECT).with_name("synthetic-data")
DEAD = "http://127.0.0.1:9"
REASON = "Worse by \N{MINUS SIGN}1.00 ± 0.20 “points”, café, 駅."


def lacking(code: int) -> Callable[..., object]:
    """A system call of a file system that has no such thing."""

    def call(*arguments: object, **options: object) -> object:
        raise OSError(code, os.strerror(code))

    return call


@pytest.fixture
def models(tmp_path: Path) -> ModelRegistry:
    """A registry whose one version has a reason that not every locale can show."""
    models = ModelRegistry(tmp_path / "models")
    (tmp_path / "source").write_text("content", "utf-8")
    verdict = Verdict(False, REASON, {"accuracy": 0.5})
    models.add_version(
        "v0001", {"generator.npz": tmp_path / "source"}, verdict, VersionOrigin("me", "run", "data", None), 9
    )
    return models


def listed(models: ModelRegistry, redirection: str, **variables: object) -> subprocess.CompletedProcess[bytes]:
    """`synthetic-data models list` in a shell, with its streams redirected."""
    command = f"{shlex.quote(str(COMMAND))} models list {redirection}"
    environment = surroundings(SYNTHETIC_DATA_MODELS=models.folder, **variables)
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], env=environment, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", REASON),
        ("latin-1", 'Worse by -1.00 ± 0.20 "points", café, ?.'),
        ("ascii", 'Worse by -1.00 +/- 0.20 "points", cafe, ?.'),
    ],
)
def test_every_locale_shows_what_it_can(models: ModelRegistry, encoding: str, said: str) -> None:
    done = listed(models, "", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0 and done.stderr == b""
    assert said in done.stdout.decode(encoding)


@pytest.mark.parametrize("redirection", ["> /dev/full", ">&-", "2>&-", ">&- 2>&-", "| true", "< /dev/null"])
def test_no_stream_that_is_closed_full_or_unread_ends_a_command(models: ModelRegistry, redirection: str) -> None:
    done = listed(models, redirection)
    assert done.returncode == 0 and done.stderr == b""


def test_an_error_without_a_screen_keeps_its_exit_code(models: ModelRegistry) -> None:
    assert listed(models, "--nonsense 2>&-").returncode == 2
    assert listed(models, "--nonsense 2> /dev/full", PYTHONIOENCODING="ascii").returncode == 2


def test_help_and_lists_import_nothing_that_takes_long(models: ModelRegistry) -> None:
    heavy = (
        *("tensorflow", "keras", "prefect", "pandas", "matplotlib", "mlcroissant"),
        *("numpy", "pyarrow", "PIL", "httpx"),
    )
    helped = ("run", "audit", "inspect", "sweep", "retrain", "compare", "export", "examine", "verify", "worth", "push")
    for arguments in (["--help"], ["--version"], ["models", "list"], *([command, "--help"] for command in helped)):
        script = (
            "import sys; from flows.commands.main import main\n"
            f"try: main({arguments!r})\n"
            f"finally: print('\\nimported', [name for name in {heavy!r} if name in sys.modules])"
        )
        environment = surroundings(SYNTHETIC_DATA_MODELS=models.folder)
        done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
        assert done.stdout.splitlines()[-1] == "imported []", (arguments, done.stdout, done.stderr)


def test_the_version_is_that_of_the_package() -> None:
    from gan_core.installed_package import program_version

    shown = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == program_version() != "0.0.0"


def test_keras_computes_as_here_whatever_a_user_has_set(tmp_path: Path) -> None:
    theirs = {"backend": "jax", "image_data_format": "channels_first", "floatx": "float64", "epsilon": 0.1}
    (tmp_path / "keras.json").write_text(json.dumps(theirs), "utf-8")
    script = (
        "from gan_core.compute.keras_settings import keras\n"
        "config = keras.config\n"
        "print(config.backend(), config.image_data_format(), config.floatx(), config.epsilon())"
    )
    environment = surroundings(KERAS_HOME=tmp_path, KERAS_BACKEND="jax")
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["tensorflow", "channels_last", "float32", "1e-07"], done.stderr


def test_charts_are_ours_whatever_a_user_has_set() -> None:
    lines = {"generator": (pd.DataFrame({"epoch": [1, 2], "generator_loss": [1.0, 2.0]}), "generator_loss")}
    ours = chart_curves("Loss", lines, "loss")
    with mpl.rc_context({"text.usetex": True, "font.size": 40, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert chart_curves("Loss", lines, "loss") == ours


def test_a_file_system_without_links_sync_or_permissions_is_used_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(os, "symlink", lacking(errno.EPERM))
    monkeypatch.setattr(os, "fsync", lacking(errno.EINVAL))
    monkeypatch.setattr(os, "chmod", lacking(errno.EOPNOTSUPP))
    for number in (1, 2):
        folder = tmp_path / f"run-{number}"
        run = Run(folder)
        with atomic_write(run.report) as file:
            file.write(b"whole")
        make_read_only(folder / run.report.name)
        sync(folder)
        publish_latest(run)
        assert resolve_latest(tmp_path / "latest") == run.folder
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == len(set(said)) and any("lacks links" in line for line in said)


def test_what_a_file_system_refuses_for_other_reasons_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "symlink", lacking(errno.ENOSPC))
    with pytest.raises(OSError, match="No space"):
        link(tmp_path / "latest", "run")


def test_a_folder_called_latest_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    (tmp_path / "run").mkdir()
    publish_latest(Run(tmp_path / "run"))
    assert (tmp_path / "latest").is_dir() and not (tmp_path / "latest").is_symlink()


@pytest.mark.parametrize("code", [0, errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_one_holds_a_lock_at_a_time_even_where_files_cannot_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    if code:
        monkeypatch.setattr(fcntl, "flock", lacking(code))
    with locked(tmp_path / ".lock"):
        for _ in range(2):
            with try_locked(tmp_path / ".lock") as ours:
                assert not ours
    with try_locked(tmp_path / ".lock") as ours:
        assert ours


def test_a_lock_by_presence_dies_with_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import fcntl, os, pathlib, signal, sys\n"
        "def lacking(*arguments): raise OSError(38, 'Function not implemented')\n"
        "fcntl.flock = lacking\n"
        "from tasks.locks import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / ".lock"], env=surroundings(), check=False)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".held")] == [".lock.held"]
    monkeypatch.setattr(fcntl, "flock", lacking(errno.ENOSYS))
    with locked(tmp_path / ".lock"):
        pass


def test_a_server_that_does_not_answer_is_named() -> None:
    for url in ("http://127.0.0.1:9/api", "127.0.0.1:9/api"):
        with (
            temporary_settings({PREFECT_API_URL: url}),
            pytest.raises(BadInput, match=f"Expected a server at {url}, got .*; start it, or mend PREFECT_API_URL"),
            server(),
        ):
            pass


def test_a_cache_that_is_named_relative_to_where_one_works_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    there = cache_home()
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert there.is_absolute() and there == cache_home()


def test_settings_that_prefect_does_not_take_are_named(tmp_path: Path, generator: Path) -> None:
    (tmp_path / "profiles.toml").write_text("active [[", "utf-8")
    for variables in ({"PREFECT_LOGGING_LEVEL": "loud"}, {"PREFECT_HOME": str(tmp_path)}):
        done = subprocess.run(
            [COMMAND, "export", "--generator", generator, "--out", tmp_path / "dataset"],
            env=surroundings(**variables),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2 and "Expected sound settings of Prefect" in done.stderr.splitlines()[-1]


def test_a_home_in_which_no_server_can_work_is_told_before_one_is_started(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    for home in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/home")):
        with (
            temporary_settings({PREFECT_HOME: home}, restore_defaults={PREFECT_API_URL}),
            pytest.raises(BadInput, match=r"Expected a folder to write to.*set PREFECT_HOME"),
            server(),
        ):
            pass


def test_a_home_that_cannot_be_made_gets_one_line(generator: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "export", "--generator", generator, "--out", tmp_path / "dataset"],
        env=surroundings(PREFECT_HOME="/proc/home"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.startswith("synthetic-data: Expected a folder"), done.stderr
    assert done.stderr.count("\n") == 1


def test_a_home_without_room_is_told_before_a_server_is_started(small_disk: Path) -> None:
    with (
        temporary_settings({PREFECT_HOME: small_disk}, restore_defaults={PREFECT_API_URL}),
        pytest.raises(BadInput, match="make room, or set PREFECT_HOME"),
        server(),
    ):
        pass


def test_a_full_disk_is_told_before_the_work_and_a_full_cache_keeps_no_server_from_its_log(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(small_disk / "cache"))
    log = _log_file()
    assert log.is_relative_to(small_disk)
    (small_disk / "much").write_bytes(bytes(os.statvfs(small_disk).f_bfree * os.statvfs(small_disk).f_bsize))
    with pytest.raises(BadInput, match=rf"write to, got {small_disk}.* and “No space left on device”; make room"):
        check_folder(small_disk / "runs", "make room.")
    log = _log_file()
    log.unlink()
    assert not log.is_relative_to(small_disk)


@pytest.mark.parametrize("limit", ["-f 40", "-n 24", "-v 1500000"])
def test_a_limit_within_which_nothing_works_is_told_before_the_work(
    generator: Path, tmp_path: Path, limit: str
) -> None:
    done = subprocess.run(
        ["bash", "-c", f'ulimit {limit}; exec "$@"', "-", COMMAND, "export", "--generator", generator, "--out", "x"],
        cwd=tmp_path,
        env=surroundings(PREFECT_HOME=tmp_path / "prefect", XDG_CACHE_HOME=tmp_path / "cache"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert f"(ulimit {limit.split()[0]})." in done.stderr and not list(tmp_path.rglob("prefect.db"))


def test_warnings_that_a_user_makes_errors_end_no_command(generator: Path, tmp_path: Path) -> None:
    exported(generator, tmp_path / "dataset", formats=("npz",))
    done = subprocess.run(
        [COMMAND, "verify", tmp_path / "dataset"],
        env=surroundings(PYTHONWARNINGS="error", XDG_CACHE_HOME=tmp_path / "cache"),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "") and "are sound" in done.stdout


def test_a_log_that_may_not_grow_says_nothing(tmp_path: Path) -> None:
    script = (
        "import logging, resource; from flows.commands.screen import hide_library_messages\n"
        "hide_library_messages(); resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "logging.getLogger('other').warning('too much')"
    )
    environment = surroundings(XDG_CACHE_HOME=tmp_path)
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_an_interruption_waits_for_the_import_of_tensorflow_which_would_end_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupting = "import signal; signal.raise_signal(signal.SIGINT); imported = True\n"
    Path(tmp_path, "tensorflow.py").write_text(interrupting, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.delitem(sys.modules, "tensorflow")
    with pytest.raises(KeyboardInterrupt):
        import_tensorflow()
    assert sys.modules["tensorflow"].imported and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_server_that_does_not_start_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    database = f"sqlite+aiosqlite:///{tmp_path}/nowhere/of/all/prefect.db"
    monkeypatch.setenv(PREFECT_SERVER_DATABASE_CONNECTION_URL.name, database)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    logs = elsewhere / "cache" / "synthetic-data"
    logs.mkdir(parents=True)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (str(dead.pid), "none", str(os.getppid())):
        (logs / f"server-{name}-x.log").touch()  # left by a process that was killed, by an older program, by a live one
    with (
        temporary_settings({PREFECT_HOME: tmp_path}, restore_defaults={PREFECT_API_URL}),
        pytest.raises(BadInput, match="ended with exit code") as refused,
        server(),
    ):
        pass
    [of_a_live_one] = logs.glob(f"server-{os.getppid()}-*.log")
    of_a_live_one.unlink()
    [log] = logs.glob("server-*.log")
    assert str(log) in str(refused.value) and "no message" not in str(refused.value)


def test_first_commands_at_once_on_a_new_home_behind_a_dead_proxy_all_succeed(generator: Path, tmp_path: Path) -> None:
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"), DEAD)
    places = {"PREFECT_HOME": tmp_path / "prefect", "XDG_CACHE_HOME": tmp_path / "cache"}
    environment = surroundings(**places, **proxies, NO_PROXY="", no_proxy="")
    started = [
        subprocess.Popen(
            [COMMAND, "export", "--generator", generator, "--per-class", "2", "--test-per-class", "1", "--out", out],
            env=environment,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        for out in (tmp_path / "one", tmp_path / "other")
    ]
    errors = [process.communicate(timeout=240)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    there = {path.name for path in tmp_path.iterdir()} - {"source"}
    assert there == {"prefect", "cache", "one", "other"}
    assert not list((tmp_path / "cache" / "synthetic-data").glob("server-*.log"))


def test_flags_of_xla_do_not_reach_tensorflow() -> None:
    script = "import flows, tensorflow as tf; print(int(tf.constant(2) + 1))"
    environment = surroundings(XLA_FLAGS="--bogus", TF_XLA_FLAGS="--bogus")
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "3"


def test_models_in_a_file_are_refused(
    refusal: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("SYNTHETIC_DATA_MODELS", str(tmp_path / "file"))
    assert "set SYNTHETIC_DATA_MODELS" in refusal("models", "list")


@pytest.mark.parametrize("settings", ["{}", "[]", "no json"])
def test_a_run_whose_settings_are_none_is_named(refusal: Callable[..., str], tmp_path: Path, settings: str) -> None:
    for name, text in (("report.html", ""), ("experiment.json", settings)):
        (tmp_path / name).write_text(text, "utf-8")
    assert "experiment.json" in refusal("examine", str(tmp_path))


def test_a_run_whose_images_are_damaged_is_named_before_the_work(refusal: Callable[..., str], tmp_path: Path) -> None:
    settings = Experiment().model_dump_json()
    for name, text in (("report.html", ""), ("experiment.json", settings), ("synthetic.npz", "damaged")):
        (tmp_path / name).write_text(text, "utf-8")
    assert "synthetic.npz" in refusal("examine", str(tmp_path))


def test_a_run_that_finds_no_room_is_refused_before_the_work(
    refusal: Callable[..., str], small_disk: Path, tiny_source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(small_disk / "runs"))
    line = refusal("run", "--source", str(tiny_source), "--dataset.per-class", "200", "--data.validation-images", "100")
    assert "of networks and images" in line and "SYNTHETIC_DATA_RUNS" in line and not list(small_disk.iterdir())
