"""What each role does on the site, in the words of its buttons: the help pages. Each topic leads to the page it speaks of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lms.people.rules import Role

PHONE, PC = (390, 780), (1200, 760)


@dataclass(frozen=True)
class Topic:
    """A thing to do: the steps in order, the endpoint where it begins, and the picture of what one sees there, "" for none. Its name
    begins with "phone" or "pc"; `./dev pictures` takes it."""

    title: str
    steps: Sequence[str]
    endpoint: str
    picture: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels."""
        return PHONE if self.picture.startswith("phone") else PC


HELP: Mapping[Role, Sequence[Topic]] = {
    Role.CADRE: (
        Topic("学一门课", ("打开“讲堂”，选一门课，按“加入学习”。", "逐节学习，看过的时长自动记录，换手机接着学。", "学完按提示做测验，通过后学时自动入账。"), "library.index", "phone-course"),
        Topic("参加比拼", ("打开“比拼”，在开放时间内按“开始答题”。", "每选一题就自动保存；断网也能继续，连上后自动补交。", "答完按“交卷”，到时会自动交卷。"), "contests.index", "phone-exam"),
        Topic("平时练题", ("打开“练习”，选一个范围开始。", "错题进错题本，隔几天会再出现，连续答对就移出。"), "practice.index"),
        Topic("看学时够不够", ("“我的学时”列出今年每项要求和差多少。", "按“学什么能补上”，系统从开放的课程和活动里挑给你。", "单位外的培训按“申报学时”，上传证明。"), "hours.own", "phone-hours"),
        Topic("收通知、提意见", ("“消息”里是要办的事；“消息设置”可选邮件和频次。", "每页底部都有“意见建议”，答复会回到消息里。"), "notices.inbox"),
    ),
    Role.LECTURER: (
        Topic("上传视频和课件", ("打开“我上传的资源”，按“上传”，文件可断点续传。", "转码完成后补标题、简介和字幕，按“提交审核”。"), "studio.index", "pc-studio"),
        Topic("报一个讲题", ("打开“我的讲台”，按“报一个题目”，写提纲和时长。", "审核通过后在这里看排期，讲完上传录像和课件。"), "lecture_topics.index"),
    ),
    Role.SECRETARY: (
        Topic("开一次主题党日或会议", ("打开“活动组织”，新建活动，选时间、地点和参加人。", "现场出示签到码，或逐个点名；请假的在名单里批。", "会后写纪要、记决议，关闭点名后学时入账。"), "gathering_desk.index", "pc-gathering"),
        Topic("看本支部的完成情况", ("打开“支部工作台”，看每月规定动作和缺席名单。", "缺席的人会收到补学任务，学完自动销号。"), "committee_desk.index"),
        Topic("推荐评星人选", ("打开“推荐评星”，在开放期内看事实、写理由、提交。",), "star_recommending.index"),
        Topic("给支部发通知", ("打开“发通知”，选范围，写一句话，按“发布”。",), "announcements.index"),
    ),
    Role.UNIT_ADMIN: (
        Topic("建课程", ("打开“课程”，新建课程，按章放入资源和测验。", "检查预览，再按“发布”；改动会成为新版本。"), "course_admin.courses"),
        Topic("管题库和试卷", ("打开“题库”，逐题录入或从 Excel、Word 导入。", "每题写清法条依据；在“试卷”里按题型抽题组卷。"), "quizzes_admin.questions", "pc-questions"),
        Topic("发布资源", ("两道审核都通过后，在“资源”里发布，定可见范围。",), "reviews.published"),
        Topic("看本单位学时", ("打开“学时”，看谁还差、差哪项，可导出。",), "hours_office.index"),
    ),
    Role.REVIEWER: (
        Topic("审核内容", ("打开“内容审核”，看材料，按“通过”或写明理由退回。", "通过的是你看到的这一版，之后有改动会再送来。"), "reviews.content", "pc-content-review"),
        Topic("复核比拼排名", ("打开“业务大比拼”，核对异常和申诉，按“复核通过”。",), "contests_office.index"),
    ),
    Role.SECRECY_REVIEWER: (
        Topic("保密审核", ("打开“保密审核”，逐页看材料，确认不涉密再通过。", "有疑问就退回，写明哪一页、为什么。"), "reviews.secrecy"),
    ),
    Role.ORGANISER: (
        Topic("办一次比拼", ("打开“业务大比拼”，新建比拼，定轮次、试卷和时间。", "开始前系统自动备好试卷；进行中可看监考页。", "结束后处理异常，复核，再公布排名。"), "contests_office.index", "pc-contest"),
        Topic("安排领导干部上讲台", ("打开“上讲台”，审讲题、排课表、定听课范围。", "讲完关闭点名，讲课和听课学时自动入账。"), "lecture_desk.index"),
        Topic("办培训班、定年度计划", ("打开“培训班”或“培训计划”，新建，分配名额。", "进度按单位和个人显示，结业发证书。"), "class_office.index"),
        Topic("管人员", ("打开“人员”，逐个登记或从 Excel 导入。", "调动从生效日起算，以前的记录不变。"), "admin.people.index"),
        Topic("核学时申报", ("打开“学时”，看申报和证明，通过或退回。", "规则改动从次日生效，旧账不变。"), "hours_office.index"),
        Topic("出年度报表", ("打开“年度报表”，选年份，生成后下载。",), "admin.reports.index"),
    ),
    Role.COMMITTEE: (
        Topic("发每月主题党日方案", ("打开“主题党日方案”，选课程、影片和实践，定截止日。", "发布后各支部收到同一份方案。"), "month_packs.index"),
        Topic("看各支部完成情况", ("打开“支部工作台”，按月看进度，点支部看详情。",), "committee_desk.index", "pc-committee"),
        Topic("主持评星", ("打开“评星”，开启一期，核对候选人事实，公示后公布。",), "stars_office.index"),
    ),
    Role.SYSTEM_ADMIN: (
        Topic("帮人登录", ("打开“账号”，找到人，按“发放一次性口令”，当面告诉本人。", "锁定的账号按“解锁”；离开的人按“停用”。"), "admin.accounts.index", "pc-accounts"),
        Topic("看后台任务", ("打开“任务”，失败的点开看原因，按“重试”。",), "admin.tasks.index"),
        Topic("设发送通道", ("打开“发送通道”，加邮件服务器或群机器人。", "先按“发测试消息”，收到后再打开。"), "channels.index"),
        Topic("维护工作日历", ("打开“工作日历”，录入放假和调休，公示期按它算。",), "admin.calendar.index"),
        Topic("检查网站", ("在服务器上运行 flask doctor，按每行提示处理。", "每晚备份用 flask backup create，换机用 flask backup restore。"), "admin.tasks.index"),
    ),
    Role.SECURITY_ADMIN: (
        Topic("授予和收回角色", ("打开“角色授权”，找到人，选角色和范围。", "三员互斥：一个人只能担任其中一员，也不能兼其他角色。", "收回后对方下一次操作就失效。"), "admin.grants.index", "pc-grants"),
    ),
    Role.AUDIT_ADMIN: (
        Topic("查审计日志", ("打开“审计日志”，按动作或对象查，按“核对”检查是否被改动。", "发现不一致时不要动数据，先联系运行人员运行 flask audit verify。"), "admin.audit.index", "pc-audit"),
    ),
}  # fmt: skip
