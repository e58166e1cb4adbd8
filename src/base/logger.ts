import type { PlainText } from './text.ts';

/** Where the layers below VS Code report; a `LogOutputChannel` is one. */
export interface Logger {
  trace(message: PlainText): void;
  debug(message: PlainText): void;
  info(message: PlainText): void;
  warn(message: PlainText): void;
  error(message: PlainText): void;
}

const ignore = (): void => undefined;

/** Discards everything. */
export const silentLogger: Logger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
};
