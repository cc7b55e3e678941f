"""nginx as sites run it: `deploy/nginx.conf` with the paths and ports of a temporary folder, on 127.0.0.1, in a process of its own."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from bench.server import ROOT, cpu_of, free_port, tree_of

DEPLOY = ROOT / "deploy"
SITE = DEPLOY / "nginx"
TURNS = "    server 127.0.0.1:8000 max_fails=0;\n    server 127.0.0.1:8001 max_fails=0;\n"
MANY = re.compile(r"    # server 10\.0\.3\.11:8000 (.*)\n")
CHANGES: Sequence[tuple[str, str]] = ()
"""What is written differently to see that it would be noticed: a test's mutant."""
PREFIX = "/_media/"
FRAME = """\
daemon off;
master_process on;
worker_processes {workers};
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 8192; }}
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
    """Runs from its making to `close`. `app_port` names the site's port, or those of all its nodes; `takes_turns`: of the two one
    runs at a time. `media` is the folder of files, or
    the address of an S3 server (`http://…`). `trust`: False leaves out the cache of our yes, so that each piece is asked about.
    `plain`: everything of the media directory lies open below /plain/, to see what the machine can do at all."""

    def __init__(
        self,
        app_port: int | Sequence[int],
        media: Path | str,
        folder: Path,
        *,
        port: int = 0,
        takes_turns: bool = False,
        trust: bool = True,
        workers: int = 2,
        plain: bool = False,
    ) -> None:
        program = find_nginx()
        assert program is not None, "nginx is not installed"
        self.port = port or free_port()
        folder.mkdir(parents=True, exist_ok=True)
        ports = [app_port] if isinstance(app_port, int) else list(app_port)
        config = _changed(
            _listening(ports, media, folder, self.port, takes_turns=takes_turns or len(ports) == 1), CHANGES
        )
        if plain:
            config = config.replace(
                "    location / {", f"    location /plain/ {{ alias {media}/; }}\n    location / {{", 1
            )
        if not trust:
            config = config.replace("proxy_cache jiangtai_yes;", "")
        (folder / "jiangtai.conf").write_text(config)
        user = "user root;" if Path.home() == Path("/root") else ""
        (folder / "nginx.conf").write_text(FRAME.format(folder=folder, workers=workers, user=user))
        self._log = folder / "error.log"
        self._process = subprocess.Popen(
            [program, "-e", str(self._log), "-c", str(folder / "nginx.conf"), "-p", str(folder)], start_new_session=True
        )
        self._wait()

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


def _listening(ports: Sequence[int], media: Path | str, folder: Path, port: int, *, takes_turns: bool) -> str:
    """`deploy/nginx.conf` with what it includes, for these nodes and this folder, without TLS."""
    upstream = (SITE / "upstream.conf").read_text("utf-8")
    one_of_many = MANY.search(upstream)
    assert one_of_many is not None, "upstream.conf no longer says how a node of several is named"
    nodes = "".join(f"    server 127.0.0.1:{each} {one_of_many[1]}\n" for each in ports)
    if takes_turns:
        nodes = TURNS.replace("8000", str(ports[0])).replace("8001", str(ports[-1]))
    upstream = _changed(upstream, [(TURNS + one_of_many[0], nodes)])
    return _changed(
        (DEPLOY / "nginx.conf").read_text("utf-8"),
        [
            ("include /etc/jiangtai/nginx/upstream.conf;", upstream),
            ("include /etc/jiangtai/nginx/listen.conf;", f"listen 127.0.0.1:{port};"),
            ("include /etc/jiangtai/nginx/media.conf;", _media(media)),
            ("/run/jiangtai-nginx", f"{folder}/cache"),
            ("/srv/jiangtai/lms/", f"{ROOT}/lms/"),
        ],
    )


def _media(media: Path | str) -> str:
    if isinstance(media, Path):
        return _changed((SITE / "media.conf").read_text("utf-8"), [("/srv/jiangtai/media/", f"{media}/")])
    host = media.partition("://")[2]
    config = (SITE / "media-s3.conf").read_text("utf-8")
    return _changed(config, [("https://s3.example/", f"{media}/"), ("Host s3.example", f"Host {host}")])


def _changed(config: str, changes: Sequence[tuple[str, str]]) -> str:
    for written, here in changes:
        assert written in config, f"the configuration no longer says {written}"
        config = config.replace(written, here)
    return config
