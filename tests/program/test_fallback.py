"""Fallback before scripted upstreams: what each hop is sent, what the client gets, and what must never cross a hop."""

import json

import pytest
from support.messages import (
    FALLBACK_BETA, answer_events, ask, end_events, event, message, refusal_details, refusal_events, refused_message, said,
    start_event, text_block,
)  # fmt: skip
from support.upstream import SSE_HEAD, chunk, respond_events, respond_json

BODY_SECRET = "text that the declined hop held back"


def fall_back(fronted, value: dict):
    return fronted.post("/v1/messages", value, fronted.headers(anthropic_beta=FALLBACK_BETA))


def asked(text: str = "Tell me.", **more) -> dict:
    return ask(text, "m-one", fallbacks=[{"model": "m-two"}], **more)


def blocks(events) -> list[str]:
    return [e.json["content_block"]["type"] for e in events if e.name == "content_block_start"]


def answer(data: bytes):
    return lambda call: call.send(data)


def test_not_streamed(fronted):
    fronted.one.handler = answer(respond_json(refused_message()))
    fronted.two.handler = answer(respond_json(message("Served by two.", "up-two")))
    response = fall_back(fronted, asked())
    body = response.json
    assert body["model"] == "m-two"
    assert body["content"] == [
        {
            "type": "fallback",
            "from": {"model": "m-one"},
            "to": {"model": "m-two"},
            "trigger": {"type": "refusal", "category": "cyber"},
        },
        {"type": "text", "text": "Served by two."},
    ]
    assert [(i["type"], i["model"]) for i in body["usage"]["iterations"]] == [("message", "m-one"), ("fallback_message", "m-two")]
    assert body["stop_reason"] == "end_turn" and body["stop_details"] is None
    assert response.header("sallyport-served-model") == "m-two"
    assert response.header("sallyport-reason") == "fallback"


def test_each_hop_gets_the_clients_bytes_but_for_what_is_ours(fronted):
    fronted.one.handler = answer(respond_json(refused_message()))
    fronted.two.handler = answer(respond_json(message(model="up-two")))
    body = b'{ "max_tokens":7,"unknown_field" : {"kept":[1, 2.50,"\\u00e9"]}, "model":"m-one","fallbacks":[{"model":"m-two"}],"messages":[{"role":"user","content":"Hi"}] }'
    assert fall_back(fronted, body).status == 200
    for upstream, model in ((fronted.one, b'"up-one"'), (fronted.two, b'"up-two"')):
        (seen,) = upstream.seen
        assert b'"unknown_field" : {"kept":[1, 2.50,"\\u00e9"]}' in seen.body
        assert b'"model":' + model in seen.body
        assert b"fallbacks" not in seen.body
        assert "server-side-fallback" not in (seen.header("anthropic-beta") or "")


def test_streamed_before_output(fronted):
    fronted.one.handler = answer(respond_events(refusal_events()))
    fronted.two.handler = answer(respond_events(answer_events("Served ", "by two.", model="up-two")))
    events = fall_back(fronted, asked(stream=True)).events
    assert events[0].json["message"]["model"] == "m-two"
    assert blocks(events) == ["fallback", "text"]
    assert said(events) == "Served by two."
    assert len([e for e in events if e.name == "message_start"]) == 1


