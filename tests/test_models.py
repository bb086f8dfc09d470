"""Laws of the registry: versions never change, somebody valid always reigns, and a kill at any moment does no harm."""

import fcntl
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gan_core.errors import BadInput
from gan_core.measures.comparison import Verdict
from tasks.registry.model_registry import Models, Version
from tasks.registry.records import Origin, Record

ROOT = Path(__file__).parents[1]
PROMOTED, REFUSED = Verdict(True, "Better.", {"accuracy": 0.9}), Verdict(False, "Worse.", {"accuracy": 0.8})

# For each number n on its standard input: in a process of its own, enrolls a better challenger and ends itself with
# SIGKILL before or after its n-th change of the file system. Prints how that ended.
KILLED = """
import os, pathlib, shutil, signal, sys
from gan_core.measures.comparison import Verdict
from tasks.registry.model_registry import Models
from tasks.registry.records import Origin
models, source = Models(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2])
def counted(call):
    def change(*arguments, **options):
        global left
        for moment in ("before", "after"):
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            if moment == "before":
                result = call(*arguments, **options)
        return result
    return change
def enroll():
    for name in ("fsync", "rename", "replace", "unlink", "rmdir", "chmod", "mkdir"):
        setattr(os, name, counted(getattr(os, name)))
    models.settle()
    met = models.champion()
    origin = Origin("a killed process", "run", "data", met.name if met else None)
    models.enroll(models.next_name(), {"generator.npz": source}, Verdict(True, "Better.", {"accuracy": 0.9}), origin, 1)
for line in sys.stdin:
    left = int(line)
    if not (child := os.fork()):
        enroll()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models")


def enroll(models: Models, verdict: Verdict = PROMOTED, *, keep: int = 9, champion: str | None = "") -> Version:
    """A version whose generator is its own name, made beside the champion, or beside whom the test says."""
    name, met = models.next_name(), models.champion()
    source = models.folder.parent / "source"
    source.write_text(name)
    origin = Origin("me@here", "run", "data", (met.name if met else None) if champion == "" else champion)
    models.enroll(name, {"generator.npz": source}, verdict, origin, keep)
    return models.version(name)


def reigning(models: Models) -> str:
    champion = models.champion()
    assert champion is not None
    champion.check()
    return champion.name


def names(models: Models) -> list[str]:
    return [version.name for version in models.versions()]


def test_a_version_says_who_made_it_when_on_which_figures_and_why(models: Models) -> None:
    record = enroll(models).record
    assert (record.version, record.who, record.run_id, record.champion) == ("v0001", "me@here", "run", None)
    assert (record.decision, record.reason, record.figures) == ("promoted", "Better.", {"accuracy": 0.9})
    assert record.when.endswith("+00:00")
    assert Record.model_validate_json(record.model_dump_json()) == record


def test_who_is_refused_is_kept_and_does_not_reign(models: Models) -> None:
    assert enroll(models, REFUSED).name == "v0001" and models.champion() is None
    assert enroll(models).name == reigning(models) == "v0002"
    assert enroll(models, REFUSED).name == "v0003" and reigning(models) == "v0002"


def test_a_version_cannot_be_written_to_and_a_changed_one_is_refused(models: Models) -> None:
    enroll(models)
    second = enroll(models)
    assert not any(path.stat().st_mode & 0o222 for path in second.folder.iterdir())
    models.rollback("me")
    second.generator.chmod(0o644)
    second.generator.write_text("changed")
    with pytest.raises(BadInput, match="as it was made"):
        models.promote("v0002", "me")
    assert reigning(models) == "v0001"


def test_promotion_by_hand_leaves_its_own_record(models: Models) -> None:
    for verdict in (PROMOTED, REFUSED):
        enroll(models, verdict)
    reign = models.promote("2", "you@there")
    assert reigning(models) == "v0002"
    assert (reign.version, reign.action, reign.who, reign.figures) == (
        "v0002",
        "promoted",
        "you@there",
        {"accuracy": 0.8},
    )
    assert models.version("v0002").record.decision == "refused"
    with pytest.raises(BadInput, match="another version than the champion"):
        models.promote("v0002", "you@there")


def test_each_rollback_goes_one_further_back(models: Models) -> None:
    for _ in range(3):
        enroll(models)
    assert [models.rollback("me").version for _ in range(2)] == ["v0002", "v0001"]
    with pytest.raises(BadInput, match="earlier champion"):
        models.rollback("me")
    models.promote("v0003", "me")
    assert models.rollback("me").version == "v0001" == reigning(models)
    throne = models.throne()
    assert throne is not None and [reign.action for reign in throne.reigns].count("rolled back") == 3


def test_old_versions_go_but_never_the_champion_nor_the_one_before_it(models: Models) -> None:
    for verdict in (PROMOTED, REFUSED, PROMOTED, *[REFUSED] * 6):
        enroll(models, verdict, keep=2)
    assert names(models) == ["v0001", "v0003", "v0008", "v0009"] and reigning(models) == "v0003"
    models.rollback("me")
    enroll(models, REFUSED, keep=1)
    assert names(models) == ["v0001", "v0010"] and reigning(models) == "v0001"


def test_numbers_are_not_used_again(models: Models) -> None:
    made = [enroll(models, verdict, keep=1).name for verdict in (REFUSED, REFUSED, PROMOTED, REFUSED)]
    assert made == ["v0001", "v0002", "v0003", "v0004"]


def test_a_verdict_over_somebody_who_reigns_no_more_does_not_count(models: Models) -> None:
    enroll(models), enroll(models)
    late = enroll(models, champion="v0001")
    assert late.record.decision == "refused" and "changed" in late.record.reason and reigning(models) == "v0002"


@pytest.mark.parametrize("name", ["v0009", "x", "", "../v0001"])
def test_an_unknown_version_gets_one_sentence(models: Models, name: str) -> None:
    enroll(models)
    with pytest.raises(BadInput, match=r"\(v0001\)"):
        models.version(name)


def test_there_is_one_writer_and_its_lock_dies_with_it(models: Models) -> None:
    waits = (
        "import pathlib, sys, tasks.registry.model_registry as m\nwith m.Models(pathlib.Path(sys.argv[1])).writing(): "
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", waits + "print('mine', flush=True); sys.stdin.read()", models.folder],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout and holder.stdout.readline() == b"mine\n"
    with (models.folder / ".lock").open("w") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    holder.kill()
    holder.communicate()
    assert enroll(models).name == "v0001"


def test_a_kill_at_any_moment_leaves_a_valid_champion_and_the_next_enrolment_succeeds(models: Models) -> None:
    enroll(models), enroll(models)
    script = [sys.executable, "-c", KILLED, str(models.folder), str(models.folder.parent / "source")]
    pipe, ends = subprocess.PIPE, list[int]()
    with subprocess.Popen(script, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin and process.stdout
        while 0 not in ends:
            before = reigning(models)
            print(len(ends), file=process.stdin, flush=True)
            ends.append(int(process.stdout.readline()))
            assert ends[-1] in (0, -signal.SIGKILL)
            after = reigning(models)  # the one from before, or the whole new one
            assert int(after[1:]) >= int(before[1:])
            for version in models.versions():
                version.check()
    assert len(ends) > 20
    assert reigning(models) == names(models)[-1] and len(names(models)) == 2
    assert [path.name for path in models.folder.glob(".*")] == [".lock"]
    assert json.loads(models.pointer.read_text())["champion"] == reigning(models)


def test_a_promotion_cut_short_is_ended_by_the_next_retraining_unless_somebody_else_was_chosen(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    enroll(models), enroll(models)
    with monkeypatch.context() as killed:
        killed.setattr(Models, "_crown", lambda *_: None)
        enroll(models)
    assert reigning(models) == "v0002"
    settled = models.settle()
    assert settled is not None and settled.version == "v0003" == reigning(models)
    assert models.settle() is None
    with monkeypatch.context() as killed:
        killed.setattr(Models, "_crown", lambda *_: None)
        enroll(models)
    models.rollback("me")
    assert models.settle() is None and reigning(models) == "v0002"
