// @anthropic-ai/sdk against the program: plain, streamed, tools, refusals, errors, cancellation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import {
  SENTENCE, callWeather, collect, failure, fallback, key, limitedKey, primary, told, url, user, weather, weatherArguments,
} from './common.mjs';

const connect = (options = {}) => new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, ...options });
const client = connect();
const ask = (directive, more = {}) => ({ model: primary, max_tokens: 500, messages: user(told(directive)), ...more });
const text = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('');

test('a plain answer', async () => {
  const message = await client.messages.create(ask(`say="${SENTENCE}"`));
  assert.equal(message.type, 'message');
  assert.equal(message.role, 'assistant');
  assert.equal(message.model, primary);
  assert.equal(message.stop_reason, 'end_turn');
  assert.match(text(message), /simulator/);
  assert.ok(text(message).endsWith(SENTENCE));
  assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
  assert.match(message._request_id, /^req_/);
});

test('who served it stands in the headers', async () => {
  const { response } = await client.messages.create(ask('tokens=3')).withResponse();
  assert.equal(response.headers.get('sallyport-requested-model'), primary);
  assert.equal(response.headers.get('sallyport-served-model'), primary);
});

test('the older version and x-api-key', async () => {
  const headers = { 'anthropic-version': '2023-06-01', authorization: null, 'x-api-key': key };
  const message = await client.messages.create(ask('tokens=3'), { headers });
  assert.equal(message.stop_reason, 'end_turn');
});

test('a streamed answer says the same', async () => {
  const plain = await client.messages.create(ask('tokens=40'));
  const stream = client.messages.stream(ask('tokens=40'));
  const kinds = (await collect(stream)).map((event) => event.type);
  assert.deepEqual(kinds.slice(0, 2), ['message_start', 'content_block_start']);
  assert.deepEqual(kinds.slice(-3), ['content_block_stop', 'message_delta', 'message_stop']);
  const message = await stream.finalMessage();
  assert.equal(text(message), text(plain));
  assert.deepEqual(message.usage.output_tokens, plain.usage.output_tokens);
});

test('tools, plain and streamed', async () => {
  const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
  const plain = await client.messages.create(ask(callWeather, { tools }));
  const stream = client.messages.stream(ask(callWeather, { tools }));
  let pieces = 0;
  stream.on('inputJson', () => pieces++);
  for (const message of [plain, await stream.finalMessage()]) {
    const call = message.content.find((block) => block.type === 'tool_use');
    assert.equal(message.stop_reason, 'tool_use');
    assert.equal(call.name, 'get_weather');
    assert.deepEqual(call.input, weatherArguments);
    assert.match(call.id, /^toolu_/);
  }
  assert.ok(pieces > 1, 'the arguments came in pieces');
});

test('a tool result, an image, a document, a cached system prompt and thinking go through', async () => {
  const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const message = await client.messages.create({
    model: primary,
    max_tokens: 2000,
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    thinking: { type: 'adaptive' },
    tools: [{ name: weather.name, description: weather.description, input_schema: weather.schema }],
    messages: [
      { role: 'user', content: 'What is the weather?' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Bern' } }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: 'sunny' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a document' } },
          { type: 'text', text: told('thinking=5 tokens=5') },
        ],
      },
    ],
  });
  assert.equal(message.content[0].type, 'thinking');
  assert.ok(message.content[0].signature.length > 0);
  assert.equal(message.content[1].type, 'text');
});

test('a refusal before any output', async () => {
  const refused = ask('refuse=cyber');
  const stream = client.messages.stream(refused);
  for (const message of [await client.messages.create(refused), await stream.finalMessage()]) {
    assert.equal(message.stop_reason, 'refusal');
    assert.equal(message.stop_details.type, 'refusal');
    assert.equal(message.stop_details.category, 'cyber');
    assert.deepEqual(message.content, []);
  }
});

test('a refusal in mid-output', async () => {
  const stream = client.messages.stream(ask(`say="${SENTENCE}" refuse=bio refuse_after=8`));
  const message = await stream.finalMessage();
  assert.equal(message.stop_reason, 'refusal');
  assert.equal(message.stop_details.category, 'bio');
  assert.ok(text(message).length > 0 && !text(message).endsWith('twelve'));
});

