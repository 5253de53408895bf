import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LeavingLedger } from '../../../src/sidecar/leaving/ports.ts';
import {
  openReceipt,
  type Receipt,
  terminationMessage,
  writeTerminationMessage,
} from '../../../src/sidecar/leaving/receipt.ts';

const ledger = (inFlight: number, delivered: number, returned = 0): { ledger: LeavingLedger } => ({
  ledger: { inFlight, totals: { delivered, forwarded: 1, filtered: 2, failed: 3, returned } },
});

function receiptOf(count: number, nameLength: number): Receipt {
  const pipelines = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `${'p'.repeat(nameLength)}${i}`,
      { inFlight: i, finished: i, returned: 0 },
    ]),
  );
  return { inFlight: 1, finished: 2, returned: 3, pipelines };
}

describe('the receipt', () => {
  it('tells what was in flight at first, and what came to an end and was given back since', () => {
    const a = ledger(5, 100);
    const report = new Map([['ns/a', a]]);
    const close = openReceipt({ report: () => report });
    Object.assign(a.ledger, { inFlight: 0, totals: { ...a.ledger.totals, delivered: 104, returned: 1 } });
    report.set('ns/late', ledger(0, 4));
    assert.deepEqual(close(), {
      ...{ inFlight: 5, finished: 14, returned: 1 },
      pipelines: {
        'ns/a': { inFlight: 5, finished: 4, returned: 1 },
        'ns/late': { inFlight: 0, finished: 10, returned: 0 },
      },
    });
  });

  it('does not forget a pipeline that the router takes away meanwhile', () => {
    const a = ledger(2, 0);
    const report = new Map([['ns/a', a]]);
    const close = openReceipt({ report: () => report });
    report.clear();
    Object.assign(a.ledger, { totals: { ...a.ledger.totals, delivered: 2 } });
    assert.deepEqual(close().pipelines, { 'ns/a': { inFlight: 2, finished: 2, returned: 0 } });
  });
});

describe('the termination message', () => {
  it('has the facts, the totals and the pipelines', () => {
    const message = terminationMessage({ sidecarId: 'ns/pod', trigger: 'hook' }, receiptOf(1, 1));
    assert.deepEqual(JSON.parse(message), {
      ...{ sidecarId: 'ns/pod', trigger: 'hook', inFlight: 1, finished: 2, returned: 3 },
      pipelines: { p0: { inFlight: 0, finished: 0, returned: 0 } },
    });
  });

  it('fits into 4 KiB however many pipelines there are: the busiest are named, the others counted', () => {
    for (const [count, nameLength] of [
      [64, 1],
      [500, 20],
      [100, 300],
      [3, 5_000],
    ] as const) {
      const message = terminationMessage({ sidecarId: 'x'.repeat(253) }, receiptOf(count, nameLength));
      assert.ok(Buffer.byteLength(message) <= 4_096, `${count}: ${message.length}`);
      const { pipelines, morePipelines = 0 } = JSON.parse(message) as {
        pipelines: object;
        morePipelines?: number;
      };
      assert.equal(Object.keys(pipelines).length + morePipelines, count);
      if (morePipelines < count) assert.ok(Object.keys(pipelines)[0]?.endsWith(`${count - 1}`));
    }
  });
});

describe('the file of the termination message', () => {
  let folder = '';
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'termination-'))));
  after(() => rm(folder, { recursive: true }));

  it('is written where the kubelet has put it, over what was there', async () => {
    const path = join(folder, 'there');
    await writeFile(path, 'a message of before that is longer');
    assert.equal(await writeTerminationMessage(path, '{"a":1}'), true);
    assert.equal(await readFile(path, 'utf8'), '{"a":1}');
  });

  it('is not made where there is none', async () => {
    const path = join(folder, 'none');
    assert.equal(await writeTerminationMessage(path, '{}'), false);
    await assert.rejects(stat(path), { code: 'ENOENT' });
    assert.equal(await writeTerminationMessage(join(folder, 'none/below'), '{}'), false);
  });
});
