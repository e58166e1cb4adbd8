/**
 * Tells where the fields of a message lie, without descending into them: `start` and `end` bound a field's content, which
 * is its bytes where the wire gives a length, and its value otherwise.
 *
 * @param message checked by `checkPayload` before, so that nothing in it points past its end.
 */
export function visitFields(
  message: Uint8Array,
  visit: (number: number, start: number, end: number) => void,
): void {
  const cursor: Cursor = { message, offset: 0 };
  while (cursor.offset < message.byteLength) {
    const tag = readVarint(cursor);
    const length = readContentLength(cursor, tag % 8);
    const start = cursor.offset;
    cursor.offset += length;
    visit(Math.floor(tag / 8), start, cursor.offset);
  }
}

interface Cursor {
  readonly message: Uint8Array;
  offset: number;
}

/** The length of a field's content, which begins at the cursor once this has returned. */
function readContentLength(cursor: Cursor, wireType: number): number {
  switch (wireType) {
    case 0:
      return varintLength(cursor);
    case 1:
      return 8;
    case 2:
      return readVarint(cursor);
    case 3:
      return groupLength(cursor);
    default:
      return 4;
  }
}

function varintLength({ message, offset }: Cursor): number {
  let end = offset;
  while ((message[end] ?? 0) >= 0x80) end++;
  return end + 1 - offset;
}

function groupLength({ message, offset }: Cursor): number {
  const inside: Cursor = { message, offset };
  let depth = 1;
  while (depth > 0 && inside.offset < message.byteLength) {
    const wireType = readVarint(inside) % 8;
    if (wireType === 3) depth++;
    else if (wireType === 4) depth--;
    else {
      // Reading the length moves the cursor, so it has to come first.
      const length = readContentLength(inside, wireType);
      inside.offset += length;
    }
  }
  return inside.offset - offset;
}

function readVarint(cursor: Cursor): number {
  let value = 0;
  let weight = 1;
  for (;;) {
    const byte = cursor.message[cursor.offset++] ?? 0;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value;
    weight *= 128;
  }
}
