"""A log file that several processes write and that is turned over from outside (logrotate), without a signal to anybody."""

import os
import threading
import time
from pathlib import Path

LOOKED_AGAIN_SECONDS = 1.0


class LogFile:
    """Takes lines through `write`. Each is one write at the end of the file, so lines of several processes never mix; when the
    file was moved or removed, the next line after a second opens it anew."""

    def __init__(self, path: Path) -> None:
        self._path, self._mutex = path, threading.Lock()
        self._looked_at = 0.0
        self._file = self._opened()

    def _opened(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def write(self, text: str) -> int:
        """The whole text is in the file. Raises OSError, as a full disk does."""
        data = text.encode()
        with self._mutex:
            if time.monotonic() - self._looked_at > LOOKED_AGAIN_SECONDS:
                self._look()
            os.write(self._file, data)
        return len(text)

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        try:
            there, ours = os.stat(self._path), os.fstat(self._file)
            moved = (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)
        except FileNotFoundError:
            moved = True
        if moved:
            new = self._opened()
            os.close(self._file)
            self._file = new

    def flush(self) -> None:
        """Nothing is kept back."""
