import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Container, Pod } from 'kubernetes-types/core/v1.d.ts';
import { applyPatch, type Operation } from 'rfc6902';
import { parse, stringify } from 'yaml';
import { KEYS } from '../../src/foundation/kubernetes/annotations.ts';
import { injectText } from '../../src/injector/files/inject-text.ts';
import { allContainers } from '../../src/injector/injection/decide.ts';
import { fingerprint, injectedOf } from '../../src/injector/injection/fingerprint.ts';
import { difference, toJsonPatch } from '../../src/injector/injection/patch.ts';
import { transform, transformAgain } from '../../src/injector/injection/transform.ts';
import { uninject } from '../../src/injector/injection/uninject.ts';
import { context, where } from '../support/injection.ts';

const option = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const word = fc.constantFrom('enabled', 'disabled', 'container', 'native', 'gate', 'none', '9091', 'x', '');
const annotations = fc.dictionary(
  fc.oneof(
    fc.constantFrom(...Object.values(KEYS).filter((key) => key !== KEYS.injected)),
    fc.constantFrom('a/b~c', 'prometheus.io/port'),
  ),
  word,
  { maxKeys: 6 },
);
const hook = { preStop: { exec: { command: ['true'] } } };
const container = (name: string): fc.Arbitrary<Container> =>
  fc.record(
    {
      name: fc.constant(name),
      image: fc.constantFrom('a', 'b'),
      env: fc.array(fc.record({ name: fc.constantFrom('A', 'CONVEYOR_ENDPOINT'), value: fc.constant('v') }), {
        maxLength: 2,
      }),
      lifecycle: fc.constantFrom(hook, {}, { postStart: hook.preStop }),
      ports: fc.array(fc.record({ containerPort: fc.constantFrom(80, 9091, 9191) }), { maxLength: 2 }),
    },
    { requiredKeys: ['name'] },
  );
const containers = (prefix: string, minLength: number) =>
  fc
    .uniqueArray(fc.constantFrom(`${prefix}-a`, `${prefix}-b`, `${prefix}-c`), { minLength, maxLength: 3 })
    .chain((names) => fc.tuple(...names.map(container)));

/** JSON has no undefined. */
const plain = (value: unknown): Pod => JSON.parse(JSON.stringify(value)) as Pod;

const pods: fc.Arbitrary<Pod> = fc
  .record({
    metadata: option(
      fc.record({
        name: fc.constant('p'),
        annotations: option(annotations),
        labels: option(fc.constant({ app: 'x' })),
      }),
    ),
    spec: fc.record({
      containers: containers('app', 1),
      initContainers: option(containers('init', 0)),
      volumes: option(fc.constantFrom([], [{ name: 'data', emptyDir: {} }])),
      terminationGracePeriodSeconds: option(fc.constantFrom(0, 5, 30, 90_000)),
      readinessGates: option(fc.constantFrom([], [{ conditionType: 'other' }])),
      hostNetwork: option(fc.constantFrom(false)),
    }),
  })
  .map(plain);
const natives = fc.constantFrom(true, false, undefined);

describe('an injection of any pod', () => {
  it('is what its JSON patch makes of the pod, by another implementation', () => {
    fc.assert(
      fc.property(pods, natives, (pod, native) => {
        const { pod: injected } = transform(pod, where(), context({ native }));
        const patched = structuredClone(pod);
        const patch = toJsonPatch(difference(pod, injected)) as Operation[];
        assert.deepEqual(
          applyPatch(patched, patch).filter((error) => error !== null),
          [],
        );
        assert.deepEqual(patched, plain(injected));
      }),
    );
  });

  it('is the same the second time, and nothing at all for the webhook', () => {
    fc.assert(
      fc.property(pods, natives, (pod, native) => {
        const once = transform(pod, where(), context({ native })).pod;
        const other = context({ native, newHookKey: () => 'f'.repeat(32) });
        assert.deepEqual(transformAgain(once, where(), other).pod, once);
        const again = transform(once, where(), other);
        assert.deepEqual([again.pod, again.decision.inject], [once, false]);
      }),
    );
  });

  it('touches nothing of the pod’s own, so that it can be taken back', () => {
    fc.assert(
      fc.property(pods, natives, (pod, native) => {
        const { pod: injected } = transform(pod, where(), context({ native }));
        assert.deepEqual(withoutEmpty(uninject(injected)), withoutEmpty(pod));
      }),
    );
  });

  it('only ever adds: no operation replaces or removes', () => {
    fc.assert(
      fc.property(pods, natives, (pod, native) => {
        const { pod: injected } = transform(pod, where(), context({ native }));
        assert.ok(difference(pod, injected).every(({ op }) => op === 'add'));
      }),
    );
  });

  it('is a pod that the API server would take', () => {
    fc.assert(
      fc.property(pods, natives, (pod, native) => {
        const { pod: injected } = transform(pod, where(), context({ native }));
        const names = allContainers(injected).map(({ name }) => name);
        assert.equal(new Set(names).size, names.length);
        const volumes = injected.spec?.volumes?.map(({ name }) => name) ?? [];
        assert.equal(new Set(volumes).size, volumes.length);
        const sidecar = allContainers(injected).find(({ name }) => name === 'conveyor-sidecar');
        assert.ok(sidecar !== undefined);
        assert.ok(sidecar.volumeMounts?.every(({ name }) => volumes.includes(name)));
        assert.equal(new Set(sidecar.ports?.map(({ containerPort }) => containerPort)).size, 2);
        assert.equal(sidecar.restartPolicy === 'Always', injected.spec?.initContainers?.at(-1) === sidecar);
        assert.ok(
          Object.values(injected.metadata?.annotations ?? {}).every((value) => typeof value === 'string'),
        );
        assert.equal(injectedOf(injected)?.hash, fingerprint(injected));
      }),
    );
  });

  it('comes out of a file as it does of the webhook', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const { text } = injectText(stringify({ kind: 'Pod', ...pod }), (each, namespace) =>
          transformAgain(each, where({ namespace }), context()),
        );
        const { pod: injected } = transform(pod, where(), context());
        assert.deepEqual(parse(text, { version: '1.1' }), { kind: 'Pod', ...plain(injected) });
      }),
      { numRuns: 20 },
    );
  });
});

/** Without what an empty list or object is as good as, and without the annotation that cannot be told from a user's. */
function withoutEmpty(pod: Pod): unknown {
  return JSON.parse(
    JSON.stringify(pod, (key, value: unknown) => {
      if (key === 'kubectl.kubernetes.io/default-container') return undefined;
      return value;
    }),
    (key, value: unknown) =>
      typeof value === 'object' && value !== null && Object.keys(value).length === 0 && key !== 'emptyDir'
        ? undefined
        : value,
  );
}
