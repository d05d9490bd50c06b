"""What the figures were made on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import minigrad as mg

PACKAGES = ["torch", "jax", "mygrad", "autograd", "micrograd", "graphviz", "matplotlib"]
THREADS = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "XLA_FLAGS"]


def describe() -> dict[str, str]:
    """Everything that a figure may depend on, in words."""
    set_here = [f"{name}={os.environ[name]}" for name in THREADS if name in os.environ]
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "CPU": cpu(),
        "cores": str(cores()),
        "load": f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown",
        "threads": ", ".join(set_here) or "every library's default",
        "system": platform.platform(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "minigrad": mg.__version__,
        "NumPy": f"{np.__version__}, {blas['name']} {blas['version']}",
        **{name: installed for name in PACKAGES if (installed := version_of(name))},
    }


def cpu() -> str:
    """The CPU's name, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def on_cores() -> str:
    return "On one core" if cores() == 1 else f"On {cores()} cores"


def version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
