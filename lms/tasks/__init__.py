"""Durable long work, the outbox, and claims of scheduled runs.

task 任务: kind, input, progress, result, retries; claimed by a conditional update, so that any worker may run it and only one does.
A task that died with its worker is taken up again when its claim has run out. Work that reaches the outside world (mail, object
deletes, media) is always a task: a crash loses none and a repeat is harmless.
"""
