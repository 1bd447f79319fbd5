/*
 * Included before every file that goes into an addon, so that what is compiled on a new glibc runs on an
 * old one: 2.33 and 2.34 gave these functions new versions without changing what they do. Node itself
 * asks for 2.28.
 */
#pragma once
#include <features.h>

#ifdef __GLIBC__
/* From 2.38 on, strtol and its kin are other functions for who asks for C23 or GNU extensions. */
#undef __GLIBC_USE_C2X_STRTOL
#define __GLIBC_USE_C2X_STRTOL 0
#undef __GLIBC_USE_C23_STRTOL
#define __GLIBC_USE_C23_STRTOL 0

#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The version that each has had since the architecture was new. */
#if defined(__x86_64__)
#define GLIBC_BASE "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define GLIBC_BASE "GLIBC_2.17"
#else
#error "which glibc did this architecture come with?"
#endif

#define GLIBC_KEEP(function) __asm__(".symver " #function "," #function "@" GLIBC_BASE)

GLIBC_KEEP(pthread_create);
GLIBC_KEEP(pthread_join);
GLIBC_KEEP(pthread_once);

/* Before 2.33 it was no symbol at all. On 64-bit machines the kernel's struct is the C library's. */
static inline int glibc_fstat(int fd, struct stat *status)
{
	return (int)syscall(SYS_fstat, fd, status);
}
#define fstat(fd, status) glibc_fstat(fd, status)
#endif
