import { afterEach } from 'node:test';

/** Has whatever a test starts stopped when it ends, the last first. Call it once at the top of a test file. */
export function useKeep(): <T extends { stop(): unknown }>(started: T) => T {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  return (started) => {
    stops.push(() => started.stop());
    return started;
  };
}
