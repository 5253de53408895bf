/**
 * Writes dist/examples: each program of examples/ as one file that needs no node_modules. The examples' image holds
 * them below /app with the folders that they read, proto/ and the data, where they expect them.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const PROGRAMS = ['examples/{sink,transform}-*.ts', 'examples/source-*/main.ts'];

/** A bundled module finds files from where its source lies: `import.meta.dirname` is that folder, below /app. */
const placed: Plugin = {
  name: 'placed',
  setup(builder) {
    builder.onLoad({ filter: /\/examples\/.*\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replaceAll(
        'import.meta.dirname',
        JSON.stringify(join('/app', relative(root, dirname(path)))),
      ),
    }));
  },
};

await build({
  entryPoints: globSync(PROGRAMS, { cwd: root }).map((file) => join(root, file)),
  outbase: join(root, 'examples'),
  outdir: join(root, 'dist/examples'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  plugins: [placed],
  logLevel: 'warning',
  banner: {
    // what CommonJS dependencies expect of their surroundings
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
