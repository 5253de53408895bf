import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { Document, isAlias, parseAllDocuments, visit } from 'yaml';
import { ConveyorError } from '../../foundation/errors.ts';
import { difference, type Operation } from '../injection/patch.ts';
import type { Transformed } from '../injection/transform.ts';
import { workloadsOf } from './workloads.ts';

/** What became of one workload. */
export interface FileOutcome {
  readonly title: string;
  readonly injected: boolean;
  /** Why not. */
  readonly message: string;
  readonly warnings: readonly string[];
}

/** Manifests with sidecars. */
export interface InjectedText {
  readonly text: string;
  readonly outcomes: readonly FileOutcome[];
}

/**
 * Injects every workload of manifests (YAML of several documents, or JSON) and leaves the rest as it is, comments
 * included; a document without a workload keeps each byte.
 * @throws ConveyorError MALFORMED that says where, for what is no YAML.
 */
export function injectText(
  text: string,
  transform: (pod: Pod, namespace: string) => Transformed,
): InjectedText {
  // kubectl reads YAML 1.1, so `0644` is octal and `on` must be quoted
  const documents = parseAllDocuments(text, { version: '1.1', merge: true });
  if (!Array.isArray(documents)) return { text, outcomes: [] };
  const results = documents.map((document) => injectDocument(parsed(document), transform));
  const outcomes = results.flatMap((result) => result.outcomes);
  if (results.every(({ edited }) => edited === undefined)) return { text, outcomes };
  const texts = results.map(({ edited }, index) => {
    const begin = index === 0 ? 0 : documents[index - 1]?.range[2];
    return edited?.toString({ lineWidth: 0 }) ?? text.slice(begin, documents[index]?.range[2]);
  });
  return { text: joined(texts), outcomes };
}

function parsed(document: Document.Parsed): Document.Parsed {
  const [error] = document.errors;
  if (error === undefined) return document;
  throw new ConveyorError('MALFORMED', error.message.split('\n', 1)[0] ?? '', { cause: error });
}

function joined(texts: readonly string[]): string {
  return (
    texts
      // a directive may stand after the end of a document alone, and the version is the one that kubectl reads anyway
      .map((text) => text.replace(/^(?:%[^\n]*\n)*---\s*?\n/, '').replace(/\n*$/, '\n'))
      .filter((text, index) => index === 0 || text.trim() !== '')
      .join('---\n')
  );
}

function injectDocument(
  document: Document.Parsed,
  transform: (pod: Pod, namespace: string) => Transformed,
): { readonly edited?: Document; readonly outcomes: readonly FileOutcome[] } {
  const content: unknown = document.toJS();
  const operations: Operation[] = [];
  const outcomes = workloadsOf(content).map(({ title, namespace, path, pod }): FileOutcome => {
    const { decision, pod: after, warnings } = transform(pod, namespace);
    operations.push(...difference(pod, after, path));
    const message = decision.inject ? '' : decision.message;
    return { title, injected: decision.inject, message, warnings };
  });
  if (operations.length === 0) return { outcomes };
  // an anchor's node is in several places, and only one of them is to change
  const edited = hasAliases(document)
    ? new Document(content, { version: '1.1', aliasDuplicateObjects: false })
    : document;
  for (const operation of operations) apply(edited, operation);
  return { edited, outcomes };
}

function hasAliases(document: Document.Parsed): boolean {
  let found = false;
  visit(document, (_key, node) => {
    found ||= isAlias(node);
    return found ? visit.BREAK : undefined;
  });
  return found;
}

function apply(document: Document, { op, parts, value }: Operation): void {
  if (op === 'remove') document.deleteIn(parts);
  else document.setIn(parts, document.createNode(value, { aliasDuplicateObjects: false }));
}
