import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ReadingTurns } from '../../../src/docker/reading-turns.ts';

it('lets everything else have its turn after so many bytes, whoever read them', async () => {
  const turns = new ReadingTurns(100);
  let readBytes = 0;
  const read = async (): Promise<void> => {
    for (let chunk = 0; chunk < 30; chunk++) {
      await turns.take(10);
      readBytes += 10;
    }
  };
  const reading = Promise.all([read(), read()]);
  // Bytes of the turn that begins here, and of those before it.
  for (let turn = 1; readBytes < 600; turn++) {
    await nextTurn();
    expect(readBytes).toBeLessThanOrEqual(100 * (turn + 1));
  }
  await reading;
});
