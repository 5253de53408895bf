import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  candidatePorts,
  NOT_STATED,
  type PortReport,
  type PortState,
} from '../../../src/sidecar/discovery/ports.ts';
import {
  type Circumstances,
  nextTrack,
  type PortTrack,
} from '../../../src/sidecar/discovery/tracking/track.ts';

const limits = { ...NOT_STATED, ownId: 'mask', maxBatchSize: 10 };
const service: PortReport['services'][number] = {
  protoService: 'acme.FilterTransform',
  kind: 'transform',
  methods: ['ProcessBatch'],
  differences: [],
  note: '',
  descriptorHash: 'h1',
  limits,
};

const report = (state: PortState, services: PortReport['services'] = []): PortReport => ({
  ...{ port: 1, endpoint: '127.0.0.1:1', state, reason: state === 'services' ? '' : state, services },
  ...{ reflection: '', probeMs: 1 },
});
const found = report('services', [service]);
const quiet: Circumstances = { wallTimeMs: 5, calls: 'none', moved: false };

/** The track after these probes; the first is given the state before. */
function after(reports: readonly PortReport[], circumstances: Partial<Circumstances> = {}): PortTrack {
  return reports.reduce<PortTrack | undefined>(
    (track, next) => nextTrack(track, next, { ...quiet, ...circumstances }),
    undefined,
  )!;
}

const held = (reports: readonly PortReport[], circumstances?: Partial<Circumstances>): number =>
  after(reports, circumstances).services.length;

/** Probes of a state in a row that make a found service go. */
function patience(state: PortState, circumstances?: Partial<Circumstances>): number {
  for (let probes = 1; probes < 20; probes += 1)
    if (held([found, ...Array<PortReport>(probes).fill(report(state))], circumstances) === 0) return probes;
  return Infinity;
}

describe('a port over time', () => {
  it('keeps its services over one lost probe, whatever it was lost to', () => {
    for (const state of ['closed', 'silent', 'hung-up', 'reflection-failed', 'tls', 'garbage'] as const)
      assert.equal(held([found, report(state), found, report(state)]), 1, state);
  });

  it('loses them after two refused connections, or one when calls failed too or they moved', () => {
    assert.equal(patience('closed'), 2);
    assert.equal(patience('closed', { calls: 'failed' }), 1);
    assert.equal(patience('closed', { moved: true }), 1);
    assert.equal(patience('closed', { calls: 'ok' }), 2);
  });

  it('loses them late to silence, and not while real calls succeed', () => {
    assert.equal(patience('silent'), 6);
    assert.equal(patience('reflection-failed', { calls: 'failed' }), 6);
    assert.equal(patience('silent', { calls: 'ok' }), Infinity);
  });

  it('loses them at once to an answer that says so', () => {
    assert.equal(patience('empty'), 1);
    assert.equal(patience('mismatch'), 1);
  });

  it('does not count failures where nothing is held', () => {
    assert.equal(after([report('closed'), report('closed')]).failures, 0);
  });

  it('remembers what a service stated when it once does not answer', () => {
    const unanswered = report('services', [{ ...service, limits: undefined }]);
    assert.deepEqual(after([found, unanswered]).services[0]?.limits, limits);
  });

  it('waits for a new service to state its name, but not for ever', () => {
    const unanswered = report('services', [{ ...service, limits: undefined }]);
    assert.equal(held([unanswered, unanswered]), 0);
    assert.equal(held([unanswered, found]), 1);
    assert.deepEqual(after([unanswered, unanswered, unanswered]).services[0]?.limits, NOT_STATED);
  });

  it('does not trust the limits of another contract', () => {
    const other = report('services', [{ ...service, descriptorHash: 'h2', limits: undefined }]);
    assert.equal(held([found, other]), 0);
  });

  it('says since when', () => {
    const first = nextTrack(undefined, report('closed'), { ...quiet, wallTimeMs: 10 });
    const same = nextTrack(first, report('closed'), { ...quiet, wallTimeMs: 20 });
    const changed = nextTrack(same, found, { ...quiet, wallTimeMs: 30 });
    assert.deepEqual([first.sinceMs, same.sinceMs, changed.sinceMs], [10, 10, 30]);
  });
});

describe('candidate ports', () => {
  it('are the range and the explicit ones, without our own, each once', () => {
    const ports = candidatePorts({
      startPort: 50_051,
      endPort: 50_053,
      extraPorts: [8_080, 50_052],
      ownPorts: [50_053, 9_091],
    });
    assert.deepEqual(ports, [8_080, 50_051, 50_052]);
  });
});
