/** Something that a person should look at. An error keeps the file or resource from being taken, a warning does not. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** The file; or what else it is about, as `Pipeline shop/orders`. */
  readonly file: string;
  /** From 1; of a file's text alone. */
  readonly line?: number;
  /** What is wrong and what is allowed. */
  readonly reason: string;
}

/** `file:line: reason`, as compilers print it and editors understand it. */
export function formatProblem({ severity, file, line, reason }: Problem): string {
  const where = line === undefined ? file : `${file}:${line}`;
  return `${where}: ${severity === 'warning' ? 'warning: ' : ''}${reason}`;
}

/** Whether one of them keeps the file or resource from being taken. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}
