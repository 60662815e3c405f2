"""An upstream that does what a test tells it: answers byte for byte, late, broken off, or not at all."""

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def names(self) -> set[str]:
        return {name.lower() for name, _ in self.headers}

    @property
    def json(self):
        return json.loads(self.body)


class Call:
    """What a handler has: the request and the connection."""

    def __init__(self, seen: Seen, connection: socket.socket):
        self.seen = seen
        self.connection = connection

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reset(self) -> None:
        """Ends the connection with RST rather than FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def closed_by_peer(self, within_s: float) -> bool:
        self.connection.settimeout(within_s)
        try:
            return self.connection.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def respond(status: int, headers: dict[str, str], body: bytes) -> bytes:
    fields = {"content-length": str(len(body)), **headers}
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode() + b"\r\n" + body


def respond_json(value, status: int = 200, headers: dict[str, str] | None = None) -> bytes:
    return respond(status, {"content-type": "application/json", **(headers or {})}, json.dumps(value).encode())


SSE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


def respond_events(body: bytes) -> bytes:
    return SSE_HEAD + chunk(body) + b"0\r\n\r\n"


class Upstream:
    """Serves on a free loopback port until closed. Tests set `handler`; it gets a Call and answers it."""

    def __init__(self, handler=None):
        self.handler = handler
        self.seen: list[Seen] = []
        self.errors: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reset(self, handler) -> None:
        self.handler = handler
        self.seen = []

    def close(self) -> None:
        self._open = False
        self._listener.close()

    def wait_for(self, requests: int, within_s: float = 10.0) -> None:
        until = time.monotonic() + within_s
        while len(self.seen) < requests:
            assert time.monotonic() < until, f"{len(self.seen)} of {requests} requests arrived"
            time.sleep(0.01)

    def _accept(self) -> None:
        while self._open:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            try:
                while (seen := self._read_request(reader)) is not None:
                    self.seen.append(seen)
                    if self.handler(Call(seen, connection)) is False:
                        return
            except (ConnectionError, OSError, ValueError):
                return

    @staticmethod
    def _read_request(reader) -> Seen | None:
        line = reader.readline(65536)
        if not line:
            return None
        method, target, _ = line.decode().split(" ", 2)
        headers = []
        while (field_line := reader.readline(65536)) not in (b"\r\n", b""):
            key, value = field_line.decode("latin-1").rstrip("\r\n").split(":", 1)
            headers.append((key, value.strip()))
        fields = {key.lower(): value for key, value in headers}
        if fields.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(reader.readline(), 16):
                body += reader.read(size)
                reader.readline()
            reader.readline()
        else:
            body = reader.read(int(fields.get("content-length", "0")))
        return Seen(method, target, headers, body)
