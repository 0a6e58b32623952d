export const id = 899;
export const ids = [899];
export const modules = {

/***/ 6899:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  lint: () => (/* binding */ lint)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./src/engines/sql/files.ts
var sql_files = __webpack_require__(8363);
// EXTERNAL MODULE: ./src/engines/sql/script-file.ts + 2 modules
var script_file = __webpack_require__(2253);
// EXTERNAL MODULE: ./src/hazards/asked.ts
var asked = __webpack_require__(9965);
// EXTERNAL MODULE: ./src/hazards/catalogue.ts
var catalogue = __webpack_require__(7452);
// EXTERNAL MODULE: ./src/hazards/claims.ts + 13 modules
var hazards_claims = __webpack_require__(3512);
// EXTERNAL MODULE: ./src/hazards/hazards.ts + 3 modules
var hazards_hazards = __webpack_require__(562);
// EXTERNAL MODULE: ./src/policy/verdict.ts
var verdict = __webpack_require__(5187);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
;// CONCATENATED MODULE: ./src/report/sarif.ts

const LEVEL = {
    danger: 'error',
    warning: 'warning',
    info: 'note',
};
/** `files`: relative to the repository's root, with `/`. Rules that no hazard is of are left out. */
function renderSarif(hazards, rules, version) {
    const used = rules.filter((rule) => hazards.some((hazard) => hazard.rule === rule.id));
    const log = {
        $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
        version: '2.1.0',
        runs: [
            {
                tool: {
                    driver: {
                        name: 'postgres-migration-gate',
                        version,
                        rules: used.map((rule) => ({
                            id: rule.id,
                            shortDescription: { text: rule.title },
                            fullDescription: { text: rule.why },
                            help: { text: rule.safer },
                            defaultConfiguration: { level: LEVEL[rule.severity] },
                        })),
                    },
                },
                columnKind: 'unicodeCodePoints',
                results: hazards.map((hazard) => ({
                    ruleId: hazard.rule,
                    level: LEVEL[hazard.severity],
                    message: {
                        text: (0,report_text/* clean */.uH)(hazard.safer === null ? hazard.message : `${hazard.message}\nSafer: ${hazard.safer}`),
                    },
                    ...(hazard.file === null
                        ? {}
                        : {
                            locations: [
                                {
                                    physicalLocation: {
                                        artifactLocation: { uri: encodeURI(hazard.file) },
                                        region: { startLine: hazard.line ?? 1 },
                                    },
                                },
                            ],
                        }),
                    ...(hazard.allowed === null
                        ? {}
                        : { suppressions: [{ kind: 'inSource', justification: (0,report_text/* clean */.uH)(hazard.allowed) }] }),
                })),
            },
        ],
    };
    return JSON.stringify(log, null, 1);
}

// EXTERNAL MODULE: ./src/report/stop.ts
var stop = __webpack_require__(9836);
// EXTERNAL MODULE: ./src/version.ts
var version = __webpack_require__(311);
;// CONCATENATED MODULE: ./src/lint.ts
/** `migration-gate lint`: what the text of migration files claims, without a database. Each file is judged by itself, as if its tables were large. */













/** The grammar that files are read by: the newest PostgreSQL's. */
const MAJOR = 18;
/** Returns the exit code: 0; 1 for a file that cannot be read; 3 for a hazard at or above `fail-on`. */
async function lint(request, cwd, { out, error }) {
    const hazards = [];
    let unreadable = 0;
    let files;
    try {
        files =
            request.files.length > 0
                ? request.files.map((file) => named(file, cwd))
                : found(cwd, request.migrationsPath, error);
    }
    catch (thrown) {
        error(wordsOf(thrown));
        return 1;
    }
    for (const file of files) {
        try {
            const migration = (0,script_file/* planMigration */.Eu)(file);
            const claims = await (0,hazards_claims.claimsOf)((0,asked/* asked */.N)([migration]), { major: MAJOR, lint: true });
            const { allow } = migration.script.directives;
            for (const claim of claims) {
                const inFile = allow.find((one) => one.rule === claim.rule)?.reason ?? null;
                const allowed = request.allowHazards.includes(claim.rule) ? 'allow-hazards' : inFile;
                hazards.push(hazardOf(claim, allowed));
            }
            hazards.push(...(0,hazards_hazards/* notRead */.Qk)(migration, 'warning'));
        }
        catch (thrown) {
            unreadable += 1;
            error(wordsOf(thrown));
        }
    }
    if (request.format === 'sarif')
        out(renderSarif(hazards, catalogue/* CATALOGUE */.yh, version/* VERSION */.x));
    else if (request.format === 'json')
        out(JSON.stringify(hazards, null, 1));
    else
        out(asText(hazards, files.length));
    if (unreadable > 0)
        return 1;
    return hazards.some((hazard) => hazard.allowed === null && (0,verdict/* atOrAbove */.kU)(hazard.severity, request.failOn)) ? 3 : 0;
}
/** A file by its name, whatever it is called. */
function named(file, cwd) {
    const path = (0,external_node_path_.resolve)(cwd, file);
    const name = (0,external_node_path_.basename)(file);
    const stat = (0,external_node_fs_.statSync)(path, { throwIfNoEntry: false });
    if (!stat?.isFile())
        throw new Error(`${file}: there is no such file`);
    const version = /^\d+/.exec(name)?.[0] ?? name;
    const shown = (0,external_node_path_.relative)(cwd, path).split(external_node_path_.sep).join('/');
    return { version, key: version, name, file: shown, path, bytes: stat.size, checksum: '' };
}
/** Throws when there is none: a folder that is misnamed must not look well. */
function found(cwd, migrationsPath, error) {
    const { folder, files, warnings } = (0,sql_files/* listMigrations */.YJ)(cwd, (0,sql_files/* findFolder */.Wj)(cwd, migrationsPath));
    for (const warning of warnings)
        error(`warning: ${warning}`);
    if (files.length === 0)
        throw new Error(`${folder.shown}: there is no migration file in it`);
    return files;
}
function hazardOf(claim, allowed) {
    const { rule, severity, effects, version, file, line, statement, relation, message, safer } = claim;
    return {
        rule,
        severity,
        effects,
        version,
        file,
        line,
        statement,
        relation,
        message,
        safer,
        source: 'static',
        allowed,
    };
}
function wordsOf(thrown) {
    if (!(thrown instanceof stop/* Stop */.V))
        return thrown instanceof Error ? thrown.message : String(thrown);
    const { message, file, line, column, next } = thrown.reason;
    const place = file ? `${file}:${line ?? 1}:${column ?? 1}: ` : '';
    return `${place}${message}${next ? ` ${next}` : ''}`;
}
const ORDER = ['danger', 'warning', 'info'];
/** A line of place, severity and rule as compilers print it, then what it means. */
function asText(hazards, files) {
    const lines = hazards.flatMap((hazard) => [
        `${hazard.file}:${hazard.line}: ${hazard.severity}: ${hazard.rule}${hazard.allowed === null ? '' : ` (accepted: ${(0,report_text/* oneLine */.TN)(hazard.allowed)})`}`,
        `    ${(0,report_text/* cut */.Jj)((0,report_text/* oneLine */.TN)(hazard.message), 400)}`,
        ...(hazard.safer === null ? [] : [`    safer: ${(0,report_text/* cut */.Jj)((0,report_text/* oneLine */.TN)(hazard.safer), 600)}`]),
    ]);
    const counts = ORDER.map((severity) => [severity, hazards.filter((one) => one.severity === severity).length])
        .filter(([, count]) => count > 0)
        .map(([severity, count]) => `${count} ${severity}`);
    return [...lines, `${(0,report_text/* plural */.LS)(files, 'file')}: ${counts.join(', ') || 'no hazards'}`].join('\n');
}


/***/ })

};
