import type { Secret } from 'kubernetes-types/core/v1.d.ts';
import type { KubeApi } from '../../../foundation/kubernetes/api.ts';
import { follow } from '../../../foundation/kubernetes/follow.ts';
import { SECRETS } from '../../../foundation/kubernetes/resources.ts';
import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { Component } from '../../../foundation/lifecycle/component.ts';
import { createListeners } from '../../../foundation/lifecycle/listeners.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';
import type { CheckResult } from '../../../foundation/telemetry/readiness.ts';
import { fingerprint, fits, parsed } from '../x509/certificate.ts';
import type { KeyPair } from '../x509/issue.ts';

/** Where the certificate that is served comes from. */
export interface ServedSource extends Component {
  /** The last one that can be served; undefined: there has been none. */
  keyPair(): KeyPair | undefined;
  /** Why there is none. */
  problem(): string;
  onChange(listener: () => void): () => void;
}

/** Which Secret, and with what. */
export interface ServedSecretOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The pair of a Secret of type kubernetes.io/tls, if it can be served. */
export function pairIn({ data = {} }: Secret): KeyPair | undefined {
  const text = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString();
  const pair = { cert: text('tls.crt'), key: text('tls.key') };
  return fits(pair) ? pair : undefined;
}

/** Serves from a Secret, as it changes. What was served stays when the Secret goes, or holds what cannot be served. */
export function createServedSecret(options: ServedSecretOptions): ServedSource {
  const { api, namespace, name, clock } = options;
  const logger = options.logger.child('served-secret');
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  const secrets = follow<Secret>({ api, clock, logger, resource: SECRETS, selection });
  const listeners = createListeners();
  let pair: KeyPair | undefined;

  secrets.onChange(() => {
    const secret = secrets.items().get(`${namespace}/${name}`);
    const next = secret === undefined ? undefined : pairIn(secret);
    if (secret !== undefined && next === undefined)
      logger.warn('no certificate with its key', { secret: name });
    if (next === undefined || (next.cert === pair?.cert && next.key === pair.key)) return;
    pair = next;
    logServed(logger, pair);
    listeners.tell();
  });

  return {
    name: 'served secret',
    keyPair: () => pair,
    problem() {
      const state = secrets.state();
      const why = state.ok ? 'it is not there, or holds no certificate with its key' : state.reason;
      return `nothing to serve from Secret ${namespace}/${name}: ${why}`;
    },
    onChange: (listener) => listeners.on(listener),
    start: (signal) => secrets.start(signal),
    stop: (signal) => secrets.stop(signal),
  };
}

/** Says in the log what is served from now on; never the key. */
export function logServed(logger: Logger, { cert }: KeyPair): void {
  const notAfter = parsed(cert)?.validToDate.toISOString();
  logger.info('another certificate is served', { fingerprint: fingerprint(cert), notAfter });
}

/** Whether what is served can be relied on. @param waitsFor what the one who makes it waits for; '' for nothing. */
export function checkServed(source: ServedSource, wallMs: number, waitsFor = ''): CheckResult {
  const pair = source.keyPair();
  const waiting = waitsFor === '' ? '' : `; its maker waits: ${waitsFor}`;
  if (pair === undefined) return { ok: false, reason: `${source.problem()}${waiting}` };
  const endMs = parsed(pair.cert)?.validToDate.getTime() ?? 0;
  return wallMs < endMs ? { ok: true } : { ok: false, reason: 'the certificate that is served has expired' };
}
