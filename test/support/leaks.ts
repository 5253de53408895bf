import { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

// what keeps a process alive, or a port taken, and is somebody's to close
const WATCHED = /^(TCP|TLS|Pipe|Process|FSEvent|StatWatcher|Timeout|Immediate|UDP|HTTP|MessagePort|Worker)/;

/** Live resources by kind: sockets, servers, timers, child processes, file watchers. */
export function activeResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (WATCHED.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function grown(from: Map<string, number>): string[] {
  return [...activeResources()].flatMap(([kind, count]) => {
    const more = count - (from.get(kind) ?? 0);
    return more > 0 ? [`${more} ${kind}`] : [];
  });
}

/**
 * Fails when more sockets, timers or child processes are alive than in `from`. What closes by itself gets
 * `graceMs` for it, because a closed handle is gone only some turns of the event loop later.
 */
export async function assertNoLeaks(from: Map<string, number>, graceMs = 2_000): Promise<void> {
  const end = performance.now() + graceMs;
  let left = grown(from);
  while (left.length > 0 && performance.now() < end) {
    // the wait's own timer has ended by the time that we look
    await delay(10);
    left = grown(from);
  }
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
}

/**
 * Call it once at the top level of a test file: fails the file when its suites leave a socket, a timer or a child
 * process behind. `after` hooks run in the order of their registration, so within a `describe`, or beside `after`
 * hooks at the top level, call it behind those that clean up.
 */
export function failOnLeaks(): void {
  let baseline = new Map<string, number>();
  before(() => {
    baseline = activeResources();
  });
  after(() => assertNoLeaks(baseline));
}
