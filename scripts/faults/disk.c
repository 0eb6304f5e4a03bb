/* A disk that fails when it is told to, for tests: loaded before the C library (LD_PRELOAD), it stands between a
 * process and its files. DISK names a file of rules, one a line, read again at every call:
 *
 *     stop PID PART PLACE    the process stops itself (SIGSTOP), once, before it writes to a file whose path contains
 *                            PART; PLACE is first for any write, meta for one to the first two pages
 *     hold PART              fdatasync(2) of such a file waits as long as the rule is there
 *     unsynced PART          fdatasync(2) of such a file fails: EIO
 *     full PART              such a file does not grow: ENOSPC
 *     readonly PART          such a file is not written, cut, renamed to or made: EROFS
 *     spawn PART             no program of such a path is started: EAGAIN
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RULES = 4096 };

/* The rules without any call that is caught here. */
static int read_rules(char *rules) {
    const char *path = getenv("DISK");
    if (!path) return 0;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return 0;
    ssize_t count = read(file, rules, RULES - 1);
    close(file);
    if (count <= 0) return 0;
    rules[count] = 0;
    return 1;
}

/* Whether a rule of this name holds for the path; for stop, of this process and place. */
static int is_ruled(const char *name, const char *path, int is_meta) {
    char rules[RULES], *rest = rules, *line;
    if (!read_rules(rules)) return 0;
    while ((line = strsep(&rest, "\n"))) {
        char verb[16], first[512], part[512], place[16];
        int words = sscanf(line, "%15s %511s %511s %15s", verb, first, part, place);
        if (words < 2 || strcmp(verb, name)) continue;
        if (strcmp(name, "stop")) {
            if (strstr(path, first)) return 1;
        } else if (words == 4 && atoi(first) == getpid() && strstr(path, part)) {
            if (is_meta || !strcmp(place, "first")) return 1;
        }
    }
    return 0;
}

static int path_of(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, path, PATH_MAX - 1);
    if (count <= 0 || path[0] != '/') return 0;
    path[count] = 0;
    return 1;
}

/* Before a write: stops the process, or says what the write fails with. */
static int before_write(int file, off_t offset) {
    static int has_stopped;
    char path[PATH_MAX];
    if (!getenv("DISK") || !path_of(file, path)) return 0;
    if (!has_stopped && is_ruled("stop", path, offset >= 0 && offset < 8192)) {
        has_stopped = 1;
        raise(SIGSTOP);
    }
    if (is_ruled("full", path, 0)) return ENOSPC;
    return is_ruled("readonly", path, 0) ? EROFS : 0;
}

#define REAL(name, type) \
    static type real; \
    if (!real) real = (type)dlsym(RTLD_NEXT, name)
#define FAIL(code) \
    do { \
        int failure = (code); \
        if (failure) { \
            errno = failure; \
            return -1; \
        } \
    } while (0)

typedef ssize_t (*pwrite_call)(int, const void *, size_t, off_t);
typedef ssize_t (*write_call)(int, const void *, size_t);
typedef ssize_t (*writev_call)(int, const struct iovec *, int);
typedef ssize_t (*pwritev_call)(int, const struct iovec *, int, off_t);
typedef int (*sync_call)(int);
typedef int (*truncate_call)(int, off_t);
typedef int (*allocate_call)(int, int, off_t, off_t);
typedef int (*rename_call)(const char *, const char *);
typedef int (*open_call)(const char *, int, ...);
typedef int (*spawn_call)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                          char *const[], char *const[]);

#define PWRITE(name) \
    ssize_t name(int file, const void *bytes, size_t count, off_t offset) { \
        REAL(#name, pwrite_call); \
        FAIL(before_write(file, offset)); \
        return real(file, bytes, count, offset); \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name) \
    ssize_t name(int file, const struct iovec *parts, int count, off_t offset) { \
        REAL(#name, pwritev_call); \
        FAIL(before_write(file, offset)); \
        return real(file, parts, count, offset); \
    }
PWRITEV(pwritev)
PWRITEV(pwritev64)

ssize_t write(int file, const void *bytes, size_t count) {
    REAL("write", write_call);
    if (file > 2) FAIL(before_write(file, -1));
    return real(file, bytes, count);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL("writev", writev_call);
    FAIL(before_write(file, -1));
    return real(file, parts, count);
}

int fdatasync(int file) {
    REAL("fdatasync", sync_call);
    char path[PATH_MAX];
    if (getenv("DISK") && path_of(file, path)) {
        while (is_ruled("hold", path, 0)) usleep(1000);
        if (is_ruled("readonly", path, 0)) FAIL(EROFS);
        if (is_ruled("unsynced", path, 0)) FAIL(EIO);
    }
    return real(file);
}

#define TRUNCATE(name) \
    int name(int file, off_t size) { \
        REAL(#name, truncate_call); \
        FAIL(before_write(file, -1)); \
        return real(file, size); \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define ALLOCATE(name) \
    int name(int file, int mode, off_t offset, off_t count) { \
        REAL(#name, allocate_call); \
        FAIL(before_write(file, -1)); \
        return real(file, mode, offset, count); \
    }
ALLOCATE(fallocate)
ALLOCATE(fallocate64)

int rename(const char *from, const char *to) {
    REAL("rename", rename_call);
    if (is_ruled("readonly", to, 0)) FAIL(EROFS);
    return real(from, to);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(#name, open_call); \
        va_list rest; \
        va_start(rest, flags); \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0; \
        va_end(rest); \
        if ((flags & (O_CREAT | O_WRONLY | O_RDWR)) && is_ruled("readonly", path, 0)) FAIL(EROFS); \
        return real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
    REAL("posix_spawn", spawn_call);
    if (is_ruled("spawn", path, 0)) return EAGAIN;
    return real(pid, path, actions, attributes, arguments, environment);
}
