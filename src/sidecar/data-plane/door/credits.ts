/** What was freed is granted again in portions of this share of the window, each a message. */
const GRANT_SHARE = 1 / 8;
/** A smaller portion is granted this long after the last batch came to its end: some sources wait for the whole window. */
const IDLE_MS = 10;

/** What a source may send ahead of its acknowledgements, in records (semantics.md, "Credits"). */
export class Credits {
  readonly #window: number;
  readonly #grant: (credits: number) => void;
  /** Freed by acknowledgements and not granted yet. */
  #freed = 0;
  #idle: NodeJS.Timeout | undefined;

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
   * Grants again what was freed: not with every batch, and never so late that the source has to wait.
   * @param idle whether nothing else is on its way that would free more.
   */
  giveBack(records: number, idle: boolean): void {
    this.#freed += records;
    if (this.#freed >= this.#window * GRANT_SHARE) this.#grantFreed();
    else if (idle && this.#freed > 0) this.#idle ??= setTimeout(() => this.#grantFreed(), IDLE_MS);
  }

  /** Grants nothing more. */
  close(): void {
    clearTimeout(this.#idle);
  }

  #grantFreed(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    if (this.#freed > 0) this.#grant(this.#freed);
    this.#freed = 0;
  }
}
