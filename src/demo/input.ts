import { firstFlights } from '../../examples/source-flights/read.ts';
import { ConveyorError } from '../foundation/errors.ts';
import { MIN_DELAY_MINUTES } from './layout.ts';

/**
 * Reads the input as the source will, and applies the pipeline's filter to it.
 * @throws ConveyorError INVALID_ARGUMENT that names the file, or the line that is not a flight.
 */
export async function countInput(
  records: number,
  file: string,
): Promise<{ flights: number; delayed: number }> {
  let flights = 0;
  let delayed = 0;
  try {
    for await (const { delay } of firstFlights(records, file || undefined)) {
      flights++;
      if (delay >= MIN_DELAY_MINUTES) delayed++;
    }
  } catch (error) {
    throw ConveyorError.from(error, 'INVALID_ARGUMENT');
  }
  return { flights, delayed };
}
