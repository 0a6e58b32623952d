export const id = 279;
export const ids = [279];
export const modules = {

/***/ 1279:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   makeCertificate: () => (/* binding */ makeCertificate)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);
/**
 * The certificate that a proxy shows: self-signed, for this machine only, made anew in each run and never written down.
 * In DER by hand, as Node reads certificates but makes none. https://www.rfc-editor.org/rfc/rfc5280
 */

const HOUR_MS = 3_600_000;
const DAYS = 7;
/** For `localhost` and 127.0.0.1, EC P-256, from an hour before `now` for a week. */
function makeCertificate(now) {
    const { publicKey, privateKey } = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.generateKeyPairSync)('ec', { namedCurve: 'P-256' });
    const name = sequence(set(sequence(oid(2, 5, 4, 3), der(UTF8_STRING, Buffer.from('localhost')))));
    const signedWith = sequence(oid(1, 2, 840, 10045, 4, 3, 2)); // ecdsa-with-SHA256
    const told = sequence(der(context(0), integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(15)])), // its serial number, positive
    signedWith, name, sequence(time(now.getTime() - HOUR_MS), time(now.getTime() + DAYS * 24 * HOUR_MS)), name, publicKey.export({ type: 'spki', format: 'der' }), der(context(3), sequence(...extensions())));
    const signature = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.sign)('sha256', told, privateKey);
    return {
        cert: pem('CERTIFICATE', sequence(told, signedWith, bits(0, signature))),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
}
function extensions() {
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
const context = (number) => 0xa0 | number;
function der(tag, content) {
    const { length } = content;
    const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
    return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...items) => der(SEQUENCE, Buffer.concat(items));
const set = (...items) => der(SET, Buffer.concat(items));
const integer = (bytes) => der(INTEGER, bytes);
const bits = (unused, bytes) => der(BIT_STRING, Buffer.concat([Buffer.from([unused]), bytes]));
function oid(first, second, ...rest) {
    const bytes = rest.flatMap((part) => {
        const base128 = [part & 127];
        for (let left = part >> 7; left > 0; left >>= 7)
            base128.unshift((left & 127) | 128);
        return base128;
    });
    return der(OBJECT_IDENTIFIER, Buffer.from([first * 40 + second, ...bytes]));
}
/** UTCTime, which is the form until 2049. */
function time(ms) {
    const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
    return der(UTC_TIME, Buffer.from(`${digits}Z`));
}
function pem(what, content) {
    const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
    return `-----BEGIN ${what}-----\n${lines.join('\n')}\n-----END ${what}-----\n`;
}


/***/ })

};
