import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import {
  authorityOf,
  bundleOf,
  dataOf,
  promoted,
} from '../../../src/injector/certificates/rotation/authority.ts';
import { issueAuthority, issueServing, type KeyPair } from '../../../src/injector/certificates/x509/issue.ts';
import { fingerprint } from '../../../src/injector/certificates/x509/certificate.ts';
import { createSettling } from '../../../src/injector/certificates/rotation/settling.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { plan, type Situation } from '../../../src/injector/certificates/rotation/plan.ts';

const DAY_MS = 86_400_000;
const nowMs = Date.now();
const names = ['conveyor-injector', 'conveyor-injector.conveyor-system.svc'];
const authority = issueAuthority({ nowMs, validityMs: 90 * DAY_MS });
const serving = (of: KeyPair, validityMs = 10 * DAY_MS, atMs = nowMs): KeyPair =>
  issueServing({ authority: of, names, nowMs: atMs, validityMs });

/** What a client with this bundle says of a server with this certificate, by this name. */
async function handshake(pair: KeyPair, ca: string, servername: string): Promise<string> {
  const server = createServer({ cert: pair.cert, key: pair.key }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', ca, servername });
  try {
    await once(socket, 'secureConnect');
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('certificates', () => {
  it('are taken by a TLS client for each of their names, and for no other', async () => {
    const pair = serving(authority);
    for (const name of names) assert.equal(await handshake(pair, authority.cert, name), 'ok');
    assert.equal(await handshake(pair, authority.cert, 'conveyor-router'), 'ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('are told apart by the key of who signed them', async () => {
    const other = issueAuthority({ nowMs, validityMs: DAY_MS });
    assert.notEqual(await handshake(serving(other), authority.cert, names[0]!), 'ok');
    assert.equal(await handshake(serving(other), authority.cert + other.cert, names[0]!), 'ok');
  });

  it('never outlive their authority', () => {
    const cert = new X509Certificate(serving(authority, 900 * DAY_MS).cert);
    assert.equal(cert.validTo, new X509Certificate(authority.cert).validTo);
  });

  it('have times as RFC 5280 wants them before and after 2050', () => {
    const until = Date.UTC(2049, 11, 31, 23, 59, 59, 999);
    const endOf = (validityMs: number): string => {
      const der = new X509Certificate(issueAuthority({ nowMs, validityMs }).cert).raw.toString('latin1');
      return /\d{12}Z.{2}(\d+Z)/s.exec(der)?.[1] ?? '';
    };
    assert.equal(endOf(until - nowMs), '491231235959Z');
    assert.equal(endOf(until - nowMs + 1), '20500101000000Z');
  });

  it('are what OpenSSL takes where it is strict', () => {
    const directory = mkdtempSync(join(tmpdir(), 'certificates-'));
    try {
      const [ca, cert] = [join(directory, 'ca.crt'), join(directory, 'tls.crt')];
      writeFileSync(ca, authority.cert);
      writeFileSync(cert, serving(authority).cert);
      const strict = ['-x509_strict', '-check_ss_sig', '-purpose', 'sslserver'];
      const said = execFileSync('openssl', ['verify', ...strict, '-CAfile', ca, cert], { encoding: 'utf8' });
      assert.equal(said, `${cert}: OK\n`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('the authority', () => {
  const next = issueAuthority({ nowMs, validityMs: 90 * DAY_MS });

  it('is what its Secret holds, without a trace of what is gone', () => {
    const state = { signing: authority, next, previous: [] };
    assert.deepEqual(authorityOf({ data: dataOf(state) }), state);
    const merged = { ...dataOf(state), ...dataOf(promoted(state)) };
    assert.deepEqual(authorityOf({ data: merged }), { signing: next, previous: [authority.cert] });
    assert.equal(authorityOf({ data: {} }), undefined);
  });

  it('is trusted by the same text before and after the next one signs', () => {
    const state = { signing: authority, next, previous: [] };
    assert.equal(bundleOf(promoted(state)), bundleOf(state));
  });
});

describe('the plan', () => {
  const at = (over: Partial<Situation>): Situation => ({
    authority: { signing: authority, previous: [] },
    asked: false,
    served: [{ secret: 'tls', names, pair: serving(authority) }],
    settled: false,
    nowMs,
    ...over,
  });

  it('rests until two thirds of the time of a certificate have gone, then renews it', () => {
    const rest = plan(at({}));
    assert.ok(rest.do === 'rest' && !rest.turning);
    assert.ok(Math.abs(rest.untilMs - nowMs - (20 / 3) * DAY_MS) < 2_000);
    assert.deepEqual(plan(at({ nowMs: rest.untilMs })), { do: 'issue', secrets: ['tls'] });
  });

  it('renews what is missing, for other names, without its key or by another authority', () => {
    const other = issueAuthority({ nowMs, validityMs: DAY_MS });
    const pairs = [
      undefined,
      { cert: 'no certificate', key: '' },
      serving(other),
      { cert: serving(authority).cert, key: serving(authority).key },
    ];
    for (const pair of pairs)
      assert.equal(plan(at({ served: [{ secret: 'tls', names, pair }] })).do, 'issue');
    const named = [{ secret: 'tls', names: [...names, 'another'], pair: serving(authority) }];
    assert.equal(plan(at({ served: named })).do, 'issue');
  });

  it('does not renew over and over what ends with its authority', () => {
    const late = nowMs + 89 * DAY_MS;
    const served = [{ secret: 'tls', names, pair: serving(authority, 10 * DAY_MS, late) }];
    const state = {
      signing: authority,
      next: issueAuthority({ nowMs, validityMs: 90 * DAY_MS }),
      previous: [],
    };
    assert.equal(plan(at({ authority: state, served, nowMs: late + DAY_MS * 0.9 })).do, 'rest');
  });

  it('waits for nobody where nothing that is served works', () => {
    const late = nowMs + 91 * DAY_MS;
    assert.deepEqual(plan(at({ nowMs: late })), { do: 'stage', reason: 'expired' });
    const state = {
      signing: authority,
      next: issueAuthority({ nowMs: late, validityMs: DAY_MS }),
      previous: [],
    };
    assert.equal(plan(at({ authority: state, nowMs: late })).do, 'promote');
  });
});

describe('a state of trust', () => {
  it('has settled when all have had it for the overlap, without a break', async () => {
    const clock = manualClock();
    const state = { bundle: 'bundle', injector: 'certificate', others: [] };
    const read = { trusted: fingerprint('bundle'), served: fingerprint('certificate') };
    let shown: string[] | undefined = ['bundle', 'another'];
    let said = [read, { ...read, served: '' }];
    const place = {
      name: 'place',
      publish: () => undefined,
      shown: () => shown,
      onChange: () => () => undefined,
    };
    const settling = createSettling({ places: [place], replicas: () => said }, clock, 1_000);

    assert.deepEqual(settling.look(state), { waitsFor: 'place' });
    shown = ['bundle', 'bundle'];
    assert.deepEqual(settling.look(state), { waitsFor: 'replicas' });
    said = [];
    assert.deepEqual(settling.look(state), { waitsFor: 'replicas' }, 'nobody is not everybody');
    said = [read, read];
    assert.deepEqual(settling.look(state), { leftMs: 1_000 });
    await clock.advance(600);
    assert.deepEqual(settling.look(state), { leftMs: 400 });
    shown = undefined;
    assert.deepEqual(settling.look(state), { waitsFor: 'place' });
    shown = ['bundle'];
    assert.deepEqual(settling.look(state), { leftMs: 1_000 }, 'the time begins anew');
    await clock.advance(1_000);
    assert.deepEqual(settling.look(state), { leftMs: 0 });
    assert.deepEqual(settling.look({ ...state, others: ['router'] }), { leftMs: 1_000 }, 'another state');
  });
});
