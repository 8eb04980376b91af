import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.*;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLException;

/**
 * What the PostgreSQL JDBC driver documents, each thing once, in a connection of its own. Prints one JSON line a check: its name and
 * what came. Run by test/gateway/drivers/jdbc.test.ts on the server itself and through the gateway; libpq's variables say where to.
 */
class JdbcChecks {
  interface Check {
    Object run(Connection conn) throws Exception;
  }

  static String url() {
    var env = System.getenv();
    return "jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/" + env.get("PGDATABASE");
  }

  /** A connection with these properties of the driver, as name, value, name, value. */
  static Connection connect(String... more) throws SQLException {
    var properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    for (int at = 0; at < more.length; at += 2) properties.setProperty(more[at], more[at + 1]);
    return DriverManager.getConnection(url(), properties);
  }

  static List<List<String>> rows(ResultSet from) throws SQLException {
    var rows = new ArrayList<List<String>>();
    int width = from.getMetaData().getColumnCount();
    while (from.next()) {
      var row = new ArrayList<String>();
      for (int column = 1; column <= width; column++) row.add(from.getString(column));
      rows.add(row);
    }
    return rows;
  }

  static List<List<String>> query(Connection conn, String sql) throws SQLException {
    try (var statement = conn.createStatement()) {
      return rows(statement.executeQuery(sql));
    }
  }

  static void run(Connection conn, String... sqls) throws SQLException {
    try (var statement = conn.createStatement()) {
      for (var sql : sqls) statement.execute(sql);
    }
  }

  static List<String> refused(Check act, Connection conn) throws Exception {
    try {
      return List.of("went", String.valueOf(act.run(conn)));
    } catch (SQLException error) {
      return List.of(error.getClass().getSimpleName(), String.valueOf(error.getSQLState()), firstLine(error));
    }
  }

  static String firstLine(Throwable error) {
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("");
  }

  static String json(Object value) {
    if (value == null) return "null";
    if (value instanceof Number || value instanceof Boolean) return value.toString();
    if (value instanceof Iterable<?> all) {
      var parts = new ArrayList<String>();
      for (var one : all) parts.add(json(one));
      return "[" + String.join(",", parts) + "]";
    }
    var text = new StringBuilder("\"");
    for (char c : value.toString().toCharArray()) {
      if (c == '"' || c == '\\') text.append('\\').append(c);
      else if (c < ' ' || c > '~') text.append(String.format("\\u%04x", (int) c));
      else text.append(c);
    }
    return text.append('"').toString();
  }

  /** List.of takes no null. */
  static List<Object> list(Object... values) {
    return new ArrayList<>(Arrays.asList(values));
  }

  static final TreeMap<String, Check> checks = new TreeMap<>();

  static Object customers(Connection conn) throws SQLException {
    var out = list();
    try (var statement = conn.prepareStatement("select id, name, email, born, phone from customers where id = ?")) {
      for (long id = 1; id <= 8; id++) {
        statement.setLong(1, id);
        out.add(rows(statement.executeQuery()));
      }
    }
    return out;
  }

