import * as l10n from '../../base/l10n.ts';
import { plain, type PlainText } from '../../base/text.ts';
import { formatEndpoint } from '../../agent/endpoint.ts';
import type { SandboxSnapshot } from '../../sandboxes/model/snapshot.ts';
import { activityText, clockText, generationLabel, namesText, uptimeText } from '../facts.ts';
import { timeText } from '../quantities.ts';
import type { Fact } from './details-data.ts';

/** What is known of the sandbox. It stays on the screen until something changes: what grows with time says when it was so. */
export function facts(snapshot: SandboxSnapshot, place: PlainText, nowMs: number): readonly Fact[] {
  const { agent, endpoint, clockOffsetMs, system, activity, connection, discovered } = snapshot;
  const found: Fact[] = [{ label: l10n.t('Endpoint'), value: formatEndpoint(endpoint) }];
  const add = (label: PlainText, value: PlainText | undefined): void => {
    if (value !== undefined && value !== '') found.push({ label, value });
  };
  add(l10n.t('Seen from'), place);
  if (connection.phase === 'backoff' || connection.phase === 'failed')
    add(l10n.t('Next attempt'), timeText(connection.retryAtMs, nowMs));
  add(l10n.t('Agent version'), agent?.version);
  if (agent?.generation !== undefined) add(generationLabel(endpoint.protocol), plain`${agent.generation}`);
  if (clockOffsetMs !== null)
    add(l10n.t('Clock'), clockText(clockOffsetMs.value, discovered?.isClockFree === true));
  if (activity !== null) add(l10n.t('Activity'), activityText(activity, true));
  if (system === null) return found;
  const { hostname, osName, osVersion, kernelVersion, arch, cpuCount, distroInitPending } = system.value;
  if (distroInitPending) add(l10n.t('Start'), l10n.t('guest still initialising'));
  add(l10n.t('Host name'), hostname);
  add(l10n.t('System'), namesText(osName, osVersion));
  add(l10n.t('Kernel'), namesText(kernelVersion, arch));
  if (cpuCount > 0) add(l10n.t('Processors'), plain`${cpuCount}`);
  add(l10n.t('Uptime'), uptimeText(system, true));
  return found;
}
