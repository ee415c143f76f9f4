// For LD_PRELOAD: the wall clock differs by what the file $WALL_CLOCK says (seconds, an int64_t), and jumps when that
// changes; the monotonic clock does not.  As in the kernel, waits until a time by the wall clock end when it says so.
// Whoever uses absolute timers of timerfd_create(CLOCK_REALTIME) is not covered.  See clock.py.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { kSliceNs = 100000000, kSecondNs = 1000000000 };

static const volatile int64_t no_offset;
static const volatile int64_t* offset = &no_offset;
static long (*real_syscall)(long, ...);
typedef int TimedWait(pthread_cond_t*, pthread_mutex_t*, const struct timespec*);
static TimedWait* real_timedwait;

__attribute__((constructor)) static void map_offset(void) {
  const char* path = getenv("WALL_CLOCK");
  const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) offset = page;
  close(file);
}

static long kernel(long number, long a, long b, long c, long d, long e, long f) {
  if (real_syscall == NULL) real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real_syscall(number, a, b, c, d, e, f);
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  const int result = (int)kernel(SYS_clock_gettime, clock, (long)time, 0, 0, 0, 0);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += *offset;
  return result;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (out != NULL) *out = now.tv_sec;
  return now.tv_sec;
}

static int is_later(const struct timespec* a, const struct timespec* b) {
  return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

// Whether the deadline lies ahead; `slice`: a time before it by the kernel's clock, so that a jump is noticed.
static int next_slice(const struct timespec* deadline, struct timespec* slice) {
  struct timespec now, end;
  clock_gettime(CLOCK_REALTIME, &now);
  end.tv_sec = now.tv_sec + (now.tv_nsec + kSliceNs) / kSecondNs;
  end.tv_nsec = (now.tv_nsec + kSliceNs) % kSecondNs;
  *slice = is_later(deadline, &end) ? end : *deadline;
  slice->tv_sec -= *offset;
  return is_later(deadline, &now);
}

static long wait_on_futex(long word, long operation, long value, const struct timespec* deadline, long e, long f) {
  for (;;) {
    struct timespec slice;
    const int ahead = next_slice(deadline, &slice);
    const long result = kernel(SYS_futex, word, operation, value, (long)&slice, e, f);
    if (result != -1 || errno != ETIMEDOUT || !ahead) return result;
  }
}

long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long all[6];
  for (int i = 0; i < 6; ++i) all[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_futex && (all[1] & FUTEX_CLOCK_REALTIME) != 0 && all[3] != 0)
    return wait_on_futex(all[0], all[1], all[2], (const struct timespec*)all[3], all[4], all[5]);
  return kernel(number, all[0], all[1], all[2], all[3], all[4], all[5]);
}

int pthread_cond_timedwait(pthread_cond_t* restrict condition, pthread_mutex_t* restrict mutex,
                           const struct timespec* restrict deadline) {
  if (real_timedwait == NULL) real_timedwait = (TimedWait*)dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  if (deadline->tv_sec < kSecondNs) return real_timedwait(condition, mutex, deadline);  // by the monotonic clock
  for (;;) {
    struct timespec slice;
    const int ahead = next_slice(deadline, &slice);
    const int result = real_timedwait(condition, mutex, &slice);
    if (result != ETIMEDOUT || !ahead) return result;
  }
}
