export const id = 601;
export const ids = [601];
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
/** However late it is: where the machine stood still the tool did so too, and has not had its time. */
const LEAST_LOOKS = 10;
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
        const until = performance.now() + limitMs;
        for (let looks = 0; !this.isGone(); looks += 1) {
            if (looks >= LEAST_LOOKS && performance.now() > until)
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
/**
 * What a runner gives to this step to speak with it and with its services: a tool must not write our outputs, nor hold a
 * token for artifacts and caches, which no `run:` step gets either.
 */
const RUNNERS = /^(STATE_.*|ACTIONS_(RUNTIME|RESULTS|CACHE)_.*|GITHUB_(OUTPUT|STATE|ENV|PATH|STEP_SUMMARY))$/;
const LONGEST_URL = 4096;
/** A shorter password (`postgres`) is a word that stands in many a value by chance. */
const LONG_ENOUGH = 9;
/** What a tool is told. Pure. */
function childEnvironment(options) {
    const { target, own, variables, rehearsal, nullDevice } = options;
    const given = Object.entries(options.env).filter((entry) => entry[1] !== undefined);
    const before = new Map(given);
    const leads = leadsTo([target, ...options.secrets.flatMap(databaseOf)]);
    const kept = given.filter(([name, value]) => KEPT.has(name) || !(OURS.test(name) || RUNNERS.test(name) || ABOUT_CONNECTING.test(name) || leads(value)));
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
    // Nobody listens in on loopback, and encrypting each small message costs more than the message. Who insists is served.
    env.PGSSLMODE = 'disable';
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
    const removed = given
        .map(([name]) => name)
        .filter((name) => !(Object.hasOwn(env, name) || name.startsWith('INPUT_') || RUNNERS.test(name)));
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
/* harmony export */   Dx: () => (/* binding */ linesOf),
/* harmony export */   J5: () => (/* binding */ hasRecorded),
/* harmony export */   b6: () => (/* binding */ textOf),
/* harmony export */   cA: () => (/* binding */ lineOf),
/* harmony export */   ce: () => (/* reexport safe */ _report_places_js__WEBPACK_IMPORTED_MODULE_3__.ce),
/* harmony export */   lM: () => (/* binding */ planned),
/* harmony export */   zG: () => (/* binding */ findStatement)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _report_places_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(9012);
/* harmony import */ var _sql_classify_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9281);
/* harmony import */ var _sql_tokens_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6080);
/** A tool's migration in the shape that plans, rules and reports read. */





