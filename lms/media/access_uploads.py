"""Uploads are their owner's and nobody else's: everybody else meets 404."""

from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.media import upload_queries as queries
from lms.media.upload_models import Upload
from lms.media.upload_rules import UploadState
from lms.people.principal import Principal


def upload_to_fill(session: Session, person: Principal, upload_id: int) -> Upload:
    """An own upload that was not given up; raises NotFound."""
    upload = queries.find_upload(session, upload_id)
    if upload is None or upload.owner_id != person.id or upload.state is UploadState.DISCARDED:
        raise NotFound("这次上传已放弃或已过期，请重新选择文件。")
    return upload
