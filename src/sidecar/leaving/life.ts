import { ConveyorError } from '../../foundation/errors.ts';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { hasGone, isCompleted, isDoneWithSources, isPushed } from './application.ts';
import { createHolds, type Holds } from './holds.ts';
import { drainInbound, drainOutbound } from './phases.ts';
import { type EndPlan, holdUntilMs, outboundAtMs } from './plan.ts';
import type { HeldServices, LeavingPlane, LeavingPod, LeavingSession } from './ports.ts';
import { Prospect, type ProspectOptions } from './prospect.ts';
import { openReceipt, type Receipt, terminationMessage, writeTerminationMessage } from './receipt.ts';
import { waitUntil } from './wait.ts';

/** What lives, and what its life depends on. */
export interface LifeOptions extends ProspectOptions {
  /** The pod that it lives in; undefined outside of Kubernetes. */
  readonly pod: LeavingPod | undefined;
  readonly logger: Logger;
  readonly dataPlane: LeavingPlane;
  readonly session: LeavingSession;
  readonly services: HeldServices;
  /** Resolves to the names of sinks that could not flush. */
  readonly flushSinks: (timeoutMs: number) => Promise<string[]>;
  /** Tells who asks by gRPC health that nothing is served any more. */
  readonly notServing: () => void;
  /** What it says of itself in the termination message. */
  readonly facts: object;
  readonly terminationLog: string;
  /** Makes an Event about the pod. */
  readonly record: (event: { reason: string; action: string; message: string }) => void;
}

/** What brought the end. */
export type Trigger = 'hook' | 'deletion' | 'signal' | 'request' | 'completion';

type Phase = 'running' | 'inbound' | 'waiting' | 'outbound' | 'drained';

/** What the admin server and the listeners get to close in, once the drain is over. */
const CLOSE_MS = 1_000;
/** A signal that has not come so long after the end should have been will not come any more. */
const OVERDUE_MS = 30_000;

/** The one-way street from running to gone. */
export class Life {
  readonly #options: LifeOptions;
  readonly #prospect: Prospect;
  readonly #holds: Holds;
  readonly #exit = Promise.withResolvers<undefined>();
  #phase: Phase = 'running';
  #trigger: Trigger | undefined;
  #ending: Promise<void> | undefined;
  #inboundDone = false;
  /** Whether the second half may begin; `now`: whether or not the application is still there. */
  #allowed: 'no' | 'yes' | 'now' = 'no';
  #stop: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  #unfollow: () => void = () => undefined;

