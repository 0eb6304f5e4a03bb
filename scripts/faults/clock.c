/* The machine's clock of one process set back, for tests: loaded before the C library (LD_PRELOAD), it takes from every
 * CLOCK_REALTIME of a process whose first argument is CLOCK_OF the seconds that the file CLOCK holds (int64, native byte
 * order). The file is mapped, so what is written to it holds at once. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *back;

__attribute__((constructor)) static void map(void) {
    const char *path = getenv("CLOCK"), *wanted = getenv("CLOCK_OF");
    if (!path || !wanted) return;
    char words[4096];
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t count = read(file, words, sizeof words - 2);
    close(file);
    if (count <= 0) return;
    words[count] = words[count + 1] = 0;
    if (strcmp(words + strlen(words) + 1, wanted)) return;
    file = open(path, O_RDONLY | O_CLOEXEC);
    void *mapped = file < 0 ? MAP_FAILED : mmap(0, sizeof *back, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) {
        perror(path);
        abort();
    }
    close(file);
    back = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    typedef int (*call)(clockid_t, struct timespec *);
    static call real;
    if (!real) real = (call)dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    if (!result && clock == CLOCK_REALTIME && back) time->tv_sec -= *back;
    return result;
}
