import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Logger } from '../../foundation/telemetry/logger.ts';
import { unreadable } from './directory.ts';

/** The events of a directory. */
export interface DirectoryWatch {
  /**
   * Looks whether the directory was made anew: a watch of the one that is gone sends nothing of it. Rejects with
   * FAILED_PRECONDITION when there is none.
   */
  renew(): Promise<void>;
  close(): void;
}

/** Watches a directory from the first `renew` on. Some file systems send no events: that is logged, no error. */
export function watchDirectory(directory: string, logger: Logger, onEvent: () => void): DirectoryWatch {
  let watched: string | undefined;
  let watcher: FSWatcher | undefined;
  const close = (): void => watcher?.close();
  const failed = (error: unknown): void => logger.warn('pipeline directory sends no events', { error });
  return {
    close,
    async renew() {
      // one that is not there must not be found by the look that follows: nothing would watch it
      const { dev, ino, birthtimeMs } = await stat(directory).catch(unreadable(directory));
      const identity = `${dev}:${ino}:${birthtimeMs}`;
      if (identity === watched) return;
      close();
      watched = identity;
      try {
        watcher = watch(directory, onEvent).on('error', failed);
      } catch (error) {
        failed(error);
      }
    },
  };
}
