import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Histogram, Registry } from 'prom-client';
import { CollectedHistogram, Distribution } from '../../../src/foundation/telemetry/distribution.ts';
import { describeMetrics } from '../../../src/foundation/telemetry/metrics.ts';

const BOUNDS = [0.001, 0.5, 1, 30];
/** Below, at, between and above the bounds. */
const VALUES = [0, 0.001, 0.0011, 0.5, 0.75, 1, 29.9, 30, 30.01, 1e9];
const ABOUT = { name: 'conveyor_sidecar_test_seconds', help: 'a test', labelNames: ['pipeline', 'stage'] };

/** The same values in a histogram of prom-client's own and in a collected one. */
function twins(): { own: Registry; collected: Registry; add: (stage: string, value: number) => void } {
  const own = new Registry();
  const collected = new Registry();
  const kept = new Histogram({ ...ABOUT, buckets: BOUNDS, registers: [own] });
  const series = new Map<string, Distribution>();
  new CollectedHistogram({ ...ABOUT, registers: [collected] }, () =>
    [...series].map(([stage, distribution]) => ({
      labels: { pipeline: 'default/"p"', stage },
      distribution,
    })),
  );
  return {
    own,
    collected,
    add(stage, value) {
      kept.observe({ pipeline: 'default/"p"', stage }, value);
      const distribution = series.get(stage) ?? new Distribution(BOUNDS);
      distribution.observe(value);
      series.set(stage, distribution);
    },
  };
}

async function valuesOf(registry: Registry): Promise<object[]> {
  const metric = await registry.getSingleMetric(ABOUT.name)?.get();
  return metric?.values.map(({ labels, value }) => ({ labels, value })) ?? [];
}

describe('a collected histogram', () => {
  it("reads as prom-client's own does, as text and as JSON", async () => {
    const { own, collected, add } = twins();
    for (const [at, value] of VALUES.entries()) add(at % 3 === 0 ? 'b' : 'a', value);
    assert.match(await own.metrics(), /_count\{pipeline="default\/\\"p\\"",stage="a"\} 6/);
    assert.equal(await collected.metrics(), await own.metrics());
    // without the exemplars, which it does not have
    assert.deepEqual(await valuesOf(collected), await valuesOf(own));
  });

  it('shows what has been added since the last scrape, and has no series where there is none', async () => {
    const { own, collected, add } = twins();
    assert.equal(await collected.metrics(), await own.metrics());
    add('a', 2);
    assert.match(await collected.metrics(), /_sum\{pipeline="[^ ]+",stage="a"\} 2\n/);
    add('a', 3);
    assert.match(await collected.metrics(), /_sum\{pipeline="[^ ]+",stage="a"\} 5\n/);
  });

  it('is described as a histogram with its labels', () => {
    const { own, collected } = twins();
    assert.deepEqual(describeMetrics(collected), describeMetrics(own));
  });
});
