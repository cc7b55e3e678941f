"""Settings from the environment. A value that cannot be understood stops the start with a sentence that says what to mend.

Units stand in the names. Keys live in one file (`LMS_KEYS`, mode 0600) with named, dated keys; the newest signs, all verify.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

ROOT = Path(__file__).resolve().parent.parent
MB = 2**20
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_HOURS = re.compile(rf"{_CLOCK}-{_CLOCK}(,{_CLOCK}-{_CLOCK})*")
PURPOSES = ("cookie", "phone", "phone_index", "signing")


class BadSettings(Exception):
    """The environment or the key file cannot be understood; the message says what to mend."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between sites. `variable()` names the environment variable of each field."""

    database_url: str = f"sqlite:///{ROOT / 'instance' / 'jiangtai.sqlite3'}"
    keys: Path = ROOT / "instance" / "keys.json"
    media_dir: Path = ROOT / "media"
    storage: str = "local"
    s3_bucket: str = ""
    s3_endpoint: str = ""
    s3_addressing: str = "path"
    s3_link_seconds: int = 0
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    proxies: tuple[str, ...] = ()
    package_origin: str = ""
    public_origin: str = ""
    inside_hosts: tuple[str, ...] = ()
    reminder_hours: str = "09:00-11:30,14:00-17:30"
    https: bool = False
    totp: bool = True
    password_policy: str = "dengbao"
    threads: int = 8
    port: int = 8000
    body_limit_bytes: int = 2_000_000
    upload_limit_bytes: int = 2_147_483_648
    upload_part_bytes: int = 8_388_608
    clamav: str = ""
    session_hours: int = 12
    scheduler: str = "off"
    read_only: bool = False
    x_accel_prefix: str = ""
    office_command: str = "soffice"
    speech_command: str = ""
    log_level: str = "info"
    log_file: str = ""
    metrics_token: str = ""

    def __post_init__(self) -> None:
        _require(self.storage in ("local", "s3"), "LMS_STORAGE 只能是 local 或 s3")
        _require(self.storage == "local" or bool(self.s3_bucket), "LMS_STORAGE=s3 时必须给出 LMS_S3_BUCKET")
        _require(0 <= self.s3_link_seconds <= 60, "LMS_S3_LINK_SECONDS 须在 0 到 60 之间")
        _require(self.scheduler in ("off", "inside"), "LMS_SCHEDULER 只能是 off 或 inside")
        _require(self.password_policy in ("dengbao", "asvs"), "LMS_PASSWORD_POLICY 只能是 dengbao 或 asvs")
        least = 5 * MB if self.storage == "s3" else MB // 16
        _require(least <= self.upload_part_bytes <= 64 * MB, f"LMS_UPLOAD_PART_BYTES 须在 {least} 到 {64 * MB} 之间")
        _require(
            not self.package_origin or bool(_ORIGIN.fullmatch(self.package_origin)),
            "LMS_PACKAGE_ORIGIN 须形如 https://packages.example.org，末尾不带斜杠",
        )
        _require(
            not self.public_origin or bool(_ORIGIN.fullmatch(self.public_origin)),
            "LMS_PUBLIC_ORIGIN 须形如 https://jiangtai.example.org，末尾不带斜杠",
        )
        _require(bool(_HOURS.fullmatch(self.reminder_hours)), "LMS_REMINDER_HOURS 须形如 09:00-11:30,14:00-17:30")
        _require(
            set(self.hosts) != {self.package_origin.partition("://")[2].partition(":")[0]},
            "LMS_PACKAGE_ORIGIN 不能就是网站自己的主机名，请为课件另设一个",
        )
        _require(
            all(_is_network(each) for each in self.proxies), "LMS_PROXIES 须是地址或网段，如 127.0.0.1,10.0.3.0/24"
        )
        _require(
            not self.metrics_token or len(self.metrics_token) >= 16,
            "LMS_METRICS_TOKEN 至少 16 个字符，可用 openssl rand -hex 16 生成",
        )
        _require(1 <= self.threads <= 64, "LMS_THREADS 须在 1 到 64 之间")
        _require(1 <= self.session_hours <= 168, "LMS_SESSION_HOURS 须在 1 到 168 之间")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def s3_origin(self) -> str:
        """Where browsers reach the bucket, as policies name it; "" when there is none, or no LMS_S3_ENDPOINT."""
        scheme, _, host = self.s3_endpoint.rstrip("/").partition("://")
        if self.storage != "s3" or not host:
            return ""
        return f"{scheme}://{self.s3_bucket}.{host}" if self.s3_addressing == "virtual" else f"{scheme}://{host}"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise BadSettings(message)


