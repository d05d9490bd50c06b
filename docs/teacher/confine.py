"""Take from this process what a submission does not need, before its code runs (Linux).

- Resource limits: memory, processor time, no files, no core dumps.
- Landlock (kernel 5.13 and newer): it reads Python, its packages and the system's libraries, and
  nothing else.
- A seccomp filter: only the calls of `ALLOWED`. They compute, read files and answer; none of them
  writes a file, starts a process, opens a connection or names another process.

None of this can be taken back by the process, and none of it needs privileges. What Landlock only
learnt later (to refuse truncation, ioctl, signals), the filter refuses on any kernel.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SYSTEM = [
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo"),
    *("/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom"),
]

# https://docs.kernel.org/userspace-api/landlock.html
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ_FILE, READ_DIR = 1 << 2, 1 << 3
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many an ABI knows
TCP, SIGNALS_AND_SOCKETS = 0b11, 0b11

# https://docs.kernel.org/userspace-api/seccomp_filter.html
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
SECCOMP = {"x86_64": 317, "aarch64": 277}
SET_FILTER, FOR_EVERY_THREAD = 1, 1
NEWER = 424
"""From this number on, calls have one number on all machines, and a C library does without them."""

ALLOWED = """
read 0 63 | readv 19 65 | pread64 17 67 | write 1 64 | writev 20 66 | lseek 8 62 | close 3 57
dup 32 23 | dup2 33 - | dup3 292 24 | poll 7 - | ppoll 271 73 | select 23 - | pselect6 270 72
stat 4 - | fstat 5 80 | lstat 6 - | newfstatat 262 79 | statx 332 291 | access 21 -
faccessat 269 48 | readlink 89 - | readlinkat 267 78 | getcwd 79 17 | getdents64 217 61
mmap 9 222 | munmap 11 215 | mremap 25 216 | mprotect 10 226 | brk 12 214 | madvise 28 233
futex 202 98 | set_robust_list 273 99 | set_tid_address 218 96 | rseq 334 293
membarrier 324 283 | sched_yield 24 124 | sched_getaffinity 204 123 | getcpu 309 168
rt_sigaction 13 134 | rt_sigprocmask 14 135 | rt_sigreturn 15 139 | sigaltstack 131 132
clock_gettime 228 113 | clock_getres 229 114 | clock_nanosleep 230 115 | nanosleep 35 101
gettimeofday 96 169 | time 201 - | times 100 153 | getrusage 98 165 | restart_syscall 219 128
getpid 39 172 | gettid 186 178 | getppid 110 173 | getuid 102 174 | geteuid 107 175
getgid 104 176 | getegid 108 177 | uname 63 160 | sysinfo 99 179 | getrandom 318 278
arch_prctl 158 - | exit 60 93 | exit_group 231 94
open 2 - | openat 257 56 | clone 56 220 | fcntl 72 25 | ioctl 16 29 | prlimit64 302 261
"""
"""Calls by name, with their numbers on x86-64 and aarch64; `program_for` guards the last line."""


YES, NO = (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, EPERM)
CLONE_THREAD = 0x10000
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | 0o20000  # O_ASYNC
DESCRIPTOR_FLAGS = [0, 1, 2, 3, 1030]  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC
TERMINAL = [0x5401, 0x802C542A, 0x5451]  # TCGETS, TCGETS2: is it a terminal?; FIOCLEX


def confine(seconds: int, megabytes: int, readable: list[str]) -> list[str]:
    """Confine this process for good; return what this system could not do."""
    missing = []
    if not limit(seconds, megabytes):
        missing.append("resource limits")
    if sys.platform != "linux":
        return [*missing, "file access", "processes and network"]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if not restrict_files(libc, [*SYSTEM, *readable]):
        missing.append("file access")
    if not filter_calls(libc):
        missing.append("processes and network")
    return missing


def limit(seconds: int, megabytes: int) -> bool:
    """Limit memory, processor time and files."""
    try:
        import resource
    except ImportError:
        return False
    limits = {"AS": megabytes * 2**20, "CPU": seconds, "NOFILE": 64}
    limits |= {"CORE": 0, "FSIZE": 0, "NPROC": 0}
    for name, value in limits.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
        except (OSError, ValueError, AttributeError):
            return False
    return True


def restrict_files(libc: ctypes.CDLL, readable: list[str]) -> bool:
    """Let this process read beneath the paths, and touch no other file."""
    abi = libc.syscall(CREATE_RULESET, None, 0, 1)
    if abi < 1:
        return False
    rights = (1 << FILE_RIGHTS.get(abi, 16)) - 1
    attributes = struct.pack("QQQ", rights, TCP, SIGNALS_AND_SOCKETS)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = libc.syscall(CREATE_RULESET, attributes[:size], size, 0)
    for path in filter(os.path.exists, readable):
        access = READ_FILE | READ_DIR if Path(path).is_dir() else READ_FILE
        beneath = os.open(path, os.O_PATH)
        libc.syscall(ADD_RULE, ruleset, 1, struct.pack("=Qi", access, beneath), 0)
        os.close(beneath)
    done = libc.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return done


def numbers_of(machine: str) -> dict[str, int]:
    """Return the calls of `ALLOWED` that a machine has, with their numbers there."""
    column = list(MACHINES).index(machine)
    rows = [row.split() for row in ALLOWED.replace("|", "\n").strip().splitlines()]
    return {name: int(found[column]) for name, *found in rows if found[column] != "-"}


def program_for(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the filter: each instruction with what it skips if true, if false, and its value."""
    numbers = numbers_of(machine)
    guarded = {
        "clone": [argument(0), (ANY_BIT, 0, 1, CLONE_THREAD), YES, NO],
        "open": [argument(1), (ANY_BIT, 1, 0, WRITING), YES, NO],
        "openat": [argument(2), (ANY_BIT, 1, 0, WRITING), YES, NO],
        "fcntl": [argument(1), *allow_each(DESCRIPTOR_FLAGS), NO],
        "ioctl": [argument(1), *allow_each(TERMINAL), NO],
        "prlimit64": [  # to ask, for itself: pid 0, and no new limits
            *(argument(0), (EQUAL, 0, 5, 0)),
            *(argument(2), (EQUAL, 0, 3, 0)),
            *(argument(2, 4), (EQUAL, 0, 1, 0)),
            *(YES, NO),
        ],
    }
    program = [
        *((LOAD, 0, 0, 4), (EQUAL, 1, 0, MACHINES[machine]), (RETURN, 0, 0, KILL)),
        (LOAD, 0, 0, 0),  # the call's number
    ]
    for name, tests in guarded.items():
        if name in numbers:
            program += [(EQUAL, 0, len(tests), numbers[name]), *tests]
    program += allow_each([number for name, number in numbers.items() if name not in guarded])
    return [*program, (AT_LEAST, 0, 1, NEWER), (RETURN, 0, 0, ENOSYS), NO]


def argument(place: int, half: int = 0) -> tuple[int, int, int, int]:
    """Load the lower half of a call's argument, or, with 4, its upper half."""
    return (LOAD, 0, 0, 16 + 8 * place + half)


def allow_each(values: list[int]) -> list[tuple[int, int, int, int]]:
    return [step for value in values for step in ((EQUAL, 0, 1, value), YES)]


def filter_calls(libc: ctypes.CDLL) -> bool:
    """Have the kernel refuse all calls but those of `ALLOWED`."""
    if platform.machine() not in MACHINES or sys.maxsize < 2**32:
        return False
    program = program_for(platform.machine())
    instructions = ctypes.create_string_buffer(
        b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    )
    header = struct.pack("H6xP", len(program), ctypes.addressof(instructions))
    return libc.syscall(SECCOMP[platform.machine()], SET_FILTER, FOR_EVERY_THREAD, header) == 0
