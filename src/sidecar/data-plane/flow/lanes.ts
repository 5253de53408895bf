import type { CallLimits } from '../../routing/call.ts';
import { idHash, recordBytes } from '../../wire/outline.ts';
import { MAX_BATCH_RECORDS } from '../limits.ts';
import { Fifo } from './fifo.ts';
import type { Parcel, Part } from './run.ts';

/** Records that go to a stage in one call, and the lanes that the call holds until it is released. */
export interface LaneCall {
  readonly parts: Part[];
  readonly lanes: Set<string>;
}

interface Lane {
  readonly waiting: Fifo<Parcel>;
  holder: LaneCall | undefined;
}

/** Room that a call in the making still has. */
interface Room {
  records: number;
  bytes: number;
  /** Whether each id in it stands in one of its lanes. */
  inLanes: boolean;
  /** Hashes of the ids of its first `noted` parts: two ids that meet by chance only cost a merge. */
  readonly ids: Set<number>;
  noted: number;
}

/** A call that holds so much has nothing to win from more; larger ones only cost memory. */
const MERGE_BYTES = 1_024 * 1_024;
/** Bytes of a call besides its records and the stage's config: names, ids, options. */
const ENVELOPE_BYTES = 1_024;

/**
 * What waits for one stage. A lane has one call in flight and keeps its order; other lanes go in parallel. Small
 * batches that wait are merged into one call, larger ones go in parts (semantics.md, "Order", "What a call carries").
 */
export class LaneQueue {
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Fifo<Parcel>();
  readonly #envelopeBytes: number;
  #records = 0;

  /** @param configBytes what the stage's config takes in each call. */
  constructor(configBytes = 0) {
    this.#envelopeBytes = ENVELOPE_BYTES + configBytes;
  }

  /** Records that wait. */
  get records(): number {
    return this.#records;
  }

  /** Whether a call could be taken now. */
  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  /** When the first that could be taken now became so; Infinity without one. */
  get readySince(): number {
    return this.#ready.peek()?.readyAt ?? Infinity;
  }

  /** @returns whether it can be taken at once. */
  add(parcel: Parcel, now: number): boolean {
    this.#records += parcel.records.length;
    for (const key of parcel.run.lanes) {
      const lane = this.#lane(key);
      lane.waiting.push(parcel);
      if (lane.waiting.size === 1) parcel.firstIn++;
    }
    return this.#offer(parcel, now);
  }

  /** The records of the next call, within the limits; undefined when no lane is free. */
  take(limits: CallLimits, now: number): LaneCall | undefined {
    const first = this.#ready.shift();
    if (first === undefined) return undefined;
    const call: LaneCall = { parts: [], lanes: new Set() };
    const room: Room = {
      records: limits.maxRecords,
      bytes: limits.maxBytes - this.#envelopeBytes,
      inLanes: true,
      ids: new Set(),
      noted: 0,
    };
    const followers = new Fifo<Parcel>();
    this.#takeFrom(first, { call, room, limits, followers, now });
    room.bytes -= Math.max(0, limits.maxBytes - MERGE_BYTES);
    for (;;) {
      const fromLane = followers.peek();
      const next = fromLane ?? this.#ready.peek();
      if (next === undefined || !this.#fits(next, call, room)) break;
      (fromLane === undefined ? this.#ready : followers).shift();
      this.#takeFrom(next, { call, room, limits, followers, now });
    }
    return call;
  }

  /** The call has ended: its lanes go on. */
  release(call: LaneCall, now: number): void {
    const firsts = new Set<Parcel>();
    for (const key of call.lanes) {
      const lane = this.#lane(key);
      lane.holder = undefined;
      const first = lane.waiting.peek();
      if (first === undefined) this.#lanes.delete(key);
      else firsts.add(first);
    }
    for (const parcel of firsts) this.#offer(parcel, now);
  }

  /** Takes out what waits, so that it is never called. */
  remove(parcel: Parcel, now: number): void {
    this.#records -= parcel.records.length - parcel.taken;
    this.#ready.remove(parcel);
    for (const key of parcel.run.lanes) {
      const lane = this.#lane(key);
      const wasFirst = lane.waiting.peek() === parcel;
      lane.waiting.remove(parcel);
      if (wasFirst) this.#promote(lane, key, now);
    }
  }

  #lane(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { waiting: new Fifo(), holder: undefined };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #promote(lane: Lane, key: string, now: number): void {
    const first = lane.waiting.peek();
    if (first !== undefined) {
      first.firstIn++;
      this.#offer(first, now);
    } else if (lane.holder === undefined) this.#lanes.delete(key);
  }

  /** First in all its lanes, which only the given call may hold. */
  #isFree({ run, firstIn }: Parcel, call: LaneCall | undefined): boolean {
    if (firstIn !== run.lanes.length) return false;
    for (const key of run.lanes) {
      const holder = this.#lanes.get(key)?.holder;
      if (holder !== undefined && holder !== call) return false;
    }
    return true;
  }

