import * as l10n from '../../base/l10n.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import type { RuntimeStatus } from '../facts.ts';
import { SetupStatus } from '../generated/arcbox/v1/daemon.ts';
import { visitFields } from './top-level-fields.ts';

interface Phase {
  readonly word: () => PlainText;
  /** The phase as the status of a service. */
  readonly status: 'starting' | 'ready' | 'error' | 'not_ready';
}

/** The daemon's phases by number. */
const phases: ReadonlyMap<number, Phase> = new Map<number, Phase>([
  [1, { word: () => l10n.t('initializing'), status: 'starting' }],
  [2, { word: () => l10n.t('assets ready'), status: 'starting' }],
  [3, { word: () => l10n.t('VM starting'), status: 'starting' }],
  [4, { word: () => l10n.t('VM ready'), status: 'starting' }],
  [5, { word: () => l10n.t('network ready'), status: 'starting' }],
  [6, { word: () => l10n.t('ready'), status: 'ready' }],
  [7, { word: () => l10n.t('degraded'), status: 'error' }],
  [8, { word: () => l10n.t('downloading'), status: 'starting' }],
  [9, { word: () => l10n.t('cleaning up'), status: 'not_ready' }],
  [10, { word: () => l10n.t('failed'), status: 'error' }],
]);

const readyWithoutMachine: Phase = {
  word: () => l10n.t('the daemon is ready, but its machine does not run'),
  status: 'not_ready',
};

/** The fields of a SetupStatus that say nothing of the machine: phase and message. */
const fieldsWithoutMachine: ReadonlySet<number> = new Set([1, 6]);

/** Longest message that is kept behind a phase's word. What shows it has its own limit, which is lower. */
const maxMessageLength = 2000;

/**
 * Whether the daemon's machine runs, from a `SetupStatus` that has passed `checkPayload`; `undefined` when it does not
 * tell. On the wire `vm_running = false` looks like a daemon that has no such field. Daemons that have it send others
 * besides: those of April 2026 what they have installed on the host (2 to 4 and 7), later ones that publish `ready`
 * without a machine also why (`storage_recovery`, beyond 7). So a status of nothing but a phase and a message says
 * nothing of the machine, and every other one means what it says.
 */
export function tellsMachineRuns(status: Uint8Array): boolean | undefined {
  if (SetupStatus.decode(status).vmRunning) return true;
  const numbers = new Set<number>();
  visitFields(status, (number) => numbers.add(number));
  return [...numbers].every((number) => fieldsWithoutMachine.has(number)) ? undefined : false;
}

/**
 * The setup of the daemon in the shape of a runtime status. The daemon reports no services; its phase `ready` means, where
 * the machine runs, that Docker in it has answered, and stands for the one service `setup`.
 */
export function runtimeOfSetup(
  { phase, message }: Pick<SetupStatus, 'phase' | 'message'>,
  machineRuns: boolean,
): RuntimeStatus {
  const { word, status } = phaseOf(phase, machineRuns);
  const isReady = status === 'ready';
  const detail = message === '' ? word() : l10n.t('{0}: {1}', word(), plainText(message, maxMessageLength));
  return {
    containerdReady: isReady,
    dockerReady: isReady,
    endpoint: '',
    detail,
    services: [{ name: 'setup', status, detail }],
  };
}

function phaseOf(number: number, machineRuns: boolean): Phase {
  const phase = phases.get(number) ?? { word: () => l10n.t('phase {0}', number), status: 'not_ready' };
  return phase.status === 'ready' && !machineRuns ? readyWithoutMachine : phase;
}
