import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Roster } from '../../../src/foundation/lifecycle/roster.ts';
import { bytesThatOutlive } from '../../support/collect.ts';

function membersOf<T>(roster: Roster<T>): T[] {
  const members: T[] = [];
  roster.forEach((member) => members.push(member));
  return members;
}

describe('roster', () => {
  it('knows who is present, whoever leaves first', () => {
    const roster = new Roster<string>();
    const leave = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, roster.add(name)]));
    assert.equal(roster.size, 4);
    leave['a']?.();
    leave['c']?.();
    assert.deepEqual(membersOf(roster).sort(), ['b', 'd']);
    leave['d']?.();
    leave['b']?.();
    assert.deepEqual(membersOf(roster), []);
    assert.equal(roster.size, 0);
  });

  it('lets the same one be present twice, and leave each time once', () => {
    const roster = new Roster<string>();
    const first = roster.add('a');
    const second = roster.add('a');
    first();
    first();
    assert.deepEqual(membersOf(roster), ['a']);
    second();
    assert.equal(roster.size, 0);
  });

  it('leaves out who leaves while the others are told', () => {
    const roster = new Roster<() => void>();
    const told: string[] = [];
    roster.add(() => {
      told.push('first');
      leave();
    });
    const leave = roster.add(() => told.push('second'));
    roster.add(() => told.push('third'));
    roster.forEach((tell) => tell());
    assert.deepEqual(told, ['first', 'third']);
  });

  it('lets go of who has left, while others come and go', async () => {
    const bytes = 64 << 10;
    const roster = new Roster<ArrayBuffer>();
    const leave: (() => void)[] = [];
    const turns = (count: number): void => {
      for (let i = 0; i < count; i++) {
        leave.push(roster.add(new ArrayBuffer(bytes)));
        if (leave.length > 16) leave.shift()?.();
      }
    };
    turns(100);
    const kept = await bytesThatOutlive(() => turns(400));
    assert.ok(kept < 100 * bytes, `${kept} bytes of ${400 * bytes} outlived their presence`);
  });
});
