"""Password hashes: argon2id (19 MiB, t=2, p=1), at most two at a time, so that a rush of sign-ins cannot starve the answers."""

import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
_turns = threading.BoundedSemaphore(2)
_nobody = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$uJlqHUfEIYnGB1m3bWrJHDKDyXjq2ZwOgxAhxNoLFbY"


def hash_password(password: str) -> str:
    with _turns:
        return _hasher.hash(password)


def password_fits(hashed: str | None, password: str) -> bool:
    """True when the password made the hash; takes as long for a person who does not exist or has none."""
    with _turns:
        try:
            _hasher.verify(hashed or _nobody, password)
            return hashed is not None
        except (VerifyMismatchError, InvalidHashError):
            return False
