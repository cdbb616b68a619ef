"""Measure a network on a split of Flickr8K: loss, caption metrics, search by description."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from onenet.captions.beam_search import write_all, writer_of
from onenet.captions.caption import AGREEMENT_WEIGHT
from onenet.captions.sureness import ease_in
from onenet.datasets.flickr8k import load_split
from onenet.datasets.sources import languages_folder, load_listed, with_languages
from onenet.evaluation.captions import measure_variety, plain, score_captions
from onenet.evaluation.copies import ORIGINALS, measure_copies
from onenet.evaluation.evaluation_set import (
    evaluation_sets,
    load_evaluation_set,
    mean_caption_loss,
    represent_photos,
)
from onenet.evaluation.figures import Figures, Progress
from onenet.evaluation.languages import measure_languages, written_well
from onenet.evaluation.public_words import measure_public_words
from onenet.evaluation.ranks import recall_figures
from onenet.evaluation.retrieval import measure_find, search_all
from onenet.evaluation.sureness import fit_sureness
from onenet.evaluation.wild import looked_for, measure_wild
from onenet.evaluation.words import measure_network
from onenet.network.checkpoint import Checkpoint
from onenet.network.special_words import ENGLISH
from onenet.search.spread import Spread
from onenet.words.space import WordSpace

ALL = ("all",)


def evaluate(
    checkpoint: Checkpoint,
    data: Path,
    split: str,
    *,
    cache: Path,
    beam_size: int = 5,
    find: bool = True,
    languages: Sequence[str] = (),
    wild: Path | None = None,
    words: Path | None = None,
    spread: Spread | None = None,
    agreement_weight: float = AGREEMENT_WEIGHT,
    progress: Progress = lambda what, done, total: None,
    notice: Callable[[str], None] = lambda sentence: None,
) -> Figures:
    """Measure everything the network promises.

    Args:
        cache: Folder of the feature cache.
        languages: Which other languages are measured too, by their codes, or `ALL` of them; their captions
            lie in the folder `languages` in the data set's or beside it.
        wild: A folder of photos as people send them, with `captions.tsv`, see `load_listed`.
        words: A folder of public judgements of words, see `onenet.evaluation.public_words`.
        spread: How the network's photos spread; None: searches do not know hubs.
        find: Whether to run the slow part, inversion of every description of the split.
        agreement_weight: See `onenet.captions.beam_search.CaptionWriter`.
        progress: Called with what is being done, how much of it is done, and how much there is.
        notice: Called with a sentence about what could not be measured.

    Returns:
        JSON-ready: "loss" in nats a token; "greedy" and "beam" with BLEU-1..4, METEOR, ROUGE-L and CIDEr,
        all x100, and how varied the captions are; "find" with R@1, R@5, R@10 in per cent and the median rank,
        for the sentence encoder's guess, for inversion, and re-ranked as it is served; "words" with the
        accuracy of neighbours and analogies by the embeddings alone and as they are served, and "public" with
        what public judgements say; seconds each;
        "sure" with how sure it may be of its captions; "languages" and "wild" where they are asked for, and
        with all of its languages "written": those that it writes well enough; "copies" where the data set's
        folder has `originals`, see `onenet.evaluation.copies`.

    Raises:
        DatasetError: If the split cannot be read.
        LanguageError: If the network does not know a language.
    """
    model, vocabulary = checkpoint.model, checkpoint.vocabulary
    for code in () if languages == ALL else languages:
        vocabulary.block(code)
    listed = load_listed(wild, split) if wild is not None else []
    spoken = languages_folder(data) if languages else None
    evaluation_set = load_evaluation_set(
        model, vocabulary, data, split, cache=cache, progress=partial(progress, "features")
    )
    photos, representations = evaluation_set.photos, evaluation_set.representations
    known = {plain(text) for photo in load_split(data, "train") for text in photo.captions}
    figures: Figures = {
        "split": split,
        "photos": len(photos),
        "descriptions": len(evaluation_set.token_ids),
        "loss": round(mean_caption_loss(partial(model, block=vocabulary.block()), evaluation_set), 4),
    }
    writer = writer_of(model, vocabulary, agreement_weight=agreement_weight)
    for name, beams in (("greedy", 1), (f"beam{beam_size}", beam_size)):
        started = time.perf_counter()
        found = write_all(writer, representations, beam_size=beams, progress=partial(progress, name))
        captions = [vocabulary.decode(caption.token_ids) for caption in found]
        seconds = time.perf_counter() - started
        figures[name] = {
            **score_captions(captions, photos, notice),
            **measure_variety(captions, known),
            "seconds": round(seconds, 1),
        }
    sets = [evaluation_set]
    if spoken is not None:
        photos_of_all = with_languages(photos, spoken)
        sets = [
            each
            for each in evaluation_sets(photos_of_all, representations, vocabulary)
            if languages == ALL or each.language in (ENGLISH, *languages)
        ]
        of_each = measure_languages(model, sets, progress, notice)
        figures["languages"] = of_each
        unmeasured = ", ".join(code for code in vocabulary.languages if code not in of_each)
        if not unmeasured:
            figures["written"] = written_well({code: each["CIDEr"] for code, each in of_each.items()})
        elif languages == ALL:
            notice(f"What it writes is not chosen anew: the photos have no captions in {unmeasured}.")
    of_language = {each.language: [each] for each in sets}
    if listed:
        others = represent_photos(model, vocabulary, listed, cache=cache)
        figures["wild"] = measure_wild(model, others)
        if find:
            queries, rows = looked_for(others)
            searches = search_all(
                model,
                vocabulary,
                queries,
                representations=others.representations,
                spread=spread,
                progress=progress,
            )
            figures["wild"]["served"] = recall_figures(searches.ranks(rows))
        of_language[ENGLISH].append(others)
    if "CIDEr" in figures["greedy"]:  # else nobody can say which captions are right
        figures["sure"] = fit_sureness(model, of_language, ease_in(checkpoint.card))
    if (originals := data / ORIGINALS).is_dir():
        copies = photos[0].path.parent
        figures["copies"] = measure_copies(model, vocabulary, originals, copies, cache=cache, notice=notice)
    figures["words"] = measure_network(checkpoint)
    if words is not None:
        space = WordSpace(vocabulary, *model.word_views())
        figures["words"]["public"] = measure_public_words(space, words)
    if find:
        figures["find"] = measure_find(model, vocabulary, evaluation_set, spread, progress)
    return figures
