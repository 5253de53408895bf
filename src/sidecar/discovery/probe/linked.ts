/** A controller that also aborts with a parent. */
export interface Linked {
  readonly signal: AbortSignal;
  abort(): void;
  /** Lets go of the parent. `AbortSignal.any` holds on to a parent that lives as long as the process for too long. */
  release(): void;
}

/** Makes a controller that aborts with `parent`, at once if that has aborted. */
export function linked(parent: AbortSignal | undefined): Linked {
  const own = new AbortController();
  const abort = (): void => own.abort();
  if (parent?.aborted === true) abort();
  parent?.addEventListener('abort', abort, { once: true });
  return { signal: own.signal, abort, release: () => parent?.removeEventListener('abort', abort) };
}
