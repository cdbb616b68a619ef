"""The photos of all chats that one bot keeps in Milvus, each found in its chat alone."""

from collections.abc import Collection, Iterator

from onenet.search.milvus import CHATS, MilvusIndex, collection_of
from onenet.search.milvus_connection import MilvusConnection, literal

_AT_ONCE = 500


class MilvusChats:
    """Photos of chats by their names, which are different in all chats of one owner.

    Args:
        connection: To the server; others may use it too.
        fingerprint: Names the network that makes the representations.
        owner: Whose chats: of those of others on the same server nothing is seen or changed.
        dimensions: Length D of a representation.
    """

    def __init__(
        self, connection: MilvusConnection, fingerprint: str, owner: str, dimensions: int = 300
    ) -> None:
        self.connection = connection
        self.dimensions = dimensions
        self._fingerprint = fingerprint
        self._owner = f"{owner}:"
        self._name = collection_of(fingerprint) + CHATS

    def of(self, chat: str) -> MilvusIndex:
        """Give the photos of a chat."""
        return MilvusIndex(
            self.connection.url,
            self._fingerprint,
            self.dimensions,
            chat=self._owner + chat,
            connection=self.connection,
        )

    def pages(self) -> Iterator[set[tuple[str, str]]]:
        """Give chat and name of all photos, many a step."""
        for rows in self.connection.pages(self._name, self._own(), ["chat", "photo"]):
            yield {(row["chat"].removeprefix(self._owner), row["photo"]) for row in rows}

    def remove(self, photos: Collection[str]) -> None:
        """Forget photos, whichever chat they are in; unknown ones are ignored."""
        names = sorted(photos)
        for start in range(0, len(names) if self.connection.has(self._name) else 0, _AT_ONCE):
            listed = ", ".join(map(literal, names[start : start + _AT_ONCE]))
            self.connection.do(self._name, "delete", filter=f"photo in [{listed}] and {self._own()}")

    def forget_other_networks(self) -> None:
        """Forget what representations of other networks there are; they are of no use, and of people."""
        for name in self.connection.collections():
            if name.startswith(collection_of("")) and name.endswith(CHATS) and name != self._name:
                self.connection.has(name)
                self.connection.do(name, "delete", filter=self._own())

    def _own(self) -> str:
        return f"chat like {literal(self._owner + '%')}"
