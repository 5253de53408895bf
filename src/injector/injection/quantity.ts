import type { ValueType } from '../../foundation/config/value-type.ts';

const UNITS: Readonly<Record<string, number>> = {
  ...{ m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 },
};
const QUANTITY = /^(\d{1,15}(?:\.\d{1,3})?)(m|[kMGT]|[KMGT]i)?$/;

/** A quantity as a number of its base unit; undefined for what is none. */
export function quantityValue(text: string): number | undefined {
  const [, amount, unit = ''] = QUANTITY.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (UNITS[unit] ?? NaN);
}

/**
 * An amount of CPU or memory as Kubernetes writes it, kept as text.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export const quantity: ValueType<string> = {
  allowed: 'a quantity such as 100m, 0.5, 128Mi or 1Gi',
  parse: (text) => (quantityValue(text) === undefined ? undefined : text),
  format: (value) => value,
};
