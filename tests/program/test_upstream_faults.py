"""Upstreams that break, stall, lie or are gone: a clear error, nothing of it leaked, and the next request fine."""

import threading
import time

import pytest
from support.messages import FALLBACK_BETA, answer_events, ask, event, message, refusal_events, said
from support.upstream import SSE_HEAD, chunk, respond, respond_events, respond_json
from support.wire import Connection


def good(call):
    call.send(respond_json(message()))


def check_recovered(fronted):
    fronted.one.handler = good
    assert fronted.post("/v1/messages", ask("Hi", "m-one")).status == 200


def check_error(response, statuses=(502,)):
    assert response.status in statuses, (response.status, response.body)
    assert response.json["type"] == "error"
    assert response.json["error"]["type"] in ("api_error", "timeout_error", "overloaded_error")


@pytest.mark.parametrize("reset", [False, True])
def test_a_stream_cut_at_every_byte(fronted, reset):
    """Wherever it is cut: an error before the first byte, else an error event or a broken connection; never an answer
    that looks whole."""
    stream = answer_events("Hello", " there")
    whole = SSE_HEAD + chunk(stream) + b"0\r\n\r\n"
    step = 1 if not reset else 7

    for at in range(0, len(whole) - 1, step):

        def cut(call, at=at):
            if at:
                call.send(whole[:at])
            if reset:
                call.reset()
            return False

        fronted.one.handler = cut
        with fronted.connect(10) as connection:
            connection.send(fronted.request(ask("Hi", "m-one", stream=True)))
            response = connection.read_response()
        assert response is not None, f"no response with the upstream cut at byte {at}"
        if response.status != 200:
            check_error(response, (502, 529))
            continue
        names = [e.name for e in response.events]
        # All events had come when only the framing's end was missing.
        if "message_stop" in names:
            assert at >= len(SSE_HEAD) + 5 + len(stream) - 2, f"a whole answer with the upstream cut at byte {at}"
        else:
            assert "error" in names or not response.complete, f"silently short with the upstream cut at byte {at}"
        if at % 50 == 0:
            check_recovered(fronted)
    check_recovered(fronted)


def test_a_plain_answer_cut_at_every_byte(fronted):
    whole = respond_json(message())
    for at in range(0, len(whole)):

        def cut(call, at=at):
            call.send(whole[:at])
            return False

        fronted.one.handler = cut
        response = fronted.post("/v1/messages", ask("Hi", "m-one"))
        check_error(response, (502, 529))
        if at % 50 == 0:
            check_recovered(fronted)
    check_recovered(fronted)


def test_a_slow_upstream_times_out(fronted):
    fronted.one.handler = lambda call: time.sleep(6)
    begun = time.monotonic()
    response = fronted.post("/v1/messages", ask("Hi", "m-one"))
    check_error(response, (504,))
    assert response.json["error"]["type"] == "timeout_error"
    assert 2.5 < time.monotonic() - begun < 10
    check_recovered(fronted)


def test_a_stream_that_stalls_ends_with_an_error(fronted):
    stream = answer_events("Hello", " there")

    def stall(call):
        call.send(SSE_HEAD + chunk(stream[: len(stream) // 2]))
        time.sleep(8)
        return False

    fronted.one.handler = stall
    response = fronted.post("/v1/messages", ask("Hi", "m-one", stream=True))
    names = [e.name for e in response.events]
    assert names[0] == "message_start"
    assert names[-1] == "error" or not response.complete
    check_recovered(fronted)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/html"},
        {"content-type": "text/plain"},
        {"content-type": "application/octet-stream"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": "application/json", "content-encoding": "br"},
        {"content-type": "text/event-stream", "content-encoding": "gzip"},
        {"content-type": "multipart/mixed; boundary=x"},
    ],
)
def test_what_cannot_be_read_is_never_relayed(fronted, headers, stream):
    fronted.one.handler = lambda call: call.send(respond(200, headers, b"unreadable-payload" * 10))
    response = fronted.post("/v1/messages", ask("Hi", "m-one", stream=stream))
    check_error(response)
    assert b"unreadable-payload" not in response.body
    check_recovered(fronted)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"{}", b'{"type":"message"}', b"\xff\xfe", b'{"type":"message","content":[' + b"[" * 5000],
)
def test_answers_that_are_no_answers(fronted, body):
    fronted.one.handler = lambda call: call.send(respond(200, {"content-type": "application/json"}, body))
    response = fronted.post("/v1/messages", ask("Hi", "m-one"))
    check_error(response)
    check_recovered(fronted)


