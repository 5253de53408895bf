import type { ChannelCredentials, Client } from '@grpc/grpc-js';
import { ConveyorError } from '../../../foundation/errors.ts';
import { withPrefix } from '../../../foundation/grpc/definitions.ts';
import { hostPort } from '../../../foundation/net/address.ts';
import { classify, contractPool } from '../contract/classify.ts';
import { descriptorHash, poolOf } from '../contract/descriptors.ts';
import { readable } from '../contract/readable.ts';
import { isUsable, NOT_STATED, type PortReport, type PortState, type ServiceReport } from '../ports.ts';
import { readLimits } from './capabilities.ts';
import { linked } from './linked.ts';
import { type Preflight, preflight, type Verdict } from './preflight.ts';
import { openProbeClient } from './probe-client.ts';
import { reflect, type Reflection, REFLECTION_LIMITS, type ReflectionLimits } from './reflect.ts';

/** How a port is probed. */
export interface ProbeOptions {
  readonly credentials: ChannelCredentials;
  /** For the whole probe of one port. Default 1,700. */
  readonly timeoutMs?: number;
  /** For its first part, the preflight. Default 1,000. */
  readonly preflightTimeoutMs?: number;
  readonly limits?: ReflectionLimits;
  readonly signal?: AbortSignal;
}

/** Room for the differences of a service. */
const MAX_REASON_CHARS = 2_000;
const LOOPBACKS = ['127.0.0.1', '::1'] as const;
/** The most telling first: what one address says is worth more than that the other is closed. */
const TELLING: readonly Verdict[] = ['h2', 'tls', 'http1', 'garbage', 'hung-up', 'silent', 'closed'];

interface Address extends Preflight {
  readonly endpoint: string;
}

/** Both loopbacks at once; a port that answers on both is one service, on 127.0.0.1. */
async function findAddress(port: number, timeoutMs: number, signal?: AbortSignal): Promise<Address> {
  const found = linked(signal);
  const knocks = LOOPBACKS.map(async (host): Promise<Address> => {
    const answer = await preflight({ host, port, timeoutMs, signal: found.signal });
    if (host === LOOPBACKS[0] && answer.verdict === 'h2') found.abort();
    return { ...answer, endpoint: hostPort(host, port) };
  });
  const addresses = await Promise.all(knocks);
  found.release();
  const rank = ({ verdict }: Address): number => TELLING.indexOf(verdict);
  return addresses.reduce((best, next) => (rank(next) < rank(best) ? next : best));
}

function classifyAll({ services, files }: Reflection): Omit<ServiceReport, 'limits'>[] {
  const pools = { contract: contractPool(), found: poolOf(files) };
  return services.map((protoService) => {
    const service = pools.found.services.get(protoService);
    return {
      protoService,
      ...classify(protoService, pools),
      descriptorHash: service === undefined ? '' : descriptorHash(service, pools.found),
    };
  });
}

/** Twins of the two package prefixes on one port are one service: the usable one, else the one listed first. */
function withoutTwins<T extends Omit<ServiceReport, 'limits'>>(services: readonly T[]): T[] {
  const byName = Map.groupBy(services, ({ protoService }) => withPrefix(protoService, 'conveyor'));
  return [...byName].flatMap(([name, twins]) => {
    const usable = twins.filter((twin) => isUsable({ ...twin, limits: NOT_STATED }));
    const kept = usable.find(({ protoService }) => protoService === name) ?? usable[0] ?? twins[0];
    return kept === undefined ? [] : [kept];
  });
}

/** What the services make of their port. */
function verdictOn(services: readonly ServiceReport[]): { state: PortState; reason: string } {
  if (services.some(isUsable)) return { state: 'services', reason: '' };
  const mismatches = services.filter(({ kind }) => kind === 'mismatch');
  if (mismatches.length > 0) {
    const reasons = mismatches.map(
      ({ protoService, differences }) => `${protoService}: ${differences.join('; ')}`,
    );
    return { state: 'mismatch', reason: reasons.join(' | ') };
  }
  const others = services.filter(({ kind }) => kind === 'unknown').map(({ protoService }) => protoService);
  if (others.length > 0)
    return { state: 'empty', reason: `no stage of a pipeline among ${others.join(', ')}` };
  return { state: 'empty', reason: 'reflection lists infrastructure alone' };
}

type Finding = Pick<PortReport, 'state' | 'reason' | 'reflection' | 'services'>;

async function look(client: Client, remainingMs: () => number, options: ProbeOptions): Promise<Finding> {
  const { signal, limits = REFLECTION_LIMITS } = options;
  const settings = (): { timeoutMs: number; signal?: AbortSignal } => ({
    timeoutMs: remainingMs(),
    ...(signal === undefined ? {} : { signal }),
  });
  const reflection = await reflect(client, { ...settings(), limits });
  const services = await Promise.all(
    withoutTwins(classifyAll(reflection)).map(async (service) => ({
      ...service,
      limits: await readLimits(client, service, settings()),
    })),
  );
  return { ...verdictOn(services), reflection: reflection.version, services };
}

function failure(thrown: unknown): Finding {
  const error = ConveyorError.from(thrown);
  const state = error.code === 'UNIMPLEMENTED' ? 'no-reflection' : 'reflection-failed';
  const reason =
    state === 'no-reflection' ? error.message : `reflection failed: ${error.code}: ${error.message}`;
  return { state, reason, reflection: '', services: [] };
}

/**
 * One bounded probe of one port: preflight on both loopbacks, reflection, classification, limits. Never throws for
 * what a peer does; when it resolves, its connections are closed.
 * @throws ConveyorError CANCELLED when the signal aborts.
 */
export async function probePort(port: number, options: ProbeOptions): Promise<PortReport> {
  const { timeoutMs = 1_700, preflightTimeoutMs = 1_000, limits = REFLECTION_LIMITS, signal } = options;
  const begin = performance.now();
  const elapsedMs = (): number => performance.now() - begin;
  const address = await findAddress(port, Math.min(preflightTimeoutMs, timeoutMs), signal);
  const report = (finding: Finding): PortReport => {
    if (signal?.aborted === true) throw new ConveyorError('CANCELLED', `probe of port ${port} was cancelled`);
    const reason = readable(finding.reason, MAX_REASON_CHARS);
    return { port, endpoint: address.endpoint, ...finding, reason, probeMs: Math.round(elapsedMs()) };
  };
  const { endpoint, verdict, detail } = address;
  if (verdict !== 'h2') return report({ state: verdict, reason: detail, reflection: '', services: [] });
  const { credentials } = options;
  const connection = openProbeClient({ endpoint, credentials, maxBytes: limits.maxBytes });
  const finding = await look(connection.client, () => timeoutMs - elapsedMs(), options).catch(failure);
  await connection.close();
  return report(finding);
}
