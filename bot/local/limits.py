"""Telegram's limits, as far as several files need them."""

MAX_TEXT = 4096  # characters
MAX_CAPTION = 1024
MAX_ALBUM = 10  # messages
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
