"""Names of the chats' own photos, by which they are told from those of the gallery."""

_OWN = "chat:"


def own_name(photo_id: int) -> str:
    """Name a chat's own photo, such that no gallery photo has the name."""
    return f"{_OWN}{photo_id}"


def own_id(name: str) -> int | None:
    """Read the number of a chat's own photo from its name; None if a gallery photo has that name."""
    number = name.removeprefix(_OWN)
    return int(number) if number != name and number.isdecimal() else None
