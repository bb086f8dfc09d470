"""One file over HTTP: continued where it broke off, retried, checked, and complete or absent."""

import logging
import os
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter
from tenacity.wait import wait_base

from gan_core.errors import BadInput
from gan_core.files import atomic_write, without_password

ATTEMPTS = 5
ATTEMPTS_WITHOUT_NETWORK = 2  # where no name is found or the proxy is dead: a second look, and a quick answer
WAIT: wait_base = wait_exponential_jitter(initial=1, max=30, jitter=1)  # seconds
TIMEOUT = httpx.Timeout(30, connect=10)  # seconds
ABSENT = {403, 404, 410}  # S3 answers 403 for a missing file where listing is forbidden
PASSING = {408, 416, 425, 429, 500, 502, 503, 504}
UNREACHABLE = (httpx.HTTPError, httpx.InvalidURL)

logger = logging.getLogger("synthetic_data.download")


class DownloadFailed(BadInput):
    """No home of a file would give it."""


class ImpossibleSettings(DownloadFailed):
    """The environment names a proxy, or certificates, that cannot be used at all."""


def fetch_from_any(homes: Sequence[str], target: Path, check: Callable[[Path], None]) -> None:
    """Download the file of `target`'s name from the first home that gives one which passes `check`."""
    failures = []
    for home in homes:
        try:
            return fetch(f"{home}/{target.name}", target, check)
        except UNREACHABLE as error:
            failures.append(f"{without_password(home)} ({reason(error, home)})")
        except ImpossibleSettings:
            raise
        except BadInput as error:
            if home == homes[-1]:
                raise
            failures.append(f"{without_password(home)} (another file)")
            logger.warning("Passed over %s: %s", without_password(home), error)
    raise DownloadFailed(
        f"Expected to download {target.name}, but tried in vain {' and '.join(failures)}; "
        "point at a copy with --source DIR or SYNTHETIC_DATA_SOURCE."
    )


def fetch(url: str, target: Path, check: Callable[[Path], None]) -> None:
    """Download `url` by way of `<target>.part`, which stays for the next attempt unless `check` raises BadInput."""
    part = target.with_name(f"{target.name}.part")
    continued = part.exists()
    retrying(url)(receive, url, part)
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
    response = retrying(url)(ask, url)
    if response.status_code in ABSENT:
        return target.unlink(missing_ok=True)
    with atomic_write(target) as file:
        file.write(response.content)


def retrying(url: str) -> Retrying:
    """The patience with a network: growing waits with jitter, for what may pass by itself; each failure is told."""

    def enough(state: RetryCallState) -> bool:
        return state.attempt_number >= _attempts(_error(state), url)

    def tell(state: RetryCallState) -> None:
        failure = (without_password(url), state.attempt_number, _attempts(_error(state), url))
        logger.warning("%s failed (attempt %d of %d): %s; trying again", *failure, reason(_error(state), url))

    return Retrying(stop=enough, wait=WAIT, retry=retry_if_exception(may_pass), before_sleep=tell, reraise=True)


def _error(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    return error or RuntimeError("nothing failed")


def _attempts(error: BaseException, url: str) -> int:
    """After how many attempts an error is told rather than tried away."""
    at_proxy = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and proxy_setting(url)
    return ATTEMPTS_WITHOUT_NETWORK if at_proxy or caused_by(error, socket.gaierror) else ATTEMPTS


def may_pass(error: BaseException) -> bool:
    """Whether another attempt could end otherwise."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in PASSING
    settled = isinstance(error, httpx.ProxyError | httpx.UnsupportedProtocol) or caused_by(error, ssl.SSLError)
    return isinstance(error, httpx.TransportError) and not settled


def caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether an error of this kind stands behind the error, or is it."""
    while error and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None


def reason(error: BaseException, url: str) -> str:
    """An HTTP error in a few words, with the setting that may be to blame."""
    proxy, said = proxy_setting(url), str(error) or type(error).__name__
    if isinstance(error, httpx.HTTPStatusError):
        status = f"status {error.response.status_code}"
        return f"{status} through the proxy that {proxy} names" if proxy else status
    if proxy and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return f"the proxy that {proxy} names does not answer: {said}"
    if proxy and isinstance(error, httpx.ProxyError):
        return f"the proxy that {proxy} names refuses: {said}"
    if caused_by(error, ssl.SSLCertVerificationError):
        return f"{said}; if a company's proxy is in between, name its certificates in SSL_CERT_FILE"
    if caused_by(error, socket.gaierror):
        return f"its name is not found, is this machine offline? {said}"
    return said


def proxy_setting(url: str) -> str:
    """The environment variable that names a proxy for the URL, with its value; empty without one."""
    parts, proxies = httpx.URL(url), getproxies()
    kind = parts.scheme if proxies.get(parts.scheme) else "all"
    if not proxies.get(kind) or proxy_bypass(parts.host):
        return ""
    return f"{kind.upper()}_PROXY ({without_password(proxies[kind])})"


def connection() -> httpx.Client:
    """A client that heeds the environment's proxies and certificates; ImpossibleSettings names one that cannot be."""
    try:
        return httpx.Client(timeout=TIMEOUT, follow_redirects=True)
    except (ValueError, httpx.InvalidURL) as error:
        named = [f"{kind.upper()}_PROXY={without_password(value)}" for kind, value in sorted(getproxies().items())]
        raise ImpossibleSettings(
            f"Expected proxies such as http://host:port in the environment, got {' '.join(named)} and “{error}”; "
            "correct or unset them."
        ) from error
    except OSError as error:
        raise ImpossibleSettings(
            "Expected a file of certificates in SSL_CERT_FILE or a folder of them in SSL_CERT_DIR, got "
            f"{os.environ.get('SSL_CERT_FILE') or os.environ.get('SSL_CERT_DIR')} and “{error}”; correct or unset it."
        ) from error


def ask(url: str) -> httpx.Response:
    """The whole response to a GET request, which may say that the file is absent."""
    with connection() as client:
        response = client.get(url)
    if response.status_code not in ABSENT:
        response.raise_for_status()
    return response


def ask_version(url: str) -> str:
    """What the server says by which one version of a file differs from another; empty if it does not say."""

    def answer() -> httpx.Response:
        with connection() as client:
            return client.head(url)

    response = retrying(url)(answer)
    headers = response.headers
    said = [headers.get(name, "") for name in ("ETag", "Last-Modified", "Content-Length")]
    return " ".join(said).strip() if response.is_success and any(said[:2]) else ""


def receive(url: str, part: Path) -> None:
    """Continue `part` from its end until it holds all of `url`."""
    held = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={held}-"} if held else {})
    with connection() as client, client.stream("GET", url, headers=headers) as response:
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
