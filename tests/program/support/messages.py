"""Requests and answers of the APIs, composed for these tests."""

import json

PRIMARY, FALLBACK = "claude-fable-5-1", "claude-opus-4-8"
GPT = "sim-gpt"
FALLBACK_BETA = "server-side-fallback-2026-07-01"
SENTENCE = "one two three four five six seven eight nine ten eleven twelve"


def told(directive: str, words: str = "Please answer.") -> str:
    """A prompt that tells the built-in simulator what to do."""
    return f"[[sim: {directive}]] {words}"


def ask(text: str, model: str = PRIMARY, **more) -> dict:
    return {"model": model, "max_tokens": 500, "messages": [{"role": "user", "content": text}], **more}


def usage(output_tokens: int = 5) -> dict:
    return {
        "input_tokens": 11,
        "output_tokens": output_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }


def message(text: str = "Hello from afar.", model: str = "up-one", **more) -> dict:
    return {
        "id": "msg_upstream_0001",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": usage(),
        **more,
    }


def refusal_details(category: str | None = "cyber") -> dict:
    return {"type": "refusal", "category": category, "explanation": "An explanation of the upstream."}


def refused_message(model: str = "up-one", category: str | None = "cyber") -> dict:
    return message(model=model, content=[], stop_reason="refusal", stop_details=refusal_details(category), usage=usage(0))


def event(value: dict) -> bytes:
    return f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode()


def start_event(model: str = "up-one") -> bytes:
    return event({"type": "message_start", "message": message(model=model, content=[], stop_reason=None, usage=usage(1))})


def text_block(index: int, *pieces: str, stop: bool = True) -> bytes:
    out = event({"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}})
    for piece in pieces:
        out += event({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": piece}})
    return out + (event({"type": "content_block_stop", "index": index}) if stop else b"")


def end_events(stop_reason: str = "end_turn", details: dict | None = None, output_tokens: int = 5) -> bytes:
    delta = {"stop_reason": stop_reason, "stop_sequence": None, "stop_details": details}
    return event({"type": "message_delta", "delta": delta, "usage": usage(output_tokens)}) + event({"type": "message_stop"})


def answer_events(*pieces: str, model: str = "up-one") -> bytes:
    return start_event(model) + text_block(0, *pieces) + end_events()


def refusal_events(*pieces: str, model: str = "up-one", category: str | None = "cyber") -> bytes:
    blocks = text_block(0, *pieces) if pieces else b""
    return start_event(model) + blocks + end_events("refusal", refusal_details(category), len(pieces))


def said(events) -> str:
    """The text of a streamed answer of the Messages API."""
    return "".join(
        item.json["delta"].get("text", "") for item in events if item.name == "content_block_delta"
    )
