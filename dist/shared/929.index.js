export const id = 929;
export const ids = [929];
export const modules = {

/***/ 2929:
/***/ ((module, __webpack_exports__, __webpack_require__) => {

__webpack_require__.a(module, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
__webpack_require__.r(__webpack_exports__);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_path__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _afterwards_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1130);
/* harmony import */ var _github_commands_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4897);
/* harmony import */ var _github_event_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(5015);
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(5655);
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(4074);
/** The Action's door, for the main step and for the post step: inputs and event -> the run -> outputs, annotations, exit code. */






const write = (text) => {
    process.stdout.write(text);
};
const TITLE = { title: 'Postgres Migration Gate' };
/** `INPUT_DATABASE-URL` -> `database-url`, as the runner makes them of an action's inputs. */
function readInputs(env) {
    return Object.fromEntries(Object.entries(env)
        .filter(([name]) => name.startsWith('INPUT_'))
        .map(([name, value]) => [name.slice('INPUT_'.length).toLowerCase().replaceAll('_', '-'), value]));
}
function runnerConsole() {
    let grouped = false;
    const ungroup = () => {
        if (grouped)
            (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_2__/* .issueCommand */ .Lb)(write, 'endgroup');
        grouped = false;
    };
    return {
        secrets: (values) => (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_2__/* .maskAll */ .gh)(write, values),
        line: (text) => write(`${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_5__/* .inertText */ .UJ)(text)}\n`),
        chapter: (title) => {
            ungroup();
            (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_2__/* .issueCommand */ .Lb)(write, 'group', {}, title);
            grouped = true;
        },
        progress: () => undefined,
        warning: (text) => (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_2__/* .issueCommand */ .Lb)(write, 'warning', TITLE, text),
        notice: (text) => (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_2__/* .issueCommand */ .Lb)(write, 'notice', TITLE, text),
        finish: (outcome, text, folder, workingDirectory) => {
            ungroup();
            write(`${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_5__/* .inertText */ .UJ)(text)}\n`);
            folder.annotate(outcome, workingDirectory, write);
        },
        ended: () => undefined,
    };
}
function door() {
    const { env } = process;
    const cancel = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'])
        process.on(signal, () => cancel.abort());
    const workspace = env.GITHUB_WORKSPACE || process.cwd();
    return {
        raw: readInputs(env),
        context: { door: 'action', env, event: (0,_github_event_js__WEBPACK_IMPORTED_MODULE_3__/* .readEvent */ .j)(env), cwd: workspace },
        env,
        workspace,
        console: runnerConsole(),
        signal: cancel.signal,
    };
}
/** `post.js` beside the bundle is the same bundle. What a killed run has saved could not tell: it may have saved nothing. */
function isPostStep() {
    return (0,node_path__WEBPACK_IMPORTED_MODULE_0__.basename)(process.argv[1] ?? '') === 'post.js';
}
let exitCode = 1;
try {
    exitCode = isPostStep() ? await (0,_afterwards_js__WEBPACK_IMPORTED_MODULE_1__/* .afterwards */ .Q)(door()) : await (0,_run_js__WEBPACK_IMPORTED_MODULE_4__/* .run */ .e)(door());
}
catch (error) {
    // Only when the report itself could not be written; anything else is an outcome.
    (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_2__/* .issueCommand */ .Lb)(write, 'error', TITLE, error instanceof Error ? error.message : String(error));
}
// What is given up on (a service that does not answer) must not keep the step alive; but what was printed must be out.
process.stdout.write('', () => process.exit(exitCode));

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 1130:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ afterwards)
/* harmony export */ });
/* harmony import */ var _conclude_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8206);
/* harmony import */ var _door_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6627);
/* harmony import */ var _engines_choose_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(146);
/* harmony import */ var _github_commands_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(4897);
/* harmony import */ var _postgres_failure_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(8829);
/* harmony import */ var _report_exit_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(1036);
/* harmony import */ var _report_outcome_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(5066);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(9836);
/* harmony import */ var _report_folder_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(5921);
/** What becomes of a run that was killed. */









/**
 * The post step. The runner starts it whatever became of the main one, and only a run that was killed has not reported:
 * what it left at the server is ended, the database is read back, and the report is completed. Returns the exit code.
 */
