import { describe, expect, it } from 'vitest';
import { readUrl, secretsInUrl } from '../../src/request/url.ts';

const PARSED = {
  host: 'db.example.com',
  port: 5432,
  database: 'shop',
  user: 'deploy',
  password: 'hunter2',
  sslMode: null,
  sslRootCert: null,
  channelBinding: null,
  connectTimeoutMs: null,
};

describe('URLs that are taken', () => {
  it.each([
    ['postgres://deploy:hunter2@db.example.com/shop', {}],
    ['postgresql://deploy:hunter2@db.example.com:6432/shop', { port: 6432 }],
    ['postgresql+psycopg2://deploy:hunter2@db.example.com/shop', {}],
    ['POSTGRES://deploy:hunter2@db.example.com/shop', {}],
    ['postgres://deploy@db.example.com/shop', { password: null }],
    ['postgres://deploy:@db.example.com/shop', { password: null }],
    ['postgres://deploy:p%40ss%2Fw%23rd%3F@db.example.com/shop', { password: 'p@ss/w#rd?' }],
    ['postgres://deploy:p@ss@db.example.com/shop', { password: 'p@ss' }],
    ['postgres://deploy:a:b%25 ^|$&[@db.example.com/shop', { password: 'a:b% ^|$&[' }],
    ['postgres://deploy:a+b@db.example.com/shop', { password: 'a+b' }],
    ['postgres://deploy:p%C3%A4ss@db.example.com/shop', { password: 'päss' }],
    ['postgres://de%3Aploy:hunter2@db.example.com/my%20shop%2F1', { user: 'de:ploy', database: 'my shop/1' }],
    ['postgres://deploy:hunter2@[::1]:5433/shop', { host: '::1', port: 5433 }],
    ['postgres://deploy:hunter2@[2001:db8::7]/shop', { host: '2001:db8::7' }],
    ['postgres://deploy:hunter2@10.0.0.7/shop', { host: '10.0.0.7' }],
    ['postgres://deploy:hunter2@/shop?host=/var/run/postgresql', { host: '/var/run/postgresql' }],
    ['postgres:///shop?host=%2Fvar%2Frun%2Fpostgresql&user=deploy', { host: '/var/run/postgresql', password: null }],
    ['postgres://deploy:hunter2@%2Fvar%2Frun%2Fpostgresql/shop', { host: '/var/run/postgresql' }],
    ['postgres://?host=db.example.com&user=deploy&password=hunter2&dbname=shop&port=99', { port: 99 }],
    ['postgres://deploy:hunter2@db.example.com/shop?', {}],
    ['postgres://deploy:hunter2@db.example.com/shop?sslmode=verify-full', { sslMode: 'verify-full' }],
    [
      'postgres://deploy:hunter2@db.example.com/shop?sslmode=require&sslrootcert=/ca.pem',
      { sslMode: 'require', sslRootCert: '/ca.pem' },
    ],
    ['postgres://deploy:hunter2@db.example.com/shop?connect_timeout=7', { connectTimeoutMs: 7000 }],
    [
      'postgres://deploy:hunter2@db.example.com/shop?application_name=x&channel_binding=require&uselibpqcompat=true',
      { channelBinding: 'require' },
    ],
    ['postgres://deploy:hunter2@db.example.com/shop?target_session_attrs=read-write', {}],
  ])('%s', (text, changes) => {
    expect(readUrl(text)).toEqual({ kind: 'url', url: { ...PARSED, ...changes } });
  });
});

