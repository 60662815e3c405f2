"""The anthropic package against the program: typed results of plain, streamed, tool, refusal and error answers."""

import os
import threading

import anthropic
import pytest

URL = os.environ["SALLYPORT_URL"]
KEY = os.environ["SALLYPORT_KEY"]
LIMITED_KEY = os.environ["SALLYPORT_LIMITED_KEY"]
PRIMARY, FALLBACK = "claude-fable-5-1", "claude-opus-4-8"
SENTENCE = "one two three four five six seven eight nine ten eleven twelve"
TOOLS = [
    {
        "name": "get_weather",
        "description": "The weather of a city",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]


def connect(key: str = KEY) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=URL, api_key=key, max_retries=0)


@pytest.fixture(scope="module")
def client():
    return connect()


def ask(directive: str, **more) -> dict:
    return {
        "model": PRIMARY,
        "max_tokens": 500,
        "messages": [{"role": "user", "content": f"[[sim: {directive}]] Please answer."}],
        **more,
    }


def text(message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_plain(client):
    message = client.messages.create(**ask(f'say="{SENTENCE}"'))
    assert message.model == PRIMARY
    assert message.stop_reason == "end_turn"
    assert text(message).endswith(SENTENCE)
    assert message.usage.input_tokens > 0 and message.usage.output_tokens > 0
    assert message._request_id.startswith("req_")


def test_streamed(client):
    plain = client.messages.create(**ask("tokens=40"))
    with client.messages.stream(**ask("tokens=40")) as stream:
        said = "".join(stream.text_stream)
        message = stream.get_final_message()
    assert said == text(message) == text(plain)


def test_tools_with_streamed_arguments(client):
    asked = ask("""tool=get_weather args='{"city":"Genève"}'""", tools=TOOLS)
    with client.messages.stream(**asked) as stream:
        message = stream.get_final_message()
    call = next(block for block in message.content if block.type == "tool_use")
    assert (call.name, call.input, message.stop_reason) == ("get_weather", {"city": "Genève"}, "tool_use")


def test_refusal(client):
    message = client.messages.create(**ask("refuse=bio"))
    assert message.stop_reason == "refusal"
    assert message.stop_details.category == "bio"
    assert message.content == []


@pytest.mark.parametrize("after, kinds", [(0, ["fallback", "text"]), (8, ["text", "fallback", "text"])])
def test_fallback_in_the_same_stream(client, after, kinds):
    directive = f'refuse=cyber refuse_model={PRIMARY} refuse_after={after} say="{SENTENCE}"'
    asked = ask(directive, betas=["server-side-fallback-2026-07-01"], fallbacks=[{"model": FALLBACK}])
    with client.beta.messages.stream(**asked) as stream:
        message = stream.get_final_message()
    assert [block.type for block in message.content] == kinds
    assert text(message).endswith(SENTENCE)
    assert [iteration.type for iteration in message.usage.iterations] == ["message", "fallback_message"]
    assert message.usage.iterations[-1].model == FALLBACK


def test_errors(client):
    with pytest.raises(anthropic.AuthenticationError) as unknown_key:
        connect("sk-ant-unknown").messages.create(**ask("tokens=1"))
    assert unknown_key.value.request_id.startswith("req_")
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(**ask("tokens=1", model="no-such-model"))
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(**ask("tokens=1"), extra_body={"max_tokens": "many"})
    with pytest.raises(anthropic.RateLimitError):
        for _ in range(3):
            connect(LIMITED_KEY).messages.create(**ask("tokens=1"))
    with pytest.raises(anthropic.APIStatusError) as overloaded:
        client.messages.create(**ask("status=529"))
    assert overloaded.value.status_code == 529


def test_an_error_inside_a_stream_is_raised(client):
    with pytest.raises(anthropic.APIError):
        with client.messages.stream(**ask("error_after=3 tokens=30")) as stream:
            stream.get_final_message()


def test_cancellation_leaves_the_next_request_alone(client):
    with client.messages.stream(**ask("tokens=400 pace=25ms")) as stream:
        next(iter(stream.text_stream))
    assert client.messages.create(**ask("tokens=1")).stop_reason == "end_turn"


def test_many_at_once(client):
    answers = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append((n, text(client.messages.create(**ask(f'say="number {n}"'))))))
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 16
    assert all(said.endswith(f"number {n}") for n, said in answers)


def test_count_tokens_and_models(client):
    assert client.messages.count_tokens(model=PRIMARY, messages=[{"role": "user", "content": "Hello"}]).input_tokens > 0
    ids = [model.id for model in client.models.list(limit=2)]
    assert PRIMARY in ids and len(ids) == len(set(ids))
    assert client.models.retrieve(PRIMARY).id == PRIMARY
