/** True for an operating-system error of that name. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** `fdatasync EIO`: what failed and how, without a path, which may hold what does not belong into a message. */
export function errnoText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && "syscall" in error
    ? `${String(error.syscall)} ${String(error.code)}`
    : error.message;
}

/** What to do about a system error, where `files` can't be read or written. */
export function remedyOf(error: unknown, files: string): string {
  if (isErrno(error, "ENOSPC") || isErrno(error, "EDQUOT"))
    return `make room on the disk of ${files}, then try again`;
  if (["EACCES", "EPERM", "EROFS"].some((code) => isErrno(error, code)))
    return `see to the rights of ${files}, then try again`;
  return `mend the disk of ${files}, or its rights, then try again`;
}
