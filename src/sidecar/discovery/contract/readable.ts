/** Characters of a peer's text that are shown to people, at most. */
const MAX_CHARS = 400;

/**
 * Text that a peer wrote, fit for a terminal and a log: without control characters, which could steer a terminal, and
 * not longer than people read.
 */
export function readable(text: string, maxChars = MAX_CHARS): string {
  const clean = text.slice(0, maxChars).replace(/\p{C}/gu, '\u{FFFD}');
  return text.length > maxChars ? `${clean}…` : clean;
}