  static void reading() {
    for (var mode : List.of("simple", "extended", "extendedForPrepared", "extendedCacheEverything"))
      checks.put("customers, mode " + mode, ignored -> {
        try (var conn = connect("preferQueryMode", mode)) {
          return customers(conn);
        }
      });
    for (var threshold : List.of("0", "1", "-1"))
      checks.put("customers, prepared from " + threshold, ignored -> {
        try (var conn = connect("prepareThreshold", threshold)) {
          return customers(conn);
        }
      });
    checks.put("a threshold of one statement's own", conn -> {
      try (var statement = conn.prepareStatement("select name from customers where id = ?")) {
        var prepared = statement.unwrap(PGStatement.class);
        prepared.setPrepareThreshold(3);
        var out = list();
        for (int n = 1; n < 7; n++) {
          statement.setInt(1, n);
          out.add(list(prepared.isUseServerPrepare(), rows(statement.executeQuery())));
        }
        return out;
      }
    });
    checks.put("customers in pieces", conn -> {
      conn.setAutoCommit(false);
      try (var statement = conn.createStatement()) {
        statement.setFetchSize(4);
        return rows(statement.executeQuery("select id, email from customers order by id limit 15"));
      }
    });
    checks.put("customers in pieces, another statement between them", conn -> {
      conn.setAutoCommit(false);
      try (var statement = conn.prepareStatement("select id, email from customers where id > ? order by id")) {
        statement.setFetchSize(3);
        statement.setInt(1, 30);
        var out = list();
        var set = statement.executeQuery();
        while (set.next()) out.add(list(set.getLong(1), set.getString(2), query(conn, "select name from customers where id = " + set.getLong(1))));
        return out;
      }
    });
    checks.put("no more rows than asked for", conn -> {
      try (var statement = conn.createStatement()) {
        statement.setMaxRows(3);
        return rows(statement.executeQuery("select id, name from customers order by id"));
      }
    });
    checks.put("a set that scrolls", conn -> {
      try (var statement = conn.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)) {
        var set = statement.executeQuery("select id, name from customers order by id limit 6");
        var out = list();
        set.last();
        out.add(list(set.getRow(), set.getString(2)));
        set.absolute(2);
        out.add(set.getString(2));
        set.relative(-1);
        out.add(set.getString(2));
        out.add(set.previous());
        return out;
      }
    });
    checks.put("a set that is changed", conn -> {
      run(conn, "create temp table u (a int primary key, b text)", "insert into u values (1, 'x'), (2, 'y')");
      try (var statement = conn.createStatement(ResultSet.TYPE_SCROLL_SENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
        var set = statement.executeQuery("select a, b from u order by a");
        set.next();
        set.updateString(2, "changed");
        set.updateRow();
        set.moveToInsertRow();
        set.updateInt(1, 3);
        set.updateString(2, "new");
        set.insertRow();
        set.last();
        set.deleteRow();
      }
      return query(conn, "select a, b from u order by a");
    });
    checks.put("several results of one text", conn -> {
      try (var statement = conn.createStatement()) {
        var out = list();
        boolean isSet = statement.execute("select 1; select name from customers where id = 2; set application_name to 'x'");
        while (isSet || statement.getUpdateCount() >= 0) {
          out.add(isSet ? rows(statement.getResultSet()) : statement.getUpdateCount());
          isSet = statement.getMoreResults();
        }
        return out;
      }
    });
  }

  static void values() {
    for (var binary : List.of("true", "false"))
      checks.put("values both ways, binary " + binary, ignored -> {
        try (var conn = connect("binaryTransfer", binary, "prepareThreshold", binary.equals("true") ? "-1" : "5")) {
          return values(conn);
        }
      });
    checks.put("arrays", conn -> {
      try (var statement = conn.prepareStatement("select ?::int[], ?::text[], aliases from customers where id = any(?) order by id")) {
        statement.setArray(1, conn.createArrayOf("int4", new Integer[] {1, null, 3}));
        statement.setArray(2, conn.createArrayOf("text", new String[][] {{"a", "b"}, {"c,\"d\"", null}}));
        statement.setArray(3, conn.createArrayOf("int8", new Long[] {1L, 2L, 3L}));
        var set = statement.executeQuery();
        set.next();
        return list(Arrays.toString((Object[]) set.getArray(1).getArray()), Arrays.deepToString((Object[]) set.getArray(2).getArray()), set.getArray(3).getBaseTypeName(), set.getString(3));
      }
    });
    checks.put("text and bytes by streams", conn -> {
      run(conn, "create temp table s (a text, b bytea)");
      try (var statement = conn.prepareStatement("insert into s values (?, ?)")) {
        statement.setCharacterStream(1, new StringReader("stream \u20ac"), 8);
        statement.setBinaryStream(2, new ByteArrayInputStream(new byte[] {0, 1, (byte) 255}), 3);
        statement.executeUpdate();
      }
      return query(conn, "select a, encode(b, 'hex') from s");
    });
  }

