// @anthropic-ai/sdk: `fallbacks` served by the program, and the SDK's own fallback middleware with credit tokens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic, { BetaFallbackState, betaRefusalFallbackMiddleware } from '@anthropic-ai/sdk';
import { SENTENCE, callWeather, collect, failure, fallback, key, primary, told, url, user, weather } from './common.mjs';

const BETA = 'server-side-fallback-2026-07-01';
const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
const refuse = `refuse=cyber refuse_model=${primary}`;
const ask = (directive, more = {}) => ({
  model: primary,
  max_tokens: 500,
  betas: [BETA],
  fallbacks: [{ model: fallback }],
  messages: user(told(directive)),
  ...more,
});
const text = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('');
const BLOCK = {
  type: 'fallback',
  from: { model: primary },
  to: { model: fallback },
  trigger: { type: 'refusal', category: 'cyber' },
};

function checkIterations(usage) {
  const seen = usage.iterations.map((iteration) => [iteration.type, iteration.model]);
  assert.deepEqual(seen, [['message', primary], ['fallback_message', fallback]]);
  assert.equal(usage.output_tokens, usage.iterations[1].output_tokens);
}

test('before any output, not streamed', async () => {
  const message = await client.beta.messages.create(ask(`${refuse} say="${SENTENCE}"`));
  assert.equal(message.model, fallback);
  assert.deepEqual(message.content[0], BLOCK);
  assert.ok(text(message).endsWith(SENTENCE));
  assert.equal(message.stop_reason, 'end_turn');
  assert.equal(message.stop_details, null);
  checkIterations(message.usage);
});

test('before any output, streamed: the first event names the fallback', async () => {
  const stream = client.beta.messages.stream(ask(`${refuse} say="${SENTENCE}"`));
  const events = await collect(stream);
  assert.equal(events[0].message.model, fallback);
  const start = events.find((event) => event.type === 'content_block_start');
  assert.equal(start.index, 0);
  assert.deepEqual(start.content_block, BLOCK);
  assert.ok(!events.some((event) => event.type === 'content_block_delta' && event.index === 0));
  const message = await stream.finalMessage();
  assert.ok(text(message).endsWith(SENTENCE));
  checkIterations(message.usage);
});

test('in mid-output, streamed: the fallback continues where the first stopped', async () => {
  const undisturbed = await client.messages.create({ model: primary, max_tokens: 500, messages: user(told(`say="${SENTENCE}"`)) });
  const request = ask(`${refuse} refuse_after=8 say="${SENTENCE}"`);
  // The accumulating stream rewrites the first event's message, so the events are taken from a plain one.
  const events = await collect(await client.beta.messages.create({ ...request, stream: true }));
  assert.equal(events[0].message.model, primary);
  const message = await client.beta.messages.stream(request).finalMessage();
  assert.deepEqual(message.content.map((block) => block.type), ['text', 'fallback', 'text']);
  assert.deepEqual(message.content[1], BLOCK);
  assert.equal(text(message), text(undisturbed));
  const indices = events.filter((event) => event.type === 'content_block_start').map((event) => event.index);
  assert.deepEqual(indices, [0, 1, 2]);
  assert.equal(events.filter((event) => event.type === 'message_start').length, 1);
  assert.equal(events.filter((event) => event.type === 'message_delta' && event.delta.stop_reason).length, 1);
  checkIterations(message.usage);
});

test('in mid-output, not streamed: the fallback answers from scratch', async () => {
  const message = await client.beta.messages.create(ask(`${refuse} refuse_after=8 say="${SENTENCE}"`));
  assert.deepEqual(message.content.map((block) => block.type), ['fallback', 'text']);
  assert.ok(text(message).endsWith(SENTENCE));
});

test('"default" follows the category, and a category without a target stands', async () => {
  const served = await client.beta.messages.create(ask(refuse, { fallbacks: 'default' }));
  assert.equal(served.model, fallback);
  const stands = await client.beta.messages.create(
    ask(`refuse=reasoning_extraction refuse_model=${primary}`, { fallbacks: 'default' }),
  );
  assert.equal(stands.stop_reason, 'refusal');
  assert.equal(stands.model, primary);
  assert.equal(stands.stop_details.category, 'reasoning_extraction');
});

test('a chain of which every model refuses ends with the last refusal', async () => {
  const fallbacks = [{ model: 'claude-opus-5' }, { model: fallback }];
  const message = await client.beta.messages.create(ask('refuse=bio', { fallbacks }));
  assert.equal(message.stop_reason, 'refusal');
  assert.equal(message.model, fallback);
  assert.deepEqual(message.usage.iterations.map((i) => i.type), ['message', 'message', 'fallback_message']);
});

