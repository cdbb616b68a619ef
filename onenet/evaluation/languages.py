"""How well a network writes, reads and translates each of its languages."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from onenet.captions.beam_search import write_all, writer_of
from onenet.evaluation.captions import caption_scores, meteor_score
from onenet.evaluation.cider import Cider
from onenet.evaluation.evaluation_set import EvaluationSet, mean_caption_loss, sentence_guesses
from onenet.evaluation.figures import Figures, Progress, percent
from onenet.evaluation.ranks import ranks, recall_figures
from onenet.network.model import OneNet
from onenet.network.special_words import ENGLISH
from onenet.network.vocabulary import language_of_code

_METEOR = (ENGLISH,)  # pycocoevalcap's knows English words alone
WRITTEN_FROM = 0.5  # of English's CIDEr: what reads worse than that is read only


def languages_written(model: OneNet, sets: Sequence[EvaluationSet]) -> list[str]:
    """Tell the languages in which a network writes well enough, English first; see `written_well`.

    Args:
        model: In eval mode.
        sets: Photos with captions, one set a language, English first.
    """
    return written_well(
        {
            photos.language: _scores(photos.language, _captions(model, photos), _references(photos))["CIDEr"]
            for photos in sets
        }
    )


def written_well(ciders: Mapping[str, float]) -> list[str]:
    """Choose the languages whose captions have at least `WRITTEN_FROM` of the CIDEr that English has.

    Args:
        ciders: By language, English among them.
    """
    least = WRITTEN_FROM * ciders.get(ENGLISH, 0.0)
    others = [code for code, cider in ciders.items() if code != ENGLISH and cider >= max(least, 1.0)]
    return [ENGLISH, *others]


def measure_languages(
    model: OneNet,
    sets: Sequence[EvaluationSet],
    progress: Progress = lambda what, done, total: None,
    notice: Callable[[str], None] = lambda sentence: None,
) -> Figures:
    """Measure captions, search by the sentence encoder and translation for each language, by its code.

    Protocol of caption scores: see `onenet.evaluation.captions`, the words split as the network splits them.
    A translation is scored as a caption: against what people said of the photo in the other language.

    Args:
        model: In eval mode.
        sets: Photos with captions, one set a language, English first.
    """
    vocabulary = sets[0].vocabulary
    english = {photo.path.name: photo for photo in sets[0].photos}
    found: Figures = {}
    for photos in sets:
        language = photos.language
        captions = _captions(model, photos, progress)
        references = _references(photos)
        guesses = sentence_guesses(model, photos.token_ids)
        figures: Figures = {
            "photos": len(photos.photos),
            "descriptions": len(photos.token_ids),
            "nats": round(mean_caption_loss(partial(model, block=photos.block), photos), 4),
            **_scores(language, captions, references),
            "distinct_captions": len(set(captions)),
            **recall_figures(ranks(guesses.numpy(), photos.representations.numpy(), photos.rows)),
        }
        if language in _METEOR and (score := meteor_score(captions, references, notice)) is not None:
            figures["METEOR"] = score
        if language != ENGLISH:
            firsts = np.unique(photos.rows, return_index=True)[1]  # one description of each photo
            to_english = write_all(writer_of(model, vocabulary), guesses[firsts])
            said = [vocabulary.decode(each.token_ids) for each in to_english]
            known = [english[photo.path.name].captions for photo in photos.photos]
            figures["into English, CIDEr"] = _scores(ENGLISH, said, known)["CIDEr"]
            first_of = [photo.captions[0] for photo in photos.photos]
            ids = [vocabulary.encode(text) for text in first_of]
            from_english = write_all(writer_of(model, vocabulary, language), sentence_guesses(model, ids))
            said = [vocabulary.decode(each.token_ids) for each in from_english]
            figures["from English, CIDEr"] = _scores(language, said, references)["CIDEr"]
        found[language] = figures
    return found


def _captions(
    model: OneNet, photos: EvaluationSet, progress: Progress = lambda what, done, total: None
) -> list[str]:
    writer = writer_of(model, photos.vocabulary, photos.language)
    shown = partial(progress, f"captions, {photos.language}")
    written = write_all(writer, photos.representations, progress=shown)
    return [photos.vocabulary.decode(each.token_ids) for each in written]


def _references(photos: EvaluationSet) -> list[Sequence[str]]:
    return [photo.captions_in(photos.language) for photo in photos.photos]


def _scores(language: str, captions: Sequence[str], references: Sequence[Sequence[str]]) -> Figures:
    """Score captions; CIDEr, by which the languages to write are chosen, without pycocoevalcap too."""
    split = language_of_code(language).tokenize
    said = [split(caption) for caption in captions]
    known = [[split(text) for text in own] for own in references]
    scores = caption_scores([" ".join(words) for words in said], [list(map(" ".join, own)) for own in known])
    if "CIDEr" not in scores:
        scores["CIDEr"] = percent(Cider(known).mean(said))
    return scores
