import type { Program } from './layout.ts';

/** What is killed, and when: as shares of the records. Twice the middle, twice the router, then both at once. */
const SCHEDULE = [
  { at: 0.1, victims: ['middle'] },
  { at: 0.25, victims: ['router'] },
  { at: 0.4, victims: ['middle'] },
  { at: 0.55, victims: ['router'] },
  { at: 0.7, victims: ['middle', 'router'] },
] as const;

/** How chaos acts on the processes. */
export interface Victims {
  readonly middle: Program;
  readonly router: Program;
  kill(name: string): Promise<void>;
  start(program: Program): void;
  /** Told of each kill. */
  onKill(name: string): void;
}

/** Kills as the run goes on, each program once at a time, and starts it again at once. */
export class Chaos {
  readonly #victims: Victims;
  readonly #total: number;
  #next = 0;
  #acting: Promise<void> = Promise.resolve();
  readonly #kills: string[] = [];

  /** @param total records of the whole run. */
  constructor(victims: Victims, total: number) {
    this.#victims = victims;
    this.#total = total;
  }

  /** Names of what was killed, in order. */
  get kills(): readonly string[] {
    return this.#kills;
  }

  /** Call it with the number of records that are done. */
  onProgress(done: number): void {
    for (
      let event = SCHEDULE[this.#next];
      event && done >= event.at * this.#total;
      event = SCHEDULE[this.#next]
    ) {
      const { victims } = event;
      this.#next++;
      this.#acting = this.#acting.then(() => this.#strike(victims));
      // `settled` tells it; nobody may be waiting yet
      this.#acting.catch(() => undefined);
    }
  }

  /** Resolves when all that was killed has been started again. */
  settled(): Promise<void> {
    return this.#acting;
  }

  async #strike(names: readonly ('middle' | 'router')[]): Promise<void> {
    const programs = names.map((name) => this.#victims[name]);
    await Promise.all(programs.map(({ name }) => this.#victims.kill(name)));
    for (const program of programs) {
      this.#kills.push(program.name);
      this.#victims.onKill(program.name);
      this.#victims.start(program);
    }
  }
}