/** It is one that the tool keeps on record. */
function hasRecorded({ version }) {
    return version !== _report_places_js__WEBPACK_IMPORTED_MODULE_3__/* .UNRECORDED */ .ce;
}
function planned(migration, texts) {
    const { allow, ...file } = migration;
    const createsTables = [];
    let alone = null;
    for (const { sql, line } of texts) {
        const facts = (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_1__/* .classify */ .L8)(sql);
        if (facts.createsTable !== null)
            createsTables.push((0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_2__/* .bareName */ .yZ)(facts.createsTable));
        if (facts.nonTransactional)
            alone ??= `${facts.nonTransactional.what} at line ${line}`;
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
    // Values may have been put in where the file has a variable.
    for (const beginning of [first.slice(0, 80), first.split(/['$\d]/)[0] ?? '']) {
        const wanted = beginning.trim();
        const at = wanted.length < SHORTEST ? -1 : lines.findIndex((line) => line.includes(wanted));
        if (at >= 0)
            return at + 1;
    }
    return otherwise;
}
const SHORTEST = 12;
const LONGEST_FILE_BYTES = 1 << 20;
/** A file's text; empty where there is none, or where it is too large to look through. */
function textOf(path) {
    const { size } = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.statSync)(path, { throwIfNoEntry: false }) ?? { size: 0 };
    return size === 0 || size > LONGEST_FILE_BYTES ? '' : (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readFileSync)(path, 'utf8').replace(/\r\n?/g, '\n');
}
/** Where a statement stands in a text exactly as it was sent, `from` a place on. */
function findStatement(sent, source, from = 0) {
    const sql = sent.replace(/\r\n?/g, '\n');
    const at = sql.length < SHORTEST ? standingAlone(sql, source, from) : source.indexOf(sql, from);
    if (at < 0)
        return null;
    const before = source.slice(0, at);
    const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1;
    return { line: before.split('\n').length, column, end: at + sql.length, source };
}
/** A short text could be a part of anything. */
function standingAlone(sql, source, from) {
    for (let at = source.indexOf(sql, from); at >= 0 && sql !== ''; at = source.indexOf(sql, at + 1)) {
        if (/(?:^|[\n;'"`])[ \t]*$/.test(source.slice(Math.max(0, at - 200), at)) &&
            /^\s*(?:[;'"`]|$)/.test(source.slice(at + sql.length, at + sql.length + 200)))
            return at;
    }
    return -1;
}
/** The lines of statements that come one after another in a file; `otherwise`: of those that it does not show as they were sent. */
function linesOf(statements, source, otherwise) {
    const lines = source.split('\n');
    let from = 0;
    return statements.map((sql) => {
        const found = findStatement(sql, source, from) ?? findStatement(sql, source);
        if (found === null)
            return lineOf(sql, lines, otherwise);
        from = found.end;
        return found.line;
    });
}


/***/ }),

/***/ 7208:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  x: () => (/* binding */ keptOut),
  H: () => (/* binding */ runAgainst)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __webpack_require__(1692);
// EXTERNAL MODULE: ./src/rehearsal/proxy/wire.ts
var wire = __webpack_require__(7411);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/startup.ts
/** The first packet of a connection, which has no type: what the client wants. Pure. */

/** Codes in the place of a version: 1234 and a number that no version has. */
const CANCEL = 80877102;
const SSL = 80877103;
const GSS = 80877104;
/** As the server's parse_bool has it, for `replication`. */
const NO = /^(?:f(?:a(?:l(?:se?)?)?)?|no?|off?|0|)$/i;
const refused = (sqlstate, text, hint) => ({
    kind: 'refused',
    fields: (0,wire/* errorFields */.au)('FATAL', sqlstate, text, hint),
});
/** `packet`: after its length. */
function readOpening(packet) {
    const code = packet.readUInt32BE(0);
    if (code === SSL)
        return { kind: 'ssl' };
    if (code === GSS)
        return { kind: 'gss' };
    if (code === CANCEL)
        return { kind: 'cancel', key: packet.subarray(4) };
    const [major, minor] = [code >>> 16, code & 0xffff];
    if (major !== 3)
        return refused('0A000', `unsupported frontend protocol ${major}.${minor}: server supports 3.0`);
    const pairs = readPairs(packet.subarray(4));
    if (pairs === null)
        return refused('08P01', 'invalid startup packet layout: expected terminator as last byte');
    const parameters = new Map();
    const unknownOptions = [];
    for (const [name, value] of pairs) {
        if (name.startsWith('_pq_.'))
            unknownOptions.push(name);
        else
            parameters.set(name, value);
    }
    if (!NO.test(parameters.get('replication') ?? '')) {
        return refused('0A000', 'replication connections are not served', 'Migrations are rehearsed and applied here.');
    }
    parameters.delete('replication');
    const user = parameters.get('user') ?? '';
    if (user === '')
        return refused('28000', 'no PostgreSQL user name specified in startup packet');
    if ((parameters.get('database') ?? '') === '')
        parameters.set('database', user);
    return { kind: 'start', parameters, negotiate: minor > 0 || unknownOptions.length > 0 ? { unknownOptions } : null };
}
/** Names and values, each ended by a zero, and a zero after the last. Null: it is not that. */
function readPairs(bytes) {
    const texts = [];
    let at = 0;
    while (at < bytes.length - 1 && (texts.length % 2 === 1 || bytes[at] !== 0)) {
        const end = bytes.indexOf(0, at);
        if (end < 0)
            return null;
        texts.push(bytes.toString('utf8', at, end));
        at = end + 1;
    }
    if (at !== bytes.length - 1 || bytes[at] !== 0 || texts.length % 2 === 1)
        return null;
    return Array.from({ length: texts.length / 2 }, (_, pair) => [texts[2 * pair] ?? '', texts[2 * pair + 1] ?? '']);
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/front.ts
/**
 * The front door of a PostgreSQL server on loopback: connections come in as they would at the server's own, say the
 * password of this run, and are handed to a Host. https://www.postgresql.org/docs/current/protocol-flow.html
 */





const MOST = 100;
const PATIENCE_MS = 10_000;
/** How long the other side may take to close after we have. */
const FAREWELL_MS = 1_000;
/** As in the server: MAX_STARTUP_PACKET_LENGTH and PG_MAX_AUTH_TOKEN_LENGTH. */
const LONGEST_STARTUP_BYTES = 10_000;
const LONGEST_PASSWORD_BYTES = 65_535;
/** The first byte of a TLS handshake; a startup packet begins with a zero. */
const TLS_HANDSHAKE = 0x16;
/** Refused, with words for the client. `noted`: and for the log. */
class Refusal extends Error {
    fields;
    constructor(fields, noted) {
        super(noted);
        this.fields = fields;
    }
}
const refusal = (sqlstate, text, noted = text) => new Refusal((0,wire/* errorFields */.au)('FATAL', sqlstate, text), noted);
/** The other side is gone, or is not worth an answer. `message`: for the log; empty: nothing to say. */
class Gone extends Error {
}
/** Serves `host` on an ephemeral port of 127.0.0.1. */
async function listen(host, options) {
    const lines = new Set();
    const sockets = new Set();
    const most = options.most ?? MOST;
    let callers = 0;
    let certificate = null;
    const ourCertificate = () => {
        certificate ??= __webpack_require__.e(/* import() */ 279).then(__webpack_require__.bind(__webpack_require__, 1279)).then(({ makeCertificate }) => makeCertificate(new Date()));
        return certificate;
    };
    const server = (0,external_node_net_.createServer)({ noDelay: true }, (socket) => {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => sockets.delete(socket));
        void serve(socket);
    });
    // Those who have not said the password count too: what they could fill is bounded.
    server.maxConnections = 4 * most;
    async function serve(socket) {
        const patience = setTimeout(() => socket.destroy(), options.patienceMs ?? PATIENCE_MS);
        socket.on('close', () => clearTimeout(patience));
        const entrance = new Entrance(socket, ourCertificate);
        try {
            const opening = await entrance.opening();
            if (opening.kind === 'cancel') {
                lineOfKey(opening.key)?.cancel();
                socket.end();
                return;
            }
            await entrance.password(options.password, opening);
            if (lines.size >= most)
                throw refusal('53300', 'sorry, too many clients already');
            clearTimeout(patience);
            callers += 1;
            const line = new Line(callers, opening.parameters, entrance.stream, host);
            lines.add(line);
            entrance.stream.on('close', () => lines.delete(line));
            await line.serve();
        }
        catch (error) {
            if (error instanceof Refusal)
                farewell(entrance.stream, wire/* answer */.ZF.error(error.fields));
            else
                socket.destroy();
            if (error.message !== '')
                options.log?.(`a connection was refused: ${error.message}`);
        }
    }
    /** All are compared, so that the time tells nothing. */
    function lineOfKey(key) {
        let meant = null;
        for (const line of lines)
            if (line.hasKey(key))
                meant = line;
        return meant;
    }
    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
    });
    server.on('error', (error) => options.log?.(`a connection could not be accepted: ${error.message}`));
    return {
        port: server.address().port,
        password: options.password,
        certificatePem: async () => (await ourCertificate()).cert,
        close: async () => {
            const closed = new Promise((resolve) => server.close(() => resolve()));
            const served = [...lines].map((line) => line.over());
            for (const socket of sockets)
                socket.destroy();
            await Promise.all([closed, ...served]);
        },
    };
}
/** A connection from its first byte to its password. What it has sent beyond stays in its stream, unread. */
class Entrance {
    /** The connection as it is now: the socket, or TLS on it. */
    stream;
    intake;
    certificate;
    constructor(socket, certificate) {
        this.stream = socket;
        this.intake = new Intake(socket);
        this.certificate = certificate;
    }
    /** Past the questions for encryption. */
    async opening() {
        let encrypted = false;
        let gssAsked = false;
        for (;;) {
            const head = await this.intake.take(4);
            if (head[0] === TLS_HANDSHAKE && !encrypted && !gssAsked) {
                this.stream.unshift(head);
                await this.encrypt({ direct: true });
                encrypted = true;
                continue;
            }
            const length = head.readUInt32BE(0);
            if (length < 8 || length > LONGEST_STARTUP_BYTES) {
                throw refusal('08P01', 'invalid length of startup packet', 'it does not speak the protocol of PostgreSQL');
            }
            const opening = readOpening(await this.intake.take(length - 4));
            if (opening.kind === 'refused')
                throw new Refusal(opening.fields, opening.fields.get('M') ?? '');
            if (opening.kind === 'start' || opening.kind === 'cancel')
                return opening;
            const again = opening.kind === 'ssl' ? encrypted : encrypted || gssAsked;
            if (again)
                throw refusal('0A000', 'encryption was asked for twice');
            if (opening.kind === 'gss') {
                gssAsked = true;
                this.stream.write('N');
                continue;
            }
            // What comes before the answer was not encrypted by the client: somebody has put it in between.
            if (this.stream.readableLength > 0)
                throw refusal('08P01', 'received unencrypted data after SSL request');
            this.stream.write('S');
            await this.encrypt({ direct: false });
            encrypted = true;
        }
    }
    /** Asks for the password, which has to be this one. */
    async password(password, { negotiate }) {
        const version = negotiate === null ? [] : [wire/* answer */.ZF.negotiateProtocolVersion(negotiate.unknownOptions)];
        this.stream.write(Buffer.concat([...version, wire/* answer */.ZF.askForPassword]));
        const head = await this.intake.take(5);
        const [type, length] = [String.fromCharCode(head[0] ?? 0), head.readUInt32BE(1)];
        if (type === 'X')
            throw new Gone();
        if (type !== 'p')
            throw refusal('08P01', 'expected a password response');
        if (length < 5 || length > LONGEST_PASSWORD_BYTES)
            throw refusal('08P01', 'invalid password packet size');
        const body = await this.intake.take(length - 4);
        if (body.at(-1) !== 0)
            throw refusal('08P01', 'invalid password packet size');
        if (!sameText(body.subarray(0, -1), Buffer.from(password))) {
            throw refusal('28P01', 'password authentication failed', 'it said a wrong password');
        }
        this.intake.release();
    }
    async encrypt({ direct }) {
        this.intake.release();
        const { cert, key } = await this.certificate();
        const [socket, server] = [this.stream, (0,external_node_tls_.createServer)({ cert, key, ALPNProtocols: ['postgresql'] })];
        const secure = await new Promise((resolve, reject) => {
            server.once('secureConnection', resolve);
            server.once('tlsClientError', (error) => reject(new Gone(`no TLS: ${error.code}`)));
            server.emit('connection', socket);
        });
        secure.on('error', () => secure.destroy());
        this.stream = secure;
        this.intake = new Intake(secure);
        if (direct && secure.alpnProtocol !== 'postgresql')
            throw new Gone('direct TLS without its protocol (ALPN)');
    }
}
/** One connection that has said the password. */
class Line {
    id;
    parameters;
    stream;
    host;
    secret = (0,external_node_crypto_.randomBytes)(4);
    /** Null: not admitted yet. */
    key = null;
    /** What the host has sent before the greeting was. */
    early = [];
    greeted = false;
    ended = false;
    hasLeft = false;
    served = Promise.resolve();
    constructor(id, parameters, stream, host) {
        this.id = id;
        this.parameters = parameters;
        this.stream = stream;
        this.host = host;
    }
    serve() {
        this.served = this.admission();
        return this.served;
    }
    async admission() {
        const admission = await this.host.admit(this);
        if (admission.kind === 'refused') {
            this.ended = true;
            farewell(this.stream, wire/* answer */.ZF.error(admission.fields));
            return;
        }
        const { pid, parameters } = admission;
        const greeting = [
            wire/* answer */.ZF.authenticationOk,
            ...[...parameters].map(([name, value]) => wire/* answer */.ZF.parameterStatus(name, value)),
            wire/* answer */.ZF.backendKeyData(pid, this.secret),
            wire/* answer */.ZF.readyForQuery('I'),
        ];
        this.key = keyOf(pid, this.secret);
        this.greeted = true;
        this.stream.on('close', () => this.leave());
        if (this.stream.destroyed)
            this.leave();
        this.stream.write(Buffer.concat([...greeting, ...this.early]));
        if (this.ended)
            farewell(this.stream);
        const reader = new wire/* FrameReader */.tS();
        this.stream.on('data', (chunk) => this.hear(reader, chunk));
        this.stream.resume();
    }
    hear(reader, chunk) {
        if (this.ended || this.hasLeft)
            return;
        let frames;
        try {
            frames = reader.push(chunk);
        }
        catch (error) {
            this.end(wire/* answer */.ZF.error((0,wire/* errorFields */.au)('FATAL', '08P01', error.message)));
            this.leave();
            return;
        }
        const bye = frames.findIndex(({ type }) => type === 'X');
        const said = bye < 0 ? frames : frames.slice(0, bye);
        if (said.length > 0)
            this.host.hear(this, said);
        if (bye < 0)
            return;
        this.end();
        this.leave();
    }
    leave() {
        if (this.hasLeft || !this.greeted)
            return;
        this.hasLeft = true;
        this.host.left(this);
    }
    /** Resolves when nothing more will be asked of the host. */
    async over() {
        this.stream.destroy();
        await this.served.catch(() => undefined);
        this.leave();
    }
    /** In constant time. */
    hasKey(key) {
        return this.key !== null && !this.hasLeft && sameText(key, this.key);
    }
    cancel() {
        this.host.cancel(this);
    }
    send(bytes) {
        // Nobody reads it any more: there is nothing to wait for.
        if (this.ended || this.stream.destroyed)
            return true;
        if (this.greeted) {
            return this.stream.write(bytes);
        }
        this.early.push(bytes);
        return true;
    }
    onDrain(listener) {
        this.stream.on('drain', listener);
    }
    pause() {
        this.stream.pause();
    }
    resume() {
        this.stream.resume();
    }
    end(last) {
        if (this.ended)
            return;
        if (last)
            this.send(last);
        this.ended = true;
        if (this.greeted)
            farewell(this.stream);
    }
}
function keyOf(pid, secret) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(pid);
    return Buffer.concat([bytes, secret]);
}
/** In a time that tells nothing of either. */
function sameText(one, other) {
    const hash = (bytes) => (0,external_node_crypto_.createHash)('sha256').update(bytes).digest();
    return (0,external_node_crypto_.timingSafeEqual)(hash(one), hash(other));
}
/** Closes once these bytes are out. What still comes is read, as unread bytes would reset the connection under them. */
function farewell(stream, last) {
    if (last)
        stream.write(last);
    stream.end();
    stream.resume();
    const patience = setTimeout(() => stream.destroy(), FAREWELL_MS);
    stream.once('close', () => clearTimeout(patience));
}
/** Takes exact numbers of bytes off a stream, however they come; what is not taken stays in the stream. */
class Intake {
    stream;
    wake = () => undefined;
    events = ['readable', 'end', 'close'];
    onEvent = () => this.wake();
    constructor(stream) {
        this.stream = stream;
        for (const event of this.events)
            stream.on(event, this.onEvent);
    }
    /** Throws Gone. */
    async take(count) {
        for (;;) {
            const bytes = this.stream.read(count);
            if (bytes?.length === count)
                return bytes;
            // At its end a stream gives what is left.
            if (bytes !== null || this.stream.readableEnded || this.stream.destroyed)
                throw new Gone();
            await new Promise((resolve) => {
                this.wake = resolve;
            });
        }
    }
    release() {
        for (const event of this.events)
            this.stream.off(event, this.onEvent);
    }
}

// EXTERNAL MODULE: ./src/report/values.ts
var values = __webpack_require__(626);
// EXTERNAL MODULE: ./src/engines/tool/child.ts
var tool_child = __webpack_require__(2424);
// EXTERNAL MODULE: ./src/engines/tool/environment.ts
var environment = __webpack_require__(8271);
;// CONCATENATED MODULE: ./src/engines/tool/fence.ts
/**
 * A fence around a tool that is rehearsed: the kernel refuses it, and whatever it starts, every TCP connection to the port
 * of the target, so that it reaches our proxy or nothing. `connect` fails with EACCES, "Permission denied".
 *
 * It is Linux's Landlock, which any program may put on itself and nobody takes off again. Node can't ask for it, so a
 * launcher does, in perl or python3, and then becomes the tool: same process, environment, signals, streams, exit code.
 *
 * Not fenced: sockets in a folder, and what runs outside of the tool's processes at its request (a container, a daemon, a
 * service that forwards to the target from another port).
 */




const TRIAL_MS = 10_000;
/** Tries the launcher out before it gives it. One that can't do at run time what it could then starts no tool: `notStarted`. */
async function fenced(words, options) {
    const { targets, allow, env, platform = process.platform, arch = process.arch, isProgram = isElf } = options;
    const machine = MACHINES[arch];
    const ports = [...new Set(targets.map(({ port }) => port))];
    const shared = ports.find((port) => allow.includes(port));
    if (platform !== 'linux')
        return { words, why: 'only Linux can keep a program from a port' };
    if (machine === undefined)
        return { words, why: `no fence is known for a machine of the kind ${arch}` };
    if (targets.some(({ host }) => host.startsWith('/'))) {
        return { words, why: 'the target is reached by a socket in a folder, not by TCP' };
    }
    if (shared !== undefined)
        return { words, why: `the proxy has port ${shared}, which is the target's too` };
    const how = `Landlock keeps it from TCP port ${ports.join(', ')}`;
    const whys = [];
    let loud = null;
    for (const interpreter of interpreters(env.PATH ?? '', isProgram)) {
        const launcher = launcherOf(interpreter, machine, ports);
        const trial = await tried(launcher, env);
        if (trial === 'works')
            return { words: [...launcher, ...words], how };
        if (trial === 'loud')
            loud ??= launcher;
        else
            whys.push(trial.why);
    }
    if (loud !== null)
        return { words: [...loud, ...words], how };
    return { words, why: [...new Set(whys)].join('; ') || 'neither perl nor python3 is there to set it up' };
}
/** Of a tool that was started with fenced words: that it was not started after all, with `code` as of ToolStart; else null. */
function notStarted({ code, stderr, }) {
    const failure = code === FAILED ? failureIn(stderr) : null;
    if (failure === null)
        return null;
    const name = failure.step === 'exec' ? nameOf(failure.errno) : null;
    const error = new Error(name === null ? `the fence around the tool failed: ${failure.text}` : failure.text);
    return name === null ? error : Object.assign(error, { code: name });
}
/** Numbers of system calls; those that all machines share are where they are used. */
const MACHINES = {
    x64: { audit: 0xc000003e, prctl: 157, socket: 41, sendto: 44, sendmsg: 46, sendmmsg: 307 },
    arm64: { audit: 0xc00000b7, prctl: 167, socket: 198, sendto: 206, sendmsg: 211, sendmmsg: 269 },
};
/** perl before python3, as it starts faster; the system's before those on PATH, which may set up more than they run. */
function interpreters(path, isProgram) {
    const folders = ['/usr/bin', '/bin', '/usr/local/bin', ...path.split(':').filter((folder) => folder.startsWith('/'))];
    return ['perl', 'python3'].flatMap((kind) => {
        const file = folders.map((folder) => (0,external_node_path_.join)(folder, kind)).find(isProgram);
        return file === undefined ? [] : [{ kind, file }];
    });
}
/** A script that only chooses an interpreter (pyenv's) changes the environment on the way. */
function isElf(file) {
    try {
        const opened = (0,external_node_fs_.openSync)(file, 'r');
        try {
            const head = Buffer.alloc(4);
            (0,external_node_fs_.readSync)(opened, head, 0, 4, 0);
            return head.toString('latin1') === '\x7fELF';
        }
        finally {
            (0,external_node_fs_.closeSync)(opened);
        }
    }
    catch {
        return false; // not there, or not ours to read: then the next
    }
}
function launcherOf({ kind, file }, machine, ports) {
    const filter = filterFor(machine).toString('hex');
    return [file, ...SCRIPTS[kind], String(machine.prctl), filter, ports.join(',')];
}
const trials = new Map();
/** Once for each launcher and environment: the tools of a run are many, and it costs as much as a start. */
function tried(launcher, env) {
    // Of the environment, what an interpreter goes by as it starts.
    const own = Object.entries(env).filter(([name]) => /^(?:LC_|LANG|PERL|PYTHON|LD_)/.test(name));
    const key = JSON.stringify([launcher, own.sort()]);
    const known = trials.get(key) ?? tryOut(launcher, env);
    trials.set(key, known);
    return known;
}
/**
 * Without words the launcher does all that it does, but for the many rules, and ends. `loud`: it says something of its own,
 * as perl does where a locale is set that is not there; that would be among what the tool says.
 */
async function tryOut(launcher, env) {
    const { code, error, stdout, stderr, stopped } = await (0,tool_child/* probeTool */.D)({ words: launcher, cwd: '/', env }, TRIAL_MS);
    if (code === 0)
        return stdout + stderr === '' ? 'works' : 'loud';
    const failure = code === FAILED ? failureIn(stderr) : null;
    if (failure?.step === 'landlock')
        return { why: LACKS[failure.errno] ?? `Landlock: ${failure.text}` };
    const said = stopped ? 'did not come to an end' : (failure?.text ?? error?.message ?? firstLine(stderr));
    return { why: `${launcher[0]}: ${said}` };
}
function firstLine(text) {
    return text.trim().split('\n', 1)[0]?.slice(0, 200) ?? '';
}
/** Linux's. */
const [EPERM, EACCES, ENOSYS, ENODATA, EPROTONOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT] = [1, 13, 38, 61, 93, 95, 97];
const LACKS = {
    [ENOSYS]: 'this kernel has no Landlock',
    [EOPNOTSUPP]: 'Landlock is switched off in this kernel',
    [ENODATA]: 'the Landlock of this kernel has no rules for ports, which came with Linux 6.7',
    [EPERM]: 'Landlock is forbidden here, as by the security profile of a container',
};
/** The launcher's exit code when it starts nothing, as `env` and `timeout` have it. */
const FAILED = 125;
const FAILURE = /^migration-gate: the tool was not started: ((\w+): .*) \((\d+)\)$/m;
function failureIn(stderr) {
    const [, text = '', step = '', errno] = FAILURE.exec(stderr) ?? [];
    return step === '' ? null : { step, text, errno: Number(errno) };
}
function nameOf(errno) {
    return Object.entries(external_node_os_.constants.errno).find(([, number]) => number === errno)?.[0] ?? null;
}
/**
 * Landlock looks at `connect` of TCP sockets. These are the other ways to a TCP server, which a seccomp filter closes;
 * programs that use them are used to not having them. A program of 32 bits keeps them: there they can't be told apart.
 */
function filterFor(machine) {
    const [MSG_FASTOPEN, IPPROTO_MPTCP, IPPROTO_SMC, AF_SMC, IO_URING_SETUP] = [0x20000000, 262, 256, 43, 425];
    const X32 = 0x40000000;
    const number = load(0);
    // Arguments are 64 bits wide; of these the kernel looks at the lower half.
    const argument = (index) => load(16 + 8 * index);
    const refuse = (errno) => instruction(0x06, 0x00050000 | errno);
    const when = (code, value, then) => [
        instruction(code, value, 0, then.length),
        ...then,
    ];
    const [equals, atLeast, has] = [0x15, 0x35, 0x45];
    const call = (which, then) => [number, ...when(equals, which, then)];
    const fastOpen = (index) => [argument(index), ...when(has, MSG_FASTOPEN, [refuse(EOPNOTSUPP)])];
    const allow = instruction(0x06, 0x7fff0000);
    return Buffer.concat([
        load(4),
        instruction(equals, machine.audit, 1, 0),
        allow,
        number,
        ...when(atLeast, X32, [refuse(ENOSYS)]),
        ...call(machine.socket, [
            argument(2),
            ...when(equals, IPPROTO_MPTCP, [refuse(EPROTONOSUPPORT)]),
            ...when(equals, IPPROTO_SMC, [refuse(EPROTONOSUPPORT)]),
            argument(0),
            ...when(equals, AF_SMC, [refuse(EAFNOSUPPORT)]),
        ]),
        ...call(machine.sendto, fastOpen(3)),
        ...call(machine.sendmsg, fastOpen(2)),
        ...call(machine.sendmmsg, fastOpen(3)),
        // What goes through a ring is not seen by the filter.
        ...call(IO_URING_SETUP, [refuse(EPERM)]),
        allow,
    ]);
}
function load(offset) {
    return instruction(0x20, offset);
}
function instruction(code, value, ifTrue = 0, ifFalse = 0) {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(code, 0);
    bytes.writeUInt8(ifTrue, 2);
    bytes.writeUInt8(ifFalse, 3);
    bytes.writeUInt32LE(value, 4);
    return bytes;
}
/*
 * The launchers. Arguments: the number of prctl, the filter in hex, the ports, the tool's words. They end with FAILED and
 * a line like FAILURE unless every step was done and they have seen that the port is out of reach.
 *   444 landlock_create_ruleset (flag 1: which version; handled_access_net 2: connect), 445 landlock_add_rule (2: a port),
 *   446 landlock_restrict_self; prctl 38 PR_SET_NO_NEW_PRIVS, 22 PR_SET_SECCOMP (2: a filter).
 * There is no rule for "all but one", so there are 65,535 of them.
 */
const PERL = `
my ($prctl, $filter, $ports, @words) = @ARGV;
$prctl += 0;
sub failed { print STDERR "migration-gate: the tool was not started: $_[0]: $! (", $! + 0, ")\\n"; exit ${FAILED} }
my $version = syscall(444, 0, 0, 1);
if ($version >= 0 && $version < 4) { $! = ${ENODATA}; $version = -1 }
failed('landlock') if $version < 0;
my %kept = map { $_ => 1 } split /,/, $ports;
my $handled = pack('QQ', 0, 2);
my $rules = syscall(444, $handled, 16, 0);
failed('ruleset') if $rules < 0;
for my $port (0 .. 65535) {
  last unless @words;
  next if $kept{$port};
  syscall(445, $rules, 2, pack('QQ', 2, $port), 0) == 0 or failed('rule');
}
syscall($prctl, 38, 1, 0, 0, 0) == 0 or failed('privileges');
syscall(446, $rules, 0) == 0 or failed('restrict');
my $program = pack('H*', $filter);
syscall($prctl, 22, 2, pack('Sx6P', length($program) / 8, $program), 0, 0) == 0 or failed('filter');
for my $port (keys %kept) {
  my $address = pack('SnC4x8', 2, $port, 127, 0, 0, 1);
  socket(my $socket, 2, 1, 6) or failed('socket');
  $! = 0;
  !connect($socket, $address) && $! == ${EACCES} or failed('connect');
  !defined(send($socket, 'x', 0x20000000, $address)) && $! == ${EOPNOTSUPP} or failed('fastopen');
  !socket(my $other, 2, 1, 262) && $! == ${EPROTONOSUPPORT} or failed('multipath');
}
exit 0 unless @words;
exec { $words[0] } @words;
failed('exec');
`;
/** Python ignores two signals and may set LC_CTYPE for itself; the tool gets neither. */
const PYTHON = `
import ctypes, os, signal, socket, struct, sys
prctl, program, ports, *words = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
prctl, program = int(prctl), ctypes.create_string_buffer(bytes.fromhex(program))
kept = {int(port) for port in ports.split(',')}
def failed(step, errno):
    print('migration-gate: the tool was not started: %s: %s (%d)' % (step, os.strerror(errno), errno), file=sys.stderr)
    sys.stderr.flush()
    os._exit(${FAILED})
def call(step, *arguments):
    result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0: failed(step, ctypes.get_errno())
    return result
def refused(step, errno, attempt):
    try: attempt()
    except OSError as error:
        if error.errno != errno: failed(step, error.errno)
    else: failed(step, 0)
if call('landlock', 444, None, 0, 1) < 4: failed('landlock', ${ENODATA})
rules = call('ruleset', 444, struct.pack('QQ', 0, 2), 16, 0)
rule = struct.Struct('QQ').pack
add, kind, none = (ctypes.c_long(445), ctypes.c_long(rules)), ctypes.c_long(2), ctypes.c_long(0)
for port in range(65536 if words else 0):
    if port not in kept and libc.syscall(*add, kind, rule(2, port), none) != 0: failed('rule', ctypes.get_errno())
call('privileges', prctl, 38, 1, 0, 0, 0)
call('restrict', 446, rules, 0)
call('filter', prctl, 22, 2, struct.pack('H6xQ', len(program) // 8, ctypes.addressof(program)), 0, 0)
for port in kept:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 6) as to:
        refused('connect', ${EACCES}, lambda: to.connect(('127.0.0.1', port)))
        refused('fastopen', ${EOPNOTSUPP}, lambda: to.sendto(b'x', 0x20000000, ('127.0.0.1', port)))
    refused('multipath', ${EPROTONOSUPPORT}, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))
if not words: sys.exit(0)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
with open('/proc/self/environ', 'rb') as file: environment = file.read().split(b'\\0')[:-1]
def strings(all): return (ctypes.c_char_p * (len(all) + 1))(*all, None)
words = [os.fsencode(word) for word in words]
libc.execvpe(words[0], strings(words), strings(environment))
failed('exec', ctypes.get_errno())
`;
const SCRIPTS = { perl: ['-e', PERL, '--'], python3: ['-I', '-S', '-c', PYTHON] };

;// CONCATENATED MODULE: ./src/engines/tool/running.ts
/** A tool that runs against a proxy of ours: the proxy, what the tool is told of it, and the end of both. */









/** `host` answers its connections. */
async function runAgainst(host, run) {
    const { tool, words, request, target, env, rehearsal, log, more } = run;
    const password = (0,external_node_crypto_.randomBytes)(24).toString('hex');
    const front = await listen(host, { password, log: (line) => log.detail(line) });
    const folder = (0,external_node_fs_.mkdtempSync)((0,external_node_path_.join)((0,external_node_os_.tmpdir)(), 'mgate-'));
    try {
        const sslRootCert = (0,external_node_path_.join)(folder, 'root.crt');
        (0,external_node_fs_.writeFileSync)(sslRootCert, await front.certificatePem());
        const { user, database } = target;
        const told = (0,environment/* childEnvironment */.Q)({
            env,
            target,
            own: { host: '127.0.0.1', port: front.port, user, password, database, sslRootCert },
            variables: request.urlVariables,
            rehearsal,
            secrets: request.secrets,
            nullDevice: external_node_os_.devNull,
        });
        const childEnv = { PYTHONUTF8: '1', ...told.env, ...more };
        // In apply it is to reach the target, and what it takes to set up a fence is time for nothing.
        const kept = rehearsal ? await keptOut(words, { request, env: childEnv, allow: [front.port], log }) : asItIs(words);
        if (rehearsal)
            await run.beforeStart?.(kept.unfenced);
        const began = performance.now();
        const child = (0,tool_child/* startTool */.p)({
            words: kept.words,
            cwd: request.workingDirectory,
            env: childEnv,
            onLine: (line) => log.detail(`${tool.name}: ${request.showData ? line : (0,values/* lineWithoutValues */.tt)(line)}`),
        });
        return {
            child: {
                ...child,
                ended: child.ended.then((ended) => {
                    log.detail(`${tool.name} ran for ${Math.round(performance.now() - began)} ms`);
                    return kept.read(ended);
                }),
            },
            triedToPass: kept.wasHeld,
            close: async () => {
                await child.stop();
                await front.close();
                (0,external_node_fs_.rmSync)(folder, { recursive: true, force: true });
            },
        };
    }
    catch (error) {
        await front.close();
        (0,external_node_fs_.rmSync)(folder, { recursive: true, force: true });
        throw error;
    }
}
/** The tool, kept by the kernel from every database of this run, where the kernel can do that. */
async function keptOut(words, { request, env, allow, log }) {
    const { target, rehearsalTarget } = request;
    const targets = [target, ...(rehearsalTarget ? [rehearsalTarget] : [])];
    const fence = await fenced(words, { targets, allow, env });
    if ('why' in fence) {
        log.detail(`${words[0]} is not fenced: ${fence.why}`);
        return asItIs(words, fence.why);
    }
    log.detail(`${words[0]} is fenced: ${fence.how}`);
    return {
        words: fence.words,
        unfenced: null,
        read: (ended) => {
            const error = notStarted(ended);
            return error === null ? ended : { ...ended, code: null, error };
        },
        wasHeld: ({ code, stdout, stderr }) => code !== 0 && HELD.test(`${stdout}\n${stderr}`),
    };
}
function asItIs(words, unfenced = 'nothing is rehearsed') {
    return { words, unfenced, read: (ended) => ended, wasHeld: () => false };
}
/** As libpq, Python's, Node's, Go's, Java's and Ruby's libraries tell of a connection that the kernel has refused. */
const HELD = /connect[^\n]*(?:Permission denied|EACCES)|PermissionError: \[Errno 13\][^\n]*(?:Connect|connect)|Errno::EACCES[^\n]*connect/;


/***/ }),

/***/ 2345:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   DP: () => (/* binding */ findToolTables),
/* harmony export */   GZ: () => (/* binding */ askedFor),
/* harmony export */   MU: () => (/* binding */ readingOf),
/* harmony export */   Mi: () => (/* binding */ isForRecords),
/* harmony export */   TP: () => (/* binding */ bareNameIn),
/* harmony export */   VU: () => (/* binding */ toolTablesIn),
/* harmony export */   ie: () => (/* binding */ whereIs),
/* harmony export */   q2: () => (/* binding */ readVersions)
/* harmony export */ });
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3530);
/* harmony import */ var _sql_classify_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9281);
/* harmony import */ var _sql_tokens_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6080);
/* harmony import */ var _shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(840);
/** The tool's own table: found, read, and told by what makes it. */




