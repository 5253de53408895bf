import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1.d.ts';
import { createActing, type Surroundings } from '../../src/sidecar/own-pod/services/act.ts';
import type { PodFacts } from '../../src/sidecar/own-pod/facts/facts.ts';
import { MAX_LABELS, registrationLabels } from '../../src/sidecar/own-pod/labels/labels.ts';
import { podFacts } from '../../src/sidecar/own-pod/facts/pod-facts.ts';
import { whereabouts, type Whereabouts } from '../../src/sidecar/own-pod/services/whereabouts.ts';

const SELF = { namespace: 'n', podName: 'p', podUid: '', containerName: 'me', ownPorts: [9091, 9191] };
const NAMES = ['app', 'mask', 'proxy'];
const PORTS = [7_001, 7_002, 50_051, 50_052];

const started = fc.integer({ min: 0, max: 9 }).map((second) => `2026-01-01T00:00:0${second}Z`);
const state: fc.Arbitrary<NonNullable<ContainerStatus['state']>> = fc.oneof(
  fc.record({ running: fc.record({ startedAt: started }) }),
  fc.record({ terminated: fc.record({ exitCode: fc.constantFrom(0, 1) }) }),
  fc.record({ waiting: fc.record({ reason: fc.constant('CrashLoopBackOff') }) }),
  fc.constant({}),
);
const container = (name: string) =>
  fc.record({
    name: fc.constant(name),
    ports: fc.uniqueArray(
      fc.record({
        containerPort: fc.constantFrom(...PORTS),
        protocol: fc.constantFrom('TCP', 'UDP', undefined),
        name: fc.constantFrom('grpc', 'mask-pii', undefined),
      }),
      { maxLength: 3 },
    ),
    readinessProbe: fc.option(fc.constant({}), { nil: undefined }),
  });
const status = (name: string) =>
  fc.record({
    ...{ name: fc.constant(name), image: fc.constant(''), imageID: fc.constant('') },
    ready: fc.boolean(),
    restartCount: fc.nat({ max: 3 }),
    state,
  });
/** Specs are fixed for life; statuses and metadata change. */
const spec = fc.record({
  containers: fc.tuple(container('me'), container('app'), container('mask')),
  initContainers: fc.tuple(
    container('proxy').map((each) => ({ ...each, restartPolicy: 'Always' })),
    container('migrate'),
  ),
  restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
});
const statuses = fc.record({
  containerStatuses: fc.tuple(status('me'), status('app'), status('mask')),
  initContainerStatuses: fc.tuple(status('proxy')),
});
const deleted = fc.option(fc.constant('2026-01-01T00:01:00Z'), { nil: undefined });
const podOf = (of: { spec: object; status: object; deletionTimestamp?: string | undefined }): Pod =>
  ({
    metadata: { uid: 'u', deletionTimestamp: of.deletionTimestamp },
    spec: of.spec,
    status: of.status,
  }) as Pod;
const pod = fc.record({ spec, status: statuses, deletionTimestamp: deleted }).map(podOf);
const lives = fc
  .tuple(spec, fc.array(fc.record({ status: statuses, deletionTimestamp: deleted }), { minLength: 1 }))
  .map(([fixed, seen]) => seen.map((each) => podOf({ spec: fixed, ...each })));

const factsOf = (of: Pod): PodFacts => podFacts(of, SELF)!;

/** Surroundings that remember: what they were told last, and how often. */
function remember() {
  const told = { looks: 0, renewed: [] as number[] };
  let where: Whereabouts | undefined;
  let rule: Parameters<Surroundings['withhold']>[0];
  const around: Surroundings = {
    look(next) {
      told.looks += 1;
      where = next;
    },
    renew: (match) => void told.renewed.push(...PORTS.filter(match)),
    answering: () => new Set(),
    withhold: (next) => void (rule = next),
    ending: () => false,
  };
  const held = () => PORTS.map((port) => rule?.({ port }));
  return { around, told, outcome: () => ({ where, held: held() }) };
}
const fresh = (facts: PodFacts) => ({ facts, fresh: true, starting: false });

