"""Theme days (主题党日): the committee's pack of the month, a branch's month, its three parts and the make-up study.

A *month pack* is what 机关党委 gives all branches for a month: theme, lesson, film, practice, guidance, files of the library. It is published
once and then pushed: every branch with members has a *branch month* exactly once, whatever ran twice or was missed. A pack with a time
for 同主题同步学 plans that gathering in every branch with the push.

A *part* (一课, 一片, 一实践) of a branch month is covered by a gathering, or was done apart, without a meeting, on a day. It counts as done
when that gathering's roll is closed, never before; nothing is stored that could contradict the roll. Several gatherings may cover
the parts of one month, and each part counts once.

A due member who was not there when lesson or film were held may *make up* (补学) within 30 days. Only the player's own evidence
closes a make-up. It never touches the roll: the member stays on leave or absent, and hours are what the player gives.

Members see their own branch, secretaries plan it (`GATHERING_HOLD` on the branch), 机关党委 reads all (`GATHERING_READ`) and edits
packs (`PACK_MANAGE`). A branch never sees another's month (404). Rates are shown inside the branch and to 机关党委 only.

*Duties* (三会一课) say what a branch is to hold in each month, quarter and year, and what is still open; members of the branch see them. The
*handbook* is a branch's whole year as a file, the *desk* every branch's month in one list, the outside table what another platform wants
to be fed. These three are for who keeps a branch or oversees it (`BRANCH_READ` over the branch); everybody else is told nothing (404).
"""
