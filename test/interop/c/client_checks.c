/*
 * The C client library (libzookeeper_mt) against one server: synchronous and asynchronous operations, multi, watches,
 * ACLs, sessions that are resumed, and a lock as applications write it.
 *
 * Usage: client_checks <host:port>
 * Prints `ok - <name>` or `not ok - <name>: <why>` for every check and exits with 1 if any failed.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

enum { PATIENCE_S = 30, SESSION_MS = 10000, SHORT_SESSION_MS = 2000, MAX_EVENTS = 4096 };

static const char *program;
static const char *hosts;

/* ---- checks ---------------------------------------------------------------------------------------------------- */

static char failure[512];

static int fail(int line, const char *format, ...) {
    va_list args;
    int used = snprintf(failure, sizeof failure, "line %d: ", line);
    va_start(args, format);
    vsnprintf(failure + used, sizeof failure - used, format, args);
    va_end(args);
    return 1;
}

#define REQUIRE(condition)                                        \
    do {                                                          \
        if (!(condition)) return fail(__LINE__, "%s", #condition); \
    } while (0)

/* Compares return codes and other integers. */
#define EQUAL(actual, expected)                                                                \
    do {                                                                                       \
        long long got_ = (long long)(actual), want_ = (long long)(expected);                   \
        if (got_ != want_) return fail(__LINE__, "%s is %lld, not %lld", #actual, got_, want_); \
    } while (0)

#define SAME(actual, expected)                                                                        \
    do {                                                                                              \
        const char *got_ = (actual), *want_ = (expected);                                             \
        if (strcmp(got_, want_) != 0) return fail(__LINE__, "%s is '%s', not '%s'", #actual, got_, want_); \
    } while (0)

/* ---- sessions and what they hear ------------------------------------------------------------------------------- */

typedef struct {
    int type;
    int state;
    char path[128];
} event_t;

typedef struct {
    zhandle_t *zh;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int connected;
    int expired;
    int completions;
    int last_rc;
    int event_count;
    event_t events[MAX_EVENTS];
} client_t;

static void on_event(zhandle_t *zh, int type, int state, const char *path, void *context) {
    client_t *client = context != NULL ? context : (client_t *)zoo_get_context(zh);
    pthread_mutex_lock(&client->lock);
    if (type == ZOO_SESSION_EVENT) {
        client->connected = state == ZOO_CONNECTED_STATE;
        client->expired |= state == ZOO_EXPIRED_SESSION_STATE;
    } else if (client->event_count < MAX_EVENTS) {
        event_t *event = &client->events[client->event_count++];
        event->type = type;
        event->state = state;
        snprintf(event->path, sizeof event->path, "%s", path);
    }
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);
}

static int wait_until(client_t *client, int *value, int at_least) {
    struct timespec deadline;
    int reached;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&client->lock);
    while (*value < at_least && pthread_cond_timedwait(&client->changed, &client->lock, &deadline) != ETIMEDOUT) {
    }
    reached = *value >= at_least;
    pthread_mutex_unlock(&client->lock);
    return reached;
}

static client_t *connect_to(const char *where, int timeout_ms, const clientid_t *id) {
    client_t *client = calloc(1, sizeof *client);
    pthread_mutex_init(&client->lock, NULL);
    pthread_cond_init(&client->changed, NULL);
    client->zh = zookeeper_init(where, on_event, timeout_ms, id, client, 0);
    if (client->zh == NULL) {
        perror("zookeeper_init");
        exit(2);
    }
    return client;
}

static client_t *open_client(void) {
    client_t *client = connect_to(hosts, SESSION_MS, NULL);
    if (!wait_until(client, &client->connected, 1)) {
        fprintf(stderr, "no session\n");
        exit(2);
    }
    return client;
}

static void close_client(client_t *client) {
    zookeeper_close(client->zh);
    free(client);
}

static int create(client_t *c, const char *path, const char *data, int flags) {
    return zoo_create(c->zh, path, data, data == NULL ? -1 : (int)strlen(data), &ZOO_OPEN_ACL_UNSAFE, flags, NULL, 0);
}

/* ---- the checks ------------------------------------------------------------------------------------------------ */

static int synchronous_operations(client_t *c) {
    char buffer[256], path[256];
    int length;
    struct Stat stat;
    struct String_vector children;

    EQUAL(create(c, "/sync", "1", 0), ZOK);
    EQUAL(create(c, "/sync", "1", 0), ZNODEEXISTS);
    EQUAL(create(c, "/none/x", "1", 0), ZNONODE);
    EQUAL(zoo_create(c->zh, "/sync/s-", "x", 1, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, path, sizeof path), ZOK);
    SAME(path, "/sync/s-0000000000");
    EQUAL(zoo_create2(c->zh, "/sync/e", NULL, -1, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, path, sizeof path, &stat), ZOK);
    EQUAL(stat.ephemeralOwner, zoo_client_id(c->zh)->client_id);
    EQUAL(create(c, "/sync/e/child", "x", 0), ZNOCHILDRENFOREPHEMERALS);
    length = sizeof buffer;
    EQUAL(zoo_get(c->zh, "/sync/e", 0, buffer, &length, &stat), ZOK);
    EQUAL(length, -1);
    length = sizeof buffer;
    EQUAL(zoo_get(c->zh, "/sync", 0, buffer, &length, &stat), ZOK);
    EQUAL(length, 1);
    EQUAL(stat.numChildren, 2);
    EQUAL(stat.cversion, 2);
    EQUAL(zoo_set2(c->zh, "/sync", "22", 2, 0, &stat), ZOK);
    EQUAL(stat.version, 1);
    EQUAL(zoo_set(c->zh, "/sync", "3", 1, 0), ZBADVERSION);
    EQUAL(zoo_exists(c->zh, "/none", 0, &stat), ZNONODE);
    EQUAL(zoo_get_children2(c->zh, "/sync", 0, &children, &stat), ZOK);
    EQUAL(children.count, 2);
    deallocate_String_vector(&children);
    EQUAL(zoo_delete(c->zh, "/sync", -1), ZNOTEMPTY);
    EQUAL(zoo_delete(c->zh, "/sync/e", 5), ZBADVERSION);
    EQUAL(zoo_delete(c->zh, "/sync/e", 0), ZOK);
    EQUAL(zoo_delete(c->zh, "/sync/e", 0), ZNONODE);
    EQUAL(zoo_delete(c->zh, "/", -1), ZBADARGUMENTS);
    return 0;
}

static int container_and_ttl_nodes(client_t *c) {
    char path[256];
    struct Stat stat;
    EQUAL(create(c, "/box", NULL, ZOO_CONTAINER), ZOK);
    EQUAL(zoo_exists(c->zh, "/box", 0, &stat), ZOK);
    EQUAL(stat.ephemeralOwner, 0);
    EQUAL(zoo_create2_ttl(c->zh, "/ttl-", "x", 1, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT_SEQUENTIAL_WITH_TTL, 3600000, path,
                          sizeof path, &stat),
          ZOK);
    EQUAL(stat.ephemeralOwner, 0);
    EQUAL(zoo_delete(c->zh, path, 0), ZOK);
    return 0;
}

static int big_data(client_t *c) {
    int size = 1000000, length = size;
    char *data = malloc(size), *back = malloc(size);
    struct Stat stat;
    memset(data, 'x', size);
    EQUAL(zoo_create(c->zh, "/big", data, size, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0), ZOK);
    EQUAL(zoo_get(c->zh, "/big", 0, back, &length, &stat), ZOK);
    EQUAL(length, size);
    REQUIRE(memcmp(data, back, size) == 0);
    free(data);
    free(back);
    return 0;
}

static void completed(client_t *client, int rc) {
    pthread_mutex_lock(&client->lock);
    client->completions++;
    if (rc != ZOK) client->last_rc = rc;
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);
}

