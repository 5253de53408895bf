import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { activeResources, assertNoLeaks, failOnLeaks } from '../../support/leaks.ts';
import { waitFor } from '../../support/wait.ts';

describe('waitFor', () => {
  it('gives the first truthy value, however often the check failed before', async () => {
    let asked = 0;
    const value = await waitFor(() => {
      asked += 1;
      if (asked < 2) throw new Error('not yet');
      return asked < 4 ? undefined : 'here';
    });
    assert.equal(value, 'here');
  });

  it('says what it waited for, and why it did not come', async () => {
    const cause = new Error('closed');
    await assert.rejects(
      waitFor(() => Promise.reject(cause), { timeoutMs: 20, what: 'a port' }),
      { message: 'waited 20 ms for a port in vain', cause },
    );
  });
});

describe('the leak check', () => {
  failOnLeaks();

  it('names a listening server and a timer that are left, and is content when they are gone', async () => {
    const baseline = activeResources();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const timer = setInterval(() => undefined, 1_000);
    await assert.rejects(assertNoLeaks(baseline, 20), /left behind: .*(TCPServerWrap|Timeout)/);
    clearInterval(timer);
    server.close();
    await assertNoLeaks(baseline);
  });
});
