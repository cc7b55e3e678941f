"""Messages out of the house: nothing lost, nothing sent twice by us, nothing inside reached, no secret told."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.config import Keys
from lms.db import MakeSession, unit_of_work
from lms.errors import Conflict
from lms.notices import channel_queries as queries
from lms.notices.channel_rules import (
    Call,
    ChannelKind,
    DeliveryState,
    Tls,
    Unsent,
    dingtalk_signature,
    generic_signature,
)
from lms.notices.models import Channel, Delivery
from lms.notices.outside import addresses, webhooks
from lms.notices.services import channels, outbox, sending
from lms.notices.services.sending import Outside
from tests.notices.making import MONDAY, SECRET, channel, put, with_mail
from tests.support.outside import mail_server, robot

INSIDE = frozenset({"127.0.0.1", "localhost"})
Run = Callable[[], int]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that hangs is given up after half a second."""
    monkeypatch.setattr(addresses, "TALK_SECONDS", 0.5)
    monkeypatch.setattr(webhooks, "TALK_SECONDS", 0.5)


@pytest.fixture
def clockwork() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def send(make_session: MakeSession, session: Session, keys: Keys, clockwork: time_machine.Traveller) -> Run:
    """Commits, sends what is due, and shows what came of it."""
    outside = Outside(keys, INSIDE, "https://jiangtai.example.cn")

    def run() -> int:
        session.commit()
        tried = sending.send_all(make_session, outside)
        session.expire_all()
        return tried

    return run


def test_a_robot_gets_the_message_once_and_never_again(session: Session, keys: Keys, send: Run) -> None:
    with robot() as server:
        message = put(session, keys, channel(session, keys, ChannelKind.WECOM, server.port))
        assert (send(), send()) == (1, 0)
    assert (message.state, message.tries) == (DeliveryState.SENT, 1)
    (request,) = server.requests
    said = json.loads(request.body)["text"]["content"]
    assert said == "停电通知\n周六上午停电。\nhttps://jiangtai.example.cn/notices"
    assert request.line == "POST /robot/send?key=secret-of-the-robot HTTP/1.1"


def test_the_same_cause_puts_one_message_into_the_outbox(session: Session, keys: Keys, send: Run) -> None:
    with robot() as server:
        to = channel(session, keys, ChannelKind.WECOM, server.port)
        put(session, keys, to)
        put(session, keys, to)
        assert send() == 1


@pytest.mark.parametrize("mood", ["500", "502", "429", "408", "refuse", "lost", "hang", "errcode 45009", "errcode -1"])
def test_what_may_pass_is_tried_again_after_a_while_and_arrives(
    session: Session, keys: Keys, send: Run, clockwork: time_machine.Traveller, mood: str
) -> None:
    with robot(mood, "ok") as server:
        message = put(session, keys, channel(session, keys, ChannelKind.WECOM, server.port))
        assert send() == 1
        assert (message.state, message.next_at) == (DeliveryState.QUEUED, MONDAY + timedelta(minutes=1))
        assert message.error
        assert send() == 0
        clockwork.shift(timedelta(minutes=1, seconds=1))
        assert send() == 1
    assert (message.state, message.tries, message.error) == (DeliveryState.SENT, 2, "")


@pytest.mark.parametrize("mood", ["404", "403", "redirect", "errcode 93000", "errcode 310000"])
def test_what_will_not_pass_is_dead_at_once_and_can_be_sent_again_by_hand(
    session: Session, keys: Keys, send: Run, mood: str
) -> None:
    with robot(mood, "ok") as server:
        message = put(session, keys, channel(session, keys, ChannelKind.WECOM, server.port))
        send()
        assert message.state is DeliveryState.DEAD
        assert queries.count_dead(session) == 1
        outbox.retry(session, message, now=clock.now())
        assert send() == 1
        assert message.state is DeliveryState.SENT
        with pytest.raises(Conflict):
            outbox.retry(session, message, now=clock.now())
    assert len(server.requests) == 2  # a redirect was not followed


def test_a_robot_that_is_gone_is_tried_six_times_over_five_hours_and_then_dead(
    session: Session, keys: Keys, send: Run, clockwork: time_machine.Traveller
) -> None:
    with robot("500") as server:
        message = put(session, keys, channel(session, keys, ChannelKind.WECOM, server.port))
        for _ in range(100):
            send()
            clockwork.shift(timedelta(minutes=5))
    assert (message.state, len(server.requests)) == (DeliveryState.DEAD, 6)
    assert message.error == "对方返回 500"


