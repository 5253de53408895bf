import { ConveyorError } from '../foundation/errors.ts';
import { defineConfig } from '../foundation/config/setting.ts';
import { defineCommand } from './command.ts';
import { OUTPUT } from './flags.ts';
import { renderTable } from './table.ts';

/** `conveyor-sidecar validate`: reads manifests as the router would. Exit code 1 when a file would be refused. */
export const validate = defineCommand({
  name: 'validate',
  describe: 'check pipeline manifests',
  operands: 'paths',
  schema: defineConfig(OUTPUT),
  examples: [['validate pipelines/ other.yaml', 'directories and files; exit code 1 when one is wrong']],
  async run({ config, operands, io: { stdout, stderr } }) {
    if (operands.length === 0)
      throw new ConveyorError(
        'CONFIG_INVALID',
        'name the files or directories to check, as in: validate pipelines/',
      );
    const { validateFiles } = await import('../router/pipelines/validate-files.ts');
    const { formatProblem } = await import('../router/pipelines/problem.ts');
    const report = await validateFiles(operands);
    if (config.output === 'json') {
      stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
      return report.ok ? 0 : 1;
    }
    for (const problem of report.problems) stderr.write(`${formatProblem(problem)}\n`);
    if (report.foreign > 0)
      stderr.write(
        `skipped what is of other API groups: ${report.foreign} resource${report.foreign === 1 ? '' : 's'}\n`,
      );
    const rows = report.pipelines.map(({ id, enabled, stages, edges }) => [
      id,
      enabled ? 'enabled' : 'disabled',
      stages.length,
      edges.map(({ from, to }) => `${from} -> ${to}`).join(', '),
    ]);
    stdout.write(renderTable(['pipeline', 'state', 'stages', 'edges'], rows));
    return report.ok ? 0 : 1;
  },
});