async function afterwards(door) {
    if ((0,_github_commands_js__WEBPACK_IMPORTED_MODULE_3__/* .getState */ .Gu)(door.env, 'reported') === 'true')
        return 0;
    // Before it began, what lies there is another step's.
    const began = (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_3__/* .getState */ .Gu)(door.env, 'began') === 'true';
    const { workspace, env } = door;
    const setting = (0,_door_js__WEBPACK_IMPORTED_MODULE_1__/* .settingOf */ .y7)(door, began ? _report_folder_js__WEBPACK_IMPORTED_MODULE_6__/* .ReportFolder */ .LC.reopen(workspace, env) : _report_folder_js__WEBPACK_IMPORTED_MODULE_6__/* .ReportFolder */ .LC.make(workspace, env));
    const kept = (0,_report_folder_js__WEBPACK_IMPORTED_MODULE_6__/* .readKept */ .DL)(door.env);
    const isThere = kept !== 'none' && kept !== 'lost';
    if (isThere && kept.over)
        return (0,_conclude_js__WEBPACK_IMPORTED_MODULE_0__/* .conclude */ .E)(kept.outcome, setting);
    const blank = (0,_report_outcome_js__WEBPACK_IMPORTED_MODULE_7__/* .blankOutcome */ .lp)(setting.known, new Date().toISOString());
    // Of which migrations it was about nobody can tell any more.
    const before = isThere
        ? kept.outcome
        : { ...blank, databaseState: kept === 'lost' ? 'unknown' : 'unchanged' };
    const { parsed } = setting;
    const proof = parsed.kind === 'request' ? await settle(parsed.request, before, setting) : null;
    return (0,_conclude_js__WEBPACK_IMPORTED_MODULE_0__/* .conclude */ .E)(killed(before, isThere ? proof : null), setting);
}
/** Null: there was nothing to settle, or the server does not tell. */
async function settle(request, before, setting) {
    const { door } = setting;
    const log = (0,_door_js__WEBPACK_IMPORTED_MODULE_1__/* .logOf */ .Gs)(setting);
    const backend = (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_3__/* .getState */ .Gu)(door.env, 'backend');
    if (backend === null)
        return null;
    const trace = (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_3__/* .getState */ .Gu)(door.env, 'trace');
    const outset = (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_3__/* .getState */ .Gu)(door.env, 'outset');
    const { signal, env } = door;
    const nobody = () => undefined;
    const engine = await (0,_engines_choose_js__WEBPACK_IMPORTED_MODULE_2__/* .chooseEngine */ .m)({ request, log, signal, env, remember: nobody, trace: nobody, outset: nobody });
    try {
        log.line('the run was killed: ending what it left at the server, and reading the database back');
        return await engine.settle({
            backend: JSON.parse(backend),
            trace: trace === null ? null : JSON.parse(trace),
            outset: outset === null ? null : JSON.parse(outset),
            pending: before.pending,
        });
    }
    catch (error) {
        log.line(`the database could not be read back: ${error instanceof Error ? error.message : String(error)}`);
        return null;
    }
    finally {
        await engine.close();
    }
}
/** What the run knew of itself, with what the database says now. */
function killed(before, proof) {
    // Before the first write it is unchanged by construction.
    const wrote = before.databaseState !== 'unchanged';
    const databaseState = wrote ? (proof?.state ?? 'unknown') : 'unchanged';
    const applied = wrote ? (proof?.applied ?? []) : [];
    const versions = new Set(applied.map((one) => one.version));
    const stop = new _report_stop_js__WEBPACK_IMPORTED_MODULE_5__/* .Stop */ .V({
        result: 'failed',
        class: 'internal',
        message: wrote ? 'the run was killed while it applied' : 'the run was killed before it wrote anything',
        next: NEXT[databaseState],
    });
    return {
        ...before,
        result: 'failed',
        databaseState,
        exitCode: (0,_report_exit_js__WEBPACK_IMPORTED_MODULE_8__/* .exitCodeOf */ .F)('failed', databaseState, {}),
        applied: applied.map(({ version, name, file }) => ({ version, name, file })),
        currentVersion: proof?.currentVersion ?? before.currentVersion,
        migrations: before.migrations.map((one) => (versions.has(one.version) ? { ...one, status: 'applied' } : one)),
        error: (0,_postgres_failure_js__WEBPACK_IMPORTED_MODULE_4__/* .failureFrom */ .J)(stop, null, { phase: 'other', showData: true }),
    };
}
const NEXT = {
    unchanged: 'Nothing was changed; run again.',
    migrated: 'Everything is applied and nothing of it is verified: run `mode: verify` before anything is deployed.',
    'partially-migrated': 'Run again: it goes on with what is still pending.',
    'rolled-back': 'Run `mode: status` before anything is deployed.',
    unknown: 'Run `mode: status` to see what is applied, then run again: it goes on with what is still pending.',
};


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


/***/ })

};
