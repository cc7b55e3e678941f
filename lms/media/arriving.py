"""A part on its way in: read once, piece by piece, and compared with what was said of it."""

import hashlib
from typing import BinaryIO

from lms.media.errors import WrongPart
from lms.storage import Part


class Arriving:
    """A stream that raises WrongPart, instead of ending, unless what was read is the part that was announced."""

    def __init__(self, source: BinaryIO, part: Part) -> None:
        self.source, self.part = source, part
        self.size, self.digest, self._held = 0, hashlib.sha256(), b""

    def peek(self, size: int) -> bytes:
        """The first bytes, which are read again afterwards."""
        while len(self._held) < size and (piece := self.source.read(size - len(self._held))):
            self._held += piece
        return self._held

    def read(self, size: int = -1) -> bytes:
        piece, self._held = self._held or self.source.read(size), b""
        self.size += len(piece)
        self.digest.update(piece)
        if self.size > self.part.size or (not piece and not self._fits()):
            raise WrongPart(field="part")
        return piece

    def _fits(self) -> bool:
        return (self.size, self.digest.hexdigest()) == (self.part.size, self.part.sha256)
