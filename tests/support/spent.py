"""How much work something was, told by the processors and not by the clock on the wall: a busy machine makes nothing slower here."""

import os
import time


def cpu_seconds() -> float:
    """Processor time of this process so far, all its threads and ended children."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
