export const id = 448;
export const ids = [448];
export const modules = {

/***/ 9844:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   x: () => (/* binding */ locate)
/* harmony export */ });
/** Where in the file a position inside a statement is. `position`: 1-based, in code points, as PostgreSQL counts. */
function locate(statement, position) {
    if (position === null || position < 1)
        return { line: statement.line, column: statement.column };
    let line = statement.line;
    let column = statement.column;
    let seen = 1;
    for (const character of statement.sql) {
        if (seen === position)
            break;
        seen += 1;
        if (character === '\n') {
            line += 1;
            column = 1;
        }
        else {
            column += 1;
        }
    }
    return { line, column };
}


/***/ }),

/***/ 6448:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   X: () => (/* binding */ splitStatements)
/* harmony export */ });
/* harmony import */ var _lex_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4241);
/* harmony import */ var _locate_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(9844);
/* harmony import */ var _statement_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1881);
/* harmony import */ var _tokens_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6080);
/** A file's text, in pieces of any size -> its statements, by the rules by which psql finds them. */




/**
 * The statements of a text, in order, as they come; memory is bounded by the longest statement.
 * Empty statements are skipped; a byte order mark at the start is dropped; `\restrict` lines are passed over.
 * @param onGateComment is told of every `-- gate:` comment, as soon as it is passed.
 * @throws SqlProblem where the text cannot be split or holds what only psql could carry out.
 */
