import { type Document, isMap, isNode, isScalar, type LineCounter } from 'yaml';

/** Keys and indexes from a document's root to a value, as zod gives them. */
export type Path = readonly PropertyKey[];

/** `spec.steps[1]`. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}

/** Tells the line, from 1, of what stands at a path, or of the nearest thing around it that exists. */
export type LineOf = (path: Path) => number;

/** @param counter the line counter that the document was parsed with. */
export function lineOf(document: Document, counter: LineCounter): LineOf {
  const at = (offset: number | undefined): number =>
    offset === undefined ? 1 : Math.max(1, counter.linePos(offset).line);
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const offset = offsetOf(document, path.slice(0, length));
      if (offset !== undefined) return at(offset);
    }
    return at(document.contents?.range?.[0] ?? document.range?.[0]);
  };
}

/** A key's own place tells more than its value's, which may begin a line later. */
function offsetOf(document: Document, path: Path): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last));
    if (isNode(pair?.key)) return pair.key.range?.[0];
  }
  const value = document.getIn(path, true);
  return isNode(value) ? value.range?.[0] : undefined;
}
