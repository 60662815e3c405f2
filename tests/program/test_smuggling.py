"""Requests whose end two servers could see in different places: refused here, whatever a proxy in front makes of them."""

import json
import shutil
import socket
import subprocess
import time

import pytest
from support.gateway import free_port
from support.messages import ask, told
from support.wire import Connection, request_bytes

BODY = json.dumps(ask(told("tokens=1"))).encode()
SIZE = str(len(BODY)).encode()
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
HOST = b"host: gateway.test\r\n"

# name: (what stands after the credentials in the head, the body)
SHAPES = {
    "length and chunked": (HOST + b"content-length: " + SIZE + b"\r\ntransfer-encoding: chunked\r\n", CHUNKED),
    "chunked and length": (HOST + b"transfer-encoding: chunked\r\ncontent-length: " + SIZE + b"\r\n", CHUNKED),
    "two lengths": (HOST + b"content-length: " + SIZE + b"\r\ncontent-length: 5\r\n", BODY),
    "the same length twice": (HOST + b"content-length: " + SIZE + b"\r\ncontent-length: " + SIZE + b"\r\n", BODY),
    "a list of lengths": (HOST + b"content-length: " + SIZE + b", " + SIZE + b"\r\n", BODY),
    "a signed length": (HOST + b"content-length: +" + SIZE + b"\r\n", BODY),
    "a negative length": (HOST + b"content-length: -1\r\n", BODY),
    "a hexadecimal length": (HOST + b"content-length: 0x10\r\n", BODY),
    "a length with blanks": (HOST + b"content-length: 1 0\r\n", BODY),
    "an empty length": (HOST + b"content-length: \r\n", BODY),
    "a length beyond 64 bits": (HOST + b"content-length: 99999999999999999999999\r\n", BODY),
    "gzip and length": (HOST + b"transfer-encoding: gzip\r\ncontent-length: " + SIZE + b"\r\n", BODY),
    "gzip, chunked": (HOST + b"transfer-encoding: gzip, chunked\r\n", CHUNKED),
    "chunked twice": (HOST + b"transfer-encoding: chunked, chunked\r\n", CHUNKED),
    "two transfer encodings": (HOST + b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n", CHUNKED),
    "chunked behind a tab": (HOST + b"transfer-encoding:\tchunked\x0b\r\n", CHUNKED),
    "quoted chunked": (HOST + b'transfer-encoding: "chunked"\r\n', CHUNKED),
    "xchunked": (HOST + b"transfer-encoding: xchunked\r\n", CHUNKED),
    "chunked, not last": (HOST + b"transfer-encoding: chunked, identity\r\n", CHUNKED),
    "blank before the colon": (HOST + b"content-length : " + SIZE + b"\r\n", BODY),
    "blank before the colon of chunked": (HOST + b"transfer-encoding : chunked\r\n", CHUNKED),
    "a folded line": (HOST + b"x-folded: a\r\n b\r\ncontent-length: " + SIZE + b"\r\n", BODY),
    "a folded encoding": (HOST + b"transfer-encoding:\r\n chunked\r\n", CHUNKED),
    "bare line feeds": (HOST + b"x-a: b\ncontent-length: " + SIZE + b"\r\n", BODY),
    "a bare carriage return": (HOST + b"x-a: b\rcontent-length: 5\r\ncontent-length: " + SIZE + b"\r\n", BODY),
    "a NUL": (HOST + b"x-a: b\0c\r\ncontent-length: " + SIZE + b"\r\n", BODY),
    "a NUL in a name": (HOST + b"x-a\0: b\r\ncontent-length: " + SIZE + b"\r\n", BODY),
    "a name with blanks": (HOST + b"x a: b\r\ncontent-length: " + SIZE + b"\r\n", BODY),
    "a line without a colon": (HOST + b"nonsense\r\ncontent-length: " + SIZE + b"\r\n", BODY),
    "two hosts": (HOST + HOST + b"content-length: " + SIZE + b"\r\n", BODY),
    "no host": (b"content-length: " + SIZE + b"\r\n", BODY),
    "a chunk with a sign": (HOST + b"transfer-encoding: chunked\r\n", b"+" + CHUNKED),
    "a chunk with 0x": (HOST + b"transfer-encoding: chunked\r\n", b"0x" + CHUNKED),
    "a chunk that ends in LF": (HOST + b"transfer-encoding: chunked\r\n", CHUNKED.replace(b"\r\n", b"\n", 1)),
    "a chunk longer than it says": (HOST + b"transfer-encoding: chunked\r\n", b"5\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk size beyond 64 bits": (HOST + b"transfer-encoding: chunked\r\n", b"ffffffffffffffffff\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk without a size": (HOST + b"transfer-encoding: chunked\r\n", b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "an LF in a chunk extension": (HOST + b"transfer-encoding: chunked\r\n", b"5;a=\n" + CHUNKED),
}  # fmt: skip
# A body that carries a second request: were the end misjudged, a second answer would come.
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nhost: gateway.test\r\n\r\n"


def shaped(gateway, name: str) -> bytes:
    fields, body = SHAPES[name]
    credentials = f"x-api-key: {gateway.key}\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\n"
    return b"POST /v1/messages HTTP/1.1\r\n" + credentials.encode() + fields + b"\r\n" + body + SMUGGLED


def answers(address, data: bytes) -> list[int]:
    with Connection(address, 10) as connection:
        connection.send(data)
        connection.socket.shutdown(socket.SHUT_WR)
        everything = connection.read_to_end()
    return [int(line.split()[1]) for line in everything.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


@pytest.mark.parametrize("name", SHAPES)
def test_refused_and_the_connection_ends(gateway, name):
    codes = answers(gateway.address, shaped(gateway, name))
    assert len(codes) <= 1, f"more than one answer: {codes}"
    assert all(code in (400, 411, 413, 431, 501) for code in codes), codes


@pytest.mark.parametrize("line", [b"POST  /v1/messages HTTP/1.1", b"POST /v1/messages", b"POST /v1/messages HTTP/1.1 x", b"POST\t/v1/messages HTTP/1.1", b"post /v1/messages HTTP/1.1", b"POST /v1/messages HTTP/9.9", b"POST http://a/v1/messages HTTP/1.1", b"POST * HTTP/1.1", b" POST / HTTP/1.1", b"P\0ST / HTTP/1.1", b"POST /v1/\x7fmessages HTTP/1.1"])  # fmt: skip
def test_request_lines(gateway, line):
    codes = answers(gateway.address, line + b"\r\n" + HOST + b"content-length: 0\r\n\r\n")
    assert len(codes) <= 1 and all(400 <= code < 600 for code in codes), codes


@pytest.fixture(scope="module")
def nginx(gateway, tmp_path_factory):
    """nginx in front of the program, as people deploy it."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        pytest.skip("nginx is not installed")
    place, port = tmp_path_factory.mktemp("nginx"), free_port()
    (place / "conf").write_text(
        f"daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;\n"
        f"events {{ worker_connections 256; }}\nhttp {{ access_log off; client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;\n"
        f"fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;\n"
        f"upstream gate {{ server 127.0.0.1:{gateway.port}; keepalive 4; }}\n"
        f"server {{ listen 127.0.0.1:{port}; client_max_body_size 64m; location / {{ proxy_pass http://gate; proxy_http_version 1.1;\n"
        f'proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off; }} }} }}\n'
    )
    process = subprocess.Popen([program, "-c", str(place / "conf"), "-p", str(place)], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert time.monotonic() < until and process.poll() is None, "nginx did not start"
            time.sleep(0.05)
    yield ("127.0.0.1", port)
    process.terminate()
    process.wait(10)


def test_behind_nginx_an_ordinary_request_works(gateway, nginx):
    with Connection(nginx) as connection:
        for stream in (False, True):
            body = json.dumps(ask(told("tokens=20"), stream=stream)).encode()
            connection.send(request_bytes("POST", "/v1/messages", gateway.headers(), body))
            response = connection.read_response()
            assert response.status == 200 and response.complete


@pytest.mark.parametrize("name", SHAPES)
def test_behind_nginx_no_shape_becomes_two_requests(gateway, nginx, name):
    """nginx lets some shapes through, cleaned. Then the one request in it is answered; the connection between the two
    must stay in step, which the ordinary request after it would show."""
    shape = shaped(gateway, name).removesuffix(SMUGGLED)
    codes = answers(nginx, shape)
    assert len(codes) <= 1, codes
    with Connection(nginx) as connection:
        body = json.dumps(ask(told('say="in step"'))).encode()
        connection.send(request_bytes("POST", "/v1/messages", gateway.headers(), body))
        response = connection.read_response()
        assert response.status == 200
        assert response.json["content"][0]["text"].endswith("in step")
