import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cgroupMemoryLimit } from '../../../src/foundation/config/cgroup.ts';

const files = (texts: Record<string, string>) => (path: string) => {
  const text = texts[path];
  if (text === undefined) throw new Error(`ENOENT: ${path}`);
  return text;
};
const limitOf = (texts: Record<string, string>): number | undefined => cgroupMemoryLimit(files(texts));

describe('the memory limit of the control group', () => {
  it('is that of version 2, in a container its root', () => {
    assert.equal(
      limitOf({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': '268435456\n' }),
      268_435_456,
    );
  });
  it('is the smallest on the way to the root', () => {
    const limits = { '/sys/fs/cgroup/a/memory.max': '100\n', '/sys/fs/cgroup/a/b/memory.max': '200\n' };
    assert.equal(limitOf({ '/proc/self/cgroup': '0::/a/b\n', ...limits }), 100);
  });
  it('is that of version 1, where a number near 2^63 means none', () => {
    const membership = '12:cpu,cpuacct:/x\n4:memory:/pod\n';
    const file = '/sys/fs/cgroup/memory/memory.limit_in_bytes';
    assert.equal(limitOf({ '/proc/self/cgroup': membership, [file]: '536870912\n' }), 536_870_912);
    assert.equal(limitOf({ '/proc/self/cgroup': membership, [file]: '9223372036854771712\n' }), undefined);
  });
  it('is absent without a limit, without control groups and with garbage', () => {
    assert.equal(limitOf({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': 'max\n' }), undefined);
    assert.equal(limitOf({}), undefined);
    assert.equal(limitOf({ '/proc/self/cgroup': 'nonsense' }), undefined);
  });
});
