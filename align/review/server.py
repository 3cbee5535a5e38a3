"""The review page over HTTP, for this machine alone: `serve(session)` is what `align review` runs.

Only the loopback address is served, under a token that stands in the address once and in a cookie from then on.
Every answer names what the page may load (nothing but itself); requests that another site could have caused are
refused by Host, Origin and Sec-Fetch-Site; bodies are bounded; nothing is cached. What is decided goes to
`Session.decide`, which has it on disk before it is acknowledged.
"""

from __future__ import annotations

import json
import secrets
import socket
import threading
import webbrowser
from collections.abc import Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import page
from ..errors import AlignError, OutputError, UsageError
from ..store import output_error
from .desk import Desk, Reviewing

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    Handler = Callable[[Request], Awaitable[Response]]

LARGEST_BODY = 2_000_000  # bytes
MOST_ROWS, MOST_RECORDS = 1_000, 1_000
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class RefusalError(Exception):
    """A request that is not answered: status, what is wrong, what to do."""

    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hint = status, code, message, hint


def application(session: Reviewing, token: str, port: int) -> Starlette:
    """The review page and its interface, as an ASGI application that answers only for `port` on the loopback address."""
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import RedirectResponse, Response
    from starlette.routing import Route

    desk = Desk(session)
    cookie = f"align-{port}"
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")} | ({"127.0.0.1", "localhost", "[::1]"} if port == 80 else set())

    def check(request: Request) -> None:
        if request.headers.get("host", "").lower() not in hosts:
            raise RefusalError(421, "host", "this server answers only on the loopback address", "open the address that align review says")
        origin = request.headers.get("origin")
        if (origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}) or request.headers.get("sec-fetch-site", "same-origin") not in {
            "same-origin",
            "none",
        }:
            raise RefusalError(403, "origin", "the request comes from another site")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not any(secrets.compare_digest(given.encode(), token.encode()) for given in (bearer, request.cookies.get(cookie, ""))):
            raise RefusalError(403, "token", "the token is missing or wrong", "open the address that align review says: it holds the token")
        if request.method == "POST":
            if origin is None and not bearer:
                raise RefusalError(403, "origin", "the request does not say where it comes from", "send the token as Authorization: Bearer TOKEN")
            if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
                raise RefusalError(415, "content-type", "the body is not said to be JSON", "send Content-Type: application/json")

    async def body(request: Request) -> Any:
        read = bytearray()
        async for part in request.stream():
            read += part
            if len(read) > LARGEST_BODY:
                raise RefusalError(413, "size", f"the body is larger than {LARGEST_BODY:,} bytes", "send fewer decisions at a time")
        try:
            return json.loads(read)
        except (ValueError, RecursionError) as error:
            raise RefusalError(400, "json", f"the body is not JSON ({error})") from error

    async def index(request: Request) -> Response:
        return Response(await run_in_threadpool(desk.document), media_type="text/html")

    async def state(request: Request) -> Response:
        return _json(await run_in_threadpool(desk.state))

    async def decisions(request: Request) -> Response:
        given = await body(request)
        records = given.get("decisions") if isinstance(given, dict) else None
        if not isinstance(records, list) or not records or len(records) > MOST_RECORDS or not all(isinstance(each, dict) for each in records):
            raise RefusalError(400, "decisions", f'the body is not {{"decisions": [1 to {MOST_RECORDS} records]}}')
        return _json(await run_in_threadpool(desk.decide, records))

    async def changes(request: Request) -> Response:
        sequence = _whole(request, "since")
        return _json(await run_in_threadpool(lambda: desk.changes(session.since(sequence))))

    async def rows(request: Request) -> Response:
        given = await body(request)
        ids = given.get("ids") if isinstance(given, dict) else None
        if not isinstance(ids, list) or len(ids) > MOST_ROWS or not all(isinstance(each, str) for each in ids):
            raise RefusalError(400, "ids", f'the body is not {{"ids": [up to {MOST_ROWS} names of rows]}}')
        return _json(await run_in_threadpool(desk.details, ids))

    async def search(request: Request) -> Response:
        return _json({"ids": await run_in_threadpool(desk.search, request.query_params.get("q", "")[:1_000])})

    async def candidates(request: Request) -> Response:
        document, start, end = request.query_params.get("document", ""), _whole(request, "start"), _whole(request, "end")
        return _json({"candidates": await run_in_threadpool(session.candidates, document, start, end)})

    async def export(request: Request) -> Response:
        await run_in_threadpool(session.export)
        return _json({"out": str(session.out)})

    def guarded(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                given = request.query_params.get("token")
                if handler is index and given is not None and secrets.compare_digest(given.encode(), token.encode()):
                    response: Response = RedirectResponse("/", 303)
                    response.set_cookie(cookie, token, httponly=True, samesite="strict", path="/")
                else:
                    check(request)
                    response = await handler(request)
            except RefusalError as refusal:
                response = _refused(refusal, handler is index)
            except AlignError as error:
                response = _refused(RefusalError(422 if error.exit_code else 500, "refused", str(error.message), error.hint), handler is index)
            except OSError as error:
                response = _refused(
                    RefusalError(500, "disk", str(error.strerror or error), "nothing of this request was kept; free space and try again"), False
                )
            response.headers.update(HEADERS | {"Content-Security-Policy": f"{page.policy(served=True)}; frame-ancestors 'none'"})
            return response

        return answer

    def _refused(refusal: RefusalError, plain: bool) -> Response:
        if plain:
            return Response(f"{refusal.message}\n{refusal.hint}\n", refusal.status, media_type="text/plain")
        return _json({"error": {"code": refusal.code, "message": refusal.message, "hint": refusal.hint}}, refusal.status)

    ways: list[tuple[str, str, Handler]] = [
        ("/", "GET", index),
        ("/api/state", "GET", state),
        ("/api/decisions", "POST", decisions),
        ("/api/changes", "GET", changes),
        ("/api/rows", "POST", rows),
        ("/api/search", "GET", search),
        ("/api/candidates", "GET", candidates),
        ("/api/export", "POST", export),
    ]

    async def missing(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        response = _refused(RefusalError(status, "address", "there is nothing at this address" if status == 404 else "this cannot be asked here"), False)
        response.headers.update(HEADERS)
        return response

    routes = [Route(path, guarded(handler), methods=[method]) for path, method, handler in ways]
    return Starlette(routes=routes, exception_handlers={404: missing, 405: missing})


def _json(value: Any, status: int = 200) -> Response:
    """JSON that can be written whatever stands in the texts, lone surrogates included."""
    from starlette.responses import Response

    return Response(page.embedded(value), status, media_type="application/json")


def _whole(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise RefusalError(400, name, f"{name} is not a whole number")
    return int(text)


def kept_token(folder: Path) -> str:
    """The token of this corpus, made once and readable by its owner alone, so that a page left open works after a restart.

    Raises OutputError when it cannot be kept.
    """
    path = folder / ".review-token"
    with suppress(OSError):
        kept = path.read_text(encoding="ascii", errors="replace").strip()
        if len(kept) >= 32 and kept.isascii() and kept.replace("-", "").replace("_", "").isalnum() and path.stat().st_mode & 0o077 == 0:
            return kept
    token = secrets.token_urlsafe(32)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(token + "\n", encoding="ascii")
    except OSError as error:
        raise output_error(path, error) from error
    return token


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on the loopback address.

    Raises UsageError when the host is another or the port is taken.
    """
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host.strip("[]"))
    except ValueError as error:
        raise UsageError(f"not an address: {host}", hint="the review is served on 127.0.0.1") from error
    if not address.is_loopback:
        raise UsageError(f"{host} is not this machine alone", hint="the review is served on 127.0.0.1; use a tunnel (ssh -L) to reach it from elsewhere")
    listener = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((str(address), port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UsageError(f"port {port} cannot be used ({error.strerror})", hint="choose another with --port, or --port 0 for any free one") from error
    return listener


def serve(session: Reviewing, host: str = "127.0.0.1", port: int = 8765, token: str = "", open_browser: bool = True, say: Callable[[str], Any] = print) -> None:
    """Serve the review until Ctrl+C; `say` is told the address.

    Raises UsageError for a port that is taken or a host that is not loopback, OutputError when the token cannot be kept.
    """
    import uvicorn

    with listening(host, port) as listener:
        token = token or kept_token(session.out)
        port = int(listener.getsockname()[1])
        shown = f"[{host.strip('[]')}]" if ":" in host else host
        address = f"http://{shown}:{port}/?token={token}"
        configuration = uvicorn.Config(
            application(session, token, port), log_level="warning", access_log=False, lifespan="off", ws="none", server_header=False,
            timeout_graceful_shutdown=2, timeout_keep_alive=30,
        )  # fmt: skip
        serving = uvicorn.Server(configuration)
        ended = threading.Event()

        def run() -> None:
            try:
                serving.run(sockets=[listener])
            finally:
                ended.set()

        # In a thread of its own, so that Ctrl+C comes here and ends it in order. (A join that is interrupted takes the thread for ended.)
        threading.Thread(target=run, name="review server").start()
        try:
            say(f"review {address}\n  every decision is written down at once; Ctrl+C ends the review")
            if open_browser:
                webbrowser.open(address)
            while not ended.wait(0.5):
                pass
        except KeyboardInterrupt:
            pass
        finally:
            serving.should_exit = True
            ended.wait()


__all__ = ["OutputError", "application", "kept_token", "listening", "serve"]
