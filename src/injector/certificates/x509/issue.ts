import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';

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

const ECDSA_SHA256 = new x509.AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' });
const COMMON_NAME = '2.5.4.3';

/**
 * A certificate authority of its own key (ECDSA P-256) that signs serving certificates and nothing below. Its name is
 * that of its key, so that two that are trusted at a time are told apart.
 */
export function issueAuthority({ nowMs, validityMs }: Validity): KeyPair {
  const { info, key } = generateKey();
  const id = keyIdOf(info);
  const name = nameOf(`conveyor-ca ${id.toString('hex', 0, 8)}`);
  const extensions = [
    extension(
      x509.id_ce_basicConstraints,
      new x509.BasicConstraints({ cA: true, pathLenConstraint: 0 }),
      'critical',
    ),
    extension(
      x509.id_ce_keyUsage,
      new x509.KeyUsage(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign),
      'critical',
    ),
    extension(x509.id_ce_subjectKeyIdentifier, new x509.SubjectKeyIdentifier(id)),
  ];
  const until = nowMs + validityMs;
  return { cert: signed({ issuer: name, subject: name, nowMs, until, info, extensions }, key), key };
}

/** A certificate for a TLS server, with a key of its own. It never outlives its authority. */
export function issueServing({ authority, names, nowMs, validityMs }: ServingRequest): KeyPair {
  const { tbsCertificate: ca } = AsnConvert.parse(new X509Certificate(authority.cert).raw, x509.Certificate);
  const { info, key } = generateKey();
  const until = Math.min(nowMs + validityMs, ca.validity.notAfter.getTime().getTime());
  const alternatives = names.map((dNSName) => new x509.GeneralName({ dNSName }));
  const keyIdentifier = new x509.KeyIdentifier(keyIdOf(ca.subjectPublicKeyInfo));
  const extensions = [
    extension(x509.id_ce_basicConstraints, new x509.BasicConstraints(), 'critical'),
    extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature), 'critical'),
    extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([x509.id_kp_serverAuth])),
    extension(x509.id_ce_subjectAltName, new x509.SubjectAlternativeName(alternatives)),
    extension(x509.id_ce_subjectKeyIdentifier, new x509.SubjectKeyIdentifier(keyIdOf(info))),
    extension(x509.id_ce_authorityKeyIdentifier, new x509.AuthorityKeyIdentifier({ keyIdentifier })),
  ];
  const subject = nameOf(names[0] ?? '');
  return {
    cert: signed({ issuer: ca.subject, subject, nowMs, until, info, extensions }, authority.key),
    key,
  };
}

interface Statement {
  readonly issuer: x509.Name;
  readonly subject: x509.Name;
  readonly nowMs: number;
  /** Wall clock, milliseconds. */
  readonly until: number;
  /** The subject's public key. */
  readonly info: x509.SubjectPublicKeyInfo;
  readonly extensions: x509.Extension[];
}

/** RFC 5280, 4.1: what is said, by what it is signed, and the signature. PEM. */
function signed({ issuer, subject, nowMs, until, info, extensions }: Statement, key: string): string {
  const tbsCertificate = new x509.TBSCertificate({
    version: x509.Version.v3,
    // the first byte makes it positive, and as short as DER wants it
    serialNumber: bufferOf([1, ...randomBytes(16)]),
    signature: ECDSA_SHA256,
    ...{ issuer, subject },
    validity: new x509.Validity({ notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(until) }),
    subjectPublicKeyInfo: info,
    extensions: new x509.Extensions(extensions),
  });
  const said = new Uint8Array(AsnConvert.serialize(tbsCertificate));
  const signatureValue = bufferOf(sign('sha256', said, createPrivateKey(key)));
  const certificate = new x509.Certificate({
    tbsCertificate,
    signatureAlgorithm: ECDSA_SHA256,
    signatureValue,
  });
  return new X509Certificate(new Uint8Array(AsnConvert.serialize(certificate))).toString();
}

function generateKey(): { readonly info: x509.SubjectPublicKeyInfo; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { info: AsnConvert.parse(publicKey, x509.SubjectPublicKeyInfo), key: privateKey };
}

function nameOf(common: string): x509.Name {
  const value = new x509.AttributeValue({ utf8String: common });
  return new x509.Name([
    new x509.RelativeDistinguishedName([new x509.AttributeTypeAndValue({ type: COMMON_NAME, value })]),
  ]);
}

function extension(extnID: string, content: object, critical?: 'critical'): x509.Extension {
  const extnValue = new OctetString(AsnConvert.serialize(content));
  return new x509.Extension({ extnID, critical: critical !== undefined, extnValue });
}

/** RFC 7093, 2, method 1: the left 160 bits of the SHA-256 of the key. */
function keyIdOf({ subjectPublicKey }: x509.SubjectPublicKeyInfo): Buffer {
  return createHash('sha256').update(new Uint8Array(subjectPublicKey)).digest().subarray(0, 20);
}

const bufferOf = (bytes: Iterable<number>): ArrayBuffer => Uint8Array.from(bytes).buffer;
