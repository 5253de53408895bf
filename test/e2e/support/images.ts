/** The images of the tests: those that manifests/overlays/kind name, and the applications of test/e2e/apps. */
export const IMAGES = {
  sidecar: 'e2e.local/conveyor-sidecar:dev',
  examples: 'e2e.local/conveyor-examples:dev',
  apps: 'e2e.local/conveyor-apps:dev',
  prometheus: 'e2e.local/prometheus:3',
} as const;
