/** Reads a small text file; throws when there is none. `(path) => readFileSync(path, 'utf8')` outside of tests. */
export type ReadText = (path: string) => string;

// version 1 says "no limit" by a number near 2^63
const UNLIMITED_BYTES = 2 ** 60;

function limitIn(readText: ReadText, path: string): number {
  try {
    const bytes = Number(readText(path).trim());
    return bytes > 0 && bytes < UNLIMITED_BYTES ? bytes : Infinity;
  } catch {
    return Infinity;
  }
}

/** '/a/b' -> '/a/b', '/a', ''. */
const upwards = (path: string): string[] =>
  path === '' || path === '/' ? [''] : [path, ...upwards(path.slice(0, path.lastIndexOf('/')))];

/**
 * The memory, in bytes, that the process' control group lets it have: the smallest limit on the way to the root, of
 * version 2 or 1; undefined without a limit or without control groups.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
 */
export function cgroupMemoryLimit(readText: ReadText): number | undefined {
  let membership: string;
  try {
    membership = readText('/proc/self/cgroup');
  } catch {
    return undefined;
  }
  const files = membership.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    if (controllers === '') return upwards(path).map((group) => `/sys/fs/cgroup${group}/memory.max`);
    return controllers.split(',').includes('memory')
      ? upwards(path).map((group) => `/sys/fs/cgroup/memory${group}/memory.limit_in_bytes`)
      : [];
  });
  const bytes = Math.min(...files.map((file) => limitIn(readText, file)));
  return Number.isFinite(bytes) ? bytes : undefined;
}
