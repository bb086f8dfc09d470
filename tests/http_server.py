"""A real HTTP server on loopback that may fail in the ways that servers do."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit


class Server(ThreadingHTTPServer):
    """Serves one folder, also as a proxy, with the given faults, and counts what it was asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.honours_range = True
        self.says_versions = True
        self.answers_other_range = 0  # more times
        self.answers_503 = 0  # more times
        self.drops = 0  # more times, half-way through a file
        self.asked: Counter[str] = Counter()
        self.hosts: set[str] = set()  # that were asked for
        self.ranges: list[str] = []
        self.sent = 0  # bytes of bodies

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/data"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        path = self.server.folder / unquote(urlsplit(self.path).path.removeprefix("/data/"))
        self.send_response(200 if path.is_file() else 404)
        if path.is_file() and self.server.says_versions:
            self.send_header("ETag", hashlib.sha256(path.read_bytes()).hexdigest())
        self.end_headers()

    def do_GET(self) -> None:
        name = urlsplit(self.path).path.removeprefix("/data/")
        self.server.hosts.add(self.headers["Host"])
        self.server.asked[name] += 1
        if self.server.answers_503:
            self.server.answers_503 -= 1
            return self.answer(503, b"")
        path = self.server.folder / unquote(name)
        if not path.is_file():
            return self.answer(404, b"no such file")
        self.serve(path.read_bytes(), self.headers.get("Range"))

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
    """A server of the folder, until the generator is closed."""
    with Server(folder) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
