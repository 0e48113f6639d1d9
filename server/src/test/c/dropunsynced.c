/*
 * Power loss for tests. kill -9 leaves the page cache whole, so what was written but never synced
 * survives it; this makes it vanish.
 *
 *   gcc -O1 -shared -fPIC -o libdropunsynced.so dropunsynced.c -ldl
 *   gcc -O1 -DAPPLY -o dropunsynced dropunsynced.c
 *
 *   mkdir DATA JOURNAL                # on one file system, both canonical absolute paths
 *   LD_PRELOAD=libdropunsynced.so DROPUNSYNCED_ROOT=DATA DROPUNSYNCED_JOURNAL=JOURNAL program...
 *   kill -9 the program and all its children
 *   dropunsynced DATA JOURNAL SEED    # takes DATA back to what had to be on disk, empties JOURNAL
 *   dropunsynced DATA JOURNAL all     # the same, and the disk has kept nothing it did not have to
 *
 * The preloaded half writes down, in JOURNAL/journal, each file below DATA that was created,
 * renamed, cut or synced, and each folder that was synced. Plain writes need no note: files are
 * taken to grow at their end. The other half then
 *
 *   - undoes, latest first, creations and renames whose folder was not synced afterwards (a renamed
 *     file goes back to its old name, and what it replaced comes back), and folders likewise;
 *   - takes from each file what lies behind its length at its last sync. By SEED it is cut off, cut
 *     off somewhere in between, replaced by zeros from somewhere on, or some of its pages are
 *     replaced by zeros, any of them, as disks do that write in an order of their own.
 *
 * Deletions stay done. Writing to what was synced before, or through a shared mapping, cannot be
 * followed: it is noted, and the second half then fails with status 3. With DROPUNSYNCED_FORGET=1
 * syncs are done but not noted, as if the program had left them out; with another value, such as
 * .log, only those of files whose names end so. A crash test must fail then, or it proves nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define LINE (3 * PATH_MAX)
#define PAGE 4096

#ifndef APPLY

static const char *root;
static size_t root_length;
static const char *journal_folder;
static int journal = -1;
static const char *forgotten; /* the ending of names whose syncs do not count */
static atomic_int shadows;

__attribute__((constructor)) static void begin(void) {
  root = getenv("DROPUNSYNCED_ROOT");
  journal_folder = getenv("DROPUNSYNCED_JOURNAL");
  if (!root || !journal_folder) return;
  root_length = strlen(root);
  forgotten = getenv("DROPUNSYNCED_FORGET");
  if (forgotten && !strcmp(forgotten, "1")) forgotten = "";
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/journal", journal_folder);
  /* A sandboxed child may not see the folder; it has no business with DATA then. */
  journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

#define REAL(name)                                        \
  static __typeof__(name) *real;                          \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* One write is one line, whole: the journal is opened for appending. */
static void note(const char *format, ...) {
  char line[LINE];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > 0 && length < (int)sizeof line) {
    if (syscall(SYS_write, journal, line, length) != length) abort();
  }
}

/* Makes `path` absolute, without doubled slashes; answers whether it lies below DATA. */
static int below(int folder, const char *path, char *absolute) {
  if (journal < 0 || !path) return 0;
  char whole[2 * PATH_MAX];
  if (*path == '/') {
    snprintf(whole, sizeof whole, "%s", path);
  } else {
    char base[PATH_MAX];
    if (folder == AT_FDCWD) {
      if (!getcwd(base, sizeof base)) return 0;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
      ssize_t length = readlink(link, base, sizeof base - 1);
      if (length < 0) return 0;
      base[length] = 0;
    }
    snprintf(whole, sizeof whole, "%s/%s", base, path);
  }
  char *out = absolute;
  for (char *in = whole; *in && out - absolute < PATH_MAX - 1; in++) {
    if (*in == '/' && in[1] == '/') continue;
    if (*in == '/' && in[1] == '.' && (in[2] == '/' || !in[2])) { in++; continue; }
    *out++ = *in;
  }
  while (out > absolute + 1 && out[-1] == '/') out--;
  *out = 0;
  return !strncmp(absolute, root, root_length) &&
         (absolute[root_length] == '/' || !absolute[root_length]);
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

/* Before an opening: creations are noted first, so that none goes unnoted if the kill comes in
   between. Answers whether the inode is to be noted afterwards. */
static int opening(int folder, const char *name, int flags, char *path) {
  if ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT)) return 0;
  if (!below(folder, name, path)) return 0;
  struct stat found;
  if (stat(path, &found) == 0) {
    if (S_ISREG(found.st_mode) && !(flags & O_EXCL)) {
      long kept = flags & O_TRUNC ? 0 : (long)found.st_size;
      note("E\t%lu\t%ld\n", (unsigned long)found.st_ino, (long)found.st_size);
      if (kept < found.st_size) note("T\t%lu\t%ld\n", (unsigned long)found.st_ino, kept);
    }
    return 0;
  }
  if (!(flags & O_CREAT)) return 0;
  note("C\t%s\n", path);
  return 1;
}

