import { isUsable, type Limits, NOT_STATED, type PortReport, type ServiceReport } from '../ports.ts';

/** A service that is held to be there, with what it last stated of itself. */
export interface HeldService extends ServiceReport {
  readonly kind: 'source' | 'transform' | 'sink';
  readonly limits: Limits;
}

/** One port over time. */
export interface PortTrack {
  readonly report: PortReport;
  /** Milliseconds since 1970 of the last change of the port's state or reason. */
  readonly sinceMs: number;
  /** Probes in a row that did not confirm what is held. */
  readonly failures: number;
  readonly endpoint: string;
  readonly services: readonly HeldService[];
  /** Its server offers grpc.health.v1. */
  readonly offersHealth: boolean;
  /** By proto service: probes in a row in which a new service did not answer GetCapabilities. */
  readonly unanswered: ReadonlyMap<string, number>;
}

/** What else is known when a probe is over. */
export interface Circumstances {
  readonly wallTimeMs: number;
  /** Real calls to the port since the probe before. */
  readonly calls: 'none' | 'ok' | 'failed';
  /** The port's services were found at another port, new there. */
  readonly moved: boolean;
}

/** Unconfirmed probes in a row after which the services of a port are unhealthy. */
export const UNHEALTHY_AFTER = 2;
/** Unconfirmed probes in a row after which the services are gone: by what the port does. */
const GONE_AFTER = { refused: 2, otherProtocol: 2, noAnswer: 6 } as const;
/** A service whose GetCapabilities does not answer is taken without after so many probes: its name may depend on it. */
const WITHOUT_CAPABILITIES_AFTER = 3;

function goneAfter({ report, calls, moved }: Circumstances & { readonly report: PortReport }): number {
  switch (report.state) {
    case 'services':
    case 'empty':
    case 'mismatch':
      return 0;
    case 'closed':
      // refused connections and refused calls are two witnesses
      return calls === 'failed' || moved ? 1 : GONE_AFTER.refused;
    case 'http1':
    case 'tls':
    case 'garbage':
    case 'no-reflection':
      return GONE_AFTER.otherProtocol;
    case 'silent':
    case 'hung-up':
    case 'reflection-failed':
      return GONE_AFTER.noAnswer;
  }
}

type Found = Pick<PortTrack, 'services' | 'unanswered' | 'offersHealth'>;

/** The services of a port that answered. What one states is remembered when it once does not answer the question. */
function found(report: PortReport, previous: PortTrack | undefined): Found {
  const services: HeldService[] = [];
  const unanswered = new Map<string, number>();
  for (const service of report.services.filter(isUsable)) {
    const { protoService, descriptorHash } = service;
    const known = previous?.services.find(
      (held) => held.protoService === protoService && held.descriptorHash === descriptorHash,
    );
    const misses = (previous?.unanswered.get(protoService) ?? 0) + 1;
    const fallback = misses >= WITHOUT_CAPABILITIES_AFTER ? NOT_STATED : undefined;
    const limits = service.limits ?? known?.limits ?? fallback;
    if (limits === undefined) unanswered.set(protoService, misses);
    else services.push({ ...service, limits });
  }
  const offersHealth = report.services.some(({ protoService }) => protoService === 'grpc.health.v1.Health');
  return { services, unanswered, offersHealth };
}

/**
 * Takes a probe into the history of its port: one lost probe changes nothing, a port that says clearly what it is now
 * is believed, and real calls that succeed outweigh a probe that got no answer (dapr/docs#3623).
 */
export function nextTrack(
  previous: PortTrack | undefined,
  report: PortReport,
  circumstances: Circumstances,
): PortTrack {
  const { calls, wallTimeMs } = circumstances;
  const same = previous?.report.state === report.state && previous.report.reason === report.reason;
  const sinceMs = same ? previous.sinceMs : wallTimeMs;
  const limit = goneAfter({ ...circumstances, report });
  if (limit === 0)
    return { report, sinceMs, failures: 0, endpoint: report.endpoint, ...found(report, previous) };

  const { failures: before = 0, services = [], endpoint = report.endpoint } = previous ?? {};
  const excused = calls === 'ok' && limit === GONE_AFTER.noAnswer;
  const failures = services.length === 0 || excused ? 0 : before + 1;
  const gone = failures >= limit;
  return {
    report,
    sinceMs,
    failures: gone ? 0 : failures,
    endpoint,
    services: gone ? [] : services,
    offersHealth: previous?.offersHealth ?? false,
    unanswered: new Map(),
  };
}
