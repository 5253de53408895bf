import { once } from 'node:events';
import { createServer } from 'node:net';

// below the range that the kernel takes ports of outgoing connections from
const LOWEST = 12_000;
const HIGHEST = 30_000;

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '::');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}

/** Ports that are free at this moment: for processes that have to be told one. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}