static int opened(int fd, int created) {
  if (fd >= 0 && created) {
    int before = errno;
    struct stat found;
    if (fstat(fd, &found) == 0) note("N\t%lu\n", (unsigned long)found.st_ino);
    errno = before;
  }
  return fd;
}

#define MODE                             \
  mode_t mode = 0;                       \
  if (flags & (O_CREAT | O_TMPFILE)) {   \
    va_list arguments;                   \
    va_start(arguments, flags);          \
    mode = va_arg(arguments, mode_t);    \
    va_end(arguments);                   \
  }                                      \
  char path[PATH_MAX]

int open(const char *name, int flags, ...) {
  REAL(open);
  MODE;
  int created = opening(AT_FDCWD, name, flags, path);
  return opened(real(name, flags, mode), created);
}

int open64(const char *name, int flags, ...) {
  REAL(open64);
  MODE;
  int created = opening(AT_FDCWD, name, flags, path);
  return opened(real(name, flags, mode), created);
}

int openat(int folder, const char *name, int flags, ...) {
  REAL(openat);
  MODE;
  int created = opening(folder, name, flags, path);
  return opened(real(folder, name, flags, mode), created);
}

int openat64(int folder, const char *name, int flags, ...) {
  REAL(openat64);
  MODE;
  int created = opening(folder, name, flags, path);
  return opened(real(folder, name, flags, mode), created);
}

static int flags_of(const char *mode) {
  int update = strchr(mode, '+') != NULL;
  if (*mode == 'w') return (update ? O_RDWR : O_WRONLY) | O_CREAT | O_TRUNC;
  if (*mode == 'a') return (update ? O_RDWR : O_WRONLY) | O_CREAT;
  return update ? O_RDWR : O_RDONLY;
}

FILE *fopen(const char *name, const char *mode) {
  REAL(fopen);
  char path[PATH_MAX];
  int created = opening(AT_FDCWD, name, flags_of(mode), path);
  FILE *file = real(name, mode);
  if (file) opened(fileno(file), created);
  return file;
}

FILE *fopen64(const char *name, const char *mode) {
  REAL(fopen64);
  char path[PATH_MAX];
  int created = opening(AT_FDCWD, name, flags_of(mode), path);
  FILE *file = real(name, mode);
  if (file) opened(fileno(file), created);
  return file;
}

static int is_forgotten(const char *path) {
  if (!forgotten) return 0;
  size_t length = strlen(path), ending = strlen(forgotten);
  return length >= ending && !strcmp(path + length - ending, forgotten);
}

/* What a sync covers is what was there when it began. */
static int synced(int fd, int (*sync)(int)) {
  char path[PATH_MAX];
  struct stat before;
  int tracked = journal >= 0 && path_of(fd, path) && fstat(fd, &before) == 0;
  int result = sync(fd);
  if (result == 0 && tracked && !is_forgotten(path)) {
    if (S_ISDIR(before.st_mode)) {
      note("D\t%s\n", path);
    } else {
      note("S\t%lu\t%ld\n", (unsigned long)before.st_ino, (long)before.st_size);
    }
  }
  return result;
}

int fsync(int fd) {
  REAL(fsync);
  return synced(fd, real);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return synced(fd, real);
}

static void cutting(int fd, long length) {
  char path[PATH_MAX];
  struct stat found;
  if (journal >= 0 && path_of(fd, path) && fstat(fd, &found) == 0) {
    note("T\t%lu\t%ld\n", (unsigned long)found.st_ino, length);
  }
}

int ftruncate(int fd, off_t length) {
  REAL(ftruncate);
  cutting(fd, length);
  return real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64);
  cutting(fd, length);
  return real(fd, length);
}

