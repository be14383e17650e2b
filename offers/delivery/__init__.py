"""After publication: the files of each channel reach their target once, by folder, SFTP, S3 or HTTP."""
