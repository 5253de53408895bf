import { ConveyorError } from '../../foundation/errors.ts';
import type { Component } from '../../foundation/lifecycle/component.ts';
import { type Loop, startLoop } from '../../foundation/lifecycle/loop.ts';
import type { ClusterClientOptions } from './options.ts';
import { connect, disconnected } from './session/connecting.ts';
import { goodbye, linger } from './session/leaving.ts';
import { keep } from './session/registered.ts';
import { Session } from './session/session.ts';
import type { SessionState } from './session/state.ts';
import { type SessionSnapshot, snapshot } from './snapshot.ts';

/** The session of this sidecar with the router (semantics.md, Between sidecar and router). */
export interface ClusterClient extends Component {
  /** Where the session stands now. */
  state(): SessionState;
  /** Whether a router has ever taken this sidecar: an outage later takes nothing back. */
  registered(): boolean;
  /**
   * Says that this sidecar drains: with a heartbeat at once and all later ones; to a bare router, which knows no
   * draining, with the goodbye. Resolves when that was said or could not be. Never rejects.
   */
  setDraining(reason: string): Promise<void>;
  /** The goodbye, and the end of the session. Never rejects; the lease does it if the router does not hear. */
  leave(reason: string, signal: AbortSignal): Promise<void>;
  /** The local end of the newest connection to a router; undefined before the first. */
  localAddress(): string | undefined;
  /** For /statusz. */
  snapshot(): SessionSnapshot;
}

/** One step of the state machine. Milliseconds until the next one. */
function step(session: Session, signal: AbortSignal): Promise<number> {
  const { link } = session.resources;
  const { state } = session;
  if (state.kind === 'connecting') return connect(session, state, signal);
  if (state.kind === 'registered' && link !== undefined) return keep(session, state, { link, signal });
  if (state.kind === 'leaving' && link !== undefined) return linger(session, state, { link, signal });
  return Promise.resolve(session.intervalMs);
}

/**
 * A session that is kept for ever: it dials, registers, beats and watches until it is told to leave, and never ends or
 * throws because a router does.
 */
export function createClusterClient(options: ClusterClientOptions): ClusterClient {
  const session = new Session(options);
  const { clock } = options;
  // those that wait for the end of a step that has not begun
  const waiting: (() => void)[] = [];
  let stepAtMs = 0;
  let loop: Loop | undefined;
  let unsubscribe = (): void => undefined;

  const tick = async (signal: AbortSignal): Promise<number> => {
    const resumed = waiting.splice(0);
    stepAtMs = clock.now();
    try {
      return await step(session, signal);
    } finally {
      for (const resume of resumed) resume();
    }
  };
  const halt = async (): Promise<void> => {
    unsubscribe();
    await Promise.all([loop?.stop(), session.resources.watch?.stop()]);
    for (const resume of waiting.splice(0)) resume();
  };
  const isOver = (): boolean => session.state.kind === 'idle' || session.state.kind === 'left';

  return {
    name: 'cluster-client',
    start() {
      const [address] = session.addresses;
      if (address === undefined)
        return Promise.reject(new ConveyorError('CONFIG_INVALID', 'no address of a router is given'));
      if (loop !== undefined) return Promise.resolve();
      session.become({ kind: 'connecting', address, attempt: 0 });
      const report = (): void => {
        if (session.state.kind === 'registered') loop?.trigger();
      };
      const ends = [options.services.onChange(report), options.onRelabelled?.(report)];
      unsubscribe = () => ends.forEach((end) => end?.());
      const onError = (error: ConveyorError): number => disconnected(session, error, clock.now() - stepAtMs);
      loop = startLoop({ clock, tick, onError });
      session.trigger = () => loop?.trigger();
      return Promise.resolve();
    },
    async stop() {
      await halt();
      if (!isOver()) session.become({ kind: 'left' });
    },
    state: () => session.state,
    registered: () => session.everRegistered,
    setDraining(reason) {
      session.draining ??= reason;
      if (isOver()) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.push(resolve);
        loop?.trigger();
      });
    },
    async leave(reason, signal) {
      if (isOver()) return;
      session.draining ??= reason;
      await halt();
      const { link } = session.resources;
      const said = session.state.kind === 'leaving' && session.state.said;
      session.become({ kind: 'leaving', reason, said }, { link });
      if (link !== undefined && !link.lost() && !said) await goodbye(session, link, signal);
      session.become({ kind: 'left' });
    },
    localAddress: () => session.localAddress,
    snapshot: () => snapshot(session),
  };
}
