"""People: what shows nobody else than them is taught no name, and no name is put in the place of a person."""

from collections.abc import Sequence

_PEOPLE = """
    man men woman women boy boys girl girls child children people person persons kid kids guy guys
    lady ladies
    baby toddler infant player players crowd group couple family friends someone skier surfer
    snowboarder rider
    biker cyclist climber worker performer dancer singer musician guitarist athlete runner
    skateboarder
    skateboarders soldier officer bride groom he she they him her
    mann männer frau frauen junge jungen mädchen kind kinder mensch menschen person personen leute
    baby kleinkind
    spieler gruppe paar
    homem homens mulher mulheres menino meninos menina meninas criança crianças pessoa pessoas bebê
    garoto garota
    jogador jogadores rapaz grupo casal
    homme hommes femme femmes garçon garçons fille filles enfant enfants personne personnes gens
    bébé joueur
    joueurs groupe couple
    muž muži žena ženy chlapec chlapci dívka dívky dítě děti lidé člověk osoba miminko hráč hráči
    skupina
    hombre hombres mujer mujeres niño niños niña niñas persona personas gente bebé chico chica
    jugador jugadores
    grupo pareja
    чоловік чоловіки чоловіка жінка жінки хлопчик хлопчики хлопець дівчинка дівчата дівчина дитина
    діти люди людей
    людина немовля гравець група
    رجل رجال رجلان امراه نساء صبي صبيان ولد اولاد فتاه فتيات طفل اطفال طفله شخص اشخاص الناس ناس
    مجموعه لاعب
    男人 女人 男子 女子 男孩 女孩 小男孩 小女孩 小孩 孩子 孩子们 人 人们 婴儿 运动员 球员 男士 女士 一群
"""
PEOPLE = frozenset(_PEOPLE.split())


def shows_only_people(captions: Sequence[Sequence[str]], content: Sequence[frozenset[str]]) -> bool:
    """Tell whether a person is what every one of some photos is about: the first thing that is said of it.

    Args:
        captions: The words of an English caption of each photo.
        content: For each, the words that say what it shows.
    """
    firsts = [
        next((word for word in words if word in own and word not in _HOW), "")
        for words, own in zip(captions, content, strict=True)
    ]
    return bool(firsts) and all(first in PEOPLE for first in firsts)


# What may stand before a person.
_BEFORE_PEOPLE = """
    young little small old older elderly two three four several many some smiling happy tall big
    shirtless close up black white asian blond blonde
"""
_HOW = frozenset(_BEFORE_PEOPLE.split())