const WHERE_IS = (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`
  select n.nspname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident($1))`);
/** The schema of the table that a bare name means to the session. */
const whereIs = (table) => ({
    text: WHERE_IS,
    values: [table],
    keep: true,
});
/** The schemas that a text writes before a table's name. */
function schemasBefore(sql, table) {
    const name = table.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    const written = new RegExp(`([^\\s"'.,()=]+)"?\\s*\\.\\s*"?${name}(?![\\w$])`, 'g');
    return [...sql.matchAll(written)].map(([, schema = '']) => schema);
}
/** A table of records that a text names without saying where it is; null: it names none. */
function bareNameIn(sql, tables) {
    const named = tables.find(({ table }) => sql.includes(table));
    return named && schemasBefore(sql, named.table).length === 0 ? named.table : null;
}
/** Those that the tool has asked for. */
function askedFor(tables, asked) {
    return tables.filter(({ schema, table }) => asked.some((one) => {
        if (!one.sql.includes(table))
            return false;
        const written = schemasBefore(one.sql, table);
        return written.length > 0 ? written.includes(schema) : schema === (one.schema ?? 'public');
    }));
}
const KNOWN_NAMES = new Set(_shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .KNOWN_TOOLS */ .GK.map(({ table }) => table));
/** It makes a table in which a tool keeps its records. */
function isForRecords(sql, { createsTable } = (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_1__/* .classify */ .L8)(sql)) {
    if (createsTable === null)
        return false;
    return KNOWN_NAMES.has((0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_2__/* .bareName */ .yZ)(createsTable)) || /\bversion_num\b/.test(sql);
}
/** The tables of known tools in all schemas but the system's, by schema and name. Reads the catalog only. */
async function findToolTables(session) {
    const { rows } = await session.query((0,_shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .candidateTablesQuery */ .Ve)(null));
    return toolTablesIn(rows);
}
/** Those among them that are a known tool's. */
function toolTablesIn(candidates) {
    return candidates.flatMap((row) => {
        const known = (0,_shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .toolOfTable */ .il)(row);
        if (known === null)
            return [];
        return [
            { tool: known.tool, schema: row.schema, table: row.table, relation: (0,_shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .relationOf */ .Ke)(row), volatile: known.volatile },
        ];
    });
}
/** What reads its rows: `version`, `name`, `state`, oldest first. */
function readingOf({ tool, relation }) {
    const known = _shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .KNOWN_TOOLS */ .GK.find((one) => one.tool === tool);
    if (known === undefined)
        throw new Error(`nothing is known of how ${tool} records its migrations`);
    return (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(known.read(relation));
}
/**
 * What the tool has on record, oldest first; for Alembic its current heads, for golang-migrate its current version.
 * Throws what the server says (42501 without the right to read it).
 */
async function readVersions(session, table) {
    const { rows } = await session.query(readingOf(table));
    return rows;
}


/***/ }),

