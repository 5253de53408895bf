/** Something in a manifest that a person should look at. An error keeps the file from being taken, a warning does not. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What is wrong and what is allowed. */
  readonly reason: string;
}

/** `file:line: reason`, as compilers print it and editors understand it. */
export function formatProblem({ severity, file, line, reason }: Problem): string {
  return `${file}:${line}: ${severity === 'warning' ? 'warning: ' : ''}${reason}`;
}

/** Whether one of them keeps the file from being taken. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}
