/**
 * What a check says. The reason is for operators: `/readyz` shows it only when asked with `?verbose`. With `degraded`
 * all is well enough: it runs with less than it could have, for that reason, and is ready.
 */
export type CheckResult =
  { readonly ok: true; readonly degraded?: string } | { readonly ok: false; readonly reason: string };

/** One named condition of readiness. Synchronous, because a probe must never wait. */
export interface ReadinessCheck {
  readonly name: string;
  check(): CheckResult;
}

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  readonly brief: string;
  readonly verbose: string;
}

function ask(check: ReadinessCheck): CheckResult {
  try {
    return check.check();
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Asks every check. A check that throws has failed. */
export function readiness(checks: readonly ReadinessCheck[]): Readiness {
  const results = checks.map((check) => ({ name: check.name, result: ask(check) }));
  const ready = results.every(({ result }) => result.ok);
  const lines = results.map(({ name, result }) => {
    if (!result.ok) return `[-] ${name} failed: ${result.reason}`;
    return result.degraded === undefined ? `[+] ${name} ok` : `[~] ${name} degraded: ${result.degraded}`;
  });
  const brief = ready ? 'ok' : 'not ready';
  return { ready, brief: `${brief}\n`, verbose: [...lines, brief, ''].join('\n') };
}
