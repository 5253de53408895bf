import { ConveyorError } from '../../errors.ts';

const NEWLINE = 0x0a;

/** The lines of a stream of bytes, without empty ones. @throws MALFORMED at a line of more than `maxBytes`. */
export async function* lines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const add = (part: Buffer): void => {
    bytes += part.length;
    if (bytes > maxBytes) throw new ConveyorError('MALFORMED', `a line of more than ${maxBytes} bytes`);
    parts.push(part);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, at));
      from = at + 1;
      const line = Buffer.concat(parts).toString().trim();
      parts = [];
      bytes = 0;
      if (line !== '') yield line;
    }
    // a copy, or a few bytes would hold the whole chunk
    if (from < chunk.length) add(Buffer.from(chunk.subarray(from)));
  }
}
