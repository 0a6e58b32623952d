export const id = 581;
export const ids = [581];
export const modules = {

/***/ 5581:
/***/ ((module, __webpack_exports__, __webpack_require__) => {

__webpack_require__.a(module, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
__webpack_require__.r(__webpack_exports__);
/* harmony import */ var _github_event_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(5015);
/* harmony import */ var _request_argv_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6359);
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4074);
/* harmony import */ var _version_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(311);




/** A terminal gets colour and a passing line; a pipe gets plain lines; with --json, stdout is the report's alone. */
function terminalConsole(json, env) {
    const out = json ? process.stderr : process.stdout;
    const pretty = out.isTTY === true && !env.NO_COLOR;
    let passing = false;
    const clear = () => {
        if (passing)
            out.write('\r\u001b[K');
        passing = false;
    };
    const line = (text) => {
        clear();
        out.write(`${text}\n`);
    };
    return {
        secrets: () => undefined,
        line,
        chapter: (title) => line(pretty ? `\u001b[1m${title}\u001b[22m` : title),
        warning: (text) => line(`warning: ${text}`),
        notice: (text) => line(text),
        progress: (text) => {
            if (!pretty)
                return;
            clear();
            out.write(text.slice(0, (out.columns ?? 80) - 1));
            passing = true;
        },
        finish: (outcome, text, folder, workingDirectory) => {
            line('');
            line(text);
            // A script on a runner may call the command line too.
            if (env.GITHUB_ACTIONS === 'true')
                folder.annotate(outcome, workingDirectory, (command) => process.stderr.write(command));
        },
        ended: (folder) => {
            if (json)
                process.stdout.write(folder.reportText());
        },
    };
}
async function main() {
    const { env } = process;
    const argv = (0,_request_argv_js__WEBPACK_IMPORTED_MODULE_1__/* .readArgv */ .$)(process.argv.slice(2));
    switch (argv.kind) {
        case 'help':
            process.stdout.write(`${(0,_request_argv_js__WEBPACK_IMPORTED_MODULE_1__/* .helpText */ .B)()}\n`);
            return 0;
        case 'version':
            process.stdout.write(`${_version_js__WEBPACK_IMPORTED_MODULE_3__/* .VERSION */ .x}\n`);
            return 0;
        case 'problems':
            for (const { input, message } of argv.problems)
                process.stderr.write(`${input}: ${message}\n`);
            return 2;
        case 'lint': {
            const { lint } = await Promise.all(/* import() */[__webpack_require__.e(281), __webpack_require__.e(448), __webpack_require__.e(512), __webpack_require__.e(899)]).then(__webpack_require__.bind(__webpack_require__, 6899));
            return lint(argv.lint, process.cwd(), {
                out: (text) => process.stdout.write(`${text}\n`),
                error: (text) => process.stderr.write(`${text}\n`),
            });
        }
        case 'inputs':
            break;
    }
    const cancel = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'])
        process.on(signal, () => cancel.abort());
    const cwd = process.cwd();
    return (0,_run_js__WEBPACK_IMPORTED_MODULE_2__/* .run */ .e)({
        raw: argv.raw,
        context: {
            door: 'cli',
            env,
            event: (0,_github_event_js__WEBPACK_IMPORTED_MODULE_0__/* .readEvent */ .j)(env),
            cwd,
            verbose: argv.verbose,
            json: argv.json,
            problems: argv.problems,
        },
        env,
        workspace: env.GITHUB_WORKSPACE || cwd,
        console: terminalConsole(argv.json, env),
        signal: cancel.signal,
    });
}
let exitCode = 1;
try {
    exitCode = await main();
}
catch (error) {
    process.stderr.write(`migration-gate: ${error instanceof Error ? error.message : String(error)}\n`);
}
// What is given up on (a service that does not answer) must not keep the process alive; but what was printed must be out.
process.stdout.write('', () => process.exit(exitCode));

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 5015:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   j: () => (/* binding */ readEvent)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_0__);
/** The event that started the run, as the runner left it in a file. */

/** The event of `GITHUB_EVENT_PATH`; null where there is none (not a runner). Throws, with the path, when it is there and cannot be read. */
function readEvent(env) {
    const path = env.GITHUB_EVENT_PATH;
    if (path === undefined || path === '')
        return null;
    const event = parse(readText(path), path);
    if (typeof event !== 'object' || event === null || Array.isArray(event)) {
        throw new Error(`GITHUB_EVENT_PATH: ${path} does not hold a JSON object. Let the runner set this variable.`);
    }
    return event;
}
function readText(path) {
    try {
        return (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readFileSync)(path, 'utf8').replace(/^\ufeff/, '');
    }
    catch (error) {
        throw new Error(`GITHUB_EVENT_PATH: ${path} cannot be read (${messageOf(error)}). Let the runner set this variable.`, {
            cause: error,
        });
    }
}
function parse(text, path) {
    try {
        return JSON.parse(text);
    }
    catch (error) {
        throw new Error(`GITHUB_EVENT_PATH: ${path} is not JSON (${messageOf(error)}). Let the runner set this variable.`, {
            cause: error,
        });
    }
}
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}


