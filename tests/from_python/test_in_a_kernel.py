"""Laws of notebooks: the quickstart runs in a real kernel, and one that is interrupted goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import surroundings
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from servers import ROOT, tiny_experiment, wait_until

QUICKSTART = ROOT / "docs" / "quickstart.ipynb"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, where Jupyter keeps its own files too."""
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def variables(folder: Path, **more: str) -> dict[str, str]:
    """Those of a kernel with a cache and a home of Prefect in a folder."""
    return surroundings(XDG_CACHE_HOME=folder / "cache", PREFECT_HOME=folder / "prefect", **more)


def test_the_quickstart_runs_and_shows_its_table_and_pictures(
    folder: Path, tiny_source: Path, prefect_server: dict[str, str]
) -> None:
    notebook = nbformat.read(QUICKSTART, as_version=4)
    [parameters] = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    settings = tiny_experiment(tiny_source, epochs=1) | {"worth": 0}
    parameters.source = f"source, settings = {str(settings.pop('source'))!r}, {settings!r}"
    assert not any(cell.get("outputs") for cell in notebook.cells)

    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}})
    client.execute(env=variables(folder, **prefect_server))

    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    said = [(output.name, output.text) for output in shown if output.output_type == "stream"]
    assert [name for name, _ in said] == ["stdout"], said  # what it prints itself
    pages = [output.data["text/html"] for output in shown if "text/html" in output.get("data", {})]
    assert [page.count("data:image/") for page in pages] == [2, 0, 1, 0]  # report, frame, verdict, frame
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert shown[-1].data["text/plain"] == "True"


@pytest.fixture
def kernel(folder: Path, prefect_server: dict[str, str]) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    """A real kernel, and what talks to it."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), env=variables(folder, **prefect_server))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=300)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def test_a_run_that_is_interrupted_in_a_notebook_goes_on_with_the_same_call(
    kernel: tuple[KernelManager, BlockingKernelClient], folder: Path, tiny_source: Path
) -> None:
    manager, client = kernel
    settings = tiny_experiment(tiny_source, epochs=12) | {"worth": 0}
    said: list[dict[str, Any]] = []
    call = f"from synthetic_data import synthesise; report = synthesise(**{settings!r})"

    asked = client.execute(call, stop_on_error=False)  # or the kernel drops what comes within a moment of an error
    wait_until(lambda: list(folder.glob("runs/*/generator/checkpoint.npz")), seconds=250)
    manager.interrupt_kernel()
    answer = client.get_shell_msg(timeout=250)
    while answer["parent_header"]["msg_id"] != asked:  # of what was asked before
        answer = client.get_shell_msg(timeout=250)
    assert (answer["content"]["status"], answer["content"]["ename"]) == ("error", "KeyboardInterrupt")
    assert not list(folder.glob("runs/*/generator/generator.npz"))

    answer = client.execute_interactive(call, timeout=250, output_hook=lambda message: said.append(message["content"]))
    assert answer["content"]["status"] == "ok", answer
    assert len(list(folder.glob("runs/2*"))) == 1 and list(folder.glob("runs/*/report.html"))
    assert not [content["text"] for content in said if "text" in content]