def test_streamed_in_mid_output_continues_with_the_released_text_alone(fronted):
    thinking = event({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}})
    thinking += event({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "private thoughts"}})
    thinking += event({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2ln"}})
    thinking += event({"type": "content_block_stop", "index": 0})
    stream = start_event() + thinking + text_block(1, "Once ", "upon") + end_events("refusal", refusal_details(None))
    fronted.one.handler = answer(respond_events(stream))
    fronted.two.handler = answer(respond_events(answer_events(" a time.", model="up-two")))
    response = fall_back(fronted, asked(stream=True))
    assert (response.header("sallyport-served-model"), response.header("sallyport-reason")) == ("m-one", "requested")
    events = response.events
    assert events[0].json["message"]["model"] == "m-one"
    assert blocks(events) == ["thinking", "text", "fallback", "text"]
    assert [e.json["index"] for e in events if e.name == "content_block_start"] == [0, 1, 2, 3]
    assert said(events) == "Once upon a time."
    (seen,) = fronted.two.seen
    assert seen.json["messages"][-1] == {"role": "assistant", "content": [{"type": "text", "text": "Once upon"}]} or seen.json[
        "messages"
    ][-1] == {"role": "assistant", "content": "Once upon"}
    assert b"private thoughts" not in seen.body


def test_a_model_that_restates_answers_anew(fronted):
    fronted.one.handler = answer(respond_events(refusal_events("Once ", "upon")))
    fronted.two.handler = answer(respond_events(answer_events("Anew.", model="up-two")))
    value = ask("Tell me.", "m-one", fallbacks=[{"model": "m-restate"}], stream=True)
    events = fall_back(fronted, value).events
    assert blocks(events) == ["text", "fallback", "text"]
    (seen,) = fronted.two.seen
    roles = [turn["role"] for turn in seen.json["messages"]]
    assert roles[-1] == "user" and "assistant" in roles
    assert "Once upon" in json.dumps(seen.json["messages"][-2])


def test_another_dialect_takes_over_in_the_same_stream(fronted):
    chunks = b""
    for delta, finish in (({"role": "assistant", "content": "From "}, None), ({"content": "chat."}, None), ({}, "stop")):
        value = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up-chat"}
        value["choices"] = [{"index": 0, "delta": delta, "finish_reason": finish}]
        chunks += b"data: " + json.dumps(value).encode() + b"\n\n"
    fronted.one.handler = answer(respond_events(refusal_events()))
    fronted.chat.handler = answer(respond_events(chunks + b"data: [DONE]\n\n"))
    events = fall_back(fronted, ask("Tell me.", "m-one", fallbacks=[{"model": "m-chat"}], stream=True)).events
    assert blocks(events) == ["fallback", "text"]
    assert said(events) == "From chat."
    assert events[-1].name == "message_stop"


def test_nothing_of_a_declined_hop_gets_out_or_on(fronted):
    secret = {"x-declined-account": "acct_declined", "set-cookie": "a=declined", "anthropic-organization-id": "org-declined"}
    refused = refused_message() | {"content": [{"type": "text", "text": BODY_SECRET}]}
    fronted.one.handler = answer(respond_json(refused, headers=secret))
    fronted.two.handler = answer(respond_json(message(model="up-two"), headers={"x-served-account": "acct_served"}))
    response = fall_back(fronted, asked())
    everything = repr(response.headers) + response.body.decode() + repr(fronted.two.seen[0].headers) + fronted.two.seen[0].body.decode()
    for leaked in ("declined", BODY_SECRET, "acct_served", "msg_upstream_0001-one", "An explanation of the upstream"):
        assert leaked not in everything, leaked


def test_an_open_tool_call_forbids_it(fronted):
    opened = start_event() + event(
        {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}}
    )
    opened += event({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"a'}})
    opened += event({"type": "content_block_stop", "index": 0}) + end_events("refusal", refusal_details())
    fronted.one.handler = answer(respond_events(opened))
    tools = [{"name": "f", "input_schema": {"type": "object"}}]
    events = fall_back(fronted, asked(stream=True, tools=tools)).events
    assert "fallback" not in blocks(events)
    assert events[-2].json["delta"]["stop_reason"] == "refusal"
    assert fronted.two.seen == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [429, 529, 500])
def test_a_hop_that_cannot_be_had_gives_the_refusal_back(fronted, status, stream):
    fronted.one.handler = answer(respond_events(refusal_events()) if stream else respond_json(refused_message()))
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    fronted.two.handler = answer(respond_json(error, status))
    response = fall_back(fronted, asked(stream=stream))
    assert response.status == 200
    ending = response.events[-2].json["delta"] if stream else response.json
    assert ending["stop_reason"] == "refusal"
    assert ending["stop_details"]["category"] == "cyber"
    assert ending["stop_details"]["recommended_model"] == "m-two"


def test_only_a_refusal_triggers_it(fronted):
    for status in (429, 529, 500):
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "m"}}
        fronted.one.handler = answer(respond_json(error, status))
        assert fall_back(fronted, asked()).status == status
    assert fronted.two.seen == []


def test_without_the_header_the_refusal_stands_and_the_field_is_refused(fronted):
    fronted.one.handler = answer(respond_json(refused_message()))
    plain = fronted.post("/v1/messages", ask("Tell me.", "m-one"))
    assert plain.json["stop_reason"] == "refusal"
    with_field = fronted.post("/v1/messages", asked())
    assert with_field.status == 400
    assert with_field.json["error"]["message"].startswith("fallbacks: Extra inputs are not permitted")


@pytest.mark.parametrize(
    "fallbacks, beta",
    [
        ([{"model": "m-two"}] * 2, FALLBACK_BETA),
        ([{"model": "m-one"}], FALLBACK_BETA),
        ([{"model": "m-two"}, {"model": "m-restate"}, {"model": "m-chat"}, {"model": "m-x"}], FALLBACK_BETA),
        ([{"model": "m-refuse"}], FALLBACK_BETA),
        ([{"model": "no-such"}], FALLBACK_BETA),
        ([{"model": "m-two", "temperature": 1}], FALLBACK_BETA),
        ([{}], FALLBACK_BETA),
        ("always", FALLBACK_BETA),
        ("default", "server-side-fallback-2026-06-01"),
        ([{"model": "m-two"}], "server-side-fallback-2026-01-01"),
    ],
)
def test_wrong_fallbacks(fronted, fallbacks, beta):
    value = ask("Tell me.", "m-one", fallbacks=fallbacks)
    response = fronted.post("/v1/messages", value, fronted.headers(anthropic_beta=beta))
    assert response.status in (400, 404), response.body
    assert response.json["error"]["type"] in ("invalid_request_error", "not_found_error")
    assert fronted.one.seen == []


def test_the_refused_stream_is_held_until_the_next_hop_speaks(fronted):
    """The first hop's start must not be shown when a later model will speak from the first block on."""
    fronted.one.handler = answer(respond_events(refusal_events()))

    def slowly(call):
        call.send(SSE_HEAD + chunk(answer_events("late", model="up-two")) + b"0\r\n\r\n")

    fronted.two.handler = slowly
    response = fall_back(fronted, asked(stream=True))
    assert "m-one" not in response.events[0].data
