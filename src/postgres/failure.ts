/** Anything that was thrown -> the Failure of the report: one place, so that every error says the same things. */
import { classifyFailure, excerptOf, type FailureContext, failureOfClass } from '../report/failure.ts';
import type { Failure } from '../report/outcome.ts';
import { hideData } from '../report/redact.ts';
import { Stop } from '../report/stop.ts';
import { BatchError } from './session.ts';

/** node-postgres' error, as far as it is the server's. */
export interface ServerError {
  readonly code: string | null;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  readonly where: string | null;
  readonly constraint: string | null;
  readonly schema: string | null;
  readonly table: string | null;
  readonly column: string | null;
  /** 1-based, in code points of the statement sent; null for run-time errors. */
  readonly position: number | null;
  /** The server itself said it; otherwise the connection or Node did. */
  readonly fromServer: boolean;
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

export function readServerError(thrown: unknown): ServerError {
  const error = thrown instanceof BatchError ? thrown.cause : thrown;
  const fields = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  // A refused connection to a name of several addresses comes as an AggregateError whose own message is empty.
  const inner = Array.isArray(fields.errors) ? ((fields.errors[0] ?? {}) as Record<string, unknown>) : {};
  const position = Number(fields.position);
  return {
    code: text(fields.code) ?? text(inner.code),
    message: text(fields.message) ?? text(inner.message) ?? String(error),
    detail: text(fields.detail),
    hint: text(fields.hint),
    where: text(fields.where),
    constraint: text(fields.constraint),
    schema: text(fields.schema),
    table: text(fields.table),
    column: text(fields.column),
    position: Number.isInteger(position) && position > 0 ? position : null,
    fromServer: text(fields.severity) !== null,
  };
}

/** Where a failure happened: a place in a file and the source line it points at. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly sourceLine: string | null;
}

/** `showData`: false keeps the rows' values out of what the server said. */
export function failureFrom(
  thrown: unknown,
  place: Place | null,
  context: FailureContext & { readonly showData: boolean },
): Failure {
  const failure = thrown instanceof Stop ? failureOfStop(thrown, context) : failureOfServer(thrown, place, context);
  return context.showData ? failure : hideData(failure);
}

function failureOfServer(thrown: unknown, place: Place | null, context: FailureContext): Failure {
  const error = readServerError(thrown);
  const { class: kind, meaning, next } = classifyFailure(error, context);
  return {
    class: kind,
    // A SQLSTATE is five characters of its own alphabet; Node's codes are words.
    sqlstate: error.fromServer ? error.code : null,
    message: error.message,
    detail: error.detail,
    hint: error.hint,
    where: error.where,
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
    excerpt: place?.sourceLine ? excerptOf(place.sourceLine, place.column) : null,
    meaning,
    next,
  };
}

function failureOfStop(stop: Stop, context: FailureContext): Failure {
  const { reason } = stop;
  const caused = stop.cause !== undefined && reason.class === undefined ? readServerError(stop.cause) : null;
  const classified = caused ? classifyFailure(caused, context) : failureOfClass(reason.class ?? 'internal');
  return {
    class: classified.class,
    sqlstate: caused?.fromServer ? caused.code : null,
    message: reason.message,
    detail: caused?.detail ?? null,
    hint: caused?.hint ?? null,
    where: caused?.where ?? null,
    file: reason.file ?? null,
    line: reason.line ?? null,
    column: reason.column ?? null,
    excerpt: reason.sourceLine ? excerptOf(reason.sourceLine, reason.column ?? null) : null,
    meaning: classified.meaning,
    next: reason.next ?? classified.next,
  };
}
