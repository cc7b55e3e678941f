"""A package that was unpacked, its files, and visits to it."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.media.packages.manifest import Standard


class Package(Base):
    """What a media file of kind package holds. `items` are `manifest.Item`s as JSON, in the order of the menu.

    Its files are blobs below `prefix` (no slash at its end).
    """

    __tablename__ = "media_packages"

    media_id: Mapped[Ref] = mapped_column(ForeignKey("media_files.id"), primary_key=True, autoincrement=False)
    standard: Mapped[Standard] = mapped_column(enum_column(Standard))
    title: Mapped[str] = mapped_column(String(200), default="")
    items: Mapped[JsonValue]
    wants_sequencing: Mapped[bool] = mapped_column(default=False)
    prefix: Mapped[str] = mapped_column(String(200))
    file_count: Mapped[int]
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class PackageFile(Base):
    """One file of a package: where its page asks for it (`manifest.folded`), and where it is stored."""

    __tablename__ = "media_package_files"
    __table_args__ = (UniqueConstraint("media_id", "path"),)

    id: Mapped[Key]
    media_id: Mapped[Ref] = mapped_column(ForeignKey("media_files.id"))
    path: Mapped[str] = mapped_column(String(400))
    key: Mapped[str] = mapped_column(String(200))
    mime: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class PackageVisit(Base):
    """One sign-in's look at one package: what a token on the package host opens, for ten minutes after `extended_at`.

    Only the token's hash is stored. `nonce` is what the shim and the site's page tell each other by; `site` is that page's origin.
    """

    __tablename__ = "package_visits"

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    nonce: Mapped[str] = mapped_column(String(43))
    site: Mapped[str] = mapped_column(String(200))
    media_id: Mapped[Ref] = mapped_column(ForeignKey("media_files.id"))
    link_epoch: Mapped[int]
    sign_in_id: Mapped[Ref] = mapped_column(ForeignKey("sign_ins.id"))
    opened_at: Mapped[datetime]
    extended_at: Mapped[datetime] = mapped_column(index=True)
