export const id = 135;
export const ids = [135];
export const modules = {

/***/ 2424:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   D: () => (/* binding */ probeTool),
/* harmony export */   p: () => (/* binding */ startTool)
/* harmony export */ });
/* harmony import */ var node_child_process__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1421);
/* harmony import */ var node_child_process__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_child_process__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__webpack_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var node_string_decoder__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6193);
/* harmony import */ var node_string_decoder__WEBPACK_IMPORTED_MODULE_2___default = /*#__PURE__*/__webpack_require__.n(node_string_decoder__WEBPACK_IMPORTED_MODULE_2__);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8500);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_3___default = /*#__PURE__*/__webpack_require__.n(node_timers_promises__WEBPACK_IMPORTED_MODULE_3__);
/** Runs somebody else's tool: in a process group of its own, without a shell, without an input, and never longer than we want. */




const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 192 * 1024;
const LINE_LENGTH = 4096;
const PATIENCE_MS = 2_000;
/** A process that was killed and is still there waits for a disk, or is not ours. */
const KILLED_WITHIN_MS = 5_000;
const LOOK_MS = 20;
/** Once the tool has ended, its pipes count as read when they were silent so many looks long; somebody may hold them open. */
const SILENT_LOOKS = 10;
const MOST_LOOKS = 100;
/**
 * Starts a tool. When we are killed with SIGKILL it lives on for a while: Linux's parent-death signal would reach the
 * leader only, and needs another program to set it. But its connections end with our proxy and their backends with them,
 * so that nothing of what it does then reaches the database.
 */
