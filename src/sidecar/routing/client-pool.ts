import { type ChannelCredentials, Client } from '@grpc/grpc-js';
import { ANSWER_WINDOW_BYTES } from '../../foundation/grpc/http2.ts';
import type { Clock } from '../../foundation/lifecycle/clock.ts';

/** How channels to services and sidecars are made and kept. */
export interface ClientPoolOptions {
  readonly clock: Clock;
  readonly credentials: ChannelCredentials;
  /** The largest answer that is taken. */
  readonly maxMessageBytes: number;
  /** Channels at one time; past it the one that was unused longest goes. */
  readonly maxChannels: number;
  /** A channel without calls for so long is closed. */
  readonly idleMs: number;
}

interface Entry {
  readonly client: Client;
  calls: number;
  usedAt: number;
}

/** A channel that is held while a call runs on it. */
export interface Lease {
  readonly client: Client;
  /** Ends the lease. @param stuck the channel is not to be used again: the next call gets a fresh one. */
  release(stuck: boolean): void;
}

/** One channel an endpoint, shared by all calls to it. */
export class ClientPool {
  readonly #options: ClientPoolOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: ClientPoolOptions) {
    this.#options = options;
  }

  /** Open channels. */
  get size(): number {
    return this.#entries.size;
  }

  /** The channel of an endpoint (`host:port`) for one call. */
  lease(endpoint: string): Lease {
    let entry = this.#entries.get(endpoint);
    if (entry === undefined) {
      this.#makeRoom();
      entry = { client: this.#dial(endpoint), calls: 0, usedAt: 0 };
      this.#entries.set(endpoint, entry);
    }
    const held = entry;
    held.calls++;
    held.usedAt = this.#options.clock.now();
    return {
      client: held.client,
      release: (stuck) => {
        held.calls--;
        if (stuck) this.#evict(endpoint, held);
        else if (held.calls === 0 && this.#entries.get(endpoint) !== held) held.client.close();
      },
    };
  }

  /** Closes what was not used for a while. To be called now and then. */
  sweep(): void {
    const before = this.#options.clock.now() - this.#options.idleMs;
    for (const [endpoint, entry] of this.#entries) {
      if (entry.calls === 0 && entry.usedAt <= before) this.#evict(endpoint, entry);
    }
  }

  /** Closes all channels; calls that run on them fail. */
  close(): void {
    for (const { client } of this.#entries.values()) client.close();
    this.#entries.clear();
  }

  #dial(endpoint: string): Client {
    return new Client(endpoint, this.#options.credentials, {
      'grpc.max_receive_message_length': this.#options.maxMessageBytes,
      'grpc.max_send_message_length': -1,
      'grpc-node.flow_control_window': ANSWER_WINDOW_BYTES,
      // without it a fresh channel would share the connection of the one that it replaces
      'grpc.use_local_subchannel_pool': 1,
      // longer than any drain: a ping after a graceful GOAWAY kills the calls that are draining (grpc/grpc-node#3068)
      'grpc.keepalive_time_ms': 60_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.min_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.service_config_disable_resolution': 1,
      'grpc.enable_retries': 0,
      // nothing here serves channelz; on a server it is needed (shutdown)
      'grpc.enable_channelz': 0,
    });
  }

  #evict(endpoint: string, entry: Entry): void {
    if (this.#entries.get(endpoint) === entry) this.#entries.delete(endpoint);
    // calls that still run on it end by themselves; the last one closes it
    if (entry.calls === 0) entry.client.close();
  }

  #makeRoom(): void {
    if (this.#entries.size < this.#options.maxChannels) return;
    let oldest: [string, Entry] | undefined;
    for (const each of this.#entries) {
      if (each[1].calls === 0 && (oldest === undefined || each[1].usedAt < oldest[1].usedAt)) oldest = each;
    }
    if (oldest !== undefined) this.#evict(...oldest);
  }
}
