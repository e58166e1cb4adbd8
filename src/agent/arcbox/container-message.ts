import * as l10n from '../../base/l10n.ts';
import { plainText } from '../../base/text.ts';
import { AgentError, maxQuotedLength } from '../errors.ts';
import type { ContainerReport, PortChange } from '../facts.ts';
import { ContainerChanged } from '../generated/sandlight/v1/notifications.ts';

/** Whether what an agent told of its engine's containers is current. */
export type EngineVerdict = Extract<PortChange, { readonly kind: 'stale' | 'current' }>;

/** What is told of one container, as it travels. */
export function containerMessage(
  containerId: string,
  { facts, bindings }: ContainerReport,
): ContainerChanged {
  return ContainerChanged.create({
    containerId,
    bindings: [...bindings],
    facts: facts === null ? undefined : { ...facts, startedAtMs: BigInt(Math.trunc(facts.startedAtMs)) },
  });
}

/** What a message tells of its container. */
export function reportOf({ facts, bindings }: ContainerChanged): ContainerReport {
  return {
    facts: facts === undefined ? null : { ...facts, startedAtMs: Number(facts.startedAtMs) },
    bindings,
  };
}

/** A verdict on the engine at Unix time `nowMs`, as it travels: in a message of no container. */
export function verdictMessage(verdict: EngineVerdict, nowMs: number): ContainerChanged {
  const engine =
    verdict.kind === 'current'
      ? { stale: false, reason: '', staleForMs: 0n }
      : {
          stale: true,
          reason: verdict.reason.message,
          staleForMs: BigInt(Math.trunc(nowMs - (verdict.sinceMs ?? nowMs))),
        };
  return ContainerChanged.create({ engine });
}

/** The verdict on the engine that a message carries, received at Unix time `nowMs`; `undefined` when it has none. */
export function verdictOf({ engine }: ContainerChanged, nowMs: number): EngineVerdict | undefined {
  if (engine === undefined) return undefined;
  if (!engine.stale) return { kind: 'current' };
  const words = plainText(engine.reason, maxQuotedLength);
  const reason = new AgentError('remote_error', words === '' ? l10n.t('The agent does not say why.') : words);
  const ageMs = Math.min(Math.max(Number(engine.staleForMs), 0), nowMs);
  return { kind: 'stale', reason, sinceMs: nowMs - ageMs };
}
