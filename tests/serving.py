"""A server on the loopback address for the tests of installing: files from memory, ranges, downloads that break off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Server(BaseHTTPRequestHandler):
    """Files from memory; `cut` breaks a download off after so many bytes (`only`: of this path); ranges are served."""

    files: dict[str, bytes]
    asked: list[tuple[str, str, str]]
    cut: int
    only: str
    tag: str

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        Server.asked.append((self.command, self.path, self.headers.get("Range", "")))
        data = Server.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        start = 0
        if self.headers.get("Range") and self.headers.get("If-Range") == Server.tag:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        if start >= len(data) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("ETag", Server.tag)
        self.end_headers()
        if body:
            cut = Server.cut if Server.only in ("", self.path) else 0
            self.wfile.write(data[start:][: cut or None])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Server.files, Server.asked, Server.cut, Server.only, Server.tag = {}, [], 0, "", '"one"'
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()
