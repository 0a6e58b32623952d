export const id = 31;
export const ids = [31];
export const modules = {

/***/ 3031:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  AlembicTool: () => (/* binding */ AlembicTool)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./src/report/stop.ts
var stop = __webpack_require__(9836);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
// EXTERNAL MODULE: ./src/engines/tool/child.ts
var child = __webpack_require__(2424);
// EXTERNAL MODULE: ./src/engines/tool/environment.ts
var environment = __webpack_require__(8271);
// EXTERNAL MODULE: ./src/engines/tool/planned.ts
var planned = __webpack_require__(4584);
// EXTERNAL MODULE: ./src/engines/tool/running.ts + 3 modules
var running = __webpack_require__(7208);
// EXTERNAL MODULE: ./src/engines/tool/tables.ts
var tool_tables = __webpack_require__(2345);
;// CONCATENATED MODULE: ./src/engines/alembic/command.ts
/** How alembic is run in a project, and the words of its subcommands. What is asked of the machine is passed in. */

/** Looks for it as a person would: the project's own environment before whatever the machine has. */
async function findAlembic(options) {
    const { workingDirectory, given, env, onPath } = options;
    const [program, ...rest] = given ?? [];
    if (program !== undefined)
        return { words: [program, ...rest], how: '`alembic-command`' };
    const missing = [];
    for (const [lock, tool, action] of LOCKS) {
        const folder = await folderAbove(options, lock);
        if (folder === null)
            continue;
        const name = (0,external_node_path_.join)((0,external_node_path_.relative)(workingDirectory, folder), lock);
        if (await onPath(tool))
            return { words: [tool, 'run', 'alembic'], how: `\`${name}\`, and ${tool} is on PATH` };
        missing.push(`there is \`${name}\`, but ${tool} is not on PATH (${action} puts it there)`);
    }
    const environment = await environmentOf(options);
    if (environment !== null)
        return environment;
    if (await onPath('alembic'))
        return { words: ['alembic'], how: 'on PATH' };
    for (const python of ['python', 'python3']) {
        if ((await onPath(python)) && (await options.succeeds([python, '-c', HAS_ALEMBIC]))) {
            return { words: [python, '-m', 'alembic'], how: `a module of ${python}` };
        }
    }
    const active = env.VIRTUAL_ENV ? ', in $VIRTUAL_ENV' : '';
    return {
        message: `alembic is not to be found: not in \`.venv\` or \`venv\`${active}, not on PATH, not in python${missing.map((text) => `; ${text}`).join('')}`,
        next: "Install the project's requirements in a step before this one, or set `alembic-command` (for example `uv run alembic`), then run again.",
    };
}
const LOCKS = [
    ['uv.lock', 'uv', 'the action `astral-sh/setup-uv`'],
    ['poetry.lock', 'poetry', '`pipx install poetry`'],
];
/** A project's folder `alembic/` passes for a package of that name, but has no `alembic.config`. */
const HAS_ALEMBIC = 'import alembic.config';
/** uv and poetry look for their project upwards from where they are run; the repository's root is where we stop. */
async function folderAbove({ workingDirectory, exists }, file) {
    for (let folder = workingDirectory;; folder = (0,external_node_path_.dirname)(folder)) {
        if (await exists((0,external_node_path_.join)(folder, file)))
            return folder;
        if (folder === (0,external_node_path_.parse)(folder).root || (await exists((0,external_node_path_.join)(folder, '.git'))))
            return null;
    }
}
async function environmentOf(options) {
    const { workingDirectory, config, env, exists } = options;
    const beside = (0,external_node_path_.dirname)((0,external_node_path_.resolve)(workingDirectory, config));
    const folders = new Map();
    for (const base of [workingDirectory, beside]) {
        for (const name of ['.venv', 'venv']) {
            const folder = (0,external_node_path_.join)(base, name);
            folders.set(folder, (0,external_node_path_.relative)(workingDirectory, folder));
        }
    }
    if (env.VIRTUAL_ENV)
        folders.set(env.VIRTUAL_ENV, '$VIRTUAL_ENV');
    for (const [folder, name] of folders) {
        const program = (0,external_node_path_.join)(folder, 'bin', 'alembic');
        if (await exists(program))
            return { words: [program], how: `\`${name}\`` };
    }
    return null;
}
/** Every revision: to be read by `parseHistory`. Runs no env.py, unless the ini says `revision_environment`. */
function historyOf(words, config) {
    return [...words, '-c', config, 'history', '--verbose'];
}
/** Connects and reads the version table; creates nothing. */
function currentOf(words, config) {
    return [...words, '-c', config, 'current'];
}
/** `target`: a whole revision id, or `head`. */
function upgradeOf(words, config, target) {
    return [...words, '-c', config, 'upgrade', target];
}
/** Alembic 1.9 and later; `explainAlembic` knows what an older one says. */
function checkOf(words, config) {
    return [...words, '-c', config, 'check'];
}
/** The SQL of an upgrade on stdout, without a connection. `from`: the one revision that is applied; null for an empty database. */
function sqlOf(words, config, from, to) {
    return [...words, '-c', config, 'upgrade', from === null ? to : `${from}:${to}`, '--sql'];
}

;// CONCATENATED MODULE: ./src/engines/alembic/differences.ts
/** What `alembic check` found, which it prints as Python would: a list of tuples, and of lists of tuples. Pure. */
const FOUND = /New upgrade operations detected: \[/;
/** Each difference in alembic's own words; those of the tables `without` left out. Empty too where it found none, or did not run. */
function differencesIn(output, without) {
    const found = FOUND.exec(output);
    if (!found)
        return [];
    const items = itemsOf(output.slice(found.index + found[0].length));
    const isOwn = new RegExp(`(?:\\bTable\\(|^\\W*'\\w+', (?:None|'[^']*'), )'(?:${without.join('|')})'`);
    return items.filter((item) => !isOwn.test(item));
}
/** The items of a list up to its end, at the commas that stand in no bracket and in no quotes. */
function itemsOf(text) {
    const items = [];
    let [from, depth] = [0, 0];
    let quote = null;
    for (let at = 0; at < text.length; at += 1) {
        const sign = text[at] ?? '';
        if (quote !== null) {
            if (sign === '\\')
                at += 1;
            else if (sign === quote)
                quote = null;
        }
        else if (sign === "'" || sign === '"')
            quote = sign;
        else if ('([{<'.includes(sign))
            depth += 1;
        else if (')]}>'.includes(sign) && depth > 0)
            depth -= 1;
        else if (sign === ']' || (sign === ',' && depth === 0)) {
            items.push(text.slice(from, at).trim());
            from = at + 1;
            if (sign === ']')
                break;
        }
    }
    return items.filter((item) => item !== '');
}

// EXTERNAL MODULE: ./src/report/failure.ts
var failure = __webpack_require__(3304);
;// CONCATENATED MODULE: ./src/engines/alembic/named.ts
/** Names out of somebody's files, in sentences of ours. */

/** Fit to stand between backticks: one line, cut, none of its own. */
function named(text) {
    return (0,report_text/* brief */.dh)(text, 200).replaceAll('`', "'");
}
/** Likewise, as one word of a command for a POSIX shell. */
function shellWord(text) {
    const name = named(text);
    return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", '')}'`;
}

;// CONCATENATED MODULE: ./src/engines/alembic/explain.ts
/**
 * What Alembic's own messages, and those of SQLAlchemy and the drivers under it, mean. Pure. Where the same error was seen
 * on the wire, the server's SQLSTATE says more than this; here there is only the text that a person would read.
 */



/** A tool's output can be long; what says why it ended is at the end. */
const READ_AT_MOST = 500_000;
/** Null: it ended well with nothing to say, or ended badly and its output holds nothing that is known. */
function explainAlembic(output) {
    const stdout = (0,report_text/* clean */.uH)(output.stdout.slice(-READ_AT_MOST));
    const stderr = (0,report_text/* clean */.uH)(output.stderr.slice(-READ_AT_MOST));
    if (output.code === 0)
        return said(stderr, HARMFUL_WARNINGS) ?? said(stdout, REMARKS);
    const failed = [...stdout.matchAll(/^FAILED: (.*)$/gm)].at(-1);
    if (failed)
        return explained(failed[0], said(failed[1] ?? '', FAILED) ?? (0,failure/* failureOfClass */.iQ)('tool'), null);
    const error = lastError(stderr);
    if (error)
        return ofError(error);
    return said(stderr, NOT_STARTED);
}
function said(text, sayings) {
    for (const [pattern, kind, meaning, next] of sayings) {
        const match = pattern.exec(text);
        if (!match)
            continue;
        const name = named(match[1] ?? '');
        const line = text.slice(match.index).split('\n', 1)[0] ?? '';
        return explained(line, { class: kind, meaning: meaning(name), next: next(name) }, null);
    }
    return null;
}
function explained(message, { class: kind, meaning, next }, place, sqlstate = null) {
    return {
        message: (0,report_text/* brief */.dh)(withoutUrl(message), 1000),
        meaning,
        next,
        class: kind,
        sqlstate,
        file: place?.file ?? null,
        line: place?.line ?? null,
    };
}
/** SQLAlchemy 1.4 repeats the URL that it can't read, password and all. */
function withoutUrl(message) {
    return message
        .replace(/(Could not parse \S+ URL from string) .*/s, '$1 (not shown: it may hold a secret)')
        .replace(/\b(\w[\w+.-]*:\/\/)[^\s'"]*@/g, '$1***@');
}
const AGAIN = 'then run again';
const HARMFUL_WARNINGS = [
    [
        /\bUserWarning: Revision (\S+) is present more than once/,
        'order',
        (id) => `Two files have the revision id \`${id}\`; alembic reads one of them and never runs the other.`,
        (id) => `Find both with \`grep -rn ${shellWord(id)}\` in the versions folder, give one of them an id of its own, ${AGAIN}.`,
    ],
];
const REMARKS = [
    [
        /^No (?:new upgrade operations|changes in schema) detected/m,
        null,
        () => "The database's schema is what the project's models say: there is nothing to generate.",
        () => 'Nothing needs to be done.',
    ],
];
/** After `FAILED: `, which is what alembic prints for an error of its own. */
const FAILED = [
    [
        /^Can't locate revision identified by '(.*)'/,
        'order',
        (id) => `No migration file has the revision \`${id}\`: the database's version table or the target names it, and this checkout lacks it.`,
        (id) => `Find the commit that has it with \`git log --all --oneline -S ${shellWord(id)}\` and bring the file back (the branch may be behind), ${AGAIN}.`,
    ],
    [
        /^No such revision or branch '(.*)'/,
        'input',
        (id) => `There is no revision and no branch \`${id}\` in the versions folder.`,
        () => `Set \`target-version\` to one that \`alembic history\` lists, ${AGAIN}.`,
    ],
    [
        /^Multiple revisions start with '(.*?)'/,
        'input',
        (id) => `\`${id}\` is the beginning of more than one revision id.`,
        () => `Write the whole revision id, ${AGAIN}.`,
    ],
    [
        /^Multiple head(?: revision)?s are present/,
        'order',
        () => 'Two or more revisions are the last of their line, so that `head` does not say which: branches were merged in git and not in alembic.',
        () => 'Run `alembic merge -m "merge heads" heads` and commit the file that it writes, then run again.',
    ],
    [
        /^Requested revision (.*) overlaps with other requested revisions/,
        'order',
        (id) => `The version table holds \`${id}\` and also a revision that \`${id}\` stands on.`,
        () => `Delete the older row from the version table (\`alembic current\` lists what is in it), ${AGAIN}.`,
    ],
    [
        /^(?:Dependency cycle|Cycle|Self-loop|Dependency self-loop) is detected in revisions? \(?(.*?)\)?$/,
        'order',
        (ids) => `These revisions stand on each other in a circle: \`${ids}\`.`,
        () => `Correct \`down_revision\` in one of them, ${AGAIN}.`,
    ],
    [
        /^(Revision .* is not an ancestor of revision .*|Destination .* is not a valid upgrade target .*)/,
        'order',
        () => 'No way leads up from where the database is to the revision asked for.',
        () => `Set \`target-version\` to a revision that \`alembic history\` lists above the current one, ${AGAIN}.`,
    ],
    [
        /^Relative revision (.*) didn't produce/,
        'input',
        (steps) => `There are not as many revisions as \`${steps}\` asks for.`,
        () => `Set \`target-version\` to a revision id or to \`head\`, ${AGAIN}.`,
    ],
    [
        /^Target database is not up to date/,
        'order',
        () => 'The database lacks revisions that the project has; alembic compares or generates only at the head.',
        () => 'Run `alembic upgrade head` first.',
    ],
    [
        /^New upgrade operations detected/,
        'verification',
        () => 'The models and the database differ: somebody changed a model without a migration, or the database by hand.',
        () => 'Run `alembic revision --autogenerate -m "..."`, review the file that it writes and commit it.',
    ],
    [
        /^Can't proceed with --autogenerate option/,
        'tool',
        () => 'env.py sets no `target_metadata`, so that alembic has nothing to compare the database with.',
        () => 'Set `target_metadata` in env.py to the metadata of your models if you want `alembic check`.',
    ],
    [
        /^No config file '(.*)' found/,
        'input',
        (file) => `There is no \`${file}\` in the working directory, or it has no section \`[alembic]\`.`,
        () => `Set \`alembic-config\` to the file's path, or \`working-directory\` to its folder, ${AGAIN}.`,
    ],
    [
        /^No '?script_location'? key found/,
        'input',
        () => 'The configuration does not say where the migrations are; alembic says the same when there is no such file.',
        () => `Set \`alembic-config\` to the ini file's path, and \`script_location\` in its section \`[alembic]\`, ${AGAIN}.`,
    ],
    [
        /^Path doesn't exist: '?(.*?)'?\.? {2}/,
        'input',
        (path) => `The folder that \`script_location\` names is not there: \`${path}\`.`,
        () => `Set \`working-directory\` to the folder that \`script_location\` starts from, or write it as \`%(here)s/...\`, ${AGAIN}.`,
    ],
];
/** What is printed where nothing of alembic ran. */
const NOT_STARTED = [
    [
        /^error: Failed to spawn: `?alembic/m,
        'tool',
        () => "`uv run` found no alembic among the project's dependencies.",
        () => `Run \`uv add alembic\` and commit \`pyproject.toml\` and \`uv.lock\`, or set \`alembic-command\`, ${AGAIN}.`,
    ],
    [
        /^Command not found: alembic/m,
        'tool',
        () => '`poetry run` found no alembic: it is no dependency of the project, or nothing is installed yet.',
        () => `Put \`poetry install\` into a step before this one, ${AGAIN}.`,
    ],
    [
        /^.*: No module named alembic$/m,
        'tool',
        () => 'This Python has no alembic.',
        () => `Install the project's requirements in a step before this one, or set \`alembic-command\`, ${AGAIN}.`,
    ],
    [
        /^alembic: error: .*invalid choice: '?check'?/m,
        'tool',
        () => '`alembic check` came with Alembic 1.9; this one is older.',
        () => 'Upgrade alembic if you want models and database compared.',
    ],
    [
        /^alembic: error: (.*)/m,
        'tool',
        () => 'Alembic does not take these arguments.',
        () => `Look at \`alembic-command\` and \`alembic-config\`: they are put before the subcommand; correct them, ${AGAIN}.`,
    ],
];
const TRACEBACK = /^Traceback \(most recent call last\):\n/m;
const FRAME = /^ {2}File "(.+)", line (\d+)(?:, in (.+))?$/;
function lastError(text) {
    const tracebacks = text.split(TRACEBACK).slice(1).map(readTraceback);
    const last = tracebacks.at(-1);
    if (last === undefined || last.message === '')
        return null;
    let place = null;
    for (const { frames } of tracebacks.toReversed())
        place ??= placeOf(frames);
    return { ...last, place, causes: tracebacks.slice(0, -1).map(({ message }) => message) };
}
/** Frames and source lines are indented; the first line that is not is the exception. */
function readTraceback(text) {
    const lines = text.split('\n');
    const end = lines.findIndex((line) => line !== '' && !line.startsWith(' '));
    const frames = lines.slice(0, end === -1 ? lines.length : end).flatMap((line) => {
        const [, file, number, name] = FRAME.exec(line) ?? [];
        return file === undefined ? [] : [{ file, line: Number(number), in: name ?? null }];
    });
    return { frames, message: lines[end] ?? '', text: end === -1 ? '' : lines.slice(end).join('\n') };
}
/** The deepest line of the migration that ran; else of the file, in the versions folder or env.py, that was being loaded. */
function placeOf(frames) {
    // Not what is installed, nor Python's own library, whose path may hold a folder `versions` too.
    const own = frames.filter(({ file }) => !/[\\/](?:site-packages|dist-packages|lib[\\/]python3[\w.]*)[\\/]|^</.test(file));
    const ran = own.findLast((frame) => frame.in === 'upgrade' || frame.in === 'downgrade')?.file;
    return (own.findLast(({ file }) => file === ran) ??
        own.findLast(({ file }) => /[\\/]versions[\\/].*\.py$/.test(file)) ??
        own.findLast(({ file }) => /[\\/]env\.py$/.test(file)) ??
        null);
}
function ofError(error) {
    const { message, place } = error;
    const meant = (kind, meaning, next) => explained(message, { class: kind, meaning, next }, place);
    const where = place === null ? 'the project' : `\`${named(place.file.split(/[\\/]/).at(-1) ?? '')}\``;
    const module = /^ModuleNotFoundError: (?:No module named|import of) '?([\w.-]+)'?/.exec(message)?.[1];
    if (module !== undefined)
        return meant('tool', ...missingModule(module, where));
    if (/^ImportError: /.test(message)) {
        return meant('tool', `${where} imports a name that is not there: the installed version of a package is another than the code needs.`, `Install the project's locked requirements (\`uv sync\`, \`pip install -r requirements.txt\`) in a step before this one, ${AGAIN}.`);
    }
    const key = /^KeyError: '(.*)'$/.exec(message)?.[1];
    const last = error.frames.at(-1);
    if (key !== undefined && /(?:^|[\\/ ])os(?:\.py|>)$/.test(last?.file ?? ''))
        return meant('input', ...missingVariable(key));
    if (key !== undefined && /[\\/]alembic[\\/]script[\\/]revision\.py$/.test(last?.file ?? '')) {
        return explained(`a migration file names the revision ${named(key)}, which no file has`, {
            class: 'order',
            meaning: `It is a \`down_revision\` or stands in \`depends_on\`: its own file was removed, renamed or never committed.`,
            next: `Find who names it with \`grep -rn ${shellWord(key)}\` in the versions folder, and the commit that has its file with \`git log --all --oneline -S ${shellWord(key)}\`; bring the file back, ${AGAIN}.`,
        }, place);
    }
    for (const [pattern, kind, meaning, next] of ERRORS) {
        const match = pattern.exec(message);
        if (match)
            return meant(kind, meaning(named(match[1] ?? '')), next(named(match[1] ?? '')));
    }
    const server = ofServer(error);
    if (server !== null || place === null)
        return server ?? explained(message, (0,failure/* failureOfClass */.iQ)('tool'), null);
    return meant('tool', `The Python code of ${where} ended with this error, which is not one of the server's.`, `Correct ${where} at line ${place.line}, ${AGAIN}.`);
}
/** How to install what gives a module its name. */
const PACKAGES = {
    psycopg2: 'psycopg2-binary',
    psycopg: 'psycopg[binary]',
    asyncpg: 'asyncpg',
    pg8000: 'pg8000',
    greenlet: 'greenlet',
};
function missingModule(module, where) {
    const name = module.split('.')[0] ?? module;
    const driver = PACKAGES[name];
    if (driver !== undefined) {
        return [
            `The database driver \`${name}\`, which the URL in env.py asks for, is not installed. A plain \`postgresql://\` means psycopg2, and psycopg from SQLAlchemy 2.1 on.`,
            `Install \`${driver}\` in the environment that alembic runs in, ${AGAIN}.`,
        ];
    }
    return [
        `${where} imports the package \`${named(module)}\`, which is not there: it is not installed, or it is the application's own and not on Python's path.`,
        `Install the project in a step before this one, or set \`prepend_sys_path = .\` in the ini if \`${named(name)}\` is a folder of the repository; then run again.`,
    ];
}
/** Which part of the URL a variable stands for, by its name, as a template; the whole of it: nothing. */
function partOf(name) {
    const part = PARTS.find(([pattern]) => pattern.test(name))?.[1];
    return part === undefined ? '' : `={${part}}`;
}
const PARTS = [
    [/URL|URI|DSN/i, undefined],
    [/PASS|PWD|SECRET/i, 'password'],
    [/USER/i, 'user'],
    [/HOST|SERVER|ADDR/i, 'host'],
    [/PORT/i, 'port'],
    [/NAME|_DB$|^PGDATABASE$/i, 'database'],
];
function missingVariable(name) {
    const url = /URL|URI|DSN|DATABASE|POSTGRES|^PG|^DB_|SQLALCHEMY/i.test(name);
    return [
        `The project's code reads the environment variable \`${named(name)}\`, which is not set.`,
        url
            ? `Set \`database-url-env: ${named(name)}${partOf(name)}\`, and in the same way every other variable by which the code finds the database, ${AGAIN}.`
            : `Set \`${named(name)}\` in \`env:\` of the step, ${AGAIN}.`,
    ];
}
const urlIs = (dialect) => `Set \`database-url-env: DATABASE_URL=${dialect}://{user}:{password}@{host}:{port}/{database}\` (with the name that env.py reads), ${AGAIN}.`;
const ERRORS = [
    [
        /^sqlalchemy\.exc\.ArgumentError: (?:Could not parse|Expected string or URL object)/,
        'input',
        () => 'What env.py takes for the URL of the database is empty or is no URL.',
        () => `Set \`database-url-env\` to the name of the variable that env.py reads, ${AGAIN}.`,
    ],
    [
        /^sqlalchemy\.exc\.NoSuchModuleError: Can't load plugin: sqlalchemy\.dialects:(\S+)/,
        'input',
        (name) => `SQLAlchemy knows no database \`${name}\`: since 1.4 \`postgres://\` has to be written \`postgresql://\`.`,
        () => urlIs('postgresql'),
    ],
    [
        /^sqlalchemy\.exc\.InvalidRequestError: The asyncio extension requires an async driver.*loaded '(\w+)'/,
        'input',
        (driver) => `env.py works with asyncio, and the URL names \`${driver}\`, which cannot.`,
        () => urlIs('postgresql+asyncpg'),
    ],
    [
        /^sqlalchemy\.exc\.MissingGreenlet: /,
        'input',
        () => 'env.py works without asyncio, and the URL names an asyncio driver (asyncpg).',
        () => urlIs('postgresql+psycopg2'),
    ],
    [
        /^TypeError: connect\(\) got an unexpected keyword argument '(\w+)'/,
        'input',
        (name) => `The URL has \`${name}=\` after its question mark, which asyncpg does not take (it takes \`ssl=\`).`,
        () => urlIs('postgresql+asyncpg'),
    ],
    [
        /^configparser\.\w+: /,
        'input',
        () => 'The ini file cannot be read: a `%` in a value (a password in a URL, for instance) has to be written `%%`.',
        () => `Correct the ini file, or read the URL from the environment in env.py, ${AGAIN}.`,
    ],
    [
        /^(?:SyntaxError|IndentationError|TabError): /,
        'syntax',
        () => 'Python cannot read the file.',
        () => `Correct the file at the line shown, ${AGAIN}.`,
    ],
    [
        /^FileNotFoundError: .*'(.*[\\/]versions)'$/,
        'input',
        (path) => `The folder of the migration files is not there: \`${path}\`; git keeps no empty folder.`,
        () => `Check out the commit that has the migration files, or correct \`script_location\` in the ini, ${AGAIN}.`,
    ],
];
/** An error of the server or of the connection to it, as a driver tells it. */
function ofServer(error) {
    const { message, text, place } = error;
    const sqlstate = sqlstateOf(error);
    const code = sqlstate ?? connectionCode(message);
    if (code === null)
        return null;
    const sql = /\n\[SQL: ([\s\S]*?)\]\n/.exec(text)?.[1] ?? '';
    // SQLAlchemy writes down every statement that failed.
    const phase = sql === '' ? 'connect' : 'other';
    const own = alembicsOwn(code, message, sql);
    const host = /(?:server at|host name|resolve host) ['"]([^'"]+)['"]/.exec(message)?.[1];
    const context = { phase, ...(host === undefined ? {} : { host }) };
    return explained(message, own ?? (0,failure/* classifyFailure */.XE)({ code, message }, context), place, sqlstate);
}
/** Where the catalogue's words are for SQL files, or the table is alembic's. */
function alembicsOwn(code, message, sql) {
    if (code === '25001') {
        return {
            class: 'not-in-transaction',
            meaning: 'The statement cannot run inside a transaction block, and alembic runs migrations in one.',
            next: `Put it into \`with op.get_context().autocommit_block():\`, in a revision of its own, ${AGAIN}.`,
        };
    }
    if (code === '55P04') {
        return {
            class: 'not-in-transaction',
            meaning: 'A value that was added to an enum cannot be used before the transaction that added it has committed.',
            next: `Put the \`ALTER TYPE ... ADD VALUE\` into \`with op.get_context().autocommit_block():\`, ${AGAIN}.`,
        };
    }
    if (code === '42P01' && /"(?:\w+\.)?alembic_version"/.test(message)) {
        return {
            class: 'missing-object',
            meaning: 'The database has no version table: alembic never ran here, or keeps it in another schema.',
            next: 'Run `alembic upgrade head`, or `alembic stamp <revision>` if the schema is there already.',
        };
    }
    if (code === '22001' && /\balembic_version\b/.test(sql)) {
        return {
            class: 'constraint',
            meaning: 'The revision id is longer than the 32 characters that alembic keeps of one.',
            next: `Give the revision an id of at most 32 characters, ${AGAIN}.`,
        };
    }
    return null;
}
/** Names of conditions as psycopg and asyncpg write them, without case and without a final `Error`. */
const CONDITIONS = {
    activesqltransaction: '25001',
    adminshutdown: '57P01',
    assert: 'P0004',
    assertfailure: 'P0004',
    cannotconnectnow: '57P03',
    checkviolation: '23514',
    connectiondoesnotexist: '08003',
    connectionfailure: '08006',
    datatypemismatch: '42804',
    deadlockdetected: '40P01',
    dependentobjectsstillexist: '2BP01',
    diskfull: '53100',
    duplicatecolumn: '42701',
    duplicatedatabase: '42P04',
    duplicatefunction: '42723',
    duplicateobject: '42710',
    duplicateschema: '42P06',
    duplicatetable: '42P07',
    exclusionviolation: '23P01',
    featurenotsupported: '0A000',
    foreignkeyviolation: '23503',
    idleintransactionsessiontimeout: '25P03',
    infailedsqltransaction: '25P02',
    insufficientprivilege: '42501',
    internalserver: 'XX000',
    invalidauthorizationspecification: '28000',
    invalidcatalogname: '3D000',
    invalidforeignkey: '42830',
    invalidobjectdefinition: '42P17',
    invalidpassword: '28P01',
    invalidschemaname: '3F000',
    invalidtabledefinition: '42P16',
    invalidtextrepresentation: '22P02',
    locknotavailable: '55P03',
    noactivesqltransaction: '25P01',
    notnullviolation: '23502',
    numericvalueoutofrange: '22003',
    objectinuse: '55006',
    objectnotinprerequisitestate: '55000',
    outofmemory: '53200',
    postgressyntax: '42601',
    querycanceled: '57014',
    raise: 'P0001',
    raiseexception: 'P0001',
    readonlysqltransaction: '25006',
    serialization: '40001',
    serializationfailure: '40001',
    stringdatarighttruncation: '22001',
    syntax: '42601',
    toomanyconnections: '53300',
    undefinedcolumn: '42703',
    undefinedfile: '58P01',
    undefinedfunction: '42883',
    undefinedobject: '42704',
    undefinedtable: '42P01',
    uniqueviolation: '23505',
    unsafenewenumvalueusage: '55P04',
    wrongobjecttype: '42809',
};
/** SQLAlchemy 2 hides asyncpg's name of the condition in the error that led to its own. */
function sqlstateOf({ message, causes }) {
    for (const text of [message, ...causes.toReversed()]) {
        const name = /\b(?:psycopg2?\.errors|asyncpg\.exceptions)\.(\w+)/.exec(text)?.[1];
        const code = CONDITIONS[(name ?? '').replace(/Error$/, '').toLowerCase()];
        if (code !== undefined)
            return code;
    }
    return null;
}
/** libpq gives no SQLSTATE of a connection that it could not make; its texts are English unless a locale was set. */
const CONNECTING = [
    [/Connection refused|Connect call failed/, 'ECONNREFUSED'],
    [/timeout expired|timed out|^(?:asyncio\.exceptions\.)?TimeoutError\b/, 'ETIMEDOUT'],
    [/could not translate host name|failed to resolve host|Name or service not known|^socket\.gaierror/, 'ENOTFOUND'],
    [/Network is unreachable|No route to host/, 'ENETUNREACH'],
    [/password authentication failed|no password supplied/, '28P01'],
    [/no pg_hba\.conf entry|role ".*" does not exist/, '28000'],
    [/database ".*" does not exist/, '3D000'],
    [/too many clients|remaining connection slots/, '53300'],
    [/certificate verify failed/, 'CERT_UNTRUSTED'],
    [/server closed the connection|connection (?:was|has been|already) closed|terminating connection/i, '57P01'],
];
function connectionCode(message) {
    if (!/OperationalError|InterfaceError|DBAPIError|asyncpg|^(?:\w+\.)*\w*(?:Connection|Timeout|gai)\w*\b/.test(message)) {
        return null;
    }
    return CONNECTING.find(([pattern]) => pattern.test(message))?.[1] ?? null;
}

;// CONCATENATED MODULE: ./src/engines/alembic/revisions.ts
/** The revisions of an Alembic project, as `alembic history --verbose` tells them, and which of them are pending. Pure. */


/**
 * Reads what `alembic history --verbose` printed (1.8 to 1.20: the same text), newest revision first. An empty text is a
 * project without revisions. Lines before the first entry, which a migration's `print` may have left, are passed over.
 */
function parseHistory(text) {
    const lines = text.replaceAll('\r\n', '\n').split('\n');
    const starts = lines.flatMap((line, index) => (line.startsWith('Rev: ') ? [index] : []));
    if (starts.length === 0)
        return text.trim() === '' ? [] : unreadable(`it holds no revision: ${shown(text)}`);
    const entries = [];
    for (const [index, start] of starts.entries()) {
        const entry = parseEntry(lines.slice(start, starts[index + 1]));
        if (typeof entry === 'string')
            return unreadable(entry);
        entries.push(entry);
    }
    return linked(entries);
}
// A docstring's lines are indented by alembic: none of them can be taken for one of these.
const FIELD = /^(Parent|Merges|Also depends on|Branches into|Branch names|Path): (.*)$/;
const MARKER = / \((head|effective head|branchpoint|mergepoint|current)\)$/;
function parseEntry(lines) {
    const [first = '', ...rest] = lines;
    let revision = first.slice('Rev: '.length);
    const markers = new Set();
    for (let match = MARKER.exec(revision); match !== null; match = MARKER.exec(revision)) {
        markers.add(match[1] ?? '');
        revision = revision.slice(0, match.index);
    }
    const fields = new Map();
    let line = 0;
    for (; line < rest.length && rest[line] !== ''; line++) {
        const [, name, value] = FIELD.exec(rest[line] ?? '') ?? [];
        if (name === undefined || value === undefined)
            return `after ${shown(first)} stands ${shown(rest[line] ?? '')}`;
        fields.set(name, value);
    }
    const parents = fields.get('Merges') ?? fields.get('Parent');
    const path = fields.get('Path');
    if (parents === undefined || path === undefined)
        return `${shown(first)} is cut off`;
    const docstring = rest.slice(line + 1).map((text) => text.replace(/^ {4}/, ''));
    const end = docstring.findIndex((text) => text.trim() === '');
    const message = (0,report_text/* oneLine */.TN)((end === -1 ? docstring : docstring.slice(0, end)).join('\n'));
    return {
        revision,
        parents: parents === '<base>' ? [] : parents.split(', '),
        dependsOn: list(fields.get('Also depends on')),
        branchLabels: list(fields.get('Branch names')),
        path,
        // A docstring without a message starts with what the template writes under it.
        message: message.startsWith('Revision ID:') ? '' : message,
        date: /^Create Date: (.+)$/m.exec(docstring.join('\n'))?.[1]?.trim() ?? null,
        isHead: markers.has('head') || markers.has('effective head'),
        isMerge: markers.has('mergepoint'),
    };
}
const list = (text) => (text === undefined || text === '' ? [] : text.split(', '));
/** Dependencies by id; whatever a revision stands on must be listed below it, else something is missing. */
function linked(entries) {
    const place = new Map(entries.map((entry, index) => [entry.revision, index]));
    const result = [];
    for (const [index, entry] of entries.entries()) {
        const dependsOn = [];
        for (const name of entry.dependsOn) {
            const known = place.has(name) ? name : labelled(entries, name);
            if (known === null)
                return unreadable(`${entry.revision} depends on ${shown(name)}, which is not in it`);
            dependsOn.push(known);
        }
        for (const below of [...entry.parents, ...dependsOn]) {
            if ((place.get(below) ?? -1) > index)
                continue;
            return unreadable(`${entry.revision} stands on ${shown(below)}, which is not listed below it`);
        }
        result.push({ ...entry, dependsOn });
    }
    return result;
}
/** The revision at which a label begins, where that is one: alembic prints the label at all that follow too. */
function labelled(entries, label) {
    const bearers = new Set(entries.filter((e) => e.branchLabels.includes(label)).map((e) => e.revision));
    const first = entries.filter((e) => bearers.has(e.revision) && !e.parents.some((parent) => bearers.has(parent)));
    return first.length === 1 ? (first[0]?.revision ?? null) : null;
}
function unreadable(what) {
    return {
        message: `what \`alembic history --verbose\` printed cannot be read: ${what}`,
        next: 'Run `alembic history --verbose` in the working directory: what it prints must be the whole history.',
    };
}
/**
 * What an upgrade from `current` (the rows of the version table) to `target` would run. `target`: a revision id, the
 * beginning of exactly one, or null or `head` for the one head. `revisions` as `parseHistory` gives them.
 */
function planRevisions(revisions, current, target) {
    const graph = new Graph(revisions);
    const heads = revisions.filter((revision) => revision.isHead);
    const unknown = current.filter((id) => !graph.has(id));
    const appliedIds = graph.closure(current.filter((id) => graph.has(id)));
    const applied = revisions.filter(({ revision }) => appliedIds.has(revision)).toReversed();
    const problems = [...notInProject(unknown), ...overlapping(graph, current)];
    const found = findTarget(revisions, heads, target);
    if (found.problem !== null)
        problems.push(found.problem);
    const wanted = found.targets;
    const only = wanted.length === 1 && found.problem === null ? (wanted[0] ?? null) : null;
    if (only !== null && unknown.length === 0 && appliedIds.has(only.revision) && !current.includes(only.revision)) {
        if (target !== null && target !== 'head')
            problems.push(behind(only, current));
    }
    // Several: alembic begins with the first file, and only with those that no other revision depends on.
    const ids = wanted
        .filter(({ revision }) => wanted.length === 1 || !revisions.some((other) => other.dependsOn.includes(revision)))
        .toSorted((a, b) => (a.path < b.path ? -1 : 1))
        .map(({ revision }) => revision);
    const needed = new Set([...graph.closure(ids)].filter((id) => !appliedIds.has(id)));
    const pending = unknown.length > 0 ? [] : graph.newestFirst(needed, ids).toReversed();
    return { heads, unknown, target: only, pending, applied, problems };
}
function notInProject(unknown) {
    return unknown.map((id) => ({
        kind: 'unknown-revision',
        version: id,
        file: null,
        message: `the database is at revision ${named(id)}, which none of the project's migration files has`,
        next: `Find the commit that has it with \`git log --all --oneline -S ${shellWord(id)}\`, bring the file back (the branch may be behind), then run again.`,
    }));
}
function overlapping(graph, current) {
    return current.flatMap((id) => {
        const under = current.filter((other) => other !== id && graph.has(id) && graph.closure([id]).has(other));
        return under.map((other) => ({
            kind: 'overlapping',
            version: other,
            file: null,
            message: `the database's version table holds ${named(other)} beside ${named(id)}, which stands on it`,
            next: `If ${named(other)} is applied, delete its row from the version table: ${named(id)} says so already; then run again.`,
        }));
    });
}
function findTarget(revisions, heads, target) {
    if (target === null || target === 'head') {
        return { targets: heads, problem: heads.length > 1 ? severalHeads(heads) : null };
    }
    const exact = revisions.find(({ revision }) => revision === target);
    if (exact)
        return { targets: [exact], problem: null };
    // Alembic too takes the beginning of an id for it, of ids of four characters or more.
    const begins = revisions.filter(({ revision }) => revision.length > 3 && revision.startsWith(target));
    if (begins.length === 1)
        return { targets: begins, problem: null };
    const message = begins.length === 0
        ? `target-version ${shown(target)}: there is no such revision`
        : `target-version ${shown(target)} is the beginning of several revisions: ${begins.map(described).join(', ')}`;
    const last = heads.length > 0 ? `; the last is ${heads.map(({ revision }) => revision).join(', ')}` : '';
    return {
        targets: [],
        problem: {
            kind: 'unknown-target',
            version: target,
            file: null,
            message,
            next: `Set \`target-version\` to the id of a revision, to the beginning of one, or to \`head\`${last}.`,
        },
    };
}
function severalHeads(heads) {
    const ids = heads.map(({ revision }) => revision);
    return {
        kind: 'several-heads',
        version: ids.join(', '),
        file: heads[0]?.path ?? null,
        message: `the project has ${heads.length} heads: ${heads.map(described).join(', ')}`,
        next: `Run \`alembic merge -m "merge heads" ${ids.map(shellWord).join(' ')}\` and commit the file that it writes, then run again.`,
    };
}
function behind(target, current) {
    return {
        kind: 'target-behind',
        version: target.revision,
        file: target.path,
        message: `target-version ${described(target)} is applied already, and the database is beyond it, at ${current.join(', ')}`,
        next: 'Set `target-version` to a later revision, or leave it out to go to the head.',
    };
}
const described = ({ revision, message }) => message === '' ? named(revision) : `${named(revision)} (${named(message)})`;
const shown = (text) => JSON.stringify((0,report_text/* brief */.dh)(text, 80));
/** Who stands on whom, and alembic's order. */
class Graph {
    byId;
    constructor(revisions) {
        this.byId = new Map(revisions.map((revision) => [revision.revision, revision]));
    }
    has(id) {
        return this.byId.has(id);
    }
    parents(id) {
        return this.byId.get(id)?.parents ?? [];
    }
    /** Parents, and the dependencies that no ancestor has already. */
    below(id) {
        const dependsOn = new Set(this.byId.get(id)?.dependsOn ?? []);
        if (dependsOn.size === 0)
            return this.parents(id);
        for (const ancestor of this.walk([id], (one) => this.parents(one))) {
            if (ancestor === id)
                continue;
            for (const one of this.byId.get(ancestor)?.dependsOn ?? [])
                dependsOn.delete(one);
        }
        return [...new Set([...this.parents(id), ...dependsOn])];
    }
    /** These and all that they stand on. */
    closure(ids) {
        return this.walk(ids, (id) => [...this.parents(id), ...(this.byId.get(id)?.dependsOn ?? [])]);
    }
    walk(from, step) {
        const seen = new Set();
        const todo = [...from];
        for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
            if (seen.has(id))
                continue;
            seen.add(id);
            todo.push(...step(id));
        }
        return seen;
    }
    /**
     * Alembic's own order (`RevisionMap._topological_sort`), newest first; ties break as there: it walks down one branch
     * for as long as no other open branch stands on what comes next. Several dependencies of one revision are walked in the
     * order written; alembic's order of those differs from run to run.
     */
    newestFirst(wanted, heads) {
        const todo = new Set(wanted);
        const result = [];
        const open = heads.filter((id) => todo.has(id)).map((id) => ({ id, above: this.closure([id]) }));
        let at = 0;
        for (let branch = open[at]; branch !== undefined; branch = open[at]) {
            const { id, above } = branch;
            const blocking = open.findIndex((other) => other !== branch && other.above.has(id));
            if (blocking !== -1) {
                at = blocking;
                continue;
            }
            const revision = this.byId.get(id);
            if (revision !== undefined && todo.delete(id))
                result.push(revision);
            const [next, ...more] = this.below(id).filter((one) => todo.has(one) && !open.some((other) => other.id === one));
            if (next === undefined) {
                open.splice(at, 1);
                at = Math.max(at - 1, 0);
                continue;
            }
            if (more.length === 0 && this.below(id).length === 1) {
                // Down a plain line: what lies under `next` lies under `id`.
                above.delete(id);
                branch.id = next;
                continue;
            }
            open[at] = { id: next, above: this.closure([next]) };
            for (const one of more)
                open.push({ id: one, above: this.closure([one]) });
        }
        return result;
    }
}

;// CONCATENATED MODULE: ./src/engines/alembic/tool.ts
/** Alembic, as a project has it: its revisions, its commands, its words. */
















const HISTORY_MS = 60_000;
/** It is waited for before the dry run; what takes longer to write down is not pleasant to read either. */
const RENDER_MS = 15_000;
/** Tables of the gate's own, which no project has a model of. */
const OURS = ['migration_history', 'schema_migrations'];
/** Nothing listens there. */
const NOWHERE = { host: '127.0.0.1', port: 1 };
class AlembicTool {
    engine = 'alembic';
    name = 'alembic';
    isOpen = false;
    request;
    env;
    log;
    signal;
    words = ['alembic'];
    revisions = [];
    sources = new Map();
    configuration = [];
    isRead = false;
    /** env.py says where the version table is. */
    choosesTable = false;
    standingNow = null;
    current = [];
    constructor(request, env, log, signal) {
        this.request = request;
        this.env = env;
        this.log = log;
        this.signal = signal;
    }
    get probe() {
        return currentOf(this.words, this.request.alembicConfig);
    }
    async read() {
        // Which revisions there are was settled then: that of those that would run nothing was edited is all there is to see.
        if (!this.isRead)
            await this.readHistory();
        await Promise.all([this.readConfiguration(), this.readSources()]);
        this.isRead = true;
    }
    async readHistory() {
        const { workingDirectory, alembicConfig, alembicCommand } = this.request;
        const found = await findAlembic({
            workingDirectory,
            given: alembicCommand,
            config: alembicConfig,
            env: this.env,
            exists: (path) => isThere(path, external_node_fs_.constants.F_OK),
            onPath: (program) => this.isOnPath(program),
            succeeds: async ([program = '', ...rest]) => (await this.quietly([program, ...rest], HISTORY_MS)).code === 0,
        });
        if (!('words' in found))
            throw new stop/* Stop */.V({ result: 'failed', class: 'tool', ...found, badInput: true });
        this.words = found.words;
        this.log.detail(`alembic: ${found.words.join(' ')} (${found.how})`);
        const words = historyOf(found.words, alembicConfig);
        const ended = await this.quietly(words, HISTORY_MS);
        if (ended.stopped)
            throw tooSlow(words, HISTORY_MS);
        const told = explainAlembic(ended);
        if (ended.error || ended.code !== 0) {
            throw new stop/* Stop */.V({
                result: 'failed',
                class: told?.class ?? 'tool',
                message: told?.message ?? `${found.words.join(' ')} history: ${ended.error?.message ?? `exit code ${ended.code}`}`,
                next: told?.next ?? 'Run `alembic history` in the working directory and correct what it says, then run again.',
                file: told?.file ? this.shown(told.file) : null,
                line: told?.line ?? null,
            });
        }
        const revisions = parseHistory(ended.stdout);
        if (!Array.isArray(revisions))
            throw new stop/* Stop */.V({ result: 'failed', class: 'tool', ...revisions });
        this.revisions = revisions;
        // Two files of one revision id lose a migration, and alembic only warns of it.
        if (told?.class)
            throw new stop/* Stop */.V({ result: 'failed', class: told.class, message: told.message, next: told.next });
    }
    /** env.py and the ini make an apply what it is, beside the revisions. */
    async readConfiguration() {
        const { workingDirectory, alembicConfig } = this.request;
        const [first] = this.revisions;
        const paths = [(0,external_node_path_.resolve)(workingDirectory, alembicConfig)];
        if (first)
            paths.push((0,external_node_path_.join)((0,external_node_path_.dirname)((0,external_node_path_.dirname)(first.path)), 'env.py'));
        const found = await Promise.all(paths.map(async (path) => {
            const text = await (0,promises_.readFile)(path).catch(() => null);
            if (text?.includes('version_table') || text?.includes('search_path'))
                this.choosesTable = true;
            return text === null ? null : { version: this.shown(path), checksum: sha256(text) };
        }));
        this.configuration = found.filter((one) => one !== null);
    }
    tableOf(tables, said) {
        const own = tables.filter(({ tool }) => tool === 'Alembic');
        if (said === null)
            return own.find(({ schema }) => schema === 'public') ?? own[0] ?? null;
        // Where it has asked for none of them, its own is not made yet.
        return ((0,tool_tables/* askedFor */.GZ)(own, said.filter(({ sql }) => /\bversion_num\b/.test(sql)))[0] ?? null);
    }
    isInDoubt(tables) {
        const own = tables.filter(({ tool }) => tool === 'Alembic');
        return own.length > 0 && (this.choosesTable || own.length > 1 || own[0]?.schema !== 'public');
    }
    standing(versions) {
        this.current = versions.map(({ version }) => version);
        const plan = planRevisions(this.revisions, this.current, this.target());
        this.standingNow = plan;
        return {
            pending: plan.pending.map((one) => plannedAs(this.sourceOf(one), [])),
            currentVersion: this.current.length === 0 ? null : this.current.join(', '),
            applied: plan.applied.map((one) => ({ version: one.revision, checksum: this.sourceOf(one).checksum })),
            extra: this.configuration,
            ways: new Map(plan.pending
                .filter((one) => this.sourceOf(one).hasWayBack)
                .map((one) => [one.revision, this.sourceOf(one).file])),
            problems: plan.problems.map((one) => this.problemOf(one)),
            warnings: [],
        };
    }
    stillPending(pending, versions) {
        const current = versions.map(({ version }) => version);
        const applied = new Set(planRevisions(this.revisions, current, null).applied.map(({ revision }) => revision));
        return {
            pending: pending.filter(({ version }) => !applied.has(version)),
            currentVersion: current.length === 0 ? null : current.join(', '),
        };
    }
    target() {
        const { targetVersion } = this.request;
        return targetVersion === 'head' || targetVersion === 'heads' ? null : targetVersion;
    }
    problemOf({ kind, version, file, message, next }) {
        const kinds = {
            'several-heads': 'out-of-order',
            'unknown-revision': 'missing',
            overlapping: 'missing',
            'unknown-target': 'target',
            'target-behind': 'target',
        };
        return { kind: kinds[kind], version, file: file === null ? null : this.shown(file), message, next };
    }
    upgrade(pending) {
        const target = this.standingNow?.target?.revision ?? pending.at(-1)?.version ?? 'head';
        return upgradeOf(this.words, this.request.alembicConfig, target);
    }
    planned(version, texts) {
        const source = version === null ? undefined : this.sources.get(version);
        if (source)
            return plannedAs(source, texts);
        const nothing = { name: 'outside of any revision', file: '', path: '', bytes: 0, checksum: '', allow: [] };
        return (0,planned/* planned */.lM)({ version: version ?? planned/* UNRECORDED */.ce, ...nothing }, texts);
    }
    sourceOf(revision) {
        const known = this.sources.get(revision.revision);
        if (known)
            return known;
        throw new Error(`the file of revision ${revision.revision} was not read`);
    }
    /** Of each revision's file: its hash, and where things stand in it. */
    async readSources() {
        for (const { revision, path, message } of this.revisions) {
            const bytes = await (0,promises_.readFile)(path).catch((cause) => {
                throw new stop/* Stop */.V({
                    result: 'failed',
                    class: 'tool',
                    message: `the file of revision ${revision} cannot be read: ${this.shown(path)}`,
                    next: 'Check its rights, then run again.',
                }, { cause });
            });
            const lines = bytes.toString().split('\n');
            const upgradeAt = lines.findIndex((line) => /^(?:async\s+)?def\s+upgrade\b/.test(line)) + 1;
            this.sources.set(revision, {
                version: revision,
                name: message || revision,
                file: this.shown(path),
                path,
                bytes: bytes.length,
                checksum: sha256(bytes
                    .toString()
                    .replace(/^\uFEFF/, '')
                    .replaceAll('\r\n', '\n')),
                allow: allowances(lines),
                lines,
                upgradeAt: Math.max(1, upgradeAt),
                hasWayBack: doesSomething(lines, 'downgrade'),
            });
        }
    }
    /** Every driver is given the ids as literals; a DELETE only precedes the UPDATE of a merge. */
    recordedBy(sql) {
        if (/^\s*delete\b/i.test(sql))
            return [];
        const id = /\b(?:set\s+version_num\s*=\s*|values\s*\(\s*)'([^']+)'/i.exec(sql)?.[1];
        return id !== undefined && this.sources.has(id) ? [id] : null;
    }
    explain(ended) {
        const told = explainAlembic(ended);
        if (!told?.class)
            return null;
        const { message, meaning, next, file, line } = told;
        return { class: told.class, message, meaning, next, line, file: file === null ? null : this.shown(file) };
    }
    async render(pending) {
        const target = this.standingNow?.target?.revision;
        if (pending.length === 0 || target === undefined || this.current.length > 1)
            return null;
        const words = sqlOf(this.words, this.request.alembicConfig, this.current[0] ?? null, target);
        const ended = await this.quietly(words, RENDER_MS);
        if (ended.code === 0 && ended.stdout.trim() !== '')
            return ended.stdout;
        this.log.detail('alembic upgrade --sql cannot write this upgrade down: plan.sql holds what the dry run saw');
        return null;
    }
    async remarks(look) {
        const { ended } = await look(checkOf(this.words, this.request.alembicConfig));
        const differences = differencesIn(`${ended.stdout}\n${ended.stderr}`, OURS);
        if (differences.length === 0)
            return [];
        const [first = ''] = differences;
        const more = differences.length === 1 ? '' : ` and ${(0,report_text/* plural */.LS)(differences.length - 1, 'other difference')}`;
        return [`alembic check: the project's models and the database differ: ${(0,report_text/* brief */.dh)(first, 300)}${more}`];
    }
    /** Without any way to the database. */
    async quietly(words, limitMs) {
        const { target, urlVariables, secrets, workingDirectory } = this.request;
        const { user, database } = target;
        const { env } = (0,environment/* childEnvironment */.Q)({
            env: this.env,
            target,
            own: { ...NOWHERE, user, database, password: 'none', sslRootCert: null },
            variables: urlVariables,
            rehearsal: true,
            secrets,
            nullDevice: external_node_os_.devNull,
        });
        const childEnv = { PYTHONUTF8: '1', ...env };
        const kept = await (0,running/* keptOut */.x)(words, { request: this.request, env: childEnv, allow: [], log: this.log });
        const start = { words: kept.words, cwd: workingDirectory, env: childEnv };
        const ended = await (0,child/* probeTool */.D)(start, limitMs, this.signal);
        if (this.signal.aborted)
            throw (0,stop/* cancelled */.K)(`while ${words[0]} was reading the project`);
        return { ...kept.read(ended), stopped: ended.stopped };
    }
    async isOnPath(program) {
        const folders = (this.env.PATH ?? '').split(external_node_path_.delimiter).filter((folder) => folder !== '');
        for (const folder of folders)
            if (await isThere((0,external_node_path_.join)(folder, program), external_node_fs_.constants.X_OK))
                return true;
        return false;
    }
    shown(path) {
        const inside = (0,external_node_path_.relative)(this.request.workingDirectory, path);
        return inside.split(external_node_path_.sep).join('/');
    }
}
function plannedAs({ lines, upgradeAt, hasWayBack: _, ...source }, texts) {
    return (0,planned/* planned */.lM)(source, texts.map((text) => ({ ...text, line: (0,planned/* lineOf */.cA)(text.sql, lines, upgradeAt) })));
}
function tooSlow(words, limitMs) {
    return new stop/* Stop */.V({
        result: 'failed',
        class: 'tool',
        message: `\`${words.join(' ')}\` did not come to an end within ${(0,report_text/* duration */.p0)(limitMs)}`,
        next: 'Run it in the working directory: it needs no database, and a revision must do nothing where it is only loaded.',
    });
}
function isThere(path, mode) {
    return (0,promises_.access)(path, mode).then(() => true, () => false);
}
function sha256(data) {
    return (0,external_node_crypto_.createHash)('sha256').update(data).digest('hex');
}
/** The function has a line that is more than `pass`, a comment or a docstring of one line. */
function doesSomething(lines, name) {
    const start = lines.findIndex((line) => new RegExp(`^(?:async\\s+)?def\\s+${name}\\b`).test(line));
    if (start < 0)
        return false;
    const end = lines.findIndex((line, at) => at > start && /^\S/.test(line));
    const body = lines.slice(start + 1, end < 0 ? undefined : end).map((line) => line.trim());
    return body.some((line) => line !== '' && !/^(?:pass$|\.\.\.$|#|("""|''').*\1$)/.test(line));
}
/** `# gate: allow <rule> <reason>`, as `-- gate: allow` in an SQL file. */
function allowances(lines) {
    return lines.flatMap((text, at) => {
        const [, rule, reason] = /^\s*#\s*gate:\s*allow\s+([a-z0-9-]+)\s+(\S.*)$/.exec(text) ?? [];
        return rule && reason ? [{ rule, reason: reason.trim(), line: at + 1 }] : [];
    });
}


/***/ })

};
