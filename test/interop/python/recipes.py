"""kazoo's recipes and client features against one server.

Usage: recipes.py <host:port>

Prints `ok - <name>` or `not ok - <name>: <why>` for every check, as in the other programs of this folder, and exits
with 1 if any failed. Every check works below a node of its own, so they do not see each other.
"""

import json
import logging
import os
import subprocess
import sys
import threading
import time
import traceback
import uuid

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    BadArgumentsError,
    BadVersionError,
    ConnectionClosedError,
    InvalidACLError,
    LockTimeout,
    NoAuthError,
    NoChildrenForEphemeralsError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    RuntimeInconsistency,
)
from kazoo.handlers.threading import SequentialThreadingHandler
from kazoo.protocol.states import EventType, KeeperState, WatchedEvent
from kazoo.recipe.partitioner import PartitionState
from kazoo.security import CREATOR_ALL_ACL, OPEN_ACL_UNSAFE, make_acl, make_digest_acl

logging.basicConfig(level=logging.CRITICAL)

# Long enough for a loaded machine: nothing below measures time, it only waits for things that must happen.
PATIENCE = 30

CHECKS = []
HOSTS = ""


def check(function):
    CHECKS.append(function)
    return function


def connected(chroot="", **options):
    client = KazooClient(HOSTS + chroot, timeout=10, **options)
    client.start(PATIENCE)
    return client


class Clients:
    """Clients of one check, chrooted to its node, all stopped at the end."""

    def __init__(self, name):
        self.root = "/kazoo-%s-%s" % (name, uuid.uuid4().hex[:8])
        self.clients = []
        first = connected()
        first.ensure_path(self.root)
        self.clients.append(first)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in reversed(self.clients):
            try:
                client.stop()
                client.close()
            except Exception:  # a client that a check has already stopped
                pass

    @property
    def unrooted(self):
        return self.clients[0]

    def new(self, **options):
        client = connected(self.root, **options)
        self.clients.append(client)
        return client


def eventually(predicate, what):
    deadline = time.monotonic() + PATIENCE
    while not predicate():
        if time.monotonic() > deadline:
            raise AssertionError("never happened: " + what)
        time.sleep(0.01)


def equal(actual, expected):
    if actual != expected:
        raise AssertionError("got %r, expected %r" % (actual, expected))


def raises(expected, function, *args, **kwargs):
    try:
        result = function(*args, **kwargs)
    except expected as error:
        return error
    raise AssertionError("got %r, expected %s" % (result, expected.__name__))


def in_threads(count, body):
    errors = []

    def run(index):
        try:
            body(index)
        except Exception:
            errors.append(traceback.format_exc())

    threads = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * 2)
        if thread.is_alive():
            raise AssertionError("a worker hangs")
    if errors:
        raise AssertionError(errors[0])


# --- plain operations ---------------------------------------------------------------------------------------------


@check
def basic_operations(c):
    zk = c.new()
    equal(zk.create("/a", b"1"), "/a")
    data, stat = zk.get("/a")
    equal((data, stat.version, stat.data_length, stat.children_count), (b"1", 0, 1, 0))
    equal(zk.set("/a", b"22").version, 1)
    raises(BadVersionError, zk.set, "/a", b"3", version=0)
    raises(NodeExistsError, zk.create, "/a")
    raises(NoNodeError, zk.create, "/x/y")
    equal(zk.create("/x/y", makepath=True), "/x/y")
    raises(NotEmptyError, zk.delete, "/x")
    raises(BadVersionError, zk.delete, "/a", version=7)
    zk.delete("/a", version=1)
    equal(zk.exists("/a"), None)
    raises(NoNodeError, zk.get, "/a")
    raises(NoNodeError, zk.delete, "/a")
    raises(BadArgumentsError, zk.create, "/bad\x00path")
    zk.delete("/x", recursive=True)
    path, stat = zk.create("/b", b"", include_data=True)
    equal((path, stat.version, stat.owner_session_id), ("/b", 0, None))
    equal(zk.get_children("/", include_data=True)[0], ["b"])


