import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as l10n from '../../../base/l10n.ts';
import { plainText, type PlainText } from '../../../base/text.ts';
import type { Endpoint, TransportAddress } from '../../../agent/endpoint.ts';
import { maxQuotedLength, messageOf } from '../../../agent/errors.ts';
import { readSmallFile, statWithin } from '../../../base/bounded-file.ts';
import { dig, parseJson } from '../../../base/json.ts';

/** Where microsandbox keeps its things. */
export interface MicrosandboxHome {
  readonly home: string;
  /** Sockets; cannot be moved. */
  readonly runDir: string;
  /** One folder a sandbox; `paths.sandboxes` of the home's config.json moves it. */
  readonly sandboxesDir: string;
}

const maxConfigBytes = 1024 * 1024;

/** Longest name microsandbox takes, in bytes. */
export const maxSandboxNameBytes = 128;

/** Resolves `$MSB_HOME`, else `~/.microsandbox`, and what its configuration moves. Nothing needs to exist. */
export async function resolveMicrosandboxHome(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<MicrosandboxHome> {
  const fromEnv = env['MSB_HOME'];
  const home = fromEnv !== undefined && fromEnv !== '' ? fromEnv : join(homedir(), '.microsandbox');
  const config = await readSmallFile(join(home, 'config.json'), maxConfigBytes);
  const moved = config === undefined ? undefined : dig(parseJson(config.text), 'paths', 'sandboxes');
  return {
    home,
    runDir: join(home, 'run'),
    sandboxesDir: typeof moved === 'string' && isAbsolute(moved) ? moved : join(home, 'sandboxes'),
  };
}

/**
 * Why there is nothing to look at in a home, in sentences: none for one that is absent. `undefined` when it may be
 * entered.
 */
export async function whyNoEntry(home: string): Promise<readonly PlainText[] | undefined> {
  try {
    // The folder's own entry can only be asked for by who may enter it.
    await statWithin(`${home}/.`);
    return undefined;
  } catch (error) {
    const place = plainText(home, maxQuotedLength);
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        return [];
      case 'ENOTDIR':
        return [
          l10n.t('{0} is not a folder, so no sandboxes are shown. Remove it or correct MSB_HOME.', place),
        ];
      case 'EACCES':
      case 'EPERM':
        return [
          l10n.t(
            'This user may not enter {0}, so no sandboxes are shown. Correct its owner and mode, or MSB_HOME.',
            place,
          ),
        ];
      default:
        return [l10n.t('{0} cannot be read ({1}), so no sandboxes are shown.', place, messageOf(error))];
    }
  }
}

/** The two forms in which a sandbox's name appears in paths: 24 digits of its SHA-256, or 32 in older releases. */
export function sandboxHashes(name: string): { readonly short: string; readonly long: string } {
  const digest = createHash('sha256').update(name).digest('hex');
  return { short: digest.slice(0, 24), long: digest.slice(0, 32) };
}

/** The folders in `run/sandboxes`, each with the socket of one relay. */
export const relayFolderPattern = /^[0-9a-f]{24}$/;

/** Where a sandbox's relay listens, the present form first. On Windows it is a named pipe. */
export function relayAddresses(
  { runDir }: MicrosandboxHome,
  name: string,
  platform: NodeJS.Platform = process.platform,
): readonly [TransportAddress, ...TransportAddress[]] {
  const { short, long } = sandboxHashes(name);
  if (platform === 'win32') return [{ kind: 'pipe', path: `\\\\.\\pipe\\msb-agent-${long}` }];
  return [
    { kind: 'unix', path: join(runDir, 'sandboxes', short, 'agent.sock') },
    { kind: 'unix', path: join(runDir, 'agent', `${long}.sock`) },
  ];
}

/** Relay endpoint over an address. */
export function relayEndpoint(transport: TransportAddress): Endpoint {
  return { protocol: 'microsandbox', transport };
}
