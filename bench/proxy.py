"""nginx as sites run it: `deploy/nginx.conf` with the paths and ports of a temporary folder, on 127.0.0.1, in a process of its own."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from bench.server import ROOT, cpu_of, free_port, tree_of

CONFIG = ROOT / "deploy" / "nginx.conf"
PREFIX = "/_media/"
FRAME = """\
daemon off;
master_process on;
worker_processes {workers};
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    include {folder}/jiangtai.conf;
}}
"""


def find_nginx() -> str | None:
    """The nginx of this machine; Debian puts it where an ordinary PATH may not look."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


class Proxy:
    """Runs from its making to `close`. `trust`: False leaves out the cache of our yes, so that each piece is asked about.
    `plain`: everything of the media directory lies open below /plain/, to see what the machine can do at all."""

    def __init__(
        self, app_port: int, media: Path, folder: Path, *, trust: bool = True, workers: int = 2, plain: bool = False
    ) -> None:
        program = find_nginx()
        assert program is not None, "nginx is not installed"
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "jiangtai.conf").write_text(self._config(app_port, media, folder, trust=trust, plain=plain))
        user = "user root;" if Path.home() == Path("/root") else ""
        (folder / "nginx.conf").write_text(FRAME.format(folder=folder, workers=workers, user=user))
        self._log = folder / "error.log"
        self._process = subprocess.Popen(
            [program, "-e", str(self._log), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        )
        self._wait()

    def _config(self, app_port: int, media: Path, folder: Path, *, trust: bool, plain: bool) -> str:
        config = CONFIG.read_text("utf-8")
        changes = {
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{app_port};",
            "listen 80;": f"listen 127.0.0.1:{self.port};",
            "/run/jiangtai-nginx": f"{folder}/cache",
            "/srv/jiangtai/media/": f"{media}/",
            "/srv/jiangtai/": f"{ROOT}/",
        }
        for written, here in changes.items():
            assert written in config, f"{CONFIG.name} no longer says {written}"
            config = config.replace(written, here)
        if plain:
            config = config.replace(
                "    location / {", f"    location /plain/ {{ alias {media}/; }}\n    location / {{", 1
            )
        return config if trust else config.replace("proxy_cache jiangtai_yes;", "")

    def _wait(self) -> None:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                time.sleep(0.05)
        self.close()
        raise RuntimeError(f"nginx does not answer:\n{self._log.read_text()[-2000:]}")

    def cpu_seconds(self) -> float:
        return sum(cpu_of(pid) for pid in tree_of(self._process.pid))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
