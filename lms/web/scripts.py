"""The part of the asset step for scripts: our modules become one file, so that a page asks for one.

Each module is a function that runs once, when it is first wanted, in a scope of its own; what it exports is what the function gives back. Only the
forms of import and export that our modules use are known; anything else refuses to build, rather than to break in a browser.

What only a few pages need and is big lies in `late/`: those of them with a default export become scripts of their own, with all they import, which
the one script fetches when a page names them. A module may also fetch a script whose address the page gives: `import(element.dataset.name)`.
"""

import re
from collections.abc import Mapping

ENTRY = "app"
# How the entry asks for a module by its name; a page's `data-module` decides which.
BY_NAME = "import(`./modules/${name}.js`)"

_IMPORT = re.compile(
    r'^import (?:(?P<whole>\w+)|\{ (?P<names>\w+(?:, \w+)*) \}) from "(?:\./|\./modules/|\.\./modules/)(?P<module>[\w-]+)\.js";$',
    re.M,
)
_DEFAULT = re.compile(r"^export default (?P<kind>(?:async )?function)(?P<name> \w+)?(?= ?\()", re.M)
_NAMED = re.compile(r"^export (?P<kind>(?:async )?function|const|class) (?P<name>\w+)", re.M)
_UNKNOWN = re.compile(r"^\s*(?:import|export)\b.*|\bimport\s*[(.](?!\w+\.dataset\.\w+\)).*", re.M)

_FRAME = """\
const modules = {{
{modules}
}};
const made = new Map();
function moduleNamed(name) {{
  if (!made.has(name)) made.set(name, {found});
  return made.get(name);
}}
{entry}"""
_WITHIN = "modules[name]()"
_OR_LATE = "name in modules ? modules[name]() : import(`./late/${name}.js`)"


class UnknownForm(ValueError):
    """A script says import or export in a way that is not known here."""


def bundled(entry: str, modules: Mapping[str, str]) -> str:
    """One script that does what `entry` does with these modules (name → source). Raises UnknownForm."""
    _refuse_circles({name: _imported(source) for name, source in modules.items()})
    started = _imports_resolved(ENTRY, entry.replace(BY_NAME, "moduleNamed(name)"), modules)
    checked = _checked(ENTRY, _NAMED.sub(r"\g<kind> \g<name>", started))
    return _FRAME.format(modules=_functions(modules), found=_OR_LATE, entry=checked)


def late_scripts(late: Mapping[str, str], shared: Mapping[str, str]) -> dict[str, str]:
    """A script for each late module with a default export (name → script), which it exports too. Raises UnknownForm."""
    every = {**shared, **late}
    _refuse_circles({name: _imported(source) for name, source in every.items()})
    return {name: _late(name, every) for name, source in late.items() if _DEFAULT.search(source)}


def _late(name: str, every: Mapping[str, str]) -> str:
    needed, waiting = set[str](), {name}
    while waiting:
        one = waiting.pop()
        needed.add(one)
        waiting |= _imported(every.get(one, "")) - needed
    own = {one: source for one, source in every.items() if one in needed}
    return _FRAME.format(
        modules=_functions(own), found=_WITHIN, entry=f'export default moduleNamed("{name}").default;\n'
    )


def _functions(modules: Mapping[str, str]) -> str:
    return "\n".join(
        f'"{name}"() {{\n{_as_function(name, source, modules)}}},' for name, source in sorted(modules.items())
    )


def _imported(source: str) -> set[str]:
    return {match["module"] for match in _IMPORT.finditer(source)}


def _as_function(name: str, source: str, modules: Mapping[str, str]) -> str:
    exports: dict[str, str] = {}

    def default(match: re.Match[str]) -> str:
        exports["default"] = (match["name"] or "standard").strip()
        return f"{match['kind']} {exports['default']}"

    def named(match: re.Match[str]) -> str:
        exports[match["name"]] = match["name"]
        return f"{match['kind']} {match['name']}"

    body = _NAMED.sub(named, _DEFAULT.sub(default, _imports_resolved(name, source, modules)))
    given = ", ".join(f"{outside}: {inside}" for outside, inside in exports.items())
    return f"{_checked(name, body).rstrip()}\nreturn {{ {given} }};\n"


def _imports_resolved(name: str, source: str, modules: Mapping[str, str]) -> str:
    def taken(match: re.Match[str]) -> str:
        if match["module"] not in modules:
            raise UnknownForm(f"{name}.js imports {match['module']}.js, which there is not")
        what = f"{{ default: {match['whole']} }}" if match["whole"] else f"{{ {match['names']} }}"
        return f'const {what} = moduleNamed("{match["module"]}");'

    return _IMPORT.sub(taken, source)


def _checked(name: str, script: str) -> str:
    unknown = _UNKNOWN.search(script)
    if unknown:
        raise UnknownForm(f"{name}.js: {unknown[0].strip()}")
    return script


def _refuse_circles(imports: Mapping[str, set[str]]) -> None:
    """A function that needs itself to run would never end."""
    settled: set[str] = set()
    while len(settled) < len(imports):
        ready = {name for name, wanted in imports.items() if name not in settled and wanted <= settled}
        if not ready:
            raise UnknownForm(f"modules import each other in a circle: {', '.join(sorted(imports.keys() - settled))}")
        settled |= ready
