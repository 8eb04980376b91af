/** Who must have signed, as C2SP tlog-policy writes it: the log, its witnesses, and how many of them must have cosigned. */
export function policyText(
  logKey: string,
  witnesses: { readonly needed: number; readonly list: readonly { readonly key: string }[] } | null,
): string {
  const lines = [`log ${logKey}`];
  const members = (witnesses?.list ?? []).map(({ key }, at) => ({ name: `w${at + 1}`, key }));
  for (const { name, key } of members) lines.push(`witness ${name} ${key.trim()}`);
  if (witnesses === null || members.length === 0) lines.push("quorum none");
  else
    lines.push(
      `group witnesses ${witnesses.needed} ${members.map(({ name }) => name).join(" ")}`,
      "quorum witnesses",
    );
  return `${lines.join("\n")}\n`;
}
