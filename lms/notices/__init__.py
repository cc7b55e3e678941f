"""Inbox, and feedback (意见建议) tracked to a reply.

notice 消息: one sentence for one person with a link. Telling is part of the transaction that causes it; the same person is told the same
thing about the same link at most once a week while it is unread, so nobody is pestered.
"""
