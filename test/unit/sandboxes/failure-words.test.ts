import { expect, test } from 'vitest';
import { plain, plainText } from '../../../src/base/text.ts';
import { FailureWords, maxReasons } from '../../../src/sandboxes/watch/failure-words.ts';

test('tells a reason once, then how many tries there were, ever more seldom', () => {
  const words = new FailureWords();
  const said = Array.from({ length: 40 }, (_, index) => words.wordsFor(plain`no socket`, index + 1));
  expect(said.filter((line) => line !== undefined)).toEqual([
    'no socket',
    ...[3, 7, 15, 31].map((tries) => `still unreachable, ${tries} tries`),
  ]);
  words.forget();
  expect(words.wordsFor(plain`no socket`, 1)).toBe('no socket');
});

test('reasons that take turns are told once each, and no more than a few', () => {
  const words = new FailureWords();
  const said = Array.from({ length: 100 }, (_, index) => words.wordsFor(plainText(`reason ${index}`, 20), 1));
  expect(said.filter((line) => line !== undefined)).toHaveLength(maxReasons);
});
