import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { bits, explicit, implicit, integer, octets, oid, sequence, set, time, utf8, yes } from './der.ts';

/** A certificate and its private key, both PEM. The key is secret. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** From when on and for how long a certificate holds. */
export interface Validity {
  /** Wall clock. */
  readonly nowMs: number;
  readonly validityMs: number;
}

/** What is asked of a serving certificate. */
export interface ServingRequest extends Validity {
  readonly authority: KeyPair;
  /** DNS names; the first is the common name. */
  readonly names: readonly string[];
}

/** Certificates hold from a little earlier, as clocks of other machines may be behind. */
export const BACKDATED_MS = 300_000;

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = oid('2.5.4.3');

/**
 * A certificate authority of its own key (ECDSA P-256) that signs serving certificates and nothing below. Its name is
 * that of its key, so that two that are trusted at a time are told apart.
 *
 * Node makes keys and signatures but no certificates. They are written here, as the library for it (@peculiar/x509)
 * costs 22 MB and 170 ms, and a change to the global Reflect; what is written is read by OpenSSL and Go in the tests.
 */
export function issueAuthority(validity: Validity): KeyPair {
  const keys = generateKeys();
  const id = keyIdOf(keys.publicKey);
  const name = `conveyor-ca ${id.toString('hex', 0, 8)}`;
  const extensions = [
    extension('2.5.29.19', sequence(yes(), integer(Buffer.from([0]))), 'critical'),
    extension('2.5.29.15', bits(Buffer.from([0b0000_0110]), 1), 'critical'),
    extension('2.5.29.14', octets(id)),
  ];
  const until = validity.nowMs + validity.validityMs;
  return pairOf(
    keys,
    { issuer: name, subject: name, nowMs: validity.nowMs, until, extensions },
    keys.privateKey,
  );
}

/** A certificate for a TLS server, with a key of its own. It never outlives its authority. */
export function issueServing({ authority, names, nowMs, validityMs }: ServingRequest): KeyPair {
  const ca = new X509Certificate(authority.cert);
  const keys = generateKeys();
  const until = Math.min(nowMs + validityMs, ca.validToDate.getTime());
  const alternatives = names.map((name) => implicit(2, Buffer.from(name)));
  const extensions = [
    extension('2.5.29.19', sequence(), 'critical'),
    extension('2.5.29.15', bits(Buffer.from([0b1000_0000]), 7), 'critical'),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', sequence(...alternatives)),
    extension('2.5.29.14', octets(keyIdOf(keys.publicKey))),
    extension('2.5.29.35', sequence(implicit(0, keyIdOf(ca.publicKey)))),
  ];
  const subject = names[0] ?? '';
  return pairOf(
    keys,
    { issuer: commonNameOf(ca), subject, nowMs, until, extensions },
    createPrivateKey(authority.key),
  );
}

interface Statement {
  readonly issuer: string;
  readonly subject: string;
  readonly nowMs: number;
  /** Wall clock, milliseconds. */
  readonly until: number;
  readonly extensions: readonly Buffer[];
}

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const generateKeys = (): Keys => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** RFC 5280, 4.1: what is said, by what it is signed, and the signature. */
function pairOf(
  keys: Keys,
  { issuer, subject, nowMs, until, extensions }: Statement,
  signer: KeyObject,
): KeyPair {
  const said = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    ECDSA_SHA256,
    nameOf(issuer),
    sequence(time(nowMs - BACKDATED_MS), time(until)),
    nameOf(subject),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(said, ECDSA_SHA256, bits(sign('sha256', said, signer)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

const nameOf = (common: string): Buffer => sequence(set(sequence(COMMON_NAME, utf8(common))));

const commonNameOf = ({ subject }: X509Certificate): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? '';

function extension(id: string, content: Buffer, critical?: 'critical'): Buffer {
  return sequence(oid(id), ...(critical === undefined ? [] : [yes()]), octets(content));
}

/** RFC 7093, 2, method 1: the left 160 bits of the SHA-256 of the key, which are the last 65 bytes of its SPKI. */
function keyIdOf(key: KeyObject): Buffer {
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-65);
  return createHash('sha256').update(point).digest().subarray(0, 20);
}
