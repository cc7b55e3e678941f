"""The files a site is run by are whole: nginx takes the configuration in every form, units and settings name what exists."""

import re
import shutil
import subprocess
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bench.proxy import FRAME, find_nginx
from lms.cli import COMMANDS
from lms.config import Settings, from_environment, variable
from lms.upkeep.rules import BACKUP_MOST, REHEARSAL_MOST
from lms.web.requests import large_body

SITE_FILE = re.compile(r"include /etc/jiangtai/nginx/(\w+)\.conf;")


@pytest.fixture
def deploy(repository):
    return repository / "deploy"


def whole(deploy, *, media="media", nodes="nginx/upstream"):
    """nginx.conf with what it includes."""
    chosen = {"media": f"nginx/{media}", "upstream": nodes, "listen": "nginx/listen"}
    config = (deploy / "nginx.conf").read_text("utf-8")
    return SITE_FILE.sub(lambda found: (deploy / f"{chosen[found[1]]}.conf").read_text("utf-8"), config)


def give_certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jiangtai.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "fullchain.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "privkey.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.mark.parametrize("media", ["media", "media-s3"])
@pytest.mark.parametrize("nodes", ["nginx/upstream", "compose/upstream"])
def test_nginx_takes_the_configuration_with_tls(deploy, tmp_path, media, nodes):
    if find_nginx() is None:
        pytest.skip("nginx is not installed")
    give_certificate(tmp_path)
    config = whole(deploy, media=media, nodes=nodes)
    here = {
        "/etc/jiangtai/tls": tmp_path,
        "/run/jiangtai-nginx": tmp_path / "cache",
        "https://s3.example": "http://127.0.0.1:1",
    }
    for written, instead in here.items():
        config = config.replace(written, str(instead))
    for port, other in (("listen 80;", "listen 127.0.0.1:18080;"), ("listen 443 ssl", "listen 127.0.0.1:18443 ssl")):
        assert port in config
        config = config.replace(port, other)
    (tmp_path / "jiangtai.conf").write_text(config)
    (tmp_path / "nginx.conf").write_text(FRAME.format(folder=tmp_path, workers=1, user=""))
    command = [
        find_nginx(),
        "-t",
        "-q",
        "-e",
        str(tmp_path / "error.log"),
        "-c",
        str(tmp_path / "nginx.conf"),
        "-p",
        str(tmp_path),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def streaming_of(config):
    """The addresses whose bodies nginx passes on as they come."""
    found = re.search(r"location ~ (\S+) \{\s+client_max_body_size 0;\s+proxy_request_buffering off;", config)
    return re.compile(found[1])


def test_every_address_that_takes_a_film_streams_and_no_save_of_an_exam_does(app, deploy):
    streams = streaming_of((deploy / "nginx.conf").read_text("utf-8"))
    large = {
        rule.rule
        for rule in app.url_map.iter_rules()
        for view in (app.view_functions[rule.endpoint],)
        if getattr(view, "large_body", False) or getattr(view, "body_limit_bytes", 0) > 24_000_000
    }
    assert large
    assert [path for path in sorted(large) if not streams.match(path)] == []
    # What streams is not sent to another node when its own one dies.
    assert [path for path in ("/api/attempts/1/answers", "/api/attempts", "/login", "/") if streams.match(path)] == []
    assert large_body(lambda: None).large_body  # the mark is still called so


def test_the_proxys_yes_to_a_stream_is_for_the_whole_cookie(deploy):
    """Over HTTPS the sign-in's cookie has another name, so a key made of one cookie's value would be the same for everybody."""
    key = re.search(r"proxy_cache_key (.+?);", (deploy / "nginx" / "media.conf").read_text("utf-8"))[1]
    assert "$http_cookie" in key


def settings_in(text):
    return dict(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=(.*)$", text, re.MULTILINE))


def test_the_settings_template_names_settings_that_exist_and_are_understood(deploy):
    given = settings_in((deploy / "jiangtai.env").read_text("utf-8"))
    known = {variable(each.name) for each in fields(Settings)}
    others = {name for name in given if name not in known}
    assert others == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    read = from_environment(given)
    assert (read.https, read.read_only, read.storage, read.proxies) == (True, True, "s3", ("127.0.0.1",))


def units_of(deploy):
    return {unit.name: unit.read_text("utf-8") for unit in (deploy / "systemd").iterdir()}


def test_the_web_unit_starts_the_server_with_options_it_has(repository, deploy):
    web = units_of(deploy)["jiangtai-web@.service"]
    command = re.search(r"^ExecStart=(.+)$", web, re.MULTILINE)[1].split()
    told = subprocess.run(
        [repository / ".venv/bin/granian", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert [option for option in command if option.startswith("--") and option not in told] == []


def test_the_other_units_run_commands_that_exist_with_options_they_have(deploy):
    found = {
        name: re.search(r"^ExecStart=\S+/flask (.+)$", text, re.MULTILINE) for name, text in units_of(deploy).items()
    }
    commands = {name: given[1].split() for name, given in found.items() if given}
    assert {name: words[:2] for name, words in commands.items()} == {
        "jiangtai-backup.service": ["backup", "nightly"],
        "jiangtai-rehearsal.service": ["backup", "rehearse"],
        "jiangtai-worker.service": ["worker"],
    }
    known = {command.name: command for command in COMMANDS}
    for words in commands.values():
        command = known[words[0]]
        for word in words[1:2]:
            command = command.commands[word]
        options = {option for parameter in command.params for option in parameter.opts}
        assert [word for word in words if word.startswith("--") and word not in options] == []


def test_each_timer_has_the_service_it_starts_and_the_doctor_is_patient_enough_for_it(deploy):
    units = units_of(deploy)
    timers = [name for name in units if name.endswith(".timer")]
    assert sorted(timers) == ["jiangtai-backup.timer", "jiangtai-rehearsal.timer"]
    for name in timers:
        assert name.replace(".timer", ".service") in units
        assert "Persistent=yes" in units[name]
    assert "OnCalendar=*-*-* 02:30:00 Asia/Shanghai" in units["jiangtai-backup.timer"]
    assert "OnCalendar=Sun *-*-* 04:00:00 Asia/Shanghai" in units["jiangtai-rehearsal.timer"]
    assert timedelta(days=1) < BACKUP_MOST < timedelta(days=2)
    assert timedelta(days=7) < REHEARSAL_MOST < timedelta(days=14)


def test_systemd_takes_the_units(deploy, tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in (deploy / "systemd").iterdir():
        text = (
            unit.read_text("utf-8")
            .replace("/srv/jiangtai/.venv/bin/", "/bin/")
            .replace("/bin/granian", "/bin/true")
            .replace("/bin/flask", "/bin/true")
        )
        (tmp_path / unit.name.replace("@", "@8000")).write_text(
            re.sub("(?m)^(User|Group|Documentation)=.*\n", "", text)
        )
    told = subprocess.run(
        [program, "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in told.stderr.splitlines() if "jiangtai" in line] == []
