import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderStatus } from '../../../src/cli/render-status.ts';
import { renderTable } from '../../../src/cli/table.ts';

describe('a table', () => {
  it('aligns words left and numbers right, drops empty columns, and ends no line in spaces', () => {
    const rows = [
      ['a', '', 5, 'x'],
      ['long', '', 12_345, ''],
    ];
    assert.equal(
      renderTable(['name', 'nothing', 'count', 'note'], rows),
      'NAME   COUNT  NOTE\na          5  x\nlong  12,345\n',
    );
  });

  it('cuts a cell that would break it', () => {
    assert.ok(renderTable(['a', 'b'], [['x'.repeat(500), 'y']]).split('\n')[1]!.length < 100);
  });

  it('of nothing is nothing', () => assert.equal(renderTable(['a'], []), ''));
});

describe('a status', () => {
  it('has lines, sections and tables, with what belongs to a row below it', () => {
    const status = {
      program: 'router',
      uptimeSeconds: 90,
      idle: false,
      budget: { usedBytes: 2_097_152, limit: null },
      pipelines: [
        { id: 'ns/p', leaseLeftMs: 1_500, tags: ['x', 'y'], stages: [{ id: 'mask', port: 50052 }] },
      ],
      empty: [],
    };
    assert.equal(
      renderStatus(status),
      [
        'program  router',
        'uptime   90s',
        '',
        'BUDGET',
        '  used  2MiB',
        '',
        'PIPELINES',
        '  ID    LEASE LEFT  TAGS',
        '  ns/p  2s          x, y',
        '',
        'PIPELINES: STAGES',
        '  PIPELINE  ID    PORT',
        '  ns/p      mask  50052',
        '',
      ].join('\n'),
    );
  });

  it('that is no object is shown as it is', () => assert.equal(renderStatus('odd'), '"odd"\n'));
});
