"""Small real packages of our own: SCORM 1.2 and 2004 with a page that speaks to its run-time, plain HTML, and archives of every wrong kind."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

Files = Mapping[str, str | bytes]

# Finds the API as SCOs do: in its own window, then up the parents.
SCO12 = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>SCO</title></head><body>
<h1 id="page"></h1><button id="next">下一页</button><button id="finish">交卷</button>
<script>
function find(name) { for (let at = window; ; at = at.parent) { if (at[name]) return at[name]; if (at === at.parent) return null; } }
const api = find("API");
api.LMSInitialize("");
let page = Number(api.LMSGetValue("cmi.core.lesson_location") || 1);
const notes = api.LMSGetValue("cmi.suspend_data");
function show() { document.getElementById("page").textContent = `第 ${page} 页 ${notes} ${api.LMSGetValue("cmi.core.entry")}`; }
document.getElementById("next").onclick = () => {
  page += 1; api.LMSSetValue("cmi.core.lesson_location", String(page)); api.LMSSetValue("cmi.suspend_data", "记到第" + page + "页");
  api.LMSSetValue("cmi.core.lesson_status", "incomplete"); api.LMSCommit(""); show();
};
document.getElementById("finish").onclick = () => {
  api.LMSSetValue("cmi.interactions.0.id", "q1"); api.LMSSetValue("cmi.interactions.0.type", "choice");
  api.LMSSetValue("cmi.interactions.0.student_response", "b"); api.LMSSetValue("cmi.interactions.0.result", "correct");
  api.LMSSetValue("cmi.core.score.raw", "80"); api.LMSSetValue("cmi.core.score.max", "100");
  api.LMSSetValue("cmi.core.lesson_status", "completed"); api.LMSSetValue("cmi.core.session_time", "0000:01:30");
  api.LMSFinish("");
};
show();
</script></body></html>"""

SCO2004 = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>SCO</title><link rel="stylesheet" href="../shared/style.css"></head><body>
<h1 id="page"></h1><button id="finish">交卷</button>
<script>
function find(name) { for (let at = window; ; at = at.parent) { if (at[name]) return at[name]; if (at === at.parent) return null; } }
const api = find("API_1484_11");
api.Initialize("");
document.getElementById("page").textContent = `${location.search} ${api.GetValue("cmi.scaled_passing_score")} ${api.GetValue("cmi.completion_status")}`;
document.getElementById("finish").onclick = () => {
  api.SetValue("cmi.score.scaled", "0.9"); api.SetValue("cmi.completion_status", "completed"); api.SetValue("cmi.session_time", "PT2M");
  api.Commit(""); api.Terminate("");
};
</script></body></html>"""


def zipped(files: Files, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def manifest12(
    items: Sequence[tuple[str, str, str]] = (("i1", "第一节", "sco.html"),), *, more: str = "", kind: str = "sco"
) -> str:
    """(identifier, title, href) of each item; `more` stands in every item."""
    rows = "".join(f'<item identifier="{i}" identifierref="r-{i}"><title>{t}</title>{more}</item>' for i, t, _ in items)
    resources = "".join(
        f'<resource identifier="r-{i}" type="webcontent" adlcp:scormtype="{kind}" href="{h}"/>' for i, _, h in items
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="m" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="o"><organization identifier="o"><title>耕地保护课件</title>{rows}</organization></organizations>
<resources>{resources}</resources></manifest>"""


def manifest2004(items: Sequence[tuple[str, str, str]], *, rules: str = "", edition: str = "2004 4th Edition") -> str:
    passing = (
        '<imsss:sequencing><imsss:objectives><imsss:primaryObjective satisfiedByMeasure="true">'
        "<imsss:minNormalizedMeasure>0.6</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives></imsss:sequencing>"
    )
    rows = "".join(
        f'<item identifier="{i}" identifierref="r-{i}" parameters="?step={n}"><title>{t}</title>{passing}</item>'
        for n, (i, t, _) in enumerate(items, 1)
    )
    resources = "".join(
        f'<resource identifier="r-{i}" type="webcontent" adlcp:scormType="sco" href="{h}"/>' for i, _, h in items
    )
    return f"""<?xml version="1.0"?>
<manifest identifier="m" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
<metadata><schema>ADL SCORM</schema><schemaversion>{edition}</schemaversion></metadata>
<organizations default="o"><organization identifier="o"><title>登记课件</title>{rows}{rules}</organization></organizations>
<resources>{resources}</resources></manifest>"""


def scorm12(**more: str) -> bytes:
    """One SCO with a mastery score of 60."""
    mastery = "<adlcp:masteryscore>60</adlcp:masteryscore>"
    return zipped({"imsmanifest.xml": manifest12(more=mastery), "sco.html": SCO12, **more})


def scorm2004() -> bytes:
    """Two SCOs in folders, with a style sheet beside them."""
    items = (("one", "第一节", "a/sco.html"), ("two", "第二节", "b/sco.html"))
    return zipped(
        {
            "imsmanifest.xml": manifest2004(items),
            "a/sco.html": SCO2004,
            "b/sco.html": SCO2004,
            "shared/style.css": "h1 { color: rgb(1, 2, 3) }",
        }
    )


def html() -> bytes:
    return zipped({"index.html": "<!doctype html><title>网页课件</title><h1>只看不考</h1>", "img/图 一.svg": "<svg/>"})


def aicc() -> bytes:
    return zipped({"c.crs": "", "c.au": "", "c.des": "", "c.cst": "", "start.htm": "", "b.htm": ""})


def lying(claimed: int = 0xFFFFFFFE) -> bytes:
    """A file of 1000 bytes of which the table says something else."""
    made = bytearray(zipped({"index.html": b"\0" * 1000}))
    at = made.rfind(b"PK\x01\x02")
    struct.pack_into("<I", made, at + 24, claimed)
    return bytes(made)


def overlapping() -> bytes:
    """Two entries of the table point at one and the same part."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("index.html", b"x" * 4000)
        twin = zipfile.ZipInfo("other.html")
        first = archive.infolist()[0]
        for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
            setattr(twin, name, getattr(first, name))
        archive.filelist.append(twin)
        archive.NameToInfo["other.html"] = twin
    return made.getvalue()


def linked() -> bytes:
    link = zipfile.ZipInfo("index.html")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    return made.getvalue()


def named(name: bytes, content: bytes = b"<h1>1</h1>", *, beside: Files | None = None) -> bytes:
    """An archive with a name of these very bytes, unmarked, as old tools write them."""
    stand_in = "~" * len(name)
    return zipped({stand_in: content, **(beside or {})}).replace(stand_in.encode(), name)
