"""A network that loses responses: the request arrives, the answer does not."""

import socket
import threading
from random import Random

from bench.load import LENGTH, Answer

PATIENCE_SECONDS = 10.0


class LossyProxy:
    """In front of a server; of each two answers it loses about one, after the server has given it. `lost` counts them."""

    def __init__(self, port: int, rng: Random) -> None:
        self._upstream, self._rng = port, rng
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        self.passed = self.lost = 0
        self._turn = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client:
            client.settimeout(PATIENCE_SECONDS)
            answer = exchange(self._upstream, whole(client))
            with self._turn:
                is_lost = self._rng.random() < 0.5
                self.lost += is_lost
                self.passed += not is_lost
            if not is_lost:
                client.sendall(answer)


def whole(sender: socket.socket) -> bytes:
    """One message with its body; what came so far when the other side closes."""
    received = b""
    while part := sender.recv(65_536):
        received += part
        head, found, body = received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if found and len(body) >= (int(length[1]) if length else 0):
            break
    return received


def exchange(port: int, raw: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as server:
        server.sendall(raw)
        return whole(server)


def until_heard(port: int, raw: bytes, most: int = 60) -> Answer:
    """The answer, asked for again with the same bytes each time it is lost. Raises ConnectionError after so many times."""
    for _ in range(most):
        heard = exchange(port, raw)
        if heard:
            head, _, body = heard.partition(b"\r\n\r\n")
            return Answer(int(head[9:12]), head, body)
    raise ConnectionError(f"no answer in {most} attempts")
