import { KEYS } from '../../report/redact.ts';
import { known } from '../names.ts';
import type { Finding, Rules } from './rule.ts';

export const securityRules: Rules = {
  'role-power': [
    ({ role, powers }) => ({
      rule: 'powerful-role',
      message: `\`${role}\` becomes ${powers.join(', ')}: no privilege or policy of this database holds it`,
      safer: 'Grant what is needed, object by object',
    }),
  ],
  grant: [
    ({ powerful, what, toPublic }) => {
      if (powerful !== null)
        return {
          rule: 'powerful-role',
          message: `\`${powerful}\` reaches past the privileges of this database`,
          safer: 'Grant what is needed, object by object',
        };
      return toPublic
        ? { rule: 'grant-to-public', message: `every role gets privileges on \`${what}\``, safer: 'Name the roles' }
        : null;
    },
  ],
  'create-object': [
    ({ what, name, unsafeDefiner }) =>
      unsafeDefiner
        ? {
            rule: 'definer-without-search-path',
            message: `the ${what} \`${known(name)}\` runs with its owner's rights and finds names by the caller's search_path`,
            safer: 'Add SET search_path = pg_catalog, pg_temp to it, and qualify the names in it',
          }
        : null,
  ],
};

/** What secrets look like; bounded, so that no text exhausts the matcher. */
const SECRETS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a password', pattern: /\bpassword\s+'(?!\s*')[^']{1,300}'/i },
  { what: 'a password', pattern: /\boptions\s*\([^)]{0,500}?\bpassword\s+'(?!\s*')[^']{1,300}'/i },
  { what: 'a password', pattern: /\bconnection\s+'[^']{0,500}?\bpassword\s*=[^']{1,300}'/i },
  { what: 'a password', pattern: /\bpostgres(?:ql)?:\/\/[^\s:@/']{1,100}:[^\s@/']{1,200}@/i },
  ...KEYS,
];

/** Never says the secret. */
export function secretIn(sql: string): Finding | null {
  const found = SECRETS.find(({ pattern }) => pattern.test(sql));
  if (found === undefined) return null;
  return {
    rule: 'secret-in-file',
    message: `${found.what} stands in the file, for everybody who can read the repository`,
    safer: 'Change it, and set it outside of the migrations',
  };
}
