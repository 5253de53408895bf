/** The Services whose certificates are kept, by what their metrics call them. */
export const SERVICES = { injector: 'conveyor-injector', router: 'conveyor-router' } as const;

/** One of them. */
export type ServiceKey = keyof typeof SERVICES;

/** Names by which a Service is called from inside the cluster; the API server calls by the third. */
export function namesOf(service: string, namespace: string): string[] {
  return [
    service,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.cluster.local`,
  ];
}

/** Name of the Secret of a Service's certificate. */
export const secretOf = (service: string): string => `${service}-tls`;
