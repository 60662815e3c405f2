// What every suite needs: where the program listens, keys, models, and directives for its built-in upstream.
import assert from 'node:assert/strict';

export const url = process.env.SALLYPORT_URL;
export const key = process.env.SALLYPORT_KEY;
export const limitedKey = process.env.SALLYPORT_LIMITED_KEY; // one request a minute
assert.ok(url && key && limitedKey, 'SALLYPORT_URL, SALLYPORT_KEY and SALLYPORT_LIMITED_KEY must be set');

export const primary = 'claude-fable-5-1';
export const fallback = 'claude-opus-4-8';
export const gpt = 'sim-gpt';

export const SENTENCE = 'one two three four five six seven eight nine ten eleven twelve';

// A prompt that tells the simulator what to do.
export const told = (directive, words = 'Please answer.') => `[[sim: ${directive}]] ${words}`;
export const user = (text) => [{ role: 'user', content: text }];

export const weather = {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: {
    type: 'object',
    properties: { city: { type: 'string' }, note: { type: 'string' } },
    required: ['city'],
  },
};
export const weatherArguments = { city: 'Zürich', note: 'a "quoted" note, long enough to come in several pieces' };
export const callWeather = `tool=get_weather args='${JSON.stringify(weatherArguments)}'`;

export async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

// The error that a promise ends in; fails where it does not.
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail('expected an error');
}
