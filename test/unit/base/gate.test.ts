import { expect, test, vi } from 'vitest';
import { Gate } from '../../../src/base/gate.ts';
import { deferred } from '../../support/deferred.ts';

const late = (): Error => new Error('late');

test('only so many pieces of work run at once, the others in their order', async () => {
  const gate = new Gate({ maxAtOnce: 2, patienceMs: 60_000 });
  const works = [0, 1, 2, 3].map(() => deferred());
  const started: number[] = [];
  const results = works.map(({ promise }, index) =>
    gate.run(async () => {
      started.push(index);
      await promise;
      return index;
    }, late),
  );
  expect(started).toEqual([0, 1]);
  works[1]!.resolve();
  await results[1];
  await vi.waitUntil(() => started.length === 3);
  expect(started).toEqual([0, 1, 2]);
  for (const { resolve } of works) resolve();
  expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
});

test('work that never ends is given up for its caller and keeps its place; what waits behind it is not done late', async () => {
  const gate = new Gate({ maxAtOnce: 1, patienceMs: 20 });
  const hung = deferred();
  const stuck = gate.run(() => hung.promise, late);
  let isDone = false;
  const behind = gate.run(() => {
    isDone = true;
    return Promise.resolve(1);
  }, late);
  await expect(stuck).rejects.toThrow('late');
  await expect(behind).rejects.toThrow('late');
  hung.resolve();
  expect(await gate.run(() => Promise.resolve(2), late)).toBe(2);
  expect(isDone).toBe(false);
});

test('work that fails makes room like any other', async () => {
  const gate = new Gate({ maxAtOnce: 1, patienceMs: 60_000 });
  await expect(gate.run(() => Promise.reject(new Error('no')), late)).rejects.toThrow('no');
  expect(await gate.run(() => Promise.resolve(1), late)).toBe(1);
});