def variable(name: str) -> str:
    """The environment variable that sets a field of Settings."""
    return "DATABASE_URL" if name == "database_url" else f"LMS_{name.upper()}"


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings as the environment gives them; raises BadSettings with the variable's name."""
    environment = os.environ if environment is None else environment
    known = {variable(f.name): f for f in fields(Settings)}
    values = {f.name: _read(name, environment[name], f.type) for name, f in known.items() if environment.get(name)}
    return Settings(**values)  # type: ignore[arg-type]


def _read(name: str, text: str, kind: object) -> object:
    try:
        if kind is int:
            return int(text)
        if kind is bool:
            return {"1": True, "on": True, "true": True, "0": False, "off": False, "false": False}[text.lower()]
        if kind is Path:
            return Path(text)
        if kind == tuple[str, ...]:
            return tuple(part.strip() for part in text.split(",") if part.strip())
    except (ValueError, KeyError) as problem:
        raise BadSettings(f"{name}={text!r} 无法识别，请检查这一项设置") from problem
    return text


@dataclass(frozen=True)
class Keys:
    """Named secrets, newest first in each purpose."""

    by_purpose: Mapping[str, list[tuple[str, bytes]]] = field(repr=False)

    def newest(self, purpose: str) -> bytes:
        return self.by_purpose[purpose][0][1]

    def mac(self, purpose: str, text: str) -> str:
        """Hex HMAC-SHA256 of the text under the newest key of the purpose."""
        return hmac.new(self.newest(purpose), text.encode(), hashlib.sha256).hexdigest()

    def mac_fits(self, purpose: str, text: str, given: str) -> bool:
        """True when any key of the purpose makes the given MAC; in constant time per key."""
        made = (hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for _, key in self.by_purpose[purpose])
        return any(hmac.compare_digest(one.encode(), given.encode()) for one in made)

    def seal(self, purpose: str, text: str) -> str:
        return self._box(purpose).encrypt(text.encode()).decode()

    def unseal(self, purpose: str, sealed: str) -> str:
        return self._box(purpose).decrypt(sealed.encode()).decode()

    def _box(self, purpose: str) -> MultiFernet:
        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for _, key in self.by_purpose[purpose]])

    def sign(self, payload: bytes) -> tuple[str, str]:
        """Ed25519 signature (base64) of the payload and the name of the key that made it."""
        name, raw = self.by_purpose["signing"][0]
        return base64.b64encode(Ed25519PrivateKey.from_private_bytes(raw).sign(payload)).decode(), name

    def public_keys(self) -> dict[str, str]:
        """Name → base64 public key, for publications and outside verification."""
        made = (
            (name, Ed25519PrivateKey.from_private_bytes(raw).public_key()) for name, raw in self.by_purpose["signing"]
        )
        return {name: base64.b64encode(k.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode() for name, k in made}


def load_keys(path: Path) -> Keys:
    """The keys of the file; raises BadSettings when it is missing, readable by others or incomplete."""
    if not path.exists():
        raise BadSettings(f"找不到密钥文件 {path}：请先运行 ./dev keys，或用 LMS_KEYS 指定已有的文件")
    if path.stat().st_mode & 0o077:
        raise BadSettings(f"密钥文件 {path} 可被他人读取，请执行 chmod 600")
    try:
        raw = json.loads(path.read_text())
        return Keys({p: [(k["name"], base64.b64decode(k["secret"])) for k in raw[p]] for p in PURPOSES})
    except (KeyError, ValueError, TypeError) as problem:
        raise BadSettings(f"密钥文件 {path} 不完整：缺少或损坏的用途 {problem}") from problem


def create_keys(path: Path, name: str) -> None:
    """Write a new key file with one key per purpose, readable by the owner only. An existing file is kept."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    made = {p: [{"name": name, "secret": base64.b64encode(_fresh(p)).decode()}] for p in PURPOSES}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(made, file, indent=1)


def _fresh(purpose: str) -> bytes:
    if purpose != "signing":
        return secrets.token_bytes(32)
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