static int next_version;

/* Completions of one session come in the order of its requests: the versions must count up. */
static void on_set(int rc, const struct Stat *stat, const void *context) {
    if (rc == ZOK && stat->version != ++next_version) rc = ZSYSTEMERROR;
    completed((client_t *)context, rc);
}

static void on_string(int rc, const char *value, const void *context) {
    (void)value;
    completed((client_t *)context, rc);
}

static void on_data(int rc, const char *value, int length, const struct Stat *stat, const void *context) {
    (void)value;
    (void)length;
    (void)stat;
    completed((client_t *)context, rc);
}

static void on_void(int rc, const void *context) { completed((client_t *)context, rc); }

static int asynchronous_operations(client_t *c) {
    int rounds = 1000, i;
    char path[64];
    EQUAL(create(c, "/async", "", 0), ZOK);
    next_version = 0;
    for (i = 0; i < rounds; i++) {
        EQUAL(zoo_aset(c->zh, "/async", "x", 1, -1, on_set, c), ZOK);
    }
    REQUIRE(wait_until(c, &c->completions, rounds));
    EQUAL(c->last_rc, ZOK);
    for (i = 0; i < rounds; i++) {
        snprintf(path, sizeof path, "/async/%d", i);
        EQUAL(zoo_acreate(c->zh, path, "x", 1, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, on_string, c), ZOK);
        EQUAL(zoo_aget(c->zh, path, 0, on_data, c), ZOK);
        EQUAL(zoo_adelete(c->zh, path, 0, on_void, c), ZOK);
    }
    EQUAL(zoo_async(c->zh, "/async", on_string, c), ZOK);
    REQUIRE(wait_until(c, &c->completions, 4 * rounds + 1));
    EQUAL(c->last_rc, ZOK);
    return 0;
}

