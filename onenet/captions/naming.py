"""What the encoder's classifier would call a photo."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """One of ImageNet's classes.

    Attributes:
        text: In English, such as "Egyptian cat".
        probability: That the photo shows it, 0 to 1.
    """

    text: str
    probability: float
