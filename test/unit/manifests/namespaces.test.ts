import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { applyPatch, type Operation } from 'rfc6902';
import { parse, parseAllDocuments } from 'yaml';
import { systemNamespacesOf } from '../../../src/injector/settings.ts';

interface Selector {
  readonly matchExpressions: readonly { readonly key: string; readonly values: readonly string[] }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly webhooks?: readonly { readonly namespaceSelector: Selector }[];
  readonly spec?: {
    readonly matchConstraints?: { readonly namespaceSelector: Selector };
    readonly template?: {
      readonly spec: { readonly containers: readonly { readonly env: readonly object[] }[] };
    };
  };
}
interface Component {
  readonly patches: readonly {
    readonly target: { readonly kind: string; readonly name: string };
    readonly patch: string;
  }[];
}

const root = join(import.meta.dirname, '../../../manifests');
const manifests = [
  'base/injector.yaml',
  'base/injector-webhook.yaml',
  'components/enforce/require-sidecar.yaml',
].flatMap((file) =>
  parseAllDocuments(readFileSync(join(root, file), 'utf8'), { merge: true }).map(
    (document) => document.toJS() as Manifest,
  ),
);
/** Of each entry of the webhook configuration, and of the policy that refuses pods without a sidecar. */
const excluded = (): string[][] =>
  manifests.flatMap(({ webhooks = [], spec }) => {
    const policy = spec?.matchConstraints;
    return [...webhooks, ...(policy === undefined ? [] : [policy])].map(({ namespaceSelector }) =>
      namespaceSelector.matchExpressions.flatMap(({ key, values }) =>
        key === 'kubernetes.io/metadata.name' ? values : [],
      ),
    );
  });
const never = (excludedNamespaces: readonly string[]): string[] =>
  systemNamespacesOf({ systemNamespace: 'conveyor-system', excludedNamespaces });

describe('namespaces that are never injected', () => {
  it('are the same to the injector, to the API server that asks it, and to the policy of enforce', () => {
    assert.deepEqual(excluded(), [never([]), never([]), never([])]);
    const { patches } = parse(
      readFileSync(join(root, 'components/excluded-namespaces/kustomization.yaml'), 'utf8'),
    ) as Component;
    for (const { target, patch } of patches) {
      const patched = manifests.find(
        ({ kind, metadata }) => kind === target.kind && metadata.name === target.name,
      );
      const errors = applyPatch(patched, parse(patch) as Operation[]);
      assert.ok(
        errors.every((error) => error === null),
        target.kind,
      );
    }
    assert.deepEqual(excluded(), [never(['legacy']), never(['legacy']), never(['legacy'])]);
    const injector = manifests.find(({ kind }) => kind === 'Deployment');
    assert.deepEqual(injector?.spec?.template?.spec.containers[0]?.env.at(-1), {
      name: 'EXCLUDED_NAMESPACES',
      value: 'legacy',
    });
  });
});
