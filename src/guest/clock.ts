import { findProgram, programPath, runProgram } from './probes/programs.ts';

/** Sets this machine's clock to a whole second of Unix time; resolves with why it could not, or `undefined`. */
export type SetClock = (unixSeconds: bigint) => Promise<string | undefined>;

const dateTimeoutMs = 5000;

/** For an agent that was not allowed to set the clock. */
export const refuseToSetClock: SetClock = () =>
  Promise.resolve('the agent was started without --allow-clock-set');

/** Sets the clock with the system's `date`, which takes root. */
export const setSystemClock: SetClock = async (unixSeconds) => {
  if (process.platform !== 'linux') return 'setting the clock is only supported on Linux';
  const date = await findProgram('date', programPath(process.env['PATH'] ?? ''));
  if (date === undefined) return 'binary not found: date';
  // -s and not --set: BusyBox knows the short form only. It prints the new time and, on refusal, a complaint.
  const { succeeded, complaint } = await runProgram(date, ['-s', `@${unixSeconds}`], dateTimeoutMs);
  return succeeded ? undefined : complaint;
};
