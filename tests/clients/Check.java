// The JDBC driver of PostgreSQL: metadata, a prepared statement, a million rows through a portal.
//
//     java -cp postgresql.jar Check.java FOLDER
//
// What it reads goes into FOLDER for `common.py compare`; the questions come from variables SQL_….

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Properties;

class Check {
    static final long EPOCH = LocalDateTime.of(1960, 1, 1, 0, 0).toEpochSecond(ZoneOffset.UTC);
    static Path folder;
    static Connection connection;

    /** A part of the check; the others go on when it fails. */
    interface Part {
        void run(PrintWriter out) throws SQLException;
    }

    static void write(String name, Part part) {
        try (var out = new PrintWriter(folder.resolve(name + ".csv").toFile(), StandardCharsets.UTF_8)) {
            part.run(out);
        } catch (Exception error) {
            System.err.println(name + ": " + error);
        }
    }

    static String field(Object value) {
        if (value == null) return "\\N";
        return '"' + value.toString().replace("\"", "\"\"") + '"';
    }

    static void rows(PrintWriter out, ResultSet rows) throws SQLException {
        int columns = rows.getMetaData().getColumnCount();
        while (rows.next()) {
            var line = new StringBuilder();
            for (int n = 1; n <= columns; n++) {
                Object value = rows.getObject(n);
                if (value instanceof Timestamp time) value = time.toLocalDateTime().toString().replace('T', ' ') + ":00";
                line.append(n > 1 ? "," : "").append(field(value));
            }
            out.println(line);
        }
    }

    static void query(String name, String sql) {
        write(name, out -> {
            try (Statement statement = connection.createStatement()) {
                rows(out, statement.executeQuery(sql));
            }
        });
    }

    /** The same prepared statement often enough that the driver names it on the server and asks for binary values. */
    static void prepared(String name, String sql, Object... values) {
        write(name, out -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int n = 0; n < values.length; n++) statement.setObject(n + 1, values[n]);
                for (int again = 0; again < 7; again++) statement.executeQuery().close();
                rows(out, statement.executeQuery());
            }
        });
    }

    static void many(PrintWriter out) throws SQLException {
        long rows = 0, nulls = 0, seconds = 0;
        double sst = 0, squared = 0, east = 0;
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10_000);
            ResultSet result = statement.executeQuery(System.getenv("SQL_MANY"));
            while (result.next()) {
                rows++;
                seconds += result.getObject(1, LocalDateTime.class).toEpochSecond(ZoneOffset.UTC) - EPOCH;
                double lat = result.getFloat(2);
                squared += lat * lat;
                east += result.getFloat(3);
                float value = result.getFloat(4);
                if (result.wasNull()) nulls++;
                else sst += value;
            }
        }
        connection.commit();
        connection.setAutoCommit(true);
        out.println(rows + "," + nulls + "," + sst + "," + squared + "," + east + "," + seconds);
    }

    public static void main(String[] arguments) throws Exception {
        folder = Path.of(arguments[0]);
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        var user = new Properties();
        user.setProperty("user", System.getenv("PGUSER"));
        if (System.getenv("PGPASSWORD") != null) user.setProperty("password", System.getenv("PGPASSWORD"));
        connection = DriverManager.getConnection(url, user);
        write("tables", out -> {
            ResultSet tables = connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE"});
            while (tables.next()) out.println(field(tables.getString("TABLE_SCHEM")) + "," + field(tables.getString("TABLE_NAME")));
        });
        write("columns", out -> {
            ResultSet columns = connection.getMetaData().getColumns(null, "public", "ersst", "%");
            while (columns.next()) out.println(field(columns.getString("COLUMN_NAME")) + "," + field(columns.getString("TYPE_NAME")));
        });
        String[] point = System.getenv("VALUES_POINT").split("\n");
        prepared("point", System.getenv("SQL_POINT"), Timestamp.valueOf(point[0]), Float.valueOf(point[1]), Float.valueOf(point[2]));
        prepared("city", System.getenv("SQL_CITY"), System.getenv("VALUES_CITY"));
        write("many", Check::many);
        query("line", System.getenv("SQL_LINE"));
        query("words", System.getenv("SQL_WORDS"));
        query("attributes", System.getenv("SQL_ATTRIBUTES"));
    }
}
