import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Signed {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority of a test's own, and what it signs: made by openssl in a temporary folder. */
export interface Authority {
  readonly folder: string;
  readonly ca: string;
  readonly caFile: string;
  /** @param alternatives as openssl writes them: `DNS:localhost,IP:127.0.0.1`. */
  readonly sign: (name: string, alternatives: string, digest?: string) => Signed;
  readonly remove: () => void;
}

export function authority(commonName = "test authority"): Authority {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-ca-"));
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "2",
    "-subj",
    `/CN=${commonName}`,
  );
  let serial = 0;
  return {
    folder,
    ca: readFileSync(file("ca.crt"), "utf8"),
    caFile: file("ca.crt"),
    sign: (subject, alternatives, digest = "sha256") => {
      const base = `${subject.replaceAll(/\W/g, "_")}-${serial++}`;
      writeFileSync(file(`${base}.ext`), alternatives === "" ? "" : `subjectAltName=${alternatives}\n`);
      openssl("req", ...key, "-keyout", `${base}.key`, "-out", `${base}.csr`, "-subj", `/CN=${subject}`);
      const by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", `-${digest}`];
      openssl("x509", "-req", "-in", `${base}.csr`, "-out", `${base}.crt`, ...by, "-extfile", `${base}.ext`);
      return {
        cert: readFileSync(file(`${base}.crt`), "utf8"),
        key: readFileSync(file(`${base}.key`), "utf8"),
        certFile: file(`${base}.crt`),
        keyFile: file(`${base}.key`),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
