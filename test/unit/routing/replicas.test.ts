import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Clock, systemClock } from '../../../src/foundation/lifecycle/clock.ts';
import { RetryBudget } from '../../../src/sidecar/data-plane/flow/retry-budget.ts';
import { ReplicaChoice } from '../../../src/sidecar/routing/replicas.ts';
import { Slots } from '../../../src/sidecar/routing/slots.ts';
import { range } from '../../support/scene.ts';

const NONE: ReadonlySet<string> = new Set();
const never = new AbortController().signal;

/** A clock that stands still unless it is moved. */
function stoppedClock(): Clock & { advance(ms: number): void } {
  let now = 1_000;
  return { ...systemClock, now: () => now, advance: (ms) => void (now += ms) };
}

describe('the choice of a replica', () => {
  const replicas = ['a', 'b', 'c'].map((endpoint) => ({ sidecarId: endpoint, endpoint }));
  const chosen = (choice: ReplicaChoice, tried = NONE): string | undefined =>
    choice.choose('p/k', replicas, tried)?.endpoint;

  it('goes round, each stage its own round', () => {
    const choice = new ReplicaChoice(stoppedClock());
    assert.deepEqual(
      range(0, 6).map(() => chosen(choice)),
      ['a', 'b', 'c', 'a', 'b', 'c'],
    );
    assert.equal(choice.choose('p/other', replicas, NONE)?.endpoint, 'a');
    assert.equal(choice.choose('p/none', [], NONE), undefined);
  });

  it('takes none that this call has failed at while there is another', () => {
    const choice = new ReplicaChoice(stoppedClock());
    for (const _ of range(0, 6)) assert.equal(chosen(choice, new Set(['a', 'c'])), 'b');
    assert.ok(chosen(choice, new Set(['a', 'b', 'c'])) !== undefined, 'with none left it starts again');
  });

  it('leaves a failing one out for a while, and lets it back by one trial at a time', () => {
    const clock = stoppedClock();
    const choice = new ReplicaChoice(clock);
    choice.report('b', false);
    assert.deepEqual(choice.ejected(), [], 'one failure is no illness');
    choice.report('b', false);
    assert.deepEqual(choice.ejected(), ['b']);
    assert.ok(range(0, 9).every(() => chosen(choice) !== 'b'));
    clock.advance(1_000);
    const tries = range(0, 9).map(() => chosen(choice));
    assert.equal(
      tries.filter((each) => each === 'b').length,
      1,
      'one trial, while it runs the others keep away',
    );
    choice.report('b', true);
    assert.deepEqual(
      range(0, 3)
        .map(() => chosen(choice))
        .sort(),
      ['a', 'b', 'c'],
    );
  });

  it('leaves it out longer each time that the trial fails', () => {
    const clock = stoppedClock();
    const choice = new ReplicaChoice(clock);
    choice.report('b', false);
    let before = 0;
    for (const least of [250, 500, 1_000, 2_000]) {
      choice.report('b', false);
      const from = clock.now();
      while (choice.ejected().length > 0) clock.advance(10);
      assert.ok(clock.now() - from >= least, `${clock.now() - from} ms`);
      before = clock.now();
    }
    assert.ok(before > 0);
  });

  it('takes one that is left out when all are', () => {
    const choice = new ReplicaChoice(stoppedClock());
    for (const { endpoint } of replicas) for (const _ of range(0, 2)) choice.report(endpoint, false);
    assert.ok(chosen(choice) !== undefined);
  });
});

describe('places for calls', () => {
  it('are given in the order in which they were asked for, never more than there are', async () => {
    const slots = new Slots(2);
    const order: number[] = [];
    const asked = range(0, 5).map(async (i) => {
      await slots.take(never);
      order.push(i);
    });
    await Promise.all(asked.slice(0, 2));
    assert.equal(slots.taken, 2);
    for (const i of [2, 3, 4]) {
      assert.equal(order.length, i);
      slots.give();
      await asked[i];
      assert.equal(slots.taken, 2);
    }
    assert.deepEqual(order, range(0, 5));
  });

  it('are not lost with one who gave up waiting', async () => {
    const slots = new Slots(1);
    assert.equal(slots.take(never), undefined);
    const controller = new AbortController();
    const abandoned = slots.take(controller.signal);
    const patient = slots.take(never);
    controller.abort(new Error('over'));
    await assert.rejects(abandoned ?? Promise.resolve(), /over/);
    slots.give();
    await patient;
    assert.equal(slots.taken, 1);
    slots.give();
    assert.equal(slots.taken, 0);
  });

  it('grow at once and shrink as calls end', async () => {
    const slots = new Slots(1);
    void slots.take(never);
    const second = slots.take(never);
    slots.limit = 2;
    await second;
    slots.limit = 1;
    const third = slots.take(never);
    slots.give();
    assert.equal(slots.taken, 1);
    slots.give();
    await third;
    assert.equal(slots.taken, 1);
  });
});

describe('the retry budget', () => {
  it('is a fifth of the calls in the long run, and ten a second at least', () => {
    const clock = stoppedClock();
    const budget = new RetryBudget(clock);
    const spent = (): number => range(0, 1_000).filter(() => budget.spend()).length;
    spent();
    assert.equal(spent(), 0);
    for (const _ of range(0, 100)) budget.earn();
    assert.ok(Math.abs(spent() - 20) <= 1);
    clock.advance(2_000);
    assert.ok(Math.abs(spent() - 20) <= 1);
    clock.advance(1_000_000);
    assert.ok(spent() <= 100, 'what may be saved up is bounded');
  });
});