  static Object values(Connection conn) throws SQLException {
    var sql = "select ?::int, ?::int8, ?::float8, ?::numeric, ?::text, ?::bytea, ?::bool, ?::date, ?::time, ?::timestamptz, ?::uuid, ?::jsonb, ?::interval, ?::customer_kind";
    try (var statement = conn.prepareStatement(sql)) {
      statement.setInt(1, 7);
      statement.setLong(2, -(1L << 40));
      statement.setDouble(3, 1.5);
      statement.setBigDecimal(4, new BigDecimal("12345.678900"));
      statement.setString(5, "it's \"\u20ac\"");
      statement.setBytes(6, new byte[] {0, -1, 7});
      statement.setBoolean(7, true);
      statement.setObject(8, LocalDate.of(2026, 1, 31));
      statement.setObject(9, LocalTime.of(9, 30, 1));
      statement.setObject(10, OffsetDateTime.of(2026, 1, 31, 9, 30, 0, 0, ZoneOffset.UTC));
      statement.setObject(11, new UUID(0, 7));
      var jsonb = new PGobject();
      jsonb.setType("jsonb");
      jsonb.setValue("{\"x\": [1, null]}");
      statement.setObject(12, jsonb);
      statement.setObject(13, new PGInterval(0, 0, 3, 0, 0, 7));
      statement.setObject(14, query(conn, "select kind from customers where id = 1").get(0).get(0), Types.OTHER);
      var out = list();
      for (int times = 0; times < 3; times++) {
        var set = statement.executeQuery();
        set.next();
        for (int column = 1; column <= 14; column++) {
          var value = set.getObject(column);
          out.add(value instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(value));
        }
        out.add(String.valueOf(set.getObject(10, OffsetDateTime.class)));
        out.add(String.valueOf(set.getObject(8, LocalDate.class)));
      }
      return out;
    }
  }