/***/ 7411:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $6: () => (/* binding */ textAt),
/* harmony export */   Pv: () => (/* binding */ letter),
/* harmony export */   Te: () => (/* binding */ texts),
/* harmony export */   ZF: () => (/* binding */ answer),
/* harmony export */   au: () => (/* binding */ errorFields),
/* harmony export */   cv: () => (/* binding */ say),
/* harmony export */   iU: () => (/* binding */ message),
/* harmony export */   oR: () => (/* binding */ joined),
/* harmony export */   qU: () => (/* binding */ readFields),
/* harmony export */   tS: () => (/* binding */ FrameReader)
/* harmony export */ });
/**
 * PostgreSQL's wire protocol, version 3, as far as a proxy needs it: messages are told apart, a few are read, a few are
 * made; all others pass as the bytes that they are. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
/** Type, and a length that counts itself. */
const HEADER_BYTES = 5;
/** What the server itself takes no message beyond. */
const LONGEST_BYTES = 0x3fffffff;
/** Cuts a stream of bytes into messages, however they come in pieces. Throws on a length that cannot be. */
class FrameReader {
    keep;
    chunks = [];
    pending = 0;
    wanted = HEADER_BYTES;
    /** Bytes to come that belong to a message which is not kept. */
    passing = 0;
    /** `keep`: messages of other types are left out, and nothing of them is held: rows, data of a COPY. */
    constructor(keep = () => true) {
        this.keep = keep;
    }
    /** The messages that are complete with these bytes; each shares memory with what was pushed. */
    push(bytes) {
        const chunk = bytes.subarray(this.passing);
        this.passing -= bytes.length - chunk.length;
        if (chunk.length === 0)
            return [];
        this.chunks.push(chunk);
        this.pending += chunk.length;
        const frames = [];
        if (this.pending < this.wanted)
            return frames;
        const all = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
        let at = 0;
        this.wanted = HEADER_BYTES;
        while (all.length - at >= HEADER_BYTES) {
            const length = all.readUInt32BE(at + 1);
            if (length < 4 || length > LONGEST_BYTES)
                throw new Error(`a message of ${length} bytes cannot be`);
            const end = at + 1 + length;
            const type = String.fromCharCode(all[at] ?? 0);
            const kept = this.keep(type);
            if (end > all.length && kept) {
                this.wanted = end - at;
                break;
            }
            if (kept)
                frames.push({ type, bytes: all.subarray(at, end) });
            at = end;
        }
        this.passing = Math.max(0, at - all.length);
        this.chunks.length = 0;
        if (at < all.length)
            this.chunks.push(all.subarray(at));
        this.pending = Math.max(0, all.length - at);
        return frames;
    }
}
// -- reading ------------------------------------------------------------------------------------------------------
/** The zero-terminated texts that a message begins with, `count` of them, `skip` bytes into its body. */
function texts(frame, count, skip = 0) {
    const found = [];
    let at = HEADER_BYTES + skip;
    for (let left = count; left > 0; left -= 1) {
        const end = frame.bytes.indexOf(0, at);
        if (end < 0)
            throw new Error(`a message ${frame.type} is cut short`);
        found.push(frame.bytes.toString('utf8', at, end));
        at = end + 1;
    }
    return found;
}
/**
 * The zero-terminated text that begins `from` bytes into a message's body, at most `longest` bytes of it, and where the
 * next field begins. A text that has no end ends with the message: whoever passes messages on leaves it to the server.
 */
