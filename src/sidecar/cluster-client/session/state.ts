/** Every state of the session, in the order of a quiet life. */
export const SESSION_STATES = ['idle', 'connecting', 'registering', 'registered', 'leaving', 'left'] as const;
/** Name of a state. */
export type SessionStateKind = (typeof SESSION_STATES)[number];

/** Not started. */
interface Idle {
  readonly kind: 'idle';
}

/** No connection to a router. */
export interface Connecting {
  readonly kind: 'connecting';
  /** The router that is dialled next, or now. */
  readonly address: string;
  /** Dials that failed since a router last answered, over all addresses. */
  readonly attempt: number;
}

/** Connected, the registration under way: the first one, or one more. */
interface Registering {
  readonly kind: 'registering';
  readonly address: string;
  readonly attempt: number;
}

/** A router knows this sidecar. */
export interface Registered {
  readonly kind: 'registered';
  readonly address: string;
  readonly registrationId: string;
  /** Whether the router knows our extensions (wire contract); false: a bare router. */
  readonly extensions: boolean;
  readonly settling: boolean;
  readonly routerVersion: string;
  /** The period that holds when an answer names none. */
  readonly heartbeatIntervalMs: number;
  /** Whether it has acknowledged a heartbeat since the connection was made: one that never does is no router. */
  readonly confirmed: boolean;
  /** Dials that failed before this connection was made. */
  readonly attempt: number;
  readonly registeredAtMs: number;
  /** On the client's monotonic clock, when the registration is to be repeated; Infinity: only when asked to. */
  readonly registerAtMs: number;
  /** The local services that the router was last told, as `servicesKey` gives them. */
  readonly servicesKey: string;
  /** The labels that it was last told. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The goodbye is under way, or was said to a bare router, after which nothing is registered any more. */
export interface Leaving {
  readonly kind: 'leaving';
  readonly reason: string;
  /** Whether the router was told; nothing is registered any more in either case. */
  readonly said: boolean;
}

/** The end. */
interface Left {
  readonly kind: 'left';
}

/** Where the session stands. */
export type SessionState = Idle | Connecting | Registering | Registered | Leaving | Left;

function passedOver(
  { address, attempt }: { readonly address: string; readonly attempt: number },
  addresses: readonly string[],
): Connecting {
  const next = addresses[(addresses.indexOf(address) + 1) % addresses.length];
  return { kind: 'connecting', address: next ?? address, attempt: attempt + 1 };
}

/**
 * The state after a dial or a registration failed, or a connection was lost: a router that was there is dialled
 * again, one that did not take us is passed over for the next address.
 * @param addresses each of them once.
 */
export function afterFailure(state: SessionState, addresses: readonly string[]): SessionState {
  switch (state.kind) {
    case 'registered':
      return state.confirmed
        ? { kind: 'connecting', address: state.address, attempt: 0 }
        : passedOver(state, addresses);
    case 'connecting':
    case 'registering':
      return passedOver(state, addresses);
    case 'idle':
    case 'leaving':
    case 'left':
      return state;
  }
}
