/**
 * The certificate that a proxy shows: self-signed, for this machine only, made anew in each run and never written down.
 * In DER by hand, as Node reads certificates but makes none. https://www.rfc-editor.org/rfc/rfc5280
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  /** PEM of the certificate, which is its own root. */
  readonly cert: string;
  /** PEM of its private key. */
  readonly key: string;
}

const HOUR_MS = 3_600_000;
const DAYS = 7;

/** For `localhost` and 127.0.0.1, EC P-256, from an hour before `now` for a week. */
export function makeCertificate(now: Date): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid(2, 5, 4, 3), der(UTF8_STRING, Buffer.from('localhost')))));
  const signedWith = sequence(oid(1, 2, 840, 10045, 4, 3, 2)); // ecdsa-with-SHA256
  const told = sequence(
    der(context(0), integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])), // its serial number, positive
    signedWith,
    name,
    sequence(time(now.getTime() - HOUR_MS), time(now.getTime() + DAYS * 24 * HOUR_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(context(3), sequence(...extensions())),
  );
  const signature = sign('sha256', told, privateKey);
  return {
    cert: pem('CERTIFICATE', sequence(told, signedWith, bits(0, signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensions(): Buffer[] {
  const critical = der(BOOLEAN, Buffer.from([0xff]));
  const dnsName = der(0x82, Buffer.from('localhost'));
  const ipAddress = der(0x87, Buffer.from([127, 0, 0, 1]));
  return [
    sequence(oid(2, 5, 29, 17), der(OCTET_STRING, sequence(dnsName, ipAddress))), // subjectAltName
    sequence(oid(2, 5, 29, 19), critical, der(OCTET_STRING, sequence())), // basicConstraints: no authority
    sequence(oid(2, 5, 29, 15), critical, der(OCTET_STRING, bits(7, Buffer.from([0x80])))), // keyUsage: to sign
    sequence(oid(2, 5, 29, 37), der(OCTET_STRING, sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1)))), // extKeyUsage: a server
  ];
}

// -- DER ----------------------------------------------------------------------------------------------------------

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
const context = (number: number) => 0xa0 | number;

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...items: readonly Buffer[]) => der(SEQUENCE, Buffer.concat(items));
const set = (...items: readonly Buffer[]) => der(SET, Buffer.concat(items));
const integer = (bytes: Buffer) => der(INTEGER, bytes);
const bits = (unused: number, bytes: Buffer) => der(BIT_STRING, Buffer.concat([Buffer.from([unused]), bytes]));

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const bytes = rest.flatMap((part) => {
    const base128 = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) base128.unshift((left & 127) | 128);
    return base128;
  });
  return der(OBJECT_IDENTIFIER, Buffer.from([first * 40 + second, ...bytes]));
}

/** UTCTime, which is the form until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(UTC_TIME, Buffer.from(`${digits}Z`));
}

function pem(what: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${what}-----\n${lines.join('\n')}\n-----END ${what}-----\n`;
}
