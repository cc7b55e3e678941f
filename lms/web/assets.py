"""The asset step: one stylesheet, one script and what a few pages fetch late, under a directory named by the hash of all sources.

Because the hash stands in the directory, everything below it may be cached for ever.
"""

import gzip
import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lms.web.scripts import bundled, late_scripts

STATIC = Path(__file__).parents[1] / "static"
BUILT = STATIC / "built"
IMMUTABLE = "public, max-age=31536000, immutable"
LAYERS = ("reset", "tokens", "base", "layout", "components", "utilities")
FOLDERS = {"images": "images"}
KEPT_TREES = 3
COMPRESSED = (".css", ".js", ".svg")

_BLANK = r"(?:\s|(?>/\*.*?\*/))"
_CSS_TOKEN = re.compile(
    rf"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|{_BLANK}*+(?P<mark>[{{}};]){_BLANK}*+|(?P<space>{_BLANK}++)""",
    re.S,
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one build holds: the name of its directory and the files in it, relative and sorted."""

    tree: str
    files: tuple[str, ...]

    def url(self, name: str) -> str:
        """The immutable address of a built file. Raises KeyError for a name that was not built."""
        if name not in self.files:
            raise KeyError(f"no asset called {name}")
        return f"/static/{self.tree}/{name}"


def build_assets(source: Path, target: Path) -> Manifest:
    """`target/<tree>` holds the assets made from `source` and `target/manifest.json` names it; nothing is written when it already does.

    A directory appears whole or not at all. The newest KEPT_TREES directories stay, so that pages opened before a
    release still find their script and their pictures.
    """
    outputs = _outputs(source)
    manifest = Manifest(_hash(outputs), tuple(sorted(outputs)))
    if not (target / manifest.tree).is_dir():
        _write_tree(outputs, target, manifest.tree)
    if _read_manifest(target) != manifest:
        _write_manifest(target, manifest)
        _prune(target, manifest.tree)
    return manifest


@cache
def manifest() -> Manifest:
    """The manifest of this installation, built once per process."""
    return build_assets(STATIC, BUILT)


def asset_url(name: str) -> str:
    """`/static/<tree>/<name>`; raises KeyError for a name that was not built."""
    return manifest().url(name)


def minify_css(css: str) -> str:
    """The same style sheet without comments and needless white space; strings are untouched."""

    def shorter(match: re.Match[str]) -> str:
        return match["string"] or match["mark"] or " "

    return _CSS_TOKEN.sub(shorter, css).replace(";}", "}").strip()


def _stylesheet(css: Path) -> str:
    parts = [minify_css((css / "layers.css").read_text("utf-8"))]
    for layer in LAYERS:
        sheets = sorted((css / layer).glob("*.css"))
        body = "".join(minify_css(sheet.read_text("utf-8")) for sheet in sheets)
        parts.append(f"@layer {layer}{{{body}}}")
    return "\n".join(parts) + "\n"


def _scripts(js: Path) -> dict[str, bytes]:
    modules, late = (
        {path.stem: path.read_text("utf-8") for path in (js / folder).glob("*.js")} for folder in ("modules", "late")
    )
    found = {"app.js": bundled((js / "app.js").read_text("utf-8"), modules)}
    found |= {f"late/{name}.js": script for name, script in late_scripts(late, modules).items()}
    return {name: script.encode() for name, script in found.items()}


def _outputs(source: Path) -> dict[str, bytes]:
    found = {"app.css": _stylesheet(source / "css").encode(), **_scripts(source / "js")}
    for folder, place in FOLDERS.items():
        for path in sorted((source / folder).rglob("*")):
            if path.is_file():
                found[(Path(place) / path.relative_to(source / folder)).as_posix()] = path.read_bytes()
    return found


def _hash(outputs: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(outputs.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def _write_tree(outputs: dict[str, bytes], target: Path, tree: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    half_made = Path(tempfile.mkdtemp(prefix=".tree-", dir=target))
    half_made.chmod(0o755)
    for name, content in outputs.items():
        path = half_made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        add_compressed(path)
    try:
        half_made.rename(target / tree)
    except OSError:  # Another process has just made the same tree.
        shutil.rmtree(half_made)


def add_compressed(path: Path) -> None:
    """Beside a text file lies the same file compressed, for browsers that take it, made once and not at each request."""
    if path.suffix in COMPRESSED:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _read_manifest(target: Path) -> Manifest | None:
    try:
        found = json.loads((target / "manifest.json").read_text("utf-8"))
        return Manifest(found["tree"], tuple(found["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_manifest(target: Path, manifest: Manifest) -> None:
    text = json.dumps({"tree": manifest.tree, "files": manifest.files}, indent=1)
    with tempfile.NamedTemporaryFile("w", dir=target, prefix=".manifest-", delete=False, encoding="utf-8") as file:
        file.write(text + "\n")
    Path(file.name).chmod(0o644)
    Path(file.name).replace(target / "manifest.json")


def _prune(target: Path, tree: str) -> None:
    others = [path for path in target.iterdir() if path.is_dir() and path.name != tree and path.name[0] != "."]
    for old in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT_TREES - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
