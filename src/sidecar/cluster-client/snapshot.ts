import type { Session } from './session/session.ts';
import type { SessionStateKind } from './session/state.ts';

/** How the session stands, for /statusz. Times in milliseconds; null where there is nothing to say. */
export interface SessionSnapshot {
  readonly state: SessionStateKind;
  readonly address: string | null;
  /** The local end of the newest connection. */
  readonly localAddress: string | null;
  readonly prefix: string | null;
  readonly registrationId: string | null;
  /** false: a router without our extensions. */
  readonly extensions: boolean | null;
  readonly routerVersion: string | null;
  readonly settling: boolean;
  readonly draining: boolean;
  readonly watching: boolean;
  readonly assignmentVersion: number;
  readonly pipelines: readonly string[];
  readonly heartbeatIntervalMs: number;
  readonly contactAgeMs: number | null;
  readonly outageMs: number | null;
  readonly failedDials: number;
}

/** The session at this moment. */
export function snapshot(session: Session): SessionSnapshot {
  const { state, resources, book } = session;
  const { held, version } = book.current();
  const registered = state.kind === 'registered' ? state : undefined;
  return {
    state: state.kind,
    address: 'address' in state ? state.address : null,
    localAddress: session.localAddress ?? null,
    prefix: resources.link?.prefix() ?? null,
    registrationId: registered?.registrationId ?? null,
    extensions: registered?.extensions ?? null,
    routerVersion: registered?.routerVersion ?? null,
    settling: registered?.settling ?? false,
    draining: session.draining !== undefined,
    watching: resources.watch?.open() ?? false,
    assignmentVersion: version,
    pipelines: [...held.keys()].sort(),
    heartbeatIntervalMs: session.intervalMs,
    contactAgeMs: session.contactAgeMs ?? null,
    outageMs: session.outage.lastsMs() ?? null,
    failedDials: state.kind === 'connecting' ? state.attempt : 0,
  };
}