  static void changing() {
    for (var rewrite : List.of("true", "false"))
      checks.put("a batch, put together " + rewrite, ignored -> {
        try (var conn = connect("reWriteBatchedInserts", rewrite)) {
          run(conn, "create temp table b (a int, b text)");
          try (var statement = conn.prepareStatement("insert into b values (?, ?)")) {
            for (int n = 0; n < 300; n++) {
              statement.setInt(1, n);
              statement.setString(2, "v" + n);
              statement.addBatch();
            }
            int done = 0;
            for (int count : statement.executeBatch()) if (count == 1 || count == Statement.SUCCESS_NO_INFO) done++;
            return list(done, query(conn, "select count(*), max(b) from b"));
          }
        }
      });
    checks.put("a batch with a mistake in it", conn -> {
      run(conn, "create temp table b (a int primary key)");
      try (var statement = conn.prepareStatement("insert into b values (?)")) {
        for (int n : new int[] {1, 2, 1, 3}) {
          statement.setInt(1, n);
          statement.addBatch();
        }
        statement.executeBatch();
        return "went";
      } catch (BatchUpdateException error) {
        return list(error.getSQLState(), Arrays.toString(error.getUpdateCounts()), query(conn, "select a from b order by a"));
      }
    });
    checks.put("a batch of different statements", conn -> {
      run(conn, "create temp table b (a int)");
      try (var statement = conn.createStatement()) {
        statement.addBatch("insert into b values (1), (2)");
        statement.addBatch("update b set a = a + 1");
        statement.addBatch("delete from b where a = 2");
        return Arrays.toString(statement.executeBatch());
      }
    });
    checks.put("keys that the server made", conn -> {
      run(conn, "create temp table k (id bigint generated always as identity, a text, made date default '2026-01-31')");
      var out = list();
      try (var statement = conn.prepareStatement("insert into k (a) values (?)", Statement.RETURN_GENERATED_KEYS)) {
        statement.setString(1, "x");
        statement.executeUpdate();
        out.add(rows(statement.getGeneratedKeys()));
      }
      try (var statement = conn.prepareStatement("insert into k (a) values (?)", new String[] {"id", "made"})) {
        for (var value : List.of("y", "z")) {
          statement.setString(1, value);
          statement.addBatch();
        }
        statement.executeBatch();
        out.add(rows(statement.getGeneratedKeys()));
      }
      return out;
    });
    checks.put("customers that are changed, and their keys", conn -> {
      conn.setAutoCommit(false);
      try (var statement = conn.prepareStatement("update customers set language = language where id < ?", new String[] {"id", "email"})) {
        statement.setInt(1, 4);
        int changed = statement.executeUpdate();
        var keys = rows(statement.getGeneratedKeys());
        keys.sort((one, other) -> one.get(0).compareTo(other.get(0)));
        conn.rollback();
        return list(changed, keys);
      }
    });
    checks.put("a function called", conn -> {
      try (var call = conn.prepareCall("{? = call upper(?)}")) {
        call.registerOutParameter(1, Types.VARCHAR);
        call.setString(2, "quiet");
        call.execute();
        return call.getString(1);
      }
    });
    checks.put("escapes of JDBC", conn -> query(conn, "select {fn ucase('x')}, {d '2026-01-31'}, {fn concat('a', 'b')}, {t '09:30:00'}"));
    checks.put("copied out and in", conn -> {
      var copy = new CopyManager(conn.unwrap(org.postgresql.core.BaseConnection.class));
      var out = new StringWriter();
      long rows = copy.copyOut("copy (select id, email from customers where id < 5 order by id) to stdout (format csv)", out);
      run(conn, "create temp table c (a int, b text)");
      long in = copy.copyIn("copy c from stdin (format csv)", new StringReader("1,x\n2,\"y,z\"\n"));
      var bytes = new ByteArrayOutputStream();
      copy.copyOut("copy c to stdout (format binary)", bytes);
      long again = copy.copyIn("copy c from stdin (format binary)", new ByteArrayInputStream(bytes.toByteArray()));
      return list(rows, out.toString(), in, again, query(conn, "select a, b from c order by a, b"));
    });
    checks.put("copied in and cancelled", conn -> {
      run(conn, "create temp table c (a int)");
      var in = conn.unwrap(PGConnection.class).getCopyAPI().copyIn("copy c from stdin");
      in.writeToCopy("1\n".getBytes(), 0, 2);
      in.cancelCopy();
      return query(conn, "select count(*) from c");
    });
  }

