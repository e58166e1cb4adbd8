import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** False where the program that makes the certificates is missing. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** An authority made for one test run, with the identities that it vouches for. */
export class TestAuthority {
  readonly cert: string;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.cert = this.#selfSigned('ca', 'Test CA').cert;
  }

  /** An identity for a host name or an IP address, signed by this authority. */
  issue(host: string): Identity {
    const path = (suffix: string): string => join(this.#directory, `${host}.${suffix}`);
    const altName = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`;
    writeFileSync(path('ext'), `subjectAltName=${altName}`);
    openssl(
      'req',
      '-newkey',
      'ec',
      ...curve,
      '-nodes',
      '-subj',
      `/CN=${host}`,
      '-keyout',
      path('key'),
      '-out',
      path('csr'),
    );
    openssl(
      ...['x509', '-req', '-in', path('csr'), '-days', '2', '-extfile', path('ext'), '-out', path('crt')],
      ...[
        '-CA',
        join(this.#directory, 'ca.crt'),
        '-CAkey',
        join(this.#directory, 'ca.key'),
        '-CAcreateserial',
      ],
    );
    return { cert: readFileSync(path('crt'), 'utf8'), key: readFileSync(path('key'), 'utf8') };
  }

  #selfSigned(file: string, name: string): Identity {
    const [crt, key] = [join(this.#directory, `${file}.crt`), join(this.#directory, `${file}.key`)];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      ...curve,
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      key,
      '-out',
      crt,
    );
    return { cert: readFileSync(crt, 'utf8'), key: readFileSync(key, 'utf8') };
  }
}

const curve = ['-pkeyopt', 'ec_paramgen_curve:prime256v1'];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
