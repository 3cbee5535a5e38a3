"""The review server over real sockets: whom it answers, what it refuses, and that a stop is clean."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from align import page, tables
from align.corpus import Bead, Divergence, Document, Member, Pair, Score, Segment, Verdict
from align.errors import InputError, UsageError
from align.review import server
from align.review.desk import Desk
from align.review.server import application, kept_token, listening

TOKEN = "a-token-of-this-test-that-is-long-enough"
TEXTS = {"one": "They met on Wednesday. 😀 All went well.", "two": "The meeting was on Wednesday."}


class Session:
    """Two texts, one row, and a log in memory: what the server needs of a session, and no more."""

    def __init__(self, out: Path) -> None:
        self.out, self.reviewer = out, "anna"
        self.log: list[dict[str, Any]] = []
        self.exported = 0
        self.documents = [Document(name, name.title(), "en", text, f"{name}.txt", name, 0, len(text)) for name, text in TEXTS.items()]
        self.members = tuple(Member(each.id, 0, len(each.text), each.text, (0,)) for each in self.documents)
        verdict = Verdict(0.5, 2, None, ("omission",), (), "divergence:1")
        row = Divergence(Pair("1", *self.members, "en", "en"), (Score("chrf", 50.0, "chrF2"),), verdict, 0.9)
        self.rows = [tables.flatten(row, {each.id: each for each in self.documents})]

    def state(self) -> dict[str, Any]:
        segments = [Segment(each.id, 0, 0, 0, len(each.text), each.text) for each in self.documents]
        state = {"title": "talks", "rows": self.rows, "beads": [Bead("1", self.members, 0.9)], "documents": self.documents, "segments": segments}
        return state | {"summary": {}, "run": {}, "sequence": len(self.log), "reviewer": self.reviewer, "decisions": self.log, "orphans": []}

    def decide(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        if any(record.get("action") == "dance" for record in records):
            raise InputError("not a decision (unknown action 'dance')", hint="known: accept")
        if any(record.get("action") == "break" for record in records):
            raise OSError(28, "No space left on device")
        before = len(self.log)
        self.log += [{**record, "reviewer": self.reviewer, "time": f"2026-01-01T00:00:{before:02}Z"} for record in records]
        self.rows = [self.rows[0] | {"status": "accepted"}]
        return self.since(before)

    def since(self, sequence: int) -> dict[str, Any]:
        fresh = self.log[sequence:]
        return {"sequence": len(self.log), "decisions": fresh, "removed": [], "beads": [], "rows": self.rows if fresh else [], "orphans": []}

    def candidates(self, document: str, start: int, end: int) -> list[dict[str, Any]]:
        return [{"document": "two", "start": start, "end": end, "text": TEXTS["two"][start:end], "similarity": 0.5}]

    def export(self) -> None:
        self.exported += 1


class Client:
    """Requests as a browser or a script would send them, or as an attacker would."""

    def __init__(self, port: int, session: Session) -> None:
        self.port, self.session = port, session

    def ask(self, method: str, path: str, body: bytes | None = None, *, token: bool = True, **headers: str | None) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        given: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}"}
        if token:
            given |= {"Cookie": f"align-{self.port}={TOKEN}"}
        if method == "POST":
            given |= {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{self.port}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        if body is not None and given.get("Transfer-Encoding") is None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    def json(self, method: str, path: str, value: Any = None, **headers: str | None) -> tuple[int, Any]:
        status, found, content = self.ask(method, path, None if value is None else json.dumps(value).encode(), **headers)
        assert found["content-type"] == "application/json"
        return status, json.loads(content)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    import uvicorn

    session = Session(tmp_path_factory.mktemp("out"))
    with listening("127.0.0.1", 0) as listener:
        port = int(listener.getsockname()[1])
        serving = uvicorn.Server(uvicorn.Config(application(session, TOKEN, port), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Client(port, session)
        serving.should_exit = True
        thread.join(10)


@pytest.fixture
def client(served: Client) -> Client:
    """The server, with nothing decided."""
    served.session.log.clear()
    served.session.rows[0]["status"] = ""
    return served


def accept(name: str = "") -> dict[str, Any]:
    """A decision as the page gives it; each has a name of its own."""
    return {"decisions": [{"id": name or secrets.token_hex(8), "action": "accept", "target": [], "payload": {}}]}


def test_the_token_in_the_address_becomes_a_cookie_that_scripts_cannot_read(client: Client) -> None:
    status, headers, _ = client.ask("GET", f"/?token={TOKEN}", token=False)
    assert (status, headers["location"]) == (303, "/")
    assert all(part in headers["set-cookie"] for part in (f"align-{client.port}={TOKEN}", "HttpOnly", "SameSite=strict"))
    assert client.ask("GET", "/")[0] == 200


@pytest.mark.parametrize("headers", [{}, {"Cookie": "align-1=x"}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN[:-1]}])
@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/api/state", "/api/changes?since=0"])
def test_without_the_token_nothing_is_told(client: Client, path: str, headers: dict[str, str]) -> None:
    status, found, content = client.ask("GET", path, token=False, **headers)
    assert status == 403
    assert b"Wednesday" not in content
    assert "set-cookie" not in found


def test_a_script_gives_the_token_as_a_header(client: Client) -> None:
    status, answer = client.json("POST", "/api/decisions", accept(), Authorization=f"Bearer {TOKEN}", Cookie=None, Origin=None)
    assert (status, answer["sequence"]) == (200, 1)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", None])
def test_another_host_name_is_refused(client: Client, host: str | None) -> None:
    """A name of somebody else that resolves to this machine (DNS rebinding) brings no Host of ours."""
    named = host and host.format(port=client.port)
    assert client.ask("GET", "/api/state", Host=named)[0] in {400, 421}


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}, {"Sec_Fetch_Site": "cross-site"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_site_is_refused(client: Client, method: str, headers: dict[str, str]) -> None:
    status, answer = client.json(method, "/api/decisions" if method == "POST" else "/api/state", accept() if method == "POST" else None, **headers)
    assert (status, answer["error"]["code"]) == (403, "origin")
    assert client.session.log == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": None}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": None}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_a_form_of_another_page_cannot_decide(client: Client, headers: dict[str, str | None], status: int) -> None:
    assert client.json("POST", "/api/decisions", accept(), **headers)[0] == status
    assert client.session.log == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"decisions": []}', b'{"decisions": [1]}', b'{"decisions": {}}', b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_list_of_decisions_is_refused(client: Client, body: bytes) -> None:
    status, _, content = client.ask("POST", "/api/decisions", body)
    assert status == 400
    assert json.loads(content)["error"]["message"]


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    status, _, content = client.ask("POST", "/api/decisions", b'{"decisions": ["' + b"a" * server.LARGEST_BODY + b'"]}')
    assert (status, json.loads(content)["error"]["code"]) == (413, "size")


def test_what_the_session_refuses_is_said_in_its_words(client: Client) -> None:
    status, answer = client.json("POST", "/api/decisions", {"decisions": [{"id": "d", "action": "dance"}]})
    assert (status, answer["error"]) == (422, {"code": "refused", "message": "not a decision (unknown action 'dance')", "hint": "known: accept"})


def test_a_full_disk_is_said_and_is_no_refusal_of_the_decision(client: Client) -> None:
    status, answer = client.json("POST", "/api/decisions", {"decisions": [{"id": "b", "action": "break"}]})
    assert (status, answer["error"]["message"]) == (500, "No space left on device")


def test_a_decision_is_answered_with_what_it_changed(client: Client) -> None:
    status, answer = client.json("POST", "/api/decisions", accept("first"))
    assert (status, answer["sequence"], [each["id"] for each in answer["decisions"]]) == (200, 1, ["first"])
    (row,) = [dict(zip(answer["fields"], values, strict=True)) for values in answer["rows"]]
    assert row["status"] == "accepted"
    assert client.json("GET", "/api/changes?since=0")[1]["rows"] == answer["rows"]
    assert client.json("GET", "/api/changes?since=1")[1]["rows"] == []


def test_a_decision_that_is_sent_again_is_written_once(client: Client) -> None:
    for _ in range(3):
        assert client.json("POST", "/api/decisions", accept("once"))[1]["sequence"] == 1
    twice = {"decisions": [*accept("twice")["decisions"], *accept("twice")["decisions"]]}
    assert client.json("POST", "/api/decisions", twice)[1]["sequence"] == 2
    assert [each["payload"]["id"] for each in client.session.log] == ["once", "twice"]


def test_what_is_written_is_known_again_after_a_restart(client: Client) -> None:
    client.json("POST", "/api/decisions", accept("before"))
    desk = Desk(client.session)
    assert desk.decide(accept("before")["decisions"])["sequence"] == 1


def test_what_is_taken_back_before_its_time_is_known_is_named_by_its_id(client: Client) -> None:
    undo = {"id": "u", "action": "undo", "target": [], "payload": {"of": "x"}}
    status, answer = client.json("POST", "/api/decisions", {"decisions": [*accept("x")["decisions"], undo]})
    assert (status, [each["action"] for each in answer["decisions"]]) == (200, ["accept", "undo"])
    first, second = client.session.log
    assert second["payload"] == {"id": "u", "time": first["time"], "reviewer": "anna"}
    unknown = {"id": "v", "action": "undo", "target": [], "payload": {"of": "nobody"}}
    assert client.json("POST", "/api/decisions", {"decisions": [unknown]})[0] == 422


@pytest.mark.parametrize("record", [{"action": "accept"}, {"id": "", "action": "accept"}, {"id": "x" * 65}, {"id": 1}, {"id": "p", "payload": []}])
def test_a_decision_without_a_name_is_refused(client: Client, record: dict[str, Any]) -> None:
    assert client.json("POST", "/api/decisions", {"decisions": [record]})[0] == 422
    assert client.session.log == []


def test_the_page_follows_the_decisions(client: Client) -> None:
    def holds(part: str) -> bool:
        return b'"accepted"' in client.ask("GET", "/")[2].split(f'id="{part}">'.encode())[1].split(b"</script>")[0]

    assert not holds("data")
    assert not holds("since")
    client.json("POST", "/api/decisions", accept())
    # A status is written beside the page; after an undo the page is made anew.
    assert holds("since")
    assert not holds("data")
    client.json("POST", "/api/decisions", {"decisions": [{"id": "undone", "action": "undo", "target": [], "payload": {}}]})
    assert holds("data")
    assert not holds("since")


def test_texts_of_rows_come_by_name(client: Client) -> None:
    state = client.json("GET", "/api/state")[1]
    (row,) = [dict(zip(state["fields"], values, strict=True)) for values in state["rows"]]
    details = client.json("POST", "/api/rows", {"ids": [row["id"], "unknown"]})[1]
    assert details["ids"] == [row["id"]]
    assert client.json("POST", "/api/rows", {"ids": "all"})[0] == 400


@pytest.mark.parametrize(("query", "count"), [("wednesday met", 1), ("WEDNESDAY", 1), ("thursday", 0), ("", 1)])
def test_search_finds_rows_with_every_word(client: Client, query: str, count: int) -> None:
    assert len(client.json("GET", f"/api/search?q={query.replace(' ', '+')}")[1]["ids"]) == count


def test_candidates_and_export(client: Client) -> None:
    status, answer = client.json("GET", "/api/candidates?document=one&start=0&end=3")
    assert (status, answer["candidates"][0]["text"]) == (200, "The")
    assert client.json("GET", "/api/candidates?document=one&start=-1&end=3")[0] == 400
    assert client.json("GET", "/api/changes?since=1e9")[0] == 400
    assert client.json("POST", "/api/export", {})[0] == 200
    assert client.session.exported == 1


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/etc/passwd", 404), ("GET", "/api/decisions", 405), ("POST", "/", 405), ("DELETE", "/api/state", 405)]
)
def test_there_is_nothing_else(client: Client, method: str, path: str, status: int) -> None:
    assert client.json(method, path)[0] == status


@pytest.mark.parametrize(("path", "token"), [("/", True), ("/api/state", True), ("/", False), ("/api/nothing", True)])
def test_every_answer_forbids_caching_framing_and_loading(client: Client, path: str, token: bool) -> None:
    headers = client.ask("GET", path, token=token)[1]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers or "uvicorn" in headers["server"]
    if path != "/api/nothing":
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "connect-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


def test_the_page_names_its_policy_itself_too(client: Client) -> None:
    content = client.ask("GET", "/")[2].decode()
    assert page.policy(served=True).replace("'", "&#39;") in content
    assert not [each for each in ("http://", "https://") if f'src="{each}' in content]


def test_a_lone_surrogate_in_a_decision_is_answered(client: Client) -> None:
    status, answer = client.json("POST", "/api/decisions", {"decisions": [{"id": "s", "action": "comment", "payload": {"text": "\ud800"}}]})
    assert status == 200
    assert answer["decisions"][0]["payload"]["text"] == "\ud800"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "example.org", "::"])
def test_only_the_loopback_address_is_served(host: str) -> None:
    with pytest.raises(UsageError):
        listening(host, 0)


def test_a_port_that_is_taken_is_said_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match=r"port \d+ cannot be used") as raised:
        listening("127.0.0.1", taken.getsockname()[1])
    assert "--port" in raised.value.hint


def test_the_token_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    token = kept_token(tmp_path / "out")
    path = tmp_path / "out" / ".review-token"
    assert len(token) >= 32
    assert path.stat().st_mode & 0o077 == 0
    assert kept_token(tmp_path / "out") == token
    path.chmod(0o644)
    assert kept_token(tmp_path / "out") != token  # others may have read it
    path.write_text("short")
    assert len(kept_token(tmp_path / "out")) >= 32


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(tmp_path: Path, stop: signal.Signals) -> None:
    code = (
        "import sys; from pathlib import Path; from test_review_server import Session; from align.review.server import serve\n"
        "serve(Session(Path(sys.argv[1])), port=0, open_browser=False, say=lambda line: print(line, flush=True)); print('stopped')"
    )
    root = Path(__file__).resolve().parent.parent
    environment = os.environ | {"PYTHONPATH": str(root / "tests")}
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=root, env=environment, text=True, stdout=-1, stderr=-1) as process:
        assert process.stdout and process.stderr
        address = process.stdout.readline().split()[1]
        port, token = int(address.split(":")[2].split("/")[0]), address.partition("token=")[2]
        # Whoever is answered is answered by a server that has begun.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/api/decisions", json.dumps(accept()), {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        assert connection.getresponse().status == 200
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
    assert "Traceback" not in err
    if stop == signal.SIGINT:
        assert out.strip().endswith("stopped")
