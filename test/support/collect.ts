import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

/**
 * Bytes of array buffers made by some work that are still there after young collections: what is referred to, be it
 * only by something dead that was made in the old generation.
 */
export async function bytesThatOutlive(work: () => Promise<void> | void): Promise<number> {
  collect();
  const before = process.memoryUsage().arrayBuffers;
  await work();
  // what the first one moves is gone with the second
  for (let i = 0; i < 2; i++) collect({ type: 'minor' });
  return process.memoryUsage().arrayBuffers - before;
}
