import { ConveyorError } from '../errors.ts';

/**
 * The contract of everything that runs. `start` returns once the component works (a listener listens); background
 * work is the component's own. `stop` is idempotent, safe without `start`, ends that work within the signal's time,
 * and afterwards nothing of it is left: no timer, no socket.
 */
export interface Component {
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  /** @param signal aborts when the time for a graceful stop is over: end at once. */
  stop(signal: AbortSignal): Promise<void>;
}

/**
 * Several components as one: started in the given order, stopped in reverse, all stops under one signal.
 * If one does not start, those before it are stopped. Errors of a stop do not keep the others from stopping:
 * they come together as an AggregateError.
 */
export function group(name: string, components: readonly Component[]): Component {
  let started: Component[] = [];
  const stop = async (signal: AbortSignal): Promise<void> => {
    const failures: unknown[] = [];
    for (const component of started.splice(0).reverse()) {
      try {
        await component.stop(signal);
      } catch (error) {
        failures.push(new ConveyorError('INTERNAL', `${component.name} did not stop`, { cause: error }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `${name}: not everything stopped`);
  };
  return {
    name,
    async start(signal) {
      started = [];
      for (const component of components) {
        started.push(component);
        try {
          await component.start(signal);
        } catch (error) {
          await stop(AbortSignal.abort());
          throw ConveyorError.from(error);
        }
      }
    },
    stop,
  };
}
