"""Pages are made in turns: threads that ask for the interpreter at the same moment make each other slower than one after the other.

Every statement lets the interpreter go and has to get it back; with eight threads at it a page took half as much processor time again
(bench/README.md). So only so many are made `together` and the next wait, which costs nothing. Only safe requests wait: an answer, a form or
a sign-in never stands behind a page. A page that waits for something else (a disk, a store) keeps the others for `PATIENCE_SECONDS` and no
longer, so nothing can stand still; what is sent after the page is made is no part of the turn.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

PATIENCE_SECONDS = 0.25

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Turns:
    """A WSGI application whose GET and HEAD requests wait for their turn."""

    def __init__(self, app: Application, *, together: int, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._app, self._patience = app, patience_seconds
        self._free = threading.Semaphore(together)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or not self._free.acquire(timeout=self._patience):
            return self._app(environ, start_response)
        try:
            return self._app(environ, start_response)
        finally:
            self._free.release()
