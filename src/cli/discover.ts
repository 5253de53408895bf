import { DISCOVER } from '../sidecar/settings.ts';
import type { DiscoverReport } from '../sidecar/discover.ts';
import { defineCommand } from './command.ts';
import { OUTPUT } from './flags.ts';
import { type Cell, renderTable } from './table.ts';

/** `conveyor-sidecar discover`: one scan, every port with its reason. */
export const discover = defineCommand({
  name: 'discover',
  describe: 'scan for services once, and show what is where and why',
  schema: { settings: { ...DISCOVER.settings, ...OUTPUT }, rules: DISCOVER.rules },
  examples: [
    ['discover', 'scan the ports that the sidecar would'],
    [
      'discover --discovery-start-port 8000 --discovery-end-port 8010 --output json',
      'other ports, for programs',
    ],
  ],
  async run({ config, io: { stdout }, signal }) {
    const { discover: scan } = await import('../sidecar/discover.ts');
    const report = await scan(config, signal);
    stdout.write(config.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : render(report));
    return 0;
  },
});

function render({ ports, durationMs }: DiscoverReport): string {
  const rows = ports.flatMap(({ port, state, reason, services }): Cell[][] =>
    services.length === 0
      ? [[String(port), state, '', '', '', reason]]
      : services.map((service) => [
          String(port),
          state,
          service.name,
          service.kind,
          service.protoService,
          service.note,
        ]),
  );
  const differences = ports.flatMap(({ port, services }) =>
    services.flatMap((service) =>
      service.differences.map((difference) => `  ${port} ${service.protoService}: ${difference}\n`),
    ),
  );
  return [
    renderTable(['port', 'state', 'name', 'type', 'service', 'reason'], rows),
    ...(differences.length === 0 ? [] : ['\nNot as the contract has it:\n', ...differences]),
    `\n${ports.length} ports in ${durationMs} ms\n`,
  ].join('');
}
