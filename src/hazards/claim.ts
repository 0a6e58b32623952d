/** What a statement's text says of what it will do; before anything was run, and whatever the tables hold. */
import type { Effect, Severity } from '../report/outcome.ts';

/** A statement of a pending file, as a rule is asked about it. */
export interface Asked {
  readonly version: string;
  readonly file: string;
  /** 1-based in its file, as in the report. */
  readonly index: number;
  readonly line: number;
  /** Whole. */
  readonly sql: string;
  /** Its migration is one transaction together with its record. */
  readonly transactional: boolean;
}

/** What the statement does to a relation while it holds its lock. Index build: a scan, and as many rows sorted. */
export type Work = 'none' | 'scan' | 'index-build' | 'rewrite';

export interface Claim {
  /** Id of the rule, in words. */
  readonly rule: string;
  readonly version: string;
  readonly file: string;
  readonly index: number;
  readonly line: number;
  /** Cut at 200 characters. */
  readonly statement: string;
  /** As the catalog knows it where the text tells: `orders`, `shop.orders`; unquoted; null: no relation, or not told. */
  readonly relation: string | null;
  /**
   * What is dropped, renamed or moved, where that is no relation (`shop.tenant`), and the column of a type that is
   * changed: what the schema shows of it at the end settles the claim. Absent: it shows nothing of it.
   */
  readonly object?: string;
  /** The strongest lock on that relation, PostgreSQL's own name (`AccessExclusiveLock`); null: none that blocks anybody. */
  readonly lock: string | null;
  readonly work: Work;
  readonly effects: readonly Effect[];
  /**
   * How bad it is. `work`: as bad as the relation is large and busy, and not so at all where the dry run saw that the
   * work is not done. `rows`: as bad as what is destroyed (nothing, on an empty table). `fixed`: `severity`, whatever the size.
   */
  readonly weight: 'work' | 'rows' | 'fixed';
  /** At most, where the weight is not fixed. */
  readonly severity: Severity;
  /** What happens and why, in a sentence or two, with this statement's own names. */
  readonly message: string;
  /** The safe way, written out for this very statement; null: there is none, or nothing is to be done. */
  readonly safer: string | null;
}

/** One row of the catalogue; the documentation is made from it. */
export interface Rule {
  readonly id: string;
  readonly title: string;
  /** What happens and why, for somebody who reads about the rule and not about a statement. */
  readonly why: string;
  readonly safer: string;
  readonly effects: readonly Effect[];
  readonly weight: Claim['weight'];
  readonly severity: Severity;
  /** PostgreSQL majors for which it holds. */
  readonly since: number;
  readonly until: number | null;
  readonly source: 'text' | 'dry run' | 'both';
}
