import { expect } from 'vitest';

/** An asymmetric matcher for a text, typed so that it may stand inside an expected object. */
export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

/** An asymmetric matcher for an error of `code`, and of `message` where it is given. */
export function errorOf(code: string, message?: string | RegExp): unknown {
  return expect.objectContaining({
    code,
    ...(message !== undefined && { message: typeof message === 'string' ? message : matching(message) }),
  });
}
