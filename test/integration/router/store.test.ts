import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FileStore } from '../../../src/router/pipelines/store-files.ts';
import type { PipelineResource } from '../../../src/router/pipelines/schema.ts';
import { failOnLeaks } from '../../support/leaks.ts';
import { type LoggedLine, recordLog } from '../../support/log.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { waitFor } from '../../support/wait.ts';
import { shortForm } from './harness.ts';

interface Stored {
  readonly store: FileStore;
  readonly directory: string;
  readonly clock: ManualClock;
  readonly lines: readonly LoggedLine[];
  /** Stages by pipeline. */
  readonly stages: () => Record<string, string>;
}

async function startStore(
  test: TestContext,
  files: Readonly<Record<string, string>>,
  rescanMs = 5_000,
): Promise<Stored> {
  const directory = await mkdtemp(join(tmpdir(), 'store-'));
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text);
  const clock = manualClock();
  const logger = recordLog();
  const store = new FileStore({ directory, clock, logger, rescanMs });
  test.after(async () => {
    await store.stop();
    await rm(directory, { recursive: true });
  });
  await store.start();
  const stages = (): Record<string, string> =>
    Object.fromEntries(
      [...store.pipelines()].map(([id, { definition }]) => [
        id,
        definition.stages.map((stage) => stage.id).join(),
      ]),
    );
  return { store, directory, clock, lines: logger.lines, stages };
}

describe('the directory of manifests', () => {
  failOnLeaks();

  it('takes no file that is still being written', async (test) => {
    const { directory, clock, stages } = await startStore(test, {});
    const file = join(directory, 'p.yaml');
    const [head, tail] = shortForm('p', ['in', 'mask', 'out']).split('metadata');
    await writeFile(file, head!);
    await clock.advance(40);
    await appendFile(file, `metadata${tail!}---\n${shortForm('q', ['in', 'out'])}`);
    await clock.advance(40);
    assert.deepEqual(stages(), {});
    await waitFor(async () => {
      await clock.advance(50);
      return Object.keys(stages()).length === 2;
    });
  });

  it('sees the swap of a mounted volume, and reads no hidden file, no directory and no other kind', async (test) => {
    const { directory, clock, store, stages } = await startStore(test, {
      '.hidden.yaml': shortForm('hidden', ['in', 'out']),
      'readme.md': 'no manifest',
    });
    await mkdir(join(directory, 'directory.yaml'));
    // a ConfigMap's files are links through ..data, which is replaced at once
    for (const [version, steps] of Object.entries({ one: ['in', 'out'], two: ['in', 'mask', 'out'] })) {
      await mkdir(join(directory, `..${version}`));
      await writeFile(join(directory, `..${version}`, 'p.yaml'), shortForm('p', steps));
    }
    await symlink('..one', join(directory, '..data'));
    await symlink('..data/p.yaml', join(directory, 'p.yaml'));
    const becomes = (expected: Record<string, string>): Promise<unknown> =>
      waitFor(async () => {
        await clock.advance(50);
        return JSON.stringify(stages()) === JSON.stringify(expected);
      });
    await becomes({ 'default/p': 'in,out' });
    await symlink('..two', join(directory, '..new'));
    await rename(join(directory, '..new'), join(directory, '..data'));
    await becomes({ 'default/p': 'in,mask,out' });
    assert.deepEqual(store.problems(), []);
  });

  it('lets a pipeline move to another file', async (test) => {
    const { directory, clock, store, stages } = await startStore(test, {
      'b.yaml': shortForm('p', ['in', 'out']),
    });
    await writeFile(join(directory, 'a.yaml'), shortForm('p', ['in', 'mask', 'out']));
    await rm(join(directory, 'b.yaml'));
    await waitFor(async () => {
      await clock.advance(50);
      return stages()['default/p'] === 'in,mask,out';
    });
    assert.deepEqual(store.problems(), []);
  });

  it('hears of changes again in a directory that was made anew', async (test) => {
    const rescanMs = 3_600_000;
    const { directory, clock, store, stages } = await startStore(test, {}, rescanMs);
    await rm(directory, { recursive: true });
    await waitFor(() => store.problems().length === 1);
    await mkdir(directory);
    await clock.advance(rescanMs);
    await waitFor(() => store.problems().length === 0);
    await writeFile(join(directory, 'p.yaml'), shortForm('p', ['in', 'out']));
    await waitFor(async () => {
      await clock.advance(50);
      return stages()['default/p'] === 'in,out';
    });
  });

  it('logs each problem once', async (test) => {
    const { directory, clock, lines, store } = await startStore(test, { 'broken.yaml': 'kind: [' });
    await writeFile(join(directory, 'p.yaml'), shortForm('p', ['in', 'out']));
    await waitFor(async () => {
      await clock.advance(50);
      return store.pipelines().size === 1;
    });
    const warned = lines.filter(({ message }) => message === 'manifest problem');
    assert.equal(warned.length, store.problems().length);
    assert.match(String(warned[0]?.fields['file']), /broken\.yaml$/);
  });

  it('does one change at a time, whole', async (test) => {
    const { directory, store } = await startStore(test, {});
    const named = (name: string): PipelineResource => ({
      apiVersion: 'conveyor.etl/v1',
      kind: 'Pipeline',
      metadata: { name, namespace: 'default' },
      spec: { enabled: true, ordering: 'partition', source: 'in', sink: 'out' },
    });
    const names = Array.from({ length: 10 }, (_, index) => `p${index}`);
    await Promise.all(names.map((name) => store.create(named(name))));
    const again = await Promise.allSettled([
      store.create(named('p0')),
      store.remove('default/p0'),
      store.create(named('p0')),
    ]);
    assert.deepEqual(
      again.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    assert.equal(store.pipelines().size, 10);
    assert.deepEqual((await readdir(directory)).sort(), names.map((name) => `default.${name}.yaml`).sort());
  });
});
