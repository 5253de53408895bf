/** A MicroTime as Kubernetes has it. @param wallMs milliseconds since 1970. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
