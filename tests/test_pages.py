"""Laws of the pages: what README and docs say can be typed, followed and found."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclopts import App, CycloptsError, MissingArgumentError
from pydantic import ValidationError
from servers import ROOT

from flows.commands.main import app
from flows.commands.options import ExperimentOptions, ExportOptions, RetrainOptions, read_settings
from gan_core.config import EXPERIMENTS, Experiment, ExportSettings, RetrainSettings, Settings
from tasks.export.contents import ALL_FORMATS

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LONGEST_README = 120  # lines
FLOORS = ("flows", "tasks", "gan_core")
FOLDERS = (*FLOORS, "tests", "docs", "deploy", "benchmarks")
COMMAND = ("synthetic-data", ".venv/bin/synthetic-data")
TAKING_OPTIONS = (  # whole command lines, to which more options may be added
    *(["run"], ["audit"], ["examine"], ["inspect"], ["sweep"], ["compare"], ["retrain"], ["worth"]),
    *(["export", "--out", "dataset"], ["verify", "dataset"], ["server", "setup"]),
    ["push", "runs/latest", "hf://models/OWNER/NAME"],
)
READ_BY: dict[type, type[Settings]] = {
    ExperimentOptions: Experiment,
    ExportOptions: ExportSettings,
    RetrainOptions: RetrainSettings,
}
SETTING = re.compile(r"SYNTHETIC_DATA_[A-Z_]+")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= LONGEST_README


@each_page
def test_every_command_line_is_one_that_the_command_takes(page: Path) -> None:
    text = page.read_text("utf-8")

    faults = [fault for line in block_lines(text) if (fault := fault_of(line))]
    faults += [fault for span in spans(text) if (fault := fault_of(span, whole=False))]

    assert not faults


@each_page
def test_every_link_leads_to_a_page_and_a_heading_that_exist(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text("utf-8")))

    dead = [link for link in links if not link.startswith(("http://", "https://")) and not leads(page, link)]

    assert not dead


@each_page
def test_every_test_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"\btest_\w+\b(?!\.py)", page.read_text("utf-8")))
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

    assert not {name for name in named if f"def {name}(" not in sources}


@each_page
def test_every_file_and_module_that_is_named_exists(page: Path) -> None:
    absent = [span for span in spans(page.read_text("utf-8")) if is_place(span) and not exists(span)]

    assert not absent


@each_page
def test_every_setting_and_deployment_that_is_named_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    deployed = re.findall(r"prefect deployment run (?:[\w-]+/)?([a-z][\w-]*)", text)

    assert set(SETTING.findall(text)) <= settings_of_the_code()
    assert set(deployed) <= deployments()


def test_the_guide_has_each_command_setting_format_and_experiment() -> None:
    guide = (ROOT / "docs/guide.md").read_text("utf-8")
    typed = {tuple(words[:2]) for line in block_lines(guide) if (words := our_words(line))}

    assert {words[0] for words in typed} >= set(names_of(app))
    assert {words for words in typed if words[0] in ("models", "server")} == {
        (name, inner) for name in ("models", "server") for inner in names_of(app[name])
    }
    assert settings_of_the_code() <= set(SETTING.findall(guide))
    assert {*ALL_FORMATS, *EXPERIMENTS} <= set(re.findall(r"^\| `([\w-]+)` \|", guide, re.MULTILINE))


def test_the_index_has_each_page_and_operations_each_deployment() -> None:
    index, operations = ((ROOT / "docs" / name).read_text("utf-8") for name in ("index.md", "operations.md"))

    assert {page.name for page in PAGES if page.name != "index.md"} <= {Path(link).name for link in links_in(index)}
    assert deployments() <= set(re.findall(r"^\| `([\w-]+)` \|", operations, re.MULTILINE))


@pytest.mark.parametrize(
    "line",
    [
        "synthetic-data runn",
        "synthetic-data run --gan.epoch 3",
        "synthetic-data run --gan.epochs many",
        "synthetic-data run --experiment huge",
        "synthetic-data export --format npz",
        "synthetic-data export --format npy --out dataset",
        "synthetic-data models shov v0003",
        "SYNTHETIC_DATA_RUNS=here .venv/bin/synthetic-data compare --ouch",
        "make runn",
        "python -m benchmarks.velocity",
    ],
)
def test_a_wrong_line_is_noticed(line: str) -> None:
    assert fault_of(line)


@pytest.mark.parametrize("words", ["--dusk", "--dusk 4", "--gan.epoch 3", "--experiment huge"])
def test_a_wrong_option_is_noticed(words: str) -> None:
    assert fault_of(words, whole=False)


def test_a_dead_link_and_a_dead_path_are_noticed() -> None:
    page = ROOT / "README.md"

    assert not leads(page, "docs/absent.md")
    assert not leads(page, "docs/guide.md#absent")
    assert leads(page, "docs/guide.md#your-own-pictures")
    for absent in ("gan_core/gan/absent.py", "gan_core/absent/", "docs/absent*.md", "benchmarks.absent", "absent.yaml"):
        assert is_place(absent) and not exists(absent)
    for present in ("gan_core/gan/training_loop.py", "gan_core/gan/", "docs/*.md", "benchmarks.speed", "prefect.yaml"):
        assert is_place(present) and exists(present)
    assert not is_place("generator/generator.npz")


def prose(text: str) -> str:
    """The page without its code blocks."""
    without_fences = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^ {4,}.*$", "", without_fences, flags=re.MULTILINE)


def spans(text: str) -> list[str]:
    """What stands in backticks outside of code blocks."""
    return re.findall(r"`([^`\n]+)`", prose(text))


def links_in(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", prose(text))


def block_lines(text: str) -> Iterator[str]:
    """The lines of code blocks, fenced or indented, each with those that a backslash continues it by."""
    fenced = False
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()


def words_of(line: str) -> list[str]:
    """The words of a command line without its comment and the variables before it."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # no command line
        return []
    while words and re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    return words


