"""HTTP/1.1 and server-sent events over plain sockets: exact bytes out, everything that came back in."""

import json
import socket
from dataclasses import dataclass, field

TIMEOUT_S = 30.0


@dataclass
class Response:
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    # The framing said that the body ended; False where the connection did first.
    complete: bool = False

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def events(self) -> list["Event"]:
        return parse_events(self.body)


@dataclass
class Event:
    name: str
    data: str
    raw: bytes = field(repr=False, default=b"")

    @property
    def json(self):
        return json.loads(self.data)


def parse_events(body: bytes) -> list[Event]:
    """Strict: LF or CRLF, a blank line after each event. What is left over is not an event."""
    events = []
    for raw in body.replace(b"\r\n", b"\n").split(b"\n\n")[:-1]:
        name, data = "", []
        for line in raw.split(b"\n"):
            if line.startswith(b"event:"):
                name = line[6:].strip().decode()
            elif line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" ").decode())
        if name or data:
            events.append(Event(name, "\n".join(data), raw + b"\n\n"))
    return events


class Connection:
    """One connection to the program; responses are read off it one after the other."""

    def __init__(self, address: tuple[str, int], timeout_s: float = TIMEOUT_S):
        self.socket = socket.create_connection(address, timeout=timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.reader.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_head(self) -> Response | None:
        """None where the connection ended first."""
        try:
            line = self.reader.readline(65536)
        except (ConnectionResetError, BrokenPipeError):
            return None
        if not line:
            return None
        assert line.startswith(b"HTTP/1.1 ") and line.endswith(b"\r\n"), f"not a status line: {line!r}"
        headers = []
        while (field_line := self.reader.readline(65536)) != b"\r\n":
            assert field_line.endswith(b"\r\n") and b":" in field_line, f"not a field line: {field_line!r}"
            key, value = field_line[:-2].split(b":", 1)
            headers.append((key.decode(), value.strip().decode("latin-1")))
        response = Response(int(line.split()[1]), headers)
        return self.read_head() if response.status == 100 else response

    def read_pieces(self, head: Response):
        """The body, as it arrives; sets head.complete at its end."""
        try:
            if (head.header("transfer-encoding") or "").lower() == "chunked":
                yield from self._chunks(head)
            elif (length := head.header("content-length")) is not None:
                left = int(length)
                while left and (piece := self.reader.read1(left)):
                    left -= len(piece)
                    yield piece
                head.complete = left == 0
            elif head.status not in (204, 304):
                while piece := self.reader.read1(65536):
                    yield piece
                head.complete = True
        except (ConnectionResetError, BrokenPipeError):
            pass

    def _chunks(self, head: Response):
        while line := self.reader.readline(1024):
            size = int(line.split(b";")[0], 16)
            data = self.reader.read(size + 2)
            if len(data) < size + 2:
                yield data[:size]
                return
            assert data.endswith(b"\r\n"), "a chunk does not end in CRLF"
            if size == 0:
                head.complete = True
                return
            yield data[:-2]

    def read_response(self, *, head_only: bool = False) -> Response | None:
        head = self.read_head()
        if head and head_only:
            head.complete = True
        elif head:
            for piece in self.read_pieces(head):
                head.body += piece
        return head

    def read_to_end(self) -> bytes:
        """Every byte until the connection ends, however it does."""
        data = b""
        try:
            while piece := self.reader.read1(65536):
                data += piece
        except (ConnectionResetError, BrokenPipeError):
            pass
        return data

    def is_closed(self, within_s: float) -> bool:
        """The other side ends the connection within this time, sending nothing more."""
        self.socket.settimeout(within_s)
        try:
            return self.reader.read1(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def request_bytes(method: str, target: str, headers: dict[str, str] | list[tuple[str, str]], body: bytes = b"") -> bytes:
    pairs = list(headers.items() if isinstance(headers, dict) else headers)
    names = {name.lower() for name, _ in pairs}
    if "host" not in names:
        pairs.insert(0, ("host", "gateway.test"))
    if body and not names & {"content-length", "transfer-encoding"}:
        pairs.append(("content-length", str(len(body))))
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in pairs) + "\r\n"
    return head.encode("latin-1") + body


def fetch(address: tuple[str, int], method: str, target: str, headers, body: bytes = b"", timeout_s: float = TIMEOUT_S) -> Response:
    with Connection(address, timeout_s) as connection:
        connection.send(request_bytes(method, target, headers, body))
        response = connection.read_response(head_only=method == "HEAD")
        assert response is not None, "the connection ended without a response"
        return response