describe('what follows from a pod', () => {
  it('is of all containers beside the sidecar that run with the pod, and of no other', () => {
    fc.assert(
      fc.property(pod, (each) => {
        assert.deepEqual([...factsOf(each).containers.keys()].sort(), NAMES);
      }),
    );
  });

  it('is derived of anything that looks like a pod, whatever is missing in it', () => {
    const partial = fc.oneof<fc.Arbitrary<Pod>[]>(
      fc.constant({}),
      fc.record({ spec: fc.constant({ containers: [] }), status: fc.constant({}) }),
      pod.map(({ spec: only }) => ({ spec: only }) as Pod),
    );
    fc.assert(fc.property(partial, (each) => void podFacts(each, SELF)));
  });

  it('never takes the pod that came after ours for ours', () => {
    fc.assert(
      fc.property(pod, (each) => assert.equal(podFacts(each, { ...SELF, podUid: 'another' }), undefined)),
    );
  });

  it('looks at each declared TCP port, and in the range unless one of them answers as a stage', () => {
    fc.assert(
      fc.property(pod, fc.subarray(PORTS), fc.boolean(), (each, answering, always) => {
        const facts = factsOf(each);
        const declared = [...facts.containers.values()].flatMap(({ ports }) =>
          ports.map(({ number }) => number),
        );
        const where = whereabouts(facts, { always, answering: new Set(answering), maxPorts: 1_000 });
        assert.deepEqual(
          where.ports,
          [...new Set(declared)].sort((a, b) => a - b),
        );
        assert.equal(where.range, always || !declared.some((port) => answering.includes(port)));
      }),
    );
  });
});

describe('acting on a pod', () => {
  it('comes to the same whichever events were missed', () => {
    fc.assert(
      fc.property(lives, fc.infiniteStream(fc.boolean()), (life, missed) => {
        const [all, some] = [remember(), remember()];
        const [every, few] = [all, some].map(({ around }) => createActing(around, { alwaysScan: false }));
        life.forEach((each, index) => {
          every!(fresh(factsOf(each)));
          const isLast = index === life.length - 1;
          if (isLast || missed.next().value === false) few!(fresh(factsOf(each)));
        });
        assert.deepEqual(some.outcome(), all.outcome());
      }),
    );
  });

  it('does nothing the second time', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { around, told, outcome } = remember();
        const act = createActing(around, { alwaysScan: false });
        for (const each of life) act(fresh(factsOf(each)));
        const before = { ...told, renewed: [...told.renewed], ...outcome() };
        act(fresh(factsOf(life.at(-1)!)));
        assert.deepEqual({ ...told, ...outcome() }, before);
      }),
    );
  });

  it('voids what was known of a container that runs anew, however much was missed in between', () => {
    const running = (startedAt: string, restartCount: number) => ({
      containerStatuses: [
        { name: 'app', ready: true, restartCount, state: { running: { startedAt } } },
        { name: 'mask', ready: true, restartCount: 0, state: { running: { startedAt: 'then' } } },
      ],
    });
    fc.assert(
      fc.property(spec, started, started, fc.nat({ max: 3 }), (fixed, first, second, restarts) => {
        const { around, told } = remember();
        const act = createActing(around, { alwaysScan: false });
        const before = factsOf(podOf({ spec: fixed, status: running(first, 0) }));
        act(fresh(before));
        act(fresh(factsOf(podOf({ spec: fixed, status: running(second, restarts) }))));
        const own = PORTS.filter((port) => {
          const declaring = [...before.containers.values()].find(({ ports }) =>
            ports.some(({ number }) => number === port),
          );
          // of a port that nobody declares nobody can tell whose it is
          return declaring === undefined || declaring.name === 'app';
        });
        const isNew = first !== second || restarts !== 0;
        assert.deepEqual(told.renewed, isNew ? own : []);
      }),
    );
  });

  it('holds nothing back when the API does not tell', () => {
    fc.assert(
      fc.property(pod, (each) => {
        const { around, outcome } = remember();
        const act = createActing(around, { alwaysScan: false });
        act(fresh(factsOf(each)));
        const { where } = outcome();
        act({ facts: factsOf(each), fresh: false, starting: false });
        assert.deepEqual(outcome(), { where, held: PORTS.map(() => undefined) });
      }),
    );
  });
});

describe('the labels of a registration', () => {
  const key = fc.stringMatching(/^[a-z]{1,3}$/);
  const labels = (max: number) => fc.dictionary(key, key, { maxKeys: max });

  it("are no more than a router takes, and the user's are all among them", () => {
    fc.assert(
      fc.property(labels(MAX_LABELS), labels(200), pod, (configured, own, each) => {
        const downward = { nodeName: 'node1', serviceAccount: 'default' };
        const facts = { ...factsOf(each), labels: own };
        const found = registrationLabels({ configured, downward, facts, zone: 'z' });
        assert.ok(Object.keys(found).length <= MAX_LABELS);
        assert.deepEqual({ ...found, ...configured }, found);
        if (Object.keys({ ...own, ...configured }).length + 5 <= MAX_LABELS)
          assert.deepEqual({ ...found, ...own, ...configured }, found);
      }),
    );
  });
});
