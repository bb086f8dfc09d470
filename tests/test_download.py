"""Laws of the download, against a real server on the loopback address that can misbehave."""

import logging
import os
import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import write_sums
from tenacity import wait_none

from gan_core.errors import BadInput
from gan_core.files import sha256
from tasks import download as errand
from tasks import fetch
from tasks.download import download
from tasks.fetch import DownloadFailed
from tasks.sources import (
    CLASSES,
    FASHION_MNIST,
    FILES,
    SUMS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    IncompleteSource,
    WrongChecksum,
)

REAL = Path(os.environ.get("SYNTHETIC_DATA_SOURCE") or Path(__file__).parents[2] / "shared" / "fashion-mnist")
needs_real_files = pytest.mark.skipif(
    not all((REAL / name).is_file() for name in FILES) or sha256(REAL / TRAIN_LABELS) != FASHION_MNIST[TRAIN_LABELS],
    reason="needs the original Fashion-MNIST in SYNTHETIC_DATA_SOURCE or ../shared/fashion-mnist",
)


class Server(ThreadingHTTPServer):
    """Serves one folder, with the given faults, and counts what it was asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.honours_range = True
        self.answers_other_range = 0  # more times
        self.answers_503 = 0  # more times
        self.drops = 0  # more times, half-way through a file
        self.asked: Counter[str] = Counter()
        self.ranges: list[str] = []
        self.sent = 0  # bytes of bodies

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/data"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.removeprefix("/data/")
        self.server.asked[name] += 1
        if self.server.answers_503:
            self.server.answers_503 -= 1
            return self.answer(503, b"")
        if not (self.server.folder / name).is_file():
            return self.answer(404, b"no such file")
        self.serve((self.server.folder / name).read_bytes(), self.headers.get("Range"))

    def serve(self, content: bytes, wanted: str | None) -> None:
        if not wanted or not self.server.honours_range:
            return self.answer(200, content)
        self.server.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if self.server.answers_other_range:
            self.server.answers_other_range -= 1
            start //= 2
        if start >= len(content):
            return self.answer(416, b"", f"bytes */{len(content)}")
        self.answer(206, content[start:], f"bytes {start}-{len(content) - 1}/{len(content)}")

    def answer(self, status: int, body: bytes, content_range: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        if self.server.drops and len(body) > 1000:
            self.server.drops -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)
        self.server.sent += len(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def serving(folder: Path) -> Iterator[Server]:
    with Server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def server(tiny_source: Path) -> Iterator[Server]:
    """Serves the tiny source with its SHA256SUMS."""
    write_sums(tiny_source)
    yield from serving(tiny_source)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Server]:
    """Serves a folder that is empty at first."""
    (tmp_path / "mirror").mkdir()
    yield from serving(tmp_path / "mirror")


@pytest.fixture(autouse=True)
def isolated(elsewhere: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(fetch, "WAIT", wait_none())
    monkeypatch.setattr(errand, "HOMES", ("http://127.0.0.1:1", "http://127.0.0.1:2"))  # nobody listens there
    caplog.set_level(logging.INFO, "synthetic_data.download")


def assert_same_files(folder: Path, original: Path) -> None:
    """The folder holds what the original holds, and nothing half-done."""
    for name in FILES:
        assert (folder / name).read_bytes() == (original / name).read_bytes()
    assert not list(folder.glob("*.part")) and not list(folder.glob("*.tmp"))


def put_part(server: Server, content: bytes) -> Path:
    """The part of the training images that an earlier, killed download left behind; returns the cache folder."""
    folder = download.fn(server.url)
    (folder / TRAIN_IMAGES).unlink()
    (folder / f"{TRAIN_IMAGES}.part").write_bytes(content)
    server.asked.clear()
    return folder


def test_a_url_gives_the_files_that_it_serves_and_their_companions(server: Server) -> None:
    folder = download.fn(server.url)
    assert folder.is_absolute()
    assert_same_files(folder, server.folder)
    for name in (SUMS, CLASSES):
        assert (folder / name).read_bytes() == (server.folder / name).read_bytes()


def test_verified_files_are_not_fetched_twice_and_a_damaged_one_is(server: Server) -> None:
    folder = download.fn(server.url)
    (folder / TRAIN_LABELS).write_bytes(b"damaged")
    assert download.fn(f"{server.url}/") == folder
    assert {name: server.asked[name] for name in FILES} == dict.fromkeys(FILES, 1) | {TRAIN_LABELS: 2}
    assert_same_files(folder, server.folder)


def test_a_dropped_connection_is_continued_where_it_broke(server: Server) -> None:
    server.drops = 1
    assert_same_files(download.fn(server.url), server.folder)
    assert len(server.ranges) == 1
    sizes = sum((server.folder / name).stat().st_size for name in (*FILES, SUMS, CLASSES))
    assert server.sent == sizes


def test_a_server_without_ranges_starts_again(server: Server) -> None:
    server.drops, server.honours_range = 1, False
    assert_same_files(download.fn(server.url), server.folder)


def test_another_range_than_asked_for_is_not_appended(server: Server) -> None:
    server.drops = server.answers_other_range = 1
    assert_same_files(download.fn(server.url), server.folder)


def test_a_busy_server_is_asked_again(server: Server) -> None:
    server.answers_503 = 2
    assert_same_files(download.fn(server.url), server.folder)


def test_a_server_that_stays_busy_is_given_up(server: Server) -> None:
    server.answers_503 = 1000
    with pytest.raises(DownloadFailed, match=r"status 503.*--source"):
        download.fn(server.url)
    assert server.asked.total() == fetch.ATTEMPTS


def test_an_earlier_part_is_continued(server: Server) -> None:
    content = (server.folder / TRAIN_IMAGES).read_bytes()
    folder = put_part(server, content[:1000])
    assert_same_files(download.fn(server.url), server.folder)
    assert server.ranges == ["bytes=1000-"] and folder.is_dir()


def test_an_earlier_part_that_was_complete_is_kept(server: Server) -> None:
    put_part(server, (server.folder / TRAIN_IMAGES).read_bytes())
    sent = server.sent
    assert_same_files(download.fn(server.url), server.folder)
    assert server.sent - sent < 2000  # the companions


@pytest.mark.parametrize("rest", [b"of another file", b"x" * 10_000_000], ids=["wrong", "too long"])
def test_an_earlier_part_that_does_not_fit_is_dropped(server: Server, rest: bytes) -> None:
    put_part(server, rest)
    assert_same_files(download.fn(server.url), server.folder)


def test_wrong_bytes_never_enter_the_cache(server: Server, elsewhere: Path) -> None:
    (server.folder / TRAIN_LABELS).write_bytes((server.folder / TRAIN_IMAGES).read_bytes())
    with pytest.raises(WrongChecksum, match=SUMS):
        download.fn(server.url)
    assert not list(elsewhere.rglob(f"{TRAIN_LABELS}*"))


def test_a_page_instead_of_a_file_never_enters_the_cache(server: Server, elsewhere: Path) -> None:
    (server.folder / SUMS).unlink()
    (server.folder / TRAIN_LABELS).write_text("<html>Please log in.</html>")
    with pytest.raises(BadInput, match="gzip"):
        download.fn(server.url)
    assert not list(elsewhere.rglob(f"{TRAIN_LABELS}*"))


def test_without_sums_but_with_classes_digests_are_recorded(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    (server.folder / SUMS).unlink()
    assert_same_files(download.fn(server.url), server.folder)
    recorded = [line for line in caplog.messages if re.search(r"SHA-256 is [0-9a-f]{64}", line)]
    assert len(recorded) >= len(FILES)


def test_without_sums_a_changed_file_is_fetched_again(server: Server) -> None:
    (server.folder / SUMS).unlink()
    download.fn(server.url)
    shutil.copy(server.folder / TRAIN_IMAGES, server.folder / TRAIN_LABELS)
    assert_same_files(download.fn(server.url), server.folder)


def test_without_companions_the_published_digests_are_demanded(server: Server) -> None:
    (server.folder / SUMS).unlink()
    (server.folder / CLASSES).unlink()
    with pytest.raises(WrongChecksum, match=f"{SUMS} or {CLASSES}"):
        download.fn(server.url)
    with pytest.raises(WrongChecksum, match=f"{SUMS} or {CLASSES}"):
        download.fn(str(server.folder))


def test_sums_that_the_source_no_longer_has_no_longer_count(server: Server) -> None:
    folder = download.fn(server.url)
    (server.folder / SUMS).unlink()
    download.fn(server.url)
    assert not (folder / SUMS).exists()


def test_a_missing_file_is_named_and_not_asked_for_twice(server: Server) -> None:
    (server.folder / TRAIN_LABELS).unlink()
    with pytest.raises(DownloadFailed, match=rf"{TRAIN_LABELS}.*404"):
        download.fn(server.url)
    assert server.asked[TRAIN_LABELS] == 1


def test_two_urls_do_not_share_a_cache(server: Server, mirror: Server, tiny_source: Path) -> None:
    shutil.copytree(tiny_source, mirror.folder, dirs_exist_ok=True)
    assert download.fn(server.url) != download.fn(mirror.url)


def test_two_downloads_at_once_do_not_disturb_each_other(server: Server) -> None:
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(download.fn(server.url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(folders) == 4 and all(server.asked[name] == 1 for name in FILES)
    assert_same_files(folders[0], server.folder)


def test_a_folder_is_used_in_place(tiny_source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert download.fn(str(tiny_source)) == tiny_source.resolve()
    monkeypatch.setenv("SYNTHETIC_DATA_SOURCE", str(tiny_source))
    assert download.fn(None) == tiny_source.resolve()


def test_a_changed_file_in_a_folder_with_sums_is_refused(tiny_source: Path) -> None:
    write_sums(tiny_source)
    download.fn(str(tiny_source))
    shutil.copy(tiny_source / TRAIN_IMAGES, tiny_source / TRAIN_LABELS)
    with pytest.raises(WrongChecksum, match=TRAIN_LABELS):
        download.fn(str(tiny_source))


def test_a_folder_that_is_absent_or_lacks_a_file_is_refused(tiny_source: Path) -> None:
    with pytest.raises(IncompleteSource, match="absent"):
        download.fn("absent")
    (tiny_source / TRAIN_LABELS).unlink()
    with pytest.raises(IncompleteSource, match=TRAIN_LABELS):
        download.fn(str(tiny_source))


def test_sums_without_a_line_for_each_file_are_refused(tiny_source: Path) -> None:
    (tiny_source / SUMS).write_text(f"{'0' * 64}  {TRAIN_IMAGES}\n")
    with pytest.raises(IncompleteSource, match=TRAIN_LABELS):
        download.fn(str(tiny_source))


def test_without_source_and_network_one_line_says_what_to_do() -> None:
    with pytest.raises(DownloadFailed) as caught:
        download.fn(None)
    message = str(caught.value)
    assert "\n" not in message
    for word in ("127.0.0.1:1", "127.0.0.1:2", "--source", "SYNTHETIC_DATA_SOURCE"):
        assert word in message


@pytest.mark.parametrize("url", ["http://[", "http://", "https://127.0.0.1:1/data"])
def test_a_url_that_leads_nowhere_is_an_input_error(url: str) -> None:
    with pytest.raises(DownloadFailed):
        download.fn(url)


def test_a_cache_that_cannot_be_written_is_an_input_error(server: Server, elsewhere: Path) -> None:
    (elsewhere / "cache").write_text("a file in the way")
    with pytest.raises(DownloadFailed, match="XDG_CACHE_HOME"):
        download.fn(server.url)


@pytest.mark.parametrize("place", ["cache/synthetic-data/fashion-mnist", "keras/datasets/fashion-mnist"])
def test_a_known_place_with_another_data_set_is_passed_over(
    tiny_source: Path, elsewhere: Path, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    write_sums(tiny_source)
    shutil.copytree(tiny_source, elsewhere / place)
    with pytest.raises(DownloadFailed):
        download.fn(None)
    assert any(line.startswith("Passed over") and place in line for line in caplog.messages)


@needs_real_files
@pytest.mark.parametrize(
    "place",
    [
        "cache/synthetic-data/fashion-mnist",
        "keras/datasets/fashion-mnist",
        "data/fashion-mnist",
        "../shared/fashion-mnist",
    ],
)
def test_the_original_is_found_where_people_have_it(
    elsewhere: Path, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = elsewhere / place
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).symlink_to(REAL.resolve() / name)
    assert download.fn(None) == folder.resolve()
    assert f"Using the images in {folder.resolve()}" in caplog.messages


@needs_real_files
def test_the_original_is_fetched_from_the_second_mirror_if_the_first_is_down_or_wrong(
    server: Server, mirror: Server, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errand, "HOMES", (server.url, mirror.url))
    for name in FILES:
        (mirror.folder / name).symlink_to(REAL.resolve() / name)
    (server.folder / TRAIN_IMAGES).unlink()  # the other three are there, but are not the original
    mirror.drops = 1
    folder = download.fn(None)
    assert folder == (elsewhere / "cache" / "synthetic-data" / "fashion-mnist").resolve()
    assert_same_files(folder, REAL)
    assert len(mirror.ranges) == 1 and not server.asked[SUMS]
    assert download.fn(None) == folder and mirror.asked.total() == len(FILES) + 1
