import type { Clock } from '../../../foundation/lifecycle/clock.ts';
import type { Admission, ByteBudget, Wait } from '../byte-budget.ts';
import type { Refusal } from './door.ts';

/** What pauses stand on. */
export interface PausesContext {
  readonly clock: Clock;
  readonly budget: ByteBudget;
  /** Tells the source; `waitMs` 0: not known. */
  readonly tell: (backpressure: { pause: boolean; waitMs: number; reason: string }) => void;
  /** Whether the source would be let in at this moment. */
  readonly isAdmitted: () => boolean;
  readonly waitedForBudget: (pipeline: string, ms: number) => void;
}

/** A source that was refused is read again, and its door looked at, after so long. */
const REFUSED_MS = 100;
/** A wait for the budget that lasts longer is told to the source. */
const SILENT_WAIT_MS = 100;

/** What a source is told when it should wait, and what holds its stream back all the same. */
export class Pauses {
  readonly #context: PausesContext;
  #told = false;
  /** Runs while the source is refused. */
  #looking: NodeJS.Timeout | undefined;
  #slowing: NodeJS.Timeout | undefined;
  #slowed: Promise<void> | undefined;
  #telling: NodeJS.Timeout | undefined;
  #wait: Wait | undefined;

  constructor(context: PausesContext) {
    this.#context = context;
  }

  /** The source was refused: it should pause until its door opens; one that goes on all the same is read slowly. */
  refused({ code, error }: Refusal): void {
    if (this.#looking === undefined) {
      this.#pause(REFUSED_MS, `${code}: ${error}`);
      this.#lookLater();
    }
    this.#slowed ??= new Promise((resolve) => {
      this.#slowing = setTimeout(() => {
        this.#slowed = undefined;
        resolve();
      }, REFUSED_MS);
    });
  }

  /** A batch was let in, or there is room again: the pause is over, unless a refusal still asks for it. */
  admitted(): void {
    if (this.#looking === undefined) this.#unpause();
  }

  /** What the next message has to wait for, if anything. */
  holding(admission: Admission): Promise<void>[] {
    return [this.#slowed, this.#room(admission)].filter((wait) => wait !== undefined);
  }

  /** Nothing waits any more. */
  close(): void {
    clearTimeout(this.#looking);
    clearTimeout(this.#slowing);
    clearTimeout(this.#telling);
    this.#wait?.abandon();
  }

  #lookLater(): void {
    this.#looking = setTimeout(() => {
      this.#looking = undefined;
      this.#look();
    }, REFUSED_MS);
  }

  /** A source that obeys the pause sends nothing: it is told when its pipeline takes records again. */
  #look(): void {
    if (!this.#told) return;
    if (this.#context.isAdmitted()) this.#unpause();
    else this.#lookLater();
  }

  #room(admission: Admission): undefined | Promise<void> {
    const { clock, budget, waitedForBudget } = this.#context;
    // a copy: the stream may learn its pipeline while it waits
    const { pipeline, hops } = admission;
    const wait = budget.admit({ pipeline, hops });
    if (wait === undefined) return undefined;
    this.#wait = wait;
    const startedAt = clock.now();
    this.#telling = setTimeout(
      () => this.#pause(0, 'the byte budget of the sidecar is used up'),
      SILENT_WAIT_MS,
    );
    return wait.admitted.then(() => {
      clearTimeout(this.#telling);
      this.#wait = undefined;
      waitedForBudget(pipeline, clock.now() - startedAt);
      this.admitted();
    });
  }

  #pause(waitMs: number, reason: string): void {
    this.#told = true;
    this.#context.tell({ pause: true, waitMs, reason });
  }

  #unpause(): void {
    if (!this.#told) return;
    this.#told = false;
    this.#context.tell({ pause: false, waitMs: 0, reason: '' });
  }
}
