/**
 * Bundles the two doors into `dist/`. `npm run build -- --check` compares instead of writing, and names what differs.
 *
 * The code is in `dist/shared/`, once for both doors. What `src/` loads with `await import()` becomes a file of its own
 * there (`<number>.index.js`), which nobody reads until it is wanted.
 */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../src/version.ts';
import { type Notice, noticeOf, packageFolder, renderNotices } from './licences.ts';

/** The part of ncc's programming interface that we use; it brings no types of its own. */
type Bundler = (
  entry: string,
  options: {
    readonly esm: boolean;
    readonly target: string;
    readonly quiet: boolean;
    readonly cache: boolean;
    readonly minify: boolean;
    readonly transpileOnly: boolean;
  },
) => Promise<{
  readonly code: string;
  readonly assets: Readonly<Record<string, { readonly source: string | Buffer }>>;
  readonly stats: { readonly compilation: { readonly modules: Iterable<Module> } };
}>;

/** A module of webpack's: a file, or several that were made into one. */
interface Module {
  readonly resource?: string;
  readonly modules?: Iterable<Module>;
  readonly rootModule?: Module;
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const DIST = join(ROOT, 'dist');
/** What is compiled into a package that we ship, by its name: a file in `scripts/notices`. */
const COMPILED_IN = ['libpg-query'];
/** Not bundled, but told apart by the module that is run: the code starts when its door is asked for. */
const DOORS: Readonly<Record<string, { readonly text: string; readonly mode: number }>> = {
  'action/index.js': { text: "import { doors } from '../shared/index.js';\n\nawait doors.action();\n", mode: 0o644 },
  // The post step is the same program, which knows it by its path.
  'action/post.js': { text: "import './index.js';\n", mode: 0o644 },
  'cli/index.js': {
    text: "#!/usr/bin/env node\nimport { doors } from '../shared/index.js';\n\nawait doors.cli();\n",
    mode: 0o755,
  },
};
/** What is started as a thread, by its file: name in `dist/shared/` -> source. `src/` says `new URL('./<name>', import.meta.url)`. */
const WORKERS: Readonly<Record<string, string>> = {
  'artifact-worker.js': 'src/github/artifact-worker.js',
  'astray-worker.js': 'src/engines/tool/astray-worker.js',
};

/** PostgreSQL's parser reads this file, which it looks for beside itself by a name that only CommonJS has. */
const PARSER = {
  file: 'libpg-query.wasm',
  from: 'node_modules/libpg-query/wasm',
  marks: /scriptDirectory ?= ?__dirname/,
};

/** Everything that `dist/` holds, by path relative to it. */
type Bundle = Map<string, { readonly bytes: Buffer; readonly mode: number }>;

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.filter((argument) => argument !== '--check');
  if (unknown.length > 0) {
    console.error(`Unknown argument ${unknown.join(' ')}. Use: npm run build [-- --check]`);
    return 2;
  }
  await requireSameVersion();
  const built = await build();
  requireNoLocalPath(built);
  return args.includes('--check') ? compare(built) : write(built);
}

async function requireSameVersion(): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const wanted = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
  if (wanted !== VERSION) {
    throw new Error(`src/version.ts says ${VERSION}, package.json says ${String(wanted)}: make them equal.`);
  }
}

async function build(): Promise<Bundle> {
  const bundle: Bundle = new Map();
  const packages = new Set<string>();
  for (const [name, { text, mode }] of Object.entries(DOORS)) bundle.set(name, { bytes: Buffer.from(text), mode });
  const { code, assets } = await bundleFrom('src/doors.ts', packages);
  bundle.set('shared/index.js', { bytes: Buffer.from(code), mode: 0o644 });
  for (const [name, source] of assets) bundle.set(`shared/${name}`, { bytes: source, mode: 0o644 });
  await addParser(bundle);
  for (const [name, source] of Object.entries(WORKERS)) {
    // The bundler copies the file that a URL names; it does not know that it is a program.
    if (!assets.delete(name)) throw new Error(`Nothing in src/ starts ${name}: take it out of WORKERS.`);
    const worker = await bundleFrom(source, packages);
    if (worker.assets.size > 0)
      throw new Error(`${name} comes with ${[...worker.assets.keys()].join(', ')}: make room for it.`);
    bundle.set(`shared/${name}`, { bytes: Buffer.from(worker.code), mode: 0o644 });
  }
  // These are ES modules whatever folder the bundle is copied to.
  bundle.set('package.json', { bytes: Buffer.from('{ "type": "module" }\n'), mode: 0o644 });
  bundle.set('licenses.txt', { bytes: Buffer.from(await noticesOf(packages)), mode: 0o644 });
  return bundle;
}

