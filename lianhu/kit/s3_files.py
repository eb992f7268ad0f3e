"""The same kept in an S3-compatible store. Imported only where one is set: its library is large."""

from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage


class PrivateS3(S3Storage):  # type: ignore[misc]
    """Nothing in it is public: each address is signed and holds for a minute."""

    def __init__(self, *, addressing_style: str, **options: Any) -> None:
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": addressing_style},
            # Stores that are only compatible do not know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=30,
        )
        super().__init__(
            client_config=config, default_acl=None, file_overwrite=True, querystring_expire=60, **options
        )