@check
def node_kinds(c):
    zk = c.new()
    equal(zk.create("/seq-", sequence=True), "/seq-0000000000")
    equal(zk.create("/seq-", sequence=True), "/seq-0000000001")
    zk.create("/eph", ephemeral=True)
    equal(zk.exists("/eph").ephemeralOwner, zk.client_id[0])
    raises(NoChildrenForEphemeralsError, zk.create, "/eph/child")
    equal(zk.create("/eph-", ephemeral=True, sequence=True), "/eph-0000000003")
    other = c.new()
    other.create("/other", ephemeral=True)
    other.stop()
    eventually(lambda: zk.exists("/other") is None, "the ephemeral of a closed session goes")


@check
def unicode_paths_and_data(c):
    zk = c.new()
    name = "/gr\u00fc\u00dfe-\u65e5\u672c"
    zk.create(name, "\u00e4".encode("utf-8"))
    equal(zk.get(name)[0], b"\xc3\xa4")
    equal(zk.get_children("/"), [name[1:]])


@check
def big_data(c):
    zk = c.new()
    data = b"x" * 1000000
    zk.create("/big", data)
    equal(zk.get("/big")[0], data)


@check
def transactions(c):
    zk = c.new()
    t = zk.transaction()
    t.create("/t", b"1")
    t.set_data("/t", b"2")
    t.check("/t", 1)
    t.create("/t/seq-", sequence=True)
    t.create("/gone")
    t.delete("/gone")
    results = t.commit()
    equal(results[0], "/t")
    equal(results[1].version, 1)
    equal(results[2:], [True, "/t/seq-0000000000", "/gone", True])
    t = zk.transaction()
    t.create("/u")
    t.check("/t", 9)
    t.delete("/t")
    equal([type(r) for r in t.commit()], [RolledBackError, BadVersionError, RuntimeInconsistency])
    equal(zk.exists("/u"), None)
    with zk.transaction() as t:
        t.create("/v")
    equal(zk.exists("/v") is not None, True)
    equal(zk.transaction().commit(), [])


@check
def access_control(c):
    owner = c.new(auth_data=[("digest", "ann:secret")])
    owner.create("/private", b"1", acl=CREATOR_ALL_ACL)
    acls, stat = owner.get_acls("/private")
    equal((len(acls), acls[0].id.scheme, acls[0].id.id.split(":")[0], stat.aversion), (1, "digest", "ann", 0))
    stranger = c.new()
    raises(NoAuthError, stranger.get, "/private")
    raises(NoAuthError, stranger.set, "/private", b"2")
    raises(NoAuthError, stranger.get_acls, "/private")
    raises(InvalidACLError, stranger.create, "/never", acl=CREATOR_ALL_ACL)
    stranger.add_auth("digest", "ann:secret")
    equal(stranger.get("/private")[0], b"1")
    owner.set_acls("/private", [make_acl("world", "anyone", read=True), make_digest_acl("ann", "secret", all=True)])
    third = c.new()
    equal(third.get("/private")[0], b"1")
    raises(NoAuthError, third.set, "/private", b"2")
    raises(BadVersionError, owner.set_acls, "/private", OPEN_ACL_UNSAFE, version=0)
    c.unrooted.create(c.root + "/by-ip", acl=[make_acl("ip", "127.0.0.1", all=True)])
    equal(third.exists("/by-ip") is not None, True)
    third.set("/by-ip", b"1")


@check
def chroot(c):
    zk = c.new()
    zk.create("/inside")
    equal(c.unrooted.exists(c.root + "/inside") is not None, True)
    nested = connected(c.root + "/inside")
    c.clients.append(nested)
    equal(nested.get_children("/"), [])
    nested.create("/deep", ephemeral=True)
    equal(c.unrooted.get_children(c.root + "/inside"), ["deep"])
    zk.chroot = c.root + "/inside"
    equal(zk.get_children("/"), ["deep"])
    events = []
    zk.get_children("/", watch=events.append)
    nested.delete("/deep")
    eventually(lambda: events, "a watch below a chroot")
    equal(events[0].path, "/")


@check
def pipelined_async_operations(c):
    zk = c.new()
    zk.create("/n", b"")
    pending = [zk.set_async("/n", b"%d" % i) for i in range(2000)]
    equal([p.get(timeout=PATIENCE).version for p in pending], list(range(1, 2001)))
    mixed = []
    for i in range(500):
        mixed.append(zk.create_async("/n/%d" % i, b"%d" % i))
        mixed.append(zk.get_async("/n/%d" % i))
        mixed.append(zk.delete_async("/n/%d" % i))
    for i in range(500):
        equal(mixed[3 * i].get(timeout=PATIENCE), "/n/%d" % i)
        equal(mixed[3 * i + 1].get(timeout=PATIENCE)[0], b"%d" % i)
        equal(mixed[3 * i + 2].get(timeout=PATIENCE), True)
    equal(zk.exists("/n").children_count, 0)