  static void transactions() {
    checks.put("savepoints", conn -> {
      conn.setAutoCommit(false);
      run(conn, "create temp table t (a int)", "insert into t values (1)");
      var point = conn.setSavepoint("a point");
      run(conn, "insert into t values (2)");
      var wrong = refused(c -> query(c, "select 1 / 0"), conn);
      conn.rollback(point);
      var unnamed = conn.setSavepoint();
      run(conn, "insert into t values (3)");
      conn.releaseSavepoint(unnamed);
      conn.commit();
      return list(wrong, query(conn, "select a from t order by a"));
    });
    checks.put("isolation and read only", conn -> {
      conn.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      conn.setReadOnly(true);
      conn.setAutoCommit(false);
      var out = list(conn.getTransactionIsolation(), query(conn, "show transaction_isolation"), query(conn, "show transaction_read_only"));
      out.add(refused(c -> {
        run(c, "create table never (a int)");
        return null;
      }, conn));
      conn.rollback();
      return out;
    });
    checks.put("a mistake in a transaction", conn -> {
      conn.setAutoCommit(false);
      var first = refused(c -> query(c, "select nothing"), conn);
      var second = refused(c -> query(c, "select 1"), conn);
      conn.rollback();
      return list(first, second, query(conn, "select 1"));
    });
    for (var autosave : List.of("always", "conservative"))
      checks.put("a mistake that is undone, " + autosave, ignored -> {
        try (var conn = connect("autosave", autosave)) {
          conn.setAutoCommit(false);
          run(conn, "create temp table t (a int)", "insert into t values (1)");
          refused(c -> query(c, "select 1 / 0"), conn);
          return refused(c -> query(c, "select a from t"), conn);
        }
      });
    checks.put("a statement is cancelled", conn -> {
      try (var statement = conn.createStatement()) {
        var canceller = new Thread(() -> {
          try {
            Thread.sleep(1000);
            statement.cancel();
          } catch (InterruptedException | SQLException error) {
            throw new IllegalStateException(error);
          }
        });
        canceller.start();
        var out = refused(c -> rows(statement.executeQuery("select pg_sleep(30)")), conn);
        canceller.join();
        return list(out, query(conn, "select name from teams where id = 1"));
      }
    });
    checks.put("a statement runs out of time", conn -> {
      try (var statement = conn.createStatement()) {
        statement.setQueryTimeout(1);
        return list(refused(c -> rows(statement.executeQuery("select pg_sleep(30)")), conn), query(conn, "select 1"));
      }
    });
    checks.put("warnings", conn -> {
      try (var statement = conn.createStatement()) {
        statement.execute("drop table if exists nothing_of_that_name");
        var warning = statement.getWarnings();
        return list(warning.getSQLState(), warning.getMessage());
      }
    });
    checks.put("what an error says", conn -> {
      run(conn, "create temp table e (a int constraint positive check (a > 0), b text not null, constraint one primary key (a))");
      var out = list();
      for (var sql : List.of("insert into e values (-1, 'x')", "insert into e values (1, null)", "insert into e values (1, 'x'), (1, 'x')", "selec 1", "select * from no_such_table")) {
        try {
          run(conn, sql);
        } catch (PSQLException error) {
          var said = error.getServerErrorMessage();
          out.add(list(said.getSQLState(), said.getSeverity(), said.getConstraint(), said.getColumn(), said.getTable(), said.getPosition()));
        }
      }
      return out;
    });
    checks.put("large objects", conn -> {
      conn.setAutoCommit(false);
      return refused(c -> c.unwrap(PGConnection.class).getLargeObjectAPI().createLO() > 0, conn);
    });
    checks.put("notifications", conn -> {
      var out = refused(c -> {
        run(c, "listen desk", "notify desk, 'a word'");
        var heard = c.unwrap(PGConnection.class).getNotifications(2000);
        return heard.length + " " + heard[0].getName() + " " + heard[0].getParameter();
      }, conn);
      return list(out, query(conn, "select 1"));
    });
    checks.put("the connection itself", conn -> {
      var out = list(conn.isValid(5), conn.getSchema(), conn.getCatalog());
      conn.setSchema("kb");
      out.add(conn.getSchema());
      out.add(query(conn, "select title from articles order by id limit 1"));
      conn.setClientInfo("ApplicationName", "a desk");
      out.add(query(conn, "show application_name"));
      out.add(conn.unwrap(PGConnection.class).getParameterStatus("server_encoding"));
      conn.setNetworkTimeout(Runnable::run, 10_000);
      out.add(query(conn, "select 1"));
      return out;
    });
  }

  /** All of a metadata call's rows, without the columns that are another's every time. */
  static void about(String name, Check call) {
    checks.put("metadata: " + name, conn -> rows((ResultSet) call.run(conn)));
  }

