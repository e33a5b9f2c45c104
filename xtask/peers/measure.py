"""Runs a command and prints what it used, as JSON: CPU seconds, wall seconds, peak memory.

usage: measure.py COMMAND ARGUMENT...
"""

import json
import os
import sys
import time

started = time.monotonic()
child = os.posix_spawnp(
    sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)]
)
_, status, used = os.wait4(child, 0)
print(json.dumps({
    "status": os.waitstatus_to_exitcode(status),
    "cpu_ms": round((used.ru_utime + used.ru_stime) * 1000),
    "wall_ms": round((time.monotonic() - started) * 1000),
    "peak_kib": used.ru_maxrss,
}))
