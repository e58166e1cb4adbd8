import { readFileSync } from 'node:fs';
import { AgentError } from '../agent/errors.ts';
import type { CommandLine } from './arguments.ts';

/** What the TLS options say, with the files' texts. */
export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

/**
 * Reads the files that the TLS options name.
 *
 * @throws AgentError `usage` when one cannot be read, or a certificate comes without its key.
 */
export function readTlsOptions(line: CommandLine): TlsTexts {
  const ca = readText(line, 'tls-ca');
  const cert = readText(line, 'tls-cert');
  const key = readText(line, 'tls-key');
  const serverName = line.text('tls-name');
  if ((cert === undefined) !== (key === undefined)) {
    throw new AgentError('usage', '--tls-cert and --tls-key go together.');
  }
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
    ...(serverName !== undefined && { serverName }),
  };
}

function readText(line: CommandLine, name: string): string | undefined {
  const path = line.text(name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AgentError('usage', `--${name} cannot be read: ${AgentError.from(error, 'usage').message}`, {
      cause: error,
    });
  }
}