  static void metadata() {
    about("tables", conn -> conn.getMetaData().getTables(null, "%", "%", new String[] {"TABLE", "VIEW", "MATERIALIZED VIEW", "PARTITIONED TABLE"}));
    about("columns of customers", conn -> conn.getMetaData().getColumns(null, "public", "customers", "%"));
    about("columns of a view", conn -> conn.getMetaData().getColumns(null, null, "customer_directory", null));
    about("primary key", conn -> conn.getMetaData().getPrimaryKeys(null, "public", "tickets"));
    about("imported keys", conn -> conn.getMetaData().getImportedKeys(null, "public", "tickets"));
    about("exported keys", conn -> conn.getMetaData().getExportedKeys(null, "public", "customers"));
    about("cross reference", conn -> conn.getMetaData().getCrossReference(null, "public", "customers", null, "public", "tickets"));
    about("indexes", conn -> conn.getMetaData().getIndexInfo(null, "public", "customers", false, true));
    about("schemas", conn -> conn.getMetaData().getSchemas());
    about("catalogs", conn -> conn.getMetaData().getCatalogs());
    about("kinds of tables", conn -> conn.getMetaData().getTableTypes());
    about("types", conn -> conn.getMetaData().getTypeInfo());
    about("types of users", conn -> conn.getMetaData().getUDTs(null, "public", "%", null));
    about("functions", conn -> conn.getMetaData().getFunctions(null, "kb", "%"));
    about("columns of functions", conn -> conn.getMetaData().getFunctionColumns(null, "kb", "%", "%"));
    about("procedures", conn -> conn.getMetaData().getProcedures(null, "public", "%"));
    about("rights on tables", conn -> conn.getMetaData().getTablePrivileges(null, "public", "customers"));
    about("rights on columns", conn -> conn.getMetaData().getColumnPrivileges(null, "public", "customers", "email"));
    about("the best row", conn -> conn.getMetaData().getBestRowIdentifier(null, "public", "customers", DatabaseMetaData.bestRowSession, true));
    about("columns of versions", conn -> conn.getMetaData().getVersionColumns(null, "public", "customers"));
    about("client's information", conn -> conn.getMetaData().getClientInfoProperties());
    checks.put("metadata: the product", conn -> {
      var about = conn.getMetaData();
      return list(about.getDatabaseProductName(), about.getDatabaseProductVersion(), about.getMaxColumnNameLength(), about.getSQLKeywords(), about.getUserName(), about.supportsSavepoints());
    });
    checks.put("metadata: of an answer", conn -> {
      try (var statement = conn.prepareStatement("select id, name, 1.5::numeric(6,2) as n, upper(title) up from (select id, title as name, title from kb.articles) a where id = ?")) {
        return columns(statement.getMetaData());
      }
    });
    checks.put("metadata: of customers' rows", conn -> {
      try (var statement = conn.prepareStatement("select id, email, born, upper(name) up, kind, profile from customers where id = ?")) {
        var kinds = list();
        var parameters = statement.getParameterMetaData();
        for (int at = 1; at <= parameters.getParameterCount(); at++) kinds.add(parameters.getParameterTypeName(at));
        return list(columns(statement.getMetaData()), kinds);
      }
    });
  }

  static Object columns(ResultSetMetaData about) throws SQLException {
    var out = list();
    for (int at = 1; at <= about.getColumnCount(); at++)
      out.add(list(about.getColumnLabel(at), about.getColumnTypeName(at), about.getColumnClassName(at), about.getPrecision(at), about.getScale(at), about.getColumnDisplaySize(at), about.isNullable(at), about.isAutoIncrement(at), about.getTableName(at), about.getSchemaName(at)));
    return out;
  }

  public static void main(String[] wanted) {
    reading();
    values();
    changing();
    transactions();
    metadata();
    var names = wanted.length == 0 ? List.copyOf(checks.keySet()) : List.of(wanted);
    for (var name : names) {
      Object came;
      try (var conn = connect()) {
        came = checks.get(name).run(conn);
      } catch (Exception error) {
        var state = error instanceof SQLException sql ? sql.getSQLState() : null;
        came = list("raised", error.getClass().getSimpleName(), state, firstLine(error));
      }
      System.out.println("[" + json(name) + "," + json(came) + "]");
    }
  }
}
