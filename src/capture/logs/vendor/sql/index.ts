/** Which customers a SQL statement provably bounds its reads to, and where it doesn't. */
export {
  statementBytesMax,
  statementParser,
  type StatementParser,
  type StatementReading,
} from "./statement.ts";
export { protectedTable, type TableRead } from "./statementReader.ts";
