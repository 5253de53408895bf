import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { issueAuthority, issueServing } from '../../../src/injector/certificates/x509/issue.ts';
import { createServedFiles } from '../../../src/injector/certificates/served/served-files.ts';
import { checkServed, type ServedSource } from '../../../src/injector/certificates/served/served-secret.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { manualClock, type ManualClock } from '../../support/manual-clock.ts';
import { waitFor } from '../../support/wait.ts';

const HOUR_MS = 3_600_000;

describe('certificates of mounted files', () => {
  let folder: string;
  let served: ServedSource;
  let clock: ManualClock;
  const bundles: string[] = [];
  const file = (name: string): string => join(folder, name);
  const pair = (ca = issueAuthority({ nowMs: clock.wallTime(), validityMs: HOUR_MS })) => ({
    ca,
    ...issueServing({ authority: ca, names: ['x'], nowMs: clock.wallTime(), validityMs: HOUR_MS }),
  });
  /** Lets time pass, look after look, until it is so. */
  const inTime = (check: () => boolean): Promise<true> =>
    waitFor(async () => {
      await clock.advance(10_000);
      return check();
    });
  const write = ({ cert, key, ca }: ReturnType<typeof pair>): void => {
    writeFileSync(file('tls.crt'), cert);
    writeFileSync(file('tls.key'), key);
    writeFileSync(file('ca.crt'), ca.cert);
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'certificates-'));
    clock = manualClock();
    served = createServedFiles({
      ...{ certFile: file('tls.crt'), keyFile: file('tls.key'), caFile: file('ca.crt') },
      ...{ trust: (bundle) => bundles.push(bundle), clock, logger: recordLog() },
    });
    await served.start(new AbortController().signal);
  });
  afterEach(async () => {
    await served.stop(new AbortController().signal);
    rmSync(folder, { recursive: true });
  });
  failOnLeaks();

  it('are taken when they come and when they change, with who signed them', async () => {
    await waitFor(() => served.problem().includes('ENOENT'));
    assert.equal(checkServed(served, clock.wallTime()).ok, false);
    for (const next of [pair(), pair()]) {
      write(next);
      await inTime(() => served.keyPair()?.cert === next.cert);
      assert.equal(bundles.at(-1), next.ca.cert);
      assert.deepEqual(checkServed(served, clock.wallTime()), { ok: true });
    }
  });

  it('stay as they are while a key does not fit, and are not relied on when they have expired', async () => {
    const [first, second] = [pair(), pair()];
    write(first);
    await inTime(() => served.keyPair() !== undefined);
    write({ ...second, key: first.key });
    await inTime(() => served.problem().includes('no certificate and its key'));
    assert.equal(served.keyPair()?.cert, first.cert);
    assert.deepEqual(checkServed(served, clock.wallTime() + HOUR_MS), {
      ok: false,
      reason: 'the certificate that is served has expired',
    });
  });
});
