/* A disk that loses its power, for tests: loaded before the C library (LD_PRELOAD), it writes down, before each write to
 * a file below one of the directories in POWER_FILES (separated by colons), what the file had there. What is written down of
 * a file is forgotten when fdatasync(2) or fsync(2) of it has returned: the rest is what a power cut may take back. power.py
 * does that, when every process is dead.
 *
 * One log for each file, POWER_LOG/INODE, of entries one after the other, native byte order:
 *
 *     offset u64 | bytes that follow u64 | size of the file before u64 | the bytes that were there
 *
 * A name is on the disk as soon as the file is. Writes to a mapping are not seen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

typedef ssize_t (*pwrite_call)(int, const void *, size_t, off_t);
typedef ssize_t (*pwritev_call)(int, const struct iovec *, int, off_t);
typedef ssize_t (*write_call)(int, const void *, size_t);
typedef ssize_t (*writev_call)(int, const struct iovec *, int);
typedef int (*truncate_call)(int, off_t);
typedef int (*sync_call)(int);
typedef int (*unlink_call)(const char *);
typedef int (*rename_call)(const char *, const char *);

#define REAL(name, type) \
    static type real; \
    if (!real) real = (type)dlsym(RTLD_NEXT, name)

static int is_below(const char *path) {
    const char *rest = getenv("POWER_FILES");
    while (rest && *rest) {
        const char *end = strchrnul(rest, ':');
        size_t count = (size_t)(end - rest);
        if (count && !strncmp(path, rest, count) && path[count] == '/') return 1;
        rest = *end ? end + 1 : end;
    }
    return 0;
}

static int log_of(ino_t file, int flags) {
    char path[PATH_MAX];
    const char *place = getenv("POWER_LOG");
    if (!place) return -1;
    snprintf(path, sizeof path, "%s/%llu", place, (unsigned long long)file);
    return (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC | flags, 0600);
}

static void forget(ino_t file) {
    int log = log_of(file, O_TRUNC);
    if (log >= 0) close(log);
}

/* Whether the file is one of those, and what it is. */
static int look(int file, struct stat *status) {
    char link[64], path[PATH_MAX];
    if (!getenv("POWER_LOG") || fstat(file, status) || !S_ISREG(status->st_mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, path, PATH_MAX - 1);
    if (count <= 0) return 0;
    path[count] = 0;
    return is_below(path);
}

/* Before `count` bytes at `offset` are written over. An offset below zero is where the next write(2) goes. */
static void note(int file, off_t offset, size_t count) {
    struct stat status;
    if (!look(file, &status)) return;
    int flags = fcntl(file, F_GETFL);
    /* What such a file is given is on the disk when the call returns. */
    if (flags & O_DSYNC) return;
    if (offset < 0) offset = flags & O_APPEND ? status.st_size : lseek(file, 0, SEEK_CUR);
    if (offset < 0) return;
    char *entry = malloc(24 + count);
    if (!entry) abort();
    ssize_t old = offset < status.st_size ? pread(file, entry + 24, count, offset) : 0;
    if (old < 0) abort();
    uint64_t head[3] = {(uint64_t)offset, (uint64_t)old, (uint64_t)status.st_size};
    memcpy(entry, head, sizeof head);
    int log = log_of(status.st_ino, O_CREAT | O_APPEND);
    if (log < 0 || syscall(SYS_write, log, entry, 24 + (size_t)old) != 24 + old) abort();
    close(log);
    free(entry);
}

static size_t length(const struct iovec *parts, int count) {
    size_t sum = 0;
    for (int part = 0; part < count; part++) sum += parts[part].iov_len;
    return sum;
}

#define PWRITE(name) \
    ssize_t name(int file, const void *bytes, size_t count, off_t offset) { \
        REAL(#name, pwrite_call); \
        note(file, offset, count); \
        return real(file, bytes, count, offset); \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name) \
    ssize_t name(int file, const struct iovec *parts, int count, off_t offset) { \
        REAL(#name, pwritev_call); \
        note(file, offset, length(parts, count)); \
        return real(file, parts, count, offset); \
    }
PWRITEV(pwritev)
PWRITEV(pwritev64)

ssize_t write(int file, const void *bytes, size_t count) {
    REAL("write", write_call);
    if (file > 2) note(file, -1, count);
    return real(file, bytes, count);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL("writev", writev_call);
    note(file, -1, length(parts, count));
    return real(file, parts, count);
}

#define TRUNCATE(name) \
    int name(int file, off_t size) { \
        REAL(#name, truncate_call); \
        struct stat status; \
        if (look(file, &status)) note(file, size, status.st_size > size ? (size_t)(status.st_size - size) : 0); \
        return real(file, size); \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(name) \
    int name(int file) { \
        REAL(#name, sync_call); \
        struct stat status; \
        int result = real(file); \
        if (!result && look(file, &status)) forget(status.st_ino); \
        return result; \
    }
SYNC(fdatasync)
SYNC(fsync)

/* The number of a file that is gone may be another's soon. */
static void forget_name(const char *path) {
    struct stat status;
    if (getenv("POWER_LOG") && !lstat(path, &status) && status.st_nlink == 1) forget(status.st_ino);
}

int unlink(const char *path) {
    REAL("unlink", unlink_call);
    forget_name(path);
    return real(path);
}

int rename(const char *from, const char *to) {
    REAL("rename", rename_call);
    forget_name(to);
    return real(from, to);
}