static int multi(client_t *c) {
    zoo_op_t ops[6];
    zoo_op_result_t results[6];
    char path[64], sequential[64];
    struct Stat stat;
    zoo_create_op_init(&ops[0], "/multi", "1", 1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
    zoo_set_op_init(&ops[1], "/multi", "2", 1, 0, &stat);
    zoo_check_op_init(&ops[2], "/multi", 1);
    zoo_create_op_init(&ops[3], "/multi/s-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, sequential, sizeof sequential);
    zoo_create_op_init(&ops[4], "/multi/gone", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    zoo_delete_op_init(&ops[5], "/multi/gone", 0);
    EQUAL(zoo_multi(c->zh, 6, ops, results), ZOK);
    SAME(path, "/multi");
    SAME(sequential, "/multi/s-0000000000");
    EQUAL(stat.version, 1);
    zoo_create_op_init(&ops[0], "/multi/never", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    zoo_check_op_init(&ops[1], "/multi", 9);
    zoo_delete_op_init(&ops[2], "/multi", -1);
    EQUAL(zoo_multi(c->zh, 3, ops, results), ZBADVERSION);
    EQUAL(results[0].err, ZOK);
    EQUAL(results[1].err, ZBADVERSION);
    EQUAL(results[2].err, ZRUNTIMEINCONSISTENCY);
    EQUAL(zoo_exists(c->zh, "/multi/never", 0, &stat), ZNONODE);
    return 0;
}

static int saw(client_t *c, int index, int type, const char *path) {
    if (!wait_until(c, &c->event_count, index + 1)) return fail(__LINE__, "event %d never came", index);
    EQUAL(c->events[index].type, type);
    SAME(c->events[index].path, path);
    return 0;
}

static int watches(client_t *c) {
    client_t *other = open_client();
    struct Stat stat;
    struct String_vector children;
    char buffer[16];
    int length = sizeof buffer;
    EQUAL(zoo_wexists(c->zh, "/watch", on_event, c, &stat), ZNONODE);
    EQUAL(create(other, "/watch", "1", 0), ZOK);
    if (saw(c, 0, ZOO_CREATED_EVENT, "/watch")) return 1;
    EQUAL(zoo_wget(c->zh, "/watch", on_event, c, buffer, &length, &stat), ZOK);
    EQUAL(zoo_set(other->zh, "/watch", "2", 1, -1), ZOK);
    if (saw(c, 1, ZOO_CHANGED_EVENT, "/watch")) return 1;
    EQUAL(zoo_wget_children(c->zh, "/watch", on_event, c, &children), ZOK);
    deallocate_String_vector(&children);
    EQUAL(create(other, "/watch/child", "1", 0), ZOK);
    if (saw(c, 2, ZOO_CHILD_EVENT, "/watch")) return 1;
    EQUAL(zoo_wexists(c->zh, "/watch/child", on_event, c, &stat), ZOK);
    EQUAL(zoo_delete(other->zh, "/watch/child", -1), ZOK);
    if (saw(c, 3, ZOO_DELETED_EVENT, "/watch/child")) return 1;
    EQUAL(zoo_wexists(c->zh, "/watch", on_event, c, &stat), ZOK);
    EQUAL(zoo_remove_watches(c->zh, "/watch", ZWATCHTYPE_DATA, on_event, c, 0), ZOK);
    EQUAL(zoo_remove_watches(c->zh, "/watch", ZWATCHTYPE_DATA, on_event, c, 0), ZNOWATCHER);
    EQUAL(zoo_set(other->zh, "/watch", "3", 1, -1), ZOK);
    close_client(other);
    return 0;
}

static int access_control(client_t *c) {
    struct ACL_vector acl;
    struct Stat stat;
    char buffer[16];
    int length = sizeof buffer, i;
    client_t *owner = open_client();
    EQUAL(zoo_create(c->zh, "/acl-none", "1", 1, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0), ZINVALIDACL);
    EQUAL(zoo_add_auth(owner->zh, "digest", "ann:secret", 10, on_void, owner), ZOK);
    REQUIRE(wait_until(owner, &owner->completions, 1));
    EQUAL(zoo_create(owner->zh, "/acl", "1", 1, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0), ZOK);
    EQUAL(zoo_get(c->zh, "/acl", 0, buffer, &length, &stat), ZNOAUTH);
    EQUAL(zoo_get_acl(owner->zh, "/acl", &acl, &stat), ZOK);
    EQUAL(acl.count, 1);
    SAME(acl.data[0].id.scheme, "digest");
    deallocate_ACL_vector(&acl);
    EQUAL(zoo_set_acl(owner->zh, "/acl", 0, &ZOO_READ_ACL_UNSAFE), ZOK);
    length = sizeof buffer;
    EQUAL(zoo_get(c->zh, "/acl", 0, buffer, &length, &stat), ZOK);
    EQUAL(stat.aversion, 1);
    EQUAL(zoo_set(owner->zh, "/acl", "2", 1, -1), ZNOAUTH);
    close_client(owner);
    /* An unknown scheme: the server answers AUTHFAILED and closes. */
    owner = open_client();
    EQUAL(zoo_add_auth(owner->zh, "nonsense", "x", 1, on_void, owner), ZOK);
    REQUIRE(wait_until(owner, &owner->completions, 1));
    EQUAL(owner->last_rc, ZAUTHFAILED);
    for (i = 0; i < 1000 && zoo_state(owner->zh) != ZOO_AUTH_FAILED_STATE; i++) usleep(10000);
    EQUAL(zoo_state(owner->zh), ZOO_AUTH_FAILED_STATE);
    close_client(owner);
    return 0;
}

/* Another process opens a session with an ephemeral node and dies without closing it. */
static int leave_a_session(const char *path, clientid_t *id) {
    char command[1024];
    FILE *output;
    size_t got;
    snprintf(command, sizeof command, "'%s' '%s' --leave '%s'", program, hosts, path);
    output = popen(command, "r");
    if (output == NULL) return fail(__LINE__, "popen: %s", strerror(errno));
    got = fread(id, sizeof *id, 1, output);
    if (pclose(output) != 0 || got != 1) return fail(__LINE__, "the other process has no session");
    return 0;
}

/* The other process: not a fork, which would inherit the locks of the library's threads. */
static int leave(const char *path) {
    client_t *client = connect_to(hosts, SHORT_SESSION_MS, NULL);
    if (!wait_until(client, &client->connected, 1) || create(client, path, "x", ZOO_EPHEMERAL) != ZOK) return 1;
    if (write(STDOUT_FILENO, zoo_client_id(client->zh), sizeof(clientid_t)) != sizeof(clientid_t)) return 1;
    _exit(0);
}

static int resumed_session(client_t *c) {
    clientid_t id;
    struct Stat stat;
    client_t *again;
    int i;
    if (leave_a_session("/left", &id)) return 1;
    again = connect_to(hosts, SESSION_MS, &id);
    REQUIRE(wait_until(again, &again->connected, 1));
    EQUAL(zoo_client_id(again->zh)->client_id, id.client_id);
    EQUAL(zoo_exists(again->zh, "/left", 0, &stat), ZOK);
    EQUAL(stat.ephemeralOwner, id.client_id);
    close_client(again);
    for (i = 0; i < PATIENCE_S * 100 && zoo_exists(c->zh, "/left", 0, &stat) == ZOK; i++) usleep(10000);
    EQUAL(zoo_exists(c->zh, "/left", 0, &stat), ZNONODE);
    return 0;
}

static int expired_session(client_t *c) {
    clientid_t id;
    struct Stat stat;
    client_t *again;
    if (leave_a_session("/expires", &id)) return 1;
    EQUAL(zoo_wexists(c->zh, "/expires", on_event, c, &stat), ZOK);
    if (saw(c, 0, ZOO_DELETED_EVENT, "/expires")) return 1;
    again = connect_to(hosts, SESSION_MS, &id);
    REQUIRE(wait_until(again, &again->expired, 1));
    close_client(again);
    return 0;
}

static int wrong_password(client_t *c) {
    clientid_t id;
    struct Stat stat;
    client_t *again;
    if (leave_a_session("/guarded", &id)) return 1;
    id.passwd[0] ^= 1;
    again = connect_to(hosts, SESSION_MS, &id);
    REQUIRE(wait_until(again, &again->expired, 1));
    EQUAL(zoo_exists(c->zh, "/guarded", 0, &stat), ZOK);
    close_client(again);
    return 0;
}

static int chroot_connection(client_t *c) {
    char where[256];
    client_t *below;
    struct Stat stat;
    EQUAL(create(c, "/root", "", 0), ZOK);
    snprintf(where, sizeof where, "%s/root", hosts);
    below = connect_to(where, SESSION_MS, NULL);
    REQUIRE(wait_until(below, &below->connected, 1));
    EQUAL(zoo_wexists(below->zh, "/leaf", on_event, below, &stat), ZNONODE);
    EQUAL(create(c, "/root/leaf", "", 0), ZOK);
    if (saw(below, 0, ZOO_CREATED_EVENT, "/leaf")) return 1;
    EQUAL(zoo_exists(below->zh, "/leaf", 0, &stat), ZOK);
    close_client(below);
    return 0;
}

static int configuration(client_t *c) {
    char buffer[256];
    int length = sizeof buffer;
    struct Stat stat;
    EQUAL(zoo_getconfig(c->zh, 0, buffer, &length, &stat), ZOK);
    length = sizeof buffer;
    EQUAL(zoo_reconfig(c->zh, NULL, "1", NULL, -1, buffer, &length, &stat), ZRECONFIGDISABLED);
    return 0;
}

/* ---- a lock: ephemeral sequential nodes, each waiter watches the one before it ---------------------------------- */

enum { LOCKERS = 4, ROUNDS = 10 };

static int inside, most_inside, entered;
static pthread_mutex_t inside_lock = PTHREAD_MUTEX_INITIALIZER;

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int take_lock(client_t *c, char *mine, int size) {
    int i;
    if (zoo_create(c->zh, "/lock/n-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL | ZOO_SEQUENCE, mine, size) != ZOK) return 1;
    for (;;) {
        struct String_vector all;
        struct Stat stat;
        char before[128];
        int events = c->event_count, rc;
        if (zoo_get_children(c->zh, "/lock", 0, &all) != ZOK) return 1;
        qsort(all.data, all.count, sizeof all.data[0], compare_names);
        for (i = 0; i < all.count && strcmp(all.data[i], mine + strlen("/lock/")) != 0; i++) {
        }
        if (i > 0 && i < all.count) snprintf(before, sizeof before, "/lock/%s", all.data[i - 1]);
        deallocate_String_vector(&all);
        if (i == 0) return 0;
        rc = zoo_wexists(c->zh, before, on_event, c, &stat);
        if (rc == ZOK && !wait_until(c, &c->event_count, events + 1)) return 1;
        if (rc != ZOK && rc != ZNONODE) return 1;
    }
}

static void *locker(void *unused) {
    client_t *c = open_client();
    int round;
    char mine[128];
    (void)unused;
    for (round = 0; round < ROUNDS; round++) {
        if (take_lock(c, mine, sizeof mine)) break;
        pthread_mutex_lock(&inside_lock);
        inside++;
        entered++;
        if (inside > most_inside) most_inside = inside;
        pthread_mutex_unlock(&inside_lock);
        usleep(1000);
        pthread_mutex_lock(&inside_lock);
        inside--;
        pthread_mutex_unlock(&inside_lock);
        if (zoo_delete(c->zh, mine, -1) != ZOK) break;
    }
    close_client(c);
    return NULL;
}

static int lock_recipe(client_t *c) {
    pthread_t threads[LOCKERS];
    int i;
    EQUAL(create(c, "/lock", "", 0), ZOK);
    for (i = 0; i < LOCKERS; i++) pthread_create(&threads[i], NULL, locker, NULL);
    for (i = 0; i < LOCKERS; i++) pthread_join(threads[i], NULL);
    EQUAL(entered, LOCKERS * ROUNDS);
    EQUAL(most_inside, 1);
    return 0;
}

/* ---------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(client_t *client);
} CHECKS[] = {
    {"synchronous operations", synchronous_operations},
    {"container and TTL nodes", container_and_ttl_nodes},
    {"big data", big_data},
    {"asynchronous operations", asynchronous_operations},
    {"multi", multi},
    {"watches", watches},
    {"access control", access_control},
    {"resumed session", resumed_session},
    {"expired session", expired_session},
    {"wrong password", wrong_password},
    {"chroot", chroot_connection},
    {"configuration", configuration},
    {"lock", lock_recipe},
};

int main(int argc, char **argv) {
    size_t i;
    int failures = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: client_checks <host:port>\n");
        return 2;
    }
    program = argv[0];
    hosts = argv[1];
    zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
    if (argc == 4 && strcmp(argv[2], "--leave") == 0) return leave(argv[3]);
    for (i = 0; i < sizeof CHECKS / sizeof CHECKS[0]; i++) {
        client_t *client = open_client();
        if (CHECKS[i].run(client) == 0) {
            printf("ok - %s\n", CHECKS[i].name);
        } else {
            failures++;
            printf("not ok - %s: %s\n", CHECKS[i].name, failure);
        }
        fflush(stdout);
        close_client(client);
    }
    return failures == 0 ? 0 : 1;
}