static void writing_at(int fd, long offset) {
  char path[PATH_MAX];
  struct stat found;
  if (journal >= 0 && path_of(fd, path) && fstat(fd, &found) == 0) {
    note("O\t%lu\t%ld\t%s\n", (unsigned long)found.st_ino, offset, path);
  }
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  REAL(pwrite);
  writing_at(fd, offset);
  return real(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  REAL(pwrite64);
  writing_at(fd, offset);
  return real(fd, bytes, count, offset);
}

static void mapping(int protection, int flags, int fd) {
  char path[PATH_MAX];
  if (fd >= 0 && journal >= 0 && (protection & PROT_WRITE) && (flags & MAP_SHARED) &&
      path_of(fd, path)) {
    note("X\tmapped for writing: %s\n", path);
  }
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  mapping(protection, flags, fd);
  return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
  mapping(protection, flags, fd);
  return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

static void renaming(int from_folder, const char *from, int to_folder, const char *to) {
  char source[PATH_MAX], target[PATH_MAX], shadow[PATH_MAX + 64] = "-";
  struct stat found, replaced;
  int from_below = below(from_folder, from, source);
  if (!below(to_folder, to, target) || stat(source, &found) != 0) return;
  if (stat(target, &replaced) == 0 && S_ISREG(replaced.st_mode)) {
    int number = atomic_fetch_add(&shadows, 1);
    snprintf(shadow, sizeof shadow, "%s/shadow-%d-%d", journal_folder, getpid(), number);
    if (link(target, shadow) != 0) abort();
  }
  note("R\t%lu\t%s\t%s\t%s\n", (unsigned long)found.st_ino, from_below ? source : "-", target,
       shadow);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  renaming(AT_FDCWD, from, AT_FDCWD, to);
  return real(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  REAL(renameat);
  renaming(from_folder, from, to_folder, to);
  return real(from_folder, from, to_folder, to);
}

int link(const char *from, const char *to) {
  char target[PATH_MAX];
  if (below(AT_FDCWD, to, target)) note("C\t%s\n", target);
  return syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int mkdir(const char *name, mode_t mode) {
  REAL(mkdir);
  char path[PATH_MAX];
  struct stat found;
  if (below(AT_FDCWD, name, path) && stat(path, &found) != 0) note("M\t%s\n", path);
  return real(name, mode);
}

#else

#include <ftw.h>

struct file {
  unsigned long inode;
  long length;
};

struct change {
  char kind;
  int undone_by_nobody; /* its folder was synced: it stays */
  unsigned long inode;
  char *from, *to, *shadow;
};

static struct file *files;
static size_t file_count;
static struct change *changes;
static size_t change_count;
static int status;
static int keeps_nothing;
static unsigned long cut_files, cut_bytes, undone;

static void fail(const char *what, const char *which) {
  fprintf(stderr, "dropunsynced: %s %s\n", what, which);
  exit(2);
}

static struct file *find(unsigned long inode) {
  for (size_t i = file_count; i-- > 0;) {
    if (files[i].inode == inode) return &files[i];
  }
  return NULL;
}

static void set(unsigned long inode, long length) {
  struct file *file = find(inode);
  if (!file) {
    files = realloc(files, (file_count + 1) * sizeof *files);
    file = &files[file_count++];
    file->inode = inode;
  }
  file->length = length;
}

static void pend(char kind, unsigned long inode, const char *from, const char *to,
                 const char *shadow) {
  changes = realloc(changes, (change_count + 1) * sizeof *changes);
  changes[change_count++] =
      (struct change){kind, 0, inode, strdup(from), strdup(to), strdup(shadow)};
}

static int is_in(const char *path, const char *folder) {
  const char *end = strrchr(path, '/');
  return end && (size_t)(end - path) == strlen(folder) && !strncmp(path, folder, end - path);
}

static void read_line(char *line) {
  char *field[5] = {0};
  int count = 0;
  for (char *rest = line; count < 5 && rest; count++) {
    field[count] = strsep(&rest, "\t");
  }
  unsigned long inode = count > 1 ? strtoul(field[1], NULL, 10) : 0;
  switch (*line) {
    case 'E': /* opened as it was when the program began, unless it is known already */
      if (!find(inode)) set(inode, atol(field[2]));
      break;
    case 'N':
      set(inode, 0);
      break;
    case 'S':
      if (find(inode)) set(inode, atol(field[2]));
      break;
    case 'T':
      if (find(inode) && find(inode)->length > atol(field[2])) set(inode, atol(field[2]));
      break;
    case 'O':
      if (find(inode) && atol(field[2]) < find(inode)->length) {
        fprintf(stderr, "dropunsynced: written over what was synced: %s\n", field[3]);
        status = 3;
      }
      break;
    case 'X':
      fprintf(stderr, "dropunsynced: %s\n", field[1]);
      status = 3;
      break;
    case 'C':
    case 'M':
      pend(*line, 0, "-", field[1], "-");
      break;
    case 'R':
      pend('R', inode, field[2], field[3], field[4]);
      break;
    case 'D':
      for (size_t i = 0; i < change_count; i++) {
        if (is_in(changes[i].to, field[1])) changes[i].undone_by_nobody = 1;
      }
      break;
    default:
      fail("no such note:", line);
  }
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at) {
  (void)s, (void)type, (void)at;
  return remove(path);
}

static void undo(struct change *change) {
  struct stat found;
  if (change->undone_by_nobody || lstat(change->to, &found) != 0) return;
  if (change->kind == 'C') {
    if (unlink(change->to) != 0) fail("cannot remove", change->to);
  } else if (change->kind == 'M') {
    if (nftw(change->to, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
      fail("cannot remove", change->to);
  } else {
    if (found.st_ino != change->inode) return;
    if (*change->from == '-') {
      if (unlink(change->to) != 0) fail("cannot remove", change->to);
    } else if (rename(change->to, change->from) != 0) {
      fail("cannot rename back", change->to);
    }
    if (*change->shadow != '-' && rename(change->shadow, change->to) != 0)
      fail("cannot bring back", change->to);
  }
  undone++;
}

/* Each page behind `from` came to the disk or did not; what was synced of the first one stays. */
static long blank_pages(const char *path, long from, long size) {
  static const char zeros[PAGE];
  long blanked = 0;
  int fd = open(path, O_WRONLY);
  if (fd < 0) fail("cannot open", path);
  for (long at = from; at < size; at = (at / PAGE + 1) * PAGE) {
    long end = (at / PAGE + 1) * PAGE;
    long length = (end < size ? end : size) - at;
    if (rand() % 2) continue;
    if (pwrite(fd, zeros, length, at) != length) fail("cannot blank", path);
    blanked += length;
  }
  if (close(fd) != 0) fail("cannot close", path);
  return blanked;
}

static int cut(const char *path, const struct stat *s, int type, struct FTW *at) {
  (void)at;
  struct file *file = type == FTW_F ? find(s->st_ino) : NULL;
  if (!file || s->st_size <= file->length) return 0;
  long lost = s->st_size - file->length;
  long kept = 0;
  int way = keeps_nothing ? 0 : rand() % 4;
  if (way == 1 || way == 2) kept = rand() % (lost + 1);
  cut_files++;
  if (way == 3) {
    cut_bytes += blank_pages(path, file->length, s->st_size);
    return 0;
  }
  if (truncate(path, file->length + kept) != 0) fail("cannot cut", path);
  if (way == 2 && truncate(path, s->st_size) != 0) fail("cannot fill", path);
  cut_bytes += lost - kept;
  return 0;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: dropunsynced DATA JOURNAL SEED|all\n");
    return 2;
  }
  keeps_nothing = !strcmp(arguments[3], "all");
  srand((unsigned)strtoul(arguments[3], NULL, 10));
  char name[PATH_MAX];
  snprintf(name, sizeof name, "%s/journal", arguments[2]);
  FILE *notes = fopen(name, "r");
  if (!notes) fail("no journal", name);
  char line[LINE];
  while (fgets(line, sizeof line, notes)) {
    line[strcspn(line, "\n")] = 0;
    read_line(line);
  }
  fclose(notes);
  for (size_t i = change_count; i-- > 0;) undo(&changes[i]);
  if (nftw(arguments[1], cut, 16, FTW_PHYS) != 0) fail("cannot walk", arguments[1]);
  for (size_t i = 0; i < change_count; i++) {
    if (*changes[i].shadow != '-') unlink(changes[i].shadow);
  }
  if (unlink(name) != 0) fail("cannot remove", name);
  printf("dropunsynced: undid %lu changes of folders, took %lu bytes from %lu files\n", undone,
         cut_bytes, cut_files);
  return status;
}

#endif
