import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueAuthority, issueServing, type KeyPair } from '../../src/injector/certificates/x509/issue.ts';

/** An authority and a serving certificate for `localhost`, in files. */
export interface TestCertificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** A new authority and a new certificate, as a rotation ends. */
  rotate(): void;
  stop(): void;
}

/** Makes them in a directory of their own. */
export function testCertificates(): TestCertificates {
  const directory = mkdtempSync(join(tmpdir(), 'certificates-'));
  const [caFile, certFile, keyFile] = ['ca.crt', 'tls.crt', 'tls.key'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  // as the kubelet does it: never a half of a file
  const write = (file: string, text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const rotate = (): void => {
    const validity = { nowMs: Date.now(), validityMs: 3_600_000 };
    const authority: KeyPair = issueAuthority(validity);
    const serving = issueServing({ ...validity, authority, names: ['localhost'] });
    write(caFile, authority.cert);
    write(certFile, serving.cert);
    write(keyFile, serving.key);
  };
  rotate();
  return { caFile, certFile, keyFile, rotate, stop: () => rmSync(directory, { recursive: true }) };
}
