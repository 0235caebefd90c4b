package okapi;

/** Curator's recipes against one server. Usage: CuratorMain host:port [part of a check's name, or ! and such a part] */
public final class CuratorMain {
    private CuratorMain() {}

    public static void main(String[] args) {
        Checks checks = new Checks();
        CuratorOperations.addTo(checks);
        CuratorLocks.addTo(checks);
        CuratorLeaders.addTo(checks);
        CuratorCaches.addTo(checks);
        CuratorNodes.addTo(checks);
        CuratorShared.addTo(checks);
        int failures = checks.run(args[0], args.length > 1 ? args[1] : "");
        // Some recipes leave threads of their own behind.
        System.exit(failures == 0 ? 0 : 1);
    }
}
