/**
 * `node scripts/complete-lock.mjs`, after a dependency changed: completes package-lock.json with the binaries of other platforms.
 *
 * A registry mirror that holds only some platforms' packages makes npm leave the others out of the lock file, and then `npm ci` refuses
 * it everywhere. The entries added here say name, version and platform, which is all that npm needs to pass them over.
 */
import { readFileSync, writeFileSync } from "node:fs";

const file = "package-lock.json";
const lock = JSON.parse(readFileSync(file, "utf8"));
const systems = ["darwin", "linux", "win32", "android", "freebsd", "openharmony"];
const processors = [
  ["arm64", "arm64"],
  ["x64", "x64"],
  ["ia32", "ia32"],
  ["arm", "arm"],
  ["riscv64", "riscv64"],
  ["ppc64", "ppc64"],
  ["s390x", "s390x"],
  ["loong64", "loong64"],
  ["wasm32", "wasm32"],
];

/** Where node finds a package that is asked for from `from`. */
function isLocked(from, name) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    if (`${base === "" ? "" : `${base}/`}node_modules/${name}` in lock.packages) return true;
    if (base === "") return false;
  }
}

let added = 0;
for (const [from, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(from, name)) continue;
    const cpu = processors.find(([part]) => name.includes(part))?.[1];
    const os = systems.find((system) => name.includes(system));
    const libc =
      os !== "linux"
        ? undefined
        : name.includes("musl")
          ? "musl"
          : name.includes("gnu")
            ? "glibc"
            : undefined;
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu === undefined ? {} : { cpu: [cpu] }),
      ...(entry.dev === true ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc: [libc] }),
      optional: true,
      ...(os === undefined ? {} : { os: [os] }),
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} entries added to ${file}\n`);
