/** The least that reading from a connection asks of it: text goes by the simple protocol when there are no values. */
export interface Queryable {
  // biome-ignore lint/suspicious/noExplicitAny: rows are what the query says; each caller names their shape.
  query<Row = any>(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}
