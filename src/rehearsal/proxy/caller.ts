/** A connection that the tool has made to us, and whoever answers it: the rehearsal's one session, or a session of its own. */
import type { Fields, Frame } from './wire.ts';

/** One connection of the tool, after it has said the right password. */
export interface Caller {
  /** 1, 2, 3, ... in the order in which they came. */
  readonly id: number;
  /** What it asked for as it connected: `user`, `database`, `application_name`, `options`, `client_encoding`, ... */
  readonly parameters: ReadonlyMap<string, string>;
  /** Sends bytes to the tool. False: it does not read as fast; `onDrain` tells when it has caught up. */
  send(bytes: Buffer): boolean;
  onDrain(listener: () => void): void;
  /** Backpressure the other way: nothing more is read of it until `resume`. */
  pause(): void;
  resume(): void;
  /** Closes the connection after these bytes. */
  end(last?: Buffer): void;
}

/** What the tool is told as its connection begins, or why it may not. */
export type Admission =
  | {
      readonly kind: 'admitted';
      /** ParameterStatus: `server_version`, `client_encoding`, ... */
      readonly parameters: ReadonlyMap<string, string>;
      /** As pg_backend_pid() would say. */
      readonly pid: number;
    }
  /** ErrorResponse, after which the connection ends. */
  | { readonly kind: 'refused'; readonly fields: Fields };

/** Answers callers. Nothing of it may throw. */
export interface Host {
  admit(caller: Caller): Promise<Admission>;
  /** Messages in order, all that came at once; never a startup, a password, or Terminate. */
  hear(caller: Caller, frames: readonly Frame[]): void;
  /** It said Terminate, or its connection is gone. Once for each caller that was admitted. */
  left(caller: Caller): void;
  /** A cancel request with this caller's key came. */
  cancel(caller: Caller): void;
}