@check
def sync_and_commands(c):
    zk = c.new()
    equal(zk.sync("/"), "/")
    equal(zk.command(b"ruok"), "imok")
    equal("Mode: standalone" in zk.command(b"stat"), True)
    version = zk.server_version()
    equal(version[0] >= 3, True)


# --- watches ------------------------------------------------------------------------------------------------------


@check
def one_shot_watches(c):
    zk, other = c.new(), c.new()
    events = []
    zk.exists("/w", watch=events.append)
    other.create("/w", b"1")
    eventually(lambda: len(events) == 1, "created")
    zk.get("/w", watch=events.append)
    zk.get_children("/w", watch=events.append)
    other.create("/w/c")
    eventually(lambda: len(events) == 2, "child")
    other.set("/w", b"2")
    eventually(lambda: len(events) == 3, "changed")
    other.set("/w", b"3")
    zk.get("/w", watch=events.append)
    other.delete("/w", recursive=True)
    eventually(lambda: len(events) == 4, "deleted")
    equal(
        [(e.type, e.path) for e in events],
        [
            (EventType.CREATED, "/w"),
            (EventType.CHILD, "/w"),
            (EventType.CHANGED, "/w"),
            (EventType.DELETED, "/w"),
        ],
    )
    equal(all(isinstance(e, WatchedEvent) and e.state == KeeperState.CONNECTED for e in events), True)


@check
def data_watch(c):
    zk, other = c.new(), c.new()
    seen = []

    @zk.DataWatch("/d")
    def changed(data, stat, event):
        seen.append((data, None if stat is None else stat.version))

    eventually(lambda: seen == [(None, None)], "the first call, for no node")
    other.create("/d", b"0")
    eventually(lambda: seen[-1] == (b"0", 0), "created")
    for i in range(1, 50):
        other.set("/d", b"%d" % i)
    eventually(lambda: seen[-1] == (b"49", 49), "the last change")
    other.delete("/d")
    eventually(lambda: seen[-1] == (None, None), "deleted")


@check
def children_watch(c):
    zk, other = c.new(), c.new()
    seen = []
    zk.ensure_path("/p")

    @zk.ChildrenWatch("/p")
    def changed(children):
        seen.append(sorted(children))

    for i in range(30):
        other.create("/p/%02d" % i)
    eventually(lambda: seen[-1] == ["%02d" % i for i in range(30)], "all children")
    for i in range(30):
        other.delete("/p/%02d" % i)
    eventually(lambda: seen[-1] == [], "no children")
    equal(seen[0], [])


@check
def patient_children_watch(c):
    from kazoo.recipe.watchers import PatientChildrenWatch

    zk, other = c.new(), c.new()
    zk.ensure_path("/p")
    watch = PatientChildrenWatch(zk, "/p", time_boundary=0.2)
    result = watch.start()
    other.create("/p/a")
    children, changed = result.get(timeout=PATIENCE)
    equal(children, ["a"])
    other.create("/p/b")
    changed.get(timeout=PATIENCE)


@check
def tree_cache(c):
    from kazoo.recipe.cache import TreeCache

    zk, other = c.new(), c.new()
    zk.ensure_path("/tree")
    cache = TreeCache(zk, "/tree")
    cache.start()
    for i in range(20):
        other.create("/tree/%d" % i, b"%d" % i)
        other.create("/tree/%d/leaf" % i, b"leaf")
    for i in range(0, 20, 2):
        other.delete("/tree/%d" % i, recursive=True)
    for i in range(1, 20, 2):
        other.set("/tree/%d/leaf" % i, b"new")
    left = [str(i) for i in range(1, 20, 2)]
    eventually(lambda: sorted(cache.get_children("/tree") or [], key=int) == left, "the cache knows the children")

    def leaves():
        nodes = [cache.get_data("/tree/%s/leaf" % i) for i in left]
        return all(node is not None and node.data == b"new" for node in nodes)

    eventually(leaves, "the cache knows the leaves")
    cache.close()


# --- recipes ------------------------------------------------------------------------------------------------------


