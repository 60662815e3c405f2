"""Clients that are slow, huge, deep, half gone or dishonest about where their request ends."""

import gzip
import json
import os
import socket
import time
import zlib

import pytest
from support.gateway import VERSION, Gateway
from support.messages import PRIMARY, ask, told
from support.wire import fetch, request_bytes

QUICK = '[listener.limits]\nheader_timeout = "1s"\nbody_timeout = "4s"\nbody_stall_timeout = "1s"\nidle_timeout = "1s"\nwrite_timeout = "2s"\n'


@pytest.fixture(scope="module")
def quick():
    """A program whose patience is short."""
    with Gateway(listener=QUICK) as running:
        yield running


def body_of(bytes_wanted: int) -> bytes:
    value = ask(told("tokens=1"))
    value["metadata"] = {"padding": ""}
    value["metadata"]["padding"] = "x" * (bytes_wanted - len(json.dumps(value)))
    return json.dumps(value).encode()


# ---- slow


def test_a_head_that_never_ends(quick):
    with quick.connect() as connection:
        connection.send(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\n")
        begun = time.monotonic()
        data = connection.read_to_end()
        assert time.monotonic() - begun < 5
        assert data == b"" or data.startswith(b"HTTP/1.1 408")


def test_a_head_that_drips(quick):
    with quick.connect() as connection:
        begun = time.monotonic()
        try:
            for byte in b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-drip: " + b"y" * 1000:
                connection.send(bytes([byte]))
                time.sleep(0.05)
        except OSError:
            pass
        assert time.monotonic() - begun < 6
    quick.still_serves()


def test_a_body_that_stops(quick):
    with quick.connect() as connection:
        connection.send(request_bytes("POST", "/v1/messages", quick.headers() | {"content-length": "1000"}) + b'{"model":')
        begun = time.monotonic()
        data = connection.read_to_end()
        assert time.monotonic() - begun < 6
        assert data == b"" or data.startswith(b"HTTP/1.1 408")


def test_idle_connections_are_closed(quick):
    with quick.connect() as connection:
        assert connection.is_closed(within_s=4)
    with quick.connect() as connection:
        connection.send(quick.request(ask(told("tokens=1"))))
        assert connection.read_response().status == 200
        assert connection.is_closed(within_s=4)


def test_hundreds_of_slow_ones_do_not_keep_others_out(quick):
    slow = [quick.connect() for _ in range(300)]
    for connection in slow:
        connection.send(b"POST /v1/messages HTTP/1.1\r\n")
    begun = time.monotonic()
    quick.still_serves()
    assert time.monotonic() - begun < 3
    for connection in slow:
        connection.close()


# ---- large


def test_the_largest_body_and_one_byte_more(gateway):
    largest = 32 << 20
    assert gateway.post("/v1/messages", body_of(largest), timeout_s=120).status == 200
    with gateway.connect(120) as connection:
        try:
            connection.send(request_bytes("POST", "/v1/messages", gateway.headers(), body_of(largest + 1)))
        except OSError:
            pass
        response = connection.read_response()
        assert response is None or (response.status == 413 and response.json["error"]["type"] == "request_too_large")
    gateway.still_serves()


def test_a_length_that_is_too_large_is_refused_before_the_body(gateway):
    with gateway.connect() as connection:
        connection.send(request_bytes("POST", "/v1/messages", gateway.headers() | {"content-length": str(1 << 40)}))
        assert connection.read_response().status == 413


def test_endless_chunks(gateway):
    with gateway.connect(60) as connection:
        connection.send(request_bytes("POST", "/v1/messages", gateway.headers() | {"transfer-encoding": "chunked"}))
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        sent = 0
        try:
            while sent < 64 << 20:
                connection.send(piece)
                sent += 65536
        except OSError:
            pass
        assert sent < 48 << 20, "it went on reading"
    gateway.still_serves()


def test_ten_thousand_header_fields(gateway):
    fields = [(f"x-field-{number}", "v") for number in range(10_000)]
    with gateway.connect() as connection:
        try:
            connection.send(request_bytes("POST", "/v1/messages", fields, b"{}"))
        except OSError:
            pass
        response = connection.read_response()
        assert response is None or response.status == 431
    gateway.still_serves()


@pytest.mark.parametrize("line", [b"POST /" + b"a" * 200_000 + b" HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nx: " + b"a" * 200_000])
def test_endless_lines(gateway, line):
    with gateway.connect() as connection:
        try:
            connection.send(line)
        except OSError:
            pass
        response = connection.read_response()
        assert response is None or response.status in (400, 414, 431)
    gateway.still_serves()


def test_deep_json(gateway):
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        deep = b'{"model":"' + PRIMARY.encode() + b'","max_tokens":1,"messages":[{"role":"user","content":"x"}],"x":'
        deep += opening * 100_000 + b"1" + closing * 100_000 + b"}"
        response = gateway.post("/v1/messages", deep)
        assert response.status in (400, 413)
        assert "deep" in response.json["error"]["message"]


def test_very_many_values_take_linear_time(gateway):
    value = ask(told("tokens=1"), x=[0] * 1_000_000)
    begun = time.monotonic()
    response = gateway.post("/v1/messages", value)
    assert response.status in (200, 400, 413)
    assert time.monotonic() - begun < 20


def bomb(coding: str, size: int) -> bytes:
    zeros = b" " * (1 << 20)
    if coding == "gzip":
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        return b"".join(packer.compress(zeros) for _ in range(size >> 20)) + packer.flush()
    import subprocess

    return subprocess.run(["zstd", "-q", "-3", "-c"], input=b" " * size, capture_output=True, check=True).stdout


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_bombs(gateway, coding):
    before = resident_kib(gateway)
    response = gateway.post("/v1/messages", bomb(coding, 256 << 20), gateway.headers(content_encoding=coding))
    assert response.status in (400, 413), response.body
    assert response.json["error"]["details"]["error_code"] == "request_body_too_large_after_decoding"
    assert resident_kib(gateway) - before < 300 << 10
    gateway.still_serves()


def test_a_bomb_in_a_bomb(gateway):
    body = gzip.compress(gzip.compress(json.dumps(ask("Hi")).encode()))
    assert gateway.post("/v1/messages", body, gateway.headers(content_encoding="gzip")).status == 400


def resident_kib(gateway) -> int:
    with open(f"/proc/{gateway.process.pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


# ---- half gone


def test_a_half_closed_client_is_answered(gateway):
    with gateway.connect() as connection:
        connection.send(gateway.request(ask(told("tokens=5 delay=200ms"))))
        connection.socket.shutdown(socket.SHUT_WR)
        response = connection.read_response()
        assert response is not None and response.status == 200 and response.complete


def test_clients_that_vanish_at_every_byte_of_a_request(gateway):
    request = gateway.request(ask(told("tokens=1")))
    for at in range(0, len(request), 5):
        with gateway.connect() as connection:
            connection.send(request[:at])
    gateway.still_serves()


def test_a_request_in_single_bytes(gateway):
    with gateway.connect() as connection:
        for byte in gateway.request(ask(told("tokens=1"))):
            connection.send(bytes([byte]))
        assert connection.read_response().status == 200


def test_pipelined_requests_are_answered_in_order(gateway):
    with gateway.connect() as connection:
        requests = b"".join(gateway.request(ask(told(f'say="number {n}"'))) for n in range(5))
        connection.send(requests)
        for n in range(5):
            response = connection.read_response()
            assert response.status == 200
            assert response.json["content"][0]["text"].endswith(f"number {n}")


def test_expect_continue(gateway):
    body = json.dumps(ask(told("tokens=1"))).encode()
    headers = gateway.headers() | {"expect": "100-continue", "content-length": str(len(body))}
    with gateway.connect() as connection:
        connection.send(request_bytes("POST", "/v1/messages", headers))
        assert connection.reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert connection.reader.readline() == b"\r\n"
        connection.send(body)
        assert connection.read_response().status == 200


def test_a_stranger_is_refused_before_the_body_is_read(gateway):
    with gateway.connect() as connection:
        headers = {"x-api-key": "wrong", "anthropic-version": VERSION, "content-type": "application/json", "content-length": "30000000"}
        connection.send(request_bytes("POST", "/v1/messages", headers))
        connection.send(b"{" + b" " * 100)
        connection.socket.settimeout(5)
        response = connection.read_response()
        assert response is None or response.status == 401


def test_nothing_else_is_spoken(gateway):
    for noise in (b"\x16\x03\x01\x02\x00\x01\x00" + os.urandom(200), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0" * 500, b"SSH-2.0-x\r\n"):
        with gateway.connect() as connection:
            connection.send(noise)
            connection.socket.shutdown(socket.SHUT_WR)
            data = connection.read_to_end()
            assert data == b"" or data.startswith((b"HTTP/1.1 400", b"HTTP/1.1 505", b"HTTP/1.1 501")), data[:100]
    assert fetch(gateway.address, "GET", "/healthz", {}).status == 200