function startTool({ words, cwd, env, onLine }) {
    const [stdout, stderr] = [new Output(onLine), new Output(onLine)];
    let child;
    try {
        const [program, ...rest] = words;
        // A session of its own, too: a tool that would ask for a password on the terminal fails instead of waiting.
        child = (0,node_child_process__WEBPACK_IMPORTED_MODULE_0__.spawn)(program, rest, { cwd, env, shell: false, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    }
    catch (error) {
        // What Node itself refuses: a zero byte in an argument.
        return notStarted(error);
    }
    const { pid } = child;
    const failed = new Promise((resolve) => child.on('error', resolve));
    if (pid === undefined)
        return notStarted(failed.then((error) => explained(error, cwd)));
    const group = new Group(child, pid);
    // An orderly end of ours that did not wait for it.
    const onExit = () => group.signal('SIGKILL');
    process.on('exit', onExit);
    child.stdout?.on('data', (bytes) => stdout.add(bytes));
    child.stderr?.on('data', (bytes) => stderr.add(bytes));
    const ended = endOf(child, stdout, stderr).then((end) => {
        if (group.isGone())
            process.off('exit', onExit);
        return end;
    });
    let stopping = null;
    return {
        pid,
        ended,
        stop: () => {
            stopping ??= group.end().then(async () => {
                process.off('exit', onExit);
                await ended;
            });
            return stopping;
        },
    };
}
/** Runs a tool to its end, and ends with it whatever it left behind. Rejects as `stop` does. */
async function probeTool(start, limitMs, signal) {
    const tool = startTool(start);
    const over = new AbortController();
    const given = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
    const limit = (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_3__.setTimeout)(limitMs, null, { signal: given }).then(() => null, () => null);
    const end = await Promise.race([tool.ended, signal?.aborted ? null : limit]);
    over.abort();
    await tool.stop();
    return { ...(await tool.ended), stopped: end === null };
}
function notStarted(failure) {
    const ended = Promise.resolve(failure).then((error) => ({ code: null, signal: null, error, stdout: '', stderr: '' }));
    return { pid: null, ended, stop: async () => undefined };
}
/** The kernel says ENOENT of the program when it is the folder that is missing. */
function explained(error, cwd) {
    if ((0,node_fs__WEBPACK_IMPORTED_MODULE_1__.existsSync)(cwd))
        return error;
    return Object.assign(new Error(`the working directory ${cwd} does not exist`), { code: 'ENOENT' });
}
async function endOf(child, stdout, stderr) {
    let isClosed = false;
    child.once('close', () => {
        isClosed = true;
    });
    const closed = new Promise((resolve) => child.once('close', () => resolve()));
    const [code, signal] = await new Promise((resolve) => child.once('exit', (...how) => resolve(how)));
    // Looks and not a time: between two of them everything that has arrived is read, however late we are.
    let silent = 0;
    for (let looks = 0; !isClosed && silent < SILENT_LOOKS && looks < MOST_LOOKS; looks += 1) {
        const before = stdout.bytes + stderr.bytes;
        await Promise.race([closed, (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_3__.setTimeout)(LOOK_MS)]);
        silent = stdout.bytes + stderr.bytes === before ? silent + 1 : 0;
    }
    child.stdout?.destroy();
    child.stderr?.destroy();
    return { code, signal, error: null, stdout: stdout.end(), stderr: stderr.end() };
}
/** The processes that a tool has started, as far as they have not left its group. */
class Group {
    child;
    id;
    /** From then on the number may be somebody else's. */
    gone = false;
    constructor(child, id) {
        this.child = child;
        this.id = id;
        // No number is given out again while a group has it; so it is asked for at the moment when it may become free.
        child.once('exit', () => this.isGone());
    }
    signal(signal) {
        if (this.gone)
            return;
        try {
            // Windows has no groups; there it is the tool alone.
            if (process.platform === 'win32')
                this.child.kill(signal);
            else
                process.kill(-this.id, signal);
        }
        catch (error) {
            // EPERM: somebody is there whom we may not signal.
            if (error.code === 'ESRCH')
                this.gone = true;
        }
    }
    isGone() {
        if (process.platform === 'win32')
            return this.child.exitCode !== null || this.child.signalCode !== null;
        this.signal(0);
        if (!this.gone && isDead(this.id))
            this.gone = true;
        return this.gone;
    }
    async end() {
        this.signal('SIGTERM');
        // One that stands still takes no SIGTERM.
        this.signal('SIGCONT');
        if (await this.isGoneWithin(PATIENCE_MS))
            return;
        this.signal('SIGKILL');
        if (await this.isGoneWithin(KILLED_WITHIN_MS))
            return;
        throw new Error(`process group ${this.id} of ${this.child.spawnfile} could not be ended; end it by hand`);
    }
    async isGoneWithin(limitMs) {
        const until = Date.now() + limitMs;
        while (!this.isGone()) {
            if (Date.now() > until)
                return false;
            await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_3__.setTimeout)(LOOK_MS);
        }
        return true;
    }
}
/**
 * Whether nobody of the group is alive. A container whose first process reaps nobody keeps the dead for ever, and the kernel
 * takes signals for them; only Linux shows them for what they are.
 */
function isDead(group) {
    if (process.platform !== 'linux')
        return false;
    return !(0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readdirSync)('/proc').some((pid) => {
        if (!/^\d+$/.test(pid))
            return false;
        try {
            const stat = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readFileSync)(`/proc/${pid}/stat`, 'latin1');
            // Behind the name in parentheses, which may hold anything.
            const [state, , its] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3);
            return Number(its) === group && state !== 'Z' && state !== 'X';
        }
        catch {
            return false; // ended since
        }
    });
}
/** One stream: its beginning and its end are kept, its lines are told. */
class Output {
    bytes = 0;
    head = [];
    headBytes = 0;
    tail = [];
    tailBytes = 0;
    lines;
    constructor(onLine) {
        this.lines = onLine === undefined ? null : new Lines(onLine);
    }
    add(bytes) {
        this.bytes += bytes.length;
        const fits = Math.min(bytes.length, HEAD_BYTES - this.headBytes);
        if (fits > 0)
            this.head.push(bytes.subarray(0, fits));
        this.headBytes += fits;
        if (fits < bytes.length)
            this.tail.push(bytes.subarray(fits));
        this.tailBytes += bytes.length - fits;
        while (this.tailBytes - (this.tail[0]?.length ?? 0) >= TAIL_BYTES)
            this.tailBytes -= this.tail.shift()?.length ?? 0;
        this.lines?.add(bytes);
    }
    /** All that was kept. Nothing may be added after that. */
    end() {
        this.lines?.end();
        const head = Buffer.concat(this.head);
        const tail = Buffer.concat(this.tail);
        if (this.bytes <= HEAD_BYTES + TAIL_BYTES)
            return Buffer.concat([head, tail]).toString('utf8');
        // Between lines where there are any: half a line may hold half a secret. Where there are none `…` marks the cuts.
        const headLines = head.lastIndexOf(NEW_LINE) + 1;
        const headEnd = headLines || lastCharacter(head);
        const kept = tail.subarray(-TAIL_BYTES);
        const tailLines = kept.indexOf(NEW_LINE) + 1;
        const tailStart = tailLines ||
            Math.max(0, kept.findIndex((byte) => !isContinuation(byte)));
        const left = this.bytes - headEnd - (kept.length - tailStart);
        const mark = `${headLines > 0 ? '' : '…\n'}(${left} bytes left out)\n${tailLines > 0 ? '' : '…'}`;
        return head.toString('utf8', 0, headEnd) + mark + kept.toString('utf8', tailStart);
    }
}
const NEW_LINE = 0x0a;
/** A byte of a character that began before it. */
function isContinuation(byte) {
    return (byte & 0xc0) === 0x80;
}
/** Where the last character begins, which may not be all there. */
function lastCharacter(bytes) {
    let at = bytes.length - 1;
    while (at > bytes.length - 4 && isContinuation(bytes[at] ?? 0))
        at -= 1;
    return at;
}
/** A stream as lines, none of which is kept longer than LINE_LENGTH characters. */
class Lines {
    onLine;
    decoder = new node_string_decoder__WEBPACK_IMPORTED_MODULE_2__.StringDecoder('utf8');
    line = '';
    leftOut = 0;
    constructor(onLine) {
        this.onLine = onLine;
    }
    add(bytes) {
        const [first = '', ...more] = this.decoder.write(bytes).split('\n');
        this.take(first);
        for (const piece of more) {
            this.tell();
            this.take(piece);
        }
    }
    end() {
        this.take(this.decoder.end());
        if (this.line !== '' || this.leftOut > 0)
            this.tell();
    }
    take(piece) {
        const kept = piece.slice(0, LINE_LENGTH - this.line.length);
        this.line += kept;
        this.leftOut += piece.length - kept.length;
    }
    tell() {
        // What is written over itself, as progress is, shows what a terminal shows in the end.
        const line = this.line.replace(/\r+$/, '').replace(/^.*\r/s, '');
        this.onLine(this.leftOut > 0 ? `${line}… (${this.leftOut} more characters)` : line);
        this.line = '';
        this.leftOut = 0;
    }
}