def counted_under(c, make_lock, workers=5, rounds=10):
    """Counts with get and set, which only a lock makes correct; returns the greatest number of holders seen at once."""
    c.new().create("/counter", b"0")
    clients = [c.new() for _ in range(workers)]
    guard = threading.Lock()
    state = {"inside": 0, "most": 0}

    def work(index):
        zk = clients[index]
        for _ in range(rounds):
            with make_lock(zk, index):
                with guard:
                    state["inside"] += 1
                    state["most"] = max(state["most"], state["inside"])
                value = int(zk.get("/counter")[0])
                zk.set("/counter", b"%d" % (value + 1))
                with guard:
                    state["inside"] -= 1

    in_threads(workers, work)
    return state["most"], int(clients[0].get("/counter")[0])


@check
def lock(c):
    equal(counted_under(c, lambda zk, i: zk.Lock("/lock", "worker-%d" % i)), (1, 50))


@check
def lock_details(c):
    one, two = c.new(), c.new()
    held = one.Lock("/lock", "one")
    equal(held.acquire(), True)
    waiting = two.Lock("/lock", "two")
    equal(waiting.acquire(blocking=False), False)
    raises(LockTimeout, waiting.acquire, timeout=0.3)
    got = threading.Event()
    thread = threading.Thread(target=lambda: waiting.acquire() and got.set(), daemon=True)
    thread.start()
    eventually(lambda: held.contenders() == ["one", "two"], "both contenders")
    equal(got.is_set(), False)
    held.release()
    equal(got.wait(PATIENCE), True)
    equal(waiting.contenders(), ["two"])
    # The session of the holder ends: the next one gets the lock.
    third = c.new().Lock("/lock", "three")
    got_third = threading.Event()
    threading.Thread(target=lambda: third.acquire() and got_third.set(), daemon=True).start()
    eventually(lambda: "three" in waiting.contenders(), "the third contender")
    two.stop()
    equal(got_third.wait(PATIENCE), True)


@check
def read_write_lock(c):
    a, b, w = c.new(), c.new(), c.new()
    first, second, writer = a.ReadLock("/rw", "a"), b.ReadLock("/rw", "b"), w.WriteLock("/rw", "w")
    equal((first.acquire(), second.acquire()), (True, True))
    equal(writer.acquire(blocking=False), False)
    written = threading.Event()
    threading.Thread(target=lambda: writer.acquire() and written.set(), daemon=True).start()
    eventually(lambda: "w" in writer.contenders(), "the writer waits")
    first.release()
    equal(written.is_set(), False)
    second.release()
    equal(written.wait(PATIENCE), True)
    equal(a.ReadLock("/rw", "late").acquire(blocking=False), False)
    writer.release()


@check
def semaphore(c):
    clients = [c.new() for _ in range(4)]
    leases = [zk.Semaphore("/sem", "holder-%d" % i, max_leases=3) for i, zk in enumerate(clients)]
    equal([lease.acquire() for lease in leases[:3]], [True, True, True])
    equal(leases[3].acquire(blocking=False), False)
    equal(sorted(leases[3].lease_holders()), ["holder-0", "holder-1", "holder-2"])
    leases[0].release()
    equal(leases[3].acquire(timeout=PATIENCE), True)
    for lease in leases[1:]:
        lease.release()
    guard = threading.Lock()
    state = {"inside": 0, "most": 0, "total": 0}

    def work(index):
        for _ in range(10):
            with clients[index].Semaphore("/sem", "worker-%d" % index, max_leases=3):
                with guard:
                    state["inside"] += 1
                    state["total"] += 1
                    state["most"] = max(state["most"], state["inside"])
                time.sleep(0.005)
                with guard:
                    state["inside"] -= 1

    in_threads(4, work)
    equal(state["total"], 40)
    equal(state["most"] <= 3, True)


@check
def election(c):
    clients = [c.new() for _ in range(3)]
    elections = [zk.Election("/election", "c%d" % i) for i, zk in enumerate(clients)]
    order = []
    go_on = threading.Semaphore(0)

    def lead(index):
        order.append(index)
        go_on.acquire(timeout=PATIENCE)

    threads = []
    for i in range(3):
        thread = threading.Thread(target=elections[i].run, args=(lead, i), daemon=True)
        thread.start()
        threads.append(thread)
        eventually(lambda: len(elections[0].contenders()) == i + 1, "candidate %d" % i)
    for _ in range(3):
        go_on.release()
    for thread in threads:
        thread.join(PATIENCE)
    equal(order, [0, 1, 2])


