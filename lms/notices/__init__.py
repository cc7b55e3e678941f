"""Inbox, announcements, reminders, the ways out of the house, and feedback (意见建议) tracked to a reply.

notice 消息: one sentence for one person with a link. Telling is part of the transaction that causes it; the same person is told the same
thing about the same link at most once a week while it is unread, so nobody is pestered.

announcement 通知: one text for an audience (a unit or branch with what is below it, narrowed by rank band and Party status; or named
persons), written by whoever may announce there. No row per recipient: the audience is asked of the roster of the day of publication, or of
today for who joined later; only reading leaves a mark. The author sees numbers, from five recipients on, and never names.

reminder 待办提醒: what `lms/reminders.py` finds waiting for a person, in working hours of working days, an item once in seven days, all of a
day in one digest; who wants quiet gets none. What is done is not found any more.

channel 发送通道: a mail server or a group's robot, set up by the system admin, its secrets sealed and never shown again. delivery: a message in
the outbox, written with its cause, claimed, sent and tried again until it arrives or is dead; dead ones stand on the office page. No
address inside the house is reached unless LMS_INSIDE_HOSTS names its host.

feedback 意见建议: a thread from the page it was written on, with a state, somebody who sees to it, and words of both sides.
"""