/***/ }),

/***/ 8271:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ childEnvironment)
/* harmony export */ });
/* harmony import */ var _request_url_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7800);

/** A program that lacks one of these is a broken program, not a safe one. */
const KEPT = new Set([
    'PATH HOME PWD OLDPWD USER LOGNAME SHELL SHLVL LANG LANGUAGE TERM TZ TMPDIR TEMP TMP HOSTNAME CI _',
    'NODE_ENV RAILS_ENV RACK_ENV APP_ENV VIRTUAL_ENV PYTHONPATH NODE_PATH LD_LIBRARY_PATH',
    'GITHUB_ACTIONS GITHUB_WORKSPACE RUNNER_TEMP RUNNER_OS',
    'Path PATHEXT ComSpec SystemRoot SystemDrive windir USERNAME USERPROFILE APPDATA LOCALAPPDATA',
].flatMap((names) => names.split(' ')));
/** Where, and how, libpq would look for a server; what is said about TLS and logins was said of the target. */
const ABOUT_CONNECTING = /^(PGHOSTADDR|PGSERVICE|PGSERVICEFILE|PGSYSCONFDIR|PGPASSFILE|PGSSL.*|PGREQUIRE.*|PGCHANNELBINDING|PGGSS.*|PGKRBSRVNAME)$/;
/** Said by us, or not at all. */
const OURS = /^(INPUT_.*|REHEARSAL_DATABASE_URL|MIGRATION_GATE_REHEARSAL(_ID)?)$/;
const LONGEST_URL = 4096;
/** A shorter password (`postgres`) is a word that stands in many a value by chance. */
const LONG_ENOUGH = 9;
/** What a tool is told. Pure. */
function childEnvironment(options) {
    const { target, own, variables, rehearsal, nullDevice } = options;
    const given = Object.entries(options.env).filter((entry) => entry[1] !== undefined);
    const before = new Map(given);
    const leads = leadsTo([target, ...options.secrets.flatMap(databaseOf)]);
    const kept = given.filter(([name, value]) => KEPT.has(name) || !(OURS.test(name) || ABOUT_CONNECTING.test(name) || leads(value)));
    const env = Object.fromEntries(kept);
    const parts = [
        ['HOST', own.host],
        ['PORT', String(own.port)],
        ['USER', own.user],
        ['PASSWORD', own.password],
    ];
    for (const [part, value] of [...parts, ['NAME', own.database]]) {
        if (before.has(`DATABASE_${part}`))
            env[`DATABASE_${part}`] = value;
    }
    for (const [part, value] of [...parts, ['DATABASE', own.database]])
        env[`PG${part}`] = value;
    env.PGPASSFILE = nullDevice;
    env.PGSERVICEFILE = nullDevice;
    env.PGSYSCONFDIR = nullDevice;
    if (own.sslRootCert !== null)
        env.PGSSLROOTCERT = own.sslRootCert;
    if (rehearsal)
        env.MIGRATION_GATE_REHEARSAL = '1';
    env.PYTHONUNBUFFERED ??= '1';
    // Node warns of one that says both.
    if (env.FORCE_COLOR === undefined)
        env.NO_COLOR ??= '1';
    for (const { name, template } of variables) {
        const model = [before.get(name), before.get('DATABASE_URL')].find((value) => value && URL_SCHEME.test(value.trim()));
        env[name] = template === null ? ownUrl(own, model, leads) : filled(template, own, model, leads);
    }
    const removed = given.map(([name]) => name).filter((name) => !Object.hasOwn(env, name) && !name.startsWith('INPUT_'));
    return { env, removed: removed.sort() };
}
/** Those by which libraries know PostgreSQL. */
const URL_SCHEME = /^((?:postgres|postgresql|postgis|pgsql|psql|pgx\d?|ecto|timescale|timescalegis)(?:\+[a-z0-9_]+)?):\/\//i;
/** Parameters of a URL that were said of the target. */
const ABOUT_TARGET = /^(ssl.*|tls.*|gss.*|channel_?binding|require_?auth|require_?peer|requiressl|uselibpqcompat|krbsrvname|host|hostaddr|port|user|username|password|passfile|dbname|database|service|servicefile|socket)$/i;
/** Our proxy's URL, in the dialect of `model`: its scheme, and those of its parameters that do not say where and how to connect. */
function ownUrl(own, model, leads) {
    const text = model?.trim() ?? '';
    const scheme = URL_SCHEME.exec(text)?.[1] ?? 'postgresql';
    const [user, password, database] = [own.user, own.password, own.database].map(encodeURIComponent);
    const query = text.includes('?') ? text.slice(text.lastIndexOf('?') + 1) : '';
    const parameters = query.split('&').filter((pair) => {
        const [name = ''] = pair.split('=', 1);
        return pair !== '' && !ABOUT_TARGET.test(decoded(name)) && !leads(pair.slice(name.length + 1));
    });
    const tail = parameters.length > 0 ? `?${parameters.join('&')}` : '';
    return `${scheme}://${user}:${password}@${hostOfUrl(own.host)}:${own.port}/${database}${tail}`;
}
function hostOfUrl(host) {
    return host.includes(':') ? `[${host}]` : host;
}
/** What stands in the values is not looked at again: a password may hold `{host}`. */
function filled(template, own, model, leads) {
    const write = template.includes('://') ? encodeURIComponent : (text) => text;
    const url = ownUrl(own, model, leads);
    const values = {
        // A template that has parameters of its own says all of them.
        url: template.includes('?') ? url.replace(/\?.*/s, '') : url,
        host: own.host,
        port: String(own.port),
        user: write(own.user),
        password: write(own.password),
        database: write(own.database),
    };
    return template.replace(/\{(url|host|port|user|password|database)\}/g, (_, name) => values[name] ?? '');
}
function databaseOf(secret) {
    const reading = (0,_request_url_js__WEBPACK_IMPORTED_MODULE_0__/* .readUrl */ .wo)(secret);
    return reading.kind === 'url' ? [reading.url] : [];
}
/** A question to a value: does it hold the password of one of these databases, or say where one is? */
function leadsTo(places) {
    const passwords = new Set();
    for (const { password } of places) {
        if (password === null)
            continue;
        (0,_request_url_js__WEBPACK_IMPORTED_MODULE_0__/* .addForms */ .dH)(password, passwords);
        passwords.add(withoutEscapes(password));
    }
    passwords.delete('');
    const holdsPassword = [...passwords].map(passwordTest);
    return (value) => readings(value).some((text) => holdsPassword.some((holds) => holds(text)) || pointers(text).some((to) => places.some((at) => isAt(to, at))));
}
function passwordTest(password) {
    if (password.length >= LONG_ENOUGH)
        return (text) => text.includes(password);
    const verbatim = password.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
    const inUrl = new RegExp(`://[^\\s:@/]*:${verbatim}@`);
    const inWords = new RegExp(`(?:pass|pwd|password)["']?\\s*[=:]\\s*["']?${verbatim}(?![^\\s"'&;,}])`, 'i');
    return (text) => text.trim() === password || inUrl.test(text) || inWords.test(text);
}
/** A value as it stands, and as who takes it out of a URL, a quoted text or base64 reads it. */
function readings(value) {
    const texts = [value, decoded(value), withoutEscapes(value)];
    for (const [run] of value.matchAll(/[A-Za-z0-9+/_-]{12,}={0,2}/g))
        texts.push(Buffer.from(run, 'base64').toString('utf8'));
    return [...new Set(texts)];
}
function withoutEscapes(text) {
    return text.replaceAll('\\', '');
}
/** Percent-decoded as far as it can be: one bad escape must not hide the others. */
function decoded(text) {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
        try {
            return decodeURIComponent(escapes);
        }
        catch {
            return escapes;
        }
    });
}
/** Every database that a text names, in URLs of whatever scheme and in `host=... dbname=...`; rather too many than one too few. */
function pointers(text) {
    const found = [];
    for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
        if (/https?$/i.test(text.slice(Math.max(0, at - 5), at)))
            continue;
        const rest = /^[^\s"'<>]*/.exec(text.slice(at + 3, at + 3 + LONGEST_URL))?.[0] ?? '';
        // An unencoded `/` or `?` in a password is read wrongly by some and rightly by others.
        for (const place of new Set([afterUserInfo(rest), rest.slice(rest.lastIndexOf('@') + 1)])) {
            const [, hosts = '', path = '', query = ''] = /^([^/?]*)\/?([^?#]*)(.*)$/s.exec(place) ?? [];
            const parameters = new URLSearchParams(query);
            const named = parameters.get('dbname') ?? parameters.get('database');
            // Several URLs may stand in a row.
            const databases = named === null ? [decoded(path), decoded(path.replace(/[,;|&)\]}].*/s, ''))] : [named];
            for (const one of (hosts || parameters.get('host') || '').split(',')) {
                const [, bracketed, plain = '', port = parameters.get('port') ?? ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(one) ?? [];
                const host = decoded(bracketed ?? plain);
                for (const database of databases)
                    found.push({ host, port: port === '' ? null : Number(port), database });
            }
        }
    }
    const word = (names) => new RegExp(`(?:^|[\\s;,{"'&?])(?:${names})["']?\\s*[=:]\\s*["']?([^\\s"';,&}]+)`, 'i').exec(text)?.[1];
    const host = word('host|hostaddr|server|data source');
    const database = word('dbname|database|initial catalog|name');
    if (host !== undefined && database !== undefined) {
        const port = word('port');
        found.push({ host, port: port === undefined ? null : Number(port), database });
    }
    return found;
}
function afterUserInfo(rest) {
    const end = rest.search(/[/?]/);
    const authority = end < 0 ? rest : rest.slice(0, end);
    return rest.slice(authority.lastIndexOf('@') + 1);
}
function isAt(pointer, place) {
    return (canonical(pointer.host) === canonical(place.host) &&
        (pointer.port ?? 5432) === place.port &&
        pointer.database === place.database);
}
/** The many names of this machine are one. */
function canonical(host) {
    const name = host.toLowerCase().replace(/(?<=.)\.$/, '');
    return /^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|::1|::)$/.test(name) ? 'localhost' : name;
}


