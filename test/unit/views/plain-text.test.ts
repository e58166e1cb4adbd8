import { expect, test } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import { breakable, inert } from '../../../src/views/plain-text.ts';

test('what VS Code gives a meaning to becomes plain text', () => {
  expect(inert(plain`$(flame) [x](command:y)`)).toBe('$ (flame) [x] (command:y)');
});

test('a long endpoint may be broken after its separators, and reads the same', () => {
  const broken = breakable('Entry 2 of sandlight.sandboxes: arcbox+tcp://example.com:7000. Correct it.');
  expect(broken.split('\u200b')).toEqual([
    'Entry 2 of sandlight.',
    'sandboxes: arcbox+tcp://',
    'example.',
    'com:',
    '7000. Correct it.',
  ]);
});