@check
def barrier(c):
    zk, other = c.new(), c.new()
    gate = zk.Barrier("/barrier")
    equal(gate.create(), None)
    equal(other.Barrier("/barrier").wait(0.2), False)
    passed = threading.Event()
    threading.Thread(target=lambda: other.Barrier("/barrier").wait() and passed.set(), daemon=True).start()
    equal(gate.remove(), True)
    equal(passed.wait(PATIENCE), True)
    equal(gate.remove(), False)


@check
def double_barrier(c):
    clients = [c.new() for _ in range(4)]
    inside = []
    left = []

    def work(index):
        gate = clients[index].DoubleBarrier("/double", 4)
        gate.enter()
        inside.append(index)
        eventually(lambda: len(inside) == 4, "all inside")
        gate.leave()
        left.append(index)

    in_threads(4, work)
    equal(sorted(left), [0, 1, 2, 3])


@check
def queue(c):
    zk, other = c.new(), c.new()
    q = zk.Queue("/queue")
    for i in range(20):
        q.put(b"item-%d" % i, priority=50)
    q.put(b"urgent", priority=10)
    equal(len(q), 21)
    equal(other.Queue("/queue").get(), b"urgent")
    equal([other.Queue("/queue").get() for _ in range(20)], [b"item-%d" % i for i in range(20)])
    equal(other.Queue("/queue").get(), None)


@check
def locking_queue(c):
    producer = c.new().LockingQueue("/lq")
    consumers = [c.new().LockingQueue("/lq") for _ in range(3)]
    producer.put_all([b"%d" % i for i in range(30)])
    producer.put(b"first", priority=1)
    equal(len(producer), 31)
    equal(consumers[0].get(PATIENCE), b"first")
    equal(consumers[0].holds_lock(), True)
    equal(consumers[0].consume(), True)
    got = []

    def consume(index):
        while True:
            item = consumers[index].get(1)
            if item is None:
                return
            got.append(int(item))
            consumers[index].consume()

    in_threads(3, consume)
    equal(sorted(got), list(range(30)))


@check
def counter(c):
    clients = [c.new() for _ in range(4)]

    def work(index):
        number = clients[index].Counter("/count")
        for _ in range(10):
            number += 2
        number -= 1

    in_threads(4, work)
    equal(clients[0].Counter("/count").value, 76)
    real = clients[0].Counter("/float", default=1.0)
    real += 0.5
    equal(real.value, 1.5)


@check
def party(c):
    for kind in ("Party", "ShallowParty"):
        one, two = c.new(), c.new()
        first = getattr(one, kind)("/" + kind, "one")
        second = getattr(two, kind)("/" + kind, "two")
        first.join()
        second.join()
        equal(sorted(first), ["one", "two"])
        equal(len(first), 2)
        second.leave()
        equal(list(first), ["one"])
        one.stop()
        eventually(lambda: list(second) == [], "a party member's session ends")


@check
def lease(c):
    import datetime

    one, two = c.new(), c.new()
    equal(bool(one.NonBlockingLease("/lease", datetime.timedelta(seconds=60), "one")), True)
    equal(bool(two.NonBlockingLease("/lease", datetime.timedelta(seconds=60), "two")), False)
    equal(bool(one.NonBlockingLease("/lease", datetime.timedelta(seconds=60), "one")), True)
    hour = datetime.timedelta(hours=1)
    multi = [bool(one.MultiNonBlockingLease(2, "/multi", hour, "id-%d" % i)) for i in range(3)]
    equal(multi, [True, True, False])


@check
def partitioner(c):
    clients = [c.new() for _ in range(3)]
    whole = set("abcdefghi")
    parts = [
        zk.SetPartitioner("/partition", set=sorted(whole), identifier="p%d" % i, time_boundary=0.3)
        for i, zk in enumerate(clients)
    ]

    def settled(members):
        for part in members:
            if part.state == PartitionState.RELEASE:
                part.release_set()
        shares = [set(part) for part in members if part.state == PartitionState.ACQUIRED]
        return len(shares) == len(members) and set().union(*shares) == whole and sum(map(len, shares)) == len(whole)

    eventually(lambda: settled(parts), "a partition among three")
    parts[2].finish()
    clients[2].stop()
    eventually(lambda: settled(parts[:2]), "a partition among two")
    for part in parts[:2]:
        part.finish()


