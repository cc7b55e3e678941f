"""What a password must be like. Two policies: 等保三级 (classes, age, history) and ASVS (length, nothing everybody guesses)."""

import string
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

LONGEST = 128
SITE_NAMES = ("jiangtai", "讲台")
_WORDS = (
    "password passw0rd p@ssword p@ssw0rd welcome letmein iloveyou qwerty qwertyuiop asdfghjkl zxcvbnm 1qaz2wsx "
    "qazwsxedc 1q2w3e4r qwer1234 asdf1234 abc123 abcd1234 a123456 123456 111111 000000 888888 666666 123123 112233 "
    "654321 987654321 5201314 woaini woaini1314 admin administrator root guest test changeme default secret master "
    "monkey dragon sunshine football princess superman trustno1 zhongguo china zhonghua nanzhou ganbu xuexi"
)
COMMON = tuple(_WORDS.split())
"""Words that head every published list of broken passwords, and those of the trade."""


@dataclass(frozen=True)
class PasswordPolicy:
    """`kinds` of four classes of characters; `days` until it is too old (None: never); the newest `history` are not taken again."""

    shortest: int
    kinds: int
    days: int | None
    history: int
    refuses_common: bool
    hint: str

    def fault(self, password: str, staff_no: str) -> str | None:
        """Why the password cannot be taken, in words, or None."""
        if len(password) < self.shortest:
            return f"密码至少 {self.shortest} 位。"
        if len(password) > LONGEST:
            return f"密码最多 {LONGEST} 位。"
        if kinds_of(password) < self.kinds:
            return "密码须包含大写字母、小写字母、数字、符号中的三类。"
        plain = _plain(password)
        if staff_no and staff_no.lower() in plain:
            return "密码里不要包含自己的工号。"
        if self.refuses_common and any(name in plain for name in SITE_NAMES):
            return "密码里不要包含本站的名称。"
        if self.refuses_common and is_common(password):
            return "这个密码太常见，很容易被猜到，请换一个。"
        return None

    def is_too_old(self, set_at: datetime | None, now: datetime) -> bool:
        """True once the password was used for more than `days`; also when nobody knows since when."""
        if self.days is None:
            return False
        return set_at is None or now - set_at > timedelta(days=self.days)


POLICIES = {
    "dengbao": PasswordPolicy(
        shortest=8,
        kinds=3,
        days=90,
        history=5,
        refuses_common=False,
        hint="至少 8 位，大写字母、小写字母、数字、符号中至少三类",
    ),
    "asvs": PasswordPolicy(
        shortest=12,
        kinds=0,
        days=None,
        history=1,
        refuses_common=True,
        hint="至少 12 位，可以是一句好记的话；不要用常见密码、工号和本站名称",
    ),
}
DENGBAO = POLICIES["dengbao"]


def kinds_of(password: str) -> int:
    """How many of the four classes occur: lower case, upper case, digits, everything else."""
    classes = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    known = sum(any(c in kind for c in password) for kind in classes)
    return known + any(not c.isascii() or not c.isalnum() for c in password)


def is_common(password: str) -> bool:
    """True when nothing is left of the password but common words, a few digits or signs, one repeated piece or a run of neighbours."""
    plain = _plain(password)
    if _is_repeated(plain) or _is_run(plain):
        return True
    rest = plain
    for word in sorted(COMMON, key=len, reverse=True):
        rest = rest.replace(word, "")
    letters = [c for c in rest if c.isalpha()]
    return rest != plain and len(letters) < 3 and len(rest) < 7


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password).lower()


def _is_repeated(text: str) -> bool:
    """One piece of at most half the length, over and over: "abcabcabcabc"."""
    return any(len(text) > size and text == (text[:size] * len(text))[: len(text)] for size in range(1, 5))


def _is_run(text: str) -> bool:
    """Each character the neighbour of the one before: "abcdefghijkl", "987654321098"."""
    steps = {(ord(b) - ord(a)) for a, b in pairwise(text)}
    return bool(steps) and (steps <= {1, -9} or steps <= {-1, 9})
