package okapi;

import java.util.LinkedHashMap;
import java.util.Map;

/** Named checks, run one after the other and reported as `ok - name` or `not ok - name: why`. */
final class Checks {
    interface Check {
        void run(Site site) throws Exception;
    }

    private final Map<String, Check> checks = new LinkedHashMap<>();

    Checks add(String name, Check check) {
        checks.put(name, check);
        return this;
    }

    /**
     * Runs the checks whose name contains `filter` (or, after a `!`, does not contain the rest of it) against a server
     * and returns the number of failures.
     */
    int run(String connectString, String filter) {
        int failures = 0;
        for (Map.Entry<String, Check> entry : checks.entrySet()) {
            String name = entry.getKey();
            boolean wanted = filter.startsWith("!") ? !name.contains(filter.substring(1)) : name.contains(filter);
            if (!wanted) {
                continue;
            }
            try (Site site = new Site(connectString, name)) {
                entry.getValue().run(site);
                System.out.println("ok - " + name);
            } catch (Throwable error) {
                failures++;
                System.out.println("not ok - " + name + ": " + describe(error));
                if (Boolean.getBoolean("okapi.trace")) {
                    error.printStackTrace();
                }
            }
        }
        return failures;
    }

    /** The error and the line of the check it came from, without line breaks. */
    private static String describe(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        StringBuilder where = new StringBuilder();
        for (StackTraceElement frame : cause.getStackTrace()) {
            if (frame.getClassName().startsWith("okapi.") && !frame.getClassName().startsWith("okapi.Site")) {
                where.append(" at ").append(frame.getFileName()).append(':').append(frame.getLineNumber());
                break;
            }
        }
        return String.valueOf(cause).replaceAll("\\s+", " ") + where;
    }
}
