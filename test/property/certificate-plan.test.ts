import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Authority,
  bundleOf,
  created,
  promoted,
  retired,
} from '../../src/injector/certificates/rotation/authority.ts';
import { certificatesIn } from '../../src/injector/certificates/x509/certificate.ts';
import { issueAuthority, issueServing, type KeyPair } from '../../src/injector/certificates/x509/issue.ts';
import { plan, type Step } from '../../src/injector/certificates/rotation/plan.ts';

const DAY_MS = 86_400_000;
const CA_MS = 90 * DAY_MS;
const SERVING_MS = 10 * DAY_MS;
const SECRETS = ['injector', 'router'] as const;
type SecretName = (typeof SECRETS)[number];

/** Where a bundle is: what the API shows, and what is made of it, which comes later. */
interface Place {
  shown: string;
  used: string;
}

interface Replica {
  readonly secret: SecretName;
  cert: string;
}

/** A cluster in which everything but the leader's own writes arrives when it likes. */
class World {
  nowMs = 1_800_000_000_000;
  authority: Authority | undefined;
  asked = false;
  secrets = new Map<SecretName, KeyPair>();
  readonly places: Place[] = [
    { shown: '', used: '' },
    { shown: '', used: '' },
    { shown: '', used: '' },
  ];
  readonly replicas: Replica[] = [
    { secret: 'injector', cert: '' },
    { secret: 'injector', cert: '' },
    { secret: 'router', cert: '' },
  ];

  readonly #verified = new Map<string, boolean>();

  pass(): Step {
    const bundle = this.authority === undefined ? '' : bundleOf(this.authority);
    const step = plan({
      authority: this.authority,
      asked: this.asked,
      served: SECRETS.map((secret) => ({ secret, names: [secret], pair: this.secrets.get(secret) })),
      settled:
        this.places.every(({ shown, used }) => shown === bundle && used === bundle) &&
        this.replicas.every(({ secret, cert }) => cert === (this.secrets.get(secret)?.cert ?? '')),
      nowMs: this.nowMs,
    });
    this.#act(step);
    return step;
  }

  #act(step: Step): void {
    const fresh = (): KeyPair => issueAuthority({ nowMs: this.nowMs, validityMs: CA_MS });
    const authority = this.authority ?? { previous: [] };
    if (step.do === 'create')
      this.authority = created(fresh(), [
        ...new Set(this.places.flatMap(({ shown, used }) => certificatesIn(shown + used))),
      ]);
    if (step.do === 'stage') {
      this.authority = { ...authority, next: fresh() };
      this.asked = false;
    }
    if (step.do === 'promote') this.authority = promoted(authority);
    if (step.do === 'retire') this.authority = retired(authority);
    if (step.do !== 'issue') return;
    for (const secret of SECRETS.filter((name) => step.secrets.includes(name))) {
      assert.ok(authority.signing);
      const request = { authority: authority.signing, names: [secret], validityMs: SERVING_MS };
      this.secrets.set(secret, issueServing({ ...request, nowMs: this.nowMs }));
    }
  }

  /** What somebody who connects now could meet: every served certificate against every bundle in use. */
  check(): void {
    const certs = this.replicas.map(({ cert }) => cert).filter((cert) => cert !== '');
    for (const { used } of this.places.filter(({ used: text }) => text !== ''))
      for (const cert of certs)
        assert.ok(this.#verifies(cert, used), 'a served certificate that nobody in a bundle has signed');
  }

  #verifies(cert: string, bundle: string): boolean {
    const known = this.#verified.get(cert + bundle);
    if (known !== undefined) return known;
    const authorities = certificatesIn(bundle).map((ca) => new X509Certificate(ca));
    const verifies = authorities.some(({ publicKey }) => new X509Certificate(cert).verify(publicKey));
    this.#verified.set(cert + bundle, verifies);
    return verifies;
  }

  publish(at: number): void {
    const place = this.places[at % this.places.length];
    if (place !== undefined && this.authority !== undefined) place.shown = bundleOf(this.authority);
  }

  use(at: number): void {
    const place = this.places[at % this.places.length];
    if (place !== undefined) place.used = place.shown;
  }

  trust(): void {
    for (const at of this.places.keys()) {
      this.publish(at);
      this.use(at);
    }
  }

  read(at: number): void {
    const replica = this.replicas[at % this.replicas.length];
    if (replica !== undefined) replica.cert = this.secrets.get(replica.secret)?.cert ?? replica.cert;
  }

  /** Everything arrives, until the leader has nothing to do. */
  settle(): void {
    for (let round = 0; round < 30; round += 1) {
      this.trust();
      for (const at of this.replicas.keys()) this.read(at);
      const step = this.pass();
      this.check();
      if (step.do === 'rest' && !step.turning) return;
    }
    assert.fail('it never came to rest');
  }
}

type Event = readonly [
  kind: 'pass' | 'publish' | 'use' | 'read' | 'trust' | 'ask' | 'lose' | 'day',
  at: number,
];
const event: fc.Arbitrary<Event> = fc.tuple(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant('pass' as const) },
    {
      weight: 6,
      arbitrary: fc.constantFrom('publish' as const, 'use' as const, 'read' as const, 'trust' as const),
    },
    { weight: 1, arbitrary: fc.constantFrom('ask' as const, 'lose' as const, 'day' as const) },
  ),
  fc.nat({ max: 2 }),
);

function happen(world: World, [kind, at]: Event): void {
  if (kind === 'pass') world.pass();
  else if (kind === 'ask') world.asked = true;
  else if (kind === 'lose') world.authority = undefined;
  else if (kind === 'day') world.nowMs += DAY_MS;
  else if (kind === 'trust') world.trust();
  else world[kind](at);
}

describe('the plan of certificates', () => {
  it('never lets a certificate be served that a bundle in use does not verify, and comes to rest', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const world = new World();
        world.settle();
        world.asked = true;
        for (const each of events) {
          happen(world, each);
          world.check();
        }
        world.settle();
        const bundle = bundleOf(world.authority ?? { previous: [] });
        assert.equal(certificatesIn(bundle).length, 1, 'what signed before is no longer trusted');
        assert.ok(!world.asked, 'a rotation that was asked for has been done');
      }),
      { numRuns: 100 },
    );
  });

  it('keeps everything valid for a year, with nobody asking', () => {
    const world = new World();
    world.settle();
    for (let day = 0; day < 366; day += 2) {
      world.nowMs += 2 * DAY_MS;
      world.settle();
      for (const { cert } of world.replicas)
        assert.ok(new X509Certificate(cert).validToDate.getTime() > world.nowMs + DAY_MS);
    }
  });
});
