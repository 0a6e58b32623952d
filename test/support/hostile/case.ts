/** One bad input of the corpus, and what the run over it must say. */

export interface Case {
  readonly name: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** In place of `database-url`, made of the parts of a URL that works. */
  readonly url?: (parts: UrlParts) => string;
  readonly env?: Readonly<Record<string, string>>;
  /** In the workspace; by default one good migration. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly folders?: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
  /** Whatever else is to be done to the workspace. */
  readonly spoil?: (workspace: string) => void;
  readonly ref?: string;
  readonly exit: 1 | 2 | 3;
  /** What the report's text must say, all of it. */
  readonly says: readonly (string | RegExp)[];
}

export interface UrlParts {
  readonly user: string;
  /** As it must be written in a URL. */
  readonly password: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
}

/** The password of a URL that works. Whatever else is secret in the corpus holds `hush`. */
export const SECRET = 'hush/Höh le#9@x';
export const GOOD = { 'migrations/01_ok.sql': 'CREATE TABLE ok (id bigint PRIMARY KEY);\n' };
export const PRODUCTION = 'refs/tags/v1.4.0';

/** One bad migration after a good one: neither may be applied. */
export const bad = (text: string | Uint8Array) => ({ ...GOOD, 'migrations/02_bad.sql': text });
export const urlOf = (parts: UrlParts, rest = '') =>
  `postgresql://${parts.user}:${parts.password}@${parts.host}:${parts.port}/${parts.database}${rest}`;

/** A value of an input, refused before anything is connected to; what is wrong is said with the input and the value. */
export function refusedInput(input: string, value: string, ...says: readonly (string | RegExp)[]): Case {
  const plain = /^[\x20-\x7e]{1,60}$/.test(value) && !/["'\\`]/.test(value);
  const name = `${input}: ${plain ? value : JSON.stringify(value).slice(0, 60)}`;
  return { name, inputs: { [input]: value }, exit: 2, says: [input, ...(plain ? [value.trim()] : []), ...says] };
}
