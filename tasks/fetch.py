"""One file over HTTP: continued where it broke off, retried, checked, and complete or absent."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from tenacity import Retrying, before_sleep_log, retry_if_exception, stop_after_attempt, wait_exponential_jitter
from tenacity.wait import wait_base

from gan_core.errors import BadInput
from gan_core.files import atomic_write

ATTEMPTS = 5
WAIT: wait_base = wait_exponential_jitter(initial=1, max=30, jitter=1)  # seconds
TIMEOUT = httpx.Timeout(30, connect=10)  # seconds
ABSENT = {403, 404, 410}  # S3 answers 403 for a missing file where listing is forbidden
PASSING = {408, 416, 425, 429, 500, 502, 503, 504}
UNREACHABLE = (httpx.HTTPError, httpx.InvalidURL)

logger = logging.getLogger("synthetic_data.download")


class DownloadFailed(BadInput):
    """No home of a file would give it."""


def fetch_from_any(homes: Sequence[str], target: Path, check: Callable[[Path], None]) -> None:
    """Download the file of `target`'s name from the first home that gives one which passes `check`."""
    failures = []
    for home in homes:
        try:
            return fetch(f"{home}/{target.name}", target, check)
        except UNREACHABLE as error:
            failures.append(f"{home} ({reason(error)})")
        except BadInput as error:
            if home == homes[-1]:
                raise
            failures.append(f"{home} (another file)")
            logger.warning("Passed over %s: %s", home, error)
    raise DownloadFailed(
        f"Expected to download {target.name}, but tried in vain {' and '.join(failures)}; "
        "point at a copy with --source DIR or SYNTHETIC_DATA_SOURCE."
    )


def fetch(url: str, target: Path, check: Callable[[Path], None]) -> None:
    """Download `url` by way of `<target>.part`, which stays for the next attempt unless `check` raises BadInput."""
    part = target.with_name(f"{target.name}.part")
    continued = part.exists()
    retrying()(receive, url, part)
    try:
        check(part)
    except BadInput:
        part.unlink()
        if not continued:
            raise
        logger.warning("The part of %s left by an earlier download did not fit; starting again", target.name)
        return fetch(url, target, check)
    part.replace(target)


def fetch_if_present(url: str, target: Path) -> None:
    """Download a small file; where there is none, an old copy goes too."""
    response = retrying()(ask, url)
    if response.status_code in ABSENT:
        return target.unlink(missing_ok=True)
    with atomic_write(target) as file:
        file.write(response.content)


def retrying() -> Retrying:
    """The patience with a network: growing waits with jitter, for what may pass by itself."""
    return Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=WAIT,
        retry=retry_if_exception(may_pass),
        before_sleep=before_sleep_log(logger, logging.WARNING),
        reraise=True,
    )


def may_pass(error: BaseException) -> bool:
    """Whether another attempt could end otherwise."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in PASSING
    return isinstance(error, httpx.TransportError)


def reason(error: Exception) -> str:
    """An HTTP error in a few words."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    return str(error) or type(error).__name__


def ask(url: str) -> httpx.Response:
    """The whole response to a GET request, which may say that the file is absent."""
    response = httpx.get(url, timeout=TIMEOUT, follow_redirects=True)
    if response.status_code not in ABSENT:
        response.raise_for_status()
    return response


def receive(url: str, part: Path) -> None:
    """Continue `part` from its end until it holds all of `url`."""
    held = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={held}-"} if held else {})
    with httpx.stream("GET", url, headers=headers, timeout=TIMEOUT, follow_redirects=True) as response:
        content_range = response.headers.get("Content-Range", "")
        if response.status_code == 416:
            if content_range == f"bytes */{held}":
                return  # the part was complete already
            part.unlink(missing_ok=True)
        response.raise_for_status()
        if response.status_code == 206 and not content_range.startswith(f"bytes {held}-"):
            part.unlink(missing_ok=True)
            raise httpx.RemoteProtocolError(f"asked for bytes {held}-, got {content_range!r}")
        store(response, part, held if response.status_code == 206 else 0)


def store(response: httpx.Response, part: Path, held: int) -> None:
    """Write the body behind the first `held` bytes of `part`, with a progress bar on a terminal."""
    length = response.headers.get("Content-Length", "")
    with part.open("ab" if held else "wb") as file, progress_bar() as bar:
        shown = bar.add_task(part.stem, total=held + int(length) if length.isdigit() else None, completed=held)
        for block in response.iter_raw():  # raw: a server may label a .gz file as an encoding
            file.write(block)
            bar.update(shown, advance=len(block))
        file.flush()
        os.fsync(file.fileno())


def progress_bar() -> Progress:
    """A bar on standard error that is silent where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process downloads into `folder`; Windows, which has no flock, does not wait."""
    with (folder / ".lock").open("w") as lock:
        with suppress(ImportError):
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