  constructor(options: LifeOptions) {
    const { pod } = options;
    this.#options = options;
    this.#prospect = new Prospect(options);
    this.#holds = createHolds({
      ...options,
      container: (name) => pod?.facts()?.containers.get(name),
      graceMs: () => this.#prospect.terms().graceMs,
      end: {
        known: () => this.leaving(),
        mayGo: (container) => this.#inboundDone && this.#isDone(container),
        holdUntilMs: (sinceMs) => holdUntilMs(this.#planFrom(sinceMs)),
      },
    });
  }

  /** Resolves when it shall end without a signal: someone has asked, or the application is done. */
  get exitRequested(): Promise<void> {
    return this.#exit.promise;
  }

  /** Whether it has begun to leave. */
  leaving(): boolean {
    return this.#ending !== undefined;
  }

  /** Everything runs. @param stop what ends it, once it is drained. */
  started(stop: (signal: AbortSignal) => Promise<void>): void {
    this.#stop = stop;
    this.#unfollow = this.#options.pod?.onChange(() => this.#look()) ?? this.#unfollow;
    this.#look();
  }

  /** Our own preStop hook: the end of the pod has begun. Call it as often as the kubelet likes. */
  preStop(): void {
    this.#prospect.see('hookMs');
    void this.#begin('hook');
  }

  /** The preStop hook of one of the application's containers: resolves when the kubelet may stop it. */
  hold(container: string): Promise<void> {
    return this.#holds.hold(container);
  }

  /**
   * Has both halves of the drain follow one another, whether or not the application is there, and then the exit asked for.
   */
  async drain(trigger: 'request' | 'completion' = 'request'): Promise<void> {
    this.#allowed = 'now';
    this.#prospect.see('hookMs');
    await this.#begin(trigger);
    this.#exit.resolve(undefined);
  }

  /** SIGTERM: drains what is not drained yet, then stops. Idempotent. @param graceMs in place of the setting. */
  async shutdown(graceMs?: number): Promise<void> {
    if (graceMs !== undefined) this.#prospect.setGrace(graceMs);
    if (this.#allowed === 'no') this.#allowed = 'yes';
    this.#prospect.see('signalMs');
    await this.#begin('signal');
    this.#unfollow();
    await this.#stop(AbortSignal.timeout(CLOSE_MS));
  }

  /** For `/statusz`. */
  snapshot(): object {
    const plan = this.#prospect.planned();
    const leftMs = plan === undefined ? null : Math.round(plan.untilMs - this.#options.clock.now());
    return { phase: this.#phase, trigger: this.#trigger ?? null, leftMs, held: this.#holds.held() };
  }

  /** Whether a container of the application is needed by none of the others any more. */
  #isDone(container: string): boolean {
    const { clock, dataPlane, pod, services } = this.#options;
    const around = { facts: pod?.facts(), services: services.found() };
    // a plain sidecar then flushes the sinks of this pod: it lets go of them when it is drained
    const isOver = (): boolean => this.#prospect.terms().native && isPushed(dataPlane, clock.now());
    return isDoneWithSources(container, around, isOver);
  }

  /** What the pod's facts mean, whatever was missed. */
  #look(): void {
    const facts = this.#options.pod?.facts();
    if (facts === undefined) return;
    this.#prospect.learn(facts);
    if (facts.deletion !== undefined) {
      this.#prospect.seeDeletion(facts.deletion);
      void this.#begin('deletion');
    } else if (isCompleted(facts) && !this.leaving()) {
      void this.drain('completion');
    }
  }

  /** The first sign begins the end; later ones may change its plan. */
  #begin(trigger: Trigger): Promise<void> {
    this.#trigger ??= trigger;
    return (this.#ending ??= this.#leave()
      .catch((error: unknown) =>
        this.#options.logger.error('the drain failed', { error: ConveyorError.from(error) }),
      )
      .finally(() => this.#holds.stop()));
  }

  async #leave(): Promise<void> {
    const { clock, logger, dataPlane, notServing } = this.#options;
    const startedMs = clock.now();
    const close = openReceipt(dataPlane);
    const draining = { ...this.#options, plan: () => this.#plan() };
    logger.info('leaving', { trigger: this.#trigger, leftMs: Math.round(this.#plan().untilMs - startedMs) });
    this.#phase = 'inbound';
    notServing();
    await drainInbound(draining);
    this.#inboundDone = true;
    this.#phase = 'waiting';
    await this.#untilAllowed();
    this.#phase = 'outbound';
    await drainOutbound(draining);
    this.#phase = 'drained';
    await this.#account(close(), clock.now() - startedMs);
  }

  /** Waits for SIGTERM, and in a plain container, which gets it together with the application, for the end of that. */
  async #untilAllowed(): Promise<void> {
    const { clock, logger, pod, dataPlane } = this.#options;
    const { graceMs, native } = this.#prospect.terms();
    const { beganMs, untilMs } = this.#plan();
    const overdueMs = Math.max(untilMs, beganMs + graceMs) + OVERDUE_MS;
    if (!(await waitUntil(clock, overdueMs, () => this.#allowed !== 'no'))) {
      logger.warn('the time is over and no signal came: leaving without it');
      this.#exit.resolve(undefined);
      return;
    }
    if (pod === undefined || native) return;
    const isGone = (): boolean => hasGone(pod.facts(), dataPlane, clock.now());
    await waitUntil(
      clock,
      () => outboundAtMs(this.#plan()),
      () => this.#allowed === 'now' || isGone(),
    );
  }

  async #account(receipt: Receipt, tookMs: number): Promise<void> {
    const { logger, record, terminationLog, facts } = this.#options;
    const { inFlight, finished, returned } = receipt;
    const took = { trigger: this.#trigger, tookMs: Math.round(tookMs) };
    logger.info('drained', { ...receipt, ...took });
    record({
      reason: 'Drained',
      action: 'Drain',
      message: `drained in ${(tookMs / 1_000).toFixed(1)} s: ${inFlight} records were in flight, ${finished} finished, ${returned} given back`,
    });
    await writeTerminationMessage(terminationLog, terminationMessage({ ...facts, ...took }, receipt));
  }

  #plan(): EndPlan {
    return this.#planFrom(this.#options.clock.now());
  }

  /** The plan, or what it would be had the end begun then. */
  #planFrom(beganMs: number): EndPlan {
    return this.#prospect.planned() ?? this.#prospect.planFrom(beganMs);
  }
}
