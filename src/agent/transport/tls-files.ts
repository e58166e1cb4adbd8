import { readFileWithin } from '../../base/bounded-file.ts';
import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import type { TlsFiles } from '../endpoint.ts';
import { AgentError, messageOf } from '../errors.ts';
import type { TlsSettings } from './tls.ts';

/** Most that a PEM file may hold, in bytes; the authorities of a whole system are a quarter of it. */
const maxPemBytes = 1024 * 1024;

/**
 * Reads the files. They are read for every connection, because certificates are renewed in place.
 *
 * @throws AgentError `handshake_failed` naming the file that cannot be read.
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsSettings> {
  const [ca, cert, key] = await Promise.all([
    readPem(files.caFile, (why) =>
      l10n.t('The CA for TLS cannot be read ({0}). Correct its path, or let this user read the file.', why),
    ),
    readPem(files.certFile, (why) =>
      l10n.t(
        'The certificate for TLS cannot be read ({0}). Correct its path, or let this user read the file.',
        why,
      ),
    ),
    readPem(files.keyFile, (why) =>
      l10n.t('The key for TLS cannot be read ({0}). Correct its path, or let this user read the file.', why),
    ),
  ]);
  return { ca, cert, key, serverName: files.serverName };
}

async function readPem(
  path: string | undefined,
  describeFailure: (why: PlainText) => PlainText,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await readFileWithin(path, maxPemBytes)).text;
  } catch (error) {
    throw new AgentError('handshake_failed', describeFailure(messageOf(error)), { cause: error });
  }
}
