import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** PostgreSQL's own tests, as Debian's source package holds them. None of it is in this repository. */
export interface Material {
  /** `src/test/regress`: `sql/`, `data/`, `parallel_schedule`. */
  readonly regress: string;
  /** The suite's functions in C, for the server; null: they couldn't be compiled. */
  readonly library: string | null;
  /** The program libpq_pipeline; null: it couldn't be compiled. */
  readonly pipeline: string | null;
}

/** Where the tests are kept between runs. */
const home = join(homedir(), ".cache", "whosaw", "postgresql-15-tests");

const regressAt = join(home, "src", "test", "regress");
const libraryAt = join(home, "regress.so");
/** Not by the name under which an edited one was kept once. */
const pipelineAt = join(home, "libpq_pipeline_as_it_is");

const made = (path: string): string | null => (existsSync(path) ? path : null);

/** Null: nothing was fetched yet. */
export function material(): Material | null {
  if (!existsSync(join(regressAt, "parallel_schedule"))) return null;
  try {
    if (!existsSync(pipelineAt)) compile();
  } catch {
    // No compiler: what is in C is left out, and said to be.
  }
  return { regress: regressAt, library: made(libraryAt), pipeline: made(pipelineAt) };
}

/**
 * Fetches Debian's source package with lists and caches of its own, so that this machine's configuration stays as it is, and compiles
 * what is in C with the headers of `postgresql-server-dev-15`, which isn't installed for that. Throws if Debian's mirror isn't reached.
 */
export function fetchMaterial(): Material {
  const apt = join(home, "apt");
  mkdirSync(join(apt, "lists", "partial"), { recursive: true });
  mkdirSync(join(apt, "cache", "archives", "partial"), { recursive: true });
  const signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]";
  const from = `${signed} http://deb.debian.org/debian bookworm main`;
  writeFileSync(join(apt, "sources.list"), `deb-src ${from}\ndeb ${from}\n`);
  const settings = {
    "Dir::Etc::sourcelist": join(apt, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::State::lists": join(apt, "lists"),
    "Dir::Cache": join(apt, "cache"),
    "APT::Sandbox::User": "root",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run("apt-get", ...options, "-qq", "update");
  run("apt-get", ...options, "-qq", "--download-only", "source", "postgresql-15");
  run("sh", "-c", "tar xjf postgresql-15_*.orig.tar.bz2 --strip-components=1 --wildcards '*/src/test/*'");
  run("apt-get", ...options, "-qq", "download", "postgresql-server-dev-15");
  run("sh", "-c", "dpkg -x postgresql-server-dev-15_*.deb dev");
  const fetched = material();
  if (fetched === null) throw new Error("the source package holds no regression suite");
  return fetched;
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { cwd: home, stdio: ["ignore", "ignore", "inherit"] });
}

/** Under a name of its own first: another run may be doing the same. */
function cc(output: string, ...args: readonly string[]): void {
  const unfinished = `${output}.${process.pid}`;
  run("cc", "-O1", ...args, "-o", unfinished);
  renameSync(unfinished, output);
}

function compile(): void {
  const headers = ["15/server", "internal"].map(
    (one) => `-I${join(home, "dev/usr/include/postgresql", one)}`,
  );
  const all = [...headers, "-I/usr/include/postgresql", "-I/usr/include/postgresql/internal"];
  const source = join(home, "src", "test");
  cc(libraryAt, "-fPIC", "-shared", ...all, join(source, "regress/regress.c"));
  const library = join(home, "dev/usr/lib/postgresql/15/lib");
  const program = join(source, "modules/libpq_pipeline/libpq_pipeline.c");
  cc(pipelineAt, ...all, program, `-L${library}`, "-lpgcommon", "-lpgport", "-lpq");
}

/** The suite where a server that runs as someone else can read its data and write its results. */
export interface Stage {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export function stage({ regress, library }: Material): Stage {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-regress-"));
  for (const part of ["sql", "data"]) cpSync(join(regress, part), join(folder, part), { recursive: true });
  if (library !== null) cpSync(library, join(folder, "regress.so"));
  mkdirSync(join(folder, "results"));
  chmodSync(folder, 0o755);
  chmodSync(join(folder, "results"), 0o777);
  execFileSync("chmod", ["-R", "a+rX", folder]);
  return {
    folder,
    env: { PG_ABS_SRCDIR: folder, PG_ABS_BUILDDIR: folder, PG_LIBDIR: folder, PG_DLSUFFIX: ".so" },
  };
}

const makingFunctions =
  /\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure|aggregate|operator)\s+(?!class|family)((?:\w+\.)?(?:\w+|[-+*/<>=~!@#%^&|`?]+))/gi;
const makingSchemas = /\bcreate\s+schema\s+(?:if\s+not\s+exists\s+)?(?!authorization)(\w+)/gi;

/**
 * Functions and operators that the suite makes, as a role lists them: `schema.name`. Where a file makes schemas, a name without one may
 * be in any of them.
 */
export function ownFunctions({ regress }: Material): ReadonlySet<string> {
  const found = new Set<string>();
  for (const file of readdirSync(join(regress, "sql"))) {
    const text = readFileSync(join(regress, "sql", file), "latin1");
    const schemas = ["public", "pg_temp", ...[...text.matchAll(makingSchemas)].map(([, name = ""]) => name)];
    for (const [, name = ""] of text.matchAll(makingFunctions))
      for (const schema of name.includes(".") ? [""] : schemas.map((one) => `${one}.`))
        found.add((schema + name).toLowerCase());
  }
  return found;
}

/** The suite's files in the order in which they build upon each other. */
export function schedule({ regress }: Material): readonly string[] {
  const lines = readFileSync(join(regress, "parallel_schedule"), "utf8").split("\n");
  return lines.flatMap((line) => /^test:\s*(.*)$/.exec(line)?.[1]?.trim().split(/\s+/) ?? []);
}
