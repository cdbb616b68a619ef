"""The words by which people change what they look for, by language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TurnWords:
    """How one language says it.

    Attributes:
        without: What follows is to be taken away.
        no: Said first: what follows takes the place of what was said.
        none_of: Between `no` and `without`: before a noun it takes away, before a comma it corrects.
        more: What follows, or stands before it, is wanted more.
        less: The same, wanted less.
        instead: Somewhere in the words: they take the place of what was said.
        like: Before a number: the photo of that number is meant.
        first: The photos by their numbers, "first" first, in all their forms.
        cardinals: Words that count things as well, "one" first: more than two dogs are none of the photos.
        photo: Stand beside the number of a photo.
        back: All of the words: the last change is taken back.
        one: Stands for the thing that was spoken of.
        articles: What may stand before a noun.
        but: What begins another wish.
    """

    without: tuple[str, ...]
    no: tuple[str, ...]
    more: tuple[str, ...]
    less: tuple[str, ...]
    instead: tuple[str, ...]
    like: tuple[str, ...]
    first: tuple[tuple[str, ...], ...]
    back: tuple[str, ...]
    photo: tuple[str, ...]
    one: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    cardinals: tuple[str, ...] = ()


TURN_WORDS = {
    "en": TurnWords(
        without=(
            "without any",
            "without",
            "with no",
            "but no",
            "but not",
            "and no",
            "and not",
            "not",
            "minus",
        ),
        no=("nope", "wrong", "rather"),
        none_of=("no",),
        more=("more",),
        less=("less", "fewer", "not so much", "not so many"),
        instead=("instead", "rather"),
        like=("more like", "like", "similar to", "as in"),
        first=(
            ("first", "1st"),
            ("second", "2nd"),
            ("third", "3rd"),
            ("fourth", "4th"),
            ("fifth", "5th"),
            ("sixth", "6th"),
            ("seventh", "7th"),
            ("eighth", "8th"),
            ("ninth", "9th"),
            ("tenth", "10th"),
        ),
        back=("back", "go back", "undo", "one step back", "take that back"),
        photo=("photo", "picture", "image", "pic", "photograph", "number", "result"),
        cardinals=("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
        one=("one", "ones"),
        articles=("a", "an", "the", "any", "some", "so", "much", "many"),
        but=("but", "and"),
    ),
    "de": TurnWords(
        without=("ohne", "kein", "keine", "keinen", "keinem", "keiner", "nicht", "minus"),
        no=("nein", "nee", "falsch", "lieber"),
        more=("mehr",),
        less=("weniger", "nicht so viel", "nicht so viele"),
        instead=("stattdessen", "lieber", "sondern"),
        like=("mehr wie", "so wie", "wie", "ähnlich wie"),
        first=(
            ("erste", "ersten", "erstes", "1."),
            ("zweite", "zweiten", "zweites", "2."),
            ("dritte", "dritten", "drittes", "3."),
            ("vierte", "vierten", "viertes", "4."),
            ("fünfte", "fünften", "fünftes", "5."),
            ("sechste", "sechsten", "sechstes", "6."),
            ("siebte", "siebten", "siebtes", "7."),
            ("achte", "achten", "achtes", "8."),
            ("neunte", "neunten", "neuntes", "9."),
            ("zehnte", "zehnten", "zehntes", "10."),
        ),
        back=("zurück", "einen schritt zurück", "rückgängig"),
        photo=("foto", "bild", "aufnahme", "nummer", "ergebnis"),
        one=("einer", "eines", "einen", "eins"),
        articles=("ein", "eine", "einen", "einem", "einer", "der", "die", "das", "den", "dem", "so", "viel"),
        but=("aber", "und"),
    ),
    "fr": TurnWords(
        without=("sans", "pas de", "pas d'", "pas", "moins les"),
        no=("non", "faux", "plutôt"),
        more=("plus de", "plus d'", "davantage de", "davantage d'"),
        less=("moins de", "moins d'"),
        instead=("à la place", "plutôt"),
        like=("plus comme", "comme", "plutôt comme", "plus semblable à", "semblable à"),
        first=(
            ("premier", "première", "1er", "1re"),
            ("deuxième", "second", "seconde", "2e"),
            ("troisième", "3e"),
            ("quatrième", "4e"),
            ("cinquième", "5e"),
            ("sixième", "6e"),
            ("septième", "7e"),
            ("huitième", "8e"),
            ("neuvième", "9e"),
            ("dixième", "10e"),
        ),
        back=("retour", "en arrière", "annuler", "reviens"),
        photo=("photo", "image", "photographie", "numéro", "numero", "résultat"),
        one=("celui", "celle"),
        articles=("un", "une", "des", "le", "la", "les", "l'", "de", "du"),
        but=("mais", "et"),
    ),
    "es": TurnWords(
        without=("sin", "pero no", "y no"),
        no=("mejor",),
        none_of=("no",),
        more=("más", "mas"),
        less=("menos",),
        instead=("en cambio", "en su lugar", "mejor", "sino"),
        like=(
            "más como",
            "como",
            "más parecido a",
            "más parecida a",
            "parecido a",
            "parecida a",
        ),
        first=(
            ("primero", "primera", "primer"),
            ("segundo", "segunda"),
            ("tercero", "tercera", "tercer"),
            ("cuarto", "cuarta"),
            ("quinto", "quinta"),
            ("sexto", "sexta"),
            ("séptimo", "séptima"),
            ("octavo", "octava"),
            ("noveno", "novena"),
            ("décimo", "décima"),
        ),
        back=("atrás", "volver", "vuelve", "deshacer"),
        photo=("foto", "imagen", "fotografía", "fotografia", "número", "numero", "resultado"),
        one=("uno",),
        articles=("un", "una", "unos", "unas", "el", "la", "los", "las"),
        but=("pero", "y"),
    ),
    "pt": TurnWords(
        without=("sem", "mas não", "e não"),
        no=("melhor",),
        none_of=("não", "nao"),
        more=("mais",),
        less=("menos",),
        instead=("em vez disso", "em vez", "melhor"),
        like=(
            "mais como",
            "como",
            "mais parecido com",
            "mais parecida com",
            "parecido com",
            "parecida com",
        ),
        first=(
            ("primeiro", "primeira"),
            ("segundo", "segunda"),
            ("terceiro", "terceira"),
            ("quarto", "quarta"),
            ("quinto", "quinta"),
            ("sexto", "sexta"),
            ("sétimo", "sétima"),
            ("oitavo", "oitava"),
            ("nono", "nona"),
            ("décimo", "décima"),
        ),
        back=("voltar", "volta", "volte", "desfazer"),
        photo=("foto", "imagem", "fotografia", "número", "numero", "resultado"),
        articles=("um", "uma", "uns", "umas", "o", "a", "os", "as"),
        but=("mas", "e"),
    ),
    "cs": TurnWords(
        without=("bez", "beze", "ale ne", "žádný", "žádná", "žádné", "žádní"),
        no=("ne", "špatně", "raději", "radši"),
        more=("více", "víc"),
        less=("méně", "míň"),
        instead=("místo toho", "raději", "radši"),
        like=("více jako", "víc jako", "jako", "podobné jako"),
        first=(
            ("první",),
            ("druhý", "druhá", "druhé"),
            ("třetí",),
            ("čtvrtý", "čtvrtá", "čtvrté"),
            ("pátý", "pátá", "páté"),
            ("šestý", "šestá", "šesté"),
            ("sedmý", "sedmá", "sedmé"),
            ("osmý", "osmá", "osmé"),
            ("devátý", "devátá", "deváté"),
            ("desátý", "desátá", "desáté"),
        ),
        back=("zpět", "zpátky", "vrátit"),
        photo=(
            "foto",
            "fotka",
            "fotku",
            "fotce",
            "fotografie",
            "fotografii",
            "obrázek",
            "obrázku",
            "snímek",
            "číslo",
            "číslu",
        ),
        but=("ale", "a"),
    ),
    "uk": TurnWords(
        without=("без", "але не", "не"),
        no=("ні", "неправильно", "краще"),
        more=("більше",),
        less=("менше",),
        instead=("натомість", "замість цього", "краще"),
        like=("більше як", "як", "схоже на", "подібне до"),
        first=(
            ("перший", "перша", "перше", "першу"),
            ("другий", "друга", "друге", "другу"),
            ("третій", "третя", "третє", "третю"),
            ("четвертий", "четверта", "четверте", "четверту"),
            ("п'ятий", "п'ята", "п'яте", "п'яту"),
            ("шостий", "шоста", "шосте", "шосту"),
            ("сьомий", "сьома", "сьоме", "сьому"),
            ("восьмий", "восьма", "восьме", "восьму"),
            ("дев'ятий", "дев'ята", "дев'яте", "дев'яту"),
            ("десятий", "десята", "десяте", "десяту"),
        ),
        back=("назад", "повернутися", "скасувати"),
        photo=(
            "фото",
            "фотографія",
            "фотографію",
            "фотографії",
            "картинка",
            "картинку",
            "картинки",
            "зображення",
            "знімок",
            "номер",
        ),
        but=("але", "та", "і"),  # noqa: RUF001 - a letter of its own
    ),
    "ar": TurnWords(
        without=("بدون", "من دون", "دون", "بلا", "من غير", "ليس", "وليس"),
        no=("لا", "خطأ"),
        more=("المزيد من", "مزيد من", "أكثر", "اكثر"),
        less=("أقل", "اقل"),
        instead=("بدلا من ذلك", "بدلاً من ذلك", "بل"),
        like=("أكثر مثل", "المزيد مثل", "مثل", "يشبه"),
        first=(
            ("الأول", "الأولى", "الاول", "الاولى"),
            ("الثاني", "الثانية"),
            ("الثالث", "الثالثة"),
            ("الرابع", "الرابعة"),
            ("الخامس", "الخامسة"),
            ("السادس", "السادسة"),
            ("السابع", "السابعة"),
            ("الثامن", "الثامنة"),
            ("التاسع", "التاسعة"),
            ("العاشر", "العاشرة"),
        ),
        back=("رجوع", "ارجع", "عودة", "تراجع"),
        photo=("صورة", "الصورة", "صوره", "الصوره", "رقم", "الرقم"),
        but=("لكن", "ولكن"),
    ),
    "zh": TurnWords(
        without=("没有", "不要", "不带", "去掉", "而不是", "无"),
        no=("不对", "不是", "不"),
        more=("多一点", "更多", "多些", "多点"),
        less=("少一点", "更少", "少些", "少点"),
        instead=("换成", "改成"),
        like=("更像", "像", "类似"),
        first=(
            ("第一", "1号"),
            ("第二", "2号"),
            ("第三", "3号"),
            ("第四", "4号"),
            ("第五", "5号"),
            ("第六", "6号"),
            ("第七", "7号"),
            ("第八", "8号"),
            ("第九", "9号"),
            ("第十", "10号"),
        ),
        back=("返回", "后退", "回去", "撤销", "上一步"),
        photo=("照片", "图片", "图", "张", "号"),
        one=("的",),
        but=("但是", "但", "而且"),
    ),
}
