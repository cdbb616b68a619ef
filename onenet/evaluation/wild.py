"""How a network does on photos as people send them: captions, search, and everyday things named."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.captions.beam_search import write_all, writer_of
from onenet.evaluation.captions import caption_scores, plain
from onenet.evaluation.evaluation_set import EvaluationSet, sentence_guesses
from onenet.evaluation.figures import Figures, percent
from onenet.evaluation.ranks import ranks, recall_figures
from onenet.network.model import OneNet

QUERIES = 2  # descriptions of each photo that are searched for
NAMED_BY = 3  # people who name a thing that is there
# Everyday things, each with other words for it; plurals are understood, and of words within others (the bear
# of a teddy bear) the longer ones count.
THINGS = [
    each.split("|")
    for each in """
    person|man|woman|boy|girl|child|kid|people|men|women|children|lady|guy|player|skier|surfer|skateboarder|baby
    dog|puppy
    cat|kitten|kitty
    horse|pony
    cow|cattle|bull
    sheep|lamb
    elephant
    bear
    zebra
    giraffe
    bird|duck|seagull|pigeon|parrot|owl
    car|sedan
    bus
    truck|pickup
    train|locomotive
    motorcycle|motorbike
    bicycle|bike
    airplane|plane|jet|aeroplane
    boat|ship|canoe|kayak
    traffic light|stoplight|traffic signal|stop light
    stop sign
    bench
    street|road
    building|tower|skyscraper
    bridge
    beach
    ocean|sea|wave
    snow
    mountain|hill
    tree
    grass|field|lawn
    flower|bouquet
    umbrella|parasol
    kite
    skateboard
    surfboard
    ski
    snowboard
    ball|baseball|football|soccer ball
    bat|baseball bat
    tennis racket|racket|racquet|tennis racquet
    frisbee
    pizza
    sandwich|burger|hamburger|hot dog|hotdog
    cake|cupcake
    donut|doughnut
    banana
    apple
    orange
    broccoli|vegetable|carrot|salad
    fruit
    bread|toast|bun
    plate|dish
    bowl
    cup|mug|coffee
    glass
    bottle|wine
    knife|fork|spoon
    table|desk|counter
    chair|stool
    couch|sofa
    bed
    kitchen|stove|oven|refrigerator|fridge
    bathroom|toilet|bathtub|shower
    sink
    television|tv|monitor|screen
    laptop|computer|keyboard
    phone|cellphone|cell phone|iphone
    book
    clock|watch
    vase
    teddy bear|stuffed animal|teddy
    suitcase|luggage|bag|backpack
    window
    mirror
    """.strip().split("\n")
]


def measure_wild(model: OneNet, photos: EvaluationSet) -> Figures:
    """Measure English captions of photos, search by the sentence encoder, and which things captions name."""
    vocabulary = photos.vocabulary
    written = write_all(writer_of(model, vocabulary, photos.language), photos.representations)
    captions = [plain(vocabulary.decode(each.token_ids)) for each in written]
    references = [[plain(text) for text in photo.captions] for photo in photos.photos]
    queries, rows = looked_for(photos)
    guesses = sentence_guesses(model, [vocabulary.encode_known(text) for text in queries])
    return {
        "photos": len(photos.photos),
        **caption_scores(captions, references, intervals=True),
        "distinct_captions": len(set(captions)),
        **recall_figures(ranks(guesses.numpy(), photos.representations.numpy(), rows)),
        **things_named(captions, references),
    }


def looked_for(photos: EvaluationSet) -> tuple[list[str], NDArray[np.int64]]:
    """Give the descriptions of photos that are searched for, and the row of each one's photo, shape (Q,)."""
    each = [photo.captions[:QUERIES] for photo in photos.photos]
    return [text for texts in each for text in texts], np.repeat(np.arange(len(each)), list(map(len, each)))


def things_named(captions: Sequence[str], references: Sequence[Sequence[str]]) -> Figures:
    """Tell how many of the things that most people name are named, and how many of those named are there.

    A thing is there if anybody names it.
    """
    wanted = told = named = true = 0
    for caption, own in zip(captions, references, strict=True):
        said = things_in(caption)
        people = [things_in(text) for text in own]
        most = {thing for thing in set().union(*people) if sum(thing in each for each in people) >= NAMED_BY}
        wanted, told = wanted + len(most), told + len(most & said)
        named, true = named + len(said), true + len(said & set().union(*people))
    return {
        "things_named": percent(told / max(1, wanted)),
        "named_things_there": percent(true / max(1, named)),
    }


def things_in(text: str) -> set[str]:
    """Give the things that a plain sentence names, each by the first word for it."""
    return {_THING_OF[form] for form in _FORMS.findall(text)}


def _plural_of(word: str) -> str:
    if re.search("[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    return f"{word[:-2]}ves" if word.endswith("ife") else f"{word}s"


_THING_OF = {
    form: words[0].strip()
    for words in THINGS
    for word in words
    for form in (word.strip(), _plural_of(word.strip()))
}
_FORMS = re.compile(rf"\b(?:{'|'.join(sorted(_THING_OF, key=len, reverse=True))})\b")