function* splitStatements(chunks, onGateComment) {
    const splitter = new Splitter(onGateComment ?? null);
    for (const chunk of chunks) {
        splitter.feed(chunk);
        for (let found = splitter.next(); found !== null; found = splitter.next())
            yield found;
    }
    splitter.end();
    for (let found = splitter.next(); found !== null; found = splitter.next())
        yield found;
}
const OPEN_AT_END = {
    string: "a string literal ('...') is opened here and never closed: add the closing quote, or double a quote inside it",
    escape: "a string literal (E'...') is opened here and never closed: add the closing quote",
    identifier: 'a quoted identifier ("...") is opened here and never closed: add the closing double quote',
    comment: 'a comment (/* ... */) is opened here and never closed: add the closing */ (comments nest)',
};
/** A held back comment must not grow without end: a directive is shorter than this. Characters. */
const LONGEST_DIRECTIVE = 1024;
/** Of the words that the splitter knows. */
const LONGEST_KEYWORD = 9;
class Splitter {
    /** The piece at hand, and where the scan stands in it. What lies before has been dealt with. */
    text = '';
    pos = 0;
    started = false;
    last = false;
    /** A NUL was found right behind `text`. */
    nul = false;
    /** Line and column of offset `mark`; only moved forward, so that every character is counted once. */
    mark = 0;
    line = 1;
    column = 1;
    newlineAt = -1;
    mode = 'sql';
    /** Where the open thing began: an offset in `text`, or -1 when it lies in an earlier piece and is in openLine/openColumn. */
    openAt = -1;
    openLine = 0;
    openColumn = 0;
    dollarTag = '';
    /** How much of an opening tag that goes on in the next piece has been read. */
    tagRead = 0;
    commentDepth = 0;
    /** Offset of the statement (or of its part in this piece), -1 between statements. */
    start = -1;
    startLine = 0;
    startColumn = 0;
    parts = [];
    partsLength = 0;
    /** Length of the statement up to the comments that it ends with so far, or -1. */
    tail = -1;
    parens = 0;
    head = 'start';
    /** Between BEGIN ATOMIC and its END. */
    inBody = false;
    /** The last token: a short word in lower case, `;` where a statement of a body may begin, else empty. */
    previous = '';
    /** The last token was an E'...': a quote that follows on a later line goes on with it, escapes and all. */
    afterEscape = 'no';
    /** The file turns standard_conforming_strings off somewhere before: a backslash may escape in '...' too. */
    backslashesUnclear = false;
    statements = 0;
    onGateComment;
    constructor(onGateComment) {
        this.onGateComment = onGateComment;
    }
    feed(chunk) {
        let fresh = chunk;
        if (!this.started && fresh !== '') {
            this.started = true;
            if (fresh.charCodeAt(0) === 0xfeff)
                fresh = fresh.slice(1);
        }
        const nul = this.nul ? 0 : fresh.indexOf('\0');
        if (nul >= 0) {
            fresh = fresh.slice(0, nul);
            this.nul = true;
        }
        this.dropScanned();
        this.text = this.text === '' ? fresh : this.text + fresh;
        this.newlineAt = -1;
    }
    end() {
        this.last = true;
    }
    /** The next statement that is complete, or null: more text is needed, or there is none. */
    next() {
        while (this.pos < this.text.length) {
            const { pos, mode } = this;
            if (mode === 'sql') {
                const found = this.scanSql();
                if (found !== null)
                    return found;
            }
            else if (!this.closeOpen()) {
                break;
            }
            if (this.pos === pos && this.mode === mode)
                break;
        }
        if (this.nul) {
            this.moveTo(this.text.length);
            this.fail('a NUL character: PostgreSQL text cannot hold one; is this file UTF-16, or not text at all?');
        }
        return this.last ? this.finishInput() : null;
    }
    finishInput() {
        const open = this.mode === 'dollar' ? this.dollarMessage() : OPEN_AT_END[this.mode];
        if (open !== undefined) {
            this.placeOpen();
            throw new _statement_js__WEBPACK_IMPORTED_MODULE_0__/* .SqlProblem */ .m(open, this.openLine, this.openColumn);
        }
        return this.start < 0 ? null : this.finishStatement(this.text.length);
    }
    dollarMessage() {
        return `a dollar-quoted string (${this.dollarTag}) is opened here and never closed: add the closing ${this.dollarTag}`;
    }
    /** Goes through SQL outside of quotes and comments up to a statement's end, or to where something long is open, or to the end. */
    scanSql() {
        const text = this.text;
        const length = text.length;
        let pos = this.pos;
        while (pos < length) {
            const code = text.charCodeAt(pos);
            if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .isSpace */ .xC)(code)) {
                if (this.afterEscape === 'same line' && (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .isLineEnd */ .S4)(code))
                    this.afterEscape = 'later line';
                pos++;
                continue;
            }
            if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .MINUS */ .N5 || code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .SLASH */ .o) {
                if (pos + 1 === length && !this.last)
                    break;
                if (text.charCodeAt(pos + 1) === (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .MINUS */ .N5 ? _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .MINUS */ .N5 : _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .STAR */ .Vw)) {
                    if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .MINUS */ .N5 && this.awaitsGateComment(pos))
                        break;
                    this.beginComment(pos, code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .MINUS */ .N5 ? 'line-comment' : 'comment');
                    if (!this.closeOpen())
                        return null;
                    pos = this.pos;
                    continue;
                }
            }
            if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .BACKSLASH */ .r_) {
                this.pos = pos;
                if (!this.passPsqlLine())
                    return null;
                pos = this.pos;
                continue;
            }
            if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .SEMICOLON */ .I8 && this.parens === 0 && !this.inBody) {
                this.pos = pos + 1;
                if (this.start >= 0)
                    return this.finishStatement(pos);
                pos++;
                continue;
            }
            // Decided before the token is begun: what touches the end of a piece is read again with the next one.
            let end = pos + 1;
            if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .isWordStart */ .dd)(code)) {
                end = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .wordEnd */ .Ov)(text, end);
                if (end === length && !this.last && end - pos <= LONGEST_KEYWORD)
                    break;
            }
            else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .DOLLAR */ .hr) {
                end = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .dollarTagEnd */ .Kh)(text, pos, this.tagRead);
                this.tagRead = end < 0 && !this.last ? length - pos : 0;
                if (this.tagRead > 0)
                    break;
            }
            if (this.start < 0)
                this.beginStatement(pos);
            this.tail = -1;
            if (this.head !== 'routine' && !(0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .isWordStart */ .dd)(code))
                this.head = 'other';
            const goesOn = this.afterEscape === 'later line';
            this.afterEscape = 'no';
            if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .isWordStart */ .dd)(code)) {
                if (end - pos === 1 && (code === 69 || code === 101) && text.charCodeAt(end) === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .QUOTE */ .jA) {
                    if (this.head !== 'routine')
                        this.head = 'other';
                    this.open('escape', pos, end + 1);
                }
                else {
                    if (this.head !== 'other')
                        this.noticeWord(pos, end);
                    pos = end;
                    if (end < length || this.last)
                        continue;
                    this.open('word', pos, end);
                }
            }
            else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .QUOTE */ .jA) {
                this.open(goesOn ? 'escape' : 'string', pos, pos + 1);
            }
            else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .DOUBLE_QUOTE */ .fi) {
                this.open('identifier', pos, pos + 1);
            }
            else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .DOLLAR */ .hr && end > 0) {
                this.dollarTag = text.slice(pos, end);
                this.open('dollar', pos, end);
            }
            else {
                if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .OPEN */ .vP)
                    this.parens++;
                else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .CLOSE */ .Nd && this.parens > 0)
                    this.parens--;
                this.previous = code === _lex_js__WEBPACK_IMPORTED_MODULE_2__/* .SEMICOLON */ .I8 ? ';' : '';
                pos++;
                continue;
            }
            if (!this.closeOpen())
                return null;
            pos = this.pos;
        }
        this.pos = pos;
        return null;
    }
    open(mode, at, inside) {
        this.mode = mode;
        this.openAt = at;
        this.pos = inside;
        this.previous = '';
    }
    /** Goes to the end of what is open; false: the text ends first. */
    closeOpen() {
        const mode = this.mode;
        let at;
        if (mode === 'string')
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .closeQuote */ .Nm)(this.text, this.pos, "'");
        else if (mode === 'identifier')
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .closeQuote */ .Nm)(this.text, this.pos, '"');
        else if (mode === 'escape')
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .closeEscape */ .At)(this.text, this.pos);
        else if (mode === 'word') {
            const end = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .wordEnd */ .Ov)(this.text, this.pos);
            at = end === this.text.length && !this.last ? ~end : end;
        }
        else if (mode === 'dollar')
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .closeDollar */ .JU)(this.text, this.pos, this.dollarTag);
        else if (mode === 'comment') {
            const closed = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .closeComment */ .wj)(this.text, this.pos, this.commentDepth);
            this.commentDepth = closed.depth;
            at = closed.at;
        }
        else
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .closeLine */ .bN)(this.text, this.pos);
        const doubling = mode === 'string' || mode === 'identifier' || mode === 'escape';
        // A quote that ends a piece may be the first of two.
        if (doubling && at === this.text.length && !this.last)
            at = ~(at - 1);
        if (at < 0) {
            this.pos = ~at;
            return false;
        }
        this.pos = at;
        if (mode === 'escape')
            this.afterEscape = 'same line';
        else if (mode !== 'line-comment')
            this.afterEscape = 'no';
        this.mode = 'sql';
        return true;
    }
    beginComment(at, mode) {
        if (this.start >= 0 && this.tail < 0)
            this.tail = this.partsLength + at - this.start;
        const previous = this.previous;
        this.open(mode, at, at + 2);
        this.previous = previous;
        this.commentDepth = 1;
        if (mode === 'line-comment' && this.onGateComment !== null)
            this.reportGateComment(at);
    }
    /** Whether the comment at `at` must be seen whole before it is passed. */
    awaitsGateComment(at) {
        if (this.onGateComment === null || this.last || this.text.length - at > LONGEST_DIRECTIVE)
            return false;
        return (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .closeLine */ .bN)(this.text, at) < 0;
    }
    reportGateComment(at) {
        const end = (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .closeLine */ .bN)(this.text, at);
        const text = this.text.slice(at, Math.min(end < 0 ? ~end : end, at + LONGEST_DIRECTIVE));
        if (!/^--\s*gate:/i.test(text))
            return;
        this.moveTo(at);
        this.onGateComment?.({
            text,
            line: this.line,
            column: this.column,
            afterStatements: this.statements,
        });
    }
    beginStatement(at) {
        this.moveTo(at);
        this.start = at;
        this.startLine = this.line;
        this.startColumn = this.column;
        this.parens = 0;
        this.inBody = false;
        this.head = 'start';
        this.previous = '';
        this.statements++;
    }
    finishStatement(end) {
        let sql = this.text.slice(this.start, end);
        if (this.parts.length > 0) {
            this.parts.push(sql);
            sql = this.parts.join('');
            this.parts = [];
            this.partsLength = 0;
        }
        sql = trimEnd(this.tail >= 0 ? sql.slice(0, this.tail) : sql);
        this.start = -1;
        this.tail = -1;
        this.parens = 0;
        this.inBody = false;
        this.afterEscape = 'no';
        if (this.last)
            this.pos = Math.max(this.pos, end);
        refuseClientCopy(sql, this.startLine, this.startColumn);
        if (this.backslashesUnclear)
            refuseUnclearBackslash(sql, this.startLine, this.startColumn);
        else
            this.backslashesUnclear = mayTurnOffConformingStrings(sql);
        return { sql, line: this.startLine, column: this.startColumn };
    }
    /**
     * Follows the words of CREATE FUNCTION and CREATE PROCEDURE, where BEGIN ATOMIC ... END holds semicolons. psql counts
     * BEGIN, CASE and END; but each statement of a body ends with its semicolon, so the END that follows one is the body's,
     * and no other is: not that of a CASE, nor `t.end`, `AS end` or `SELECT 1 end`.
     */
    noticeWord(from, to) {
        const word = to - from > LONGEST_KEYWORD ? '' : this.text.slice(from, to).toLowerCase();
        const previous = this.previous;
        this.previous = word;
        if (this.head !== 'routine')
            this.head = nextHead(this.head, word);
        else if (this.parens > 0)
            return;
        else if (this.inBody)
            this.inBody = word !== 'end' || previous !== ';';
        else if (word === 'atomic' && previous === 'begin') {
            this.inBody = true;
            this.previous = ';';
        }
    }
    /** At a backslash: passes `\restrict` lines over, refuses any other psql command. False: more text is needed. */
    passPsqlLine() {
        let end = this.pos + 1;
        while (end < this.text.length && !(0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .isSpace */ .xC)(this.text.charCodeAt(end)))
            end++;
        if (end === this.text.length && !this.last && end - this.pos < 64)
            return false;
        // The command's own name and no more: what follows may be a password.
        const command = /^\\(?:[a-z_]+|.)?/iu.exec(this.text.slice(this.pos, Math.min(end, this.pos + 64)))?.[0] ?? '';
        if (this.start < 0 && (command === '\\restrict' || command === '\\unrestrict')) {
            this.open('psql-line', this.pos, end);
            return this.closeOpen();
        }
        this.moveTo(this.pos);
        return this.fail(psqlCommandMessage(command));
    }
    fail(message) {
        throw new _statement_js__WEBPACK_IMPORTED_MODULE_0__/* .SqlProblem */ .m(message, this.line, this.column);
    }
    /** Before the text is let go: the places in it that may still be asked for, and the statement's part of it. */
    dropScanned() {
        if (this.mode !== 'sql')
            this.placeOpen();
        this.moveTo(this.pos);
        if (this.start >= 0) {
            if (this.pos > this.start)
                this.parts.push(this.text.slice(this.start, this.pos));
            this.partsLength += this.pos - this.start;
            this.start = 0;
        }
        this.text = this.text.slice(this.pos);
        this.pos = 0;
        this.mark = 0;
    }
    placeOpen() {
        if (this.openAt < 0)
            return;
        this.moveTo(this.openAt);
        this.openAt = -1;
        this.openLine = this.line;
        this.openColumn = this.column;
    }
    /** Brings line and column to offset `to`. The next line end is remembered: a file of one long line is searched once. */
    moveTo(to) {
        const text = this.text;
        let from = this.mark;
        if (from === to)
            return;
        if (this.newlineAt < from)
            this.newlineAt = nextNewline(text, from);
        while (this.newlineAt < to) {
            this.line++;
            this.column = 1;
            from = this.newlineAt + 1;
            this.newlineAt = nextNewline(text, from);
        }
        this.column += codePoints(text, from, to);
        this.mark = to;
    }
}
function nextNewline(text, from) {
    const at = text.indexOf('\n', from);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
}
/** A surrogate pair is one; it is counted at its second half, wherever the text is cut. */
function codePoints(text, from, to) {
    let count = to - from;
    for (let at = from; at < to; at++) {
        if ((text.charCodeAt(at) & 0xfc00) === 0xd800)
            count--;
    }
    return count;
}
function nextHead(head, word) {
    if (head === 'start')
        return word === 'create' ? 'create' : 'other';
    if (head === 'create' && word === 'or')
        return 'or';
    if (head === 'or')
        return word === 'replace' ? 'replace' : 'other';
    return word === 'function' || word === 'procedure' ? 'routine' : 'other';
}
function trimEnd(sql) {
    let end = sql.length;
    while (end > 0 && (0,_lex_js__WEBPACK_IMPORTED_MODULE_2__/* .isSpace */ .xC)(sql.charCodeAt(end - 1)))
        end--;
    return end === sql.length ? sql : sql.slice(0, end);
}
/** By SET, set_config or a DO block; pg_dump turns it on, which it is. */
function mayTurnOffConformingStrings(sql) {
    const first = sql.charCodeAt(0) | 32;
    if ((first !== 115 && first !== 100) || !/standard_conforming_strings/i.test(sql))
        return false;
    return !/^set\s+(?:session\s+|local\s+)?standard_conforming_strings\s*(?:=|\bto\b)\s*'?(?:on|true|default)'?$/i.test(sql);
}
/**
 * The server alone knows what the setting is by now (SET LOCAL, ROLLBACK, RESET); without a backslash a literal is the
 * same either way.
 */
