"""What crosses the gate in headers and what does not, and that bytes of the same dialect are not touched."""

import gzip
import json
import time

from support.gateway import UPSTREAM_KEY
from support.messages import answer_events, ask, event, message
from support.upstream import SSE_HEAD, chunk, respond_events, respond_json


def served(fronted, headers: dict[str, str] | None = None):
    fronted.one.handler = lambda call: call.send(respond_json(message(), headers=headers))


def test_client_credentials_and_cookies_stay_here(fronted):
    served(fronted)
    headers = fronted.headers(
        authorization=f"Bearer {fronted.key}", cookie="session=abc", proxy_authorization="Basic eA==", x_forwarded_for="203.0.113.9",
        forwarded="for=203.0.113.9", anthropic_organization_id="org-of-client", connection="x-hop", x_hop="gone",
    )  # fmt: skip
    assert fronted.post("/v1/messages", ask("Hi", "m-one"), headers).status == 200
    (seen,) = fronted.one.seen
    everything = repr(seen.headers)
    assert fronted.key not in everything
    assert not seen.names & {"cookie", "proxy-authorization", "x-forwarded-for", "forwarded", "anthropic-organization-id", "x-hop"}
    assert seen.header("x-api-key") == UPSTREAM_KEY
    assert seen.header("accept-encoding") == "identity"


def test_betas_and_open_headers_go_on(fronted):
    served(fronted)
    headers = fronted.headers(anthropic_beta="context-1m-2025-08-07,some-beta-2026-01-01", x_claude_code_session_id="s-1", user_agent="claude-cli/2")
    assert fronted.post("/v1/messages", ask("Hi", "m-one"), headers).status == 200
    (seen,) = fronted.one.seen
    assert seen.header("anthropic-beta").replace(" ", "") == "context-1m-2025-08-07,some-beta-2026-01-01"
    assert seen.header("anthropic-version") == "2023-06-01"
    assert seen.header("x-claude-code-session-id") == "s-1"


def test_upstream_accounts_do_not_reach_clients(fronted):
    served(
        fronted,
        {
            "request-id": "req_of_upstream", "anthropic-organization-id": "org-of-operator", "set-cookie": "a=b",
            "anthropic-ratelimit-requests-remaining": "3", "cf-ray": "x", "server": "upstream", "x-envoy-upstream-service-time": "3",
            "strict-transport-security": "max-age=1",
        },
    )  # fmt: skip
    response = fronted.post("/v1/messages", ask("Hi", "m-one"))
    everything = repr(response.headers)
    for leaked in ("req_of_upstream", "org-of-operator", "set-cookie", "cf-ray", "x-envoy", "strict-transport"):
        assert leaked not in everything, leaked
    assert response.header("request-id").startswith("req_")


def test_the_body_goes_on_byte_for_byte(fronted):
    served(fronted)
    body = (
        '{\n  "messages" : [ {"role":"user","content":[{"type":"text","text":"h\\u00e9 \\ud83d\\ude00 é"}]} ],\t"max_tokens":9 ,\r\n'
        ' "system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2"},{"type":"text","text":"b"}],"n":1.0e2,"model" : "m-one"}'
    ).encode()
    assert fronted.post("/v1/messages", body).status == 200
    assert fronted.one.seen[0].body == body.replace(b'"m-one"', b'"up-one"')


def test_a_stream_comes_back_byte_for_byte_with_padding_pings_and_unknown_events(fronted):
    stream = answer_events("Hello", " there")
    padded = stream.replace(b"}\n\n", b"}            \n\n").replace(b"}            \n\n", b"            }\n\n")
    strange = b'event: brand_new\ndata: {"type":"brand_new","x":[1]}\n\n'
    ping = b'event: ping\ndata: {"type": "ping"}\n\n'
    sent = padded.replace(b"event: content_block_delta", ping + strange + b"event: content_block_delta", 1)
    fronted.one.handler = lambda call: call.send(respond_events(sent))
    response = fronted.post("/v1/messages", ask("Hi", "m-one", stream=True))
    assert response.body == sent.replace(b'"model": "up-one"', b'"model": "m-one"') or response.body == sent


def test_a_stream_in_odd_pieces_is_the_same_stream(fronted):
    sent = answer_events("Grüße ", "aus ", "Zürich 😀", " und so weiter")

    def in_pieces(size):
        def handler(call):
            call.send(SSE_HEAD)
            for at in range(0, len(sent), size):
                call.send(chunk(sent[at : at + size]))
            call.send(b"0\r\n\r\n")

        return handler

    bodies = set()
    for size in (1, 2, 7, 64, 4096):
        fronted.one.handler = in_pieces(size)
        response = fronted.post("/v1/messages", ask("Hi", "m-one", stream=True))
        assert response.complete
        bodies.add(response.body)
    assert len(bodies) == 1


def test_compressed_requests_are_read(fronted):
    served(fronted)
    plain = json.dumps(ask("Hi", "m-one")).encode()
    response = fronted.post("/v1/messages", gzip.compress(plain), fronted.headers(content_encoding="gzip"))
    assert response.status == 200, response.body
    (seen,) = fronted.one.seen
    assert seen.json["messages"] == [{"role": "user", "content": "Hi"}]
    assert "content-encoding" not in seen.names


def test_unknown_codings_and_types_are_refused(fronted):
    for headers in (
        {"content_encoding": "br"},
        {"content_encoding": "gzip, gzip"},
        {"content_encoding": "deflate"},
    ):
        response = fronted.post("/v1/messages", ask("Hi", "m-one"), fronted.headers(**headers))
        assert response.status in (400, 415), (headers, response.body)
        assert response.json["error"]["details"]["error_code"].startswith("request_body_encoding")
    wrong_type = fronted.headers() | {"content-type": "text/plain"}
    assert fronted.post("/v1/messages", ask("Hi", "m-one"), wrong_type).status in (400, 415)
    broken = fronted.post("/v1/messages", b"\x1f\x8bnot gzip", fronted.headers(content_encoding="gzip"))
    assert broken.status == 400
    assert fronted.one.seen == []


def test_upstream_errors_come_back_unmodified(fronted):
    body = b'{"type":"error", "error":{"type":"invalid_request_error","message":"messages.0: wording that clients match"},"request_id":"req_up"}'
    head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    fronted.one.handler = lambda call: call.send(head + body)
    response = fronted.post("/v1/messages", ask("Hi", "m-one"))
    assert response.status == 400
    assert response.body == body


def test_an_error_inside_a_stream_is_passed_on(fronted):
    error = event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    stream = answer_events("Hello")
    cut = stream[: stream.index(b"event: content_block_stop")]

    def late(call):
        call.send(SSE_HEAD + chunk(cut))
        time.sleep(0.3)
        call.send(chunk(error) + b"0\r\n\r\n")

    fronted.one.handler = late
    events = fronted.post("/v1/messages", ask("Hi", "m-one", stream=True)).events
    assert events[-1].name == "error"
    assert events[-1].json["error"]["type"] == "overloaded_error"


def test_an_error_before_anything_was_shown_is_an_error_response(fronted):
    error = event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    fronted.one.handler = lambda call: call.send(respond_events(error))
    response = fronted.post("/v1/messages", ask("Hi", "m-one", stream=True))
    if response.status == 200:
        assert response.events[-1].name == "error"
    else:
        assert response.status == 529
        assert response.json["error"]["type"] == "overloaded_error"
