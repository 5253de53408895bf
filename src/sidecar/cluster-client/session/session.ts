import type { CallSettings } from '../../../foundation/grpc/call.ts';
import type { Logger } from '../../../foundation/telemetry/logger.ts';
import type { CallContext } from '../link/calls.ts';
import type { RouterLink } from '../link/link.ts';
import { type EndpointMemory, UNKNOWN_ENDPOINT } from '../link/prefixes.ts';
import type { Watch } from '../link/watch.ts';
import { type AssignmentBook, createAssignmentBook } from '../messages/assignment-book.ts';
import { type ClusterClientOptions, DEFAULT_TIMINGS, type SessionTimings } from '../options.ts';
import { createOutage, type Outage } from './outage.ts';
import type { SessionState } from './state.ts';

/** Settings of a call that can be cancelled. */
export type StepSettings = CallSettings & { readonly signal: AbortSignal };

/** A connection and what ends the step on it. */
export interface StepOn {
  readonly link: RouterLink;
  readonly signal: AbortSignal;
}

/** What a state owns: leaving it closes them, unless the next state keeps them. */
export interface Resources {
  readonly link?: RouterLink | undefined;
  readonly watch?: Watch | undefined;
}

/** A deadline is not shorter than this, however short the heartbeat interval. */
const MIN_CALL_TIMEOUT_MS = 1_000;

/** The session's state and what lasts longer than one state. The steps of the state machine act on it. */
export class Session {
  readonly options: ClusterClientOptions;
  readonly timings: SessionTimings;
  /** Each address once. */
  readonly addresses: readonly string[];
  readonly calls: CallContext;
  readonly book: AssignmentBook;
  readonly outage: Outage;
  readonly logger: Logger;
  /** Ends the wait for the next step. */
  trigger: () => void = () => undefined;
  /** Why this sidecar drains; undefined: it does not. */
  draining: string | undefined;
  /** The period of the heartbeats now. */
  intervalMs: number;
  /** Of the newest registration; '' before the first. */
  registrationId = '';
  /** The local end of the newest connection. */
  localAddress: string | undefined;
  #everRegistered = false;
  #contactAtMs: number | undefined;
  #state: SessionState = { kind: 'idle' };
  #resources: Resources = {};

  constructor(options: ClusterClientOptions) {
    this.options = options;
    this.timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.addresses = [...new Set(options.addresses)];
    this.calls = { options, memory: new Map() };
    this.logger = options.logger.child('cluster-client');
    this.book = createAssignmentBook(options.routes, options.metrics, options.tell);
    this.outage = createOutage(this.logger, options.clock);
    this.intervalMs = this.timings.heartbeatIntervalMs;
    options.metrics.state('idle');
    options.metrics.contactAge(() => (this.contactAgeMs ?? 0) / 1_000);
  }

  get state(): SessionState {
    return this.#state;
  }

  get resources(): Resources {
    return this.#resources;
  }

  get everRegistered(): boolean {
    return this.#everRegistered;
  }

  /** Since a router last answered; undefined before it ever did. */
  get contactAgeMs(): number | undefined {
    return this.#contactAtMs === undefined ? undefined : this.options.clock.now() - this.#contactAtMs;
  }

  /** The one place where the state changes. What the next state does not keep is closed. */
  become(state: SessionState, kept: Resources = {}): void {
    const { link, watch } = this.#resources;
    if (watch !== kept.watch) void watch?.stop();
    if (link !== kept.link) link?.close();
    if (state.kind !== this.#state.kind) this.options.metrics.state(state.kind);
    if (state.kind === 'registered') this.#everRegistered = true;
    this.#resources = kept;
    this.#state = state;
  }

  /** A router has answered. */
  contact(): void {
    this.#contactAtMs = this.options.clock.now();
  }

  /** Deadline and signal of a call: a router that stays silent must not cost more than a heartbeat interval. */
  settings(signal: AbortSignal): StepSettings {
    const { callTimeoutMs } = this.timings;
    return { signal, timeoutMs: Math.min(callTimeoutMs, Math.max(MIN_CALL_TIMEOUT_MS, this.intervalMs)) };
  }

  /** What is known of an address from earlier answers. */
  remembered(address: string): EndpointMemory {
    return this.calls.memory.get(address) ?? UNKNOWN_ENDPOINT;
  }
}
