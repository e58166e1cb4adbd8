import { AgentError, messageOf } from '../agent/errors.ts';
import type { TlsSettings } from '../agent/transport/tls.ts';
import type { TlsFiles } from '../agent/endpoint.ts';
import { readTlsFiles } from '../agent/transport/tls-files.ts';
import { plain } from '../base/text.ts';
import type { CommandLine } from './arguments.ts';

/**
 * Reads the files that the TLS options name.
 *
 * @throws AgentError `usage` when one cannot be read, or a certificate comes without its key.
 */
export async function readTlsOptions(line: CommandLine): Promise<TlsSettings> {
  const files: TlsFiles = {
    caFile: line.text('tls-ca'),
    certFile: line.text('tls-cert'),
    keyFile: line.text('tls-key'),
    serverName: line.text('tls-name'),
  };
  if ((files.certFile === undefined) !== (files.keyFile === undefined)) {
    throw new AgentError('usage', plain`--tls-cert and --tls-key go together.`);
  }
  try {
    return await readTlsFiles(files);
  } catch (error) {
    throw new AgentError('usage', messageOf(error), { cause: error });
  }
}