test('a refusal inside an open tool call is returned', async () => {
  const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
  const stream = client.beta.messages.stream(ask(`${refuse} ${callWeather} refuse_in_tool`, { tools }));
  const events = await collect(stream);
  const last = events.findLast((event) => event.type === 'message_delta');
  assert.equal(last.delta.stop_reason, 'refusal');
  assert.ok(!events.some((event) => event.type === 'content_block_start' && event.content_block.type === 'fallback'));
});

test('the turn after a fallback is accepted with its block', async () => {
  const first = await client.beta.messages.create(ask(refuse));
  const second = await client.beta.messages.create(
    ask('', {
      messages: [...user(told(refuse)), { role: 'assistant', content: first.content }, ...user(told('tokens=3'))],
    }),
  );
  assert.equal(second.stop_reason, 'end_turn');
});

test('wrong uses are 400s', async () => {
  const wrong = [
    ask('tokens=1', { betas: [] }),
    ask('tokens=1', { betas: ['server-side-fallback-2026-06-01'], fallbacks: 'default' }),
    ask('tokens=1', { fallbacks: [{ model: primary }] }),
    ask('tokens=1', { fallbacks: [{ model: fallback }, { model: fallback }] }),
    ask('tokens=1', { fallbacks: [{ model: 'claude-mythos-5' }] }),
    ask('tokens=1', { fallbacks: [{ model: fallback, temperature: 1 }] }),
    ask('tokens=1', { fallback_credit_token: 'sp_credit' }),
  ];
  for (const request of wrong) {
    const error = await failure(client.beta.messages.create(request));
    assert.ok(error instanceof Anthropic.BadRequestError, `${JSON.stringify(request.fallbacks)}: ${error}`);
    assert.equal(error.error.error.type, 'invalid_request_error');
  }
});

const withMiddleware = (problems = []) =>
  new Anthropic({
    baseURL: url,
    apiKey: key,
    maxRetries: 0,
    middleware: [betaRefusalFallbackMiddleware([{ model: fallback }], { onError: (problem) => problems.push(problem) })],
  });
const plainAsk = (directive) => ({
  model: primary,
  max_tokens: 500,
  system: [{ type: 'text', text: 'A prefix worth caching. '.repeat(50), cache_control: { type: 'ephemeral' } }],
  messages: user(told(directive)),
});

test('the middleware retries a plain refusal and pins the conversation', async () => {
  const fallbackState = new BetaFallbackState();
  const retrying = withMiddleware();
  const message = await retrying.beta.messages.create(plainAsk(`${refuse} cached say="${SENTENCE}"`), { fallbackState });
  assert.equal(message.content[0].type, 'fallback');
  assert.equal(message.content[0].to.model, fallback);
  assert.ok(text(message).endsWith(SENTENCE));
  assert.equal(fallbackState.index, 0);
  const pinned = await retrying.beta.messages.create(plainAsk('tokens=3'), { fallbackState });
  assert.equal(pinned.model, fallback);
});

test('the middleware splices a stream refused in mid-output, with a credit token', async () => {
  const problems = [];
  const stream = withMiddleware(problems).beta.messages.stream(plainAsk(`${refuse} cached refuse_after=8 say="${SENTENCE}"`));
  const message = await stream.finalMessage();
  assert.deepEqual(problems, []);
  assert.equal(message.stop_reason, 'end_turn');
  assert.deepEqual(message.content.map((block) => block.type), ['text', 'fallback', 'text']);
  assert.ok(text(message).endsWith('twelve'));
  assert.deepEqual(message.usage.iterations.map((i) => i.type), ['message', 'fallback_message']);
});

test('a credit token redeemed by hand is reported in usage, and is ours alone', async () => {
  const betas = ['fallback-credit-2026-07-01'];
  const request = { ...plainAsk(`${refuse} cached`), betas };
  const refused = await client.beta.messages.create(request);
  const token = refused.stop_details.fallback_credit_token;
  assert.equal(typeof token, 'string');
  const redeem = (more) => client.beta.messages.create({ ...request, model: fallback, ...more });
  const served = await redeem({ fallback_credit_token: { token, mode: 'best_effort' } });
  assert.equal(served.stop_reason, 'end_turn');
  assert.deepEqual(served.usage.fallback_credit, { status: { type: 'redeemed' } });
  const tampered = await failure(redeem({ fallback_credit_token: `${token}x` }));
  assert.ok(tampered instanceof Anthropic.BadRequestError, String(tampered));
  const changed = await failure(redeem({ fallback_credit_token: token, messages: user(told('tokens=1', 'Something else.')) }));
  assert.ok(changed instanceof Anthropic.BadRequestError, String(changed));
});
