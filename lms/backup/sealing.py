"""A file sealed with a passphrase, written and read as a stream.

Scrypt (N = 2**15, r = 8, p = 1) makes the key; pieces of 1 MB are sealed by AES-256-GCM one after the other. The nonce counts the pieces and
marks the last one (STREAM, Hoang, Reyhanitabar, Rogaway and Vizár 2015), so pieces cannot be changed, swapped, left out or cut off unnoticed.
"""

import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from lms.backup.errors import BadBackup

MAGIC = b"JTSEAL1\n"
PIECE, TAG, SALT, PREFIX = 2**20, 16, 16, 7


def _cipher(passphrase: bytes, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase))


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, is_last)


class SealedWriter:
    """Takes bytes through `write`; nothing is valid before `close`, which seals the last piece."""

    def __init__(self, raw: BinaryIO, passphrase: bytes) -> None:
        salt, self._prefix = os.urandom(SALT), os.urandom(PREFIX)
        self._raw, self._waiting, self._number = raw, bytearray(), 0
        self._aead = _cipher(passphrase, salt)
        raw.write(MAGIC + salt + self._prefix)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > PIECE:  # a full piece waits: it may turn out to be the last
            self._seal(PIECE, is_last=False)
        return len(data)

    def close(self) -> None:
        self._seal(len(self._waiting), is_last=True)

    def _seal(self, size: int, *, is_last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, is_last=is_last)
        self._raw.write(self._aead.encrypt(nonce, bytes(self._waiting[:size]), None))
        del self._waiting[:size]
        self._number += 1


class SealedReader:
    """Gives the bytes back through `read`. Raises BadBackup for another passphrase and for anything changed or cut."""

    def __init__(self, raw: BinaryIO, passphrase: bytes) -> None:
        salt, self._prefix = raw.read(SALT), raw.read(PREFIX)
        self._raw, self._ready, self._number = raw, bytearray(), 0
        self._aead = _cipher(passphrase, salt)
        self._next = raw.read(PIECE + TAG)
        self._is_over = False

    def read(self, size: int = -1) -> bytes:
        while not self._is_over and (size < 0 or len(self._ready) < size):
            self._open()
        wanted = len(self._ready) if size < 0 else size
        given = bytes(self._ready[:wanted])
        del self._ready[:wanted]
        return given

    def _open(self) -> None:
        piece, self._next = self._next, self._raw.read(PIECE + TAG)
        self._is_over = not self._next
        nonce = _nonce(self._prefix, self._number, is_last=self._is_over)
        try:
            self._ready += self._aead.decrypt(nonce, piece, None)
        except InvalidTag as problem:
            raise BadBackup("the passphrase is another one, or the file was changed or cut") from problem
        self._number += 1
