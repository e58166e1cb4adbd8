/** How a {@link LineReader} reads. */
export interface LineReaderOptions {
  /** Longest line that is told whole, in UTF-16 units; above 0. */
  readonly maxLineLength: number;
  /** Takes each line, without its end; the first `maxLineLength` units of a longer one, with `isCut` true. */
  readonly onLine: (line: string, isCut: boolean) => void;
}

/**
 * Makes lines out of bytes, however these are divided into chunks: UTF-8, ended by LF or CRLF, damaged characters replaced.
 * No more than one line is kept, and of that no more than its limit.
 */
export class LineReader {
  readonly #maxLineLength: number;
  readonly #onLine: (line: string, isCut: boolean) => void;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The beginning of an unfinished line; one unit longer than the limit, which may be the CR of its end. */
  #pending = '';
  #isCut = false;

  constructor({ maxLineLength, onLine }: LineReaderOptions) {
    this.#maxLineLength = maxLineLength;
    this.#onLine = onLine;
  }

  /** Reads a chunk and tells the lines that end in it. */
  push(chunk: Uint8Array): void {
    this.#read(this.#decoder.decode(chunk, { stream: true }));
  }

  /** Tells the last line when the bytes did not end with the end of a line. */
  end(): void {
    this.#read(this.#decoder.decode());
    if (this.#pending !== '') this.#tell();
  }

  #read(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#keep(text, start, end);
      this.#tell();
      start = end + 1;
    }
    this.#keep(text, start, text.length);
  }

  #keep(text: string, start: number, end: number): void {
    const room = this.#maxLineLength + 1 - this.#pending.length;
    this.#pending += text.slice(start, Math.min(end, start + room));
    if (end - start > room) this.#isCut = true;
  }

  #tell(): void {
    const line = !this.#isCut && this.#pending.endsWith('\r') ? this.#pending.slice(0, -1) : this.#pending;
    const isCut = this.#isCut || line.length > this.#maxLineLength;
    this.#pending = '';
    this.#isCut = false;
    this.#onLine(isCut ? withoutHalfPair(line.slice(0, this.#maxLineLength)) : line, isCut);
  }
}

function withoutHalfPair(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}