/***/ }),

/***/ 6359:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $: () => (/* binding */ readArgv),
/* harmony export */   B: () => (/* binding */ helpText)
/* harmony export */ });
/* harmony import */ var _inputs_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4332);
/* harmony import */ var _url_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(7800);
/* harmony import */ var _values_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(671);
/** The command line's arguments, as raw inputs; and its help, from the table of inputs. */



const FLAGS = ['dry-run', 'verbose', 'json', 'sarif', 'help'];
const MODE_NAMES = _inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .MODE_TABLE */ .TL.map((mode) => mode.name);
/**
 * Reads `migration-gate <mode> [--<input> value]...`.
 * @param argv without the interpreter and the script
 */
function readArgv(argv) {
    if (argv.includes('--help') || argv.includes('-h'))
        return { kind: 'help' };
    // Only alone: a deployment that runs `apply --version $V` with V unset must not end green with our version.
    if (argv.length === 1 && argv[0] === '--version')
        return { kind: 'version' };
    if (argv[0] === 'lint')
        return readLint(argv.slice(1));
    const { words, options } = takeApart(argv);
    const problems = [];
    const raw = {};
    const flags = new Set();
    for (const option of options)
        readOption(option, raw, flags, problems);
    if (flags.has('sarif'))
        problems.push({ input: 'sarif', message: '`--sarif` goes with lint' });
    readMode(words, flags.has('dry-run'), raw, problems);
    return { kind: 'inputs', raw, verbose: flags.has('verbose'), json: flags.has('json'), problems };
}
const LINT_OPTIONS = ['migrations-path', 'fail-on', 'allow-hazards', 'json', 'sarif'];
function readLint(argv) {
    const { words, options } = takeApart(argv);
    const problems = [];
    const raw = {};
    const flags = new Set();
    for (const option of options) {
        if (LINT_OPTIONS.includes(option.name))
            readOption(option, raw, flags, problems);
        else
            problems.push({
                input: option.name,
                message: `lint takes ${LINT_OPTIONS.map((name) => `--${name}`).join(', ')} and files`,
            });
    }
    const failOn = raw['fail-on'] ?? 'danger';
    if (failOn !== 'danger' && failOn !== 'warning' && failOn !== 'none') {
        problems.push({ input: 'fail-on', message: `${(0,_values_js__WEBPACK_IMPORTED_MODULE_1__/* .shown */ .SP)(failOn)} is not allowed; allowed: danger, warning, none` });
        return { kind: 'problems', problems };
    }
    if (problems.length > 0)
        return { kind: 'problems', problems };
    return {
        kind: 'lint',
        lint: {
            files: words,
            migrationsPath: raw['migrations-path'] ?? null,
            failOn,
            allowHazards: (0,_values_js__WEBPACK_IMPORTED_MODULE_1__/* .parseList */ .E1)(raw['allow-hazards'] ?? ''),
            format: flags.has('sarif') ? 'sarif' : flags.has('json') ? 'json' : 'text',
        },
    };
}
function takeApart(argv) {
    const words = [];
    const options = [];
    for (let index = 0; index < argv.length; index++) {
        const argument = argv[index] ?? '';
        if (!argument.startsWith('-')) {
            words.push(argument);
            continue;
        }
        const equals = argument.indexOf('=');
        const head = equals < 0 ? argument : argument.slice(0, equals);
        const name = head.startsWith('--') ? head.slice(2) : head;
        if (equals >= 0) {
            options.push({ name, value: argument.slice(equals + 1) });
            continue;
        }
        const next = argv[index + 1];
        const taken = next !== undefined && takesNext(name, next);
        options.push({ name, value: taken ? next : null });
        if (taken)
            index++;
    }
    return { words, options };
}
/** A flag takes nothing, a boolean input only `true` and `false`, and nothing takes what looks like an option. */
function takesNext(name, next) {
    if (next.startsWith('--') || isFlag(name))
        return false;
    const spec = specOf(name);
    // The value of a mistyped option is no further mistake.
    if (spec === null)
        return !MODE_NAMES.includes(next);
    return spec.kind !== 'boolean' || next === 'true' || next === 'false';
}
function readOption(option, raw, flags, problems) {
    const { name, value } = option;
    if (isFlag(name)) {
        if (value !== null)
            problems.push({ input: name, message: `\`--${name}\` takes no value` });
        flags.add(name);
        return;
    }
    const spec = specOf(name);
    if (spec === null) {
        problems.push(unknownOption(name));
        return;
    }
    const problem = (message) => problems.push({ input: spec.name, message });
    const text = value ?? (spec.kind === 'boolean' ? 'true' : null);
    if (text === null) {
        problem(`\`--${name}\` needs a value; one that begins with \`--\` is written \`--${name}=value\``);
        return;
    }
    // An unset secret is an empty string, and the parser knows what that means; anything else empty was a mistake, and for
    // `--version=` one that would apply everything.
    if (text === '' && spec.kind !== 'secret') {
        problem(`\`--${name}\` has an empty value; leave it out for the default`);
        return;
    }
    if (showsPassword(spec, text)) {
        const variable = spec.name === 'database-url' ? 'DATABASE_URL' : 'REHEARSAL_DATABASE_URL';
        problem(`a password on the command line is seen by every process of the machine; set ${variable} in the environment and write \`--${spec.name} env\``);
        return;
    }
    const before = raw[spec.name];
    if (before !== undefined && spec.kind !== 'list') {
        problem(`\`--${name}\` is given twice`);
        return;
    }
    raw[spec.name] = before === undefined ? text : `${before}\n${text}`;
}
/** `--mode x` and the bare word are the same; `--dry-run` makes an apply a dry run, and contradicts the other modes. */
function readMode(words, dryRun, raw, problems) {
    const problem = (message) => problems.push({ input: 'mode', message });
    const [word, ...more] = words;
    for (const extra of more)
        problem(`${(0,_values_js__WEBPACK_IMPORTED_MODULE_1__/* .shown */ .SP)(extra)} is one word too many; inputs are written \`--<input> value\``);
    if (word !== undefined && raw.mode !== undefined)
        problem('the mode is given twice, as a word and as `--mode`');
    const mode = word ?? raw.mode;
    if (mode === undefined) {
        if (!problems.some((other) => other.input === 'mode'))
            problem(`no mode is given; allowed: ${MODE_NAMES.join(', ')}`);
        return;
    }
    if (!MODE_NAMES.includes(mode)) {
        problem(`${(0,_values_js__WEBPACK_IMPORTED_MODULE_1__/* .shown */ .SP)(mode)} is not a mode; allowed: ${MODE_NAMES.join(', ')}${(0,_values_js__WEBPACK_IMPORTED_MODULE_1__/* .suggestion */ .h)(mode, MODE_NAMES)}`);
        return;
    }
    if (dryRun && mode !== 'apply' && mode !== 'dry-run')
        problem(`\`--dry-run\` goes with apply, not with ${mode}`);
    raw.mode = dryRun ? 'dry-run' : mode;
}
function unknownOption(name) {
    const names = [..._inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .INPUTS */ .mc.map((spec) => spec.name), ...FLAGS, 'version'];
    // What is no plain name may be anything, a secret too.
    const plain = /^-?[a-z0-9_-]{1,40}$/i.test(name);
    if (!plain)
        return { input: 'command line', message: `${(0,_values_js__WEBPACK_IMPORTED_MODULE_1__/* .shown */ .SP)(name)} is no option` };
    const written = name.startsWith('-') ? name : `--${name}`;
    return { input: name, message: `there is no option \`${written}\`${(0,_values_js__WEBPACK_IMPORTED_MODULE_1__/* .suggestion */ .h)(name, names, '--')}` };
}
function isFlag(name) {
    return FLAGS.some((flag) => flag === name);
}
function specOf(name) {
    return (0,_inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .findInput */ .cu)(name === 'version' ? 'target-version' : name);
}
function showsPassword(spec, text) {
    const isUrl = spec.name === 'database-url' || spec.name === 'rehearsal-database-url';
    // Its secrets are the text itself and the password in its forms.
    return isUrl && (0,_url_js__WEBPACK_IMPORTED_MODULE_2__/* .secretsInUrl */ .Ct)(text).some((secret) => secret !== text && secret !== text.trim());
}
const WIDTH = 100;
const INDENT = 28;
/** The help of the command line; no line is longer than 100 columns. */
function helpText() {
    return [
        'Usage: migration-gate <mode> [--<input> value]...',
        '       migration-gate lint [<file>...] [--fail-on <severity>] [--allow-hazards <rules>]',
        '                           [--migrations-path <folder>] [--json | --sarif]',
        '',
        ...wrap('Gates a deployment on its PostgreSQL migrations: rehearsed for real, reviewed, applied, proved.', 0),
        '',
        'Modes:',
        ..._inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .MODE_TABLE */ .TL.flatMap((mode) => entry(mode.name, mode.description + (mode.supported ? '' : ' (not supported yet)'))),
        '',
        'Inputs:',
        ..._inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .INPUTS */ .mc.filter((spec) => spec.name !== 'mode').flatMap((spec) => entry(`--${spec.name}`, inputHelp(spec))),
        '',
        'Also:',
        ...entry('--dry-run', 'With apply: only the dry run.'),
        ...entry('--version <version>', 'As --target-version; alone, prints the version of this program.'),
        ...entry('--verbose', 'Say more.'),
        ...entry('--json', 'Print report.json instead of the log.'),
        ...entry('--help', 'Print this.'),
        '',
        ...wrap('Durations: 500ms, 30s, 5m; 0 is none. Sizes: 64kB, 500MB, 1GB. Lists: commas or new lines. Booleans: true, false; a bare option is true. Passwords belong in DATABASE_URL, never on the command line.', 0),
        ...wrap('NODE_ENV=production means --environment production; CONFIRM_PRODUCTION_MIGRATION=true stands for --confirm-token MIGRATE-PRODUCTION.', 0),
        '',
        'Exit codes:',
        ..._inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .EXIT_CODES */ .ai.flatMap(({ code, description }) => entry(String(code), description, 5)),
        '',
    ].join('\n');
}
function inputHelp(spec) {
    const fallback = spec.defaultNote ?? spec.default;
    const notes = [fallback === '' ? '' : `[default: ${fallback}]`, spec.supported ? '' : '[not supported yet]'];
    return [spec.description, ...notes].filter((part) => part !== '').join(' ');
}
function entry(name, description, indent = INDENT) {
    const lines = wrap(description.replaceAll('`', ''), indent);
    const head = `  ${name}`.padEnd(indent);
    return [head + (lines[0] ?? '').slice(indent), ...lines.slice(1)].map((line) => line.trimEnd());
}
function wrap(text, indent) {
    const lines = [];
    let line = '';
    for (const word of text.split(' ')) {
        if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
            lines.push(' '.repeat(indent) + line);
            line = word;
        }
        else
            line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, ' '.repeat(indent) + line];
}


/***/ }),

/***/ 311:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   x: () => (/* binding */ VERSION)
/* harmony export */ });
/** Ours, without reading a file at run time; the build holds it equal to package.json. */
const VERSION = '0.1.0';


/***/ })

};
