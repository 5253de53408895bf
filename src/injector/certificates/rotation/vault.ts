import type { Secret } from 'kubernetes-types/core/v1.d.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';
import { ConveyorError } from '../../../foundation/errors.ts';
import { KEYS } from '../../../foundation/kubernetes/annotations.ts';
import type { KubeApi } from '../../../foundation/kubernetes/api.ts';
import { SECRETS } from '../../../foundation/kubernetes/resources.ts';
import { type Authority, authorityOf, bundleOf, dataOf, encoded } from './authority.ts';
import type { KeyPair } from '../x509/issue.ts';
import { FIELD_MANAGER, isOurs, MANAGED } from '../../ours.ts';
import { pairIn } from '../served/served-secret.ts';

/** Name of the authority's Secret. */
export const CA_SECRET = 'conveyor-ca';

/** The authority as it is kept. */
export interface KeptAuthority {
  readonly authority: Authority | undefined;
  readonly asked: boolean;
  /** What has been read: a write of the authority replaces this version and no other. */
  readonly metadata: ObjectMeta | undefined;
}

/** The Secrets in which certificates are kept. Foreign ones are refused: FAILED_PRECONDITION. */
export interface Vault {
  authority(signal: AbortSignal): Promise<KeptAuthority>;
  /** Throws ABORTED when somebody else has written since. */
  keep(authority: Authority, over: KeptAuthority, signal: AbortSignal): Promise<void>;
  pair(secret: string, signal: AbortSignal): Promise<KeyPair | undefined>;
  keepPair(secret: string, pair: KeyPair, authority: Authority, signal: AbortSignal): Promise<void>;
}

/**
 * The vault of a namespace. It is read when something is decided and never held: replicas that do not lead have no use
 * for the authority's key. What is new is applied: by name `create` can be granted for that alone.
 */
export function createVault(api: KubeApi, namespace: string): Vault {
  const read = async (name: string, signal: AbortSignal): Promise<Secret | undefined> => {
    const secret = await api.get<Secret>(SECRETS, { namespace, name }, signal).catch(orMissing);
    if (secret === undefined || isOurs(secret)) return secret;
    const label = Object.entries(MANAGED).flat().join(': ');
    throw new ConveyorError(
      'FAILED_PRECONDITION',
      `Secret ${namespace}/${name} is not ours: no label ${label}`,
    );
  };
  const apply = async (secret: Secret, signal: AbortSignal): Promise<void> => {
    const name = { namespace, name: secret.metadata?.name ?? '' };
    await api.patch(
      SECRETS,
      name,
      { type: 'apply', body: secret, fieldManager: FIELD_MANAGER, force: true },
      {},
      signal,
    );
  };
  const head = { apiVersion: 'v1', kind: 'Secret' } as const;

  return {
    async authority(signal) {
      const secret = await read(CA_SECRET, signal);
      const asked = KEYS.rotate in (secret?.metadata?.annotations ?? {});
      const authority = secret === undefined ? undefined : authorityOf(secret);
      return { authority, asked, metadata: secret?.metadata };
    },
    async keep(authority, { metadata }, signal) {
      const secret = { ...head, type: 'Opaque', data: dataOf(authority) };
      if (metadata === undefined)
        await apply({ ...secret, metadata: { namespace, name: CA_SECRET, labels: MANAGED } }, signal);
      else {
        const { [KEYS.rotate]: asked, ...annotations } = metadata.annotations ?? {};
        // to stage another one is what was asked for
        const left = authority.next === undefined && asked !== undefined ? { [KEYS.rotate]: asked } : {};
        await api.update(
          SECRETS,
          { ...secret, metadata: { ...metadata, annotations: { ...annotations, ...left } } },
          {},
          signal,
        );
      }
    },
    async pair(name, signal) {
      const secret = await read(name, signal);
      return secret === undefined ? undefined : pairIn(secret);
    },
    async keepPair(name, { cert, key }, authority, signal) {
      const data = encoded({ 'tls.crt': cert, 'tls.key': key, 'ca.crt': bundleOf(authority) });
      const metadata = { namespace, name, labels: MANAGED };
      await apply({ ...head, metadata, type: 'kubernetes.io/tls', data }, signal);
    },
  };
}

function orMissing(thrown: unknown): undefined {
  const error = ConveyorError.from(thrown);
  if (error.code !== 'NOT_FOUND') throw error;
}