# --- sessions -----------------------------------------------------------------------------------------------------


@check
def session_states(c):
    zk = connected(c.root)
    states = []
    zk.add_listener(states.append)
    zk.stop()
    equal(states, [KazooState.LOST])
    raises(ConnectionClosedError, zk.get, "/")
    zk.restart()
    equal(zk.exists("/") is not None, True)
    zk.stop()
    zk.close()


def leave_a_session(root):
    """A process that opens a session, makes /mine and dies without closing it; returns the session's id and password."""
    run = subprocess.run([sys.executable, __file__, HOSTS, "--leave-session", root], stdout=subprocess.PIPE, check=True)
    session, password = json.loads(run.stdout)
    return session, bytes.fromhex(password)


def leave_session(root):
    zk = KazooClient(HOSTS + root, timeout=2)
    zk.start(PATIENCE)
    zk.create("/mine", ephemeral=True)
    session, password = zk.client_id
    print(json.dumps([session, password.hex()]), flush=True)
    os._exit(0)


@check
def session_resumed_by_another_process(c):
    session, password = leave_a_session(c.root)
    moved = c.new(client_id=(session, password))
    equal(moved.client_id, (session, password))
    equal(moved.exists("/mine").ephemeralOwner, session)
    watcher = c.new()
    moved.stop()
    eventually(lambda: watcher.exists("/mine") is None, "the ephemeral goes with its session")


@check
def session_with_wrong_password(c):
    session, password = leave_a_session(c.root)
    # The server answers "expired"; kazoo then takes a session of its own.
    stranger = c.new(client_id=(session, bytes(byte ^ 1 for byte in password)))
    equal(stranger.client_id[0] != session, True)
    equal(stranger.exists("/mine").ephemeralOwner, session)
    gone = []
    stranger.exists("/mine", watch=gone.append)
    eventually(lambda: gone, "the session that was left expires")
    equal(stranger.exists("/mine"), None)


@check
def session_that_never_was(c):
    client = c.new(client_id=(0x1234567890ABCDEF, b"\1" * 16))
    equal(client.client_id[0] != 0x1234567890ABCDEF, True)
    equal(client.exists("/") is not None, True)


@check
def reconnect_keeps_session_watches_and_auth(c):
    zk, other = c.new(auth_data=[("digest", "ann:secret")]), c.new()
    zk.create("/private", b"1", acl=CREATOR_ALL_ACL)
    zk.create("/eph", ephemeral=True)
    zk.create("/watched", b"0")
    events = []
    zk.get("/watched", watch=events.append)
    states = []
    zk.add_listener(states.append)
    session = zk.client_id[0]
    zk._connection._socket.shutdown(2)
    eventually(lambda: states[-1:] == [KazooState.CONNECTED], "the client comes back")
    equal(zk.client_id[0], session)
    equal(zk.retry(zk.get, "/private")[0], b"1")
    equal(zk.exists("/eph").ephemeralOwner, session)
    other.set("/watched", b"1")
    eventually(lambda: events, "the watch")


@check
def handler_kinds(c):
    handler = SequentialThreadingHandler()
    zk = c.new(handler=handler)
    result = zk.create_async("/h", b"1")
    called = []
    result.rawlink(lambda r: called.append(r.get_nowait()))
    equal(result.get(timeout=PATIENCE), "/h")
    eventually(lambda: called == ["/h"], "the callback")
    failed = zk.get_async("/nothing")
    raises(NoNodeError, failed.get, timeout=PATIENCE)


def main():
    global HOSTS
    HOSTS = sys.argv[1]
    wanted = sys.argv[2:]
    if wanted[:1] == ["--leave-session"]:
        leave_session(wanted[1])
    failures = 0
    for function in CHECKS:
        name = function.__name__
        if wanted and name not in wanted:
            continue
        try:
            with Clients(name) as clients:
                function(clients)
            print("ok - " + name, flush=True)
        except Exception as error:
            failures += 1
            where = traceback.extract_tb(error.__traceback__)[1:]
            line = "; ".join("line %d" % frame.lineno for frame in where if frame.filename == __file__)
            print("not ok - %s: %s: %s (%s)" % (name, type(error).__name__, error, line), flush=True)
    return 1 if failures else 0


sys.exit(main())
