"""The main job by the Messages API: plain, streamed, tools, refusals, counting, models, and the contract of Claude Code."""

import json
import re

import pytest
from support.messages import FALLBACK, PRIMARY, SENTENCE, ask, said, told
from support.wire import fetch


def text_of(response) -> str:
    return "".join(block.get("text", "") for block in response.json["content"])


def test_a_plain_answer(gateway):
    response = gateway.message(f'say="{SENTENCE}"')
    assert response.status == 200
    assert response.header("content-type").startswith("application/json")
    body = response.json
    assert (body["type"], body["role"], body["model"], body["stop_reason"]) == ("message", "assistant", PRIMARY, "end_turn")
    assert text_of(response).endswith(SENTENCE)
    assert "simulator" in text_of(response)


def test_every_response_says_who_served_and_why(gateway):
    response = gateway.message()
    assert response.header("request-id").startswith("req_")
    assert response.header("sallyport-requested-model") == PRIMARY
    assert response.header("sallyport-served-model") == PRIMARY
    assert response.header("sallyport-reason") == "requested"


def test_a_streamed_answer_has_the_events_in_order(gateway):
    response = gateway.message(f'say="{SENTENCE}"', stream=True)
    assert response.status == 200 and response.complete
    assert response.header("content-type").startswith("text/event-stream")
    events = response.events
    names = [event.name for event in events if event.name != "ping"]
    assert names[:2] == ["message_start", "content_block_start"]
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(names[2:-3]) == {"content_block_delta"}
    assert all(event.json["type"] == event.name for event in events)
    assert said(events).endswith(SENTENCE)
    assert "[DONE]" not in response.body.decode()


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_a_200(gateway, stream):
    response = gateway.message("refuse=cyber", stream=stream)
    assert response.status == 200
    ending = response.events[-2].json["delta"] if stream else response.json
    assert ending["stop_reason"] == "refusal"
    assert ending["stop_details"]["type"] == "refusal"
    assert ending["stop_details"]["category"] == "cyber"
    assert response.header("sallyport-reason") == "refused"


def test_the_documented_trigger_refuses(gateway):
    trigger = "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_1FAEFB6177B4672DEE07F9D3AFC62588CCD2631EDCF22E8CCC1FB35B501C9C86"
    response = gateway.post("/v1/messages", ask(trigger))
    assert response.json["stop_reason"] == "refusal"


def test_tool_arguments_are_streamed(gateway):
    tools = [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]
    directive = """tool=get_weather args='{"city":"San José, where names are long enough to come in pieces"}'"""
    events = gateway.message(directive, stream=True, tools=tools).events
    start = next(e.json for e in events if e.name == "content_block_start" and e.json["content_block"]["type"] == "tool_use")
    pieces = [
        e.json["delta"]["partial_json"]
        for e in events
        if e.name == "content_block_delta" and e.json["delta"]["type"] == "input_json_delta"
    ]
    assert start["content_block"]["name"] == "get_weather"
    assert json.loads("".join(pieces))["city"].startswith("San José")
    assert len([piece for piece in pieces if piece]) > 1
    assert events[-2].json["delta"]["stop_reason"] == "tool_use"


def test_counting_tokens(gateway):
    counted = gateway.post("/v1/messages/count_tokens", {"model": PRIMARY, "messages": [{"role": "user", "content": "Hi"}]})
    assert counted.status == 200
    assert counted.json["input_tokens"] > 0
    unknown = gateway.post("/v1/messages/count_tokens", {"model": "none", "messages": [{"role": "user", "content": "Hi"}]})
    assert unknown.status == 404


def test_models(gateway):
    listed = fetch(gateway.address, "GET", "/v1/models?limit=1000", gateway.headers())
    assert listed.status == 200
    ids = [model["id"] for model in listed.json["data"]]
    assert PRIMARY in ids and FALLBACK in ids
    assert listed.json["first_id"] == ids[0] and listed.json["last_id"] == ids[-1] and listed.json["has_more"] is False
    assert all(model["type"] == "model" and model["display_name"] for model in listed.json["data"])
    one = fetch(gateway.address, "GET", f"/v1/models/{PRIMARY}", gateway.headers())
    assert one.json["id"] == PRIMARY
    assert "allowed_fallback_models" not in one.json
    beta = fetch(gateway.address, "GET", f"/v1/models/{PRIMARY}", gateway.headers(anthropic_beta="server-side-fallback-2026-07-01"))
    assert FALLBACK in beta.json["allowed_fallback_models"]
    assert fetch(gateway.address, "GET", "/v1/models/none", gateway.headers()).status == 404


def test_model_pages(gateway):
    seen, after = [], ""
    while True:
        page = fetch(gateway.address, "GET", f"/v1/models?limit=3{after}", gateway.headers()).json
        assert len(page["data"]) <= 3
        seen += [model["id"] for model in page["data"]]
        if not page["has_more"]:
            break
        after = f"&after_id={page['last_id']}"
    assert len(seen) == len(set(seen)) and PRIMARY in seen
    assert fetch(gateway.address, "GET", "/v1/models?limit=0", gateway.headers()).status == 400


def test_what_claude_code_needs(gateway):
    probe = fetch(gateway.address, "HEAD", "/", {})
    assert probe.status == 200 and probe.body == b""
    with_query = gateway.post("/v1/messages?beta=true", ask(told("tokens=3")))
    assert with_query.status == 200
    both = gateway.headers(authorization=f"Bearer {gateway.key}")
    assert gateway.post("/v1/messages", ask(told("tokens=3")), both).status == 200
    telemetry = gateway.headers(x_app="cli", x_stainless_lang="js", x_claude_code_session_id="s1", anthropic_beta="claude-code-20250219")
    assert gateway.post("/v1/messages", ask(told("tokens=3")), telemetry).status == 200


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
@pytest.mark.parametrize("credential", ["x-api-key", "authorization"])
def test_versions_and_credentials(gateway, version, credential):
    value = gateway.key if credential == "x-api-key" else f"Bearer {gateway.key}"
    headers = {credential: value, "anthropic-version": version, "content-type": "application/json"}
    response = gateway.post("/v1/messages", ask(told("tokens=3")), headers)
    assert response.status == 200, response.body


def test_the_newer_version_has_no_temperature(gateway):
    newer = gateway.headers() | {"anthropic-version": "2026-10-21"}
    assert gateway.post("/v1/messages", ask(told("tokens=3"), temperature=1), newer).status == 400
    assert gateway.post("/v1/messages", ask(told("tokens=3"), temperature=1)).status == 200


def test_an_answer_keeps_its_connection(gateway):
    with gateway.connect() as connection:
        ids = set()
        for _ in range(3):
            connection.send(gateway.request(ask(told("tokens=2"))))
            response = connection.read_response()
            assert response.status == 200
            ids.add(response.header("request-id"))
        assert len(ids) == 3
        assert all(re.fullmatch(r"req_[0-9A-Za-z]{24}", request_id) for request_id in ids)
