import type { Clock } from '../../foundation/lifecycle/clock.ts';
import { type Deletion, type EndPlan, planEnd, seeDeletion, type Signs, type Terms } from './plan.ts';

/** What the prospect is made from. */
export interface ProspectOptions {
  readonly clock: Clock;
  /** From the first sign to the end; `pod`: what the pod has, 25 s where it does not tell. */
  readonly graceMs: number | 'pod';
}

/** What of a pod's spec the end is planned by. */
export interface PodSpec {
  readonly native: boolean;
  readonly gracePeriodMs: number;
}

const DEFAULT_GRACE_MS = 25_000;

/** What is known of the end at this moment, and the plan that follows from it. */
export class Prospect {
  readonly #clock: Clock;
  #graceMs: number | 'pod';
  #signs: Signs = {};
  #spec: PodSpec = { native: false, gracePeriodMs: Infinity };

  constructor({ clock, graceMs }: ProspectOptions) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** Takes another grace in place of the setting. */
  setGrace(graceMs: number | 'pod'): void {
    this.#graceMs = graceMs;
  }

  /** A sign of the end, now. Seen again, the first time counts. */
  see(sign: 'hookMs' | 'signalMs'): void {
    this.#signs = { [sign]: this.#clock.now(), ...this.#signs };
  }

  /** The pod is deleted, or again with less grace. */
  seeDeletion(deletion: Deletion): void {
    const nowMs = this.#clock.now();
    const at = { nowMs, wallMs: this.#clock.wallTime(), firstMs: this.planned()?.beganMs ?? nowMs };
    const seen = seeDeletion(deletion, this.#signs.deletion, at);
    this.#signs = { deletionMs: nowMs, ...this.#signs, deletion: seen };
  }

  /** Learns what pod it is. It goes on to hold where the API is silent: a spec does not change. */
  learn(spec: PodSpec): void {
    this.#spec = spec;
  }

  /** What the end is planned by. */
  terms(): Terms {
    const { native, gracePeriodMs } = this.#spec;
    const graceMs = this.#graceMs === 'pod' ? gracePeriodMs : Math.min(this.#graceMs, gracePeriodMs);
    return { native, graceMs: graceMs === Infinity ? DEFAULT_GRACE_MS : graceMs };
  }

  /** undefined: no sign of the end. */
  planned(): EndPlan | undefined {
    return planEnd(this.#signs, this.terms());
  }

  /** What would be the plan had the end begun then. */
  planFrom(beganMs: number): EndPlan {
    return { beganMs, untilMs: beganMs + this.terms().graceMs };
  }
}
