/**
 * Copies programs with all that they import, as it is, and leaves out the rest of node_modules:
 *
 *   node scripts/collect-sources.ts OUT ENTRY...
 */
import { cpSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const [out = 'dist/sources', ...entries] = process.argv.slice(2);

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: globSync(entries, { cwd: root }),
  outdir: 'unwritten',
  write: false,
  metafile: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  // what Node itself looks at: a bundler would prefer other files of some packages
  mainFields: ['main'],
  conditions: [],
  logLevel: 'warning',
});
// a package says in its package.json where its files are, and of which kind
const PACKAGE = /^(?:.*node_modules\/(?:@[^/]+\/)?[^/]+\/)?/;
const files = Object.keys(metafile.inputs);
const packages = files.map((file) => `${PACKAGE.exec(file)?.[0] ?? ''}package.json`);
for (const file of new Set([...files, ...packages])) cpSync(join(root, file), join(out, file));
