/** Where a command writes. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What this process uses, and may use, of the machine. */
export interface Usage {
  /** Microseconds of CPU time since the start, user and system. */
  cpuMicros(): number;
  /** Resident bytes. */
  rssBytes(): number;
  /** What the control group lets it have; undefined without a limit. */
  readonly memoryLimitBytes: number | undefined;
  /** What the machine has. */
  readonly totalMemoryBytes: number;
}

/** Everything that a command gets from the process; nothing else in src knows that there is one. */
export interface Io {
  /** Opened when it is first asked for. */
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The Node that runs this process, for programs that start others. */
  readonly execPath: string;
  readonly version: string;
  /** `v24.0.0`. */
  readonly nodeVersion: string;
  readonly usage: Usage;
}
