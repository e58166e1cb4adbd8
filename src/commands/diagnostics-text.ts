import { connectionError } from '../sandboxes/model/connection.ts';
import type { CallLog, CallOutcome } from '../sandboxes/watch/call-log.ts';
import type { SandboxSnapshot } from '../sandboxes/model/snapshot.ts';
import type { PortBook } from '../sandboxes/model/port-book.ts';

/** Where and in what the extension runs. */
export interface DiagnosticsEnvironment {
  readonly extensionVersion: string;
  readonly editor: string;
  readonly nodeVersion: string;
  readonly platform: string;
  /** `ui` or `workspace`. */
  readonly extensionHost: string;
  readonly remoteName: string;
  /** Names and values of settings that hold no secret. */
  readonly settings: Readonly<Record<string, number | boolean>>;
  readonly localAgent: string;
}

/** Longest value from somebody else, in characters. */
const maxWordsLength = 60;

/**
 * A report as Markdown. It is made from a list of what is allowed in, and holds neither names nor endpoints, texts of a
 * guest or paths of this machine; of the one text that comes from a guest, its version, only what cannot be markup is left.
 */
export function diagnosticsText(
  environment: DiagnosticsEnvironment,
  sandboxes: readonly SandboxSnapshot[],
  calls: Pick<CallLog, 'outcomes' | 'failures'>,
): string {
  const { settings, ...facts } = environment;
  return [
    '# Sandlight diagnostics',
    '',
    ...list(Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, bareWords(value)]))),
    '',
    '## Settings',
    '',
    ...list(settings),
    ...sandboxes.flatMap((sandbox, index) => [
      '',
      `## Sandbox ${index + 1}`,
      '',
      ...list(sandboxFacts(sandbox)),
    ]),
    '',
    '## Calls that failed',
    '',
    ...calls.failures.map(({ latest, times }) => `${callLine(latest)}, ${times} times in all`),
    '',
    '## Latest calls',
    '',
    ...calls.outcomes.map(callLine),
    '',
  ].join('\n');
}

function callLine({ atMs, call, outcome, elapsedMs }: CallOutcome): string {
  return `- ${new Date(atMs).toISOString()} ${call}: ${outcome} after ${elapsedMs.toFixed(1)} ms`;
}

function list(entries: Readonly<Record<string, string | number | boolean>>): readonly string[] {
  return Object.entries(entries).map(([name, value]) => `- ${name}: ${String(value)}`);
}

/**
 * Somebody else's words without any character that Markdown, HTML or a bug tracker could act on: a run of those becomes a
 * question mark.
 */
export function bareWords(text: string): string {
  return text.slice(0, maxWordsLength).replace(/[^0-9A-Za-z.+ -]+/g, '?');
}

/** Words of ours and numbers, but for {@link bareWords}. */
function sandboxFacts(sandbox: SandboxSnapshot): Readonly<Record<string, string | number | boolean>> {
  const { agent, connection, endpoint, ports, roundTripMs, clockOffsetMs, runtime } = sandbox;
  return {
    source: sandbox.source,
    protocol: endpoint.protocol,
    transport: endpoint.transport.kind,
    connection: connection.phase,
    'last error': connectionError(connection)?.code ?? 'none',
    readiness: sandbox.readiness,
    stale: sandbox.isStale,
    'agent version': agent === null ? 'unknown' : bareWords(agent.version),
    'protocol generation': agent?.generation ?? 'unknown',
    capabilities: [...sandbox.capabilities].join(', '),
    'round trip in ms': roundTripMs?.value.toFixed(2) ?? 'unknown',
    'clock offset in ms': clockOffsetMs?.value.toFixed(0) ?? 'unknown',
    services: runtime?.value.services.length ?? 'unknown',
    ports: ports.kind === 'known' && ports.stale !== null ? 'stale' : ports.kind,
    'published containers': ports.kind === 'known' ? publishing(ports.book) : 'unknown',
    'ports left out': ports.kind === 'known' ? ports.book.leftOut : 'unknown',
    cuts: sandbox.cuts,
  };
}

function publishing({ containers }: PortBook): number {
  return containers.reduce((count, { bindings }) => count + (bindings.length > 0 ? 1 : 0), 0);
}
