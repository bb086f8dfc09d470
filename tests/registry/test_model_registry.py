"""Laws of the registry: versions never change, a valid champion is always there, and a kill does no harm."""

import fcntl
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.commands.models import list_, show
from gan_core.config import RetrainSettings
from gan_core.errors import BadInput
from gan_core.measures.challenger_comparison import Verdict
from tasks.registry.champion_pointer import ChampionPointer
from tasks.registry.model_registry import ModelRegistry, Version, require_start
from tasks.registry.records import Record, VersionOrigin

ROOT = Path(__file__).parents[2]
PROMOTED, REFUSED = Verdict(True, "Better.", {"accuracy": 0.9}), Verdict(False, "Worse.", {"accuracy": 0.8})

# For each number n on its standard input: in a process of its own, enrolls a better challenger and ends itself with
# SIGKILL before or after its n-th change of the file system. Prints how that ended.
KILLED = """
import os, pathlib, shutil, signal, sys
from gan_core.measures.challenger_comparison import Verdict
from tasks.registry.model_registry import ModelRegistry
from tasks.registry.records import VersionOrigin
models, source = ModelRegistry(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2])
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
def add_version():
    for name in ("fsync", "rename", "replace", "unlink", "rmdir", "chmod", "mkdir"):
        setattr(os, name, counted(getattr(os, name)))
    models.finish_interrupted_promotion()
    met = models.champion()
    origin = VersionOrigin("a killed process", "run", "data", met.name if met else None)
    better = Verdict(True, "Better.", {"accuracy": 0.9})
    models.add_version(models.next_name(), {"generator.npz": source}, better, origin, 1)
for line in sys.stdin:
    left = int(line)
    if not (child := os.fork()):
        add_version()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def models(tmp_path: Path) -> ModelRegistry:
    return ModelRegistry(tmp_path / "models")


def add_version(
    models: ModelRegistry, verdict: Verdict = PROMOTED, *, keep: int = 9, champion: str | None = ""
) -> Version:
    """A version whose generator is its own name, made beside the champion, or beside whom the test says."""
    name, met = models.next_name(), models.champion()
    source = models.folder.parent / "source"
    source.write_text(name)
    origin = VersionOrigin("me@here", "run", "data", (met.name if met else None) if champion == "" else champion)
    models.add_version(name, {"generator.npz": source}, verdict, origin, keep)
    return models.version(name)


def champion_name(models: ModelRegistry) -> str:
    champion = models.champion()
    assert champion is not None
    champion.check()
    return champion.name


def names(models: ModelRegistry) -> list[str]:
    return [version.name for version in models.versions()]


def test_a_version_says_who_made_it_when_on_which_figures_and_why(models: ModelRegistry) -> None:
    record = add_version(models).record
    assert (record.version, record.who, record.run_id, record.champion) == ("v0001", "me@here", "run", None)
    assert (record.decision, record.reason, record.figures) == ("promoted", "Better.", {"accuracy": 0.9})
    assert record.when.endswith("+00:00")
    assert Record.model_validate_json(record.model_dump_json()) == record


def test_who_is_refused_is_kept_and_does_not_reign(models: ModelRegistry) -> None:
    assert add_version(models, REFUSED).name == "v0001" and models.champion() is None
    assert add_version(models).name == champion_name(models) == "v0002"
    assert add_version(models, REFUSED).name == "v0003" and champion_name(models) == "v0002"


def test_a_version_cannot_be_written_to_and_a_changed_one_is_refused(models: ModelRegistry) -> None:
    add_version(models)
    second = add_version(models)
    assert not any(path.stat().st_mode & 0o222 for path in second.folder.iterdir())
    models.rollback("me")
    second.generator.chmod(0o644)
    second.generator.write_text("changed")
    with pytest.raises(BadInput, match="as it was made"):
        models.promote("v0002", "me")
    assert champion_name(models) == "v0001"


def test_promotion_by_hand_leaves_its_own_record(models: ModelRegistry) -> None:
    for verdict in (PROMOTED, REFUSED):
        add_version(models, verdict)
    promotion = models.promote("2", "you@there")
    assert champion_name(models) == "v0002"
    assert (promotion.version, promotion.action, promotion.who, promotion.figures) == (
        "v0002",
        "promoted",
        "you@there",
        {"accuracy": 0.8},
    )
    assert models.version("v0002").record.decision == "refused"
    with pytest.raises(BadInput, match="another version than the champion"):
        models.promote("v0002", "you@there")


def test_each_rollback_goes_one_further_back(models: ModelRegistry) -> None:
    for _ in range(3):
        add_version(models)
    assert [models.rollback("me").version for _ in range(2)] == ["v0002", "v0001"]
    with pytest.raises(BadInput, match="earlier champion"):
        models.rollback("me")
    models.promote("v0003", "me")
    assert models.rollback("me").version == "v0001" == champion_name(models)
    lineage = models.lineage()
    assert lineage is not None and [promotion.action for promotion in lineage.promotions].count("rolled back") == 3


def test_old_versions_go_but_never_the_champion_nor_the_one_before_it(models: ModelRegistry) -> None:
    for verdict in (PROMOTED, REFUSED, PROMOTED, *[REFUSED] * 6):
        add_version(models, verdict, keep=2)
    assert names(models) == ["v0001", "v0003", "v0008", "v0009"] and champion_name(models) == "v0003"
    models.rollback("me")
    add_version(models, REFUSED, keep=1)
    assert names(models) == ["v0001", "v0010"] and champion_name(models) == "v0001"


def test_numbers_are_not_used_again(models: ModelRegistry) -> None:
    made = [add_version(models, verdict, keep=1).name for verdict in (REFUSED, REFUSED, PROMOTED, REFUSED)]
    assert made == ["v0001", "v0002", "v0003", "v0004"]


def test_a_verdict_over_somebody_who_reigns_no_more_does_not_count(models: ModelRegistry) -> None:
    add_version(models), add_version(models)
    late = add_version(models, champion="v0001")
    assert late.record.decision == "refused" and "changed" in late.record.reason and champion_name(models) == "v0002"


@pytest.mark.parametrize("text", ["", "{}", "[1]", "{", "\xff", '{"champion": "me", "promotions": []}'])
@pytest.mark.parametrize("name", ["champion.json", "v0001/record.json"])
def test_a_damaged_file_is_named_with_what_to_do(models: ModelRegistry, name: str, text: str) -> None:
    add_version(models)
    damaged = models.folder / name
    damaged.chmod(0o644)
    damaged.write_bytes(text.encode("latin-1"))
    read = models.champion if name == "champion.json" else lambda: models.version("1").record
    with pytest.raises(BadInput, match=rf"^Expected {damaged} as .+, got .+; restore it from a copy, or .+\.$"):
        read()
    with pytest.raises(BadInput, match=str(damaged)):
        require_start(models, RetrainSettings())


def test_a_champion_whose_folder_is_gone_is_told_as_that_and_another_can_be_promoted(models: ModelRegistry) -> None:
    add_version(models, REFUSED), add_version(models)
    shutil.rmtree(models.folder / "v0002")
    with pytest.raises(BadInput, match=r"champion\.json names, v0002, among the versions there \(v0001\), got none;"):
        models.champion()
    models.promote("v0001", "me")
    assert champion_name(models) == "v0001"


def test_a_version_that_has_lost_its_generator_says_so_and_offers_no_export(
    models: ModelRegistry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SYNTHETIC_DATA_MODELS", str(models.folder))
    version = add_version(models)
    show(version.name)
    assert f"export --generator {version.generator}" in capsys.readouterr().out
    version.generator.unlink()
    list_()
    assert "It has lost generator.npz." in capsys.readouterr().out
    with pytest.raises(BadInput, match=str(version.generator)):
        show(version.name)
    assert "export" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["v0009", "x", "", "../v0001", "v\u0660\u0660\u0660\u0661"])
def test_an_unknown_version_gets_one_sentence(models: ModelRegistry, name: str) -> None:
    add_version(models)
    with pytest.raises(BadInput, match=r"\(v0001\)"):
        models.version(name)


def test_there_is_one_writer_and_its_lock_dies_with_it(models: ModelRegistry) -> None:
    waits = (
        "import pathlib, sys, tasks.registry.model_registry as m\n"
        "with m.ModelRegistry(pathlib.Path(sys.argv[1])).writing(): "
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
    assert add_version(models).name == "v0001"


def test_a_kill_at_any_moment_leaves_a_valid_champion_and_the_next_enrolment_succeeds(models: ModelRegistry) -> None:
    add_version(models), add_version(models)
    script = [sys.executable, "-c", KILLED, str(models.folder), str(models.folder.parent / "source")]
    pipe, ends = subprocess.PIPE, list[int]()
    with subprocess.Popen(script, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin and process.stdout
        while 0 not in ends:
            before = champion_name(models)
            print(len(ends), file=process.stdin, flush=True)
            ends.append(int(process.stdout.readline()))
            assert ends[-1] in (0, -signal.SIGKILL)
            after = champion_name(models)  # the one from before, or the whole new one
            assert int(after[1:]) >= int(before[1:])
            for version in models.versions():
                version.check()
    assert len(ends) > 20
    assert champion_name(models) == names(models)[-1] and len(names(models)) == 2
    assert [path.name for path in models.folder.glob(".*")] == [".lock"]
    assert json.loads(models.pointer.file.read_text())["champion"] == champion_name(models)


def test_a_promotion_cut_short_is_ended_by_the_next_retraining_unless_somebody_else_was_chosen(
    models: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_version(models), add_version(models)
    with monkeypatch.context() as killed:
        killed.setattr(ChampionPointer, "set_champion", lambda *_: None)
        add_version(models)
    assert champion_name(models) == "v0002"
    settled = models.finish_interrupted_promotion()
    assert settled is not None and settled.version == "v0003" == champion_name(models)
    assert models.finish_interrupted_promotion() is None
    with monkeypatch.context() as killed:
        killed.setattr(ChampionPointer, "set_champion", lambda *_: None)
        add_version(models)
    models.rollback("me")
    assert models.finish_interrupted_promotion() is None and champion_name(models) == "v0002"