test('a refusal without a category', async () => {
  const message = await client.messages.create(ask('refuse=null'));
  assert.equal(message.stop_reason, 'refusal');
  assert.equal(message.stop_details.category, null);
});

test('errors have their types', async () => {
  const unknownKey = await failure(connect({ apiKey: 'sk-ant-unknown' }).messages.create(ask('tokens=1')));
  assert.ok(unknownKey instanceof Anthropic.AuthenticationError, String(unknownKey));
  assert.equal(unknownKey.status, 401);
  assert.equal(unknownKey.error.error.type, 'authentication_error');
  assert.match(unknownKey.requestID, /^req_/);

  const unknownModel = await failure(client.messages.create(ask('tokens=1', { model: 'no-such-model' })));
  assert.ok(unknownModel instanceof Anthropic.NotFoundError, String(unknownModel));
  assert.equal(unknownModel.error.error.type, 'not_found_error');
  assert.equal(unknownModel.error.request_id, unknownModel.requestID);

  const malformed = await failure(client.messages.create({ model: primary, max_tokens: 5 }));
  assert.ok(malformed instanceof Anthropic.BadRequestError, String(malformed));
  assert.match(malformed.message, /messages/);
});

test('our own limit is a 429', async () => {
  const limited = connect({ apiKey: limitedKey });
  const results = await Promise.allSettled([1, 2, 3].map(() => limited.messages.create(ask('tokens=1'))));
  const errors = results.filter((result) => result.status === 'rejected').map((result) => result.reason);
  assert.ok(errors.length >= 1);
  for (const error of errors) {
    assert.ok(error instanceof Anthropic.RateLimitError, String(error));
    assert.equal(error.error.error.type, 'rate_limit_error');
    assert.ok(Number(error.headers.get('retry-after')) > 0);
  }
});

test("an upstream's errors arrive as they are", async () => {
  for (const [status, type, kind] of [
    [429, 'rate_limit_error', Anthropic.RateLimitError],
    [529, 'overloaded_error', Anthropic.InternalServerError],
    [500, 'api_error', Anthropic.InternalServerError],
  ]) {
    const error = await failure(client.messages.create(ask(`status=${status}`)));
    assert.ok(error instanceof kind, `${status}: ${error}`);
    assert.equal(error.status, status);
    assert.equal(error.error.error.type, type);
  }
});

test('an error inside a stream, and a stream that breaks', async () => {
  const inside = await failure(client.messages.stream(ask('error_after=3 tokens=20')).finalMessage());
  assert.ok(inside instanceof Anthropic.APIError, String(inside));
  const broken = await failure(client.messages.stream(ask('reset=900 tokens=100')).finalMessage());
  assert.ok(broken instanceof Error, String(broken));
  const after = await client.messages.create(ask('tokens=1'));
  assert.equal(after.stop_reason, 'end_turn');
});

test('cancellation in mid-stream', async () => {
  const stream = client.messages.stream(ask('tokens=400 pace=25ms', { max_tokens: 1000 }));
  stream.on('text', () => stream.abort());
  const error = await failure(stream.finalMessage());
  assert.ok(error instanceof Anthropic.APIUserAbortError, String(error));
});

test('count_tokens', async () => {
  const counted = await client.messages.countTokens({ model: primary, messages: user('How many tokens are these?') });
  assert.ok(counted.input_tokens > 0);
  const error = await failure(client.messages.countTokens({ model: 'no-such-model', messages: user('x') }));
  assert.ok(error instanceof Anthropic.NotFoundError, String(error));
});

test('the model list, its pages and one model', async () => {
  const ids = (await collect(client.models.list({ limit: 2 }))).map((model) => model.id);
  assert.ok(ids.includes(primary) && ids.includes(fallback));
  assert.equal(new Set(ids).size, ids.length);
  const model = await client.models.retrieve(primary);
  assert.equal(model.id, primary);
  assert.equal(model.type, 'model');
  assert.ok(!Number.isNaN(Date.parse(model.created_at)));
  const beta = await client.beta.models.retrieve(primary, { betas: ['server-side-fallback-2026-07-01'] });
  assert.ok(beta.allowed_fallback_models.includes(fallback));
  assert.ok((await failure(client.models.retrieve('no-such-model'))) instanceof Anthropic.NotFoundError);
});
