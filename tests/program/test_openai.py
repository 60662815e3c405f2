"""The main job by OpenAI's APIs: Chat Completions and Responses, of OpenAI's and of Anthropic's models."""

import json

import pytest
from support.messages import FALLBACK, GPT, PRIMARY, SENTENCE, told
from support.wire import fetch

MODELS = [GPT, PRIMARY]


def bearer(gateway) -> dict[str, str]:
    return {"authorization": f"Bearer {gateway.key}", "content-type": "application/json"}


def chat(gateway, directive: str, model: str = GPT, **more):
    value = {"model": model, "messages": [{"role": "user", "content": told(directive)}], **more}
    return gateway.post("/v1/chat/completions", value, bearer(gateway))


def respond(gateway, directive: str, model: str = GPT, **more):
    return gateway.post("/v1/responses", {"model": model, "input": told(directive), **more}, bearer(gateway))


def chunks(response) -> list[dict]:
    lines = [event.data for event in response.events]
    assert lines[-1] == "[DONE]"
    assert all(event.name == "" for event in response.events)
    return [json.loads(line) for line in lines[:-1]]


@pytest.mark.parametrize("model", MODELS)
def test_chat(gateway, model):
    response = chat(gateway, f'say="{SENTENCE}"', model)
    assert response.status == 200
    assert response.header("x-request-id") == response.header("request-id")
    body = response.json
    assert body["object"] == "chat.completion" and body["model"] == model
    choice = body["choices"][0]
    assert choice["message"]["content"].endswith(SENTENCE)
    assert choice["finish_reason"] == "stop"
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]


@pytest.mark.parametrize("model", MODELS)
def test_chat_streamed(gateway, model):
    got = chunks(chat(gateway, f'say="{SENTENCE}"', model, stream=True, stream_options={"include_usage": True}))
    assert "".join(c["choices"][0]["delta"].get("content") or "" for c in got if c["choices"]).endswith(SENTENCE)
    assert got[-1]["choices"] == [] and got[-1]["usage"]["completion_tokens"] > 0
    assert all(c["usage"] is None for c in got[:-1])
    without = chunks(chat(gateway, "tokens=3", model, stream=True))
    assert all(c["choices"] for c in without)


@pytest.mark.parametrize("model", MODELS)
def test_responses(gateway, model):
    plain = respond(gateway, f'say="{SENTENCE}"', model).json
    assert (plain["object"], plain["status"], plain["model"]) == ("response", "completed", model)
    text = plain["output"][-1]["content"][0]["text"]
    assert text.endswith(SENTENCE)
    events = respond(gateway, f'say="{SENTENCE}"', model, stream=True).events
    assert [event.json["sequence_number"] for event in events] == list(range(len(events)))
    assert all(event.json["type"] == event.name for event in events)
    assert events[0].name == "response.created" and events[-1].name == "response.completed"
    assert "".join(e.json["delta"] for e in events if e.name == "response.output_text.delta") == text


def test_a_refusal_is_a_content_filter(gateway):
    body = chat(gateway, "refuse=cyber", PRIMARY).json
    assert body["choices"][0]["finish_reason"] == "content_filter"
    assert body["choices"][0]["message"]["content"] is None
    got = chunks(chat(gateway, "refuse=cyber", PRIMARY, stream=True))
    assert [c["choices"][0]["finish_reason"] for c in got if c["choices"] and c["choices"][0]["finish_reason"]] == ["content_filter"]
    response = respond(gateway, "refuse=cyber", PRIMARY).json
    assert response["status"] == "incomplete"
    assert response["incomplete_details"]["reason"] == "content_filter"


@pytest.mark.parametrize("path, more", [("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}), ("/v1/responses", {"input": "Hi"})])
def test_errors_have_openais_shape(gateway, path, more):
    unknown = gateway.post(path, {"model": "none", **more}, bearer(gateway))
    assert unknown.status == 404
    assert set(unknown.json["error"]) == {"message", "type", "param", "code"}
    assert unknown.json["error"]["code"] == "model_not_found"
    no_key = gateway.post(path, {"model": GPT, **more}, {"content-type": "application/json"})
    assert no_key.status == 401
    assert no_key.json["error"]["type"]
    malformed = gateway.post(path, b"{", bearer(gateway))
    assert malformed.status == 400
    assert malformed.json["error"]["type"] == "invalid_request_error"


def test_models_have_openais_shape_for_openais_clients(gateway):
    listed = fetch(gateway.address, "GET", "/v1/models", bearer(gateway)).json
    assert listed["object"] == "list"
    assert {GPT, PRIMARY, FALLBACK} <= {model["id"] for model in listed["data"]}
    assert all(model["object"] == "model" for model in listed["data"])