def test_a_message_whose_sender_died_is_sent_by_another_under_the_same_number(
    session: Session, keys: Keys, send: Run, make_session: MakeSession, clockwork: time_machine.Traveller
) -> None:
    with robot() as server:
        to = channel(session, keys, ChannelKind.GENERIC, server.port)
        message = put(session, keys, to)
        session.commit()
        numbers = []

        def die(_: Channel, delivery: Delivery) -> None:
            numbers.append(delivery.id)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            outbox.send_due(make_session, to.id, die)
        assert send() == 0  # another sender might still be at it
        clockwork.shift(outbox.CLAIM + timedelta(seconds=1))
        assert send() == 1
    assert message.state is DeliveryState.SENT
    assert f"jiangtai-{numbers[0]}-" in server.requests[0].headers["x-jiangtai-delivery"]


def test_two_senders_at_once_send_each_message_once(
    session: Session, keys: Keys, make_session: MakeSession, clockwork: time_machine.Traveller
) -> None:
    with robot() as server:
        to = channel(session, keys, ChannelKind.GENERIC, server.port)
        for n in range(20):
            put(session, keys, to, key=f"k{n}")
        session.commit()
        outside = Outside(keys, INSIDE, "")
        threads = [threading.Thread(target=sending.send_all, args=(make_session, outside)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    got = [request.headers["x-jiangtai-delivery"] for request in server.requests]
    assert len(got) == 20
    assert len(set(got)) == 20


def test_a_channel_sends_no_more_in_a_minute_than_it_may(
    session: Session, keys: Keys, send: Run, clockwork: time_machine.Traveller
) -> None:
    with robot() as server:
        to = channel(session, keys, ChannelKind.WECOM, server.port, per_minute=3)
        for n in range(5):
            put(session, keys, to, key=f"k{n}")
        assert (send(), send()) == (3, 0)
        clockwork.shift(timedelta(minutes=1, seconds=1))
        assert send() == 2


def test_a_channel_that_is_off_keeps_its_messages_and_sends_tests(session: Session, keys: Keys, send: Run) -> None:
    with robot() as server:
        to = channel(session, keys, ChannelKind.WECOM, server.port, on=False)
        kept = put(session, keys, to)
        channels.test(session, to, keys=keys, now=clock.now())
        with pytest.raises(Conflict):
            channels.test(session, to, keys=keys, now=clock.now())
        assert send() == 1
        assert "测试消息" in server.requests[0].body.decode()
        assert kept.state is DeliveryState.QUEUED
        to.is_on = True
        assert send() == 1


def test_a_message_that_cannot_even_be_made_stops_no_other(session: Session, keys: Keys, send: Run) -> None:
    with robot() as server:
        broken = channel(session, keys, ChannelKind.WECOM, server.port)
        broken.secret_sealed = keys.seal("phone", "no JSON at all")
        first = put(session, keys, broken, key="broken")
        second = put(session, keys, channel(session, keys, ChannelKind.WECOM, server.port), key="whole")
        assert send() == 2
    assert (first.state, first.error) == (DeliveryState.QUEUED, "系统出错，没有发出")
    assert second.state is DeliveryState.SENT


def test_what_has_run_out_is_not_sent_any_more(
    session: Session, keys: Keys, send: Run, clockwork: time_machine.Traveller
) -> None:
    with robot("500", "ok") as server:
        to = channel(session, keys, ChannelKind.WECOM, server.port)
        message = put(session, keys, to, expires_at=MONDAY + timedelta(seconds=50))
        send()
        clockwork.shift(timedelta(minutes=2))
        assert send() == 0
    assert message.state is DeliveryState.EXPIRED
    assert len(server.requests) == 1


# --- signatures


def test_a_generic_robot_can_check_that_the_message_is_ours_and_tell_a_repeat(
    session: Session, keys: Keys, send: Run, clockwork: time_machine.Traveller
) -> None:
    with robot("500", "ok") as server:
        put(session, keys, channel(session, keys, ChannelKind.GENERIC, server.port))
        send()
        clockwork.shift(timedelta(minutes=2))
        send()
    first, second = server.requests
    for request in (first, second):
        at = int(request.headers["x-jiangtai-timestamp"])
        assert request.headers["x-jiangtai-signature"] == f"sha256={generic_signature(SECRET, at, request.body)}"
        assert (
            f"sha256={generic_signature('another secret', at, request.body)}" != request.headers["x-jiangtai-signature"]
        )
    assert first.headers["x-jiangtai-delivery"] == second.headers["x-jiangtai-delivery"]
    assert json.loads(first.body)["id"] == first.headers["x-jiangtai-delivery"]


def test_dingtalk_gets_time_and_signature_in_its_address(session: Session, keys: Keys, send: Run) -> None:
    with robot() as server:
        put(session, keys, channel(session, keys, ChannelKind.DINGTALK, server.port))
        send()
    line = server.requests[0].line
    millis = int(MONDAY.timestamp()) * 1000
    assert f"key=secret-of-the-robot&timestamp={millis}&sign=" in line
    # What openssl says of "millis\nsecret": dgst -sha256 -hmac, in Base64.
    assert dingtalk_signature("this is secret", 1577262236757) == "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="


# --- mail


def test_a_mail_arrives_with_both_languages_of_letters_intact(
    session: Session, keys: Keys, send: Run, cast: SimpleNamespace
) -> None:
    with mail_server() as server:
        with_mail(session, keys, cast.lin)
        put(session, keys, channel(session, keys, ChannelKind.EMAIL, server.port), person_id=cast.lin.id)
        assert send() == 1
    (mail,) = server.mails
    assert (mail["To"], mail["Subject"]) == ("lin@example.cn", "[讲台] 停电通知")
    assert "周六上午停电。\n\nhttps://jiangtai.example.cn/notices" in mail.get_content().replace("\r\n", "\n")  # type: ignore[attr-defined]
    assert mail["Auto-Submitted"] == "auto-generated"


def test_many_mails_go_over_one_connection(session: Session, keys: Keys, send: Run, cast: SimpleNamespace) -> None:
    with mail_server() as server:
        to = channel(session, keys, ChannelKind.EMAIL, server.port)
        for person in (cast.lin, cast.bo, cast.chen):
            with_mail(session, keys, person)
            put(session, keys, to, key=person.staff_no, person_id=person.id)
        assert send() == 3
    assert (len(server.mails), server.connections) == (3, 1)


@pytest.mark.parametrize("mood", ["busy", "hang", "lost", "not now"])
def test_a_mail_server_in_trouble_is_asked_again_and_the_repeat_carries_the_same_number(
    session: Session, keys: Keys, send: Run, cast: SimpleNamespace, clockwork: time_machine.Traveller, mood: str
) -> None:
    with mail_server(mood, "ok") as server:
        with_mail(session, keys, cast.lin)
        message = put(session, keys, channel(session, keys, ChannelKind.EMAIL, server.port), person_id=cast.lin.id)
        send()
        assert message.state is DeliveryState.QUEUED
        clockwork.shift(timedelta(minutes=2))
        send()
    assert message.state is DeliveryState.SENT
    assert len({mail["Message-ID"] for mail in server.mails}) == 1
    assert len(server.mails) == (2 if mood == "lost" else 1)


def test_one_bad_address_stops_nobody_else_s_mail(
    session: Session, keys: Keys, send: Run, cast: SimpleNamespace
) -> None:
    with mail_server("no recipient", "ok") as server:
        to = channel(session, keys, ChannelKind.EMAIL, server.port)
        messages = []
        for person in (cast.lin, cast.bo):
            with_mail(session, keys, person)
            messages.append(put(session, keys, to, key=person.staff_no, person_id=person.id))
        send()
    assert [message.state for message in messages] == [DeliveryState.DEAD, DeliveryState.SENT]
    assert messages[0].error == "收件地址被邮件服务器拒绝"


def test_a_password_that_is_refused_is_told_and_not_tried_again(
    session: Session, keys: Keys, send: Run, cast: SimpleNamespace
) -> None:
    with mail_server("no login") as server:
        to = channel(session, keys, ChannelKind.EMAIL, server.port, user="robot", password="pa55word")
        message = put(session, keys, to)
        send()
    assert (message.state, message.error) == (DeliveryState.DEAD, "邮件服务器拒绝登录，请核对账号和密码")
    assert "pa55word" not in message.error


def test_a_certificate_nobody_vouches_for_is_not_taken(session: Session, keys: Keys, send: Run, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = self_signed(tmp_path)
    context.load_cert_chain(certificate)
    with mail_server(context=context) as server:
        to = channel(session, keys, ChannelKind.EMAIL, server.port, tls=Tls.STARTTLS, user="robot", password="pa55word")
        message = put(session, keys, to)
        send()
        assert message.error == "邮件服务器的证书无法核实"
    assert server.logins == []
    assert server.mails == []


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


# --- S13: nothing inside is reached


def test_s13_a_robot_that_lies_inside_is_refused_unless_the_settings_name_it(
    session: Session, keys: Keys, make_session: MakeSession, clockwork: time_machine.Traveller
) -> None:
    with robot() as server:
        message = put(session, keys, channel(session, keys, ChannelKind.WECOM, server.port))
        session.commit()
        sending.send_all(make_session, Outside(keys, frozenset(), ""))
        session.expire_all()
        assert (message.state, server.connections) == (DeliveryState.DEAD, 0)
        assert "LMS_INSIDE_HOSTS" in message.error
        with unit_of_work(make_session) as other:
            outbox.retry(other, other.get_one(Delivery, message.id), now=clock.now())
        sending.send_all(make_session, Outside(keys, INSIDE, ""))
        assert server.connections == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "::7f00:1",
        "192.0.2.1",
        "198.18.0.1",
        "2001:db8::1",
        "fe80::1%eth0",
    ],
)
def test_s13_no_address_of_the_house_in_whatever_spelling_is_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["114.114.114.114", "8.8.8.8", "240e:c:1::1", "2400:3200::1", "::ffff:8.8.8.8"])
def test_s13_addresses_of_the_open_internet_are(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_s13_other_spellings_of_the_own_machine_are_refused(host: str) -> None:
    with robot() as server:
        call = Call(f"http://{host}:{server.port}/", {}, b"{}")
        with pytest.raises(Unsent) as refused:
            webhooks.post(call, frozenset())
    assert refused.value.is_final or "查不到" in refused.value.why
    assert server.connections == 0


def test_s13_a_name_that_changes_between_check_and_use_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer is public, the next would be the own machine: the connection goes to the first."""
    answers = iter([[(2, 1, 6, "", ("203.0.114.9", 80))], [(2, 1, 6, "", ("127.0.0.1", 80))]])
    went = []
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_a, **_k: next(answers))

    def connect(address: tuple[str, int], _seconds: float) -> None:
        went.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(addresses.socket, "create_connection", connect)
    with pytest.raises(Unsent):
        webhooks.post(Call("http://robot.example/x", {}, b""), frozenset())
    assert went == [("203.0.114.9", 80)]


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a/b", "http://user@host/", "http://", "http://a:0/", "javascript:1"]
)
def test_only_whole_http_addresses_without_names_are_addresses(url: str) -> None:
    assert not webhooks.is_address(url)


# --- S19, B34: secrets


def test_b34_secrets_stand_neither_in_the_row_nor_in_errors_nor_in_the_log(
    session: Session, keys: Keys, send: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with robot("lost") as server:
        to = channel(session, keys, ChannelKind.GENERIC, server.port)
        message = put(session, keys, to)
        send()
        row = session.execute(select(Channel.__table__).where(Channel.id == to.id)).one()
        waiting = session.execute(select(Delivery.__table__).where(Delivery.id == message.id)).one()
    told = f"{row}{waiting}{capsys.readouterr()}"
    assert "secret-of-the-robot" not in told
    assert SECRET not in told
    assert "周六上午停电" not in f"{waiting}"
    assert sending.secret_of(to, keys)["url"] == server.url


def test_sent_messages_are_swept_after_thirty_days_and_dead_ones_stay(
    session: Session, keys: Keys, send: Run, clockwork: time_machine.Traveller
) -> None:
    with robot("ok", "404") as server:
        to = channel(session, keys, ChannelKind.WECOM, server.port)
        put(session, keys, to, key="sent")
        put(session, keys, to, key="dead")
        send()
    outbox.sweep(session, MONDAY + timedelta(days=29))
    assert len(session.scalars(select(Delivery.id)).all()) == 2
    outbox.sweep(session, MONDAY + timedelta(days=31))
    assert session.scalars(select(Delivery.key)).all() == ["dead"]
