import type { Metadata } from '@grpc/grpc-js';

const TRACE_HEADERS = ['traceparent', 'tracestate'] as const;

/** The W3C trace headers of a call, to be passed on unchanged. */
export function tracesOf(metadata: Metadata): [string, string][] {
  return TRACE_HEADERS.flatMap((header) => {
    const value = metadata.get(header)[0];
    return typeof value === 'string' ? [[header, value] satisfies [string, string]] : [];
  });
}

/** A whole number that a peer said in a header; undefined where it said none, or something else. */
export function integerOf(metadata: Metadata, header: string): number | undefined {
  const value = metadata.get(header)[0];
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? Number(value) : undefined;
}
