"""Programs that look into one uploaded file, each run as a child process: `python -m lms.media.examining.pdf FILE FOLDER`.

Each prints one JSON object; pictures are left in the folder. A file that cannot be used ends with code 3 and the sentence for the person on
stderr. Memory is bounded here, time by the caller. Nothing here touches the database or the storage, so a parser that crashes takes nothing
along. One program per family of files, so that a child loads one parser only.
"""
