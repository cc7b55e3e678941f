"""Formulas as authors type them, a small part of LaTeX, and the MathML that browsers draw by themselves. Pure.

Known are numbers, letters, Chinese words, + - = < > ( ) [ ] | , . : ! /, ^ and _, \\frac{}{}, \\sqrt{} and \\sqrt[n]{}, \\text{}, sums and
products with limits, Greek letters and the signs of `SIGNS`. Whatever else begins with a backslash is refused by name.
"""

import re
from dataclasses import dataclass
from html import escape

MAX_FORMULA, MAX_DEPTH = 500, 12

_GREEK = dict(
    zip(
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Xi",
            "Pi",
            "Sigma",
            "Phi",
            "Psi",
            "Omega",
        ],
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        strict=True,
    )
)
SIGNS = {
    "times": "×", "div": "÷", "cdot": "·", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠",
    "neq": "≠", "approx": "≈", "infty": "∞", "to": "→", "in": "∈", "cup": "∪", "cap": "∩", "angle": "∠",
    "degree": "°", "triangle": "△", "parallel": "∥", "perp": "⊥", "ldots": "…", "%": "%", "$": "$",
}  # fmt: skip
_BIG = {"sum": "∑", "prod": "∏", "int": "∫"}
_NAMES = ("sin", "cos", "tan", "log", "ln", "lim", "max", "min")
_TOKEN = re.compile(
    r"\\(?:[A-Za-z]+|.)|\d+(?:\.\d+)?|[A-Za-z]|[\u4e00-\u9fff]+|[{}^_\[\]]|[-+=<>()|,.:;!/*'%，、×÷≤≥≠≈·°]|\s+|."
)
_PLAIN_SIGNS = set("-+=<>()|,.:;!/*'%，、×÷≤≥≠≈·°[]")


class FormulaFault(ValueError):
    """What cannot be read in a formula, in words for its author."""


def to_mathml(source: str) -> str:
    """The formula as a <math> element. Raises FormulaFault."""
    if len(source) > MAX_FORMULA:
        raise FormulaFault(f"公式最多 {MAX_FORMULA} 个字符")
    reader = _Reader([token for token in _TOKEN.findall(source) if not token.isspace()], source)
    inside = reader.row(0, until=None)
    if not inside:
        raise FormulaFault("公式是空的")
    return f"<math><mrow>{inside}</mrow></math>"


@dataclass
class _Reader:
    tokens: list[str]
    source: str
    at: int = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def row(self, depth: int, until: str | None) -> str:
        """Everything up to the closing sign, which is taken too."""
        if depth > MAX_DEPTH:
            raise FormulaFault("公式套得太深")
        parts = []
        while (token := self.peek()) and token != until:
            if token == "}":
                raise FormulaFault("公式里多了一个 }")
            parts.append(self.scripted(depth))
        if until is not None and self.next() != until:
            raise FormulaFault(f"公式里少了一个 {until}")
        return "".join(parts)

    def scripted(self, depth: int) -> str:
        """One piece with what stands above and below it."""
        is_big = self.peek().removeprefix("\\") in _BIG and self.peek().startswith("\\")
        base, low, high = self.piece(depth), "", ""
        while self.peek() in ("^", "_") and self.peek():
            if self.next() == "^":
                if high:
                    raise FormulaFault("公式里连着写了两个 ^")
                high = self.piece(depth)
            elif low:
                raise FormulaFault("公式里连着写了两个 _")
            else:
                low = self.piece(depth)
        under, over, both = ("munder", "mover", "munderover") if is_big else ("msub", "msup", "msubsup")
        if low and high:
            return f"<{both}>{base}{low}{high}</{both}>"
        if low or high:
            name = under if low else over
            return f"<{name}>{base}{low or high}</{name}>"
        return base

    def piece(self, depth: int) -> str:
        token = self.next()
        if not token or token in ("^", "_", "}"):
            raise FormulaFault("公式没有写完" if not token else f"公式里 {token} 的位置不对")
        if token == "{":
            return f"<mrow>{self.row(depth + 1, until='}')}</mrow>"
        if token.startswith("\\"):
            return self.command(token[1:], depth)
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token in _PLAIN_SIGNS:
            return f"<mo>{escape(token)}</mo>"
        if token[0].isalpha():
            return f"<mi>{token}</mi>" if len(token) == 1 and token.isascii() else f"<mtext>{escape(token)}</mtext>"
        raise FormulaFault(f"公式里的“{token}”认不出来")

    def command(self, name: str, depth: int) -> str:
        if name == "frac":
            return f"<mfrac>{self.group(depth)}{self.group(depth)}</mfrac>"
        if name == "sqrt":
            return self.root(depth)
        if name == "text":
            return f"<mtext>{escape(self.words())}</mtext>"
        if name in _GREEK:
            return f"<mi>{_GREEK[name]}</mi>"
        if name in _BIG:
            return f"<mo>{_BIG[name]}</mo>"
        if name in _NAMES:
            return f"<mi>{name}</mi>"
        if name in SIGNS:
            return f"<mo>{SIGNS[name]}</mo>"
        if name in ("left", "right"):
            return f"<mo>{escape(self.next())}</mo>" if self.peek() in tuple("()[]|") else "<mo></mo>"
        raise FormulaFault(f"公式里的 \\{name} 还不支持")

    def group(self, depth: int) -> str:
        if self.next() != "{":
            raise FormulaFault("分数写成 \\frac{分子}{分母}，根号写成 \\sqrt{被开方数}")
        return f"<mrow>{self.row(depth + 1, until='}')}</mrow>"

    def root(self, depth: int) -> str:
        if self.peek() != "[":
            return f"<msqrt>{self.group(depth)}</msqrt>"
        self.next()
        index = f"<mrow>{self.row(depth + 1, until=']')}</mrow>"
        return f"<mroot>{self.group(depth)}{index}</mroot>"

    def words(self) -> str:
        if self.next() != "{":
            raise FormulaFault("公式里的文字写成 \\text{文字}")
        found = []
        while self.peek() not in ("}", ""):
            found.append(self.next())
        if self.next() != "}":
            raise FormulaFault("公式里少了一个 }")
        return "".join(found)
