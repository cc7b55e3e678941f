"""Names and titles for people who do not exist."""

import random

from lms.people.rules import RankBand

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤易欧柳聂章舒"
)
COMMON_SURNAMES = 24
FIRST = "子文志思建晓国海雨佳明俊春永立嘉宏家新云天振少正书景学泽安启瑞庆德雅若静慧素婉诗欣怡梦琪芳丽秀玉美淑"
SECOND = "平华军强伟勇杰涛明超鹏辉斌宇浩磊峰宁林森源凯毅恒康远航舟阳松柏然清岚霞敏娟燕玲洁莹雯萍颖蓉薇琴珊莉"
SINGLE = "伟敏静磊军洋勇艳杰娟涛明超霞平刚桂丹萍鑫鹏辉玲波宁彬琳璐昊晨睿"

TITLES: dict[RankBand, tuple[str, ...]] = {
    RankBand.COUNTY: ("处长", "主任", "一级调研员", "二级调研员", "调研员"),
    RankBand.TOWNSHIP: ("一级科员", "四级主任科员", "三级主任科员", "一级主任科员", "股长", "副科长", "工作人员"),
    RankBand.TECHNICAL: ("助理工程师", "工程师", "工程师", "高级工程师", "正高级工程师", "经济师"),
}


def draw(chance: random.Random) -> str:
    """A surname and one or two given characters; about one in six has a single one."""
    weights = [4 if place < COMMON_SURNAMES else 1 for place in range(len(SURNAMES))]
    surname = chance.choices(SURNAMES, weights)[0]
    if chance.random() < 1 / 6:
        return surname + chance.choice(SINGLE)
    return surname + chance.choice(FIRST) + chance.choice(SECOND)
