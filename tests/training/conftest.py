"""What the tests of classes and plans share with those of media (a storage and the tasks that examine files) and of contests (one that runs)."""

from tests.contests.conftest import bank, bureau, make_contest, now, running
from tests.media.conftest import run_tasks, storage

__all__ = ["bank", "bureau", "make_contest", "now", "run_tasks", "running", "storage"]
