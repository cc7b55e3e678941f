"""Names people can trust, parts that add up to the file, and the largest of a person's quotas."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.media import upload_rules as rules
from lms.people.rules import Role

SIZES = st.integers(1, 10_000)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("讲义\u202efdp.exe", "讲义fdp.exe"),
        ("C:\\讲座\\耕地 保护.pdf", "耕地 保护.pdf"),
        ("../../etc/passwd.mp4", "passwd.mp4"),
        ("a\0b\r\nc.mp4", "abc.mp4"),
        ('会议"纪要"<1>?.docx', "会议_纪要__1__.docx"),
        ("  .mp4", "未命名.mp4"),
        ("", "未命名"),
        ("\u2066\u200b.pdf", "未命名.pdf"),
        ("讲" * 300 + ".MP4", "讲" * 116 + ".MP4"),
        ("第一讲.第二版.pptx", "第一讲.第二版.pptx"),
    ],
)
def test_a_name_keeps_its_words_and_its_extension_and_loses_what_deceives(given_name: str, kept: str) -> None:
    assert rules.clean_name(given_name) == kept


@given(st.text(max_size=400))
def test_no_name_holds_a_control_a_path_or_more_than_120_characters(name: str) -> None:
    clean = rules.clean_name(name)
    assert 1 <= len(clean) <= 120
    assert not set(clean) & set('/\\<>:"|?*')
    assert not [c for c in clean if unicodedata.category(c) in ("Cc", "Cf", "Cs")]
    assert rules.clean_name(clean) == clean, "cleaning twice changes nothing"


@given(SIZES, SIZES)
def test_parts_are_whole_but_the_last_and_add_up_to_the_file(size: int, part_bytes: int) -> None:
    count = rules.part_count(size, part_bytes)
    sizes = [rules.part_size(number, size, part_bytes) for number in range(1, count + 1)]
    assert sum(sizes) == size
    assert set(sizes[:-1]) <= {part_bytes}
    assert 0 < sizes[-1] <= part_bytes
    for wrong in (0, -1, count + 1):
        with pytest.raises(ValueError, match="no part"):
            rules.part_size(wrong, size, part_bytes)


@given(st.lists(st.binary(min_size=1, max_size=8), min_size=2, max_size=6, unique=True))
def test_the_digest_of_parts_tells_order_and_content(pieces: list[bytes]) -> None:
    digests = [hashlib.sha256(piece).hexdigest() for piece in pieces]
    whole = rules.digest_of_parts(digests)
    assert rules.digest_of_parts(digests) == whole
    assert rules.digest_of_parts(reversed(digests)) != whole
    assert rules.digest_of_parts(digests[:-1]) != whole


def test_the_largest_quota_of_a_persons_roles_holds_and_the_sites_own_figures_come_first() -> None:
    assert rules.quota_of([Role.CADRE], {}) == rules.OTHERS_BYTES
    assert rules.quota_of([Role.CADRE, Role.LECTURER], {}) == rules.QUOTA_BYTES[Role.LECTURER]
    assert rules.quota_of([Role.LECTURER, Role.UNIT_ADMIN], {}) == rules.QUOTA_BYTES[Role.UNIT_ADMIN]
    assert rules.quota_of([Role.ORGANISER], {}) == rules.OTHERS_BYTES
    assert rules.quota_of([Role.ORGANISER], {Role.CADRE: 7}) == 7
    assert rules.quota_of([Role.CADRE, Role.LECTURER], {Role.LECTURER: 5}) == 5
