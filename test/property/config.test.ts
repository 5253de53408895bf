import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { resolveConfig } from '../../src/foundation/config/resolve.ts';
import type { Setting } from '../../src/foundation/config/setting.ts';
import { SIDECAR } from '../../src/sidecar/settings.ts';

const facts = { memoryLimitBytes: undefined, terminal: false, uuid: 'u' };
const settings = Object.values(SIDECAR.settings) as unknown as Setting<unknown>[];
const names = settings.map(({ env = '' }) => env);

// the NUL character is in no value of these types, and cannot be in an environment
const hopeless = fc.constantFrom('\u0000', 'ä ö', '!', '=', '-', '1e', '\u{1F600}');
const anything = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  hopeless,
  fc.stringMatching(/^\d{1,6}[a-z=,.:-]{0,4}\d*$/),
);

describe('any configuration', () => {
  it('gives a frozen config or problems, and never throws', () => {
    const env = fc.dictionary(fc.constantFrom(...names), anything);
    const flags = fc.dictionary(
      fc.constantFrom(...settings.map(({ flag }) => flag)),
      fc.oneof(anything, fc.array(anything)),
    );
    fc.assert(
      fc.property(env, flags, (env, flags) => {
        const resolved = resolveConfig(SIDECAR, { env, flags, facts });
        if (resolved.ok) assert.ok(Object.isFrozen(resolved.config));
        else assert.ok(resolved.problems.length > 0);
      }),
      { numRuns: 500 },
    );
  });

  it('lists each variable that is wrong, however many are', () => {
    const wrong = fc.dictionary(fc.constantFrom(...names), fc.constant('\u0000'), { minKeys: 1 });
    fc.assert(
      fc.property(wrong, (env) => {
        const resolved = resolveConfig(SIDECAR, { env, flags: {}, facts });
        assert.ok(!resolved.ok);
        const named = new Set(resolved.problems.flatMap((problem) => problem.names));
        for (const name of Object.keys(env)) assert.ok(named.has(name), name);
      }),
    );
  });

  it('reads each default back from its own text', () => {
    for (const { type, default: value } of settings) {
      if (typeof value !== 'function' && value !== '')
        assert.deepEqual(type.parse(type.format(value)), value);
    }
  });
});
