import type { CallOutcome } from '../sandboxes/watch/call-log.ts';
import type { SandboxSnapshot } from '../sandboxes/model/snapshot.ts';

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
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly localAgent: string;
}

/**
 * A report as Markdown. It is made from a list of what is allowed in, and holds neither names nor endpoints, texts of a
 * guest or paths of this machine.
 */
export function diagnosticsText(
  environment: DiagnosticsEnvironment,
  sandboxes: readonly SandboxSnapshot[],
  calls: readonly CallOutcome[],
): string {
  const { settings, ...facts } = environment;
  const list = (entries: Readonly<Record<string, unknown>>): string[] =>
    Object.entries(entries).map(([name, value]) => `- ${name}: ${String(value)}`);
  return [
    '# Sandlight diagnostics',
    '',
    ...list(facts),
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
    '## Latest calls',
    '',
    ...calls.map(
      ({ atMs, call, outcome, elapsedMs }) =>
        `- ${new Date(atMs).toISOString()} ${call}: ${outcome} after ${elapsedMs.toFixed(1)} ms`,
    ),
    '',
  ].join('\n');
}

function sandboxFacts(sandbox: SandboxSnapshot): Readonly<Record<string, unknown>> {
  const {
    source,
    endpoint,
    connection,
    readiness,
    isStale,
    agent,
    capabilities,
    roundTripMs,
    clockOffsetMs,
  } = sandbox;
  const error = connection.phase === 'idle' || connection.phase === 'open' ? null : connection.lastError;
  return {
    source,
    protocol: endpoint.protocol,
    transport: endpoint.transport.kind,
    connection: connection.phase,
    'last error': error?.code ?? 'none',
    readiness,
    stale: isStale,
    'agent version': agent?.version ?? 'unknown',
    capabilities: [...capabilities].join(', '),
    'round trip in ms': roundTripMs?.value.toFixed(2) ?? 'unknown',
    'clock offset in ms': clockOffsetMs?.value.toFixed(0) ?? 'unknown',
    services: sandbox.runtime?.value.services.length ?? 'unknown',
    'published containers': sandbox.ports?.containers.length ?? 'unknown',
    cuts: sandbox.cuts,
  };
}