function textAt(frame, from, longest = Number.POSITIVE_INFINITY) {
    const start = HEADER_BYTES + from;
    const zero = frame.bytes.indexOf(0, start);
    const end = zero < 0 ? frame.bytes.length : zero;
    return { text: frame.bytes.toString('utf8', start, Math.min(end, start + longest)), next: end + 1 - HEADER_BYTES };
}
/** The letter at a place in a message's body: the kind of a Describe or Close, the state in a ReadyForQuery. */
function letter(frame, at = 0) {
    return String.fromCharCode(frame.bytes[HEADER_BYTES + at] ?? 0);
}
function readFields(frame) {
    const fields = new Map();
    let at = HEADER_BYTES;
    while (at < frame.bytes.length && frame.bytes[at] !== 0) {
        const end = frame.bytes.indexOf(0, at + 1);
        if (end < 0)
            break;
        fields.set(String.fromCharCode(frame.bytes[at] ?? 0), frame.bytes.toString('utf8', at + 1, end));
        at = end + 1;
    }
    return fields;
}
// -- making -------------------------------------------------------------------------------------------------------
function message(type, ...parts) {
    const body = Buffer.concat(parts.map((part) => {
        if (typeof part === 'string')
            return Buffer.from(`${part}\0`);
        if (typeof part !== 'number')
            return part;
        const number = Buffer.alloc(4);
        number.writeInt32BE(part);
        return number;
    }));
    const head = Buffer.alloc(HEADER_BYTES);
    head.write(type, 0, 'latin1');
    head.writeUInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
}
/** All as one, for one write; null: there is nothing. */
function joined(bytes) {
    return bytes.length > 1 ? Buffer.concat(bytes) : (bytes[0] ?? null);
}
const int16 = (value) => Buffer.from([(value >> 8) & 255, value & 255]);
const byte = (text) => Buffer.from(text, 'latin1');
const NONE = int16(0);
/** What a client says. */
const say = {
    query: (sql) => message('Q', sql),
    parse: (name, sql) => message('P', name, sql, NONE),
    bind: (portal, statement, values = []) => message('B', portal, statement, NONE, int16(values.length), ...values.flatMap(parameter), NONE),
    describe: (kind, name) => message('D', byte(kind), name),
    execute: (portal) => message('E', portal, 0),
    close: (kind, name) => message('C', byte(kind), name),
    sync: message('S'),
    flush: message('H'),
    copyFail: (reason) => message('f', reason),
    terminate: message('X'),
};
function parameter(value) {
    if (value === null)
        return [-1];
    const bytes = Buffer.from(value);
    return [bytes.length, bytes];
}
const READY = { I: message('Z', byte('I')), T: message('Z', byte('T')), E: message('Z', byte('E')) };
/** What a server says. */
const answer = {
    authenticationOk: message('R', 0),
    askForPassword: message('R', 3),
    /** What we speak is 3.0, and these options of the protocol we do not know. */
    negotiateProtocolVersion: (unknown) => message('v', 3 << 16, unknown.length, ...unknown),
    parameterStatus: (name, value) => message('S', name, value),
    backendKeyData: (pid, secret) => message('K', pid, secret),
    /** `I`: idle, `T`: in a transaction, `E`: in one that has failed. */
    readyForQuery: (status) => READY[status],
    commandComplete: (tag) => message('C', tag),
    emptyQuery: message('I'),
    parseComplete: message('1'),
    bindComplete: message('2'),
    closeComplete: message('3'),
    noData: message('n'),
    error: (fields) => fieldsMessage('E', fields),
    notice: (fields) => fieldsMessage('N', fields),
};
function fieldsMessage(type, fields) {
    const parts = [...fields].flatMap(([code, text]) => [byte(code), text]);
    return message(type, ...parts, byte('\0'));
}
/** An error of ours, as the server would say it. */
function errorFields(severity, sqlstate, text, hint) {
    const fields = [
        ['S', severity],
        ['V', severity],
        ['C', sqlstate],
        ['M', text],
    ];
    return new Map(hint === undefined ? fields : [...fields, ['H', hint]]);
}


/***/ })

};