@pytest.mark.parametrize(
    "junk",
    [
        b"event: content_block_delta\ndata: {broken\n\n",
        b"event: message_start\ndata: []\n\n",
        event({"type": "content_block_delta", "index": 99, "delta": {"type": "text_delta", "text": "x"}}),
        event({"type": "content_block_stop", "index": 0}),
        b"data: " + b"x" * (40 << 20) + b"\n\n",
    ],
    ids=["json", "shape", "index", "stop", "endless"],
)
def test_malformed_events(fronted, junk):
    stream = answer_events("Hello")
    at = stream.index(b"event: content_block_start")

    def send(call):
        try:
            call.send(SSE_HEAD + chunk(stream[:at]) + chunk(junk) + chunk(stream[at:]) + b"0\r\n\r\n")
        except ConnectionError:
            return False

    fronted.one.handler = send
    response = fronted.post("/v1/messages", ask("Hi", "m-one", stream=True))
    assert len(response.body) < 10 << 20
    check_recovered(fronted)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_another_route_takes_over(fronted, status):
    error = {"type": "error", "error": {"type": "api_error", "message": "no"}}
    fronted.one.handler = lambda call: call.send(respond_json(error, status))
    fronted.two.handler = lambda call: call.send(respond_json(message("From two.", "up-two")))
    response = fronted.post("/v1/messages", ask("Hi", "m-both"))
    assert response.status == 200, response.body
    assert response.json["content"][0]["text"] == "From two."
    # Failover is not fallback: the same model, another place.
    assert response.json["content"][0]["type"] == "text"
    assert response.header("sallyport-served-model") == "m-both"


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_errors_of_the_request_go_nowhere_else(fronted, status):
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
    fronted.one.handler = lambda call: call.send(respond_json(error, status))
    # `one` may still be cooling down from a test before this; then `two` is asked first, and answers the same.
    fronted.two.handler = fronted.one.handler
    response = fronted.post("/v1/messages", ask("Hi", "m-both"))
    assert response.status == status
    assert len(fronted.one.seen) + len(fronted.two.seen) == 1


def test_a_refused_credential_of_the_gateway_is_no_news_for_clients(fronted):
    error = {"type": "error", "error": {"type": "authentication_error", "message": "bad key sk-of-the-gateway"}}
    fronted.one.handler = lambda call: call.send(respond_json(error, 401))
    fronted.two.handler = fronted.one.handler
    response = fronted.post("/v1/messages", ask("Hi", "m-both"))
    assert response.status == 502 and b"sk-of-the-gateway" not in response.body


def test_no_failover_after_the_first_byte(fronted):
    stream = answer_events("Hello", " there")

    def cut(call):
        call.send(SSE_HEAD + chunk(stream[: stream.index(b"event: content_block_stop")]))
        call.reset()
        return False

    check_recovered(fronted)
    fronted.one.seen.clear()
    fronted.one.handler = cut
    response = fronted.post("/v1/messages", ask("Hi", "m-both", stream=True))
    assert response.status == 200
    assert fronted.two.seen == []
    check_recovered(fronted)


def test_a_client_that_goes_away_cancels_the_upstream_call(fronted):
    noticed = threading.Event()

    def endless(call):
        call.send(SSE_HEAD)
        call.send(chunk(answer_events("Hello")[:-200]))
        if call.closed_by_peer(10):
            noticed.set()
        return False

    fronted.one.handler = endless
    with fronted.connect() as connection:
        connection.send(fronted.request(ask("Hi", "m-one", stream=True)))
        assert connection.read_head().status == 200
    assert noticed.wait(10), "the upstream call went on"
    check_recovered(fronted)


def test_a_kept_connection_that_the_upstream_closed_is_replaced(fronted):
    closing = threading.Event()

    def once(call):
        call.send(respond_json(message()))
        closing.set()
        return False

    for _ in range(5):
        fronted.one.handler = once
        assert fronted.post("/v1/messages", ask("Hi", "m-one")).status == 200
        assert closing.wait(5)
        time.sleep(0.05)


def test_a_refusal_before_a_broken_hop_stands(fronted):
    fronted.one.handler = lambda call: call.send(respond_events(refusal_events()))

    def broken(call):
        call.reset()
        return False

    fronted.two.handler = broken
    value = ask("Hi", "m-one", stream=True, fallbacks=[{"model": "m-two"}])
    response = fronted.post("/v1/messages", value, fronted.headers(anthropic_beta=FALLBACK_BETA))
    assert response.status == 200
    delta = next(e.json["delta"] for e in response.events if e.name == "message_delta")
    assert delta["stop_reason"] == "refusal"
    assert delta["stop_details"]["recommended_model"] == "m-two"


def test_a_slow_client_does_not_hold_others_nor_memory(fronted):
    piece = "words " * 200

    def torrent(call):
        try:
            call.send(SSE_HEAD + chunk(answer_events("x")[:-300]))
            delta = event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}})
            for _ in range(20000):
                call.send(chunk(delta))
        except OSError:
            return False

    fronted.one.handler = torrent
    slow = Connection(fronted.address)
    slow.send(fronted.request(ask("Hi", "m-one", stream=True)))
    time.sleep(1.5)
    fronted.two.handler = lambda call: call.send(respond_json(message(model="up-two")))
    begun = time.monotonic()
    assert fronted.post("/v1/messages", ask("Hi", "m-two")).status == 200
    assert time.monotonic() - begun < 2
    resident_kib = int(next(l for l in open(f"/proc/{fronted.process.pid}/status") if l.startswith("VmRSS")).split()[1])
    assert resident_kib < 600 << 10, f"{resident_kib >> 10} MiB held"
    slow.close()


def test_many_streams_at_once(fronted):
    fronted.one.handler = lambda call: call.send(respond_events(answer_events(*[f"w{i} " for i in range(50)])))
    wanted = "".join(f"w{i} " for i in range(50))
    failures = []

    def one():
        response = fronted.post("/v1/messages", ask("Hi", "m-one", stream=True))
        if said(response.events) != wanted or not response.complete:
            failures.append(response)

    threads = [threading.Thread(target=one) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


