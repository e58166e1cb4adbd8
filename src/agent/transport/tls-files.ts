import { readFile } from 'node:fs/promises';
import { AgentError } from '../errors.ts';
import type { TlsSettings } from './tls.ts';

/** {@link TlsSettings} as people keep them: paths of PEM files. */
export interface TlsFiles {
  readonly caFile?: string | undefined;
  /** Goes with {@link keyFile}. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly serverName?: string | undefined;
}

/**
 * Reads the files. They are read for every connection, because certificates are renewed in place.
 *
 * @throws AgentError `handshake_failed` naming the file that cannot be read.
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsSettings> {
  const [ca, cert, key] = await Promise.all([
    readPem('CA', files.caFile),
    readPem('certificate', files.certFile),
    readPem('key', files.keyFile),
  ]);
  return { ca, cert, key, serverName: files.serverName };
}

async function readPem(what: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { message } = AgentError.from(error, 'handshake_failed');
    throw new AgentError(
      'handshake_failed',
      `The ${what} for TLS cannot be read (${message}). Correct its path, or let this user read the file.`,
      { cause: error },
    );
  }
}
