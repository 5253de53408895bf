import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
// what is freed is counted at once
setFlagsFromString('--no-concurrent-array-buffer-sweeping');
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

/**
 * Bytes of array buffers made by some work that are still there after young collections: what is referred to, be it
 * only by something dead that was made in the old generation. The work must be small: buffers of some 10 MB begin a full
 * collection by themselves, and what that comes upon half-way grows old.
 */
export async function bytesThatOutlive(work: () => Promise<void> | void): Promise<number> {
  collect();
  const before = process.memoryUsage().arrayBuffers;
  await work();
  // what the first one moves is gone with the second
  for (let i = 0; i < 2; i++) collect({ type: 'minor' });
  return process.memoryUsage().arrayBuffers - before;
}
