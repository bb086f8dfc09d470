"""A real headless Chromium for tests of pages, spoken to by its DevTools protocol."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers import wait_until
from websockets.sync.client import connect
from websockets.sync.connection import Connection

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NEEDED = "BROWSER_NEEDED"  # set by .ci/run, where a missing browser is a fault
SILENT = (  # no request of the browser's own, no desktop, and no sandbox, which root may not have
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--no-proxy-server"),
)
FAULTS = {"Runtime.exceptionThrown", "Log.entryAdded"}

needs_browser = pytest.mark.skipif(
    CHROMIUM is None and NEEDED not in os.environ, reason="no Chromium here; Debian's package is chromium"
)


class Tab:
    """A page in the browser, with what it has complained about and asked for so far."""

    def __init__(self, socket: Connection) -> None:
        self.socket, self.sent = socket, 0
        self.faults: list[Any] = []
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a method of the protocol."""
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": parameters}))
        while (message := self._read()).get("id") != self.sent:
            pass
        assert "error" not in message, message
        return message["result"]

    def open(self, page: Path, *, width: int = 1280, dark: bool = False, script: bool = True) -> None:
        """Show a page that lies in a file; return when all of it is loaded."""
        self.faults, self.requests = [], []
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Emulation.setEmulatedMedia", media="screen", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call("Page.navigate", url=page.as_uri())
        while self._read().get("method") != "Page.loadEventFired":
            pass

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, awaited if it is a promise."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def _read(self) -> dict[str, Any]:
        message = json.loads(self.socket.recv(timeout=60))
        method, about = message.get("method"), message.get("params", {})
        if method in FAULTS or (
            method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert")
        ):
            self.faults.append(about)
        if method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        return message


@contextmanager
def running_browser(folder: Path) -> Iterator[Tab]:
    """A browser with a profile of its own in `folder`, and one tab in it."""
    assert CHROMIUM, "Expected Chromium, got none; install Debian's package chromium."
    command = [CHROMIUM, *SILENT, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = folder / "DevToolsActivePort"
        wait_until(lambda: port.is_file() and port.read_text(), seconds=60)
        address = f"http://127.0.0.1:{port.read_text().split()[0]}/json/new"
        socket = httpx.put(address, trust_env=False).raise_for_status().json()["webSocketDebuggerUrl"]
        with connect(socket, max_size=None, proxy=None) as connection:
            yield Tab(connection)
    finally:
        process.terminate()
        process.wait()
