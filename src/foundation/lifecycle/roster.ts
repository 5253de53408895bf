/**
 * Who is present, in no order. What comes and goes with each batch stands here rather than in a Set: a Set that has grown
 * old changes its table all the time, and each table that it leaves behind keeps whoever stood in it, and all that hangs
 * on them, until the next full collection (measured: nearly every batch was caught by one).
 */
export class Roster<T> {
  readonly #seats: Seat<T>[] = [];

  get size(): number {
    return this.#seats.length;
  }

  /** @returns a function that takes it out; more than once does no more. */
  add(member: T): () => void {
    const seat: Seat<T> = { member, at: this.#seats.length };
    this.#seats.push(seat);
    return () => this.#leave(seat);
  }

  /** Has something done with everybody who is present now; who leaves in the meantime is left out. */
  forEach(act: (member: T) => void): void {
    for (const seat of [...this.#seats]) if (seat.at >= 0) act(seat.member);
  }

  /** The last one takes the seat that was left. */
  #leave(seat: Seat<T>): void {
    if (seat.at < 0) return;
    const last = this.#seats.pop();
    if (last !== undefined && last !== seat) {
      this.#seats[seat.at] = last;
      last.at = seat.at;
    }
    seat.at = -1;
  }
}

interface Seat<T> {
  readonly member: T;
  /** Its place in the row; negative when it was left. */
  at: number;
}
