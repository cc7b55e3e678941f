"""The business lines (业务条线) of a natural-resources bureau: questions, resources and courses belong to one."""

from enum import StrEnum


class Line(StrEnum):
    LAND = "land"
    PLANNING = "planning"
    REGISTRATION = "registration"
    MINERAL = "mineral"
    SURVEY = "survey"
    FARMLAND = "farmland"
    ECOLOGY = "ecology"
    ENFORCEMENT = "enforcement"
    PARTY = "party"
    GENERAL = "general"


LINE_NAMES: dict[Line, str] = {
    Line.LAND: "土地管理",
    Line.PLANNING: "国土空间规划",
    Line.REGISTRATION: "不动产登记",
    Line.MINERAL: "矿产资源",
    Line.SURVEY: "测绘地理信息",
    Line.FARMLAND: "耕地保护",
    Line.ECOLOGY: "生态修复",
    Line.ENFORCEMENT: "执法督察",
    Line.PARTY: "党的建设",
    Line.GENERAL: "综合政务",
}


def line_of(text: str) -> Line | None:
    """The line a person means by its name or code, or by a part of the name no other line has."""
    word = text.strip()
    if word in set(Line):
        return Line(word)
    meant = [line for line, name in LINE_NAMES.items() if word == name or (len(word) >= 2 and word in name)]
    return meant[0] if len(meant) == 1 else None
