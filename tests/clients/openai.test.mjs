// openai (npm) against the program: Chat Completions and Responses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import {
  SENTENCE, callWeather, collect, failure, fallback, gpt, key, limitedKey, primary, told, url, user, weather, weatherArguments,
} from './common.mjs';

const connect = (options = {}) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0, ...options });
const client = connect();
const chat = (directive, more = {}) => ({ model: gpt, messages: user(told(directive)), ...more });
const respond = (directive, more = {}) => ({ model: gpt, input: told(directive), ...more });
const chatTools = [
  { type: 'function', function: { name: weather.name, description: weather.description, parameters: weather.schema } },
];
const responseTools = [
  { type: 'function', name: weather.name, description: weather.description, parameters: weather.schema, strict: false },
];

for (const model of [gpt, primary]) {
  test(`chat: a plain answer of ${model}`, async () => {
    const completion = await client.chat.completions.create(chat(`say="${SENTENCE}"`, { model }));
    assert.equal(completion.object, 'chat.completion');
    assert.equal(completion.model, model);
    const [choice] = completion.choices;
    assert.ok(choice.message.content.endsWith(SENTENCE));
    assert.equal(choice.finish_reason, 'stop');
    assert.equal(completion.usage.total_tokens, completion.usage.prompt_tokens + completion.usage.completion_tokens);
    assert.match(completion._request_id, /^req_/);
  });

  test(`chat: a streamed answer of ${model}`, async () => {
    const chunks = await collect(
      await client.chat.completions.create(
        chat(`say="${SENTENCE}"`, { model, stream: true, stream_options: { include_usage: true } }),
      ),
    );
    const said = chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('');
    assert.ok(said.endsWith(SENTENCE), said);
    const finishes = chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean);
    assert.deepEqual(finishes, ['stop']);
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.ok(chunks.at(-1).usage.completion_tokens > 0);
    assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  });

  test(`responses: plain and streamed, ${model}`, async () => {
    const plain = await client.responses.create(respond(`say="${SENTENCE}"`, { model }));
    assert.equal(plain.object, 'response');
    assert.equal(plain.status, 'completed');
    assert.ok(plain.output_text.endsWith(SENTENCE));
    assert.ok(plain.usage.output_tokens > 0);
    const events = await collect(await client.responses.create(respond(`say="${SENTENCE}"`, { model, stream: true })));
    assert.equal(events[0].type, 'response.created');
    assert.equal(events.at(-1).type, 'response.completed');
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index));
    const said = events.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta).join('');
    assert.equal(said, plain.output_text);
    assert.equal(events.at(-1).response.output[0].content[0].text, said);
  });
}

test('chat: tools, plain and streamed', async () => {
  const plain = await client.chat.completions.create(chat(callWeather, { tools: chatTools }));
  const runner = client.chat.completions.stream(chat(callWeather, { tools: chatTools }));
  for (const completion of [plain, await runner.finalChatCompletion()]) {
    const [choice] = completion.choices;
    assert.equal(choice.finish_reason, 'tool_calls');
    const [call] = choice.message.tool_calls;
    assert.equal(call.function.name, 'get_weather');
    assert.deepEqual(JSON.parse(call.function.arguments), weatherArguments);
  }
});

test('responses: tools, streamed', async () => {
  const stream = client.responses.stream(respond(callWeather, { tools: responseTools }));
  const response = await stream.finalResponse();
  const call = response.output.find((item) => item.type === 'function_call');
  assert.equal(call.name, 'get_weather');
  assert.deepEqual(JSON.parse(call.arguments), weatherArguments);
});

test('chat: a refusal is content_filter, with no content', async () => {
  const completion = await client.chat.completions.create(chat('refuse=cyber', { model: primary }));
  const [choice] = completion.choices;
  assert.equal(choice.finish_reason, 'content_filter');
  assert.equal(choice.message.content, null);
  const chunks = await collect(await client.chat.completions.create(chat('refuse=cyber', { model: primary, stream: true })));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)[0], 'content_filter');
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join(''), '');
});

test('responses: a refusal is incomplete', async () => {
  const plain = await client.responses.create(respond('refuse=cyber', { model: primary }));
  assert.equal(plain.status, 'incomplete');
  assert.equal(plain.incomplete_details.reason, 'content_filter');
  assert.equal(plain.output_text, '');
  const events = await collect(await client.responses.create(respond('refuse=cyber', { model: primary, stream: true })));
  assert.equal(events.at(-1).type, 'response.incomplete');
});

test('a refusal in mid-output ends in content_filter after the text', async () => {
  const directive = `say="${SENTENCE}" refuse=bio refuse_after=8`;
  const chunks = await collect(await client.chat.completions.create(chat(directive, { model: primary, stream: true })));
  const said = chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('');
  assert.ok(said.length > 0 && !said.endsWith('twelve'));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)[0], 'content_filter');
});

test('errors have their types', async () => {
  const unknownKey = await failure(connect({ apiKey: 'sk-unknown' }).chat.completions.create(chat('tokens=1')));
  assert.ok(unknownKey instanceof OpenAI.AuthenticationError, String(unknownKey));
  const unknownModel = await failure(client.chat.completions.create(chat('tokens=1', { model: 'no-such-model' })));
  assert.ok(unknownModel instanceof OpenAI.NotFoundError, String(unknownModel));
  assert.equal(unknownModel.code, 'model_not_found');
  const malformed = await failure(client.chat.completions.create({ model: gpt }));
  assert.ok(malformed instanceof OpenAI.BadRequestError, String(malformed));
  assert.equal(malformed.type, 'invalid_request_error');
  const limited = connect({ apiKey: limitedKey });
  const results = await Promise.allSettled([1, 2, 3].map(() => limited.chat.completions.create(chat('tokens=1'))));
  const errors = results.filter((result) => result.status === 'rejected').map((result) => result.reason);
  assert.ok(errors.length >= 1);
  for (const error of errors) assert.ok(error instanceof OpenAI.RateLimitError, String(error));
  const upstream = await failure(client.responses.create(respond('status=500')));
  assert.ok(upstream instanceof OpenAI.InternalServerError, String(upstream));
});

test('cancellation in mid-stream', async () => {
  const stream = await client.chat.completions.create(chat('tokens=400 pace=25ms', { stream: true }));
  let chunks = 0;
  for await (const _ of stream) {
    if (++chunks === 3) stream.controller.abort();
  }
  assert.ok(chunks < 50, `${chunks} chunks came after all`);
  const after = await client.chat.completions.create(chat('tokens=1'));
  assert.equal(after.choices[0].finish_reason, 'stop');
});

test('the model list and one model', async () => {
  const ids = (await collect(client.models.list())).map((model) => model.id);
  assert.ok(ids.includes(gpt) && ids.includes(primary) && ids.includes(fallback));
  const model = await client.models.retrieve(gpt);
  assert.equal(model.object, 'model');
});
