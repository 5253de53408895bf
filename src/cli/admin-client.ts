import { ConveyorError } from '../foundation/errors.ts';

/** What is asked of an admin server. */
export interface AdminRequest {
  /** `host:port`. */
  readonly admin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One request to an admin server; resolves to its JSON.
 * @throws ConveyorError UNAVAILABLE when nobody answers, DEADLINE_EXCEEDED when not in time, FAILED_PRECONDITION
 * with the answer's own reason when it says no.
 */
export async function askAdmin({ admin, path, method, timeoutMs, signal }: AdminRequest): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`http://${admin}${path}`, {
      method,
      signal: AbortSignal.any([signal, timeout]),
    });
    if (response.ok) return await response.json();
    const reason = (await response.text()).trim();
    throw new ConveyorError(
      'FAILED_PRECONDITION',
      `${admin} refused ${path}: ${reason} (HTTP ${response.status})`,
    );
  } catch (cause) {
    if (cause instanceof ConveyorError) throw cause;
    if (signal.aborted) throw new ConveyorError('CANCELLED', 'cancelled', { cause });
    if (timeout.aborted)
      throw new ConveyorError('DEADLINE_EXCEEDED', `${admin} did not answer ${path} within ${timeoutMs} ms`, {
        cause,
      });
    const { code = 'no HTTP answer' } = (cause as { cause?: { code?: string } }).cause ?? {};
    throw new ConveyorError(
      'UNAVAILABLE',
      `nothing answers at ${admin} (${code}): is it running? A sidecar's admin port is 9191, a router's 9192, ` +
        'unless ADMIN_PORT says otherwise; name another with --admin host:port',
      { cause },
    );
  }
}
