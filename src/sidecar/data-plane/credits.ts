/** What was freed is granted again in portions of this share of the window, each a message. */
const GRANT_SHARE = 1 / 8;

/** What a source may send ahead of its acknowledgements, in records (semantics.md, "Credits"). */
export class Credits {
  readonly #window: number;
  readonly #grant: (credits: number) => void;
  /** Freed by acknowledgements and not granted yet. */
  #freed = 0;

  /** @param grant tells the source of more credits; never called with 0. */
  constructor(window: number, grant: (credits: number) => void) {
    this.#window = window;
    this.#grant = grant;
  }

  /** Grants the whole window, to begin with. */
  open(): void {
    this.#grant(this.#window);
  }

  /**
   * Grants again what was freed: not with every batch, but before the source could wait for it.
   * @param waits whether nothing else is on its way that would free more.
   */
  giveBack(records: number, waits: boolean): void {
    this.#freed += records;
    if (this.#freed === 0 || (!waits && this.#freed < this.#window * GRANT_SHARE)) return;
    this.#grant(this.#freed);
    this.#freed = 0;
  }
}
