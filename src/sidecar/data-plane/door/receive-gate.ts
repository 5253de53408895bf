import type { Admission, ByteBudget, Held } from '../byte-budget.ts';
import type { Gate } from './read-gate.ts';

/** What holds a call of another sidecar back until there is room for its message. */
export interface ReceiveGate extends Gate {
  /** Its message is here: it counts for itself, the room that was kept for it is free. */
  readonly arrived: () => void;
}

/** Asks for the room of one message, now. */
export function receiveGate(budget: ByteBudget, admission: Admission): ReceiveGate {
  // many may be let in before the first of them is read: each takes its room at once
  let expected: Held | undefined;
  const letIn = (): void => {
    expected = budget.expect(admission);
  };
  const wait = budget.admit(admission, letIn);
  if (wait === undefined) letIn();
  const arrived = (): void => {
    expected?.release();
    expected = undefined;
  };
  let asked = false;
  return {
    arrived,
    pass() {
      // the second read of a unary call only sees its end
      if (asked) return undefined;
      asked = true;
      return wait?.admitted;
    },
    close() {
      wait?.abandon();
      arrived();
    },
  };
}
