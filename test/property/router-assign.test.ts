import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PipelineAssignment } from '../../src/foundation/grpc/gen/conveyor/sidecar/PipelineAssignment.ts';
import { assign, assignPipeline } from '../../src/router/assignment/assign.ts';
import { isUsable } from '../../src/router/assignment/hosts.ts';
import type { Candidate, OfferedService, PipelineToPlace } from '../../src/router/assignment/inputs.ts';
import { Outbox } from '../../src/router/assignment/outbox.ts';
import { Planner } from '../../src/router/assignment/planner.ts';
import { choose, hash32, MAX_REPLICAS } from '../../src/router/assignment/rendezvous.ts';

const NAMES = ['in', 'mask', 'join', 'out', 'other'];
const TYPES = ['source', 'transform', 'transform', 'sink'] as const;

const service = fc.record({
  at: fc.nat(4),
  wrong: fc.boolean(),
  healthy: fc.boolean(),
  maxBatchSize: fc.nat(3),
  zone: fc.constantFrom('x', 'y'),
});

const offered = service.map(({ at, wrong, healthy, maxBatchSize, zone }): OfferedService => ({
  name: NAMES[at]!,
  type: wrong ? 'sink' : (TYPES[at] ?? 'unspecified'),
  endpoint: `127.0.0.1:${50_051 + at}`,
  labels: { zone },
  descriptorHash: wrong ? 'h2' : 'h1',
  maxBatchSize,
  maxConcurrentBatches: 0,
  healthy,
}));

const candidate = (sidecarId: string): fc.Arbitrary<Candidate> =>
  fc.record({
    sidecarId: fc.constant(sidecarId),
    namespace: fc.constantFrom('n', 'n', 'm'),
    endpoint: fc.constantFrom(`${sidecarId}:9091`, `${sidecarId}:9091`, ''),
    draining: fc.boolean(),
    labels: fc.constant({}),
    services: fc.uniqueArray(offered, { selector: ({ name }) => name, maxLength: 4 }),
  });

const SIDECARS = ['a', 'b', 'c', 'd', 'e'];
const candidates = fc.subarray(SIDECARS).chain((ids) => fc.tuple<Candidate[]>(...ids.map(candidate)));

const pipeline = (id: string): fc.Arbitrary<PipelineToPlace> =>
  fc
    .record({
      length: fc.integer({ min: 2, max: 4 }),
      zone: fc.boolean(),
      namespace: fc.constantFrom('n', 'm'),
    })
    .map(({ length, zone, namespace }) => ({
      id,
      namespace,
      ordering: 'partition' as const,
      generation: 7,
      stages: NAMES.slice(0, length).map((name, at) => ({
        id: `s${at}`,
        type: TYPES[at]!,
        serviceName: name,
        labels: zone && at === 1 ? { zone: 'x' } : {},
        config: {},
        loadBalance: 'roundRobin' as const,
      })),
      edges: NAMES.slice(1, length).map((_, at) => ({ from: `s${at}`, to: `s${at + 1}` })),
    }));

const pipelines = fc
  .subarray(['n/p', 'n/q', 'm/p'])
  .chain((ids) => fc.tuple<PipelineToPlace[]>(...ids.map(pipeline)));

const targetOf = (stage: NonNullable<PipelineAssignment['stages']>[number]): string | undefined =>
  stage.localEndpoint ?? stage.remoteSidecar?.sidecarId;

describe('assign', () => {
  it('reaches every stage that somebody usable offers, and nothing else', () => {
    fc.assert(
      fc.property(pipelines, candidates, (all, members) => {
        for (const [id, { assignments, stages }] of assign(all, members)) {
          const { namespace, stages: wanted } = all.find((each) => each.id === id)!;
          for (const [sidecarId, { stages: assigned = [], isLocalComplete }] of assignments) {
            const own = members.find((each) => each.sidecarId === sidecarId)!;
            assert.equal(own.namespace, namespace);
            assert.equal(assigned.length, wanted.length);
            let local = 0;
            for (const [at, stage] of assigned.entries()) {
              const replicas = stage.replicas?.map((each) => each.sidecarId) ?? [];
              assert.ok(!replicas.includes(sidecarId), 'never the receiver itself');
              assert.deepEqual(
                replicas.toSorted(),
                stages[at]!.usable.filter((each) => each !== sidecarId),
              );
              assert.equal(stages[at]!.hosts.includes(sidecarId), stage.localEndpoint !== undefined);
              if (stage.localEndpoint === undefined) assert.equal(targetOf(stage), replicas[0]);
              else local++;
            }
            assert.ok(local > 0, 'only who hosts a stage');
            assert.equal(isLocalComplete, local === wanted.length);
          }
          for (const { hosts } of stages) for (const host of hosts) assert.ok(assignments.has(host));
        }
      }),
    );
  });

  it('lists only healthy services of the declared type and labels, of sidecars that do not drain', () => {
    fc.assert(
      fc.property(pipeline('n/p'), candidates, (one, members) => {
        const { stages } = assignPipeline(one, members);
        for (const [at, { usable }] of stages.entries()) {
          const { type, serviceName, labels } = one.stages[at]!;
          const expected = members.filter(
            (each) =>
              each.namespace === one.namespace &&
              each.services.some(
                (offer) =>
                  offer.name === serviceName &&
                  offer.type === type &&
                  (labels['zone'] === undefined || offer.labels['zone'] === labels['zone']) &&
                  isUsable({ candidate: each, service: offer }),
              ),
          );
          assert.deepEqual(usable, expected.map((each) => each.sidecarId).sort());
        }
      }),
    );
  });

  it('does not depend on the order of its inputs', () => {
    fc.assert(
      fc.property(pipelines, candidates, (all, members) => {
        const once = assign(all, members);
        const turned = assign(all.toReversed(), members.toReversed());
        for (const [id, { assignments }] of once)
          for (const [sidecarId, assignment] of assignments)
            assert.deepEqual(turned.get(id)?.assignments.get(sidecarId), assignment);
      }),
    );
  });

  it('says of every stage that nobody can be sent to, that it is so', () => {
    fc.assert(
      fc.property(pipeline('n/p'), candidates, (one, members) => {
        const { stages, conditions } = assignPipeline(one, members);
        for (const { stageId, usable } of stages) {
          const said = conditions.filter(
            (each) => each.stageId === stageId && !each.type.endsWith('MISMATCH'),
          );
          assert.equal(said.length, usable.length === 0 ? 1 : 0);
        }
      }),
    );
  });
});

