"""Runs `migrate-checkpoint SRC DST` where no file can grow beyond LIMIT bytes.

Run: python -m tests.checkpoint.full_disk SRC DST LIMIT
"""

import resource
import signal
import sys

from migrate_norm.cli.migrate_checkpoint import main

if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that writing fails with EFBIG, as it does with ENOSPC
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    raise SystemExit(main(sys.argv[1:3]))
