"""Take from this process what a submission does not need, before its code runs (Linux).

- Resource limits: memory, processor time, no files, no core dumps.
- Landlock (kernel 5.13 and newer): it reads Python, its packages and the system's libraries, and
  nothing else; it writes, deletes and starts nothing. From 6.12 on it also signals nobody.
- A seccomp filter (x86-64): no new processes, no sockets, no changes of modes, owners or limits.

None of this can be taken back by the process, and none of it needs privileges.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SYSTEM = [
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo"),
    *("/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom"),
]

# https://docs.kernel.org/userspace-api/landlock.html
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ_FILE, READ_DIR = 1 << 2, 1 << 3
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many an ABI knows
TCP, SIGNALS_AND_SOCKETS = 0b11, 0b11

# https://docs.kernel.org/userspace-api/seccomp_filter.html; numbers of x86-64
X86_64, X32 = 0xC000003E, 0x40000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
CLONE, CLONE3, CLONE_THREAD = 56, 435, 0x10000
DENIED = [
    *(57, 58, 59, 322),  # fork, vfork, execve, execveat
    *(62, 200, 234, 129, 297, 424, 434, 438),  # kill, tkill, tgkill, ..., pidfd_*
    *(101, 310, 311),  # ptrace, process_vm_readv, process_vm_writev
    *(41, 53, 425),  # socket, socketpair, io_uring_setup
    *(160, 302, 141, 142, 144, 203),  # setrlimit, prlimit64, priorities of others
    *(109, 112, 272, 308),  # setpgid, setsid, unshare, setns
    *(90, 91, 268, 452, 92, 93, 94, 260),  # chmod, chown and their family
    *(132, 235, 261, 280, *range(188, 191), *range(197, 200)),  # times, extended attributes
    *(155, 161, 163, 164, 165, 166, 167, 168, 169, 170, 171, 175, 176, 179, 227, 246, 313, 320),
    *(248, 249, 250, 298, 304, 305, 321, 323),  # keys, perf, handles, clocks, bpf, userfaultfd
    *(29, 64, 68, 240),  # shared memory, semaphores and message queues
]


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
    memory = megabytes * 2**20
    limits = {"AS": memory, "CPU": seconds, "CORE": 0, "FSIZE": 0, "NPROC": 0}
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


def filter_calls(libc: ctypes.CDLL) -> bool:
    """Have the kernel refuse the calls of `DENIED`, and every process that is not a thread."""
    if platform.machine() != "x86_64":
        return False
    program = [
        (LOAD, 0, 0, 4),  # the architecture
        *((EQUAL, 1, 0, X86_64), (RETURN, 0, 0, KILL)),
        (LOAD, 0, 0, 0),  # the call's number
        *((AT_LEAST, 0, 1, X32), (RETURN, 0, 0, EPERM)),
        *((EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, ENOSYS)),
    ]
    for number in DENIED:
        program += [(EQUAL, 0, 1, number), (RETURN, 0, 0, EPERM)]
    program += [
        *((EQUAL, 1, 0, CLONE), (RETURN, 0, 0, ALLOW)),
        (LOAD, 0, 0, 16),  # clone's flags
        *((ANY_BIT, 0, 1, CLONE_THREAD), (RETURN, 0, 0, ALLOW)),
        (RETURN, 0, 0, EPERM),
    ]
    instructions = ctypes.create_string_buffer(
        b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    )
    header = struct.pack("H6xP", len(program), ctypes.addressof(instructions))
    return libc.prctl(PR_SET_SECCOMP, 2, header, 0, 0) == 0
