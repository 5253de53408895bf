import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Event } from 'kubernetes-types/events/v1.d.ts';
import { createEventRecorder, type EventFact } from '../../../src/foundation/kubernetes/events.ts';
import { EVENTS } from '../../../src/foundation/kubernetes/resources.ts';
import { useKeep } from '../../support/keep.ts';
import { type KubeServer, startKube } from '../../support/kube-api.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { recordLog } from '../../support/log.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { waitFor } from '../../support/wait.ts';

const fact = (reason: string, message = 'registered with the router'): EventFact => ({
  regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'a', name: 'p', uid: '1' },
  ...{ type: 'Normal', action: 'Register', reason, message },
});

describe('an event recorder', () => {
  const keep = useKeep();
  let kube: KubeServer;
  beforeEach(async () => {
    kube = await startKube();
  });
  afterEach(() => kube.stop());

  async function start() {
    const clock = manualClock();
    const logger = recordLog();
    const events = createEventRecorder({
      ...{ api: kube.api, namespace: 'sys', reporter: 'conveyor.etl/test', instance: 'p', clock, logger },
      random: () => 0.5,
    });
    await events.start(AbortSignal.timeout(1_000));
    keep({ stop: () => events.stop(AbortSignal.timeout(1_000)) });
    return { events, clock, logger };
  }
  const stored = () => kube.all<Event>(EVENTS);

  it('writes one at once, and counts repetitions into the next', async () => {
    const { events, clock } = await start();
    events.record(fact('Registered'));
    const [first] = await waitFor(() => stored().length === 1 && stored());
    assert.deepEqual(
      [first?.metadata?.namespace, first?.regarding?.name, first?.reason, first?.note, first?.series],
      ['a', 'p', 'Registered', 'registered with the router', undefined],
    );
    assert.deepEqual([first?.reportingController, first?.reportingInstance], ['conveyor.etl/test', 'p']);
    for (let at = 0; at < 100; at++) events.record(fact('Registered', `again ${at}`));
    events.record(fact('Drained'));
    await waitFor(() => stored().length === 2);
    await clock.advance(60_000);
    const last = await waitFor(() => stored().find(({ note }) => note === 'again 99'));
    assert.equal(last.series?.count, 100);
    assert.equal(stored().length, 3);
    assert.ok(kube.requests.every(({ method }) => method === 'POST'));
  });

  it('keeps what the API cannot take now', async () => {
    const { events, clock, logger } = await start();
    const end = kube.refuse(() => ({ status: 503 }));
    events.record(fact('Registered'));
    events.record(fact('Drained'));
    await waitFor(() => kube.requests.length === 2);
    end();
    await waitFor(async () => {
      await clock.advance(1_000);
      return stored().length === 2;
    });
    assert.equal(events.lost(), 0);
    const lines = logger.lines.filter(({ level }) => level === 'warn');
    assert.equal(lines.length, 1);
  });

  it('gives up what it may not write, and says so once', async () => {
    const { events, logger } = await start();
    kube.refuse(() => ({ status: 403 }));
    events.record(fact('Registered'));
    events.record(fact('Drained'));
    await waitFor(() => events.lost() === 2);
    assert.equal(logger.lines.filter(({ level }) => level === 'warn').length, 1);
  });

  it('writes what is left when it stops', async () => {
    const { events } = await start();
    events.record(fact('Registered'));
    await waitFor(() => stored().length === 1);
    events.record(fact('Registered', 'the last word'));
    events.record({ ...fact('Drained'), regarding: { kind: 'Node', name: 'n' } });
    await events.stop(AbortSignal.timeout(1_000));
    assert.equal(stored().length, 3);
    assert.equal(stored().find(({ reason }) => reason === 'Drained')?.metadata?.namespace, 'sys');
  });

  it('writes what came while an Event was on its way, though the end cut off the answer', async () => {
    const { events } = await start();
    kube.delayMs = 100;
    events.record(fact('Registered'));
    await waitFor(() => kube.requests.some(({ method }) => method === 'POST'));
    events.record(fact('Registered', 'the last word'));
    await events.stop(AbortSignal.timeout(5_000));
    await waitFor(() => stored().length === 2, { what: () => JSON.stringify(stored()) });
    assert.ok(stored().some(({ note }) => note === 'the last word'));
    assert.equal(events.lost(), 0);
  });

  it('does not hold up the end without the API', async () => {
    const { events } = await start();
    await kube.down();
    events.record(fact('Drained'));
    await events.stop(AbortSignal.timeout(500));
    assert.equal(events.lost(), 1);
    await kube.up();
  });

  it('bounds what it remembers', async () => {
    const { events } = await start();
    kube.delayMs = 50;
    for (let at = 0; at < 1_200; at++) events.record(fact(`Reason${at}`));
    assert.equal(events.lost(), 200);
    await events.stop(AbortSignal.abort());
    assert.equal(events.lost(), 1_200);
  });
});

failOnLeaks();