function refuseUnclearBackslash(sql, line, column) {
    if (!sql.includes('\\'))
        return;
    for (const { kind, start, end } of (0,_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .readTokens */ .He)(sql)) {
        if (kind !== 'string' || /^[e$]/i.test(sql.charAt(start)) || !sql.slice(start, end).includes('\\'))
            continue;
        const message = "a backslash in '...' after standard_conforming_strings was set: whether it escapes depends on the setting; write the literal as E'...', or leave the setting on";
        const at = (0,_locate_js__WEBPACK_IMPORTED_MODULE_3__/* .locate */ .x)({ sql, line, column }, codePoints(sql, 0, start) + 1);
        throw new _statement_js__WEBPACK_IMPORTED_MODULE_0__/* .SqlProblem */ .m(message, at.line, at.column);
    }
}
function refuseClientCopy(sql, line, column) {
    const first = sql.charCodeAt(0) | 32;
    if (first !== 99)
        return;
    const endpoint = (0,_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .copyEndpoint */ .TB)(sql);
    if (endpoint?.kind !== 'client')
        return;
    const message = endpoint.direction === 'from'
        ? 'COPY ... FROM STDIN: data inside of a migration file cannot be sent; write it as INSERT, or COPY it from a file on the server'
        : 'COPY ... TO STDOUT: a migration has nowhere to put the rows; remove it, or COPY to a file on the server';
    throw new _statement_js__WEBPACK_IMPORTED_MODULE_0__/* .SqlProblem */ .m(message, line, column);
}
const PSQL_ADVICE = [
    [/^\\(i|ir|include|include_relative)$/, 'put the SQL of that file here, or give it a number of its own'],
    [
        /^\\(c|connect)$/,
        'a migration runs in the one database that it is given; remove the line, or move what follows to its own run',
    ],
    [/^\\copy$/i, 'write the data as INSERT, or use COPY with a file on the server'],
    [/^\\\.$/, 'it ends inline COPY data, which cannot be sent; write the data as INSERT'],
    [/^\\gexec$/, 'run the statements that it makes with a DO block and EXECUTE'],
    [/^\\(g|gx|gset|gdesc|crosstabview|bind.*|watch|;)$/, 'end the statement with a semicolon instead'],
    [/^\\(if|elif|else|endif)$/, 'use IF in a DO block instead'],
    [
        /^\\(set|unset|getenv|setenv|prompt)$/,
        'psql variables are not replaced here; write the value itself and remove the line',
    ],
    [/^\\(restrict|unrestrict)$/, 'it may stand between statements only; is the semicolon before it missing?'],
];
function psqlCommandMessage(command) {
    const advice = PSQL_ADVICE.find(([pattern]) => pattern.test(command));
    return `${command} is a command of psql, not SQL: ${advice?.[1] ?? 'remove it, or write it as SQL'}`;
}


/***/ }),

/***/ 1881:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   m: () => (/* binding */ SqlProblem)
/* harmony export */ });
/** A statement as it stands in a file, and what its words say of it. No server is asked. */
/** Why a text cannot be read as SQL: where, and what to do. Lines and columns are 1-based, columns in code points. */
class SqlProblem extends Error {
    line;
    column;
    constructor(message, line, column) {
        super(message);
        this.name = 'SqlProblem';
        this.line = line;
        this.column = column;
    }
}


/***/ })

};