describe('the planner', () => {
  const step = fc.oneof(
    fc.record({ pipelines }),
    fc
      .constantFrom(...SIDECARS)
      .chain((id) =>
        fc.record({ id: fc.constant(id), candidate: fc.option(candidate(id), { nil: undefined }) }),
      ),
  );

  it('comes step by step to what all at once would give', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ step, look: fc.boolean() }), { maxLength: 20 }), (steps) => {
        const planner = new Planner();
        const members = new Map<string, Candidate>();
        let all: readonly PipelineToPlace[] = [];
        const outboxes = new Map(SIDECARS.map((id) => [id, new Outbox()]));
        for (const { step: change, look } of steps) {
          if ('pipelines' in change) {
            all = change.pipelines;
            planner.setPipelines(all);
          } else {
            planner.setCandidate(change.id, change.candidate);
            if (change.candidate === undefined) members.delete(change.id);
            else members.set(change.id, change.candidate);
          }
          if (!look) continue;
          for (const { sidecarId, pipelineId, assignment } of planner.recompute())
            outboxes.get(sidecarId)!.set(pipelineId, assignment);
          const full = assign(all, [...members.values()]);
          for (const id of SIDECARS) {
            const expected = [...full].flatMap(([, { assignments }]) => assignments.get(id) ?? []);
            const told = outboxes
              .get(id)!
              .whole()
              .map(({ version: _, ...assignment }) => assignment);
            assert.deepEqual(byId(told), byId(expected));
            assert.deepEqual(byId([...planner.assignmentsFor(id).values()]), byId(expected));
          }
        }
      }),
    );
  });
});

function byId(assignments: readonly PipelineAssignment[]): unknown[] {
  return assignments.toSorted((a, b) => (a.pipelineId! < b.pipelineId! ? -1 : 1));
}

describe('choosing replicas', () => {
  const choices = Array.from({ length: 200 }, (_, at) => ({ key: `k${at}`, hash: hash32(`k${at}`) }));

  it('takes the best, whatever the order, and moves little when one goes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(199), (hash, gone) => {
        const chooser = { key: 'chooser', hash };
        const before = choose(chooser, choices);
        assert.equal(before.length, MAX_REPLICAS);
        assert.deepEqual(choose(chooser, choices.toReversed()), before);
        const left = before.filter(({ key }) => key !== `k${gone}`);
        const after = choose(
          chooser,
          choices.filter(({ key }) => key !== `k${gone}`),
        );
        assert.deepEqual(after.slice(0, left.length), left);
      }),
      { numRuns: 50 },
    );
  });

  it('spreads choosers over the choices', () => {
    const chosen = new Map<string, number>();
    for (let chooser = 0; chooser < 2_000; chooser++)
      for (const { key } of choose({ key: '', hash: hash32(`sidecar-${chooser}`) }, choices, 1))
        chosen.set(key, (chosen.get(key) ?? 0) + 1);
    assert.ok(chosen.size > 195, `${chosen.size} of 200 are somebody's first`);
    assert.ok(Math.max(...chosen.values()) < 40);
  });
});

describe('the outbox', () => {
  it('numbers upwards, keeps one word a pipeline, and a reader at any version comes to the level', () => {
    const word = fc.record({
      id: fc.constantFrom('p', 'q', 'r'),
      stage: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
      read: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        const outbox = new Outbox();
        const level = new Map<string, string>();
        const reader = new Map<string, string>();
        let read = 0;
        for (const { id, stage, read: reads } of words) {
          outbox.set(id, stage === undefined ? undefined : { pipelineId: id, stages: [{ stageId: stage }] });
          if (stage === undefined) level.delete(id);
          else level.set(id, stage);
          assert.ok(outbox.since(0).length <= 3);
          if (!reads) continue;
          for (const { pipelineId, version, assignment } of outbox.since(read)) {
            assert.ok(version > read);
            read = version;
            if (assignment === undefined) reader.delete(pipelineId);
            else reader.set(pipelineId, assignment.stages?.[0]?.stageId ?? '');
          }
          assert.deepEqual(new Map([...reader].sort()), new Map([...level].sort()));
        }
      }),
    );
  });
});
