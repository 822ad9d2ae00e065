"""Reads facts about running processes from the kernel, and kills processes."""

import contextlib
import os
import select
import signal
from pathlib import Path

END_S = 5.0


def family(root: int) -> list[int]:
    """Return *root* and the ids of all its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [root]
    for pid in found:  # the list grows during the loop
        found.extend(children.get(pid, []))
    return found


def ended(pid: int) -> bool:
    """Kill a process and wait for its end; return False when it does not end."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        return bool(select.select([process], [], [], END_S)[0])
    except ProcessLookupError:
        return True
    finally:
        os.close(process)


def private_bytes(pid: int) -> int:
    """Return the memory of a process that is not shared with a file, in bytes."""
    with contextlib.suppress(OSError, IndexError):
        pages = Path(f"/proc/{pid}/statm").read_text().split()
        return (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGE_SIZE")
    return 0


def cpu_ticks(pid: int) -> int:
    """Return the processor time of a process and of its finished children."""
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:15])
    return 0
