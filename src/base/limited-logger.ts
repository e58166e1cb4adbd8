import type { Logger } from './logger.ts';
import { plain, type PlainText } from './text.ts';

const minuteMs = 60_000;

/**
 * A logger that passes on at most `maxLinesPerMinute` lines in any one minute that begins with a line; when the minute is
 * over, one more line tells how many it kept back. For what somebody else can make happen without end.
 */
export function limitedLogger(logger: Logger, maxLinesPerMinute: number): Logger {
  let linesInMinute = 0;
  let keptBack = 0;
  let minute: NodeJS.Timeout | undefined;
  const onMinute = (): void => {
    minute = undefined;
    linesInMinute = 0;
    if (keptBack > 0) logger.warn(plain`${keptBack} more lines like these were not written within a minute.`);
    keptBack = 0;
  };
  const limited =
    (level: keyof Logger) =>
    (message: PlainText): void => {
      // Does not keep the process running.
      minute ??= setTimeout(onMinute, minuteMs).unref();
      if (linesInMinute >= maxLinesPerMinute) {
        keptBack++;
        return;
      }
      linesInMinute++;
      logger[level](message);
    };
  return {
    trace: limited('trace'),
    debug: limited('debug'),
    info: limited('info'),
    warn: limited('warn'),
    error: limited('error'),
  };
}
