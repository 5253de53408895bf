import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConveyorError } from '../../../src/foundation/errors.ts';
import type { KubeApi } from '../../../src/foundation/kubernetes/api.ts';
import { createTokenReviews, type TokenReviews } from '../../../src/router/kubernetes/token-reviews.ts';
import { recordLog } from '../../support/log.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';

const MINUTE = 60_000;

interface Bench {
  readonly clock: ManualClock;
  readonly reviews: TokenReviews;
  /** The tokens that the cluster was asked about. */
  readonly asked: string[];
  readonly log: ReturnType<typeof recordLog>;
  /** undefined: the API is away. */
  answer: ((token: string) => object) | undefined;
  /** A token that ends after so long. */
  readonly token: (name: string, lastsMs?: number) => string;
}

function bench(maxVerdicts = 100): Bench {
  const clock = manualClock();
  const asked: string[] = [];
  const log = recordLog();
  const good = (token: string): object => ({
    authenticated: true,
    audiences: ['conveyor-router'],
    user: {
      username: 'system:serviceaccount:shop:default',
      extra: { 'authentication.kubernetes.io/pod-name': [token.slice(0, 1)] },
    },
  });
  const api = {
    create(_resource: unknown, { spec }: { spec: { token: string } }) {
      asked.push(spec.token);
      return made.answer === undefined
        ? Promise.reject(new ConveyorError('UNAVAILABLE', 'nobody there'))
        : Promise.resolve({ status: made.answer(spec.token) });
    },
  } as unknown as KubeApi;
  const made: Bench = {
    clock,
    asked,
    log,
    answer: good,
    reviews: createTokenReviews({ api, clock, logger: log, maxVerdicts }),
    token(name, lastsMs = 60 * MINUTE) {
      const exp = Math.floor((clock.wallTime() + lastsMs) / 1_000);
      return `${name}.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.signature`;
    },
  };
  return made;
}

const REFUSED = { code: 'UNAUTHENTICATED' };

describe('reviews of tokens', () => {
  it('ask once a minute for a token, and once for many calls at a time', async () => {
    const { reviews, token, asked, clock } = bench();
    const a = token('a');
    const [one, two] = await Promise.all([reviews.review(a), reviews.review(a)]);
    assert.deepEqual(one.pod, { namespace: 'shop', pod: 'a', uid: '' });
    assert.equal(one, two);
    await clock.advance(MINUTE - 1);
    await reviews.review(a);
    assert.equal(asked.length, 1);
    await clock.advance(1);
    await reviews.review(a);
    assert.equal(asked.length, 2);
  });

  it('take no token for another audience, and forget a refusal soon', async () => {
    const on = bench();
    const [a, good] = [on.token('a'), on.answer];
    on.answer = () => ({ authenticated: true, user: { username: 'admin' } });
    await assert.rejects(on.reviews.review(a), REFUSED);
    on.answer = good;
    await assert.rejects(on.reviews.review(a), REFUSED);
    await on.clock.advance(5_000);
    assert.equal((await on.reviews.review(a)).pod?.pod, 'a');
  });

  it('keep good verdicts while the API is away, until the token ends, and say so once', async () => {
    const on = bench();
    const a = on.token('a', 10 * MINUTE);
    await on.reviews.review(a);
    on.answer = undefined;
    for (let minutes = 1; minutes < 10; minutes++) {
      await on.clock.advance(MINUTE);
      assert.equal((await on.reviews.review(a)).pod?.pod, 'a');
    }
    await assert.rejects(on.reviews.review(on.token('b')), { code: 'UNAVAILABLE' });
    await on.clock.advance(MINUTE);
    await assert.rejects(on.reviews.review(a));
    assert.equal(on.log.lines.filter(({ level }) => level === 'warn').length, 1);
  });

  it('never take a token that has ended, however fresh its verdict is', async () => {
    const { reviews, token, clock } = bench();
    const a = token('a', 30_000);
    await reviews.review(a);
    await clock.advance(31_000);
    await assert.rejects(reviews.review(a), { code: 'UNAUTHENTICATED', message: 'the token has expired' });
  });

  it('keep a bounded number of verdicts, those of the last askers', async () => {
    const { reviews, token, asked } = bench(2);
    const [a, b, c] = [token('a'), token('b'), token('c')];
    for (const each of [a, b, c, c, b, a]) await reviews.review(each);
    assert.deepEqual(asked, [a, b, c, a]);
  });
});
