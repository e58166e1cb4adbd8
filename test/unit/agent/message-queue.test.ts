import { expect, test } from 'vitest';
import { maxQueuedBytes, maxQueuedMessages, MessageQueue } from '../../../src/agent/rpc/message-queue.ts';
import { matching } from '../../support/matching.ts';

async function read(queue: MessageQueue): Promise<number> {
  let count = 0;
  for await (const message of queue) count += message.byteLength === 0 ? 1 : message.byteLength;
  return count;
}

test('just so many empty messages may wait unread', async () => {
  const full = new MessageQueue(undefined);
  for (let sent = 0; sent < maxQueuedMessages; sent++) full.push(new Uint8Array());
  full.end();
  expect(await read(full)).toBe(maxQueuedMessages);

  const over = new MessageQueue(undefined);
  for (let sent = 0; sent <= maxQueuedMessages; sent++) over.push(new Uint8Array());
  await expect(read(over)).rejects.toMatchObject({
    code: 'frame_too_large',
    message: matching(new RegExp(`${maxQueuedMessages} messages`)),
  });
});

test('just so many bytes may wait unread', async () => {
  const full = new MessageQueue(undefined);
  full.push(new Uint8Array(maxQueuedBytes));
  full.end();
  expect(await read(full)).toBe(maxQueuedBytes);

  const over = new MessageQueue(undefined);
  over.push(new Uint8Array(maxQueuedBytes));
  over.push(new Uint8Array(1));
  await expect(read(over)).rejects.toMatchObject({ code: 'frame_too_large' });
});

test('what was read makes room', async () => {
  const queue = new MessageQueue(undefined);
  for (let sent = 0; sent < 3; sent++) {
    queue.push(new Uint8Array(maxQueuedBytes));
    expect((await queue.next()).value?.byteLength).toBe(maxQueuedBytes);
  }
});
