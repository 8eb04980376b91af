export async function main(argv: readonly string[]): Promise<number> {
  process.stderr.write(`whosaw ${argv.join(" ")}\n`);
  return 0;
}
