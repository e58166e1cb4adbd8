import { formatEndpoint, parseEndpoint } from '../agent/endpoint.ts';
import { AgentError, messageOf } from '../agent/errors.ts';
import type { Logger } from '../base/logger.ts';
import { joined, plain, quoted, type PlainText } from '../base/text.ts';
import type { DiscoveredSandbox } from '../sandboxes/model/discovered.ts';
import type { SandboxSpec } from '../sandboxes/model/snapshot.ts';
import { discoverArcbox } from '../sandboxes/sources/arcbox/daemon.ts';
import { arcboxCandidates, findArcboxSockets } from '../sandboxes/sources/arcbox/sockets.ts';
import { specOf } from '../sandboxes/sources/discovery.ts';
import type { Findings } from '../sandboxes/sources/findings.ts';
import { discoverMicrosandbox } from '../sandboxes/sources/microsandbox/discover.ts';
import { maxArgumentLength } from './arguments.ts';
import { readSettingsFiles, settingsFiles } from './settings-files.ts';

/** Most sandboxes of one name that are listed when it tells none of them. */
const maxListed = 10;

/** The sandboxes that can be named. */
export interface KnownSandboxes {
  readonly discovered: readonly DiscoveredSandbox[];
  readonly configured: readonly SandboxSpec[];
  /** Sentences that say why there may be more. */
  readonly notes: readonly PlainText[];
}

/** Looks once for what is on this machine and in the settings. A source that fails is a note, and hides no other. */
export async function lookForSandboxes(signal: AbortSignal, logger: Logger): Promise<KnownSandboxes> {
  const [microsandbox, arcbox, settings] = await Promise.all([
    ask(plain`microsandbox`, () => discoverMicrosandbox(undefined, signal)),
    ask(plain`ArcBox`, async () => {
      const sockets = await findArcboxSockets(arcboxCandidates());
      return sockets === undefined ? noFindings : discoverArcbox(sockets, signal, logger);
    }),
    readSettingsFiles(settingsFiles()),
  ]);
  return {
    discovered: [...microsandbox.sandboxes, ...arcbox.sandboxes],
    configured: settings.specs,
    notes: [...microsandbox.notes, ...arcbox.notes, ...settings.notes],
  };
}

const noFindings: Findings = { sandboxes: [], notes: [] };

async function ask(source: PlainText, look: () => Promise<Findings>): Promise<Findings> {
  try {
    return await look();
  } catch (error) {
    return {
      sandboxes: [],
      notes: [plain`${source} could not be asked for its sandboxes: ${messageOf(error)}`],
    };
  }
}

/**
 * The sandbox that an argument stands for: an endpoint, else the name of one that is configured or was found.
 *
 * @throws AgentError `invalid_endpoint` when it is neither, or the name of several.
 */
export async function sandboxOf(text: string, look: () => Promise<KnownSandboxes>): Promise<SandboxSpec> {
  if (isUrl(text)) return specOfEndpoint(text);
  const known = await look();
  return sandboxNamed(text, known);
}

/** What a URL of ours begins with; a name of this form cannot be used, so that no name ever stands in front of a URL. */
function isUrl(text: string): boolean {
  return /^[a-z0-9-]+\+[a-z0-9]+:/i.test(text) || text.includes('://');
}

function specOfEndpoint(text: string): SandboxSpec {
  const endpoint = parseEndpoint(text);
  const name = formatEndpoint(endpoint);
  return { id: `argument/${name}`, name, endpoint, source: 'settings' };
}

/** The one sandbox of that name; one that is both configured and found is the configured one. */
export function sandboxNamed(text: string, { discovered, configured, notes }: KnownSandboxes): SandboxSpec {
  const candidates = new Map<PlainText, SandboxSpec>();
  for (const spec of [...configured, ...discovered.map(specOf)]) {
    const isNamed = spec.name === text || spec.discovered?.recordName === text;
    const endpoint = formatEndpoint(spec.endpoint);
    if (isNamed && !candidates.has(endpoint)) candidates.set(endpoint, spec);
  }
  const [first, ...others] = candidates.values();
  const name = quoted(text, maxArgumentLength);
  if (first === undefined) {
    throw new AgentError(
      'invalid_endpoint',
      joined(
        [
          plain`${name} is neither an endpoint, such as arcbox+unix:///run/agent.sock, nor a sandbox that sandlight list names.`,
          ...notes,
        ],
        ' ',
      ),
    );
  }
  if (others.length === 0) return first;
  const listed = [...candidates]
    .slice(0, maxListed)
    .map(([endpoint, { source }]) => plain`${endpoint} (${source})`);
  const more = candidates.size > maxListed ? plain`, and ${candidates.size - maxListed} more` : plain``;
  throw new AgentError(
    'invalid_endpoint',
    plain`${name} names ${candidates.size} sandboxes. Give the endpoint of one: ${joined(listed, ', ')}${more}`,
  );
}
