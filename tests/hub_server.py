"""A hub on loopback: the few calls of the Hugging Face hub that its own library makes to write to and read from one."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

OWNER, TOKEN = "me", "hf_secret"
REPOSITORY = r"(datasets/|models/)?(\w+/[\w.-]+)"
SMALL = ".md", ".json", ".txt", ".csv"  # what the hub keeps in git itself


class Hub(ThreadingHTTPServer):
    """Repositories by their kind and name, each a dictionary of files; the objects of all of them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.objects: dict[str, bytes] = {}
        self.commits = 0
        self.uploads: list[str] = []  # digests of the objects that came
        self.refuses_after: int | None = None  # so many uploads

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def sha(self) -> str:
        """The latest commit of all repositories."""
        return f"{self.commits:040x}"


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == "/api/whoami-v2":
            known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            return self.answer({"name": OWNER, "orgs": [{"name": "we"}]}) if known else self.answer({}, 401)
        if found := re.fullmatch(rf"/api/{REPOSITORY}(?:/revision/\w+)?", path):
            return self.tell(found[1] or "models/", found[2])
        if found := re.fullmatch(rf"/api/{REPOSITORY}/tree/\w+(?:/(.*))?", path):
            return self.list_tree(found[1] + found[2], found[3] or "")
        if found := re.fullmatch(rf"/{REPOSITORY}/resolve/\w+/(.*)", path):
            return self.resolve((found[1] or "models/") + found[2], found[3])
        self.answer({"error": path}, 404)

    def do_POST(self) -> None:
        path, body = unquote(urlsplit(self.path).path), self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer({}, 401)
        if path == "/api/validate-yaml":
            return self.answer({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            return self.create(json.loads(body))
        if found := re.fullmatch(rf"/{REPOSITORY}\.git/info/lfs/objects/batch", path):
            return self.batch(json.loads(body)["objects"])
        if found := re.fullmatch(rf"/api/{REPOSITORY}/(preupload|commit|paths-info)/\w+", path):
            return {"preupload": self.preupload, "commit": self.commit, "paths-info": self.paths_info}[found[3]](
                found[1] + found[2], body
            )
        self.answer({"error": path}, 404)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.refuses_after is not None and len(self.server.uploads) >= self.server.refuses_after:
            return self.answer({"error": "no more"}, 403)
        digest = self.path.removeprefix("/objects/")
        assert hashlib.sha256(content).hexdigest() == digest
        self.server.objects[digest] = content
        self.server.uploads.append(digest)
        self.answer({})

    def tell(self, kind: str, name: str) -> None:
        files = self.server.repositories.get(kind + name)
        if files is None:
            return self.answer({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
        siblings = [{"rfilename": each} for each in files]
        self.answer({"id": name, "sha": self.server.sha, "siblings": siblings, "private": True, "tags": []})

    def list_tree(self, repository: str, folder: str) -> None:
        files, inside = self.server.repositories[repository], f"{folder}/" if folder else ""
        recursive = "recursive=true" in self.path.lower()
        below = {name: content for name, content in files.items() if name.startswith(inside)}
        if inside and not below:
            return self.answer({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        direct = [name for name in below if recursive or "/" not in name.removeprefix(inside)]
        folders = {inside + name.removeprefix(inside).partition("/")[0] for name in below if name not in direct}
        self.answer([describe(name, below[name]) for name in direct] + list(map(describe_folder, sorted(folders))))

    def paths_info(self, repository: str, body: bytes) -> None:
        files = self.server.repositories[repository]
        paths = re.findall(r"paths=([^&]*)", unquote(body.decode())) or json.loads(body)["paths"]
        folders = [path for path in paths if any(name.startswith(f"{path}/") for name in files)]
        self.answer(
            [describe(path, files[path]) for path in paths if path in files] + list(map(describe_folder, folders))
        )

    def resolve(self, repository: str, name: str) -> None:
        content = self.server.repositories.get(repository, {}).get(name)
        if content is None:
            return self.answer({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        described = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": self.server.sha}
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            start, end = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
            described["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
            return self.send(content[start : end + 1], 206, described)
        self.send(content, 200, described)

    def create(self, wanted: dict[str, Any]) -> None:
        key = f"{wanted.get('type') or 'model'}s/{wanted['organization'] or OWNER}/{wanted['name']}"
        name = key.partition("/")[2]
        told = {"url": f"{self.server.url}/{key.removeprefix('models/')}", "name": name, "id": name}
        if key in self.server.repositories:
            return self.answer(told, 409)
        self.server.repositories[key] = {".gitattributes": b"*.npz filter=lfs"}
        self.server.private[key] = wanted.get("visibility") == "private" or bool(wanted.get("private"))
        self.server.commits += 1
        self.answer(told)

    def preupload(self, repository: str, body: bytes) -> None:
        there = self.server.repositories[repository]
        self.answer(
            {
                "files": [
                    {
                        "path": each["path"],
                        "uploadMode": "regular" if each["path"].endswith(SMALL) else "lfs",
                        "shouldIgnore": False,
                        "oid": identify(there[each["path"]], each["path"]) if each["path"] in there else None,
                    }
                    for each in json.loads(body)["files"]
                ]
            }
        )

    def batch(self, objects: list[dict[str, Any]]) -> None:
        def act(each: dict[str, Any]) -> dict[str, Any]:
            if each["oid"] in self.server.objects:
                return each
            return each | {"actions": {"upload": {"href": f"{self.server.url}/objects/{each['oid']}"}}}

        self.answer({"transfer": "basic", "objects": [act(each) for each in objects]})

    def commit(self, repository: str, body: bytes) -> None:
        files = self.server.repositories[repository]
        lines = list(map(json.loads, body.splitlines()))
        [header] = [line["value"] for line in lines if line["key"] == "header"]
        if header.get("parentCommit") not in (None, self.server.sha):
            return self.answer({"error": "A commit has happened since."}, 412)
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.server.objects[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self.server.commits += 1
        page = f"{self.server.url}/{repository.removeprefix('models/')}/commit/{self.server.sha}"
        self.answer({"commitUrl": page, "commitOid": self.server.sha})

    def answer(self, content: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send(json.dumps(content).encode(), status, {"Content-Type": "application/json"} | (headers or {}))

    def send(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def identify(content: bytes, name: str) -> str:
    """The object's name in git, or for a large file that of its content."""
    if name.endswith(SMALL):
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return hashlib.sha256(content).hexdigest()


def describe(name: str, content: bytes) -> dict[str, Any]:
    told = {"type": "file", "path": name, "size": len(content), "oid": identify(content, name)}
    large = {"oid": identify(content, name), "size": len(content), "pointerSize": 134}
    return told if name.endswith(SMALL) else told | {"lfs": large}


def describe_folder(name: str) -> dict[str, Any]:
    return {"type": "directory", "path": name, "oid": "0" * 40, "size": 0}


def serving_hub() -> Iterator[Hub]:
    """A hub without repositories, until the generator is closed."""
    with Hub() as hub:
        hub.daemon_threads = True
        thread = Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield hub
        hub.shutdown()
        thread.join()
