import { signalExitCodes } from './exit-codes.ts';

/** How long a command that was interrupted may take to end by itself. */
const graceMs = 800;

/** The wish that this program ends. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Aborts {@link signal}; when the process still runs {@link graceMs} later, it exits, with `exitCode` unless it has one. */
  begin(exitCode: number): void;
}

/**
 * Begins with the first SIGINT or SIGTERM. Whatever then hangs, the process ends within a second; with a second signal it
 * ends at once.
 */
export function watchInterruption(): Interruption {
  const controller = new AbortController();
  const begin = (exitCode: number): void => {
    if (controller.signal.aborted) return;
    controller.abort();
    // Nothing else may keep the process, but if something does, this ends it.
    setTimeout(() => {
      process.exit(process.exitCode ?? exitCode);
    }, graceMs).unref();
  };
  for (const [signal, exitCode] of Object.entries(signalExitCodes)) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCode);
      begin(exitCode);
    });
  }
  return { signal: controller.signal, begin };
}
