// The Vercel AI SDK with @ai-sdk/anthropic against the program.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APICallError, generateText, jsonSchema, streamText, tool } from 'ai';
import { createAnthropic } from '@ai-sdk/anthropic';
import { SENTENCE, callWeather, collect, failure, fallback, key, primary, told, url, weather, weatherArguments } from './common.mjs';

const provider = (apiKey = key) => createAnthropic({ baseURL: `${url}/v1`, apiKey });
const ask = (directive, more = {}) => ({
  model: provider()(primary),
  prompt: told(directive),
  maxRetries: 0,
  maxOutputTokens: 500,
  ...more,
});
const tools = { get_weather: tool({ description: weather.description, inputSchema: jsonSchema(weather.schema) }) };
const fallbacks = { anthropic: { fallbacks: [{ model: fallback }] } };

test('plain and streamed', async () => {
  const plain = await generateText(ask(`say="${SENTENCE}"`));
  assert.ok(plain.text.endsWith(SENTENCE));
  assert.equal(plain.finishReason, 'stop');
  assert.ok(plain.usage.outputTokens > 0);
  const streamed = streamText(ask(`say="${SENTENCE}"`));
  assert.equal((await collect(streamed.textStream)).join(''), plain.text);
  assert.equal(await streamed.finishReason, 'stop');
});

test('tools, streamed', async () => {
  const result = streamText(ask(callWeather, { tools }));
  await result.consumeStream();
  const [call] = await result.toolCalls;
  assert.equal(call.toolName, 'get_weather');
  assert.deepEqual(call.input, weatherArguments);
  assert.equal(await result.finishReason, 'tool-calls');
});

test('a refusal is content-filter', async () => {
  const result = await generateText(ask('refuse=cyber'));
  assert.equal(result.finishReason, 'content-filter');
  assert.equal(result.text, '');
});

test('a fallback before output and in mid-output', async () => {
  const refuse = `refuse=cyber refuse_model=${primary} say="${SENTENCE}"`;
  const before = await generateText(ask(refuse, { providerOptions: fallbacks }));
  assert.equal(before.response.modelId, fallback);
  assert.ok(before.text.endsWith(SENTENCE));
  const during = streamText(ask(`${refuse} refuse_after=8`, { providerOptions: fallbacks }));
  const said = (await collect(during.textStream)).join('');
  assert.ok(said.endsWith(SENTENCE), said);
  assert.equal(await during.finishReason, 'stop');
});

test('errors', async () => {
  const unknownKey = await failure(generateText(ask('tokens=1', { model: provider('sk-unknown')(primary) })));
  assert.ok(APICallError.isInstance(unknownKey), String(unknownKey));
  assert.equal(unknownKey.statusCode, 401);
  const unknownModel = await failure(generateText(ask('tokens=1', { model: provider()('claude-none') })));
  assert.equal(unknownModel.statusCode, 404);
  const limited = await failure(generateText(ask('status=429')));
  assert.equal(limited.statusCode, 429);
});

test('cancellation in mid-stream', async () => {
  const controller = new AbortController();
  const result = streamText(ask('tokens=400 pace=25ms', { abortSignal: controller.signal, onError() {} }));
  let pieces = 0;
  try {
    for await (const _ of result.textStream) if (++pieces === 3) controller.abort();
  } catch (error) {
    assert.equal(error.name, 'AbortError');
  }
  assert.ok(pieces < 50);
});
