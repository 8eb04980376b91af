/**
 * What an approver signs (Ed25519, RFC 8032): the log, the proposal's place in it, and the SHA-256 of the proposal's entry,
 * so that a signature is good for that proposal as it was recorded and for nothing else. Plain text, for `openssl pkeyutl`.
 */
export function approvalText(log: string, proposal: number, sha256: string): string {
  return `whosaw-approval/v1\n${log}\n${proposal}\n${sha256}\n`;
}
