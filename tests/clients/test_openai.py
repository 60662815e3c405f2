"""The openai package against the program: Chat Completions and Responses, plain and streamed, and errors."""

import json
import os

import openai
import pytest

URL = os.environ["SALLYPORT_URL"]
KEY = os.environ["SALLYPORT_KEY"]
LIMITED_KEY = os.environ["SALLYPORT_LIMITED_KEY"]
GPT, CLAUDE, FALLBACK = "sim-gpt", "claude-fable-5-1", "claude-opus-4-8"
SENTENCE = "one two three four five six seven eight nine ten eleven twelve"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def connect(key: str = KEY) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{URL}/v1", api_key=key, max_retries=0)


@pytest.fixture(scope="module")
def client():
    return connect()


def told(directive: str) -> str:
    return f"[[sim: {directive}]] Please answer."


def chat(directive: str, **more) -> dict:
    return {"model": GPT, "messages": [{"role": "user", "content": told(directive)}], **more}


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_chat(client, model):
    completion = client.chat.completions.create(**chat(f'say="{SENTENCE}"', model=model))
    assert completion.choices[0].message.content.endswith(SENTENCE)
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == model
    stream = client.chat.completions.create(
        **chat(f'say="{SENTENCE}"', model=model), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == completion.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == completion.usage.completion_tokens


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_responses(client, model):
    response = client.responses.create(model=model, input=told(f'say="{SENTENCE}"'))
    assert response.status == "completed"
    assert response.output_text.endswith(SENTENCE)
    with client.responses.stream(model=model, input=told(f'say="{SENTENCE}"')) as stream:
        said = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == said == response.output_text


def test_tools_with_streamed_arguments(client):
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}]
    asked = chat("""tool=get_weather args='{"city":"Genève"}'""", tools=tools)
    with client.chat.completions.stream(**asked) as stream:
        completion = stream.get_final_completion()
    call = completion.choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Genève"}
    assert completion.choices[0].finish_reason == "tool_calls"


def test_refusal(client):
    choice = client.chat.completions.create(**chat("refuse=cyber", model=CLAUDE)).choices[0]
    assert choice.finish_reason == "content_filter"
    assert choice.message.content is None
    response = client.responses.create(model=CLAUDE, input=told("refuse=cyber"))
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "content_filter"


def test_errors(client):
    with pytest.raises(openai.AuthenticationError):
        connect("sk-unknown").chat.completions.create(**chat("tokens=1"))
    with pytest.raises(openai.NotFoundError) as unknown_model:
        client.chat.completions.create(**chat("tokens=1", model="no-such-model"))
    assert unknown_model.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(**chat("tokens=1", stream="yes"))
    with pytest.raises(openai.RateLimitError):
        for _ in range(3):
            connect(LIMITED_KEY).chat.completions.create(**chat("tokens=1"))
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(**chat("status=500"))


def test_cancellation_leaves_the_next_request_alone(client):
    stream = client.chat.completions.create(**chat("tokens=400 pace=25ms"), stream=True)
    next(iter(stream))
    stream.close()
    assert client.chat.completions.create(**chat("tokens=1")).choices[0].finish_reason == "stop"


def test_models(client):
    ids = [model.id for model in client.models.list()]
    assert {GPT, CLAUDE, FALLBACK} <= set(ids)
    assert client.models.retrieve(GPT).id == GPT
