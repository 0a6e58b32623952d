/** Addresses as the kernel's tables of sockets write them. */
import { expect, it } from 'vitest';
import { kernelForms } from '../../src/engines/tool/astray.ts';

it.each([
  ['127.0.0.1', 5432, true, ['0000000000000000FFFF00000100007F:1538', '0100007F:1538']],
  ['10.1.2.254', 80, true, ['0000000000000000FFFF0000FE02010A:0050', 'FE02010A:0050']],
  ['10.1.2.254', 65_535, false, ['00000000000000000000FFFF0A0102FE:FFFF', '0A0102FE:FFFF']],
  ['::1', 5432, true, ['00000000000000000000000001000000:1538']],
  ['::1', 5432, false, ['00000000000000000000000000000001:1538']],
  ['2001:db8:1:2:3:4:5:6', 5432, true, ['B80D0120020001000400030006000500:1538']],
  ['fe80::a:b%eth0', 1, true, ['000080FE00000000000000000B000A00:0001']],
  ['::ffff:127.0.0.1', 5432, true, ['0000000000000000FFFF00000100007F:1538', '0100007F:1538']],
])('%s port %i, little endian: %s', (address, port, isLittleEndian, expected) => {
  expect(kernelForms(address, port, isLittleEndian)).toEqual(expected);
});