  #offer(parcel: Parcel, now: number): boolean {
    if (!this.#isFree(parcel, undefined)) return false;
    parcel.readyAt = now;
    this.#ready.push(parcel);
    return true;
  }

  /** Whether a waiting parcel may join a call: whole, with no id that is in it already, and no watermark passed. */
  #fits(parcel: Parcel, call: LaneCall, room: Room): boolean {
    const { records, taken } = parcel;
    const last = call.parts.at(-1);
    if (last === undefined || last.to < last.parcel.records.length || last.parcel.watermark !== undefined)
      return false;
    if (taken > 0 || records.length > room.records) return false;
    let bytes = 0;
    for (const record of records) bytes += recordBytes(record);
    return bytes <= room.bytes && !sharesId(parcel, call, room);
  }

  #takeFrom(parcel: Parcel, { call, room, limits, followers, now }: Taking): void {
    const from = parcel.taken;
    const part = { parcel, from, to: from + countFitting(parcel, room, limits) };
    call.parts.push(part);
    room.inLanes &&= parcel.inLanes;
    parcel.taken = part.to;
    this.#records -= part.to - from;
    for (const key of parcel.run.lanes) {
      this.#lane(key).holder = call;
      call.lanes.add(key);
    }
    if (part.to < parcel.records.length) {
      // without lanes nothing holds the rest back
      if (parcel.run.lanes.length === 0) this.#ready.unshift(parcel);
      return;
    }
    for (const key of parcel.run.lanes) {
      const { waiting } = this.#lane(key);
      waiting.shift();
      const first = waiting.peek();
      if (first === undefined) continue;
      first.firstIn++;
      if (!this.#isFree(first, call)) continue;
      first.readyAt = now;
      followers.push(first);
    }
  }
}

interface Taking {
  readonly call: LaneCall;
  readonly room: Room;
  readonly limits: CallLimits;
  readonly followers: Fifo<Parcel>;
  readonly now: number;
}

/** Whether an id of the parcel is, or may be, in the call already. Where all ids stand in their lanes, lanes tell. */
function sharesId({ records, run, inLanes }: Parcel, { parts, lanes }: LaneCall, room: Room): boolean {
  if (inLanes && room.inLanes && !run.lanes.some((lane) => lanes.has(lane))) return false;
  for (const part of parts.slice(room.noted)) noteIds(part, room.ids);
  room.noted = parts.length;
  return records.some(({ id }) => id !== undefined && room.ids.has(idHash(id)));
}

function noteIds({ parcel, from, to }: Part, ids: Set<number>): void {
  for (let i = from; i < to; i++) {
    const id = parcel.records[i]?.id;
    if (id !== undefined) ids.add(idHash(id));
  }
}

/** How many more records of the parcel the call takes; a record larger than any call goes alone. */
function countFitting({ records, taken }: Parcel, room: Room, { stated }: CallLimits): number {
  let count = 0;
  for (let i = taken; i < records.length; i++) {
    const record = records[i];
    if (record === undefined) break;
    const bytes = recordBytes(record);
    if (count > 0 && (bytes > room.bytes || (stated && room.records <= 0) || count >= MAX_BATCH_RECORDS))
      break;
    room.bytes -= bytes;
    room.records--;
    count++;
  }
  return count;
}
