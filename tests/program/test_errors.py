"""Errors of our own: status, type and shape for each API, and nothing that passes unread."""

import pytest
from support.gateway import Gateway
from support.messages import PRIMARY, ask, told
from support.wire import fetch

ANTHROPIC_KEYS = {"type", "error", "request_id"}


def check_shape(response, status: int, kind: str):
    assert response.status == status, response.body
    body = response.json
    assert set(body) == ANTHROPIC_KEYS
    assert body["type"] == "error"
    assert body["error"]["type"] == kind
    assert body["error"]["message"]
    assert body["request_id"] == response.header("request-id")


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/v1/messages/batches"),
        ("GET", "/v1/messages/batches"),
        ("GET", "/v1/files"),
        ("POST", "/v1/complete"),
        ("GET", "/v1/organizations/me"),
        ("POST", "/v1/embeddings"),
        ("POST", "/v1/messages/"),
        ("POST", "//v1/messages"),
        ("POST", "/v1/./messages"),
        ("POST", "/v1/%6dessages"),
        ("POST", "/V1/messages"),
        ("GET", "/v1/models/a/b"),
        ("GET", "/admin"),
    ],
)
def test_every_path_not_listed_is_404(gateway, method, path):
    response = fetch(gateway.address, method, path, gateway.headers(), b"{}" if method == "POST" else b"")
    assert response.status == 404, response.body
    assert response.header("request-id").startswith("req_")


def test_wrong_methods(gateway):
    response = fetch(gateway.address, "GET", "/v1/messages", gateway.headers())
    assert response.status == 405
    assert response.header("allow") == "POST"


@pytest.mark.parametrize("credential", [None, "", "sk-ant-api03-x", "sp-live-" + "a" * 32 + "-000000"])
def test_unknown_keys(gateway, credential):
    headers = {"anthropic-version": "2023-06-01", "content-type": "application/json"}
    if credential is not None:
        headers["x-api-key"] = credential
    response = gateway.post("/v1/messages", ask("Hi"), headers)
    check_shape(response, 401, "authentication_error")
    if credential:
        assert credential not in response.body.decode()


def test_two_keys_that_differ_are_a_contradiction(gateway):
    other = gateway.create_key("another")
    response = gateway.post("/v1/messages", ask("Hi"), gateway.headers(authorization=f"Bearer {other}"))
    check_shape(response, 401, "authentication_error")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"model":"m"}{"model":"m"}',
        b'{"model":"a","model":"b","max_tokens":1,"messages":[]}',
        b'{"model":"a","mod\\u0065l":"b","max_tokens":1,"messages":[]}',
        b'{"model":"a","max_tokens":1,"messages":[],}',
        b'{"model":"\xff","max_tokens":1,"messages":[]}',
        b'{"model":"\\ud800","max_tokens":1,"messages":[]}',
        b'{"model":"a","max_tokens":01,"messages":[]}',
        b'{"model":"a","max_tokens":1e999,"messages":[]}',
        b'\xef\xbb\xbf{"model":"a","max_tokens":1,"messages":[]}',
        b'{"model":7,"max_tokens":1,"messages":[{"role":"user","content":"x"}]}',
        b'{"model":"claude-fable-5-1","max_tokens":"1","messages":[{"role":"user","content":"x"}]}',
        b'{"model":"claude-fable-5-1","max_tokens":1,"stream":"true","messages":[{"role":"user","content":"x"}]}',
    ],
)
def test_bodies_that_two_readers_could_read_differently(gateway, body):
    check_shape(gateway.post("/v1/messages", body), 400, "invalid_request_error")


def test_versions(gateway):
    headers = gateway.headers()
    del headers["anthropic-version"]
    check_shape(gateway.post("/v1/messages", ask("Hi"), headers), 400, "invalid_request_error")
    check_shape(gateway.post("/v1/messages", ask("Hi"), headers | {"anthropic-version": "2031-01-01"}), 400, "invalid_request_error")


def test_unknown_models_are_not_found(gateway):
    check_shape(gateway.post("/v1/messages", ask("Hi", "claude-none")), 404, "not_found_error")


def test_models_inside_tools_are_found_too(gateway):
    tools = [{"type": "advisor_20260301", "name": "advisor", "model": "claude-none"}]
    response = gateway.post("/v1/messages", ask(told("tokens=1"), tools=tools))
    check_shape(response, 404, "not_found_error")
    assert "claude-none" in response.json["error"]["message"]


def test_a_withdrawn_model(fronted):
    response = fronted.post("/v1/messages", ask("Hi", "m-gone"))
    check_shape(response, 404, "not_found_error")
    assert "withdrawn by order" in response.json["error"]["message"]
    assert "m-two" in response.json["error"]["message"]


def test_a_key_for_some_models_only(gateway):
    key = gateway.create_key("narrow", model=PRIMARY)
    assert gateway.message(key=key).status == 200
    check_shape(gateway.message(key=key, model="claude-opus-5"), 403, "permission_error")
    listed = fetch(gateway.address, "GET", "/v1/models", gateway.headers(key))
    assert [model["id"] for model in listed.json["data"]] == [PRIMARY]


def test_a_model_that_nothing_serves_is_overloaded():
    from support import catalogs
    from support.gateway import free_port

    dead = catalogs.upstream("dead", f"http://127.0.0.1:{free_port()}")
    with Gateway(dead + catalogs.model("m-dead", catalogs.route("dead", "x"))) as running:
        response = running.post("/v1/messages", ask("Hi", "m-dead"))
        assert response.status in (502, 503, 529), response.body
        assert response.json["error"]["type"] in ("api_error", "overloaded_error")