async function addParser(bundle: Bundle): Promise<void> {
  const code = [...bundle].filter(([name, { bytes }]) => name.endsWith('.js') && bytes.includes(PARSER.file));
  for (const [name, { bytes, mode }] of code) {
    if (!PARSER.marks.test(bytes.toString()))
      throw new Error(`dist/${name} looks for ${PARSER.file} in a way that is new: see PARSER in scripts/build.ts.`);
    bundle.set(name, { bytes: Buffer.concat([Buffer.from('const __dirname = import.meta.dirname;\n'), bytes]), mode });
    const program = await readFile(join(ROOT, PARSER.from, PARSER.file));
    bundle.set(join(dirname(name), PARSER.file), { bytes: program, mode: 0o644 });
  }
}

/** `packages`: their folders. */
async function noticesOf(packages: ReadonlySet<string>): Promise<string> {
  const notices: Notice[] = await Promise.all([...packages].map(noticeOf));
  const more = COMPILED_IN.map(async (name) => [
    name,
    await readFile(join(ROOT, `scripts/notices/${name}.txt`), 'utf8'),
  ]);
  return renderNotices(notices, Object.fromEntries(await Promise.all(more)));
}

/** The code, and the files that it wants beside itself; the folders of the packages that are in it are collected. */
async function bundleFrom(
  entry: string,
  packages: Set<string>,
): Promise<{ readonly code: string; readonly assets: Map<string, Buffer> }> {
  const { code, assets, stats } = await bundled(join(ROOT, entry));
  collect(stats.compilation.modules, packages);
  const beside = new Map<string, Buffer>();
  for (const [name, { source }] of Object.entries(assets)) {
    if (name !== 'package.json') beside.set(name, Buffer.from(source));
  }
  return { code, assets: beside };
}

function collect(modules: Iterable<Module>, packages: Set<string>): void {
  for (const { resource, modules: parts, rootModule } of modules) {
    const folder = packageFolder(resource ?? '');
    if (folder !== null) packages.add(folder);
    collect([...(parts ?? []), ...(rootModule ? [rootModule] : [])], packages);
  }
}

function bundled(entry: string): ReturnType<Bundler> {
  const ncc = createRequire(import.meta.url)('@vercel/ncc') as Bundler;
  return ncc(entry, {
    esm: true,
    target: 'es2023',
    quiet: true,
    cache: false,
    minify: false,
    // Needed for ES modules: a file compiled alone is taken for CommonJS. It also means that only what type-checks is bundled.
    transpileOnly: false,
  });
}

/** A path of the machine that built it would make the bundle differ on every other one. */
function requireNoLocalPath(bundle: Bundle): void {
  for (const [name, { bytes }] of bundle) {
    const at = bytes.indexOf(ROOT);
    if (at >= 0) {
      throw new Error(
        `dist/${name} holds a path of this machine: ...${bytes.subarray(at - 60, at + 120).toString()}...`,
      );
    }
  }
}

async function write(bundle: Bundle): Promise<number> {
  await rm(DIST, { recursive: true, force: true });
  for (const [name, { bytes, mode }] of bundle) {
    const path = join(DIST, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    await chmod(path, mode);
    console.log(`dist/${name}  ${Math.ceil(bytes.length / 1024)} kB`);
  }
  return 0;
}

/** What was built now is kept in a temporary folder when it differs, so that it can be looked at. */
async function compare(bundle: Bundle): Promise<number> {
  const present = new Set(await filesUnder(DIST));
  const differing: string[] = [];
  for (const [name, { bytes }] of bundle) {
    const committed = present.delete(name) ? await readFile(join(DIST, name)) : null;
    if (committed === null) console.error(`dist/${name} is missing`);
    else if (!committed.equals(bytes)) console.error(`dist/${name} differs from what src/ builds`);
    if (committed === null || !committed.equals(bytes)) differing.push(name);
  }
  for (const name of present) console.error(`dist/${name} is not built from src/`);
  if (differing.length === 0 && present.size === 0) {
    console.log(`dist/ is what src/ builds (${bundle.size} files)`);
    return 0;
  }
  const kept = await mkdtemp(join(tmpdir(), 'gate-dist-'));
  for (const name of differing) {
    const path = join(kept, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bundle.get(name)?.bytes ?? '');
  }
  console.error(`Run \`npm run build\` and commit dist/. What was built now lies in ${kept}.`);
  return 1;
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Without the stack: Node would print the source line beside it, and ncc's is three million characters long.
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
