import { isAbsolute } from 'node:path';
import * as l10n from '../../base/l10n.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { formatEndpoint, parseEndpoint } from '../../agent/endpoint.ts';
import { messageOf } from '../../agent/errors.ts';
import type { TlsFiles } from '../../agent/endpoint.ts';
import type { SandboxSpec } from '../model/snapshot.ts';

/** What the setting `sandlight.sandboxes` comes to. */
export interface ConfiguredSandboxes {
  readonly specs: readonly SandboxSpec[];
  /** A sentence for each of the first {@link maxProblems} entries that cannot be used, and one that counts the others. */
  readonly problems: readonly PlainText[];
}

/** Most entries that are read. */
export const maxConfiguredSandboxes = 10_000;
/** Most entries of which it is told in words why they cannot be used. */
export const maxProblems = 10;
/** Longest name of a sandbox, in characters. */
export const maxNameLength = 128;

/** The setting's own name, as its reader finds it. */
export const settingName = 'sandlight.sandboxes';

/**
 * Reads the setting, which a person may have edited by hand into anything. Good entries work whatever the others are.
 * Two sandboxes of one name are told apart by their endpoints; a repeated pair is a problem.
 */
export function readConfiguredSandboxes(setting: unknown): ConfiguredSandboxes {
  if (setting === undefined || setting === null) return { specs: [], problems: [] };
  if (!Array.isArray(setting)) {
    return {
      specs: [],
      problems: [l10n.t('The setting {0} must be a list of {1}.', settingName, '{name, endpoint}')],
    };
  }
  const specs = new Map<string, SandboxSpec>();
  const problems: PlainText[] = [];
  let unused = 0;
  const note = (problem: () => PlainText): void => {
    if (++unused <= maxProblems) problems.push(problem());
  };
  for (const [index, entry] of setting.slice(0, maxConfiguredSandboxes).entries()) {
    const result = readConfiguredSandbox(entry);
    if (typeof result === 'string')
      note(() => l10n.t('Entry {0} of {1}: {2}', index + 1, settingName, result));
    else if (specs.has(result.id))
      note(() => l10n.t('Entry {0} of {1} repeats {2}.', index + 1, settingName, result.name));
    else specs.set(result.id, result);
  }
  const untold = unused - problems.length;
  if (untold === 1) problems.push(l10n.t('One more entry of {0} cannot be used.', settingName));
  else if (untold > 1) problems.push(l10n.t('{0} more entries of {1} cannot be used.', untold, settingName));
  if (setting.length > maxConfiguredSandboxes) {
    problems.push(
      l10n.t(
        '{0} has {1} entries; only the first {2} are used.',
        settingName,
        setting.length,
        maxConfiguredSandboxes,
      ),
    );
  }
  return { specs: [...specs.values()], problems };
}

/** Reads one entry of the setting; a sentence says why it cannot be used. */
export function readConfiguredSandbox(entry: unknown): SandboxSpec | PlainText {
  if (typeof entry !== 'object' || entry === null)
    return l10n.t('it must be an object with a name and an endpoint.');
  const { name: rawName, endpoint: text, docker, tls: tlsEntry } = entry as Readonly<Record<string, unknown>>;
  const name = typeof rawName === 'string' ? plainText(rawName, maxNameLength) : undefined;
  if (typeof rawName !== 'string' || name === undefined || name === '')
    return l10n.t('its name must be a text that is not empty.');
  if (rawName.length > maxNameLength)
    return l10n.t('its name must have at most {0} characters.', maxNameLength);
  if (typeof text !== 'string')
    return l10n.t('{0} needs an endpoint, such as {1}.', name, 'arcbox+unix:///run/agent.sock');
  if (docker !== undefined && (typeof docker !== 'string' || !/^(\/|\/\/\.\/pipe\/)[^\0]+$/.test(docker))) {
    return l10n.t("the docker of {0} must be the absolute path of its engine's socket.", name);
  }
  const tls = readTls(name, tlsEntry);
  if (typeof tls === 'string') return tls;
  try {
    const endpoint = parseEndpoint(text);
    // What was written tells apart two names that look alike.
    const id = `settings/${rawName}/${formatEndpoint(endpoint)}`;
    return {
      ...{ id, name, endpoint, source: 'settings' },
      ...(docker !== undefined && { dockerSocket: docker }),
      ...(tls && { tls }),
    };
  } catch (error) {
    return messageOf(error);
  }
}

/** Reads the certificates of an entry; a sentence says why they cannot be used. */
function readTls(name: PlainText, entry: unknown): TlsFiles | PlainText | undefined {
  if (entry === undefined) return undefined;
  if (typeof entry !== 'object' || entry === null)
    return l10n.t('the tls of {0} must be an object of files.', name);
  const { caFile, certFile, keyFile, serverName } = entry as Readonly<Record<string, unknown>>;
  if (!isPathOrAbsent(caFile) || !isPathOrAbsent(certFile) || !isPathOrAbsent(keyFile)) {
    return l10n.t('the tls of {0} must name its files by their absolute paths.', name);
  }
  if ((certFile === undefined) !== (keyFile === undefined))
    return l10n.t('the tls of {0} needs certFile and keyFile together.', name);
  if (serverName !== undefined && (typeof serverName !== 'string' || serverName === '')) {
    return l10n.t('the tls of {0} has a serverName that is no name.', name);
  }
  return { caFile, certFile, keyFile, serverName };
}

function isPathOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && isAbsolute(value));
}
