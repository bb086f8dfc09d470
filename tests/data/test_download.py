"""Laws of the download, against a real server on the loopback address that can misbehave."""

import gzip
import logging
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import REAL, needs_real_files, striped_images, write_source, write_sums
from http_server import Server, serving
from servers import running_store
from sources import coloured_sets, write_folder, write_zip
from tenacity import wait_none
from upath import UPath

from gan_core.config import DataSettings, Experiment
from gan_core.errors import BadInput
from gan_core.formats import read
from gan_core.parsing.idx_arrays import write_idx
from gan_core.sources.found_pictures import Found
from tasks.data import download as errand
from tasks.data import http as fetch
from tasks.data.check_experiment import check_experiment
from tasks.data.checksums import (
    CLASSES,
    FILES,
    SUMS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    IncompleteSource,
    WrongChecksum,
)
from tasks.data.download import download
from tasks.data.http import DownloadFailed
from tasks.data.normalize import normalize
from tasks.data.open_source import open_source


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


def opened(folder: Path) -> Found:
    """What is in a source on this machine."""
    return open_source(folder, DataSettings())


def counts(folder: Path) -> list[int]:
    """How many pictures each split has."""
    return [len(part.labels or ()) for part in opened(folder).parts.values()]


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


def test_without_sums_digests_are_recorded(server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (server.folder / SUMS).unlink()
    folder = download.fn(server.url)
    assert_same_files(folder, server.folder)
    normalize.fn(folder, tmp_path / "made", DataSettings(), seed=0)
    recorded = [line for line in caplog.messages if re.search(r"SHA-256 is [0-9a-f]{64}", line)]
    assert len(recorded) >= len(FILES)


def test_without_sums_a_changed_file_is_fetched_again(server: Server) -> None:
    (server.folder / SUMS).unlink()
    download.fn(server.url)
    write_idx(server.folder / TRAIN_LABELS, striped_images(600, seed=3).labels)
    assert_same_files(download.fn(server.url), server.folder)


def test_a_source_that_is_named_is_used_as_it_is_also_without_companions(server: Server) -> None:
    (server.folder / SUMS).unlink()
    (server.folder / CLASSES).unlink()
    for source in (server.url, str(server.folder)):
        found = opened(download.fn(source))
        assert [len(part.labels or ()) for part in found.parts.values()] == [600, 200] and found.class_names is None


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


def test_a_folder_that_is_absent_or_lacks_a_file_is_refused(tiny_source: Path) -> None:
    with pytest.raises(BadInput, match="absent"):
        download.fn("absent")
    (tiny_source / TRAIN_LABELS).unlink()
    with pytest.raises(IncompleteSource, match=TRAIN_LABELS):
        opened(tiny_source)


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


@pytest.fixture
def proxy_settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Lets a test set them, beginning with none."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used(server: Server, proxy_settings: pytest.MonkeyPatch, variable: str) -> None:
    proxy_settings.setenv(variable, f"http://127.0.0.1:{server.server_port}")
    assert_same_files(download.fn("http://data.invalid/data"), server.folder)
    assert server.hosts == {"data.invalid"}


def test_a_proxy_is_not_asked_for_what_no_proxy_names(server: Server, proxy_settings: pytest.MonkeyPatch) -> None:
    proxy_settings.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    proxy_settings.setenv("NO_PROXY", "localhost,127.0.0.1")
    assert_same_files(download.fn(server.url), server.folder)


@pytest.mark.parametrize(("name", "kind"), [("HTTP_PROXY", "http"), ("ALL_PROXY", "socks5")])
def test_a_dead_proxy_is_named_after_a_second_look(
    proxy_settings: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, kind: str
) -> None:
    proxy_settings.setenv(name, f"{kind}://me:secret@127.0.0.1:1")
    with pytest.raises(DownloadFailed, match=rf"proxy that {name} \({kind}://127.0.0.1:1\) names does not answer"):
        download.fn("http://data.invalid/data")
    assert [line for line in caplog.messages if "attempt" in line] == caplog.messages[-1:]
    assert "attempt 1 of 2" in caplog.text and "secret" not in caplog.text


@pytest.mark.parametrize("value", ["ftp://127.0.0.1:1", "http://127.0.0.1:port"])
def test_a_proxy_that_cannot_be_is_named_at_once(
    server: Server, proxy_settings: pytest.MonkeyPatch, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    proxy_settings.setenv("ALL_PROXY", value)
    with pytest.raises(DownloadFailed, match=re.escape(f"ALL_PROXY={value}")) as caught:
        download.fn(server.url)
    assert "\n" not in str(caught.value) and not caplog.messages


def test_a_machine_without_network_is_told_so_after_a_second_look(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    monkeypatch.setattr(errand, "HOMES", ("http://data.invalid", "http://other.invalid"))
    with pytest.raises(DownloadFailed, match=r"data.invalid.*offline.*other.invalid.*--source DIR"):
        download.fn(None)
    assert sum("attempt" in line for line in caplog.messages) == 2  # one for each home


@pytest.fixture
def certificate(server: Server, tmp_path: Path) -> Path:
    """The certificate that no one knows but by which the server, at https from now on, is trusted."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", *names]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who does not trust it hangs up
    return certificate


def test_a_certificate_must_be_trusted_and_the_setting_for_that_is_named(
    server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"https://localhost:{server.server_port}/data"
    with pytest.raises(DownloadFailed, match="SSL_CERT_FILE"):
        download.fn(url)
    assert not caplog.messages  # another attempt would not help
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert_same_files(download.fn(url), server.folder)
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificate.pem")
    with pytest.raises(DownloadFailed, match=r"SSL_CERT_FILE.*/nowhere/certificate\.pem"):
        download.fn(url)


def test_an_object_store_is_a_source_as_a_folder_is(tiny_source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_store() as store:
        for name, value in store.items():
            monkeypatch.setenv(name, value)
        UPath("s3://bucket").fs.clear_instance_cache()
        for path in tiny_source.iterdir():
            UPath(f"s3://bucket/data/raw/{path.name}").write_bytes(path.read_bytes())
        folder = download.fn("s3://bucket/data")
        assert_same_files(folder / "raw", tiny_source)
        assert counts(folder) == [600, 200]
        before = (folder / "raw" / TRAIN_IMAGES).stat().st_mtime_ns
        UPath(f"s3://bucket/data/raw/{TRAIN_LABELS}").write_bytes(b"other")
        UPath(f"s3://bucket/data/raw/{CLASSES}").unlink()
        assert download.fn("s3://bucket/data") == folder
        assert (folder / "raw" / TRAIN_IMAGES).stat().st_mtime_ns == before  # what is the same is not fetched twice
        assert (folder / "raw" / TRAIN_LABELS).read_bytes() == b"other" and not (folder / "raw" / CLASSES).exists()
        with pytest.raises(IncompleteSource, match="s3://bucket/nothing"):
            download.fn("s3://bucket/nothing")
        with pytest.raises(BadInput, match="s3://absent/data"):
            download.fn("s3://absent/data")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        UPath("s3://bucket").fs.clear_instance_cache()
        with pytest.raises(DownloadFailed, match=r"s3://bucket/data.*127\.0\.0\.1:1"):
            download.fn("s3://bucket/data")
        UPath("s3://bucket").fs.clear_instance_cache()


def test_an_archive_on_the_web_is_fetched_unpacked_and_fetched_again_when_it_has_changed(
    mirror: Server, tmp_path: Path
) -> None:
    sets = coloured_sets()
    shutil.copy(write_zip(tmp_path / "source", sets), mirror.folder / "some pictures.zip")
    url = f"{mirror.url}/some%20pictures.zip?download=1"
    check_experiment(Experiment(source=url))
    for _ in range(2):
        place = download.fn(url)
        assert counts(place) == [48, 15] and mirror.asked["some%20pictures.zip"] == 1
    shutil.copy(write_zip(tmp_path / "other", {"train": sets["train"]}), mirror.folder / "some pictures.zip")
    assert counts(download.fn(url)) == [48]
    mirror.says_versions = False
    download.fn(url), download.fn(url)
    assert mirror.asked["some%20pictures.zip"] == 4


@pytest.mark.parametrize("name", ["set.zip", "set.tar.gz", "set.npz", "set.parquet"])
def test_a_page_instead_of_an_archive_never_enters_the_cache(mirror: Server, elsewhere: Path, name: str) -> None:
    (mirror.folder / name).write_text("<html>Please log in.</html>")
    with pytest.raises(BadInput, match=f"Expected {name} to be what its name says, got bytes that begin with b'<htm'"):
        download.fn(f"{mirror.url}/{name}")
    assert not list(elsewhere.rglob(f"{name}*"))
    with pytest.raises(DownloadFailed, match="404"):
        download.fn(f"{mirror.url}/absent.zip")


def test_a_place_that_fsspec_knows_is_copied_with_its_folders_and_no_file_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_folder(tmp_path / "source", coloured_sets())
    store = UPath("memory://pictures")
    for path in [*source.rglob("*.png"), source / ".hidden"]:
        (store / path.relative_to(source).as_posix()).write_bytes(path.read_bytes() if path.suffix else b"")
    for _ in range(2):
        folder = download.fn("memory://pictures")
        assert counts(folder) == [48, 15]
    assert sum("Fetching" in line for line in caplog.messages) == 1
    (store / "test" / "pear" / "00000001.png").unlink()
    assert counts(download.fn("memory://pictures")) == [48, 14]
    UPath("memory://one/set.zip").write_bytes(write_zip(tmp_path / "zip", coloured_sets()).read_bytes())
    assert counts(download.fn("memory://one/set.zip")) == [48, 15]
    store.fs.rm("/pictures", recursive=True)


def test_a_file_url_and_a_home_are_folders(tiny_source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tiny_source.parent))
    for source in (f"file://{tiny_source}", f"~/{tiny_source.name}"):
        assert download.fn(source) == tiny_source.resolve()
    monkeypatch.setenv("SYNTHETIC_DATA_SOURCE", f"~/{tiny_source.name}")
    assert download.fn(None) == tiny_source.resolve()


@pytest.mark.parametrize("source", ["absent", "file:///absent", "gopher://host/x", "zip://x", "http://"])
def test_what_can_be_no_source_is_refused_before_the_run(source: str) -> None:
    with pytest.raises(BadInput, match=r"Expected (a folder|an address|to look at)") as caught:
        check_experiment(Experiment(source=source))
    assert source.removeprefix("file://") in str(caught.value) and "\n" not in str(caught.value)


def renamed(folder: Path, old: str, new: str) -> None:
    for path in list(folder.glob("*ubyte*")):
        path.rename(path.with_name(path.name.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [("-idx", ".idx"), ("t10k", "test"), ("train", "TRAIN"), ("ubyte.gz", "UBYTE.GZ"), ("t", "letters-t")],
)
def test_files_under_other_usual_names_are_read(tiny_source: Path, old: str, new: str) -> None:
    renamed(tiny_source, old, new) if old != "t" else [
        path.rename(path.with_name(f"letters-{path.name}")) for path in list(tiny_source.glob("*ubyte*"))
    ]
    assert counts(tiny_source) == [600, 200]


@pytest.mark.parametrize("below", [".", "raw", "FashionMNIST/raw", "unpacked"])
def test_unpacked_files_are_read_in_the_folder_or_below_it(tiny_source: Path, below: str) -> None:
    place = tiny_source / below
    place.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (place / name.removesuffix(".gz")).write_bytes(gzip.decompress((tiny_source / name).read_bytes()))
        (tiny_source / name).unlink()
    assert download.fn(str(tiny_source)) == tiny_source.resolve()
    found = opened(tiny_source)
    pixels = [np.asarray(picture.content) for picture in read(found, "train")]
    assert (
        np.array_equal(pixels, striped_images(600, seed=1).images[..., 0])
        and (found.class_names or "")[0] == "stripes 0"
    )
    write_source(place, striped_images(40, seed=1), striped_images(20, seed=2))
    assert counts(tiny_source) == [40, 20]  # of a file and its compressed one, the latter


@pytest.mark.parametrize(
    ("name", "copied_as", "told"),
    [
        (TRAIN_LABELS, "train_labels.idx1.ubyte.gz", "leave one"),  # beside train-labels.idx1-ubyte.gz, see below
        (TRAIN_IMAGES, "other/train-images-idx3-ubyte.gz", ""),
    ],
)
def test_two_files_for_one_are_refused_unless_one_has_the_standard_name(
    tiny_source: Path, name: str, copied_as: str, told: str
) -> None:
    (tiny_source / copied_as).parent.mkdir(exist_ok=True)
    shutil.copy(tiny_source / name, tiny_source / copied_as)
    opened(tiny_source)
    if told:
        (tiny_source / name).rename(tiny_source / name.replace("-idx", ".idx"))
        with pytest.raises(IncompleteSource, match=told):
            opened(tiny_source)


def test_two_sets_are_not_mixed_nor_guessed(tiny_source: Path) -> None:
    for folder in ("mnist", "kmnist"):
        shutil.copytree(tiny_source, tiny_source.parent / "all" / folder)
    with pytest.raises(IncompleteSource, match=r"kmnist, mnist.*name one"):
        opened(tiny_source.parent / "all")
    for name, other in (("train", "letters-train"), ("t10k", "digits-test")):
        renamed(tiny_source, name, other)
    with pytest.raises(IncompleteSource, match="four files of one set"):
        opened(tiny_source)


def test_litter_beside_the_files_is_no_file_of_theirs(tiny_source: Path) -> None:
    renamed(tiny_source, "-idx", ".idx")
    for path in list(tiny_source.glob("*ubyte*")):
        path.with_name(f"._{path.name}").write_bytes(b"Mac OS X")
    (tiny_source / "__MACOSX").mkdir()
    (tiny_source / CLASSES).rename(tiny_source / "Classes.txt.txt")
    assert counts(tiny_source) == [600, 200] and (opened(tiny_source).class_names or "")[0] == "stripes 0"


def test_what_is_there_instead_is_named(tmp_path: Path) -> None:
    (folder := tmp_path / "other").mkdir()
    with pytest.raises(BadInput, match="got nothing"):
        opened(folder)
    (folder / "notes.doc").write_text("label,pixel1")
    with pytest.raises(BadInput, match=r"IDX files.*got notes\.doc"):
        opened(folder)


NAMES = ["Größe", "naïve", *(f"class {number}" for number in range(8))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_class_names_are_read_from_any_encoding_that_says_so(tiny_source: Path, encoding: str) -> None:
    (tiny_source / CLASSES).write_bytes("\r\n".join([" ", *(f"{name}  " for name in NAMES), ""]).encode(encoding))
    write_sums(tiny_source)
    sums = (tiny_source / SUMS).read_text().upper().replace("IDX", "idx").replace("UBYTE.GZ", "ubyte.gz")
    sums = re.sub("(TRAIN|T10K)-(IMAGES|LABELS)", lambda found: found[0].lower(), sums)
    (tiny_source / SUMS).write_bytes(sums.replace("\n", "\r\n").encode(encoding))
    assert list(opened(tiny_source).class_names or ()) == NAMES


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16-le"])
@pytest.mark.parametrize("name", [CLASSES, SUMS])
def test_a_text_in_an_encoding_that_it_does_not_say_is_named(tiny_source: Path, encoding: str, name: str) -> None:
    (tiny_source / name).write_bytes("\n".join(NAMES).encode(encoding))
    with pytest.raises(BadInput, match=rf"Expected UTF-8 text in .*{name}"):
        check_experiment(Experiment(source=str(tiny_source)))