def our_words(line: str) -> list[str]:
    """What follows our command, or nothing where the line calls another one."""
    words = words_of(line)
    return words[1:] if words and words[0] in COMMAND else []


def fault_of(line: str, *, whole: bool = True) -> str:
    """What is wrong with a command line or a part of one, empty where nothing is; other programs' are not looked at."""
    words = words_of(line)
    if words and words[0] in COMMAND:
        return parser_fault(words[1:], whole=whole)
    if words and words[0] == "make":
        return "" if set(targets_in(words)) <= make_targets() else f"no such target: {line}"
    if words[1:2] == ["-m"] and is_place(words[2]):
        return "" if exists(words[2]) else f"no such module: {line}"
    if not whole and words and re.match(r"--[a-z]", words[0]):
        return "" if option_exists(words) else f"no such option: {line}"
    return ""


def parser_fault(words: list[str], *, whole: bool) -> str:
    """What the real parser says against the words, or we against the names of experiments and formats in them."""
    if "--help" in words:
        words = [word for word in words if word != "--help"]
        whole = False
    try:
        _, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    except MissingArgumentError as error:
        return str(error) if whole else ""
    except CycloptsError as error:
        return str(error)
    try:
        for options in bound.arguments.values():
            if type(options) in READ_BY:
                READ_BY[type(options)].model_validate(read_settings(options))
    except ValidationError as error:
        return str(error)
    return unknown_names(bound.arguments)


def unknown_names(given: dict[str, Any]) -> str:
    experiment, formats = given.get("experiment", "standard"), given.get("format", "npz").split(",")
    if experiment not in EXPERIMENTS:
        return f"no such experiment: {experiment}"
    return "" if set(formats) <= set(ALL_FORMATS) else f"no such format: {formats}"


def option_exists(words: list[str]) -> bool:
    """Whether one of our commands takes these options, of which the last may lack its value."""
    return not all(parser_fault([*command, *words], whole=False) for command in TAKING_OPTIONS)


def names_of(command: App) -> list[str]:
    """The names of its commands."""
    return [name for name in command if not name.startswith("-")]


def targets_in(words: list[str]) -> list[str]:
    return [word for word in words[1:] if "=" not in word]


@cache
def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@cache
def deployments() -> set[str]:
    settings = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    return {deployment["name"] for deployment in settings["deployments"]}


@cache
def settings_of_the_code() -> set[str]:
    """The environment variables of ours that the code or the deployments read."""
    code = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")]
    return {name for path in (*code, ROOT / "prefect.yaml") for name in SETTING.findall(path.read_text("utf-8"))}


def is_place(span: str) -> bool:
    """Whether the words in backticks name a file, folder or module of this repository; files may have a *."""
    path = rf"(?:{'|'.join(FOLDERS)})/[\w./*-]*"
    module = rf"(?:{'|'.join(FOLDERS)})(?:\.\w+)+"
    return bool(re.fullmatch(rf"{path}|{module}|[\w-]+\.(?:toml|yaml)|requirements\.txt|Makefile", span))


def exists(span: str) -> bool:
    """Whether the file, folder or module is there."""
    module = "" if "/" in span else span.replace(".", "/")
    return any(list(ROOT.glob(name)) for name in (span.rstrip("/"), module, f"{module}.py") if name)


def leads(page: Path, link: str) -> bool:
    """Whether a relative link leads to a file or folder, and to a heading where it names one."""
    place, _, anchor = link.partition("#")
    target = page.parent / place if place else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
