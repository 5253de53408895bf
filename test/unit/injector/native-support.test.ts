import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Node } from 'kubernetes-types/core/v1.d.ts';
import { ConveyorError } from '../../../src/foundation/errors.ts';
import type { KubeApi } from '../../../src/foundation/kubernetes/api.ts';
import { createNativeSupport, type NativeSupport } from '../../../src/injector/webhook/native-support.ts';
import { recordLog } from '../../support/log.ts';
import { manualClock } from '../../support/manual-clock.ts';

/** A cluster whose kubelets, and whose reach, a test can change. */
function cluster(kubelets: string[]): {
  kubelets: string[];
  away: boolean;
  api: Pick<KubeApi, 'version' | 'pages'>;
} {
  const state = {
    kubelets,
    away: false,
    api: {
      version: () => Promise.resolve({ major: '1', minor: '34', gitVersion: 'v1.34.4' }),
      // a node to a page
      async *pages() {
        for (const kubeletVersion of state.kubelets) {
          if (state.away) throw new ConveyorError('PERMISSION_DENIED', 'nodes is forbidden');
          const node: Node = { status: { nodeInfo: { kubeletVersion } as never } };
          yield await Promise.resolve({ items: [node as never], resourceVersion: '1' });
        }
      },
    },
  };
  return state;
}

describe('what is known of native sidecars', () => {
  let support: NativeSupport | undefined;
  afterEach(() => support?.stop(AbortSignal.abort()));

  it('is asked at the start and hourly, and one old node is enough against it', async () => {
    const { kubelets, api } = cluster(['v1.34.4', 'v1.29.0']);
    const clock = manualClock();
    const seen: unknown[] = [];
    support = createNativeSupport({ api, clock, logger: recordLog(), observe: (known) => seen.push(known) });
    await support.start(new AbortController().signal);
    assert.equal(support.supported(), true);
    kubelets.push('v1.28.15');
    await clock.advance(3_599_000);
    assert.equal(support.supported(), true);
    await clock.advance(2_000);
    assert.equal(support.supported(), false);
    assert.deepEqual(seen, [true, false]);
  });

  it('is nothing while nobody answers, is asked again soon, and stays when it is lost', async () => {
    const state = cluster(['v1.34.4']);
    const clock = manualClock();
    const logger = recordLog();
    state.away = true;
    support = createNativeSupport({ api: state.api, clock, logger, observe: () => undefined });
    await support.start(new AbortController().signal);
    assert.equal(support.supported(), undefined);
    await clock.advance(31_000);
    assert.equal(logger.lines.filter(({ level }) => level === 'warn').length, 1);
    state.away = false;
    await clock.advance(31_000);
    assert.equal(support.supported(), true);
    state.away = true;
    await clock.advance(3_700_000);
    assert.equal(support.supported(), true);
  });
});