/***/ }),

/***/ 4584:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   cA: () => (/* binding */ lineOf),
/* harmony export */   ce: () => (/* binding */ UNRECORDED),
/* harmony export */   lM: () => (/* binding */ planned)
/* harmony export */ });
/* harmony import */ var _sql_classify_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2010);
/* harmony import */ var _sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6080);


/** What a tool did beside its records, or one that keeps none. */
const UNRECORDED = 'unrecorded';
function planned(migration, texts) {
    const { allow, ...file } = migration;
    const createsTables = [];
    let alone = null;
    for (const { sql } of texts) {
        const facts = (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_0__/* .classify */ .L8)(sql);
        if (facts.createsTable !== null)
            createsTables.push((0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .bareName */ .yZ)(facts.createsTable));
        alone ??= facts.nonTransactional?.what ?? null;
    }
    return {
        ...file,
        key: migration.version,
        namesTracking: false,
        script: {
            transactional: alone === null,
            reason: alone,
            ownTransactions: false,
            wrapper: null,
            directives: { noTransaction: false, batch: false, allow, lockTimeoutMs: null, statementTimeoutMs: null },
            statements: texts.length,
            createsTables,
            texts,
            unread: 0,
        },
    };
}
/** A line of the file that begins with what a statement begins with; else where it is said to begin. */
function lineOf(sql, lines, otherwise) {
    const [first = ''] = sql.trim().split('\n');
    const wanted = first.trim().slice(0, 80);
    if (wanted.length < 12)
        return otherwise;
    const at = lines.findIndex((line) => line.includes(wanted));
    return at < 0 ? otherwise : at + 1;
}


/***/ })

};
