/** Where progress is shown. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** How far the run is, in records. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly inFlight: number;
}

/** One line that is written over itself on a terminal; elsewhere nothing but the notes. */
export class ProgressLine {
  readonly #output: Output;
  #startedAt: number | undefined;
  #shown = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Shows where the run is. */
  update({ done, total, inFlight }: Progress): void {
    if (this.#output.isTTY !== true) return;
    this.#startedAt ??= performance.now();
    const seconds = Math.max(0.1, (performance.now() - this.#startedAt) / 1_000);
    const filled = Math.round((20 * done) / Math.max(1, total));
    const bar = `${'━'.repeat(filled)}${'─'.repeat(20 - filled)}`;
    const counts = `${done.toLocaleString('en')} of ${total.toLocaleString('en')} records`;
    const rate = `${Math.round(done / seconds).toLocaleString('en')}/s`;
    this.#output.write(`\r\x1b[K${bar} ${counts}, ${rate}, ${inFlight.toLocaleString('en')} in flight`);
    this.#shown = true;
  }

  /** A line of its own, above the progress. */
  note(text: string): void {
    this.clear();
    this.#output.write(`${text}\n`);
  }

  /** Leaves the terminal as it was. */
  clear(): void {
    if (this.#shown) this.#output.write('\r\x1b[K');
    this.#shown = false;
  }
}
