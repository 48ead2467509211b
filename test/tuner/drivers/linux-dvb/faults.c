/* Preloaded in front of dvbshim: faults that it does not have. Each is on while the file of its name is in $FAULTS.
 *   gone      the adapter is unplugged: every call to an open device fails with ENODEV, and so does opening one
 *   hang      FE_READ_STATUS does not return
 *   skew      a read of the dvr device begins one byte late, once (the file is removed)
 *   nowhole   a filter for the whole stream is refused
 *   fewN      there are N PID filters (the file is named "few", N stands in it)
 *   nostats   the driver has no DTV_STAT_* properties, only the older calls
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/ioctl.h>
#include <linux/dvb/dmx.h>
#include <linux/dvb/frontend.h>
#define NEXT(fn) ({ static __typeof__(&fn) next; if (!next) next = (__typeof__(&fn))dlsym(RTLD_NEXT, #fn); next; })
#define MOST 4096
enum { FRONTEND = 1, DEMUX, DVR };
static char kind[MOST];
static int filters;

static int path_of(const char *fault, char *path, size_t size) {
  const char *folder = getenv("FAULTS");
  return folder && snprintf(path, size, "%s/%s", folder, fault) > 0;
}
static int on(const char *fault) {
  char path[512];
  return path_of(fault, path, sizeof path) && access(path, F_OK) == 0;
}
static int fail(int number) { errno = number; return -1; }
static int few(void) {
  char path[512], text[16] = "";
  if (!path_of("few", path, sizeof path)) return 1 << 20;
  int fd = NEXT(open)(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 1 << 20;
  if (NEXT(read)(fd, text, sizeof text - 1) < 0) text[0] = 0;
  NEXT(close)(fd);
  return atoi(text);
}

int open(const char *path, int flags, ...) {
  va_list list; va_start(list, flags); mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; va_end(list);
  int type = strncmp(path, "/dev/dvb/", 9) ? 0 : strstr(path, "frontend") ? FRONTEND : strstr(path, "demux") ? DEMUX : DVR;
  if (type && on("gone")) return fail(ENODEV);
  if (type == DEMUX && filters >= few()) return fail(EMFILE);
  int fd = NEXT(open)(path, flags, mode);
  if (fd >= 0 && fd < MOST) { kind[fd] = type; if (type == DEMUX) filters++; }
  return fd;
}
int close(int fd) {
  if (fd >= 0 && fd < MOST) { if (kind[fd] == DEMUX) filters--; kind[fd] = 0; }
  return NEXT(close)(fd);
}
ssize_t read(int fd, void *into, size_t size) {
  if (fd >= 0 && fd < MOST && kind[fd] == DVR) {
    if (on("gone")) return fail(ENODEV);
    if (on("skew")) {
      char path[512], byte;
      if (NEXT(read)(fd, &byte, 1) == 1) { path_of("skew", path, sizeof path); unlink(path); }
    }
  }
  return NEXT(read)(fd, into, size);
}
int ioctl(int fd, unsigned long request, ...) {
  va_list list; va_start(list, request); void *argument = va_arg(list, void *); va_end(list);
  unsigned number = (unsigned)request;
  if (fd >= 0 && fd < MOST && kind[fd]) {
    if (on("gone")) return fail(ENODEV);
    if (number == FE_READ_STATUS) while (on("hang")) usleep(20000);
    if (number == DMX_SET_PES_FILTER && ((struct dmx_pes_filter_params *)argument)->pid == 0x2000 && on("nowhole")) return fail(EINVAL);
    if (number == FE_GET_PROPERTY && on("nostats")) {
      struct dtv_property *property = ((struct dtv_properties *)argument)->props;
      if (property->cmd >= DTV_STAT_SIGNAL_STRENGTH && property->cmd <= DTV_STAT_TOTAL_BLOCK_COUNT) { property->u.st.len = 0; return 0; }
    }
  }
  return NEXT(ioctl)(fd, request, argument);
}
