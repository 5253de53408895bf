import { readFileSync } from 'node:fs';

/** What the image sets in the environment of the sidecar, by name: what is measured runs as it does there. */
export function imageEnv(): Readonly<Record<string, string>> {
  const lines = readFileSync('Dockerfile', 'utf8').matchAll(/^ENV (\w+)="?([^"\n]*)"?$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}
