/**
 * Every bound of the wire, with its unit and where the number came from. "Frame bytes" are what the length word says:
 * the word itself and the body, without the type byte. PostgreSQL's names are those of its C sources, version 18.
 */

/** Frame bytes of anything before login: MAX_STARTUP_PACKET_LENGTH (libpq/pqcomm.h). */
export const startupFrameBytesMax = 10_000;
/** Frame bytes of a client's answer to an authentication request: PG_MAX_AUTH_TOKEN_LENGTH (libpq/auth.h), and the word. */
export const loginFrameBytesMax: number = 65_535 + 4;
/** Frame bytes of a server's authentication request: what libpq accepts (fe-connect.c), so a nonce can't grow past it. */
export const authenticationFrameBytesMax = 2_000;
/** Frame bytes of an ErrorResponse before login, when nobody has proved to be anybody: libpq's MAX_ERRLEN. */
export const loginErrorFrameBytesMax = 30_000;
/** Frame bytes of client messages that hold a name at most: PQ_SMALL_MESSAGE_LIMIT (libpq/libpq.h). */
export const smallFrameBytesMax = 10_000;
/** Frame bytes of server messages that libpq calls short (VALID_LONG_MESSAGE_TYPE, fe-protocol3.c). */
export const shortFrameBytesMax = 30_000;
/** Frame bytes of messages that hold SQL, rows or errors, unless the caller chooses another: 64 MiB, our choice. */
export const longFrameBytesMax: number = 64 * 1024 * 1024;
/** The most a caller may choose for the limit above: V8's longest string, half of PostgreSQL's own PQ_LARGE_MESSAGE_LIMIT. */
export const longFrameBytesCeiling = 0x1fff_ffe8;
/** Bytes that may wait unread in a framer when its caller feeds without draining: our choice, 16 chunks of Node's 64 KiB. */
export const unreadBytesMax: number = 1024 * 1024;
/** Chunks that may wait so: our choice, because a chunk of one byte costs a hundred. */
export const unreadChunksMax = 256;

/** Columns of a row: MaxTupleAttributeNumber (access/htup_details.h). */
export const columnsMax = 1_664;
/** Bytes of a column's name: NAMEDATALEN - 1, four times for a server that converts to UTF-8 (MAX_CONVERSION_GROWTH). */
export const columnNameBytesMax: number = 63 * 4;
/** Parameters of a statement: what the unsigned 16-bit count can say (PQ_QUERY_PARAM_MAX_LIMIT, libpq-fe.h). */
export const parametersMax = 65_535;
/** Arguments of a fast-path call: FUNC_MAX_ARGS (pg_config_manual.h). */
export const argumentsMax = 100;
/** Bytes of a cancel key: 4 in protocol 3.0; in 3.2 at least 4 and at most 256 (protocol-message-formats). */
export const cancelKeyBytesMin = 4;
export const cancelKeyBytesMax = 256;
