import type { EnsureOutcome, PortBinding, RuntimeStatus, SystemFacts } from '../agent/facts.ts';
import {
  RuntimeEnsureResponse,
  RuntimeStatusResponse,
  SystemInfo,
} from '../agent/generated/arcbox/v1/agent.ts';
import { PortBinding as PortBindingMessage } from '../agent/generated/arcbox/v1/common.ts';

/*
 * The command line prints what a guest tells, of whatever family, as the canonical proto3 JSON of the ArcBox message that
 * carries it.
 */

/** As `arcbox.v1.SystemInfo`. */
export function systemInfoJson(system: SystemFacts): unknown {
  const { loadAverage, ipAddresses } = system;
  const message = { ...system, loadAverage: [...loadAverage], ipAddresses: [...ipAddresses] };
  return SystemInfo.toJSON(SystemInfo.fromPartial(message));
}

/** As `arcbox.v1.RuntimeStatusResponse`. */
export function runtimeStatusJson(status: RuntimeStatus): unknown {
  return RuntimeStatusResponse.toJSON(
    RuntimeStatusResponse.fromPartial({ ...status, services: [...status.services] }),
  );
}

/** As `arcbox.v1.RuntimeEnsureResponse`. */
export function ensureOutcomeJson(outcome: EnsureOutcome): object {
  return RuntimeEnsureResponse.toJSON(RuntimeEnsureResponse.fromPartial(outcome)) as object;
}

/** As `arcbox.v1.PortBinding`. */
export function portBindingJson(binding: PortBinding): unknown {
  return PortBindingMessage.toJSON(PortBindingMessage.fromPartial(binding));
}