describe('URLs that are refused, without a word of theirs', () => {
  it.each([
    ['white space only', '   ', 'white space only'],
    ['leading space', ' postgres://deploy:hunter2@h/shop', 'white space'],
    ['line break behind', 'postgres://deploy:hunter2@h/shop\n', 'white space'],
    ['line break inside', 'postgres://deploy:hun\nter2@h/shop', 'control character'],
    ['double quotes', '"postgres://deploy:hunter2@h/shop"', 'quotes'],
    ['single quotes', "'postgres://deploy:hunter2@h/shop'", 'quotes'],
    ['libpq keywords', 'host=h user=deploy password=hunter2', 'keywords'],
    ['dbname first', 'dbname=shop password=hunter2 host=h', 'keywords'],
    ['JDBC', 'jdbc:postgresql://h/shop?user=deploy&password=hunter2', 'JDBC'],
    ['another database', 'mysql://deploy:hunter2@h/shop', 'postgres://'],
    ['no scheme', 'deploy:hunter2@h/shop', 'postgres://'],
    ['one slash', 'postgres:/deploy:hunter2@h/shop', 'postgres://'],
    ['unexpanded variable', '$DATABASE_URL', 'postgres://'],
    ['several hosts', 'postgres://deploy:hunter2@h1:1,h2:2/shop', 'more than one host'],
    ['several hosts as parameter', 'postgres://deploy:hunter2@/shop?host=h1,h2', 'more than one host'],
    ['# in the password', 'postgres://deploy:hun#ter2@h/shop', '%23'],
    ['/ in the password', 'postgres://deploy:hun/ter2@h/shop', '%2F'],
    ['? in the password', 'postgres://deploy:hun?ter2@h/shop', '%3F'],
    ['? and = in the password', 'postgres://deploy:hun?ter2=x@h/shop', '%3F'],
    ['bad escape in the password', 'postgres://deploy:hunter%2@h/shop', '%25'],
    ['bare % in the password', 'postgres://deploy:hun%ter2@h/shop', '%25'],
    ['escape that is no UTF-8', 'postgres://deploy:hunter2%ff@h/shop', '%25'],
    ['zero byte', 'postgres://deploy:hunter2%00@h/shop', 'zero byte'],
    ['bad escape in the database', 'postgres://deploy:hunter2@h/sh%zzop', 'database name'],
    ['no host', 'postgres://deploy:hunter2@/shop', 'no host'],
    ['no user', 'postgres://h/shop', 'no user'],
    ['no database', 'postgres://deploy:hunter2@h', 'no database'],
    ['no database, with a slash', 'postgres://deploy:hunter2@h/', 'no database'],
    ['a path as database', 'postgres://deploy:hunter2@h/shop/x', '/'],
    ['port 0', 'postgres://deploy:hunter2@h:0/shop', '65535'],
    ['port too large', 'postgres://deploy:hunter2@h:65536/shop', '65535'],
    ['port of letters', 'postgres://deploy:hunter2@h:five/shop', '65535'],
    ['empty port', 'postgres://deploy:hunter2@h:/shop', '65535'],
    ['bare IPv6', 'postgres://deploy:hunter2@::1/shop', 'brackets'],
    ['no IPv6 in brackets', 'postgres://deploy:hunter2@[db]/shop', 'IPv6'],
    ['space in the host', 'postgres://deploy:hunter2@my host/shop', 'host'],
    ['unexpanded variable as host', 'postgres://deploy:hunter2@$HOST/shop', 'host'],
    ['unknown parameter', 'postgres://deploy:hunter2@h/shop?schema=public', '`schema`'],
    ['options', 'postgres://deploy:hunter2@h/shop?options=-c%20x%3D1', '`options`'],
    ['ssl', 'postgres://deploy:hunter2@h/shop?ssl=true', 'sslmode=require'],
    ['client certificate', 'postgres://deploy:hunter2@h/shop?sslcert=a.pem', 'not supported yet'],
    ['client key', 'postgres://deploy:hunter2@h/shop?sslkey=a.pem', 'not supported yet'],
    ['bad sslmode', 'postgres://deploy:hunter2@h/shop?sslmode=on', 'verify-full'],
    ['bad connect_timeout', 'postgres://deploy:hunter2@h/shop?connect_timeout=soon', 'seconds'],
    ['read-only session', 'postgres://deploy:hunter2@h/shop?target_session_attrs=standby', 'read-write'],
    ['parameter twice', 'postgres://deploy:hunter2@h/shop?sslmode=require&sslmode=disable', 'twice'],
    ['part twice', 'postgres://deploy:hunter2@h/shop?password=hunter2', 'twice'],
    ['parameter without =', 'postgres://deploy:hunter2@h/shop?hunter2', 'name=value'],
  ])('%s', (_what, text, fragment) => {
    const reading = readUrl(text);
    const message = reading.kind === 'bad' ? reading.problems.join('\n') : '';
    expect(reading.kind).toBe('bad');
    expect(message).toContain(fragment);
    for (const part of ['hunter2', 'hun', 'ter2', 'deploy']) expect(message).not.toContain(part);
  });

  it('says all at once', () => {
    const reading = readUrl('postgres://:x@h:0?nonsense=1&sslmode=on');
    expect(reading).toMatchObject({ kind: 'bad', problems: { length: 5 } });
  });
});

describe('the secrets of a URL', () => {
  it.each([
    ['postgres://u:p%40ss@h/d', ['p%40ss', 'p@ss', 'p%2540ss']],
    ['postgres://u:p@ss@h/d', ['p@ss', 'p%40ss']],
    ['postgres://u:hun/ter2@h/d', ['hun/ter2', 'hun%2Fter2']],
    ['postgres://u:hun#ter2@h/d', ['hun#ter2']],
    ['postgres://u:hun%ter2@h/d', ['hun%ter2']],
    ['postgres://u:x@h/d', ['x']],
    ['postgres://h/d?user=u&password=a%2Fb', ['a%2Fb', 'a/b']],
    ["host=h password='two words'", ['two words']],
    ['host=h password=hunter2 user=u', ['hunter2']],
  ])('%s', (text, secrets) => {
    const found = secretsInUrl(text);
    expect(found).toEqual(expect.arrayContaining([text, ...secrets]));
    expect(found).not.toContain('');
  });

  it('finds none in nothing', () => {
    expect(secretsInUrl(' ')).toEqual([]);
  });
});
