"""Mails by SMTP with TLS: plain text, one connection for as many as there are."""

import smtplib
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate
from typing import Any

from lms.notices.channel_rules import Message, Tls, Unsent
from lms.notices.outside.addresses import TALK_SECONDS, Place, find_place


@dataclass(frozen=True)
class Server:
    """A mail server as the office wrote it down; an empty user signs in nowhere."""

    host: str
    port: int
    tls: Tls
    sender: str
    user: str
    password: str


class _Smtp(smtplib.SMTP):
    """Goes to the address that was checked; the certificate is that of the name."""

    def __init__(self, place: Place, context: ssl.SSLContext | None) -> None:
        self._place, self._sealed_by = place, context
        super().__init__(place.host, place.port, timeout=TALK_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = self._place.connect()
        return self._sealed_by.wrap_socket(opened, server_hostname=host) if self._sealed_by else opened


class Mailer:
    """Sends mails over one connection, opened for the first and opened again after a failure. A context manager."""

    def __init__(self, server: Server, inside_hosts: Collection[str]) -> None:
        self._server, self._inside, self._open = server, inside_hosts, None

    _open: smtplib.SMTP | None

    def __enter__(self) -> "Mailer":
        return self

    def __exit__(self, *problem: Any) -> None:
        self._close()

    def send(self, to: str, message: Message) -> None:
        """The server has taken the mail. Raises Unsent, whose sentence names neither address nor password."""
        mail = letter(self._server.sender, to, message)
        try:
            if self._open is None:
                self._open = self._connect()
            self._open.send_message(mail, self._server.sender, [to])
        except Unsent:
            self._close()
            raise
        except Exception as problem:
            self._close()
            raise _unsent(problem) from problem

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        place = find_place(server.host, server.port, self._inside)
        context = ssl.create_default_context()
        opened = _Smtp(place, context if server.tls is Tls.TLS else None)
        try:
            if server.tls is Tls.STARTTLS:
                opened.starttls(context=context)
            if server.user:
                opened.login(server.user, server.password)
        except BaseException:
            opened.close()
            raise
        return opened

    def _close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            try:
                opened.quit()
            except (OSError, smtplib.SMTPException):
                opened.close()


def letter(sender: str, to: str, message: Message) -> EmailMessage:
    """The mail; its Message-ID is the message's number, the same on every try."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = Address("讲台", addr_spec=sender)
    mail["To"] = to
    mail["Subject"] = f"[讲台] {' '.join(message.title.split())}"
    mail["Date"] = formatdate(message.sent_at)
    mail["Message-ID"] = f"<{message.number}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    foot = "\n\n—\n这是讲台自动发出的邮件，不用回复。不想再收，请在“我的 › 消息设置”里关闭。"
    mail.set_content(f"{message.text}\n\n{message.link}".rstrip() + foot)
    return mail


def _unsent(problem: Exception) -> Unsent:
    """What went wrong in words; final when the server said so (5xx), and never for want of a connection."""
    if isinstance(problem, smtplib.SMTPAuthenticationError):
        return Unsent("邮件服务器拒绝登录，请核对账号和密码", is_final=True)
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in problem.recipients.values()]
        return Unsent("收件地址被邮件服务器拒绝", is_final=all(code >= 500 for code in codes))
    if isinstance(problem, smtplib.SMTPResponseException):
        return Unsent(f"邮件服务器返回 {problem.smtp_code}", is_final=problem.smtp_code >= 500)
    if isinstance(problem, smtplib.SMTPNotSupportedError):
        return Unsent("邮件服务器不支持所选的加密或登录方式", is_final=True)
    if isinstance(problem, ssl.SSLError):
        return Unsent("邮件服务器的证书无法核实")
    if isinstance(problem, TimeoutError):
        return Unsent("邮件服务器没有在时限内答复")
    return Unsent("与邮件服务器的连接中断")
