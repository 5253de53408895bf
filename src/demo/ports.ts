import { createServer } from 'node:net';
import { ConveyorError } from '../foundation/errors.ts';

// below the range from which Linux takes the ports of outgoing connections, so that none of those gets in between
const LOWEST = 20_000;
const HIGHEST = 32_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

/**
 * The first of `count` consecutive ports that are free on every address right now.
 * @throws ConveyorError RESOURCE_EXHAUSTED when a hundred random places have none.
 */
export async function findFreePorts(count: number, random: () => number = Math.random): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = LOWEST + Math.floor(random() * (HIGHEST - LOWEST - count));
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new ConveyorError(
    'RESOURCE_EXHAUSTED',
    `no ${count} consecutive ports between ${LOWEST} and ${HIGHEST}`,
  );
}
