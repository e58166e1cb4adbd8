import type { Logger } from './logger.ts';
import { plain, type PlainText } from './text.ts';

/** Lines that are written in a minute; what the user sees of a log should be what happened, not what happened again. */
export const maxLinesPerMinute = 300;

const minuteMs = 60_000;

/**
 * A logger that writes at most `maxLines` lines a minute to `logger`. Lines over that are counted, and the count is written
 * when the minute is over.
 */
export function limitedLogger(
  logger: Logger,
  now: () => number = Date.now,
  maxLines = maxLinesPerMinute,
): Logger {
  let minuteBeganMs = -Infinity;
  let written = 0;
  let leftOut = 0;
  const write = (level: keyof Logger, message: PlainText): void => {
    const nowMs = now();
    if (nowMs - minuteBeganMs >= minuteMs) {
      if (leftOut > 0) logger.warn(plain`${leftOut} more lines of the last minute were left out.`);
      minuteBeganMs = nowMs;
      written = 0;
      leftOut = 0;
    }
    if (written >= maxLines) {
      leftOut++;
      return;
    }
    written++;
    logger[level](message);
  };
  return {
    trace: (message) => {
      write('trace', message);
    },
    debug: (message) => {
      write('debug', message);
    },
    info: (message) => {
      write('info', message);
    },
    warn: (message) => {
      write('warn', message);
    },
    error: (message) => {
      write('error', message);
    },
  };
}
