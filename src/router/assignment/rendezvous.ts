/** At most so many replicas of a stage are listed (semantics, Replicas). */
export const MAX_REPLICAS = 32;

/** FNV-1a over UTF-16 units. @see http://www.isthe.com/chongo/tech/comp/fnv/ */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3: every bit of the input moves half of the output's. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Something to choose from; `key` is its name, `hash` the hash of it. */
export interface Choice {
  readonly key: string;
  readonly hash: number;
}

/**
 * The choices with the highest scores for one chooser, itself left out, best first: each chooser has its own order,
 * so load spreads, and one that comes or goes moves only what falls to it (rendezvous hashing).
 */
export function choose<T extends Choice>(chooser: Choice, choices: readonly T[], limit = MAX_REPLICAS): T[] {
  const best: { readonly score: number; readonly choice: T }[] = [];
  const salt = Math.imul(chooser.hash, 0x9e3779b1);
  for (const choice of choices) {
    if (choice.key === chooser.key) continue;
    const score = mixed(choice.hash ^ salt);
    const last = best.at(-1);
    if (best.length >= limit && last !== undefined && !precedes(score, choice, last)) continue;
    let at = best.length;
    while (at > 0 && precedes(score, choice, best[at - 1])) at--;
    best.splice(at, 0, { score, choice });
    if (best.length > limit) best.pop();
  }
  return best.map(({ choice }) => choice);
}

function precedes(
  score: number,
  { key }: Choice,
  other: { readonly score: number; readonly choice: Choice } | undefined,
): boolean {
  if (other === undefined) return false;
  return score === other.score ? key < other.choice.key : score > other.score;
}
