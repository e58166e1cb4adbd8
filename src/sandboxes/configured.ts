import { isAbsolute } from 'node:path';
import { formatEndpoint, parseEndpoint } from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import type { TlsFiles } from '../agent/transport/tls-files.ts';
import type { SandboxSpec } from './snapshot.ts';

/** What the setting `sandlight.sandboxes` comes to. */
export interface ConfiguredSandboxes {
  readonly specs: readonly SandboxSpec[];
  /** One sentence for each entry that cannot be used. */
  readonly problems: readonly string[];
}

const maxEntries = 200;
const maxNameLength = 128;

/**
 * Reads the setting, which a person may have edited by hand into anything. Good entries work whatever the others are.
 * Two sandboxes of one name are told apart by their endpoints; a repeated pair is a problem.
 */
export function readConfiguredSandboxes(setting: unknown): ConfiguredSandboxes {
  if (setting === undefined || setting === null) return { specs: [], problems: [] };
  if (!Array.isArray(setting)) {
    return { specs: [], problems: ['The setting sandlight.sandboxes must be a list of {name, endpoint}.'] };
  }
  const specs = new Map<string, SandboxSpec>();
  const problems: string[] = [];
  for (const [index, entry] of setting.slice(0, maxEntries).entries()) {
    const result = readConfiguredSandbox(entry);
    if (typeof result === 'string') problems.push(`Entry ${index + 1} of sandlight.sandboxes: ${result}`);
    else if (specs.has(result.id))
      problems.push(`Entry ${index + 1} of sandlight.sandboxes repeats ${result.name}.`);
    else specs.set(result.id, result);
  }
  if (setting.length > maxEntries)
    problems.push(`Only the first ${maxEntries} entries of sandlight.sandboxes are used.`);
  return { specs: [...specs.values()], problems };
}

/** The setting without the sandbox of this id; entries that cannot be used stay for their author to mend. */
export function withoutSandbox(setting: unknown, id: string): readonly unknown[] {
  const entries: readonly unknown[] = Array.isArray(setting) ? setting : [];
  return entries.filter((entry) => {
    const spec = readConfiguredSandbox(entry);
    return typeof spec === 'string' || spec.id !== id;
  });
}

/** Reads one entry of the setting; a sentence says why it cannot be used. */
export function readConfiguredSandbox(entry: unknown): SandboxSpec | string {
  if (typeof entry !== 'object' || entry === null) return 'it must be an object with a name and an endpoint.';
  const { name, endpoint: text, docker, tls: tlsEntry } = entry as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || name.trim() === '') return 'its name must be a text that is not empty.';
  if (name.length > maxNameLength) return `its name must have at most ${maxNameLength} characters.`;
  if (typeof text !== 'string') return `${name} needs an endpoint, such as arcbox+unix:///run/agent.sock.`;
  if (docker !== undefined && (typeof docker !== 'string' || !/^(\/|\/\/\.\/pipe\/)./.test(docker))) {
    return `the docker of ${name} must be the absolute path of its engine's socket.`;
  }
  const tls = readTls(tlsEntry);
  if (typeof tls === 'string') return `the tls of ${name} ${tls}`;
  try {
    const endpoint = parseEndpoint(text);
    const id = `settings/${name}/${formatEndpoint(endpoint)}`;
    return {
      ...{ id, name, endpoint, source: 'settings' },
      ...(docker !== undefined && { dockerSocket: docker }),
      ...(tls && { tls }),
    };
  } catch (error) {
    return AgentError.from(error, 'invalid_endpoint').message;
  }
}

/** Reads the certificates of an entry; the end of a sentence says why they cannot be used. */
function readTls(entry: unknown): TlsFiles | string | undefined {
  if (entry === undefined) return undefined;
  if (typeof entry !== 'object' || entry === null) return 'must be an object of files.';
  const { caFile, certFile, keyFile, serverName } = entry as Readonly<Record<string, unknown>>;
  if (!isPathOrAbsent(caFile) || !isPathOrAbsent(certFile) || !isPathOrAbsent(keyFile)) {
    return 'must name its files by their absolute paths.';
  }
  if ((certFile === undefined) !== (keyFile === undefined)) return 'needs certFile and keyFile together.';
  if (serverName !== undefined && (typeof serverName !== 'string' || serverName === '')) {
    return 'has a serverName that is no name.';
  }
  return { caFile, certFile, keyFile, serverName };
}

function isPathOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && isAbsolute(value));
}
