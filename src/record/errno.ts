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
