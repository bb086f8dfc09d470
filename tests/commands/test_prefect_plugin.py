"""Laws of the plugin: which command lines it completes, and that it leaves everything else alone."""

import logging
import subprocess
import sys

import pytest
from prefect.plugins import HookContext

from flows.commands.prefect_plugin import DEPLOYED_TO, setup_environment, with_full_name

RUN = ("deployment", "run")


@pytest.mark.parametrize(
    "before",
    [
        (),
        ("--watch",),
        ("--param", "a=1"),
        ("-p", "a=1", "--tag", "nightly", "--start-in", "2 days"),
        ("--param=a=1",),
        ("--params", "-"),
        ("--watch", "--watch-interval", "5"),
        ("--",),
    ],
)
@pytest.mark.parametrize("after", [(), ("--watch",), ("--flow-run-name", "name"), ("-p", "path=/tmp/name")])
@pytest.mark.parametrize("globally", [(), ("--no-prompt",), ("--profile", "local"), ("-p", "deployment")])
def test_a_bare_name_becomes_full_wherever_it_stands(
    globally: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    argv = ["prefect", *globally, *RUN, *before, "name", *after]

    assert with_full_name(argv) == ["prefect", *globally, *RUN, *before, "name/name", *after]


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "--version",
        "deployment",
        "deployment run",
        "deployment run --help",
        "deployment run --id 0a1b",
        "deployment run --watch --id 0a1b",
        "deployment run --param",
        "deployment run flow/name",
        "deployment run flow/name --tag name",
        "deployment inspect name",
        "deployment schedule resume name 0a1b",
        "deploy --all",
        "flow-run logs name",
        "shell watch deployment run name",
    ],
)
def test_every_other_command_stays_as_it_is(arguments: str) -> None:
    argv = ["prefect", *arguments.split()]

    assert with_full_name(argv) == argv


def test_a_full_name_stays_full() -> None:
    once = with_full_name(["prefect", *RUN, "name"])

    assert with_full_name(once) == once


def test_the_plugin_loads_neither_flows_nor_tensorflow() -> None:
    loaded = (
        "import sys, flows.commands.prefect_plugin\n"
        "print(*sorted({'flows.synthetic_data', 'tensorflow'} & set(sys.modules)))"
    )

    assert subprocess.check_output([sys.executable, "-c", loaded], text=True).strip() == ""


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> HookContext:
    for name in DEPLOYED_TO:
        monkeypatch.delenv(name, raising=False)
    return HookContext(prefect_version="3", api_url=None, logger_factory=logging.getLogger)


@pytest.mark.parametrize("program", ["/somewhere/bin/prefect", "prefect.exe"])
def test_the_prefect_command_gets_full_names_and_the_local_server(
    monkeypatch: pytest.MonkeyPatch, context: HookContext, program: str
) -> None:
    monkeypatch.setattr(sys, "argv", [program, *RUN, "name"])

    result = setup_environment(ctx=context)

    assert sys.argv == [program, *RUN, "name/name"]
    assert result is not None and result.env == DEPLOYED_TO | {"PREFECT_API_URL": "http://127.0.0.1:4200/api"}


def test_what_is_set_stays_set(monkeypatch: pytest.MonkeyPatch, context: HookContext) -> None:
    monkeypatch.setattr(sys, "argv", ["prefect", "version"])
    monkeypatch.setenv("SYNTHETIC_DATA_POOL", "kubernetes")
    context.api_url = "https://elsewhere.example/api"

    result = setup_environment(ctx=context)

    assert result is not None and list(result.env) == ["SYNTHETIC_DATA_IMAGE"]


def test_another_program_keeps_its_arguments_and_surroundings(
    monkeypatch: pytest.MonkeyPatch, context: HookContext
) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest", *RUN, "name"])

    assert setup_environment(ctx=context) is None
    assert sys.argv == ["pytest", *RUN, "name"]
