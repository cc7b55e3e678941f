"""Password hashes: argon2id (19 MiB, t=2, p=1), made off the answers' way.

At most two at a time, by threads of the lowest urgency: a hash is computed without the interpreter's lock, so a rush of sign-ins could otherwise
take both processors of a small machine from the answers of an exam. On systems where a thread has no urgency of its own they are ordinary threads.
"""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

AT_ONCE, NICENESS = 2, 10

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
_nobody = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$uJlqHUfEIYnGB1m3bWrJHDKDyXjq2ZwOgxAhxNoLFbY"


def hash_password(password: str) -> str:
    return _pool.submit(_hasher.hash, password).result()


def password_fits(hashed: str | None, password: str) -> bool:
    """True when the password made the hash; takes as long for a person who does not exist or has none."""
    return _pool.submit(_fits, hashed, password).result()


def _fits(hashed: str | None, password: str) -> bool:
    try:
        _hasher.verify(hashed or _nobody, password)
        return hashed is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def _yield_to_others() -> None:
    """Once for each thread; Linux gives threads urgencies of their own, and lets nobody take a higher one back."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hash", initializer=_yield_to_others)
