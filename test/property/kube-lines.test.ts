import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lines } from '../../src/foundation/kubernetes/http/lines.ts';

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const size of sizes) {
    yield bytes.subarray(from, from + size);
    from += size;
    await Promise.resolve();
  }
  yield bytes.subarray(from);
}

async function all(source: AsyncIterable<string>): Promise<string[]> {
  const read: string[] = [];
  for await (const line of source) read.push(line);
  return read;
}

describe('lines of a watch', () => {
  it('are the same however the bytes come', async () => {
    const text = fc.stringMatching(/^[a-zé😀]+$/u);
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.array(fc.nat(5)), async (wanted, sizes) => {
        const bytes = Buffer.from(wanted.map((line) => `${line}\n`).join('\n'));
        assert.deepEqual(await all(lines(cut(bytes, sizes), 1_000)), wanted);
      }),
    );
  });

  it('are bounded, also when their end never comes', async () => {
    const endless = cut(Buffer.alloc(1_000, 'x'), [10, 10, 10]);
    await assert.rejects(all(lines(endless, 25)), { code: 'MALFORMED' });
    await assert.rejects(all(lines(cut(Buffer.from('123456\n'), []), 5)), { code: 'MALFORMED' });
    assert.deepEqual(await all(lines(cut(Buffer.from('12345\n12345\n'), [3]), 5)), ['12345', '12345']);
  });
});
