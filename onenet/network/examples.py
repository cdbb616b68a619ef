"""Words and descriptions to try, in each language that a network may read."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from onenet.network.special_words import ENGLISH


@dataclass(frozen=True)
class Examples:
    """What to try, in words that are common in photo captions of a language.

    Attributes:
        animal: A word.
        place: Another.
        analogy: Three words, which a fourth completes.
        odd: Words of which the last does not belong.
        photo: Describes a photo.
        scene: Describes another, as a sentence.
        beach: Describes a third.
        children: Describes a fourth.
    """

    animal: str
    place: str
    analogy: str
    odd: str
    photo: str
    scene: str
    beach: str
    children: str

    @property
    def walk(self) -> str:
        """Two words, from one of which a walk leads to the other."""
        return f"{self.animal} {self.place}"

    def __iter__(self) -> Iterator[str]:
        return iter([getattr(self, field.name) for field in fields(self)])


_OF_LANGUAGES = {
    "en": Examples(
        "dog",
        "beach",
        "man men woman",
        "dog puppy cat truck",
        "a dog in the snow",
        "a dog runs through the snow",
        "a dog on the beach",
        "children playing football",
    ),
    "zh": Examples(
        "狗",
        "海滩",
        "男人 男孩 女人",
        "狗 小狗 猫 汽车",
        "雪地里的一只狗",
        "一只狗在雪地里奔跑",
        "一只狗在海滩上",
        "孩子们在踢足球",
    ),
    "de": Examples(
        "Hund",
        "Strand",
        "Mann Männer Frau",
        "Hund Welpe Katze Auto",
        "ein Hund im Schnee",
        "ein Hund läuft durch den Schnee",
        "ein Hund am Strand",
        "Kinder spielen Fußball",
    ),
    "pt": Examples(
        "cachorro",
        "praia",
        "homem homens mulher",
        "cachorro filhote gato caminhão",
        "um cachorro na neve",
        "um cachorro corre pela neve",
        "um cachorro na praia",
        "crianças jogando futebol",
    ),
    "ar": Examples(
        "كلب",
        "شاطئ",
        "رجل رجال امرأة",
        "كلب جرو قطة شاحنة",
        "كلب في الثلج",
        "كلب يركض في الثلج",
        "كلب على الشاطئ",
        "أطفال يلعبون كرة القدم",
    ),
    "fr": Examples(
        "chien",
        "plage",
        "homme hommes femme",
        "chien chiot chat camion",
        "un chien dans la neige",
        "un chien court dans la neige",
        "un chien sur la plage",
        "des enfants jouent au football",
    ),
    "cs": Examples(
        "pes",
        "pláž",
        "muž muži žena",
        "pes štěně kočka auto",
        "pes ve sněhu",
        "pes běží ve sněhu",
        "pes na pláži",
        "děti hrají fotbal",
    ),
    "es": Examples(
        "perro",
        "playa",
        "hombre hombres mujer",
        "perro cachorro gato camión",
        "un perro en la nieve",
        "un perro corre por la nieve",
        "un perro en la playa",
        "niños jugando al fútbol",
    ),
    "uk": Examples(
        "собака",
        "пляж",
        "чоловік чоловіки жінка",
        "собака пес кінь машина",
        "собака в снігу",
        "собака біжить по снігу",
        "собака на пляжі",
        "діти грають у футбол",  # noqa: RUF001 - a letter of its own
    ),
}


def examples_in(language: str) -> Examples:
    """Give what to try in a language; English where there is nothing in it."""
    return _OF_LANGUAGES.get(language, _OF_LANGUAGES[ENGLISH])
