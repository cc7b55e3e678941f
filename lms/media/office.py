"""Office documents made into PDF by LibreOffice: a limited child with a profile of its own that runs no macros and follows no links."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from lms.media.children import GIGABYTE, Limits, OutOfTime, run
from lms.media.errors import BadMedia

SECONDS = 300
MISSING = "这台服务器没有装 LibreOffice，不能逐页显示，可以下载原文件查看。请系统管理员装好 libreoffice-impress 和 libreoffice-writer 后点“重新处理”。"
FAILED = "转成 PDF 时出错，请用 WPS 或 Office 打开确认没有问题，另存为 PDF 后再上传。"
TOO_LONG = f"转成 PDF 超过 {SECONDS // 60} 分钟，没有完成。请另存为 PDF 后再上传。"

# WPS keeps its own suffixes for what are Word and PowerPoint files of 1997.
AS_SUFFIX = {"wps": "doc", "dps": "ppt"}
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link"><value>1</value></prop></item>
</oor:items>
"""
_OPTIONS = ("--headless", "--invisible", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard")


def found(command: str) -> str | None:
    """Where the command of LibreOffice is; None without one."""
    return shutil.which(command) if command else None


def to_pdf(command: str, source: Path, suffix: str, folder: Path) -> Path:
    """The PDF of the document; raises BadMedia with what to do when LibreOffice cannot make it, hangs or wants too much."""
    work = folder / "office"
    (work / "profile" / "user").mkdir(parents=True)
    (work / "profile" / "user" / "registrymodifications.xcu").write_text(_SETTINGS)
    named = work / f"document.{AS_SUFFIX.get(suffix, suffix)}"
    shutil.copyfile(source, named)
    ended = _convert([command, *_OPTIONS, f"-env:UserInstallation=file://{work / 'profile'}"], named, work)
    made = work / "document.pdf"
    if ended != 0 or not made.is_file() or made.stat().st_size == 0:
        raise BadMedia(FAILED)
    return made


def _convert(command: Sequence[str], named: Path, work: Path) -> int:
    limits = Limits(SECONDS, memory_bytes=4 * GIGABYTE, file_bytes=2 * GIGABYTE)
    try:
        return run([*command, "--convert-to", "pdf", "--outdir", str(work), str(named)], limits, folder=work).code
    except OutOfTime as problem:
        raise BadMedia(TOO_LONG) from problem
